//! All that goes on while `waform serve` runs, begun together and ended in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::clerk::Clerk;
use super::errands::{Deliveries, Errands, Places, ReplyRunner, Runner};
use super::facts::Interpreter;
use super::numbers::{Live, Numbers};
use super::point::Reached;
use super::reader::Reader;
use super::sender::{Account, Sender};
use super::tally::Tally;
use super::tenure::Office;
use super::timers::Timers;
use super::wakes::Wakes;
use crate::campaign::dispatch::{self, Identity};
use crate::campaign::halting;
use crate::campaign::limits::Portfolio;
use crate::campaign::news::Notices;
use crate::campaign::{self, Uploads};
use crate::clock::Clock;
use crate::meta::GraphWriter;
use crate::resource::Project;
use crate::resource::account::Account as Declared;
use crate::resource::campaign::Campaign;
use crate::resource::suppression::Keywords;
use crate::resource::webhook::Webhook;
use crate::store::{Database, ErrandKind};

/// A sign of life every so often; without one for the patience, the receiver counts as interrupted.
const BEAT: Duration = Duration::from_secs(10);
const BEAT_PATIENCE: SignedDuration = SignedDuration::from_mins(1);

/// What serving works with.
pub struct Serving {
    pub project: Arc<Project>,
    pub store: Arc<dyn Database>,
    pub clock: Clock,
    pub identity: Identity,
    /// By account.
    pub writers: BTreeMap<String, GraphWriter>,
    /// By account.
    pub readers: BTreeMap<String, Live>,
    /// Is notified when a webhook was received.
    pub received: Arc<Notify>,
    /// Where all deliveries go instead of to what is declared: the sandbox's sinks.
    pub sinks: Option<String>,
    pub observer: Arc<dyn dispatch::Observer>,
    pub tally: Arc<dyn Tally>,
    pub reached: Reached,
    /// In the sandbox a ledger that nobody has allowed to send may send.
    pub is_trial: bool,
}

/// Reads, sends and runs errands until `stop` is cancelled: then nothing more is begun, and what is in flight is settled.
///
/// # Errors
/// Where a secret cannot be had, or a part of it ended by itself.
pub async fn run(serving: Serving, stop: CancellationToken) -> Result<(), Error> {
    let places = Places::of(&serving.project, serving.sinks.as_deref())?;
    let store = Arc::clone(&serving.store);
    let deliveries = Deliveries::new(places, store, serving.clock.clone())?;
    let serving = Served::new(serving);
    // What is taken in wakes senders and errands: the reader ends first, then whoever acts on what it read.
    let reading = stop.child_token();
    let acting = CancellationToken::new();
    let mut readers = JoinSet::new();
    let mut actors = JoinSet::new();
    serving.begin_reading(&mut readers, &reading);
    serving.begin_acting(&mut actors, &acting);
    serving.begin_errands(&mut actors, &acting, Arc::new(deliveries));
    let ended = tokio::select! {
        () = stop.cancelled() => None,
        Some(ended) = readers.join_next() => Some(ended),
        Some(ended) = actors.join_next() => Some(ended),
    };
    // One part that ended by itself takes the others with it: half a service would look like a whole one.
    reading.cancel();
    let mut failed = ended.is_some_and(|_| !stop.is_cancelled());
    while let Some(ended) = readers.join_next().await {
        failed |= ended.is_err();
    }
    acting.cancel();
    while let Some(ended) = actors.join_next().await {
        failed |= ended.is_err();
    }
    if failed { Err(Error::Broken) } else { Ok(()) }
}

/// A service with all that its parts share.
struct Served {
    serving: Serving,
    clerk: Clerk,
    numbers: Arc<Numbers>,
    wakes: Wakes,
}

impl Served {
    fn new(serving: Serving) -> Self {
        let clock = &serving.clock;
        Self {
            clerk: Clerk::new(&serving.project, clock.clone()),
            numbers: Arc::new(Numbers::new(clock.clone(), serving.readers.clone())),
            wakes: Wakes::new(),
            serving,
        }
    }

    fn accounts(&self) -> impl Iterator<Item = &str> {
        let accounts = self.serving.project.all::<Declared>();
        accounts.map(|account| account.name.as_str())
    }

