//! serde's messages, understood and said anew: what was expected, what was found, what was likely meant.
//!
//! serde gives no error kinds, only text; the text's form is fixed by `serde::de::Error`, and the tests hold it.

use std::ops::Range;

use super::tree::Found;
use crate::config::block::Block;
use crate::config::diagnostic::Report;
use crate::config::nearest::proposal;
use crate::config::secret_ref;

/// What serde says is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault<'a> {
    UnknownKey {
        key: &'a str,
        known: Vec<&'a str>,
    },
    UnknownValue {
        word: &'a str,
        known: Vec<&'a str>,
    },
    Missing(&'a str),
    /// `text` where a string was expected.
    Type {
        expected: String,
        text: bool,
    },
    /// Past what the type can hold.
    Range(&'static str),
    /// None or several of the keys of which one is wanted.
    Choice,
    /// A string where a table with one of several keys is wanted; one of the keys.
    BareChoice(Option<&'a str>),
    SecretLiteral,
    SecretReference(&'a str),
    /// What the type itself says about its value.
    Value(&'a str),
}

impl<'a> Fault<'a> {
    pub(super) fn new(message: &'a str) -> Self {
        if message == secret_ref::LITERAL {
            return Self::SecretLiteral;
        }
        if let Some(rest) = message.strip_prefix(secret_ref::WRONG) {
            return Self::SecretReference(rest);
        }
        if message.starts_with("wanted exactly 1 element") {
            return Self::Choice;
        }
        if message.starts_with("invalid type: unit variant, expected ") {
            return Self::BareChoice(None);
        }
        if let Some((_, expected)) = message.rsplit_once(", expected ")
            && message.starts_with("invalid value: integer ")
            && let Some(range) = range(expected)
        {
            return Self::Range(range);
        }
        let words = quoted(message);
        if let (Some(word), rest) = (words.first().copied(), &words[words.len().min(1)..]) {
            if message.starts_with("unknown field `") {
                return Self::UnknownKey {
                    key: word,
                    known: rest.to_vec(),
                };
            }
            if message.starts_with("unknown variant `") {
                return Self::UnknownValue {
                    word,
                    known: rest.to_vec(),
                };
            }
            if message.starts_with("missing field `") {
                return Self::Missing(word);
            }
        }
        let typed = message.starts_with("invalid type: ") || message.starts_with("invalid value: ");
        match message.rsplit_once(", expected ") {
            Some((_, expected)) if typed => Self::Type {
                expected: wanted(expected),
                text: matches!(
                    expected,
                    "a string" | "string" | "a borrowed string" | "path string"
                ),
            },
            _ if message.starts_with("wanted string or table") => Self::Type {
                expected: "a string or a table".to_owned(),
                text: true,
            },
            _ => Self::Value(message),
        }
    }

    pub(super) fn is_bare_choice(&self) -> bool {
        matches!(self, Self::BareChoice(_))
    }

    /// Tells whether a key was written into a secret reference that it does not know: what stands there may be the secret.
    pub(super) fn is_secret_key(&self) -> bool {
        matches!(self, Self::UnknownKey { known, .. } if *known == secret_ref::KEYS)
    }

    /// Says it, at the place in the block.
    pub(super) fn report(&self, block: &Block, span: &Range<usize>, found: &Found) -> Report {
        let at = block.place(span.clone());
        match self {
            Self::UnknownKey { key, known } => {
                let mut report =
                    Report::error("config::unknown_key", format!("unknown key `{key}`")).at(at, "");
                report.help = if found.key_of_table && block.name.is_empty() {
                    Some(format!("`{0}` has no names: write `[{0}]`", *block.kind))
                } else {
                    proposal(key, known.iter().copied())
                };
                report
            }
            Self::UnknownValue { word, known } => {
                // The key of a choice (`{ csv = ... }`) is a variant too, for serde.
                let (code, message) = if found.what == "a string" {
                    ("config::unknown_value", format!("unknown value `{word}`"))
                } else {
                    ("config::unknown_key", format!("unknown key `{word}`"))
                };
                let mut report = Report::error(code, message).at(at, "");
                report.help = proposal(word, known.iter().copied());
                report
            }
            Self::Missing(key) => {
                let whole = *span == block.value.span();
                let (at, owner) = if whole {
                    (block.header(), format!("`{}`", block.address()))
                } else {
                    (at, "this table".to_owned())
                };
                Report::error("config::missing_key", format!("{owner} lacks `{key}`"))
                    .at(at, format!("`{key}` is required here"))
            }
            Self::Type { expected, text: _ } => {
                let what = if found.what.is_empty() {
                    "something else"
                } else {
                    found.what
                };
                let mut report =
                    Report::error("config::type", format!("expected {expected}, found {what}"))
                        .at(at, format!("expected {expected}"));
                report.help = type_help(expected, what);
                report
            }
            Self::Range(range) => {
                Report::error("config::value", format!("out of range: expected {range}"))
                    .at(at, "")
            }
            Self::BareChoice(key) => {
                let key = key.unwrap_or("key");
                Report::error("config::choice", "expected a table, found a string")
                    .at(at, "expected a table")
                    .help(format!("the key says which is meant: `{{ {key} = ... }}`"))
            }
            Self::Choice => choice(block, at, found),
            Self::SecretLiteral => Report::error(
                "secret::literal",
                "a secret stands here as text; it must be a reference",
            )
            .at(at, "hidden here")
            .help(
                "write where the secret is found: `{ env = \"NAME\" }`, `{ file = \"path\" }` or \
                 `{ command = [\"pass\", \"show\", \"x\"] }`. If this file was committed or shared, revoke the secret",
            ),
            Self::SecretReference(message) => {
                Report::error("secret::reference", (*message).to_owned())
                    .at(at, "")
                    .help(
                        "exactly one of `{ env = \"NAME\" }`, `{ file = \"path\" }` and `{ command = [\"program\", \
                         \"argument\"] }`",
                    )
            }
            Self::Value(message) => {
                let message = message.trim_end_matches('\n');
                Report::error("config::value", message.to_owned()).at(at, "")
            }
        }
    }
}

fn choice(block: &Block, at: crate::config::Place, found: &Found) -> Report {
    let mut report = if found.keys.is_empty() {
        Report::error(
            "config::choice",
            "the table is empty: exactly one key says which is meant",
        )
        .at(at, "")
    } else {
        Report::error(
            "config::choice",
            format!(
                "{} keys where exactly one says which is meant",
                found.keys.len()
            ),
        )
    };
    for (at, key) in found.keys.iter().enumerate() {
        let text = if at == 0 { "this one" } else { "or this one" };
        report = report.at(block.place(key.clone()), text);
    }
    if !found.keys.is_empty() {
        report = report.help("keep one of them");
    }
    report
}

fn type_help(expected: &str, found: &str) -> Option<String> {
    let help = match (expected, found) {
        (
            "a whole number" | "a whole number or a table" | "a number" | "true or false",
            "a string",
        ) => "write it without quotes",
        (
            "a string",
            "a whole number" | "a decimal number" | "true or false" | "a date or time",
        ) => "put it in quotes",
        ("a date and time", "a string") => {
            "write it without quotes and with its offset from UTC: 2026-12-01T09:00:00+02:00; a day alone: 2026-12-01"
        }
        ("an array", _) => "put it in brackets: `[...]`",
        ("a table", "a string" | "a whole number" | "true or false") => {
            "write its keys and values in braces: `{ key = \"value\" }`"
        }
        ("a whole number" | "a whole number or a table", "a decimal number") => {
            "leave out the decimals"
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// Turns what serde expects into what a person would write.
fn wanted(expected: &str) -> String {
    let unsigned = ["u8", "u16", "u32", "u64", "usize"];
    let number = match expected {
        "i8" | "i16" | "i32" | "i64" | "isize" | "integer" => Some("a whole number"),
        "f32" | "f64" => Some("a number"),
        "a boolean" => Some("true or false"),
        "a sequence" => Some("an array"),
        "a map" | "map" => Some("a table"),
        "path string" | "a borrowed string" | "string" => Some("a string"),
        "a TOML datetime" | "a datetime" => Some("a date and time"),
        _ => None,
    };
    match number {
        Some(wanted) => wanted.to_owned(),
        None if unsigned.contains(&expected) => "a whole number".to_owned(),
        None if expected.starts_with("struct ") => "a table".to_owned(),
        None if expected.starts_with("enum ") => "a string or a table".to_owned(),
        None => expected.to_owned(),
    }
}

fn range(integer: &str) -> Option<&'static str> {
    Some(match integer {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" => "a smaller whole number",
        _ => return None,
    })
}

/// Returns the words between backticks; serde writes lists as `a`, `b` or `a` or `b`.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}
