//! What comes back: webhooks as they were received, and what is read out of them.
//!
//! A webhook is kept as it came before Meta is told that we have it ([`Inbox::receive`]); what it says is taken in later
//! ([`Events::take_in`]), in the transaction that also forgets it. A crash between the two reads it again, and everything that is taken
//! in may be taken in again: it changes nothing the second time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::errand::NewErrand;
use super::halt::{Halt, HaltCause, Happening, Scope};
use super::ledger::{ContactState, Outcome, Settled};
use super::{Answer, Pricing};

/// A webhook that was received and not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub id: i64,
    pub at: Timestamp,
    /// JSON, as it came.
    pub body: String,
    /// Of the dead letter that it was before; zero where it comes for the first time.
    pub tries: u32,
}

/// A webhook, or a part of one, that nobody could read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub id: i64,
    pub received_at: Timestamp,
    /// How often it was read in vain.
    pub tries: u32,
    pub reason: String,
    /// A whole webhook with the one change in it, so that it can be read again.
    pub body: String,
}

/// A part of a webhook that is to become a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead {
    pub received_at: Timestamp,
    pub reason: String,
    pub body: String,
    /// Of the dead letter that it was before; counted on.
    pub tries: u32,
}

/// Whom a webhook is about: any of these may be missing, never all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// E.164 with the plus, or as Meta knows it (digits that may differ in Brazil and Mexico).
    pub wa_id: Option<String>,
    /// Business-scoped id, for people who hide their number.
    pub user_id: Option<String>,
    pub name: Option<String>,
}

/// Meta's delivery status, forward only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    Failed,
    Sent,
    Delivered,
    /// Read or, of a voice message, played.
    Read,
}

/// A status of a message of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    pub message_id: String,
    /// `biz_opaque_callback_data`, as it came back.
    pub tag: Option<String>,
    pub status: DeliveryStatus,
    pub at: Timestamp,
    pub person: Person,
    pub pricing: Option<Pricing>,
    /// The recipient's identity key, where the number checks it.
    pub identity_hash: Option<String>,
    pub failure: Option<Failure>,
}

/// Why a message failed, after it had been accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub code: Option<i64>,
    pub reason: String,
}

/// A message from a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    pub message_id: String,
    /// Our number's id at Meta.
    pub number: String,
    pub person: Person,
    pub at: Timestamp,
    /// The message that it answers, where it says so.
    pub context_id: Option<String>,
    /// Meta's type: `text`, `button`, `interactive`, `image`.
    pub kind: String,
    /// What a person would read.
    pub text: Option<String>,
    /// The payload of a button, the id of a reply.
    pub payload: Option<String>,
    /// The message as it came, JSON.
    pub raw: String,
}

/// What one change of a webhook means for the ledger.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    Receipt(Receipt),
    Inbound(Inbound),
    /// Meta's own opt-out of marketing messages, and its end. The latest by `at` holds.
    Preference {
        person: Person,
        at: Timestamp,
        stop: bool,
        /// Who said so, in words: `user_preferences`, `the keyword STOP`.
        source: String,
    },
    /// The person behind a number has changed: hold until somebody says that it is the same.
    IdentityChanged {
        person: Person,
        at: Timestamp,
        hash: Option<String>,
    },
    /// The same person has another number now.
    NumberChanged {
        person: Person,
        at: Timestamp,
        to: String,
    },
    /// The same person has another business-scoped id now.
    UserIdChanged {
        person: Person,
        at: Timestamp,
        to: String,
    },
    /// Something happened to a template, a number or the account. Older than what halted or lifted the same subject, it is
    /// recorded and neither halts nor lifts.
    Happened {
        happening: Happening,
        halt: Option<Halt>,
        lifts: Vec<Lift>,
    },
}

/// Halts that a happening ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lift {
    pub scope: Scope,
    pub subject: String,
    pub cause: HaltCause,
}

/// What is taken in together, in one transaction.
pub struct Intake {
    /// The ids of the webhooks that all this was read from; they are forgotten.
    pub sources: Vec<i64>,
    pub now: Timestamp,
    /// With the account (its key in the ledger) that each is about, in the order in which they came.
    pub facts: Vec<(String, Fact)>,
    pub dead: Vec<Dead>,
    pub clerk: Box<dyn Clerk>,
}

