//! Reading of fields whose form Meta does not keep: ids as numbers, numbers as strings, nulls for what is empty.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Returns what a scalar says, as text; nothing for null, lists and objects.
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A text that is there even when Meta leaves it out; ids that come as integers are texts.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(scalar(Value::deserialize(deserializer)?).unwrap_or_default())
}

pub(super) fn optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(scalar(Value::deserialize(deserializer)?))
}

pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(values(deserializer)?
        .into_iter()
        .filter_map(scalar)
        .collect())
}

/// A list; null is an empty one, a lone object is a list of one, a connection (`{"data": [...]}`) is what it holds.
pub(super) fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(list) => list.into_iter().filter(|item| !item.is_null()).collect(),
        Value::Object(mut object) => match object.remove("data") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(object)],
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    })
}

/// Returns the integer that a value says, be it a number or a text.
pub(super) fn integer_of(value: &Value) -> Option<i64> {
    match value {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "Meta writes whole seconds and counts; a fraction carries nothing"
        )]
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(integer_of(&Value::deserialize(deserializer)?).unwrap_or_default())
}

pub(super) fn optional_integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Ok(integer_of(&Value::deserialize(deserializer)?))
}

pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => flag,
        Value::String(text) => text == "true",
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    })
}
