//! Who watches a dispatch: progress for people, fail points for crash tests.

use std::time::Duration;

use jiff::Timestamp;

use super::Halt;

/// A refusal after which the next request would be refused too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Our number's id at Meta.
    pub number: String,
    pub campaign: String,
    /// The template's name at Meta.
    pub template: String,
    pub language: String,
    /// Its cause says what is refused: the template, the number or the account.
    pub halt: Halt,
}

/// How far a dispatch is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Recorded as accepted.
    pub accepted: u64,
    /// Recorded as failed for good.
    pub failed: u64,
    /// Requests under way.
    pub in_flight: usize,
    /// The most messages a second that are sent now.
    pub rate: f64,
    /// Contacts that were due at the start and have not been dealt with.
    pub remaining: u64,
}

/// The places at which a crash is interesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failpoint {
    /// Claims are committed; no request has started.
    AfterClaim,
    /// The next thing is a request.
    BeforeSend,
    /// An answer is there; it is not recorded.
    AfterSendBeforeSettle,
    /// Results are committed.
    AfterSettle,
}

/// Is told what happens, from the task that sends: it must not wait. Everything may be ignored.
pub trait Observer: Send + Sync {
    fn progress(&self, progress: &Progress) {
        let _ = progress;
    }
    /// Meta asked for patience: the rate is now `rate` messages a second, after a pause.
    fn throttled(&self, rate: f64, pause: Duration, reason: &str) {
        let _ = (rate, pause, reason);
    }
    /// A campaign, or with none the whole number, stopped before its end.
    fn halted(&self, campaign: Option<&str>, halt: &Halt) {
        let _ = (campaign, halt);
    }
    /// Meta refused in a way that holds beyond this run.
    fn refused(&self, refusal: &Refusal) {
        let _ = refusal;
    }
    /// Nothing can be sent before `until`, which is waited for.
    fn waiting(&self, until: Timestamp) {
        let _ = until;
    }
    /// A point is reached at which a test may end the process.
    fn reached(&self, point: Failpoint) {
        let _ = point;
    }
}

/// Ignores everything.
impl Observer for () {}
