//! Hashes of canonical JSON.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::resource::Live;

/// Returns the fingerprint of one live object: it changes when anything does that a plan may have counted on.
#[must_use]
pub fn of_live(live: &Live) -> String {
    of(&serde_json::json!({ "id": live.id, "content": live.content, "facts": live.facts }))
}

/// Returns the first 32 hexadecimal digits of the SHA-256 of a value's canonical form (keys sorted).
#[must_use]
pub fn of(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or(Value::Null);
    let mut text = String::new();
    write_canonical(&value, &mut text);
    hex::encode(&Sha256::digest(text.as_bytes())[..16])
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (key, value) in entries {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of;

    #[test]
    fn the_order_of_keys_does_not_count() {
        assert_eq!(
            of(&json!({ "a": 1, "b": [{ "c": 2, "d": 3 }] })),
            of(&json!({ "b": [{ "d": 3, "c": 2 }], "a": 1 }))
        );
        assert_ne!(of(&json!(["a", "b"])), of(&json!(["b", "a"])));
    }
}
