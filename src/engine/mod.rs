//! Refresh, diff, plan and apply, for every kind of resource alike.
//!
//! ```text
//! desired ─┐
//! live    ─┼─ diff ─▶ plan ─▶ apply
//! last    ─┘
//! ```
//!
//! No kind is named here: the engine works through [`crate::resource::Reconciler`]. Planning is handed readers only.

pub mod apply;
pub mod diff;
pub mod fingerprint;
mod guards;
mod lock;
pub mod plan;
mod planner;
mod refresh;

pub use guards::{Limits, NAMES as GUARDS, NewLedger};
pub use lock::{Holder, StateLock};
pub use planner::{Connection, Connections, Error, Options, Prepared, plan};
pub use refresh::Snapshot;
