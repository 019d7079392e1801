//! WhatsApp's word about a person: another number, another user id, perhaps another person.
//!
//! Meta's pages call the kinds by different names at different times; all of them are accepted.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Content;
use super::person::{digits, is_user_id};
use super::wire::{self, Word};

/// The key by which WhatsApp knows a person's device; it changes when the number is registered anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub hash: Option<String>,
    pub created_at: Option<Timestamp>,
    /// Whether we have accepted it.
    pub acknowledged: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct IdentityWire<'a> {
    #[serde(borrow)]
    hash: Word<'a>,
    created_timestamp: Word<'a>,
    acknowledged: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    body: Word<'a>,
    wa_id: Word<'a>,
    new_wa_id: Word<'a>,
    user_id: Word<'a>,
    parent_user_id: Word<'a>,
    previous_user_id: Word<'a>,
    /// Where the hash stood before it had an object of its own.
    identity: Word<'a>,
}

/// Reads the `system` of a message, with the `identity` that stands beside it.
pub(super) fn read(raw: &RawValue, identity: Option<&RawValue>) -> Option<Content> {
    let wire: Wire<'_> = wire::read(raw).ok()?;
    match wire.kind.as_str()? {
        "user_changed_number" | "customer_changed_number" => Some(number_changed(wire)),
        "user_changed_user_id" => user_id_changed(wire),
        "customer_identity_changed" | "user_identity_changed" => {
            Some(Content::IdentityChanged(changed(wire, identity)))
        }
        _ => None,
    }
}

fn number(word: &Word<'_>) -> Option<String> {
    word.as_str().and_then(digits)
}

fn number_changed(wire: Wire<'_>) -> Content {
    Content::NumberChanged {
        // API versions before v12 said `new_wa_id`.
        new_wa_id: number(&wire.wa_id).or_else(|| number(&wire.new_wa_id)),
        new_user_id: wire.user_id.text(),
        new_parent_user_id: wire.parent_user_id.text(),
    }
}

fn user_id_changed(wire: Wire<'_>) -> Option<Content> {
    let previous = wire
        .previous_user_id
        .as_str()
        .or_else(|| previous(wire.body.as_str()?));
    Some(Content::UserIdChanged {
        previous: previous.map(str::to_owned),
        wa_id: number(&wire.wa_id),
        new_parent_user_id: wire.parent_user_id.text(),
        new: wire.user_id.text()?,
    })
}

/// Finds the old user id in Meta's sentence, "User NAME changed from CC.1 to CC.2", its only place in some webhooks.
fn previous(body: &str) -> Option<&str> {
    let (_, ids) = body.rsplit_once(" changed from ")?;
    let (previous, _) = ids.split_once(" to ")?;
    is_user_id(previous).then_some(previous)
}

fn changed(wire: Wire<'_>, beside: Option<&RawValue>) -> Identity {
    beside.and_then(identity).unwrap_or_else(|| Identity {
        hash: wire.identity.text(),
        ..Identity::default()
    })
}

pub(super) fn identity(raw: &RawValue) -> Option<Identity> {
    let wire: IdentityWire<'_> = wire::read(raw).ok()?;
    Some(Identity {
        hash: wire.hash.text(),
        created_at: wire.created_timestamp.time(),
        acknowledged: wire.acknowledged.flag(),
    })
}
