//! The time zones that a telephone number may be in.
//!
//! A country with one zone gives one; a country with several gives all, unless the area code tells more. Nothing is guessed: a
//! mobile number of a country whose mobile numbers have no area codes may be anywhere in it. Both tables are written by
//! `generate.py`, which names their sources; zones of a country that agree are listed once.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::phone_number::{Line, PhoneNumber};

type Table = HashMap<&'static str, Vec<&'static str>>;

static COUNTRIES: LazyLock<Table> = LazyLock::new(|| parse(include_str!("countries.tsv")));
static PREFIXES: LazyLock<Table> = LazyLock::new(|| parse(include_str!("prefixes.tsv")));

/// How many digits the listed prefixes have, calling code and area code; the longest first.
const PREFIX_LENGTHS: [usize; 2] = [5, 4];

/// Returns the IANA names of the zones, sorted; none for numbers that belong to no country.
#[must_use]
pub fn of(number: &PhoneNumber) -> &'static [&'static str] {
    if number.line() != Line::Other
        && let Some(digits) = number.e164().strip_prefix('+')
    {
        let mut prefixes = PREFIX_LENGTHS
            .iter()
            .filter_map(|length| digits.get(..*length));
        if let Some(zones) = prefixes.find_map(|prefix| PREFIXES.get(prefix)) {
            return zones;
        }
    }
    number
        .region()
        .and_then(|region| COUNTRIES.get(region.to_string().as_str()))
        .map_or(&[], Vec::as_slice)
}

fn parse(text: &'static str) -> Table {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(key, zones)| (key, zones.split(' ').collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::phone_number::Region;

    #[track_caller]
    fn zones(number: &str) -> &'static [&'static str] {
        of(&PhoneNumber::parse(number, None).unwrap())
    }

    #[test]
    fn every_zone_of_the_tables_exists() {
        for (key, zones) in COUNTRIES.iter().chain(PREFIXES.iter()) {
            assert!(!zones.is_empty() && zones.is_sorted(), "{key}");
            for zone in zones {
                assert!(TimeZone::get(zone).is_ok(), "{key}: {zone}");
            }
        }
    }

    #[test]
    fn every_region_with_numbers_has_a_zone() {
        for code in Region::codes() {
            assert!(COUNTRIES.contains_key(code.as_str()), "{code}");
        }
    }

    #[test]
    fn every_prefix_has_a_length_that_is_looked_up() {
        for prefix in PREFIXES.keys() {
            assert!(PREFIX_LENGTHS.contains(&prefix.len()), "{prefix}");
        }
    }

    #[test]
    fn a_number_is_in_the_zones_of_its_country() {
        assert_eq!(zones("+37255512345"), ["Europe/Tallinn"]);
        assert_eq!(zones("+919876543210"), ["Asia/Kolkata"]);
        assert_eq!(zones("+34612345678"), ["Atlantic/Canary", "Europe/Madrid"]);
        assert_eq!(zones("+18765551234"), ["America/Jamaica"]);
        assert_eq!(zones("+77012345678"), ["Asia/Almaty", "Asia/Qyzylorda"]);
    }

    #[test]
    fn an_area_code_narrows_the_zones_down() {
        assert_eq!(zones("+12125550123"), ["America/New_York"]);
        assert_eq!(zones("+14155550123"), ["America/Los_Angeles"]);
        assert_eq!(zones("+16025550123"), ["America/Phoenix"]);
        assert_eq!(
            zones("+12085550123"),
            ["America/Denver", "America/Los_Angeles"]
        );
        assert_eq!(zones("+16045550123"), ["America/Vancouver"]);
        assert_eq!(zones("+5511961234567"), ["America/Sao_Paulo"]);
        assert_eq!(zones("+5592961234567"), ["America/Manaus"]);
        assert_eq!(zones("+525512345678"), ["America/Mexico_City"]);
        assert_eq!(zones("+526641234567"), ["America/Tijuana"]);
    }

    #[test]
    fn a_mobile_number_without_an_area_code_may_be_anywhere_in_its_country() {
        assert_eq!(zones("+79161234567").len(), 11);
        assert!(zones("+61412345678").contains(&"Australia/Perth"));
        assert_eq!(zones("+6281234567890").len(), 3);
    }

    #[test]
    fn a_number_of_no_country_is_nowhere() {
        assert_eq!(zones("+80012345678"), [""; 0]);
        assert_eq!(zones("+18002345678").len(), 8);
    }
}
