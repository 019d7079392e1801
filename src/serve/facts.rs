//! From what Meta tells to what the ledger takes in.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::events;
use crate::meta::webhook::{Change, Choice, Content, Delivery, Event, Message, Preference, Status};
use crate::resource::suppression::{Keywords, Wish};
use crate::store::{DeliveryStatus, Fact, Failure, Inbound, Person, Pricing, Receipt};

/// Meta's word for messages that WhatsApp writes about people.
const SYSTEM: &str = "system";
/// The one category of preferences that is about what campaigns send (user_preferences page, 2025).
const MARKETING: &str = "marketing_messages";

/// What a change comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    /// In this order.
    Facts(Vec<Fact>),
    /// Nothing that waform acts on.
    Nothing,
    /// It cannot be read, or is nobody's; says why.
    Dead(String),
}

/// Reads the changes of one project's accounts.
pub(super) struct Interpreter {
    /// The account's name, by the id of its WhatsApp Business account.
    accounts: BTreeMap<String, String>,
    keywords: Keywords,
}

impl Interpreter {
    pub(super) fn new(accounts: BTreeMap<String, String>, keywords: Keywords) -> Self {
        Self { accounts, keywords }
    }

    /// Returns the account that a change is about.
    pub(super) fn account(&self, change: &Change) -> Option<&str> {
        self.accounts.get(&change.waba_id).map(String::as_str)
    }

    /// Says what a change of an account means. `received` stands for the time of what has none.
    pub(super) fn read(&self, account: &str, change: &Change, received: Timestamp) -> Meaning {
        match &change.event {
            Event::Status(status) => receipt(status, account, change),
            Event::Message(message) => self.message(message, change),
            Event::Preference(preference) => {
                self::preference(preference, change.time.unwrap_or(received))
            }
            Event::Unreadable { reason } => Meaning::Dead(reason.clone()),
            Event::Unknown | Event::UserAction(_) => Meaning::Nothing,
            _ => events::read(account, change, received),
        }
    }

    fn message(&self, message: &Message, change: &Change) -> Meaning {
        // What is said in a group is said to nobody in particular.
        if message.group_id.is_some() {
            return Meaning::Nothing;
        }
        let person = author(message);
        if person.wa_id.is_none() && person.user_id.is_none() {
            return Meaning::Dead("a message from nobody: neither number nor user id".to_owned());
        }
        match &message.content {
            // What is taken back answers nothing, and nobody need do anything about it.
            Content::Reaction { emoji: None, .. } | Content::Revoked { .. } => Meaning::Nothing,
            content if is_of_system(content) => system(content, person, message.at),
            content => match change.phone_number_id.clone() {
                Some(number) => {
                    Meaning::Facts(self.inbound(content, message, person, number, change))
                }
                None => Meaning::Dead("a message to an unnamed number".to_owned()),
            },
        }
    }

    /// A word that stops or resumes counts before the message that it is: what follows from the message knows of it.
    fn inbound(
        &self,
        content: &Content,
        message: &Message,
        person: Person,
        number: String,
        change: &Change,
    ) -> Vec<Fact> {
        let text = content.text().map(str::to_owned);
        let mut facts = Vec::new();
        if let Some(text) = text.as_deref().filter(|_| is_said(content))
            && let Some(wish) = self.keywords.wish(text)
        {
            facts.push(Fact::Preference {
                person: person.clone(),
                at: message.at,
                stop: wish == Wish::Stop,
                source: format!("the keyword {}", text.trim().to_uppercase()),
            });
        }
        facts.push(Fact::Inbound(Inbound {
            message_id: message.message_id.clone(),
            number,
            person,
            at: message.at,
            context_id: message.context_id.clone(),
            kind: kind(content).to_owned(),
            text,
            payload: payload(content).map(str::to_owned),
            raw: change.raw.get().to_owned(),
        }));
        facts
    }
}

/// Returns who wrote, or of whom the system speaks: where the user id is another now, the person is known by the one before.
fn author(message: &Message) -> Person {
    let mut person = Person {
        wa_id: message.from.clone(),
        user_id: message.from_user_id.clone(),
        name: message.profile_name.clone(),
    };
    if let Content::UserIdChanged {
        previous, wa_id, ..
    } = &message.content
    {
        person.user_id = previous.clone().or(person.user_id);
        if person.wa_id.is_none() && person.user_id.is_none() {
            person.wa_id.clone_from(wa_id);
        }
    }
    person
}

/// Whether it is WhatsApp's word about a person, which answers nothing and opens no window.
fn is_of_system(content: &Content) -> bool {
    match content {
        Content::NumberChanged { .. }
        | Content::IdentityChanged(_)
        | Content::UserIdChanged { .. } => true,
        Content::Other(kind) => kind == SYSTEM,
        Content::Unsupported { kind, .. } => kind.as_deref() == Some(SYSTEM),
        _ => false,
    }
}

