//! Durations as people write them: `200ms`, `2s`, `1h30m`, `30d`.

use jiff::SignedDuration;

const UNITS: [(&str, i64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// Reads a duration; a leading `-` turns it back.
pub(crate) fn parse(text: &str) -> Option<SignedDuration> {
    let (sign, mut rest) = match text.trim().strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.trim()),
    };
    let mut total: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..]
            .find(|c: char| !c.is_ascii_alphabetic())
            .map_or(rest.len(), |end| digits + end);
        let (_, factor) = UNITS
            .iter()
            .find(|(unit, _)| *unit == &rest[digits..unit_end])?;
        total = total.checked_add(number.checked_mul(*factor)?)?;
        rest = rest[unit_end..].trim_start();
    }
    Some(SignedDuration::from_millis(sign * total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_nonsense_is_not() {
        let cases = [
            ("200ms", Some(200)),
            ("2s", Some(2_000)),
            ("1h30m", Some(5_400_000)),
            ("30d", Some(2_592_000_000)),
            ("-1m", Some(-60_000)),
            ("1h 5s", Some(3_605_000)),
            ("", None),
            ("5", None),
            ("h", None),
            ("3 fortnights", None),
            ("99999999999999999999s", None),
        ];
        for (text, millis) in cases {
            assert_eq!(
                parse(text),
                millis.map(SignedDuration::from_millis),
                "{text}"
            );
        }
    }
}
