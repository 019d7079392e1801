//! Where a country stands in Meta's rate cards.
//!
//! A card names some countries and puts the others into regions; which countries it names differs from card to card (38 markets
//! in July 2026, 47 in October). The table says to which region, or to which other country, a country belongs where it is not
//! named; `generate.py` names its sources.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("markets.tsv")));

/// What a row of a card is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Market {
    /// By its code, `BR`.
    Country(&'static str),
    /// By its name, `Rest of Africa`.
    Region(&'static str),
}

struct Table {
    /// What each country belongs to; none for those that every card names.
    parents: HashMap<&'static str, Option<Market>>,
    /// By name as [`normalised`] gives it.
    names: HashMap<String, Market>,
}

impl Table {
    fn parse(text: &'static str) -> Self {
        let mut table = Self {
            parents: HashMap::new(),
            names: HashMap::new(),
        };
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        for row in rows {
            let mut cells = row.split('\t');
            let (Some(code), Some(parent), Some(names)) =
                (cells.next(), cells.next(), cells.next())
            else {
                continue;
            };
            let parent = match parent {
                "-" => None,
                country if country.len() == 2 => Some(Market::Country(country)),
                region => Some(Market::Region(region)),
            };
            if let Some(Market::Region(region)) = parent {
                table
                    .names
                    .insert(normalised(region), Market::Region(region));
            }
            table.parents.insert(code, parent);
            for name in names.split('|').chain([code]) {
                table.names.insert(normalised(name), Market::Country(code));
            }
        }
        table
    }
}

/// Reads what a card calls a market: a country's name or its two letters, or a region.
pub(super) fn read(name: &str) -> Option<Market> {
    TABLE.names.get(&normalised(name)).copied()
}

/// Returns the markets in which a country may be billed, the first that a card has counting.
pub(super) fn of(country: &str) -> impl Iterator<Item = Market> {
    let first = TABLE
        .parents
        .get_key_value(country)
        .map(|(code, _)| Market::Country(code));
    std::iter::successors(first, |market| match market {
        Market::Country(code) => *TABLE.parents.get(code)?,
        Market::Region(_) => None,
    })
}

/// The form in which names are compared: `Rest of Central & Eastern Europe` and `rest of central and eastern europe` are one.
fn normalised(name: &str) -> String {
    name.replace('&', " and ")
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone_number::Region;

    #[test]
    fn every_region_with_numbers_has_its_place() {
        for code in Region::codes() {
            let markets: Vec<Market> = of(&code).collect();
            assert!(
                matches!(markets[0], Market::Country(of) if of == code),
                "{code}"
            );
            let named = TABLE.parents[code.as_str()].is_none();
            assert!(named || markets.len() > 1, "{code}");
        }
    }

    #[test]
    fn a_country_belongs_to_its_region_or_to_whom_it_shares_its_calling_code_with() {
        let places = |code: &str| of(code).collect::<Vec<_>>();
        assert_eq!(places("BR"), [Market::Country("BR")]);
        assert_eq!(
            places("FI"),
            [
                Market::Country("FI"),
                Market::Region("Rest of Western Europe")
            ]
        );
        assert_eq!(places("KZ"), [Market::Country("KZ"), Market::Country("RU")]);
        assert_eq!(
            places("EE"),
            [Market::Country("EE"), Market::Region("Other")]
        );
        assert_eq!(places(""), []);
    }

    #[test]
    fn names_are_read_as_meta_and_people_write_them() {
        let country = |code| Some(Market::Country(code));
        for (name, market) in [
            ("Türkiye", country("TR")),
            (" Turkey ", country("TR")),
            ("United Arab Emirates", country("AE")),
            ("Hong Kong", country("HK")),
            ("br", country("BR")),
            (
                "Rest of Central and Eastern Europe",
                Some(Market::Region("Rest of Central & Eastern Europe")),
            ),
            ("OTHER", Some(Market::Region("Other"))),
            ("Atlantis", None),
            ("", None),
        ] {
            assert_eq!(read(name), market, "{name}");
        }
    }
}
