//! A local WhatsApp Business account with a memory.
//!
//! The sandbox plays Meta's Cloud API and Business Management API over real HTTP on loopback, well enough to develop
//! against and honest enough to test against: templates are reviewed after a delay, limits and budgets are enforced,
//! errors have Meta's shape and codes, statuses move and are told by signed webhooks. Beside the Graph API stands its
//! own, under `/_sandbox`: the clock, the request log, customers who write, faults, changes behind the client's back, and
//! stand-ins for other services (see [`guide`]).
//!
//! It is written from Meta's documentation and shares nothing with the client in [`crate::meta`]: the one must not hide
//! the other's mistakes. It does not play flows, calls, groups, catalogues or payments.

mod admin;
mod clock;
mod core;
mod data;
mod duration;
mod faults;
mod graph;
pub mod guide;
mod http;
mod inbound;
mod lock;
mod media;
mod messages;
mod nodes;
mod options;
mod people;
mod random;
mod running;
mod settings;
mod sinks;
mod subscriptions;
mod templates;
mod ticker;
mod uploads;
mod webhooks;
mod world;

pub use data::Error as DataError;
pub use lock::running;
pub use options::{DEFAULT_NUMBER, DEFAULT_PHONE_ID, DEFAULT_WABA_ID, Identity, Options};
pub use running::{Error, Sandbox};
