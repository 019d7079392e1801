//! The words of the ledger: campaigns, contacts, attempts.

use std::collections::BTreeMap;
use std::fmt;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::contact::CampaignAnswer;
use super::halt::Halt;
use super::{Lease, Result, Sketch};

/// Which ledger this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerInfo {
    /// 32 hexadecimal digits, made when the ledger was; part of every attempt's id.
    pub id: String,
    pub created_at: Option<Timestamp>,
    /// When a person allowed it to send, or when it first sent from a terminal.
    pub confirmed_at: Option<Timestamp>,
}

impl LedgerInfo {
    /// Tells whether this stands for a ledger that does not exist.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.id.bytes().all(|digit| digit == b'0')
    }
}

/// What a campaign's declaration wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    Running,
    Paused,
    Stopped,
}

/// A campaign that was launched.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignRecord {
    pub account: String,
    pub name: String,
    /// Canonical, for the diff.
    pub declaration: Value,
    pub state: CampaignState,
    pub first_applied_at: Timestamp,
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    /// Seconds after which an unanswered contact is closed.
    pub response_timeout: SignedDuration,
    pub max_attempts: u32,
}

/// Where a contact of a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    Fresh,
    RetryDue,
    /// Claimed or in flight: the request may be under way.
    InFlight,
    Uncertain,
    AwaitingResponse,
    Closed,
    /// Another campaign's interaction with the contact is open; fresh again, or due for its retry, when that has ended.
    WaitingLock,
}

/// Why a contact is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered,
    NoAnswer,
    Failed,
    FellBack,
    Skipped,
    Expired,
    Stopped,
    Uncertain,
}

impl Outcome {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
            Self::FellBack => "fell_back",
            Self::Skipped => "skipped",
            Self::Expired => "expired",
            Self::Stopped => "stopped",
            Self::Uncertain => "uncertain",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One contact as the lists give it, ready to be sent to or with the reason why not.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// E.164 with the plus.
    pub phone: String,
    /// The template language to send in.
    pub language: String,
    /// The IANA zones that the contact may be in, sorted; empty where unknown.
    pub zones: Vec<String>,
    /// The message's variable parts: canonical JSON, ready for the request; `null` where nothing is sent.
    pub variables: String,
    /// The region whose number it is (`EE`), where libphonenumber knows one.
    pub country: Option<String>,
    /// The proof of consent, as the list gives it.
    pub opt_in: Option<String>,
    /// A code (`no_opt_in`) where this contact must not be messaged.
    pub skip: Option<String>,
    /// Where it was read: list and line.
    pub list: String,
    pub line: u64,
}

/// An audience that is being gathered. Of two members with one number the first counts.
pub trait Audience: Send {
    fn add(&mut self, members: Vec<Member>) -> BoxFuture<'_, Result<()>>;
    /// Compares what was gathered with the hopper, without changing either.
    fn compare<'a>(
        &'a mut self,
        now: Timestamp,
        gaps: &'a Gaps,
    ) -> BoxFuture<'a, Result<Comparison>>;
    /// Returns a sketch of what was gathered; none without a ledger.
    fn sketch(&self) -> Option<Sketch>;
    /// Brings the hopper up to date in one transaction: new contacts come in as fresh, those gone and never
    /// messaged are taken out, skips are reckoned anew, values not yet sent are refreshed. `lock` is the id of the state
    /// lock; [`super::Error::Fenced`] when it is no longer held.
    fn commit(self: Box<Self>, lock: &str, now: Timestamp) -> BoxFuture<'static, Result<()>>;
}

/// Least times between templates to one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// The template that would be sent.
    pub template: String,
    /// Between two of the same template.
    pub repeat_template: SignedDuration,
    /// Between any two templates.
    pub min_gap: SignedDuration,
}

/// How a gathered audience relates to the hopper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// All members that were gathered, duplicates counted once.
    pub members: u64,
    pub duplicates: u64,
    /// Not in the hopper yet, or skipped before and not any more.
    pub new: u64,
    /// In the hopper and due now: fresh ones, and retries whose time has come.
    pub due: u64,
    /// Sent and not closed, or a retry whose time has not come.
    pub waiting: u64,
    pub closed: u64,
    pub uncertain: u64,
    /// In the hopper, never messaged, and no longer on the lists.
    pub removed: u64,
    /// No longer on the lists, but messaged before, and due to be tried again now; not among `members`.
    #[serde(default)]
    pub unlisted: u64,
    /// By reason; not counted among the others.
    pub skipped: BTreeMap<String, u64>,
    /// Of `new`, `due` and `unlisted`: held back by a gap until later.
    pub held_by_gap: u64,
    /// Of `new`, `due` and `unlisted` less `held_by_gap`: how many for each set of zones (comma-separated; empty for unknown).
    pub by_zones: BTreeMap<String, u64>,
    /// Of `new`, `due` and `unlisted`: how many for each region (`EE`; empty for unknown).
    #[serde(default)]
    pub by_country: BTreeMap<String, u64>,
    /// Of `by_zones`: recipients that no campaign of the account messaged within the last 24 hours.
    pub not_messaged_today: u64,
    /// Independent of order: contacts and their values.
    pub digest: String,
}

/// The five counters; total = fresh + retry + pending + closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hopper {
    pub total: u64,
    pub fresh: u64,
    pub retry: u64,
    pub pending: u64,
    pub closed: u64,
}

