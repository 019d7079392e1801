//! Finding and changing values of a TOML tree by the bytes they were read from.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

type Value = toml::Spanned<DeValue<'static>>;

/// What stands at a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// `a string`, `a table`; empty where nothing was found.
    pub(super) what: &'static str,
    /// The keys, where a table was found.
    pub(super) keys: Vec<Range<usize>>,
    /// Whether the span is a key, and its value a table.
    pub(super) key_of_table: bool,
    /// Where the value stands, if the span is a key.
    pub(super) value_of_key: Option<Range<usize>>,
}

/// Tells what stands at a span.
pub(super) fn find(value: &mut Value, span: &Range<usize>) -> Found {
    let mut found = Found::default();
    walk(value, &mut |value| {
        if value.span() == *span && found.what.is_empty() {
            found.what = what(value.get_ref());
            if let DeValue::Table(table) = value.get_ref() {
                found.keys = table.keys().map(toml::Spanned::span).collect();
            }
        }
        if let DeValue::Table(table) = value.get_ref()
            && let Some((_, value)) = table.iter().find(|(key, _)| key.span() == *span)
        {
            found.key_of_table = value.get_ref().is_table();
            found.value_of_key = Some(value.span());
        }
    });
    found
}

/// Returns the span of an element of the array at a span.
pub(super) fn element(root: &mut Value, array: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let mut element = None;
    walk(root, &mut |value| {
        if value.span() == *array
            && element.is_none()
            && let DeValue::Array(items) = value.get_ref()
        {
            element = items.get(at).map(toml::Spanned::span);
        }
    });
    element
}

/// Puts a text where another value stands; tells whether something changed.
pub(super) fn replace(root: &mut Value, span: &Range<usize>, text: &str) -> bool {
    let mut done = false;
    walk(root, &mut |value| {
        if value.span() == *span && !value.get_ref().is_table() {
            *value.get_mut() = DeValue::String(text.to_owned().into());
            done = true;
        }
    });
    done
}

/// Takes out the entry or element whose key or value stands at a span, and returns the span of the table it was in and its
/// key.
pub(super) fn take_out(root: &mut Value, span: &Range<usize>) -> Option<(Range<usize>, String)> {
    let mut taken = None;
    walk(root, &mut |value| {
        if taken.is_some() {
            return;
        }
        let table_span = value.span();
        match value.get_mut() {
            DeValue::Table(table) => {
                let key = table
                    .iter()
                    .find(|(key, value)| key.span() == *span || value.span() == *span)
                    .map(|(key, _)| key.clone());
                if let Some(key) = key {
                    table.remove(&key);
                    taken = Some((table_span, key.into_inner().into_owned()));
                }
            }
            DeValue::Array(items) => {
                if let Some(at) = items.iter().position(|item| item.span() == *span) {
                    let kept = std::mem::take(items).into_iter().enumerate();
                    *items = kept
                        .filter(|(place, _)| *place != at)
                        .map(|(_, item)| item)
                        .collect();
                    // An array has no keys that could be missing.
                    taken = Some((table_span, String::new()));
                }
            }
            _ => {}
        }
    });
    taken
}

/// Puts an entry into the table at a span; tells whether that was possible.
pub(super) fn put(root: &mut Value, table_span: &Range<usize>, key: &str, entry: &Value) -> bool {
    let mut done = false;
    walk(root, &mut |value| {
        if done || value.span() != *table_span {
            return;
        }
        if let DeValue::Table(table) = value.get_mut() {
            set(table, key, entry.clone());
            done = true;
        }
    });
    done
}

fn set(table: &mut DeTable<'static>, key: &str, entry: Value) {
    let key = toml::Spanned::new(entry.span(), key.to_owned().into());
    table.insert(key, entry);
}

/// Visits a value and all inside it, outer ones first.
fn walk(value: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    visit(value);
    match value.get_mut() {
        DeValue::Table(table) => {
            for (_, value) in table.iter_mut() {
                walk(value, visit);
            }
        }
        DeValue::Array(items) => {
            for item in items.iter_mut() {
                walk(item, visit);
            }
        }
        _ => {}
    }
}

fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
