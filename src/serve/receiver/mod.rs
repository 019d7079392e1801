//! The HTTP side of `serve`: webhooks at their doors, everything else at the pages.
//!
//! A webhook is answered with 200 when it is kept durably, and not before; what it says is read later, by somebody else. What
//! is not signed by Meta, is no JSON object or is larger than anything that Meta sends is refused and leaves nothing behind.
//! Neither bodies nor numbers nor tokens are logged.
//!
//! | file | holds |
//! | --- | --- |
//! | `listen` | the accept loop: connections, TLS, the end |
//! | `desk` | one request: which door, which answer |
//! | `door` | the doors by path: whose secrets count there |
//! | `body` | reading a body within its limits |
//! | `json` | whether a text is a JSON object |
//! | `refusal` | why a request is refused |
//! | `limits` | how much a peer may take up |
//! | `tls`, `error` | certificates, and what can be wrong with them |
//! | `guarded` | who may see the pages |

mod body;
mod desk;
mod door;
mod error;
mod guarded;
mod json;
mod limits;
mod listen;
mod refusal;
mod tls;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Notify;

use super::health::Pulse;
use super::meters::Meters;
use crate::clock::Clock;
use crate::store::Inbox;

pub use door::Door;
pub use error::Error;
pub use guarded::Guarded;
pub use limits::Limits;
pub use listen::serve;
pub use tls::Tls;

/// What the receiver works with.
pub struct Receiver {
    pub doors: Vec<Door>,
    pub inbox: Arc<dyn Inbox>,
    pub meters: Arc<Meters>,
    /// Told whether the inbox could be written.
    pub pulse: Arc<Pulse>,
    /// Notified of each webhook that was kept.
    pub wake: Arc<Notify>,
    /// Answers at every path that is no door. Each request carries its [`Link`].
    pub pages: axum::Router,
    pub limits: Limits,
    pub clock: Clock,
}

/// The two ends of a request's connection; among the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub peer: SocketAddr,
    pub local: SocketAddr,
}
