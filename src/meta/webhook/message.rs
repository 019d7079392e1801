//! What a person sent us.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Event;
use super::content::{self, Content};
use super::person::{Contact, Person};
use super::system::{self, Identity};
use super::wire::{self, List, Part, Word};

/// A message from a person, or WhatsApp's word about a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub message_id: String,
    /// The sender's `wa_id`, digits. Missing where Meta withholds it; the user id is there then. Of a change of number: the
    /// old one.
    pub from: Option<String>,
    pub from_user_id: Option<String>,
    pub from_parent_user_id: Option<String>,
    pub profile_name: Option<String>,
    pub username: Option<String>,
    pub at: Timestamp,
    /// The message that is answered. Missing on many a quick reply, too.
    pub context_id: Option<String>,
    pub forwarded: bool,
    /// The group that it was written in.
    pub group_id: Option<String>,
    /// The advertisement that the person came from.
    pub referral: Option<Value>,
    /// Only where the number checks identities.
    pub identity: Option<Identity>,
    pub content: Content,
}

/// All parts of a message; which of the bodies is there depends on `type`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wire<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    from: Word<'a>,
    from_user_id: Word<'a>,
    from_parent_user_id: Word<'a>,
    timestamp: Word<'a>,
    group_id: Word<'a>,
    context: Part<ContextWire<'a>>,
    referral: Option<&'a RawValue>,
    pub(super) identity: Option<&'a RawValue>,
    #[serde(rename = "type")]
    pub(super) kind: Word<'a>,
    pub(super) text: Option<&'a RawValue>,
    pub(super) button: Option<&'a RawValue>,
    pub(super) interactive: Option<&'a RawValue>,
    pub(super) image: Option<&'a RawValue>,
    pub(super) video: Option<&'a RawValue>,
    pub(super) audio: Option<&'a RawValue>,
    pub(super) document: Option<&'a RawValue>,
    pub(super) sticker: Option<&'a RawValue>,
    pub(super) location: Option<&'a RawValue>,
    pub(super) contacts: Option<&'a RawValue>,
    pub(super) reaction: Option<&'a RawValue>,
    pub(super) order: Option<&'a RawValue>,
    pub(super) system: Option<&'a RawValue>,
    pub(super) unsupported: Option<&'a RawValue>,
    pub(super) edit: Option<&'a RawValue>,
    pub(super) revoke: Option<&'a RawValue>,
    pub(super) errors: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContextWire<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    forwarded: Word<'a>,
    frequently_forwarded: Word<'a>,
}

pub(super) fn read(raw: &RawValue, contacts: &[Contact<'_>]) -> Result<Event, String> {
    let wire: Wire<'_> = wire::read(raw)?;
    let content = content::read(&wire);
    let person = Person::find(
        &wire.from,
        wire.from_user_id,
        wire.from_parent_user_id,
        contacts,
    );
    let context = wire.context.0.unwrap_or_default();
    let hash = person.identity_hash;
    let identity = wire.identity.and_then(system::identity).or_else(|| {
        Some(Identity {
            hash: Some(hash?),
            ..Identity::default()
        })
    });
    Ok(Event::Message(Box::new(Message {
        message_id: wire.id.text().ok_or("a message without `id`")?,
        from: person.wa_id,
        from_user_id: person.user_id,
        from_parent_user_id: person.parent_user_id,
        profile_name: person.name,
        username: person.username,
        at: wire.timestamp.time().ok_or("a message without a time")?,
        context_id: context.id.text(),
        forwarded: [context.forwarded, context.frequently_forwarded]
            .iter()
            .any(|word| word.flag() == Some(true)),
        group_id: wire.group_id.text(),
        referral: wire.referral.and_then(wire::value),
        identity,
        content,
    })))
}
