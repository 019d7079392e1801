//! Reads the webhooks that were kept, and has the ledger take in what they say.
//!
//! Many webhooks go into one transaction, which forgets them, too: a crash at any point reads them again, and what was taken
//! in before changes nothing. What nobody can read becomes a dead letter, and nothing else of its webhook is lost with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::clerk::Clerk;
use super::dead;
use super::facts::{Interpreter, Meaning};
use super::numbers::Numbers;
use super::point::{Point, Reached};
use super::tally::Tally;
use super::wakes::Wakes;
use crate::campaign::retry;
use crate::clock::Clock;
use crate::meta::webhook;
use crate::store::{self, Database, Dead, Fact, Intake, Unread};

/// Another process may have received something: nobody wakes us for that.
const POLL: Duration = Duration::from_secs(1);
/// How many facts go into one transaction, more or less.
const FACTS: usize = 1000;
/// How many webhooks are read at once, and how many where they are large (Meta: 3 MB at most).
const MANY: usize = 512;
const FEW: usize = 8;
const LARGE: usize = 4 << 20;
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(30);
/// Of the same refusal one is news in this time.
const REPEATED: SignedDuration = SignedDuration::from_mins(10);

/// Reads webhooks for as long as it runs.
pub(super) struct Reader {
    pub(super) store: Arc<dyn Database>,
    pub(super) clock: Clock,
    pub(super) interpreter: Interpreter,
    pub(super) numbers: Arc<Numbers>,
    pub(super) clerk: Clerk,
    pub(super) tally: Arc<dyn Tally>,
    pub(super) reached: Reached,
    /// Something was received.
    pub(super) received: Arc<Notify>,
    /// Whoever acts on what is taken in.
    pub(super) wakes: Wakes,
    /// When each refusal of a number or account was last told.
    pub(super) told: BTreeMap<(String, String), Timestamp>,
}

/// What was read out of some webhooks.
#[derive(Default)]
struct Batch {
    sources: Vec<i64>,
    facts: Vec<(String, Fact)>,
    dead: Vec<Dead>,
    /// Refusals that are told with these facts, and when they were met.
    told: BTreeMap<(String, String), Timestamp>,
}

