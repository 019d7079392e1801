//! How a message and its statuses look: to the subscriber of webhooks, and behind the scenes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::data::{MessageRow, Step};
use crate::sandbox::graph::title;
use crate::sandbox::people;
use crate::sandbox::random::{mix, mix_text};

/// Returns the id of a message. It holds the message's number, as Meta's hold one of theirs.
pub(crate) fn wamid(seed: u64, seq: i64, wa_id: &str) -> String {
    let mut bytes = vec![0x1c, 0x18, u8::try_from(wa_id.len()).unwrap_or(u8::MAX)];
    bytes.extend(wa_id.as_bytes());
    bytes.extend([0x15, 0x02, 0x00, 0x11, 0x18, 0x12]);
    bytes.extend(format!("{seq:010X}{:08X}", mix(seed, seq.unsigned_abs()) >> 32).bytes());
    format!("wamid.{}", STANDARD_NO_PAD.encode(bytes))
}

/// Returns the id of a customer's message. It holds no number, so that it is never taken for one of ours.
pub(crate) fn inbound_wamid(seed: u64, key: &str, wa_id: &str) -> String {
    let mut bytes = vec![0x1c, 0x18, u8::try_from(wa_id.len()).unwrap_or(u8::MAX)];
    bytes.extend(wa_id.as_bytes());
    bytes.extend([0x15, 0x02, 0x00, 0x12, 0x18, 0x12]);
    bytes.extend(format!("IN{:016X}", mix_text(seed, key)).bytes());
    format!("wamid.{}", STANDARD_NO_PAD.encode(bytes))
}

/// Returns the number of the message with this id.
pub(crate) fn seq_of(wamid: &str) -> Option<i64> {
    let bytes = STANDARD_NO_PAD.decode(wamid.strip_prefix("wamid.")?).ok()?;
    let tail = bytes.get(bytes.len().checked_sub(18)?..)?;
    i64::from_str_radix(std::str::from_utf8(&tail[..10]).ok()?, 16).ok()
}

/// Returns what an error says to people; the code alone counts.
fn details(code: i64) -> &'static str {
    match code {
        130_472 => {
            "Failed to send message because this user's phone number is part of an experiment"
        }
        131_026 => "Message Undeliverable.",
        131_047 => {
            "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
        }
        131_049 => {
            "In order to maintain a healthy ecosystem engagement, the message failed to be delivered."
        }
        131_050 => "User has stopped receiving marketing messages from this business.",
        131_053 => "Media download from the link failed.",
        137_000 => "The recipient's identity key hash has changed.",
        _ => "Message failed to send due to an unknown error.",
    }
}

/// When service messages, and utility templates within the service window, began to cost: 1 Oct 2026 (service messages
/// page, 21 May 2026), in milliseconds of Unix time.
const SERVICE_COSTS_FROM: i64 = 1_790_812_800_000;

fn pricing(row: &MessageRow) -> Value {
    let category = row.category.as_deref().unwrap_or("service");
    let free = !row.outside
        && matches!(category, "service" | "utility")
        && row.accepted_at < SERVICE_COSTS_FROM;
    let kind = if free {
        "free_customer_service"
    } else {
        "regular"
    };
    json!({"billable": !free, "pricing_model": "PMP", "type": kind, "category": category})
}

fn error(code: i64) -> Value {
    json!({
        "code": code,
        "title": title(code),
        "message": title(code),
        "error_data": {"details": details(code)},
        "href": "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/",
    })
}

/// Returns the `value` of the webhook for one step, but for the number's metadata, which the courier adds. `row` stands as
/// it does after the step.
pub(crate) fn status_value(seed: u64, row: &MessageRow, step: &Step) -> Value {
    let user_id = people::user_id(seed, &row.wa_id);
    let mut status = json!({
        "id": wamid(seed, row.seq, &row.wa_id),
        "status": step.status,
        "timestamp": (step.at / 1000).to_string(),
        "recipient_user_id": user_id,
    });
    let mut contact = json!({"profile": {"name": "Sandbox"}, "user_id": user_id});
    // Who is addressed by user id stays without a number.
    if !row.details.by_user_id {
        status["recipient_id"] = row.wa_id.as_str().into();
        contact["wa_id"] = row.wa_id.as_str().into();
    }
    if let Some(identity) = &row.details.identity {
        status["recipient_identity_key_hash"] = identity.as_str().into();
    }
    if let Some(tag) = &row.tag {
        status["biz_opaque_callback_data"] = tag.as_str().into();
    }
    if let Some(code) = step.error {
        status["errors"] = json!([error(code)]);
    }
    // Prices stand on `sent` and on the first of `delivered` and `read`; per-message pricing since 1 Jul 2025.
    let first_receipt =
        step.status == "delivered" || (step.status == "read" && row.delivered_at.is_none());
    if step.status == "sent" || first_receipt {
        status["pricing"] = pricing(row);
    }
    json!({
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "statuses": [status],
    })
}

fn time(millis: i64) -> Value {
    Timestamp::from_millisecond(millis).map_or(Value::Null, |at| at.to_string().into())
}

/// Returns a message with everything that is known of it.
pub(crate) fn shown(seed: u64, row: &MessageRow) -> Value {
    let steps = [
        ("sent", row.sent_at, None),
        ("delivered", row.delivered_at, None),
        ("read", row.read_at, None),
        ("failed", row.failed_at, row.error),
    ];
    let mut statuses = vec![json!({"status": "accepted", "at": time(row.accepted_at)})];
    for (status, at, code) in steps {
        if let Some(at) = at {
            let mut shown = json!({"status": status, "at": time(at)});
            if let Some(code) = code {
                shown["code"] = code.into();
            }
            statuses.push(shown);
        }
    }
    let last = statuses
        .last()
        .map_or(Value::Null, |status| status["status"].clone());
    json!({
        "seq": row.seq,
        "id": wamid(seed, row.seq, &row.wa_id),
        "waba_id": row.waba,
        "phone_number_id": row.phone,
        "to": row.input,
        "wa_id": row.wa_id,
        "type": row.kind,
        "template": row.template,
        "template_id": row.template_id.map(|id| id.to_string()),
        "language": row.language,
        "category": row.category,
        "text": row.text,
        "biz_opaque_callback_data": row.tag,
        "context": row.details.context,
        "outside_window": row.outside,
        "accepted_at": time(row.accepted_at),
        "status": last,
        "statuses": statuses,
        "moving": !row.steps.is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_hold_the_number_and_are_the_same_again() {
        let id = wamid(3, 41, "14165550101");
        assert_eq!(id, wamid(3, 41, "14165550101"));
        assert_ne!(id, wamid(4, 41, "14165550101"));
        assert_eq!(seq_of(&id), Some(41));
        assert_eq!(seq_of("wamid.x"), None);
        assert_eq!(seq_of(&inbound_wamid(3, "41", "14165550101")), None);
    }
}