fn system(content: &Content, person: Person, at: Timestamp) -> Meaning {
    let facts = match content {
        Content::NumberChanged {
            new_wa_id: Some(to),
            new_user_id,
            ..
        } => number_changed(person, at, to, new_user_id.as_deref()),
        Content::NumberChanged {
            new_user_id: Some(to),
            ..
        }
        | Content::UserIdChanged { new: to, .. } => vec![Fact::UserIdChanged {
            person,
            at,
            to: to.clone(),
        }],
        Content::NumberChanged { .. } => {
            return Meaning::Dead("a change of number without the new one".to_owned());
        }
        Content::IdentityChanged(identity) => vec![Fact::IdentityChanged {
            person,
            at: identity.created_at.unwrap_or(at),
            hash: identity.hash.clone(),
        }],
        _ => {
            let reason = "WhatsApp says something of a person that is of no known kind";
            return Meaning::Dead(reason.to_owned());
        }
    };
    Meaning::Facts(facts)
}

/// The user id changes with the number (business-scoped user ids page, May 2026): who hides the new number is known by the new
/// id alone.
fn number_changed(person: Person, at: Timestamp, to: &str, user_id: Option<&str>) -> Vec<Fact> {
    let to = format!("+{to}");
    let moved = Person {
        wa_id: Some(to.clone()),
        user_id: person.user_id.clone(),
        name: None,
    };
    let number = Fact::NumberChanged { person, at, to };
    let user_id = user_id.map(|user_id| Fact::UserIdChanged {
        person: moved,
        at,
        to: user_id.to_owned(),
    });
    [number].into_iter().chain(user_id).collect()
}

/// Whether the person said it, rather than changed or marked what was said before.
fn is_said(content: &Content) -> bool {
    matches!(
        content,
        Content::Text { .. }
            | Content::Button { .. }
            | Content::ButtonReply { .. }
            | Content::ListReply { .. }
    )
}

/// Returns Meta's word for the kind of message.
fn kind(content: &Content) -> &str {
    match content {
        Content::Text { .. } => "text",
        Content::Button { .. } => "button",
        Content::ButtonReply { .. }
        | Content::ListReply { .. }
        | Content::FlowReply { .. }
        | Content::CallPermission(_) => "interactive",
        Content::Media(media) => &media.kind,
        Content::Location(_) => "location",
        Content::Contacts(_) => "contacts",
        Content::Reaction { .. } => "reaction",
        Content::Order(_) => "order",
        Content::NumberChanged { .. }
        | Content::IdentityChanged(_)
        | Content::UserIdChanged { .. } => SYSTEM,
        Content::Unsupported { .. } => "unsupported",
        Content::Edited { .. } => "edit",
        Content::Revoked { .. } => "revoke",
        Content::Other(word) => word,
    }
}

/// Returns what a button or a row carries, beside its text.
fn payload(content: &Content) -> Option<&str> {
    let id = match content {
        Content::Button { payload, .. } => payload.as_deref()?,
        Content::ButtonReply { id, .. } | Content::ListReply { id, .. } => id,
        _ => return None,
    };
    (!id.is_empty()).then_some(id)
}

fn receipt(status: &Status, account: &str, change: &Change) -> Meaning {
    let reached = match &status.status {
        Delivery::Sent => DeliveryStatus::Sent,
        Delivery::Delivered => DeliveryStatus::Delivered,
        Delivery::Read | Delivery::Played => DeliveryStatus::Read,
        Delivery::Failed => DeliveryStatus::Failed,
        // A word that is new says nothing about where the message is.
        Delivery::Other(_) => return Meaning::Nothing,
    };
    if status.to_group {
        return Meaning::Nothing;
    }
    let error = status.errors.first();
    let failure = (reached == DeliveryStatus::Failed).then(|| Failure {
        code: error.map(|error| error.code),
        reason: error.map_or_else(|| "Meta gives no reason".to_owned(), ToString::to_string),
    });
    let mut facts = vec![Fact::Receipt(Receipt {
        message_id: status.message_id.clone(),
        tag: status.tag.clone(),
        status: reached,
        at: status.at,
        person: Person {
            wa_id: status.recipient_id.clone(),
            user_id: status.recipient_user_id.clone(),
            name: None,
        },
        pricing: status.pricing.as_ref().and_then(|pricing| {
            Some(Pricing {
                category: pricing.category.clone()?,
                billable: pricing.billable,
            })
        }),
        identity_hash: status.identity_hash.clone(),
        failure,
    })];
    facts.extend(error.and_then(|error| events::refusal(account, change, error, status.at)));
    Meaning::Facts(facts)
}

fn preference(preference: &Preference, told: Timestamp) -> Meaning {
    let category = preference.category.as_deref();
    let stop = match &preference.value {
        Choice::Stop => true,
        // Who wants messages of another sort again has not asked for these.
        Choice::Resume | Choice::Signup if category.is_none_or(|word| word == MARKETING) => false,
        Choice::Resume | Choice::Signup | Choice::Other(_) => return Meaning::Nothing,
    };
    Meaning::Facts(vec![Fact::Preference {
        person: Person {
            wa_id: preference.wa_id.clone(),
            user_id: preference.user_id.clone(),
            name: None,
        },
        at: preference.at.unwrap_or(told),
        stop,
        source: "user_preferences".to_owned(),
    }])
}
