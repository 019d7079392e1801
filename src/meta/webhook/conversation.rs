//! The lists of a `messages` value, and of the fields that are built like it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::envelope::Place;
use super::person::Contact;
use super::wire::{self, List, Part, Word, read};
use super::{Change, Event, message, preference, status};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Value<'a> {
    #[serde(borrow)]
    metadata: Part<Metadata<'a>>,
    contacts: List<'a>,
    messages: List<'a>,
    statuses: List<'a>,
    user_preferences: List<'a>,
    user_actions: List<'a>,
    errors: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    display_phone_number: Word<'a>,
    phone_number_id: Word<'a>,
}

type Reader = fn(&RawValue, &[Contact<'_>]) -> Result<Event, String>;

/// Adds a change for each item: messages, statuses, preferences, actions, errors. A value has one of these lists, usually.
pub(super) fn changes(place: &Place<'_>, raw: &RawValue, changes: &mut Vec<Change>) {
    let value: Value<'_> = match read(raw) {
        Ok(value) => value,
        Err(reason) => return changes.push(place.change(raw, Err(reason))),
    };
    let contacts: Vec<Contact<'_>> = value.contacts.objects().collect();
    let metadata = value.metadata.0.unwrap_or_default();
    let number = metadata.phone_number_id.text();
    let display = metadata.display_phone_number.text();
    let add = |raw: &RawValue, event| Change {
        phone_number_id: number.clone(),
        display_phone_number: display
            .as_deref()
            .map(|number| number.trim_start_matches('+').to_owned()),
        ..place.change(raw, event)
    };
    let before = changes.len();
    let lists: [(List<'_>, Reader); 5] = [
        (value.messages, message::read),
        (value.statuses, status::read),
        (value.user_preferences, preference::read),
        (value.user_actions, preference::action),
        (value.errors, error),
    ];
    for (list, read) in lists {
        changes.extend(list.items().map(|raw| add(raw, read(raw, &contacts))));
    }
    if changes.len() == before {
        changes.push(add(raw, Ok(Event::Unknown)));
    }
}

fn error(raw: &RawValue, _: &[Contact<'_>]) -> Result<Event, String> {
    wire::error(raw)
        .map(|error| Event::Error(Box::new(error)))
        .ok_or_else(|| "an error without a code".to_owned())
}