impl Reader {
    /// Reads until `stop` is cancelled; what is being taken in then is taken in.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.read_all(&stop).await {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures += 1;
                    tracing::error!(%error, "webhooks could not be taken in; they are kept, and read again");
                }
            }
            let pause = match failures {
                0 => POLL,
                nth => retry::doubling(FIRST_RETRY, LONGEST_RETRY, nth),
            };
            tokio::select! {
                () = self.received.notified(), if failures == 0 => {}
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Reads until nothing waits.
    pub(super) async fn read_all(&mut self, stop: &CancellationToken) -> store::Result<()> {
        let mut limit = MANY;
        while !stop.is_cancelled() {
            let unread = self.store.unread(0, limit).await?;
            if unread.is_empty() {
                return Ok(());
            }
            let size: usize = unread.iter().map(|webhook| webhook.body.len()).sum();
            limit = if size > LARGE { FEW } else { MANY };
            self.take_in(unread).await?;
        }
        Ok(())
    }

    async fn take_in(&mut self, unread: Vec<Unread>) -> store::Result<()> {
        let mut batch = Batch::default();
        for webhook in &unread {
            self.read(webhook, &mut batch).await;
            if batch.facts.len() >= FACTS {
                self.hand_over(std::mem::take(&mut batch), &unread).await?;
            }
        }
        self.hand_over(batch, &unread).await
    }

    async fn hand_over(&mut self, batch: Batch, unread: &[Unread]) -> store::Result<()> {
        if batch.sources.is_empty() {
            return Ok(());
        }
        let sources = batch.sources.clone();
        match self.keep(batch).await {
            // One of these webhooks is what the ledger cannot take.
            Err(store::Error::Invalid(_)) => {
                for webhook in unread.iter().filter(|each| sources.contains(&each.id)) {
                    self.take_in_alone(webhook).await?;
                }
                Ok(())
            }
            result => result,
        }
    }

    /// Takes in one webhook; where the ledger cannot, it becomes a dead letter: it must not hold up all others.
    async fn take_in_alone(&mut self, webhook: &Unread) -> store::Result<()> {
        let mut batch = Batch::default();
        self.read(webhook, &mut batch).await;
        let Err(store::Error::Invalid(reason)) = self.keep(batch).await else {
            return Ok(());
        };
        let dead = Dead {
            received_at: webhook.at,
            reason: format!("the ledger cannot take it in: {reason}"),
            body: dead::foreign(&webhook.body),
            tries: webhook.tries,
        };
        self.keep(Batch {
            sources: vec![webhook.id],
            dead: vec![dead],
            ..Batch::default()
        })
        .await
    }

    async fn keep(&mut self, batch: Batch) -> store::Result<()> {
        let buried = u64::try_from(batch.dead.len()).unwrap_or(u64::MAX);
        (self.reached)(Point::BeforeTakeIn);
        let intake = Intake {
            sources: batch.sources,
            now: self.clock.now(),
            facts: batch.facts,
            dead: batch.dead,
            clerk: Box::new(self.clerk.clone()),
        };
        let taken = self.store.take_in(intake).await?;
        // Not before: what could not be taken in is read again, and is still news then.
        self.told.extend(batch.told);
        (self.reached)(Point::AfterTakeIn);
        self.tally.taken_in(&taken);
        if buried > 0 {
            self.tally.buried(buried);
        }
        if taken.wakes {
            self.wakes.wake();
        }
        Ok(())
    }

    async fn read(&self, unread: &Unread, batch: &mut Batch) {
        batch.sources.push(unread.id);
        let bury = |reason: String, body: String| Dead {
            received_at: unread.at,
            reason,
            body,
            tries: unread.tries,
        };
        let changes = match webhook::parse(&unread.body) {
            Ok(changes) => changes,
            Err(error) => {
                let body = dead::foreign(&unread.body);
                return batch.dead.push(bury(error.to_string(), body));
            }
        };
        for change in &changes {
            match self.meaning(change, unread.at).await {
                (Some(account), Meaning::Facts(facts)) => {
                    for fact in facts {
                        if self.is_news(&account, &fact, &mut batch.told) {
                            batch.facts.push((account.clone(), fact));
                        }
                    }
                }
                (_, Meaning::Dead(reason)) => {
                    batch.dead.push(bury(reason, dead::webhook(change)));
                }
                (_, Meaning::Facts(_) | Meaning::Nothing) => {}
            }
        }
    }

    async fn meaning(
        &self,
        change: &webhook::Change,
        received: Timestamp,
    ) -> (Option<String>, Meaning) {
        if let webhook::Event::Unreadable { reason } = &change.event {
            return (None, Meaning::Dead(reason.clone()));
        }
        let Some(account) = self.interpreter.account(change) else {
            let reason = format!(
                "no [account] of this project has the waba_id `{}`",
                change.waba_id
            );
            return (None, Meaning::Dead(reason));
        };
        if let Some(number) = &change.phone_number_id
            && !self.numbers.knows(account, number).await
        {
            let reason = format!("`{number}` is not a number of account.{account}");
            return (None, Meaning::Dead(reason));
        }
        let meaning = self.interpreter.read(account, change, received);
        (Some(account.to_owned()), meaning)
    }

    /// A thousand messages that fail for one reason are one piece of news.
    fn is_news(
        &self,
        account: &str,
        fact: &Fact,
        told: &mut BTreeMap<(String, String), Timestamp>,
    ) -> bool {
        let Fact::Happened {
            happening,
            halt: Some(halt),
            ..
        } = fact
        else {
            return true;
        };
        if halt.cause != store::HaltCause::Refused {
            return true;
        }
        let code = halt.code.unwrap_or_default();
        let key = (account.to_owned(), format!("{}:{code}", happening.subject));
        let last = told.get(&key).or_else(|| self.told.get(&key));
        let is_news = last.is_none_or(|last| happening.at.duration_since(*last).abs() > REPEATED);
        if is_news {
            told.insert(key, happening.at);
        }
        is_news
    }
}
