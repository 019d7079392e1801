//! The forms of serde's messages are not promised by anybody; these tests notice when one changes.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::de::DeTable;

use super::deserialize;
use crate::config::{Block, Diagnostics, Interval, SecretRef, SourceId, Spanned, own};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: Spanned<String>,
    size: u8,
    pause: Option<Spanned<Interval>>,
    inner: Inner,
    token: Option<Spanned<SecretRef>>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    map: BTreeMap<Spanned<String>, Spanned<Inner>>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Inner {
    a: String,
    b: bool,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Part {
    Text(Spanned<String>),
    Inner(Inner),
    Nothing,
}

fn block(text: &str) -> Block {
    let table = DeTable::parse(text).unwrap();
    let span = table.span();
    let value = toml::de::DeValue::Table(own::table(table.into_inner()));
    Block {
        kind: Spanned::new(0..0, "sample".to_owned()),
        name: Spanned::new(0..0, "x".to_owned()),
        source: SourceId(0),
        value: toml::Spanned::new(span, value),
        inserted: BTreeMap::new(),
    }
}

/// Returns each report as its message and the words underlined.
fn said(text: &str) -> Vec<String> {
    let mut diagnostics = Diagnostics::default();
    let value = deserialize::<Sample>(&block(text), &mut diagnostics);
    assert!(value.is_none());
    let mut said: Vec<_> = diagnostics
        .reports()
        .iter()
        .map(|report| {
            let place = &report.labels[0].place;
            format!("{} [{}]", report.message, &text[place.start..place.end])
        })
        .collect();
    said.sort();
    said
}

#[test]
fn what_is_right_is_read() {
    let mut diagnostics = Diagnostics::default();
    let text =
        "name = 'n'\nsize = 3\ninner = { a = 'x', b = true }\nparts = ['nothing', { text = 't' }]";
    let sample: Sample = deserialize(&block(text), &mut diagnostics).unwrap();
    assert_eq!(sample.size, 3);
    assert_eq!(sample.name.span(), 7..10);
    assert!(diagnostics.is_empty());
}

#[test]
fn all_missing_keys_are_named_also_behind_each_other() {
    assert_eq!(
        said(""),
        [
            "`sample.x` lacks `inner` []",
            "`sample.x` lacks `name` []",
            "`sample.x` lacks `size` []"
        ]
    );
    assert_eq!(
        said("inner = {}"),
        [
            "`sample.x` lacks `name` []",
            "`sample.x` lacks `size` []",
            "this table lacks `a` [{}]",
            "this table lacks `b` [{}]",
        ]
    );
}

#[test]
fn one_misspelt_key_is_one_error() {
    assert_eq!(
        said("nmae = 'n'\nsize = 3\ninner = { a = 'x', b = true }"),
        ["unknown key `nmae` [nmae]"]
    );
}

#[test]
fn every_mistake_of_a_block_is_told_at_its_words() {
    let text = "name = 1\nsize = 300\npause = 'soon'\ninner = { a = 'x', b = 'yes', c = 1 }\n\
                parts = ['nothing', { txt = 't' }, 5, 'text', { text = 't', inner = 1 }]\n\
                map = { k = { a = 1, b = true } }\ntoken = 'hunter2'";
    assert_eq!(
        said(text),
        [
            "2 keys where exactly one says which is meant [text]",
            "`soon` is not a duration: write it like `90s`, `30m`, `24h`, `3d` ['soon']",
            "a secret stands here as text; it must be a reference ['hunter2']",
            "expected a string or a table, found a whole number [5]",
            "expected a string, found a whole number [1]",
            "expected a string, found a whole number [1]",
            "expected a table, found a string ['text']",
            "expected true or false, found a string ['yes']",
            "out of range: expected a whole number from 0 to 255 [300]",
            "unknown key `c` [c]",
            "unknown key `txt` [txt]",
        ]
    );
}

#[test]
fn a_number_that_came_from_a_variable_may_stand_for_text() {
    let mut block = block("name = 1042\nsize = 3\ninner = { a = 'x', b = true }");
    block.inserted.insert(7, "1042".to_owned());
    let mut diagnostics = Diagnostics::default();
    let sample: Sample = deserialize(&block, &mut diagnostics).unwrap();
    assert_eq!(*sample.name, "1042");
}
