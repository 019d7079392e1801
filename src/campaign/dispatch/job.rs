//! What a dispatch is given.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;

use crate::campaign::failure_rate::FailureLimit;
use crate::campaign::limits::Portfolio;
use crate::campaign::retry::Backoff;
use crate::clock::Clock;
use crate::meta::SendOutcome;
use crate::store::{self, ClaimRequest, Claimed, Gaps, Store};

/// Hands one message to Meta, once, whatever happens.
pub trait Sender: Send + Sync {
    fn send<'a>(&'a self, number_id: &'a str, body: &'a Value) -> BoxFuture<'a, SendOutcome>;
}

/// Says when a contact in these zones may be messaged.
pub type NextOpening = Arc<dyn Fn(Timestamp, &[String]) -> Opening + Send + Sync>;
/// Returns the country of a telephone number, as far as it is known.
pub type CountryOf = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;
/// Returns the id under which a media file (`sha256:…`) is uploaded for the number.
pub type MediaId = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Another way to claim than [`Store::claim`], with the same promises.
pub type Claimer =
    Arc<dyn Fn(ClaimRequest) -> BoxFuture<'static, store::Result<Claimed>> + Send + Sync>;

/// When a contact may be messaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    Now,
    At(Timestamp),
    /// No hour is open in all zones that the contact may be in.
    Never,
}

/// One number and the campaigns that send from it now.
#[derive(Clone)]
pub struct Dispatch {
    pub store: Arc<dyn Store>,
    pub sender: Arc<dyn Sender>,
    pub clock: Clock,
    pub identity: Identity,
    /// The account's key in the ledger.
    pub account: String,
    pub number: Number,
    pub portfolio: Arc<Portfolio>,
    pub country_of: CountryOf,
    pub campaigns: Vec<Campaign>,
    pub tuning: Tuning,
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch")
            .field("account", &self.account)
            .field("number", &self.number)
            .field("campaigns", &self.campaigns)
            .finish_non_exhaustive()
    }
}

/// A number that sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Its id at Meta.
    pub id: String,
    /// Its throughput, messages a second.
    pub rate: f64,
}

/// Who sends, for the lease and the attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `user@host`, for people.
    pub holder: String,
    pub host: String,
    pub process: u32,
    pub command: String,
}

/// A campaign, as far as sending needs it.
#[derive(Clone)]
pub struct Campaign {
    pub name: String,
    /// The template's name at Meta.
    pub template: String,
    /// The most messages a second; the number's throughput where left out.
    pub rate: Option<f64>,
    pub gaps: Gaps,
    /// None without quiet hours.
    pub quiet_hours: Option<NextOpening>,
    pub backoff: Backoff,
    /// How many of the sends of this run may fail; none without a limit.
    pub failure_limit: Option<FailureLimit>,
    pub media: MediaId,
    /// How its contacts are claimed; [`Store::claim`] where left out.
    pub claimer: Option<Claimer>,
    /// The most people that are messaged in this run; whoever is due where left out.
    pub cap: Option<u64>,
}

impl fmt::Debug for Campaign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Campaign")
            .field("name", &self.name)
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}

/// The numbers that make the machinery run; [`Tuning::default`] is right outside tests and benchmarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// How many contacts are claimed at once; a second's worth of the number's rate where left out. At most twice as
    /// many are claimed and not settled.
    pub batch: Option<usize>,
    /// How many requests are under way at once; a batch where left out.
    pub in_flight: Option<usize>,
    /// A request that takes longer is given up and its result uncertain.
    pub request_timeout: Duration,
    /// How long the lease runs; renewed after a third of it. More than the request timeout.
    pub lease: Duration,
    /// How long a result waits for company before it is recorded.
    pub flush: Duration,
    /// What falls due later than this is left to the next run.
    pub horizon: Duration,
    /// How many requests of a campaign are under way before one has shown that its requests are right; if that many are
    /// all refused as wrong, the campaign stops.
    pub probe: usize,
    /// The first pause after throttling or a connection that did not open; each further one is twice as long.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// How many pauses for throttling, one after the other without an acceptance, before we give up.
    pub throttle_patience: u32,
    /// How many pauses for connections that do not open before we give up.
    pub connect_patience: u32,
    /// How many requests without an answer, one after the other, before we give up.
    pub answer_patience: u32,
    /// How many passing errors of Meta's, one after the other, before we give up: each uses up an attempt of its contact.
    pub outage_patience: u32,
    /// How often settling is tried while the store fails.
    pub settle_tries: u32,
    /// Whether what is due is counted at the start, for whoever watches: this reads the whole hopper.
    pub counts_due: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            batch: None,
            in_flight: None,
            request_timeout: Duration::from_secs(30),
            lease: Duration::from_mins(1),
            flush: Duration::from_millis(5),
            horizon: Duration::from_mins(1),
            probe: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
            throttle_patience: 10,
            connect_patience: 5,
            answer_patience: 10,
            outage_patience: 20,
            settle_tries: 5,
            counts_due: true,
        }
    }
}

/// The most contacts claimed at once, unless tuned: what a crash may leave uncertain is twice as many.
const LARGEST_BATCH: f64 = 1000.0;

impl Tuning {
    pub(super) fn batch_at(&self, rate: f64) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 1..=1000"
        )]
        let a_second = rate.ceil().clamp(1.0, LARGEST_BATCH) as usize;
        self.batch.unwrap_or(a_second).max(1)
    }

    pub(super) fn in_flight_at(&self, rate: f64) -> usize {
        self.in_flight.unwrap_or_else(|| self.batch_at(rate)).max(1)
    }
}
