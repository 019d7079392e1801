//! What stops sending until somebody, or Meta, lifts it; and what has happened.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Answer;

/// What a halt covers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The subject is the account.
    Account,
    /// The subject is the number's id at Meta.
    Number,
    /// The subject is `name/language`, as at Meta.
    Template,
    Campaign,
}

/// Why sending is halted, and so what ends it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HaltCause {
    /// A person pulled the brake; `waform resume` ends it.
    Stopped,
    /// A status came of a message that this ledger should know and does not: it is an older copy. `waform resume` ends it.
    Restored,
    /// A start came later than the campaign allows. `waform resume` ends it.
    Late,
    /// Meta said so by webhook (a template paused, a number restricted); Meta or `waform resume` ends it.
    Meta,
    /// Meta refused a request in a way that the next one would be refused too. The next apply, or `waform resume`, ends it.
    Refused,
    /// More of a campaign's sends failed than the guard allows. `waform resume` ends it.
    Failures,
}

impl HaltCause {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Restored => "restored",
            Self::Late => "late",
            Self::Meta => "meta",
            Self::Refused => "refused",
            Self::Failures => "failures",
        }
    }
}

impl fmt::Display for HaltCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A halt; one a scope, subject and cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Halt {
    pub account: String,
    pub scope: Scope,
    pub subject: String,
    pub cause: HaltCause,
    /// Meta's error code, where there is one.
    pub code: Option<i64>,
    pub reason: String,
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Who did it: `ana@desk by apply`, `serve`, `Meta`.
    pub actor: String,
}

/// Something that happened to a template, a number, an account, a campaign or a contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happening {
    pub at: Timestamp,
    pub actor: String,
    pub account: String,
    /// An address or a name that a person reads: `template order_update/en_US`, `campaign.spring`, `+37255501234`.
    pub subject: String,
    /// What: `template.paused`, `number.quality`, `campaign.stopped`, `contact.suppressed`.
    pub what: String,
    /// A sentence.
    pub text: String,
    pub detail: Value,
}

/// Which happenings.
#[derive(Clone, Debug, Default)]
pub struct HappeningFilter {
    pub account: Option<String>,
    pub subject: Option<String>,
    /// The first part of what: `template`.
    pub area: Option<String>,
    pub since: Option<Timestamp>,
    /// The latest so many.
    pub limit: usize,
}

/// Halts and what happened.
pub trait Halts: Send + Sync {
    /// Returns the halts that hold now, of one account or of all, widest scope first.
    fn halts<'a>(&'a self, account: Option<&'a str>, now: Timestamp) -> Answer<'a, Vec<Halt>>;
    /// Halts; what is halted for this cause already stays as it is (false), but for a later `until`. A new halt is recorded as a
    /// happening.
    fn halt<'a>(&'a self, halt: &'a Halt) -> Answer<'a, bool>;
    /// Lifts the halts of these causes that hold. Each is recorded as a happening. Returns what was lifted.
    fn lift<'a>(
        &'a self,
        account: &'a str,
        scope: Scope,
        subject: &'a str,
        causes: &'a [HaltCause],
        actor: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Vec<Halt>>;
    fn record<'a>(&'a self, happening: &'a Happening) -> Answer<'a, ()>;
    /// Returns what happened, latest first.
    fn happenings<'a>(&'a self, filter: &'a HappeningFilter) -> Answer<'a, Vec<Happening>>;
}
