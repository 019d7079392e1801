//! State and ledger: what waform last applied, and every contact of every campaign.
//!
//! The rest of the program knows the [`Store`] trait, in the words of the domain; how a row looks is known to the
//! engines alone (SQLite for now). Every call that changes anything is one durable transaction: when it has
//! returned, a crash does not undo it; when it has not, nothing of it has happened.
//!
//! Times come from the caller, whose clock may be the sandbox's.

mod contact;
mod errand;
mod halt;
mod journal;
mod ledger;
mod lock;
mod plans;
mod receiving;
mod sketch;
pub mod sqlite;
mod state;
mod upkeep;

#[cfg(test)]
mod conformance;

pub use contact::{
    AnswerKind, CampaignAnswer, CampaignEntry, ContactFile, Contacts, Entry, Held,
    InteractionFilter, InteractionRow, Pricing, RECEIVER_SILENCE, RecontactRequest, RetryOf,
    SERVICE_WINDOW, Suppressed, Suspect, Window,
};
pub use errand::{Errand, ErrandCounts, ErrandKind, Errands, NewErrand, Ran};
pub use halt::{Halt, HaltCause, Halts, Happening, HappeningFilter, Scope};
pub use journal::{Journal, Kept, Note, RunFilter, RunRecord, RunStart, Stage};
pub use ledger::{
    Audience, CampaignRecord, CampaignState, Candidate, Claim, ClaimRequest, Claimed, Comparison,
    ContactState, Delivery, Gaps, HistoryFilter, HistoryRow, HistoryRows, Hopper, LedgerInfo,
    Member, Outcome, Settled, Settlement, Standing, Verdict,
};
pub use lock::{Lease, LockInfo, LockRequest};
pub use plans::{Plans, UsedPlan};
pub use receiving::{
    Circumstances, Clerk, Conversation, Dead, DeadLetter, DeliveryStatus, Events, Fact, Failure,
    Inbound, Inbox, Intake, Interaction, Lift, Person, Reading, Receipt, TakenIn, Unread,
};
pub use sketch::{Difference, Sketch, Told};
pub use state::{Applied, RightUsed};
pub use upkeep::{Broken, OpenClaims, Renaming, Upkeep};

use std::collections::BTreeMap;
use std::path::PathBuf;

use futures::future::BoxFuture;
use jiff::Timestamp;

