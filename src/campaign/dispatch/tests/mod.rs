//! Dispatch against a ledger in memory and a Meta that does as it is told.

mod capping;
mod crashing;
mod halting;
mod held;
mod ledger;
mod limiting;
mod meta;
mod sending;
mod sqlite;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::ledger::Ledger;
use self::meta::Meta;
use super::{
    Campaign, Dispatch, Error, Failpoint, Halt, Identity, Number, Observer, Opening, Progress,
    Refusal, Summary, Tuning, run,
};
use crate::campaign::limits::Portfolio;
use crate::campaign::retry::Backoff;
use crate::clock::Clock;
use crate::store::Gaps;

/// Noon of some day.
const NOON: i64 = 1_790_000_000;

fn noon() -> Timestamp {
    Timestamp::from_second(NOON).unwrap()
}

fn phone(n: usize) -> String {
    format!("+372550{n:05}")
}

/// One number with its ledger and its Meta, and whatever the observer saw.
struct Bench {
    ledger: Arc<Ledger>,
    meta: Arc<Meta>,
    clock: Clock,
    seen: Arc<Seen>,
    stop: CancellationToken,
    dispatch: Dispatch,
}

impl Bench {
    /// One campaign, `spring`, with `contacts` who are due.
    fn new(contacts: usize, meta: Meta) -> Self {
        let ledger = Arc::new(Ledger::new(noon()));
        let meta = Arc::new(meta);
        let clock = Clock::frozen(noon());
        for n in 0..contacts {
            ledger.add("spring", &phone(n), noon());
        }
        let dispatch = Dispatch {
            store: ledger.clone(),
            sender: meta.clone(),
            clock: clock.clone(),
            identity: Identity {
                holder: "ana@desk".to_owned(),
                host: "desk".to_owned(),
                process: 7,
                command: "apply".to_owned(),
            },
            account: "1022".to_owned(),
            number: Number {
                id: "555".to_owned(),
                rate: 100_000.0,
            },
            portfolio: Arc::new(Portfolio::unlimited()),
            country_of: Arc::new(|phone| Some(phone.get(1..4)?.to_owned())),
            campaigns: vec![campaign("spring")],
            tuning: Tuning {
                batch: Some(8),
                flush: Duration::from_millis(1),
                first_pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(2),
                settle_tries: 3,
                ..Tuning::default()
            },
        };
        Self {
            ledger,
            meta,
            clock,
            seen: Arc::default(),
            stop: CancellationToken::new(),
            dispatch,
        }
    }

    fn also(mut self, name: &str, first: usize, contacts: usize) -> Self {
        for n in first..first + contacts {
            self.ledger.add(name, &phone(n), noon());
        }
        self.dispatch.campaigns.push(campaign(name));
        self
    }

    async fn try_run(&self) -> Result<Summary, Error> {
        let ended = self.go().await;
        self.ledger.assert_contract_kept();
        ended
    }

    fn go(&self) -> impl Future<Output = Result<Summary, Error>> + Send + 'static {
        let (dispatch, seen, stop) = (self.dispatch.clone(), self.seen.clone(), self.stop.clone());
        async move { run(&dispatch, &*seen, &stop).await }
    }

    async fn run(&self) -> Summary {
        let summary = self.try_run().await.unwrap();
        assert_eq!(self.ledger.in_flight(), 0, "a claim was left unsettled");
        assert!(!self.ledger.is_leased(), "the lease was not given back");
        summary
    }

    /// Runs in the background.
    fn start(&self) -> tokio::task::JoinHandle<Result<Summary, Error>> {
        tokio::spawn(self.go())
    }
}

fn campaign(name: &str) -> Campaign {
    Campaign {
        name: name.to_owned(),
        template: format!("{name}_news"),
        rate: None,
        gaps: Gaps {
            template: format!("{name}_news"),
            repeat_template: SignedDuration::from_hours(24),
            min_gap: SignedDuration::ZERO,
        },
        quiet_hours: None,
        backoff: Backoff::new(vec![SignedDuration::from_mins(15)]),
        failure_limit: None,
        media: Arc::new(|_| None),
        claimer: None,
        cap: None,
    }
}

/// Remembers what it was told, and ends the run's task at a fail point if asked.
#[derive(Default)]
struct Seen {
    progress: Mutex<Progress>,
    throttled: Mutex<Vec<f64>>,
    halted: Mutex<Vec<(Option<String>, Halt)>>,
    refused: Mutex<Vec<Refusal>>,
    waiting: Mutex<Vec<Timestamp>>,
    waits: Notify,
    crash: Option<(Failpoint, usize)>,
    reached: AtomicUsize,
}

impl Observer for Seen {
    fn progress(&self, progress: &Progress) {
        *self.progress.lock().unwrap() = *progress;
    }
    fn throttled(&self, rate: f64, _pause: Duration, _reason: &str) {
        self.throttled.lock().unwrap().push(rate);
    }
    fn halted(&self, campaign: Option<&str>, halt: &Halt) {
        let campaign = campaign.map(ToOwned::to_owned);
        self.halted.lock().unwrap().push((campaign, halt.clone()));
    }
    fn refused(&self, refusal: &Refusal) {
        self.refused.lock().unwrap().push(refusal.clone());
    }
    fn waiting(&self, until: Timestamp) {
        self.waiting.lock().unwrap().push(until);
        self.waits.notify_one();
    }
    fn reached(&self, point: Failpoint) {
        if let Some((crash, nth)) = self.crash
            && crash == point
            && self.reached.fetch_add(1, Ordering::Relaxed) + 1 == nth
        {
            std::panic::resume_unwind(Box::new("the process dies here"));
        }
    }
}

fn open_from(hour: i64) -> super::NextOpening {
    Arc::new(move |now, zones| {
        if zones.iter().any(|zone| zone == "nowhere") {
            return Opening::Never;
        }
        let opens = noon() + SignedDuration::from_hours(hour);
        if now < opens && !zones.is_empty() {
            Opening::At(opens)
        } else {
            Opening::Now
        }
    })
}
