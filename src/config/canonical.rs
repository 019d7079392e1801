//! Blocks as canonical JSON: variables inserted, keys sorted, references to secrets still references.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::de::DeValue;

use super::block::Block;
use super::mask;

/// Returns what a block says, as JSON. Dates and times become strings, and so do numbers that JSON does not have.
#[must_use]
pub fn canonical(block: &Block) -> Value {
    json(block.value.get_ref())
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Boolean(truth) => Value::from(*truth),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::from(number.to_string()), Value::from),
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(finite) if finite.is_finite() => Value::from(finite),
            _ => Value::from(number.as_str()),
        },
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let sorted: BTreeMap<&str, Value> = table
                .iter()
                .map(|(key, value)| (key.get_ref().as_ref(), json(value.get_ref())))
                .collect();
            sorted.into_iter().collect()
        }
    }
}

/// Hides what may be a secret in any string of a value: all of it under a key with a telling name, else the part that has
/// the form of a token. Returns the JSON pointers of the strings that changed, each behind `at`.
pub fn hide_secrets(value: &mut Value, at: &str) -> Vec<String> {
    let mut hidden = Vec::new();
    hide(value, at, false, &mut hidden);
    hidden
}

fn hide(value: &mut Value, at: &str, telling: bool, hidden: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let ranges = mask::find(text);
            let masked = if telling {
                mask::HIDDEN.to_owned()
            } else {
                let mut masked = text.clone();
                // From the end, so that what is left to do stays where it was found. One may lie within another.
                let mut end = usize::MAX;
                for range in ranges.into_iter().rev().filter(|range| !range.is_empty()) {
                    if range.end <= end {
                        end = range.start;
                        masked.replace_range(range, mask::HIDDEN);
                    }
                }
                masked
            };
            if masked != *text {
                *text = masked;
                hidden.push(at.to_owned());
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                hide(item, &format!("{at}/{index}"), telling, hidden);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let step = key.replace('~', "~0").replace('/', "~1");
                // What stands in a table below such a key is a reference, or names things.
                let telling = mask::is_telling(key) && !field.is_object();
                hide(field, &format!("{at}/{step}"), telling, hidden);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_has_its_json() {
        let table = "z = { y = 1_000, x = 2.50 }\na = inf\nd = 2026-12-01T09:00:00+02:00\nt = true\nb = [1, 0xff]\n";
        let parsed = DeValue::Table(toml::de::DeTable::parse(table).unwrap().into_inner());
        assert_eq!(
            json(&parsed).to_string(),
            r#"{"a":"inf","b":[1,255],"d":"2026-12-01T09:00:00+02:00","t":true,"z":{"x":2.5,"y":1000}}"#
        );
    }

    #[test]
    fn a_secret_is_hidden_and_its_place_told() {
        let mut value = json!({
            "access_token": { "env": "WHATSAPP_ACCESS_TOKEN" },
            "headers": { "X-Api-Token": "abc", "Accept": "json" },
            "a/b": ["see EAAGm0PX4ZCpsBAKZCZBZBzZA, and EAAGm0PX4ZCpsBAKZCZBZBzZB", "plain"],
            "tokens": ["one"],
        });
        assert_eq!(
            hide_secrets(&mut value, "/value"),
            [
                "/value/headers/X-Api-Token",
                "/value/a~1b/0",
                "/value/tokens/0"
            ]
        );
        assert_eq!(
            value,
            json!({
                "access_token": { "env": "WHATSAPP_ACCESS_TOKEN" },
                "headers": { "X-Api-Token": "***", "Accept": "json" },
                "a/b": ["see ***, and ***", "plain"],
                "tokens": ["***"],
            })
        );
    }
}
