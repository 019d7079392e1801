//! What a variable's value may be.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use toml::de::DeValue;

use super::own;
use super::values::Interval;

/// What the values of a variable must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Any text.
    #[default]
    String,
    /// A whole or a decimal number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A length of time: `90s`, `30m`, `24h`, `3d`.
    Duration,
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
}

impl Type {
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Number => "a number",
            Self::Bool => "`true` or `false`",
            Self::Duration => "a duration like `90s`, `30m`, `24h`, `3d`",
        }
    }

    /// Reads a value that was given as text.
    pub(super) fn parse(self, text: &str) -> Option<Scalar> {
        match self {
            Self::String => Some(Scalar::Text(text.to_owned())),
            Self::Number => text.parse().map(Scalar::Integer).ok().or_else(|| {
                let number: f64 = text.parse().ok()?;
                number.is_finite().then_some(Scalar::Float(number))
            }),
            Self::Bool => text.parse().map(Scalar::Bool).ok(),
            Self::Duration => text
                .parse::<Interval>()
                .ok()
                .map(|_| Scalar::Text(text.to_owned())),
        }
    }

    /// Reads a value that was given in TOML.
    pub(super) fn accept(self, value: Scalar) -> Option<Scalar> {
        match (self, value) {
            (Self::String | Self::Duration, Scalar::Text(text)) => self.parse(&text),
            (Self::Number, value @ (Scalar::Integer(_) | Scalar::Float(_)))
            | (Self::Bool, value @ Scalar::Bool(_)) => Some(value),
            _ => None,
        }
    }
}

impl Scalar {
    pub(super) fn to_toml(&self) -> DeValue<'static> {
        match self {
            Self::Text(text) => DeValue::String(text.clone().into()),
            Self::Integer(number) => own::number(&number.to_string()),
            // `{:?}` keeps the point of a whole float, which TOML wants.
            Self::Float(number) => own::number(&format!("{number:?}")),
            Self::Bool(truth) => DeValue::Boolean(*truth),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Bool(truth) => write!(f, "{truth}"),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a number, or true or false")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Integer(number))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Float(number))
            }

            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(truth))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}
