//! TOML trees that borrow nothing.
//!
//! The parser's tree borrows the text it was read from, also after `make_owned`: its numbers cannot be built anew
//! outside of the `toml` crate. So a number is parsed again from a copy of its digits that is kept for good, once for each
//! different number that the process has ever read. Everything else is copied.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use toml::de::{DeArray, DeTable, DeValue};

/// Returns a copy of a table that borrows nothing.
pub(super) fn table(table: DeTable<'_>) -> DeTable<'static> {
    table
        .into_iter()
        .map(|(key, value)| {
            let span = key.span();
            let key = key.into_inner().into_owned();
            (toml::Spanned::new(span, key.into()), spanned(value))
        })
        .collect()
}

/// Returns a copy of a value that borrows nothing.
pub(super) fn value(value: DeValue<'_>) -> DeValue<'static> {
    match value {
        DeValue::String(text) => DeValue::String(text.into_owned().into()),
        DeValue::Integer(number) => self::number(&number.to_string()),
        DeValue::Float(number) => self::number(&number.to_string()),
        DeValue::Boolean(truth) => DeValue::Boolean(truth),
        DeValue::Datetime(datetime) => DeValue::Datetime(datetime),
        DeValue::Array(items) => {
            let mut array = DeArray::new();
            for item in items {
                array.push(spanned(item));
            }
            DeValue::Array(array)
        }
        DeValue::Table(table) => DeValue::Table(self::table(table)),
    }
}

/// Returns a number from its TOML form; text that is none becomes a string.
pub(super) fn number(digits: &str) -> DeValue<'static> {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let digits = {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(digits) {
            Some(digits) => *digits,
            None => {
                let digits: &'static str = digits.to_owned().leak();
                kept.insert(digits);
                digits
            }
        }
    };
    DeValue::parse(digits).map_or(DeValue::String(digits.into()), toml::Spanned::into_inner)
}

fn spanned(value: toml::Spanned<DeValue<'_>>) -> toml::Spanned<DeValue<'static>> {
    let span = value.span();
    toml::Spanned::new(span, self::value(value.into_inner()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_equals_its_original() {
        let text = "a = [1, -2.5, 0x1f, 1_000, inf]\n[b]\nc = { d = 'x', e = 2026-12-01 }\n";
        let original = DeTable::parse(text).unwrap();
        let before = format!("{original:?}");
        let copy = toml::Spanned::new(original.span(), table(original.into_inner()));
        assert_eq!(format!("{copy:?}"), before);
    }
}
