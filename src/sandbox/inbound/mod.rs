//! Customers who write: on demand under `/_sandbox/inbound`, and by themselves where a number is known to answer.
//!
//! What they write is told as Meta tells it, is kept, and opens the service window.

mod content;
mod play;
mod preference;
mod reply;

use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use play::{Failure, list, play};
pub(crate) use preference::{change as prefer, is_stop};
pub(crate) use reply::Senders;

use super::core::Turn;
use super::data::InboundRow;
use super::people;

/// The kind under which changes of preferences are kept, and the field that tells of them.
const PREFERENCES: &str = "user_preferences";

/// How a customer shows.
#[derive(Clone, Debug)]
struct Profile {
    name: String,
    username: Option<String>,
    /// Whether the number is left out, as it is for people with a username (business-scoped user ids page, May 2026).
    hidden: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: "Sandbox".into(),
            username: None,
            hidden: false,
        }
    }
}

/// Returns the entry of `contacts` for a person.
fn contact(seed: u64, wa_id: &str, profile: &Profile) -> Value {
    let mut shown = json!({"profile": {"name": profile.name}});
    if let Some(username) = &profile.username {
        shown["profile"]["username"] = username.as_str().into();
    }
    if !profile.hidden {
        shown["wa_id"] = wa_id.into();
    }
    shown["user_id"] = people::user_id(seed, wa_id).into();
    shown
}

/// Returns the message with what all kinds have in common.
fn message(seed: u64, wa_id: &str, profile: &Profile, id: &str, at: Timestamp) -> Value {
    let mut shown = json!({});
    if !profile.hidden {
        shown["from"] = wa_id.into();
    }
    shown["from_user_id"] = people::user_id(seed, wa_id).into();
    shown["id"] = id.into();
    // A text, unlike the preferences' integer.
    shown["timestamp"] = at.as_second().to_string().into();
    shown
}

/// Returns the `value` of the webhook for a message.
fn message_value(seed: u64, wa_id: &str, profile: &Profile, message: &Value) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "contacts": [contact(seed, wa_id, profile)],
        "messages": [message],
    })
}

/// Notes what was written: the service window opens, marketing stops or goes on.
pub(crate) fn note(turn: &mut Turn<'_>, row: &InboundRow) {
    turn.world.next_inbound += 1;
    match row.kind.as_str() {
        PREFERENCES => {
            let stop = is_stop(&row.value);
            turn.world.people.prefers(&row.waba, &row.wa_id, stop);
        }
        // WhatsApp's own words, not the customer's.
        "system" => {}
        _ => turn.world.people.wrote(&row.phone, &row.wa_id, row.at),
    }
}
