use super::*;

/// As Meta publishes it now: prose, a header with a line break in it, what does not exist as `n/a`.
const NEW: &str = "\u{feff}\"Cost per message in USD\",,,,,,\n\
    \"Rates effective July 1, 2026\",,,,,,\n\
    Market,Currency,Marketing,Utility,Authentication,\"Authentication-\nInternational\",Service\n\
    Brazil,USD,0.0625,0.0068,0.0068,n/a,n/a\n\
    India,USD,0.0118,0.0014,0.0014,0.0304,n/a\n\
    North America,USD,0.0250,0.0034,0.0034,n/a,n/a\n\
    Rest of Western Europe,USD,0.0592,0.0171,0.0171,n/a,n/a\n\
    Other,USD,0.0604,0.0077,n/a,n/a,n/a\n\
    ,,,,,,\n\
    * Rates are subject to change.,,,,,,\n";

/// As it was: dollars by another name, no preamble.
const OLD: &str = "Market,Currency,Marketing,Utility,Authentication,Service\r\n\
    Brazil,$US,0.0625,0.0350,0.0315,0.0300\r\n\
    Rest of Central & Eastern Europe,$US,0.0860,0.0625,0.0565,0.0250\r\n";

fn people(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts
        .iter()
        .map(|(country, people)| ((*country).to_owned(), *people))
        .collect()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[track_caller]
fn price(card: &str, country: &str, category: &str) -> Option<(String, Option<Decimal>)> {
    let card = Card::parse(card).unwrap();
    card.price(country, category)
        .map(|(market, price)| (market.to_owned(), price))
}

#[track_caller]
fn refused(card: &str) -> Vec<String> {
    Card::parse(card)
        .unwrap_err()
        .iter()
        .map(|fault| format!("{} {fault}", fault.code))
        .collect()
}

#[test]
fn cards_of_all_layouts_are_read() {
    let some = |market: &str, price: &str| Some((market.to_owned(), Some(decimal(price))));
    assert_eq!(price(NEW, "BR", "MARKETING"), some("Brazil", "0.0625"));
    assert_eq!(
        price(NEW, "FI", "UTILITY"),
        some("Rest of Western Europe", "0.0171")
    );
    assert_eq!(price(NEW, "US", "UTILITY"), some("North America", "0.0034"));
    assert_eq!(price(NEW, "EE", "MARKETING"), some("Other", "0.0604"));
    assert_eq!(price(OLD, "BR", "UTILITY"), some("Brazil", "0.035"));
    let semicolons = NEW.replace(',', ";");
    assert_eq!(price(&semicolons, "IN", "UTILITY"), some("India", "0.0014"));
    let tabs = OLD.replace(',', "\t");
    assert_eq!(price(&tabs, "BR", "MARKETING"), some("Brazil", "0.0625"));
    assert_eq!(Card::parse(OLD).unwrap().currency, "USD");
}

#[test]
fn what_a_card_does_not_price_has_no_price() {
    // Named, and without a price in that category.
    assert_eq!(
        price(NEW, "EE", "AUTHENTICATION"),
        Some(("Other".to_owned(), None))
    );
    // Named by other cards alone: its region is not the card's to tell.
    assert_eq!(price(NEW, "GB", "MARKETING"), None);
    assert_eq!(price(OLD, "EE", "MARKETING"), None);
    // A number of no country.
    assert_eq!(price(NEW, "", "MARKETING"), None);
}

#[test]
fn a_country_that_the_card_names_is_not_in_its_region() {
    let newer = NEW.replace("Other,", "Estonia,USD,0.0100,0.0010,0.0010,n/a,n/a\nOther,");
    assert_eq!(
        price(&newer, "EE", "MARKETING"),
        Some(("Estonia".to_owned(), Some(decimal("0.01"))))
    );
}

#[test]
fn everything_that_is_wrong_is_told_with_its_line() {
    let wrong = "Prices\nMarket,Currency,Marketing\nBrazil,USD,\"0,0625\"\nAtlantis,USD,1\nIndia,EUR,0.1\n\
        Chile,dollars,-0.1\nBrazil,USD,0.1\nPeru,USD,NaN\nItaly,USD,1e3\nSpain,USD,99999999\n";
    assert_eq!(
        refused(wrong),
        [
            "rate_card::price 3: `0,0625` is not a price (marketing of Brazil)",
            "rate_card::market 4: `Atlantis` is no country and no region of Meta's",
            "rate_card::currency 5: the currency is EUR here and USD above",
            "rate_card::currency 6: `dollars` is not a currency",
            "rate_card::price 6: `-0.1` is not a price (marketing of Chile)",
            "rate_card::market 7: Brazil stands there twice",
            "rate_card::price 8: `NaN` is not a price (marketing of Peru)",
            "rate_card::price 9: `1e3` is not a price (marketing of Italy)",
            "rate_card::price 10: `99999999` is not a price (marketing of Spain)",
        ]
    );
}

#[test]
fn a_market_with_an_empty_line_is_no_note() {
    // Its people would be billed as those of the region otherwise.
    let empty = NEW.replace("Other,", "Finland,,,,,,\nOther,");
    assert_eq!(
        refused(&empty),
        ["rate_card::currency 9: `` is not a currency"]
    );
}

#[test]
fn what_has_no_header_is_no_card() {
    for text in [
        "",
        "phone,first_name\n+37255501234,Ana\n",
        "Market,Currency\nBrazil,USD\n",
        "\0\0\0",
    ] {
        let faults = refused(text);
        assert_eq!(faults.len(), 1, "{text}");
        assert!(faults[0].starts_with("rate_card::header"), "{faults:?}");
    }
    assert_eq!(refused("Market,Currency,Marketing\n").len(), 1);
}

#[test]
fn a_cost_is_told_by_market_the_dearest_first() {
    let card = Card::parse(NEW).unwrap();
    let counts = people(&[
        ("BR", 10),
        ("IN", 1_000),
        ("FI", 2),
        ("SE", 3),
        ("GB", 7),
        ("", 1),
    ]);
    let cost = cost(&card, "usd", "MARKETING", &counts);
    let shares: Vec<_> = cost
        .markets
        .iter()
        .map(|share| (share.market.as_str(), share.recipients, share.amount))
        .collect();
    assert_eq!(
        shares,
        [
            ("India", 1_000, decimal("11.8")),
            ("Brazil", 10, decimal("0.625")),
            ("Rest of Western Europe", 5, decimal("0.296")),
        ]
    );
    assert_eq!(cost.amount, decimal("12.721"));
    assert_eq!((cost.currency.as_str(), cost.unpriced), ("USD", 8));
    // Exact: no float ever held it.
    assert_eq!(cost.amount.normalize().to_string(), "12.721");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// Whatever stands in the file: it is refused or read, and never panics.
    #[test]
    fn no_file_is_too_odd(tail in "(?s).{0,200}") {
        drop(Card::parse(&tail));
        drop(Card::parse(&format!("{NEW}{tail}")));
    }

    /// Everybody is priced or counted as unpriced.
    #[test]
    fn nobody_is_lost(counts in proptest::collection::btree_map("[A-Z]{0,2}", 0u64..1_000, 0..20)) {
        let card = Card::parse(NEW).unwrap();
        let cost = cost(&card, "usd", "UTILITY", &counts);
        let priced: u64 = cost.markets.iter().map(|share| share.recipients).sum();
        proptest::prop_assert_eq!(priced + cost.unpriced, counts.values().sum::<u64>());
    }
}
