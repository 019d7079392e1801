//! One person: what was sent to them, what they said, what holds.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Answer;
use super::ledger::{Candidate, Claim, ContactState, Outcome, Verdict};
use super::lock::Lease;

/// How Meta charged a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    pub category: String,
    pub billable: Option<bool>,
}

/// Everything between us and one person, of one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactFile {
    pub account: String,
    pub phone: Option<String>,
    pub wa_id: Option<String>,
    pub user_id: Option<String>,
    pub suppressed: Option<Suppressed>,
    pub held: Option<Held>,
    pub suspect: Option<Suspect>,
    pub windows: Vec<Window>,
    pub campaigns: Vec<CampaignEntry>,
    /// Oldest first.
    pub timeline: Vec<Entry>,
}

/// Why and since when somebody is not messaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    pub at: Timestamp,
    pub reason: String,
    pub actor: String,
}

/// A contact whose identity has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub at: Timestamp,
    pub reason: String,
}

/// A number that WhatsApp could not reach (131026): not proof that it has no WhatsApp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    pub phone: String,
    pub code: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub times: u64,
}

/// The service window between a number of ours and a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Our number's id at Meta.
    pub number: String,
    pub last_inbound_at: Timestamp,
    /// 24 hours later.
    pub until: Timestamp,
}

/// Where a person stands in a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignEntry {
    pub campaign: String,
    pub state: ContactState,
    pub outcome: Option<Outcome>,
    pub reason: Option<String>,
    pub attempts: u32,
    pub due_at: Option<Timestamp>,
    pub answer: Option<CampaignAnswer>,
}

/// What a person answered to a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignAnswer {
    pub at: Timestamp,
    pub kind: AnswerKind,
    /// The id of the quick reply.
    pub option: Option<String>,
    pub text: Option<String>,
}

/// What an answer is to its campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// One of the template's quick replies.
    Option,
    /// Anything else.
    Other,
    /// After the response timeout: not valid for the campaign.
    Late,
}

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Timestamp,
    /// `out`, `in`, or `event`.
    pub direction: String,
    /// `template`, `reply`, `recontact`, `text`, `button`, `delivered`, `suppressed`.
    pub kind: String,
    pub text: String,
    pub status: Option<String>,
    pub code: Option<i64>,
    pub campaign: Option<String>,
    /// Who or what acted.
    pub actor: String,
    pub message_id: Option<String>,
    pub detail: Value,
}

/// Which interactions.
#[derive(Clone, Debug, Default)]
pub struct InteractionFilter {
    pub account: Option<String>,
    pub campaign: Option<String>,
    /// Open or closed alone; both where left out.
    pub open: Option<bool>,
    pub limit: Option<u64>,
}

/// A conversation that a campaign opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InteractionRow {
    pub account: String,
    pub campaign: String,
    pub phone: String,
    pub opened_at: Timestamp,
    pub open: bool,
    pub outcome: Option<Outcome>,
    /// When an open one closes unanswered.
    pub closes_at: Option<Timestamp>,
    pub answer: Option<CampaignAnswer>,
    pub window_until: Option<Timestamp>,
}

/// Which contacts a new round takes in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryOf {
    /// Those that wait for a retry, and those closed for a passing reason or for want of attempts.
    pub passing: bool,
    /// Those whose send may or may not have happened: they may be messaged twice.
    pub uncertain: bool,
}

/// A wish to send the recontact template to those whose service window has closed.
pub struct RecontactRequest {
    pub account: String,
    pub campaign: String,
    /// The recontact template's name at Meta.
    pub template: String,
    pub now: Timestamp,
    pub max: usize,
    pub worker: String,
    pub lease: Lease,
    pub decide: Box<dyn FnMut(&Candidate) -> Verdict + Send>,
}

/// People, their conversations, and rounds of a campaign.
pub trait Contacts: Send + Sync {
    /// Finds a person by number (E.164), by the digits that Meta knows, or by business-scoped id.
    fn contact<'a>(&'a self, account: &'a str, who: &'a str) -> Answer<'a, Option<ContactFile>>;
    /// Says that the person behind a number is the same after all; who was skipped for it is fresh again. False where nothing
    /// was held.
    fn acknowledge<'a>(
        &'a self,
        account: &'a str,
        phone: &'a str,
        actor: &'a str,
        now: Timestamp,
    ) -> Answer<'a, bool>;
    /// Returns the numbers that could not be reached, latest first.
    fn suspects<'a>(&'a self, account: &'a str, limit: usize) -> Answer<'a, Vec<Suspect>>;
    /// Returns interactions, the latest first.
    fn interactions<'a>(&'a self, filter: &'a InteractionFilter)
    -> Answer<'a, Vec<InteractionRow>>;
    /// Returns how many contacts a new round would take in. Fails as [`Contacts::retry`] does.
    fn retry_count<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        of: &'a RetryOf,
        now: Timestamp,
    ) -> Answer<'a, u64>;
    /// Starts a new round: what waits for a retry is due now, attempts are counted anew. Returns how many contacts; where
    /// there are none, no round begins. A campaign that has ended (by `now`) or is stopped is [`super::Error::Invalid`].
    fn retry<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        of: &'a RetryOf,
        actor: &'a str,
        now: Timestamp,
    ) -> Answer<'a, u64>;
    /// Makes due again what is open and has been uncertain since `before` or longer, where the receiver has run since the
    /// attempt began, its last sign of life is at most [`RECEIVER_SILENCE`] old, and an attempt is left. Returns how many.
    fn resend_uncertain<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        before: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, u64>;
    /// Claims contacts of a running campaign who wrote since it messaged them and whose service window with the lease's
    /// number has closed since, once a window; its end does not matter. Whoever is suppressed, held or in conversation with
    /// another campaign is left out, and while a halt holds nobody is claimed. Of the verdicts only [`Verdict::Claim`] does anything. A claim carries the campaign's language and variables for the contact
    /// and is settled like all others; where the contact stands in the campaign does not change.
    fn claim_recontact(&self, request: RecontactRequest) -> Answer<'_, Vec<Claim>>;
    /// Returns how many a recontact would claim, were the campaign sent from the number that last messaged each, and
    /// nothing halted.
    fn recontact_count<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        now: Timestamp,
    ) -> Answer<'a, u64>;
    /// Returns when the next response timeout, end or start of one of an account's campaigns comes. Ends and starts count
    /// while they lie after the latest time that the ledger has seen.
    fn next_timeout<'a>(&'a self, account: &'a str) -> Answer<'a, Option<Timestamp>>;
}

/// How long a service window stays open after a customer's message.
pub const SERVICE_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// How old a receiver's last sign of life may be for it to be taken for running.
pub const RECEIVER_SILENCE: SignedDuration = SignedDuration::from_mins(5);
