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
pub mod drift;
pub mod fingerprint;
mod found;
mod guards;
mod lock;
mod outputs;
pub mod plan;
mod plan_id;
mod planner;
mod refresh;
mod repair;
pub mod saved;

pub use guards::{CostLimit, CountLimit, Hours, Limits, NAMES as GUARDS, NewLedger};
pub use lock::{Holder, StateLock, Waiting};
pub use outputs::outputs;
pub use plan_id::is_id;
pub use planner::{Connection, Connections, Error, Options, Prepared, check_state, plan};
pub use refresh::Snapshot;
pub use repair::{Repair, repair};
