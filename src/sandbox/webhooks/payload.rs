//! What a webhook carries, byte by byte.

use std::collections::BTreeMap;
use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::sandbox::data::Delivery;
use crate::sandbox::world::Number;

/// Builds the body of one webhook.
pub(super) fn body(deliveries: &[Delivery], numbers: &BTreeMap<String, Number>) -> String {
    // Entries of `messages` have no time, all others have.
    let mut entries: Vec<(&str, bool, i64, Vec<Value>)> = Vec::new();
    for delivery in deliveries {
        let mut value: Value = serde_json::from_str(&delivery.value).unwrap_or_default();
        let number = delivery.phone.as_ref().and_then(|phone| numbers.get(phone));
        if let (Some(number), Some(value)) = (number, value.as_object_mut()) {
            // What brings its own keeps it.
            value.entry("metadata").or_insert_with(|| {
                json!({
                    "display_phone_number": number.e164.trim_start_matches('+'),
                    "phone_number_id": number.id,
                })
            });
        }
        let timed = delivery.field != "messages";
        let change = json!({"value": value, "field": delivery.field});
        match entries.last_mut() {
            Some((waba, was_timed, _, changes))
                if *waba == delivery.waba && *was_timed == timed =>
            {
                changes.push(change);
            }
            _ => entries.push((&delivery.waba, timed, delivery.at / 1000, vec![change])),
        }
    }
    let entries: Vec<Value> = entries
        .into_iter()
        .map(|(waba, timed, time, changes)| {
            let mut entry = json!({"id": waba});
            if timed {
                entry["time"] = time.into();
            }
            entry["changes"] = changes.into();
            entry
        })
        .collect();
    escaped(&json!({"object": "whatsapp_business_account", "entry": entries}).to_string())
}

/// Escapes what is not ASCII, as Meta does; the signature is over these bytes.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}").expect("writing to a String cannot fail");
        }
    }
    out
}

/// Returns the value of `X-Hub-Signature-256`.
pub(super) fn signature(secret: &str, body: &str) -> String {
    let mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    format!(
        "sha256={}",
        hex::encode(mac.chain_update(body.as_bytes()).finalize().into_bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ascii_is_escaped() {
        let text = json!({"a": "é😀\n"}).to_string();
        let escaped = escaped(&text);
        assert_eq!(escaped, "{\"a\":\"\\u00e9\\ud83d\\ude00\\n\"}");
        assert_eq!(
            serde_json::from_str::<Value>(&escaped).unwrap()["a"],
            "é😀\n"
        );
    }

    #[test]
    fn the_signature_is_hmac_sha256() {
        // RFC 4231, test case 2.
        assert_eq!(
            signature("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
