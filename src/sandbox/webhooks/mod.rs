//! Webhooks: who is told of what, signed as Meta signs, tried again until taken.

mod courier;
mod handshake;
mod payload;
mod tell;

use std::collections::BTreeSet;

pub(crate) use courier::{run, told_once};
pub(crate) use handshake::verify;
pub(crate) use tell::{Change, tell};

use super::world::World;

/// Overrides of the callback count for these fields only; the others, `user_preferences` among them, always go to the app's
/// callback (webhook overrides page, 28 Jun 2026).
const MESSAGE_FIELDS: [&str; 13] = [
    "account_settings_update",
    "calls",
    "consumer_profile",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_echoes",
    "messages",
    "messaging_handovers",
    "smb_app_state_sync",
    "smb_message_echoes",
];

/// Returns where a change is to be told: the number's override, the account's, the app's callback.
///
/// A field that the app is not subscribed to is told to nobody, overrides or not. An app without a callback counts as
/// subscribed to what overrides are for, so that one call is enough to try them.
pub(crate) fn target(
    world: &World,
    waba: &str,
    phone: Option<&str>,
    field: &str,
) -> Option<String> {
    let account = world
        .accounts
        .get(waba)
        .filter(|account| account.subscribed)?;
    let app = world.app.callback.as_ref();
    if app.is_some_and(|callback| !callback.fields.contains(field)) {
        return None;
    }
    if MESSAGE_FIELDS.contains(&field) {
        let number = phone.and_then(|phone| world.numbers.get(phone)?.override_callback.clone());
        if let Some(uri) = number.or_else(|| account.override_callback.clone()) {
            return Some(uri);
        }
    }
    app.map(|callback| callback.uri.clone())
}

/// The numbers whose message webhooks somebody wants.
pub(crate) struct Audience(BTreeSet<String>);

impl Audience {
    pub(crate) fn of(world: &World) -> Self {
        let wanted = |number: &&super::world::Number| {
            target(world, &number.waba, Some(&number.id), "messages").is_some()
        };
        Self(
            world
                .numbers
                .values()
                .filter(wanted)
                .map(|number| number.id.clone())
                .collect(),
        )
    }

    pub(crate) fn listens(&self, phone: &str) -> bool {
        self.0.contains(phone)
    }
}
