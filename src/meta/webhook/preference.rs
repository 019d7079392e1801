//! What people do beside writing: they opt out and in, and they touch links.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use super::person::{Contact, Person};
use super::wire::{self, Part, Word};

/// A choice about marketing messages, made in WhatsApp itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// Digits. Always there or `user_id` is.
    pub wa_id: Option<String>,
    pub user_id: Option<String>,
    pub parent_user_id: Option<String>,
    /// `marketing_messages`, so far the only one.
    pub category: Option<String>,
    pub value: Choice,
    pub at: Option<Timestamp>,
    /// Meta's sentence about it.
    pub detail: Option<String>,
    /// The sign-up link that was used.
    pub signup_id: Option<String>,
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Stop,
    Resume,
    Signup,
    /// A word that is new.
    Other(String),
}

/// A touch on a marketing message's link; for messages of the last 7 days only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAction {
    /// `marketing_messages_link_click`, so far the only one.
    pub kind: String,
    pub at: Option<Timestamp>,
    pub wa_id: Option<String>,
    pub user_id: Option<String>,
    /// `cta` or `body`.
    pub component: Option<String>,
    pub product_id: Option<String>,
    pub click_id: Option<String>,
    pub tracking_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PreferenceWire<'a> {
    #[serde(borrow)]
    wa_id: Word<'a>,
    user_id: Word<'a>,
    parent_user_id: Word<'a>,
    category: Word<'a>,
    value: Word<'a>,
    timestamp: Word<'a>,
    detail: Word<'a>,
    signup_id: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ActionWire<'a> {
    #[serde(borrow)]
    action_type: Word<'a>,
    timestamp: Word<'a>,
    wa_id: Word<'a>,
    user_id: Word<'a>,
    marketing_messages_link_click_data: Part<ClickWire<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ClickWire<'a> {
    #[serde(borrow)]
    click_component: Word<'a>,
    product_id: Word<'a>,
    click_id: Word<'a>,
    tracking_token: Word<'a>,
}

pub(super) fn read(raw: &RawValue, contacts: &[Contact<'_>]) -> Result<Event, String> {
    let wire: PreferenceWire<'_> = wire::read(raw)?;
    let person = Person::find(&wire.wa_id, wire.user_id, wire.parent_user_id, contacts);
    if person.wa_id.is_none() && person.user_id.is_none() {
        return Err("a preference of nobody: neither `wa_id` nor `user_id`".to_owned());
    }
    Ok(Event::Preference(Preference {
        wa_id: person.wa_id,
        user_id: person.user_id,
        parent_user_id: person.parent_user_id,
        category: wire.category.text(),
        value: choice(&wire.value).ok_or("a preference without `value`")?,
        at: wire.timestamp.time(),
        detail: wire.detail.text(),
        signup_id: wire.signup_id.text(),
    }))
}

fn choice(word: &Word<'_>) -> Option<Choice> {
    let word = word.as_str()?;
    let known = [
        ("stop", Choice::Stop),
        ("resume", Choice::Resume),
        ("signup", Choice::Signup),
    ];
    let found = known
        .into_iter()
        .find(|(known, _)| word.eq_ignore_ascii_case(known));
    Some(found.map_or_else(|| Choice::Other(word.to_owned()), |(_, choice)| choice))
}

pub(super) fn action(raw: &RawValue, contacts: &[Contact<'_>]) -> Result<Event, String> {
    let wire: ActionWire<'_> = wire::read(raw)?;
    let person = Person::find(&wire.wa_id, wire.user_id, Word::default(), contacts);
    let click = wire
        .marketing_messages_link_click_data
        .0
        .unwrap_or_default();
    Ok(Event::UserAction(UserAction {
        kind: wire
            .action_type
            .text()
            .ok_or("an action without `action_type`")?,
        at: wire.timestamp.time(),
        wa_id: person.wa_id,
        user_id: person.user_id,
        component: click.click_component.text(),
        product_id: click.product_id.text(),
        click_id: click.click_id.text(),
        tracking_token: click.tracking_token.text(),
    }))
}
