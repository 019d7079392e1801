//! Audience, hopper and dispatch: who is messaged, when, and at most once.

pub mod audience;
mod composed;
pub mod consent;
pub mod contacts;
pub mod dispatch;
mod error;
mod forecast;
pub mod limits;
pub mod message;
mod number;
pub mod pacer;
mod prepare;
pub mod quiet_hours;
pub mod retry;
mod send;
pub mod skip;
pub mod suppression;
pub mod values;
pub mod zones;

pub use audience::Progress;
pub use dispatch::Identity;
pub use error::Error;
pub use forecast::Send;
pub use message::Message;
pub use prepare::{Prepared, check_sources, prepare};
pub use send::{Sending, Sent, send};
