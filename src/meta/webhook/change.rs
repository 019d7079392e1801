//! One thing that Meta tells.

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::{
    AccountAlert, AccountReview, AccountUpdate, Capability, Message, NumberName, NumberQuality,
    Preference, Security, Status, TemplateCategory, TemplateComponents, TemplateQuality,
    TemplateStatus, UserAction,
};
use crate::meta::GraphError;

/// One thing that Meta tells: an item of a `messages` value, or the value of another field.
#[derive(Clone, Debug)]
pub struct Change {
    /// The WhatsApp Business account; empty where the entry does not say.
    pub waba_id: String,
    /// The field as Meta calls it; empty where the change does not say.
    pub field: String,
    /// When Meta tells it. Entries of `messages` have no time.
    pub time: Option<Timestamp>,
    /// Our number, where the change belongs to one.
    pub phone_number_id: Option<String>,
    /// Digits without a plus sign.
    pub display_phone_number: Option<String>,
    pub event: Event,
    /// What `event` was read from: the item, the value, or the whole entry where nothing nearer could be read. Halves of
    /// characters are replacement characters in it.
    pub raw: Box<RawValue>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Status(Box<Status>),
    Message(Box<Message>),
    Preference(Preference),
    UserAction(UserAction),
    /// Something went wrong with the number or the account, outside of any message (`value.errors`).
    Error(Box<GraphError>),
    TemplateStatus(TemplateStatus),
    TemplateQuality(TemplateQuality),
    TemplateCategory(TemplateCategory),
    TemplateComponents(TemplateComponents),
    NumberQuality(NumberQuality),
    NumberName(NumberName),
    AccountUpdate(AccountUpdate),
    AccountReview(AccountReview),
    AccountAlert(AccountAlert),
    Capability(Capability),
    Security(Security),
    /// A field, or a `messages` value, that holds nothing that is known here.
    Unknown,
    /// A known thing without the part that makes sense of it.
    Unreadable {
        reason: String,
    },
}
