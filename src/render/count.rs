//! Numbers as people read them.

use jiff::SignedDuration;
use rust_decimal::prelude::{Decimal, ToPrimitive as _};

/// Returns `1 contact`, `1,240 contacts`.
#[must_use]
pub fn of(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// Returns a number with its thousands grouped by commas.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns `EUR 1,086.40`: an amount of money to the cent.
#[must_use]
pub fn money(currency: &str, amount: Decimal) -> String {
    format!(
        "{currency} {}",
        decimal(amount.to_f64().unwrap_or_default(), 2)
    )
}

/// Returns a number with so many digits behind the point, its thousands grouped by commas.
#[must_use]
pub fn decimal(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let grouped = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    match fraction {
        "" => grouped,
        fraction => format!("{grouped}.{fraction}"),
    }
}

/// Returns `about 3 h 20 min`: the two largest units of a length of time.
#[must_use]
pub fn roughly(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let pair = |large: i64, one: &str, small: i64, other: &str| match small {
        0 => format!("{large} {one}"),
        small => format!("{large} {one} {small} {other}"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", seconds.max(1)),
        (0, 0, minutes) => pair(
            minutes,
            "min",
            if minutes < 10 { seconds % 60 } else { 0 },
            "s",
        ),
        (0, hours, minutes) => pair(hours, "h", minutes, "min"),
        (days, hours, _) => pair(days, if days == 1 { "day" } else { "days" }, hours, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(of(1_240, "contact", "contacts"), "1,240 contacts");
        assert_eq!(of(1, "contact", "contacts"), "1 contact");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(grouped(999), "999");
    }

    #[test]
    fn money_has_cents_and_a_part_has_its_digits() {
        assert_eq!(money("EUR", Decimal::new(108_640, 2)), "EUR 1,086.40");
        assert_eq!(money("EUR", Decimal::new(9, 4)), "EUR 0.00");
        assert_eq!(decimal(1_234.0, 0), "1,234");
        assert_eq!(decimal(12.345, 1), "12.3");
    }

    #[test]
    fn durations_show_two_units() {
        let shown = [0, 59, 61, 720, 12_000, 90_000]
            .map(|seconds| roughly(SignedDuration::from_secs(seconds)));
        assert_eq!(
            shown,
            [
                "1 s",
                "59 s",
                "1 min 1 s",
                "12 min",
                "3 h 20 min",
                "1 day 1 h"
            ]
        );
    }
}
