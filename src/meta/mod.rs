//! The Graph API: reader, writer, and the classes of its errors.
//!
//! Reading and writing are different types: planning receives a [`GraphRead`] only. Nothing here knows what a
//! declaration is; answers are tolerant of fields and values that Meta adds. Bodies of templates and messages are made
//! by the caller and handed over as JSON.
//!
//! | file | holds |
//! | --- | --- |
//! | `options` | where and how to connect, who is told of waits |
//! | `client`, `call` | one call: address, signature, answer |
//! | `retry`, `usage` | when a call is repeated, when it has to wait |
//! | `classify` | what Meta's codes mean |
//! | `reader`, `paging` | all that is read |
//! | `trace` | what Meta calls our requests |
//! | `writer`, `send`, `upload` | all that is written |
//! | `webhook` | what Meta tells by itself |
//! | `subscriptions` | where webhooks go: read and written |

mod call;
mod classify;
mod client;
mod connection;
mod error;
mod graph_error;
mod lenient;
mod options;
mod paging;
mod reader;
mod retry;
mod send;
mod subscriptions;
pub mod tls;
mod trace;
mod types;
mod upload;
mod usage;
pub mod webhook;
mod writer;

#[cfg(test)]
pub(crate) mod stub;
#[cfg(test)]
mod tests;

pub use classify::{Class, Pace, Phase, Verdict, classify};
pub use connection::Connection;
pub use error::{CODES, Error};
pub use graph_error::GraphError;
pub use options::{API_VERSION, BASE_URL, Event, Observer, Options, Patience};
pub use reader::{GraphRead, GraphReader};
pub use subscriptions::{AppCallback, AppSubscription, Webhooks};
pub use trace::traced;
pub use types::{Account, Number, SendOutcome, Template, TemplatesSummary, TokenInfo};
pub use writer::GraphWriter;
