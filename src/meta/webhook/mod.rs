//! What Meta tells by webhook, read into types.
//!
//! A body is checked ([`signature`]) and read ([`parse`]) into a flat list of [`Change`]s, one for each status, message,
//! preference or other event, in Meta's order. Meta repeats and reorders webhooks, and batches up to 1,000 changes (3 MB)
//! in a body; telling repetitions apart and applying statuses by rank is the work of whoever takes the changes.
//!
//! Reading is tolerant: words that are new are kept as text, numbers come as texts and texts as numbers, all that a change
//! can be understood without may be missing. What cannot be read at all is an [`Event::Unreadable`], a field that is new an
//! [`Event::Unknown`]; the JSON is kept with each, and nothing else of the body is lost with them.
//!
//! Source: the `messages` webhook reference and its siblings (developers.facebook.com/documentation/business-messaging/
//! whatsapp/webhooks/reference), with the public client pywa 4.4.0 where Meta's pages are silent; state of September 2026.
//!
//! | file | holds |
//! | --- | --- |
//! | `signature`, `handshake` | whether Meta speaks |
//! | `envelope`, `guard` | from a body to its changes |
//! | `change` | a change, and the kinds of events |
//! | `conversation`, `person` | the lists of a `messages` value, and who is meant in them |
//! | `status`, `message`, `content`, `interactive`, `system`, `preference` | what one item of those lists says |
//! | `template`, `number`, `account` | the other fields |
//! | `wire` | JSON whose forms Meta does not keep |

mod account;
mod change;
mod content;
mod conversation;
mod envelope;
mod guard;
pub mod handshake;
mod interactive;
mod message;
mod number;
mod person;
mod preference;
pub mod signature;
mod status;
mod system;
mod template;
mod wire;

#[cfg(test)]
mod tests;

pub use account::{
    AccountAlert, AccountReview, AccountUpdate, Ban, Capability, Restriction, Security,
};
pub use change::{Change, Event};
pub use content::{Content, Location, Media, Order, OrderItem};
pub use envelope::{NotAWebhook, parse, parse_bytes};
pub use interactive::CallPermission;
pub use message::Message;
pub use number::{NumberName, NumberQuality};
pub use preference::{Choice, Preference, UserAction};
pub use status::{Conversation, Delivery, Pricing, Status};
pub use system::Identity;
pub use template::{
    OtherInfo, Rejection, TemplateButton, TemplateCategory, TemplateComponents, TemplateKey,
    TemplateQuality, TemplateStatus,
};