/// Decides inside the transaction what a fact leads to; asked again where the transaction is begun again.
pub trait Clerk: Send {
    /// Says what a failure that was reported by webhook means for the contact ([`Settled::Failed`]).
    fn judge(&mut self, failure: &Failure, at: Timestamp, circumstances: &Circumstances)
    -> Settled;
    /// Says what a customer's message is to the campaign that it answers, and what is to be done about it.
    fn read(&mut self, inbound: &Inbound, conversation: &Conversation) -> Reading;
    /// Says whom to tell of what happened.
    fn tell(&mut self, account: &str, happening: &Happening) -> Vec<NewErrand>;
}

/// What is known of the attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    pub account: String,
    pub campaign: String,
    /// Attempts that count, the failed one included.
    pub counted: u32,
}

/// The conversation that a customer's message belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    pub account: String,
    /// E.164, where known.
    pub phone: Option<String>,
    /// The campaign's interaction that it answers, open or not.
    pub interaction: Option<Interaction>,
    pub suppressed: bool,
}

/// A conversation that a campaign opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    pub campaign: String,
    pub template: String,
    pub language: String,
    /// Canonical JSON: the components that were sent.
    pub variables: String,
    pub message_id: Option<String>,
    pub sent_at: Timestamp,
    /// Before this message came.
    pub state: ContactState,
    pub outcome: Option<Outcome>,
    /// The response timeout had passed.
    pub late: bool,
}

/// What a customer's message is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The id of the template's quick reply that was chosen; none for any other answer.
    pub option: Option<String>,
    pub errands: Vec<NewErrand>,
}

/// What an intake changed; for counters and logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    pub receipts: u64,
    pub inbound: u64,
    /// Valid ones: what came after the timeout is a message and no more.
    pub answers: u64,
    pub opt_outs: u64,
    /// Told before, or overtaken by what is known.
    pub duplicates: u64,
    /// Statuses of messages that nobody knows: kept for a week, as our own answer may be slower. One that carries this ledger's tag
    /// halts the account.
    pub orphans: u64,
    pub errands: u64,
    /// Something is due again or an errand waits: whoever sends should look.
    pub wakes: bool,
}

/// Where webhooks wait until they are read.
pub trait Inbox: Send + Sync {
    /// Keeps a webhook; when this has returned, a crash does not lose it.
    fn receive(&self, at: Timestamp, body: String) -> Answer<'_, ()>;
    /// Returns what waits, oldest first, after this id.
    fn unread(&self, after: i64, limit: usize) -> Answer<'_, Vec<Unread>>;
    /// Returns how many wait.
    fn unread_count(&self) -> Answer<'_, u64>;
    /// Returns the dead letters, oldest first.
    fn dead_letters(&self, limit: usize) -> Answer<'_, Vec<DeadLetter>>;
    /// Puts dead letters back among what waits to be read, with the time at which they came; all where none is named. Returns
    /// how many.
    fn replay<'a>(&'a self, ids: &'a [i64], now: Timestamp) -> Answer<'a, u64>;
    /// Forgets the dead letters that are named. Returns how many.
    fn drop_dead<'a>(&'a self, ids: &'a [i64]) -> Answer<'a, u64>;
    /// Says that an account's receiver is alive. Returns since when it has been without a gap longer than `patience`; a clock
    /// that was set back by more begins anew, too.
    fn beat<'a>(
        &'a self,
        account: &'a str,
        now: Timestamp,
        patience: jiff::SignedDuration,
    ) -> Answer<'a, Timestamp>;
    /// Returns since when an account's receiver has run without a gap, and its last sign of life; none where there never was
    /// one.
    fn receiver<'a>(&'a self, account: &'a str) -> Answer<'a, Option<(Timestamp, Timestamp)>>;
}

/// Where what webhooks say becomes what the ledger knows.
pub trait Events: Send + Sync {
    /// Takes in what was read; all of it or nothing. Begins with failures that were told of before our own request was answered,
    /// so that an intake without facts is of use, too.
    fn take_in(&self, intake: Intake) -> Answer<'_, TakenIn>;
}