    fn begin_reading(&self, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        let Serving {
            project,
            store,
            clock,
            received,
            tally,
            reached,
            ..
        } = &self.serving;
        let accounts = project
            .all::<Declared>()
            .map(|account| (account.value.waba_id.get().clone(), account.name.clone()));
        let reader = Reader {
            store: Arc::clone(store),
            clock: clock.clone(),
            interpreter: Interpreter::new(accounts.collect(), Keywords::of(project)),
            numbers: Arc::clone(&self.numbers),
            clerk: self.clerk.clone(),
            tally: Arc::clone(tally),
            reached: Arc::clone(reached),
            received: Arc::clone(received),
            wakes: self.wakes.clone(),
            told: BTreeMap::new(),
        };
        tasks.spawn(reader.run(stop.clone()));
        // Without a webhook nothing is heard, however long this runs.
        let hearing = project
            .all::<Webhook>()
            .filter_map(|webhook| project.account_of(webhook.value.account.as_ref()));
        for account in hearing {
            let (store, clock) = (Arc::clone(store), clock.clone());
            tasks.spawn(beat(store, clock, account.name.clone(), stop.clone()));
        }
    }

    fn begin_acting(&self, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        let Serving {
            project,
            store,
            clock,
            identity,
            observer,
            tally,
            ..
        } = &self.serving;
        let writers = Arc::new(self.serving.writers.clone());
        let tell = Notices::of(project).tell();
        for name in self.accounts() {
            let timers = Timers {
                account: name.to_owned(),
                project: Arc::clone(project),
                store: Arc::clone(store),
                clock: clock.clone(),
                numbers: Arc::clone(&self.numbers),
                wakes: self.wakes.clone(),
                actor: halting::actor(identity),
            };
            tasks.spawn(timers.run(stop.clone()));
            let account = Arc::new(Account {
                name: name.to_owned(),
                project: Arc::clone(project),
                store: Arc::clone(store),
                clock: clock.clone(),
                identity: identity.clone(),
                writers: Arc::clone(&writers),
                uploads: Uploads::default(),
                tell: Arc::clone(&tell),
                numbers: Arc::clone(&self.numbers),
                portfolio: Arc::new(Portfolio::unlimited()),
                observer: Arc::clone(observer),
                tally: Arc::clone(tally),
                wakes: self.wakes.clone(),
                is_trial: self.serving.is_trial,
            });
            for phone in self.phones(name) {
                let sender = Sender::new(Arc::clone(&account), phone);
                tasks.spawn(sender.run(stop.clone()));
            }
        }
    }

    /// Returns the declared numbers that campaigns of an account are sent from.
    fn phones(&self, account: &str) -> BTreeSet<String> {
        let project = &self.serving.project;
        let campaigns = project.all::<Campaign>().filter(|campaign| {
            let of = project.account_of(campaign.value.account.as_ref());
            of.is_some_and(|of| of.name == account)
        });
        campaigns
            .map(|campaign| campaign.value.from.get().clone())
            .collect()
    }

    /// Errands are run by one process alone: while another one has them, this one waits for them.
    fn begin_errands(
        &self,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
        deliveries: Arc<dyn Runner>,
    ) {
        let Serving {
            store,
            clock,
            identity,
            reached,
            writers,
            ..
        } = &self.serving;
        let senders = writers
            .iter()
            .map(|(account, writer)| (account.clone(), campaign::sender(writer)));
        let replies: Arc<dyn Runner> = Arc::new(ReplyRunner {
            store: Arc::clone(store),
            clock: clock.clone(),
            senders: senders.collect(),
            reached: Arc::clone(reached),
        });
        let kinds = [
            (ErrandKind::Reply, replies),
            (ErrandKind::Handoff, Arc::clone(&deliveries)),
            (ErrandKind::Notify, deliveries),
        ];
        let errands = kinds.map(|(kind, runner)| Errands {
            store: store.clone(),
            clock: clock.clone(),
            kind,
            runner,
            reached: Arc::clone(reached),
            wakes: self.wakes.clone(),
        });
        let office = Office {
            store: Arc::clone(store),
            clock: clock.clone(),
            identity: identity.clone(),
            accounts: self.accounts().map(str::to_owned).collect(),
            errands: errands.into(),
        };
        tasks.spawn(office.run(stop.clone()));
    }
}

/// Says that the receiver is alive. After the last sign its webhooks wait at Meta, as long as Meta repeats them.
async fn beat(store: Arc<dyn Database>, clock: Clock, account: String, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = store.beat(&account, clock.now(), BEAT_PATIENCE).await {
            tracing::error!(%error, account, "the receiver's sign of life could not be recorded");
        }
        tokio::select! {
            () = tokio::time::sleep(BEAT) => {}
            () = stop.cancelled() => {}
        }
    }
}
