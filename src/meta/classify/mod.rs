//! The one classifier of Meta's error codes, for answers and for `failed` statuses alike.
//!
//! The tables are the fact sheet's: Meta's error page (support/error-codes, copies of November 2025 and September
//! 2026), with the public client pywa 4.4.0 and the generic Graph codes where that page is silent. What a caller does
//! with a class is not decided here.

mod class;
mod graph;
mod lookup;
mod management;
mod messages;
mod row;
#[cfg(test)]
mod tests;

pub use class::{Class, Pace, Phase, Verdict};
pub use lookup::classify;

/// Stands where an answer had no code: something in front of the Graph API answered.
pub(super) const NO_CODE: i64 = -1;
