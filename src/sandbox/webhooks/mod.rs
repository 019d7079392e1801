//! Webhooks: who is told of what, signed as Meta signs, tried again until taken.

mod courier;
mod handshake;
mod payload;

use std::collections::BTreeSet;

pub(crate) use courier::run;
pub(crate) use handshake::verify;

use super::world::World;

/// Overrides of the callback count for these fields only; the others always go to the app's callback.
const MESSAGE_FIELDS: [&str; 1] = ["messages"];

/// Returns where a change is to be told: the number's override, the account's, the app's callback.
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
    let app = world
        .app
        .callback
        .as_ref()
        .filter(|callback| callback.fields.contains(field));
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
