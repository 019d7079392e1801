//! What cannot be read is kept as a webhook of its own, so that it can be read again by whoever can.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::meta::webhook::{Change, Event};

/// Returns a whole webhook with one change in it.
pub(super) fn webhook(change: &Change) -> String {
    let raw: Value = serde_json::from_str(change.raw.get()).unwrap_or(Value::Null);
    // Where nothing nearer could be read, it is the whole entry.
    if raw.get("changes").is_some() {
        return wrapped(&raw);
    }
    let value = match list(change, &raw) {
        Some(list) => {
            let mut value = json!({
                "messaging_product": "whatsapp",
                "metadata": {
                    "display_phone_number": change.display_phone_number,
                    "phone_number_id": change.phone_number_id,
                },
                "contacts": contacts(change),
            });
            value[list] = json!([raw]);
            value
        }
        None => raw,
    };
    let mut entry = json!({
        "id": change.waba_id,
        "changes": [{ "field": change.field, "value": value }],
    });
    if let Some(time) = change.time {
        entry["time"] = json!(time.as_second());
    }
    wrapped(&entry)
}

fn wrapped(entry: &Value) -> String {
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
}

/// Returns the list of a `messages` value that an item came from; none where the change is a whole value.
fn list(change: &Change, raw: &Value) -> Option<&'static str> {
    if !matches!(
        change.field.as_str(),
        "messages" | "user_preferences" | "user_actions"
    ) {
        return None;
    }
    let known = match &change.event {
        Event::Status(_) => Some("statuses"),
        Event::Message(_) => Some("messages"),
        Event::Preference(_) => Some("user_preferences"),
        Event::UserAction(_) => Some("user_actions"),
        Event::Error(_) => Some("errors"),
        _ => None,
    };
    let has = |key: &str| raw.get(key).is_some();
    known.or_else(|| match () {
        () if has("metadata") || has("statuses") || has("messages") || has("field") => None,
        () if has("status") => Some("statuses"),
        () if has("action_type") => Some("user_actions"),
        () if has("category") && has("value") => Some("user_preferences"),
        () if has("code") => Some("errors"),
        () => Some("messages"),
    })
}

/// Returns who was meant, as the webhook named them beside the item.
fn contacts(change: &Change) -> Value {
    let (wa_id, user_id, name) = match &change.event {
        Event::Status(status) => (&status.recipient_id, &status.recipient_user_id, None),
        Event::Message(message) => (
            &message.from,
            &message.from_user_id,
            message.profile_name.as_ref(),
        ),
        Event::Preference(preference) => (&preference.wa_id, &preference.user_id, None),
        _ => return json!([]),
    };
    let mut contact = json!({});
    if let Some(wa_id) = wa_id {
        contact["wa_id"] = json!(wa_id);
    }
    if let Some(user_id) = user_id {
        contact["user_id"] = json!(user_id);
    }
    if let Some(name) = name {
        contact["profile"] = json!({ "name": name });
    }
    json!([contact])
}

/// Returns a body that is no webhook at all, as JSON.
pub(super) fn foreign(body: &str) -> String {
    match serde_json::from_str::<&RawValue>(body) {
        Ok(raw) => raw.get().to_owned(),
        Err(_) => Value::from(body).to_string(),
    }
}
