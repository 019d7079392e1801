//! From lists to members: who a campaign is sent to, with what, and who is left out and why.
//!
//! [`Brief`] is what the configuration says of it; [`gather`] reads the lists in one pass, a batch at a time, and hands the
//! members to the store, which knows duplicates and the past. Nothing is sent and nothing is decided here about when: only a
//! contact that can never be messaged inside its quiet hours is skipped.

mod brief;
mod gather;
mod member;
mod sources;
#[cfg(test)]
mod tests;

pub use brief::Brief;
pub use gather::{Error, Gathered, Progress, RowErrors, gather};
