//! Customers who stop marketing in the settings of the chat, or resume it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{PREFERENCES, Profile, contact, note, play};
use crate::sandbox::core::Turn;
use crate::sandbox::data::{InboundRow, Write};
use crate::sandbox::messages::inbound_wamid;
use crate::sandbox::people;
use crate::sandbox::webhooks::{self, Change};

/// Whether a preference that was kept stops marketing.
pub(crate) fn is_stop(preference: &str) -> bool {
    serde_json::from_str::<Value>(preference).is_ok_and(|kept| kept["value"] == "stop")
}

/// Returns what is kept and told of one preference.
pub(super) fn preference(
    seed: u64,
    wa_id: &str,
    profile: &Profile,
    value: &str,
    at: Timestamp,
) -> Value {
    let mut shown = json!({});
    if !profile.hidden {
        shown["wa_id"] = wa_id.into();
    }
    shown["user_id"] = people::user_id(seed, wa_id).into();
    shown["detail"] = format!("User requested to {value} marketing messages").into();
    shown["category"] = "marketing_messages".into();
    shown["value"] = value.into();
    // An integer, unlike the messages' text.
    shown["timestamp"] = at.as_second().into();
    shown
}

/// Returns the `value` of the webhook.
pub(super) fn value(seed: u64, wa_id: &str, profile: &Profile, preference: &Value) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "contacts": [contact(seed, wa_id, profile)],
        "user_preferences": [preference],
    })
}

/// `POST /_sandbox/preferences`.
pub(crate) fn change(turn: &mut Turn<'_>, body: &Value) -> Result<Value, String> {
    play::known(
        body,
        &["from", "to", "value", "name", "username", "hide_number"],
    )?;
    let wanted = body["value"].as_str().unwrap_or_default();
    if !matches!(wanted, "stop" | "resume") {
        return Err("\"value\" must be stop or resume".into());
    }
    let seed = turn.world.seed;
    let wa_id = play::person(seed, body)?;
    let number = play::number(turn, body)?;
    let profile = play::profile(body);
    let at = turn.now;
    let kept = preference(seed, &wa_id, &profile, wanted, at);
    let row = InboundRow {
        id: inbound_wamid(
            seed,
            &format!("preference {}", turn.world.next_inbound),
            &wa_id,
        ),
        waba: number.waba.clone(),
        phone: number.id.clone(),
        wa_id: wa_id.clone(),
        kind: PREFERENCES.into(),
        value: kept.to_string(),
        at: at.as_millisecond(),
        ..InboundRow::default()
    };
    note(turn, &row);
    turn.writes.push(Write::Inbound(Box::new(row)));
    let change = Change {
        waba: &number.waba,
        phone: Some(&number.id),
        field: PREFERENCES,
        value: &value(seed, &wa_id, &profile, &kept),
        at,
    };
    let told = webhooks::tell(turn, &change);
    Ok(json!({"user_id": people::user_id(seed, &wa_id), "told": told}))
}
