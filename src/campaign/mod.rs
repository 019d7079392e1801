//! Audience, hopper and dispatch: who is messaged, when, and at most once.

pub mod audience;
mod composed;
pub mod consent;
pub mod contacts;
pub mod dispatch;
mod error;
mod forecast;
pub mod halting;
pub mod judgement;
pub mod limits;
pub mod message;
pub mod news;
mod number;
pub mod pacer;
mod prepare;
pub mod quiet_hours;
mod ready;
mod recontact;
mod refusals;
pub mod retry;
mod send;
mod sent_values;
pub mod skip;
pub mod suppression;
#[cfg(test)]
pub(crate) mod testing;
mod uploads;
pub mod values;
pub mod zones;

pub use audience::Progress;
pub use dispatch::Identity;
pub use error::Error;
pub use forecast::Send;
pub use message::Message;
pub use prepare::{Prepared, check_sources, prepare};
pub use ready::{Ready, Unready, resume};
pub use recontact::{Recontact, recontact};
pub use send::{SERVE, Sending, Sent, send, send_due, sender};
pub use sent_values::sent_values;
pub use uploads::Uploads;