/// Each contact once, at the highest status of its latest attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    pub accepted: u64,
    pub sent: u64,
    pub delivered: u64,
    pub read: u64,
    pub failed: u64,
}

/// Where a campaign stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub hopper: Hopper,
    pub delivery: Delivery,
    /// Closed contacts by outcome.
    pub outcome: BTreeMap<String, u64>,
    /// Skipped contacts by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Open contacts whose send may or may not have happened.
    pub uncertain: u64,
    /// Fresh and retry contacts that are due at the time asked for.
    pub due: u64,
    /// When the next fresh or retry contact that is not due falls due.
    pub next_due: Option<Timestamp>,
}

/// A contact that could be claimed.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub phone: String,
    pub zones: Vec<String>,
    /// The number of the attempt that a claim would make, from one.
    pub attempt: u32,
    /// When this account last sent this contact the claim's template, from any campaign; failed sends do not count.
    pub last_same_template: Option<Timestamp>,
    /// When this account last sent this contact any template; failed sends do not count.
    pub last_any_template: Option<Timestamp>,
    /// Set when a suppression has come in since the audience was gathered.
    pub suppressed: bool,
    /// Set while the person behind the number may be another.
    pub held: bool,
}

/// What is to become of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Claim,
    /// Not now: looked at again at this time.
    Postpone(Timestamp),
    Skip(String),
    /// Leave it as it is and look at the next.
    Pass,
}

/// A wish to claim a batch. Candidates are looked at in the order of their due times; the claim ends when `max` are
/// claimed or nothing more is due.
pub struct ClaimRequest {
    pub account: String,
    pub campaign: String,
    pub template: String,
    pub now: Timestamp,
    pub max: usize,
    pub worker: String,
    /// Checked in the same transaction; [`super::Error::Fenced`] when it is no longer ours.
    pub lease: Lease,
    /// Called once a candidate, inside the transaction.
    pub decide: Box<dyn FnMut(&Candidate) -> Verdict + Send>,
}

impl fmt::Debug for ClaimRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimRequest")
            .field("campaign", &self.campaign)
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}

/// One contact that is ours to message, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Hash of ledger, campaign, contact, step and attempt number.
    pub attempt_id: String,
    /// `biz_opaque_callback_data`: names ledger and attempt, so that a status finds both.
    pub tag: String,
    pub phone: String,
    pub language: String,
    pub variables: Value,
    /// The attempt's number, which only grows.
    pub attempt: u32,
    /// How many attempts count with this one; those that were released do not.
    pub counted: u32,
}

/// What a claim brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claimed {
    pub claims: Vec<Claim>,
    pub postponed: u64,
    pub skipped: u64,
    /// Fewer came than were asked for, and yet not everybody who is due was looked at: ask again.
    pub unfinished: bool,
    /// When the next contact falls due, where nothing more is due now.
    pub next_due: Option<Timestamp>,
    /// Nothing was claimed, since this holds: the widest.
    pub halted: Option<Halt>,
    /// Contacts that wait for another campaign's interaction to end.
    pub locked: u64,
}

/// What became of one claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    pub attempt_id: String,
    pub at: Timestamp,
    pub result: Settled,
}

/// The results that a claim can have.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    Accepted {
        message_id: String,
        wa_id: Option<String>,
        message_status: Option<String>,
    },
    /// Refused; `retry_at` where it is to be tried again, else the contact is closed as failed.
    Failed {
        code: Option<i64>,
        reason: String,
        retry_at: Option<Timestamp>,
        suppress: bool,
    },
    /// The request never left, or Meta only asked for patience: the attempt does not count and its number is used again
    /// by none; the contact is due again at this time.
    Released {
        reason: String,
        due_at: Timestamp,
    },
    Uncertain {
        reason: String,
    },
}

impl Settled {
    /// Tells whether the contact is to be claimed again.
    #[must_use]
    pub fn is_due_again(&self) -> bool {
        match self {
            Self::Failed { retry_at, .. } => retry_at.is_some(),
            Self::Released { .. } => true,
            Self::Accepted { .. } | Self::Uncertain { .. } => false,
        }
    }
}

/// Which rows of a campaign's history.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    pub account: String,
    pub campaign: String,
    /// These states alone, where any is named; shown names: `pending`, `retry` and the like are several.
    pub states: Vec<ContactState>,
    pub outcomes: Vec<Outcome>,
    pub codes: Vec<i64>,
    /// How many rows at most; all where there is none.
    pub limit: Option<u64>,
}

/// Rows as they are read, a batch at a time and none of them empty. Dropping it ends the reading.
pub type HistoryRows = BoxStream<'static, Result<Vec<HistoryRow>>>;

/// One contact of a campaign with its latest attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    pub phone: String,
    pub state: ContactState,
    pub outcome: Option<Outcome>,
    /// Meta's delivery status, or `failed`, `uncertain`, `in_flight`; none where nothing was sent.
    pub status: Option<String>,
    /// The time that Meta gave of the latest status; before there is one, when the attempt was made.
    pub at: Option<Timestamp>,
    /// Attempts that count, of all rounds.
    pub attempts: u32,
    pub message_id: Option<String>,
    pub code: Option<i64>,
    /// Reason of a failure, of a skip, of a doubt.
    pub reason: Option<String>,
    pub due_at: Option<Timestamp>,
    pub list: String,
    pub line: u64,
    /// Who made the latest attempt.
    pub worker: Option<String>,
    pub answer: Option<CampaignAnswer>,
}
