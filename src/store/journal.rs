//! The words of the journal: who ran what, each change that it made, and what became of it.
//!
//! The journal only grows: an entry is never changed and never deleted, by the engine's own rules and not by good will. It
//! holds no secret and nothing of a contact; who was messaged stands in the ledger.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Answer;

/// A run that begins: a command that changes something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunStart {
    /// `waform apply`.
    pub command: String,
    /// `user@host`.
    pub who: String,
    pub host: String,
    pub process: u32,
    /// Where a run in CI can be looked at.
    pub run_address: Option<String>,
    /// Of the program.
    pub version: String,
}

/// A run as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// 16 hexadecimal digits.
    pub id: String,
    /// Grows with every run of this state.
    pub number: i64,
    pub command: String,
    pub who: String,
    pub host: String,
    pub process: u32,
    pub run_address: Option<String>,
    /// Of the plan, where the configuration has several.
    pub environment: Option<String>,
    pub version: String,
    /// The id of the plan that it carried out.
    pub plan: Option<String>,
    pub started: Timestamp,
    /// None while it runs, and for ever where it was killed.
    pub ended: Option<Timestamp>,
    /// How it ended, in the words of exit codes: `done`, `pending`, `partial`.
    pub outcome: Option<String>,
}

/// How far the action of an entry came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// About to be asked of Meta. Where no later entry answers it, what became of it is not known.
    Begun,
    #[default]
    Done,
    Failed,
}

/// One line of the journal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The id of its run.
    pub run: String,
    pub at: Timestamp,
    pub stage: Stage,
    /// The entry whose action this one ends.
    pub ends: Option<i64>,
    /// `create`, `update`, `delete`, `send`, `stop`, `state mv`.
    pub action: String,
    /// The address that it was done to: `template.order_update["en_US"]`.
    pub address: Option<String>,
    /// The live object's id.
    pub object: Option<String>,
    /// What Meta calls the requests that it took.
    pub requests: Vec<String>,
    /// Digest of the content before.
    pub before: Option<String>,
    /// Digest of the content after.
    pub after: Option<String>,
    /// The code of an error.
    pub code: Option<String>,
    /// A sentence: the reason of a failure, what was confirmed, why the brake was pulled.
    pub text: Option<String>,
    /// What else is worth knowing, as JSON: how many contacts were sent to.
    pub detail: Value,
}

/// An entry with its number in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub id: i64,
    pub note: Note,
}

/// Which runs.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// The run whose id begins with this.
    pub id: Option<String>,
    /// Those alone that did something to such an address; `*` stands for anything, and a block for all that it declares.
    pub address: Option<String>,
    /// Those that had not ended before this.
    pub since: Option<Timestamp>,
    /// Those alone that came before this number.
    pub before: Option<i64>,
    /// The latest so many.
    pub limit: usize,
}

/// Who did what.
pub trait Journal: Send + Sync {
    /// Records that a run begins and returns its id.
    fn begin_run<'a>(&'a self, start: &'a RunStart, now: Timestamp) -> Answer<'a, String>;
    /// Records which plan a run carries out, and for which environment where there are several; the first one counts.
    fn plan_of_run<'a>(
        &'a self,
        run: &'a str,
        plan: &'a str,
        environment: Option<&'a str>,
    ) -> Answer<'a, ()>;
    /// Records how a run ended. What has ended has ended: a second end is refused.
    fn end_run<'a>(&'a self, run: &'a str, outcome: &'a str, now: Timestamp) -> Answer<'a, ()>;
    /// Adds an entry and returns its number. Changes that the state remembers are recorded together with that: see
    /// [`Store::remember`](super::Store::remember).
    fn note<'a>(&'a self, entry: &'a Note) -> Answer<'a, i64>;
    /// Returns runs, latest first.
    fn runs<'a>(&'a self, filter: &'a RunFilter) -> Answer<'a, Vec<RunRecord>>;
    /// Returns the entries of a run in their order, of such an address alone where one is given; see [`RunFilter::address`].
    fn entries<'a>(&'a self, run: &'a str, address: Option<&'a str>) -> Answer<'a, Vec<Kept>>;
}