/// What can go wrong with the state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the state is locked by {0}")]
    Locked(Box<LockInfo>),
    /// Somebody else took the lock or the lease over; nothing was written.
    #[error("the lock on the state was lost to {holder}")]
    Fenced { holder: String },
    #[error("{path} was written by a newer version (format {found}; this one knows {known})")]
    Newer {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error("{path} is not a waform state")]
    Foreign { path: PathBuf },
    /// It was a state; something else wrote to it, or the disk lost a part of it.
    #[error("{path} is damaged: {reason}")]
    Damaged { path: PathBuf, reason: String },
    #[error("no space left on the device that holds {path}")]
    Full { path: PathBuf },
    #[error("{path} was opened to be read only")]
    ReadOnly { path: PathBuf },
    #[error("{path}: {reason}")]
    Io { path: PathBuf, reason: String },
    #[error("{0}")]
    Invalid(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
type Answer<'a, T> = BoxFuture<'a, Result<T>>;

/// All that one database keeps.
pub trait Database:
    Store + Halts + Inbox + Events + Errands + Contacts + Journal + Plans + Upkeep
{
}

impl<T: Store + Halts + Inbox + Events + Errands + Contacts + Journal + Plans + Upkeep> Database
    for T
{
}

/// State and ledger, whatever engine keeps them.
pub trait Store: Send + Sync {
    /// Returns who this ledger is. A store that does not exist yet answers with an id of zeros and no dates.
    fn ledger(&self) -> Answer<'_, LedgerInfo>;
    /// Records that a person allowed this new ledger to send.
    fn confirm_ledger(&self, now: Timestamp) -> Answer<'_, ()>;
    /// Moves the latest time seen forward and returns what it was (1970 where none was): a clock far behind it is wrong.
    fn see_time(&self, now: Timestamp) -> Answer<'_, Timestamp>;

    // What was last applied.
    fn applied(&self) -> Answer<'_, Vec<Applied>>;
    /// Records one change and the rights it used up, together. As with every call that reconciles, `lock` is the id of
    /// the state lock, and the call fails with [`Error::Fenced`] when that lock is no longer held. The change and its entry
    /// in the journal are recorded together or not at all.
    fn remember<'a>(
        &'a self,
        lock: &'a str,
        applied: &'a Applied,
        rights: &'a [RightUsed],
        entry: Option<&'a Note>,
    ) -> Answer<'a, ()>;
    /// Drops the memory of one object, recording the rights that its deletion used up, and the entry in the journal.
    fn forget<'a>(
        &'a self,
        lock: &'a str,
        kind: &'a str,
        account: &'a str,
        key: &'a str,
        rights: &'a [RightUsed],
        entry: Option<&'a Note>,
    ) -> Answer<'a, ()>;
    /// Returns the rights used since `since`, oldest first.
    fn rights_used(&self, since: Timestamp) -> Answer<'_, Vec<RightUsed>>;

    /// Returns which account at Meta each declared account is, by name, as far as this state was ever applied to one.
    fn bindings(&self) -> Answer<'_, BTreeMap<String, String>>;
    /// Records which account at Meta a declared account is; the first record stays.
    fn bind<'a>(&'a self, lock: &'a str, account: &'a str, waba_id: &'a str) -> Answer<'a, ()>;

    // The lock on reconciling and the leases on numbers.
    /// Takes the state lock, or fails with [`Error::Locked`] naming who has it. A lock whose lease has run out, or whose
    /// holder on this machine is dead, is taken over.
    fn lock<'a>(&'a self, request: &'a LockRequest) -> Answer<'a, LockInfo>;
    /// Prolongs the lock; [`Error::Fenced`] when it was taken over.
    fn renew_lock<'a>(&'a self, id: &'a str, now: Timestamp, until: Timestamp) -> Answer<'a, ()>;
    fn unlock<'a>(&'a self, id: &'a str) -> Answer<'a, ()>;
    /// Returns who holds the state lock, also where its lease has run out.
    fn lock_holder(&self) -> Answer<'_, Option<LockInfo>>;
    /// Takes or prolongs the lease on a number's sending; [`Error::Locked`] while another holder's runs. The fence grows
    /// with every new holder.
    fn lease<'a>(&'a self, number: &'a str, holder: &'a LockRequest) -> Answer<'a, Lease>;
    fn release_lease<'a>(&'a self, lease: &'a Lease) -> Answer<'a, ()>;

    // Campaigns.
    fn campaigns(&self) -> Answer<'_, Vec<CampaignRecord>>;
    /// Records a campaign's declaration; its first call launches it. `first_applied_at` and `starts_at` of a known campaign
    /// stay unless `start` in its declaration changed; where `starts_at` stays, `ends_at` is moved with it.
    fn declare<'a>(&'a self, lock: &'a str, campaign: &'a CampaignRecord) -> Answer<'a, ()>;

    // Audience and hopper.
    /// Opens a private place where an audience is gathered; the ledger is only read until [`Audience::commit`].
    fn audience<'a>(&'a self, account: &'a str, campaign: &'a str)
    -> Answer<'a, Box<dyn Audience>>;
    fn standing<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Standing>;
    /// Returns when the earliest of a campaign's fresh and retry contacts falls due, or fell due; none where nobody does.
    fn next_due<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Option<Timestamp>>;
    /// Returns how many different contacts an account's campaigns messaged since `since` (claims count).
    fn recipients_since<'a>(&'a self, account: &'a str, since: Timestamp) -> Answer<'a, u64>;

    // Sending.
    /// Claims what is due, in one transaction: see [`ClaimRequest`].
    fn claim(&self, request: ClaimRequest) -> Answer<'_, Claimed>;
    /// Records what became of claims. The first answer counts: what is settled already stays as it is, but an
    /// uncertain attempt takes a later answer.
    fn settle(&self, settlements: Vec<Settlement>) -> Answer<'_, ()>;
    /// Makes claims without a living owner `uncertain`: those that an earlier holder of this lease made and did not
    /// settle. Returns how many.
    fn recover<'a>(&'a self, lease: &'a Lease, now: Timestamp) -> Answer<'a, u64>;
    /// Closes what time has closed: responses that did not come, campaigns that ended. Returns how many contacts.
    fn expire<'a>(&'a self, account: &'a str, campaign: &'a str, now: Timestamp)
    -> Answer<'a, u64>;
    /// Returns a campaign's contacts with their latest attempt, in the order of the time it was made; who was never
    /// messaged comes last. All rows are of one moment: that at which the first was asked for.
    fn history(&self, filter: &HistoryFilter) -> HistoryRows;
}
