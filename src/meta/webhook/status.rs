//! What became of a message that we sent.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use super::person::{Contact, Person, digits, is_user_id};
use super::wire::{self, List, Part, Word};
use crate::meta::GraphError;

/// One step of a message's delivery. Steps come repeated, out of order, and not all of them come: `read` without
/// `delivered`, or nothing at all for a message whose time to live ran out.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub message_id: String,
    pub status: Delivery,
    pub at: Timestamp,
    /// The recipient's `wa_id`, digits; a group's id where `to_group` says so. Missing where the message was sent to a user
    /// id and the number is withheld.
    pub recipient_id: Option<String>,
    pub recipient_user_id: Option<String>,
    pub recipient_parent_user_id: Option<String>,
    pub to_group: bool,
    /// Who of the group is meant: number or user id.
    pub recipient_participant_id: Option<String>,
    /// What the sender gave as `biz_opaque_callback_data`.
    pub tag: Option<String>,
    /// Only where the number checks identities.
    pub identity_hash: Option<String>,
    /// Comes with `sent` and with one of `delivered` and `read`.
    pub pricing: Option<Pricing>,
    /// Since v24 in free entry points only.
    pub conversation: Option<Conversation>,
    /// Why it failed. Errors without a code are left out, so that a failed status may have none.
    pub errors: Vec<GraphError>,
}

/// Meta's words for how far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Sent,
    Delivered,
    Read,
    /// A voice message was listened to.
    Played,
    Failed,
    /// A word that is new.
    Other(String),
}

/// What a message costs, in Meta's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pricing {
    /// Being retired by Meta.
    pub billable: Option<bool>,
    /// `PMP` (per message) or, before July 2025, `CBP`.
    pub model: Option<String>,
    /// `marketing`, `utility`, `authentication_international`, ...; always with underscores.
    pub category: Option<String>,
    /// `regular`, `free_customer_service` or `free_entry_point`.
    pub kind: Option<String>,
}

/// What Meta once priced by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    pub id: String,
    pub origin: Option<String>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    status: Word<'a>,
    timestamp: Word<'a>,
    recipient_id: Word<'a>,
    recipient_user_id: Word<'a>,
    recipient_parent_user_id: Word<'a>,
    recipient_type: Word<'a>,
    recipient_participant_id: Word<'a>,
    recipient_identity_key_hash: Word<'a>,
    biz_opaque_callback_data: Word<'a>,
    pricing: Part<PricingWire<'a>>,
    conversation: Part<ConversationWire<'a>>,
    errors: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PricingWire<'a> {
    #[serde(borrow)]
    billable: Word<'a>,
    pricing_model: Word<'a>,
    category: Word<'a>,
    #[serde(rename = "type")]
    kind: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConversationWire<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    expiration_timestamp: Word<'a>,
    origin: Part<OriginWire<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OriginWire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
}

pub(super) fn read(raw: &RawValue, contacts: &[Contact<'_>]) -> Result<Event, String> {
    let wire: Wire<'_> = wire::read(raw)?;
    let at = wire.timestamp.time().ok_or("a status without a time")?;
    let to_group = wire.recipient_type.as_str() == Some("group");
    let recipient = recipient(&wire.recipient_id, to_group);
    let person = if to_group {
        Person::default()
    } else {
        Person::find(
            &wire.recipient_id,
            wire.recipient_user_id,
            wire.recipient_parent_user_id,
            contacts,
        )
    };
    Ok(Event::Status(Box::new(Status {
        message_id: wire.id.text().ok_or("a status without a message's `id`")?,
        status: delivery(&wire.status).ok_or("a status without `status`")?,
        at,
        recipient_id: recipient.or(person.wa_id),
        recipient_user_id: person.user_id,
        recipient_parent_user_id: person.parent_user_id,
        to_group,
        recipient_participant_id: wire.recipient_participant_id.text(),
        tag: wire.biz_opaque_callback_data.text(),
        identity_hash: wire
            .recipient_identity_key_hash
            .text()
            .or(person.identity_hash),
        pricing: wire.pricing.0.map(pricing),
        conversation: wire.conversation.0.and_then(conversation),
        errors: wire.errors.errors(),
    })))
}

fn recipient(id: &Word<'_>, to_group: bool) -> Option<String> {
    let id = id.as_str()?;
    match digits(id) {
        Some(digits) if !to_group => Some(digits),
        _ if !to_group && is_user_id(id) => None,
        _ => Some(id.to_owned()),
    }
}

fn delivery(word: &Word<'_>) -> Option<Delivery> {
    Some(match word.as_str()? {
        "sent" => Delivery::Sent,
        "delivered" => Delivery::Delivered,
        "read" => Delivery::Read,
        "played" => Delivery::Played,
        "failed" => Delivery::Failed,
        other => Delivery::Other(other.to_owned()),
    })
}

fn pricing(wire: PricingWire<'_>) -> Pricing {
    Pricing {
        billable: wire.billable.flag(),
        model: wire.pricing_model.text(),
        // Meta's pages write the international category with a hyphen too.
        category: wire
            .category
            .text()
            .map(|category| category.replace('-', "_")),
        kind: wire.kind.text(),
    }
}

fn conversation(wire: ConversationWire<'_>) -> Option<Conversation> {
    Some(Conversation {
        id: wire.id.text()?,
        origin: wire.origin.0.and_then(|origin| origin.kind.text()),
        expires_at: wire.expiration_timestamp.time(),
    })
}
