//! From a body to its changes: `{object, entry: [{id, time?, changes: [{field, value}]}]}`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::guard::{self, DEEPEST};
use super::wire::{List, Word, read, read_text};
use super::{Change, Event, account, conversation, number, template};

/// The only object that is ours; an app's other products tell of others.
const OBJECT: &str = "whatsapp_business_account";

/// Why a body is no webhook of a WhatsApp Business account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAWebhook {
    #[error("the body is not UTF-8 text")]
    NotText,
    #[error("the body cannot be read as a JSON object: {0}")]
    NotJson(String),
    #[error("the body has no `{0}`, so that it is no webhook of Meta's")]
    NoEnvelope(&'static str),
    #[error(
        "the body tells of the object `{0}`, not of `{OBJECT}`: another product of the app is subscribed to this address"
    )]
    OtherObject(String),
    #[error(
        "the body nests deeper than {DEEPEST} lists and objects, far deeper than any of Meta's"
    )]
    TooDeep,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    object: Word<'a>,
    entry: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    time: Word<'a>,
    changes: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawChange<'a> {
    #[serde(borrow)]
    field: Word<'a>,
    value: Option<&'a RawValue>,
}

/// Where a change was found.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) waba_id: &'a str,
    pub(super) time: Option<Timestamp>,
    pub(super) field: &'a str,
}

impl Place<'_> {
    /// Returns a change that belongs to no number.
    pub(super) fn change(&self, raw: &RawValue, event: Result<Event, String>) -> Change {
        Change {
            waba_id: self.waba_id.to_owned(),
            field: self.field.to_owned(),
            time: self.time,
            phone_number_id: None,
            display_phone_number: None,
            event: event.unwrap_or_else(|reason| Event::Unreadable { reason }),
            raw: raw.to_owned(),
        }
    }
}

/// Reads a body as it came. See [`parse`].
pub fn parse_bytes(body: &[u8]) -> Result<Vec<Change>, NotAWebhook> {
    parse(std::str::from_utf8(body).map_err(|_| NotAWebhook::NotText)?)
}

/// Reads a body into its changes, in Meta's order.
pub fn parse(body: &str) -> Result<Vec<Change>, NotAWebhook> {
    let body = guard::checked(body)?;
    let envelope = envelope(&body)?;
    let mut changes = Vec::new();
    for raw in envelope.entry.items() {
        entry(raw, &mut changes);
    }
    Ok(changes)
}

fn envelope(body: &str) -> Result<Envelope<'_>, NotAWebhook> {
    let envelope: Envelope<'_> = read_text(body.trim_start()).map_err(NotAWebhook::NotJson)?;
    match envelope.object.as_str() {
        None => return Err(NotAWebhook::NoEnvelope("object")),
        Some(OBJECT) => {}
        Some(other) => return Err(NotAWebhook::OtherObject(other.to_owned())),
    }
    if envelope.entry.0.is_none() {
        return Err(NotAWebhook::NoEnvelope("entry"));
    }
    Ok(envelope)
}

fn entry(raw: &RawValue, changes: &mut Vec<Change>) {
    let (entry, reason) = match read::<Entry<'_>>(raw) {
        Ok(entry) if entry.changes.0.is_some() => (entry, None),
        Ok(entry) => (entry, Some("an entry without `changes`".to_owned())),
        Err(reason) => (Entry::default(), Some(reason)),
    };
    let place = Place {
        waba_id: entry.id.as_str().unwrap_or_default(),
        time: entry.time.time(),
        field: "",
    };
    if let Some(reason) = reason {
        changes.push(place.change(raw, Err(reason)));
    }
    for raw in entry.changes.items() {
        if let Err(reason) = change(place, raw, changes) {
            changes.push(place.change(raw, Err(reason)));
        }
    }
}

fn change(place: Place<'_>, raw: &RawValue, changes: &mut Vec<Change>) -> Result<(), String> {
    let change: RawChange<'_> = read(raw)?;
    let field = change.field.as_str().ok_or("a change without `field`")?;
    let place = Place { field, ..place };
    match change.value {
        Some(value) => values(&place, value, changes),
        None => changes.push(place.change(raw, Err("a change without `value`".to_owned()))),
    }
    Ok(())
}

fn values(place: &Place<'_>, value: &RawValue, changes: &mut Vec<Change>) {
    let event = match place.field {
        "messages" | "user_preferences" | "user_actions" => {
            return conversation::changes(place, value, changes);
        }
        "message_template_status_update" => template::status(value),
        "message_template_quality_update" => template::quality(value),
        "template_category_update" => template::category(value),
        "message_template_components_update" => template::components(value),
        "phone_number_quality_update" => number::quality(value),
        "phone_number_name_update" => number::name(value),
        "account_update" => account::update(value),
        "account_review_update" => account::review(value),
        "account_alerts" => account::alert(value),
        "business_capability_update" => account::capability(value),
        "security" => account::security(value),
        _ => Ok(Event::Unknown),
    };
    changes.push(place.change(value, event));
}
