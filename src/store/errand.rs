//! Errands: what is to be sent to one place because of what came in. Durable, so that a crash forgets none.
//!
//! A reply is a message to a customer: it is begun before its request leaves, and one that was begun and not settled is
//! uncertain, never repeated. Deliveries to desks and to those who are notified are repeated until they are taken; each
//! carries its key, so that the other side can tell.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Answer;

/// What kind of errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrandKind {
    /// A session message to a customer.
    Reply,
    /// An inbound message to the desk.
    Handoff,
    /// News to whoever is notified.
    Notify,
}

/// An errand to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewErrand {
    pub kind: ErrandKind,
    /// The declared resource: `reply.call_me`.
    pub name: String,
    /// Our number's id at Meta, of a reply.
    pub number: Option<String>,
    /// Unique: a second errand with the same key is the first one.
    pub key: String,
    /// Errands of one kind, name and lane go one after the other. A reply's is its recipient: the number in E.164, or the
    /// business-scoped id.
    pub lane: String,
    pub payload: Value,
    pub due_at: Timestamp,
}

/// A kept errand.
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    pub id: i64,
    pub kind: ErrandKind,
    pub account: String,
    pub name: String,
    pub number: Option<String>,
    pub key: String,
    pub lane: String,
    pub payload: Value,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub tries: u32,
    /// `biz_opaque_callback_data` of a reply.
    pub tag: String,
}

/// What became of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Ran {
    Done { message_id: Option<String> },
    Again { at: Timestamp, reason: String },
    Failed { code: Option<i64>, reason: String },
    Uncertain { reason: String },
}

/// How many errands stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrandCounts {
    pub waiting: u64,
    pub done: u64,
    pub failed: u64,
    pub uncertain: u64,
}

/// The errands that are kept.
pub trait Errands: Send + Sync {
    /// Keeps errands that do not come from a webhook. Returns how many were new.
    fn errand<'a>(
        &'a self,
        account: &'a str,
        errands: Vec<NewErrand>,
        now: Timestamp,
    ) -> Answer<'a, u64>;
    /// Returns what is due, earliest first; of each kind, name and lane the first that is open, alone: while it is under way or
    /// waits for its next try, those behind it wait, too.
    fn errands_due<'a>(
        &'a self,
        kinds: &'a [ErrandKind],
        now: Timestamp,
        limit: usize,
    ) -> Answer<'a, Vec<Errand>>;
    /// Returns when the next of those falls due.
    fn next_errand<'a>(&'a self, kinds: &'a [ErrandKind]) -> Answer<'a, Option<Timestamp>>;
    /// Marks a reply as under way; false where it is not due (any more).
    fn begin_errand(&self, id: i64, now: Timestamp) -> Answer<'_, bool>;
    /// Records what became of an errand. The first answer counts, but an uncertain one takes a later answer; it never falls due
    /// again.
    fn settle_errand(&self, id: i64, now: Timestamp, ran: Ran) -> Answer<'_, ()>;
    /// Makes replies uncertain that were begun and not settled by whoever began them. Returns how many.
    fn recover_errands(&self, now: Timestamp) -> Answer<'_, u64>;
    fn errand_counts(&self, kind: ErrandKind) -> Answer<'_, ErrandCounts>;
}
