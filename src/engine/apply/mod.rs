//! Carries out a plan: writes in order, remembers each one, waits for what is in review.
//!
//! Every write is followed at once by its own record in the state. A crash between the two loses nothing: the next plan
//! finds the object live, equal to what is declared, and remembers it then.

mod recording;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use self::recording::Trail;
use super::fingerprint;
use super::lock;
use super::plan::{Action, Change, Wait};
use super::planner::{self, Connections, Prepared};
use super::refresh::{Snapshot, reconcilers};
use crate::clock::Clock;
use crate::config::Address;
use crate::meta::{self, GraphWriter};
use crate::resource::{Desired, Error, Intent, Live, Project, Reconciler, Writer, Written};
use crate::store::{self, Applied, Database};

/// What an apply works with.
pub struct Session<'a> {
    pub project: &'a Project,
    pub connections: &'a Connections<'a>,
    /// By account.
    pub writers: &'a BTreeMap<String, GraphWriter>,
    pub store: &'a dyn Database,
    /// The id of the state lock that is held.
    pub lock: &'a str,
    /// The run's id in the journal; none where nobody keeps one.
    pub run: Option<&'a str>,
    pub clock: &'a Clock,
    pub observer: &'a dyn Observer,
    /// Cancelled where the run is to end: the change under way is made and recorded, no other one is begun.
    pub stop: &'a CancellationToken,
}

/// What happens during an apply, for those who show it.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    Started {
        address: &'a Address,
        action: Action,
    },
    Done {
        address: &'a Address,
        action: Action,
        id: &'a str,
    },
    Failed {
        address: &'a Address,
        action: Action,
        reason: &'a str,
    },
    /// Still waited for; comes again when the reason changes.
    Waiting(&'a Wait),
    Ready {
        address: &'a Address,
    },
}

/// Who is told.
pub trait Observer: Send + Sync {
    fn event(&self, event: Event<'_>);
}

/// One change that could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub address: Address,
    pub action: Action,
    pub reason: String,
    pub code: Option<String>,
    pub help: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub done: Vec<(Address, Action)>,
    pub failed: Vec<Failure>,
    /// Not ready yet, or broken.
    pub waiting: Vec<Wait>,
    /// Changes that wait for others to be ready.
    pub held: Vec<Address>,
    /// Changes that were not tried: the run was stopped, or their account is in trouble.
    pub left: Vec<Address>,
}

/// Returns the addresses whose live side is no longer what the plan was made against.
///
/// # Errors
/// Where the world could not be read again.
pub async fn moved(session: &Session<'_>, prepared: &Prepared) -> Result<Vec<Address>, Error> {
    let fresh = Snapshot::read(
        session.project,
        &session.connections.of(prepared.plan.destroy),
        session.store,
        session.clock,
    )
    .await?;
    let kinds: BTreeMap<&str, &'static str> = reconcilers()
        .map(|kind| (kind.kind(), kind.kind()))
        .collect();
    let stale = prepared
        .plan
        .changes
        .iter()
        .filter(|change| change.action != Action::NoOp)
        .filter(|change| {
            let live = kinds
                .get(change.address.kind.as_str())
                .and_then(|kind| fresh.get(kind, &change.account, &change.key));
            live.map(fingerprint::of_live) != change.fingerprint
        });
    Ok(stale.map(|change| change.address.clone()).collect())
}

/// An apply under way.
pub struct Run<'a> {
    session: &'a Session<'a>,
    prepared: &'a Prepared,
    desired: BTreeMap<&'a Address, &'a Desired>,
    /// By kind, account and key.
    applied: BTreeMap<(&'a str, &'a str, &'a str), &'a Applied>,
    /// Written or found, but not usable yet.
    unready: BTreeMap<Address, Wait>,
    outcome: Outcome,
    held: Vec<&'a Change>,
    left: Vec<&'a Change>,
    /// Accounts that take no more writes in this run.
    closed: BTreeSet<&'a str>,
}

impl<'a> Run<'a> {
    #[must_use]
    pub fn new(session: &'a Session<'a>, prepared: &'a Prepared) -> Self {
        let waits = prepared
            .plan
            .waits
            .iter()
            .map(|wait| (wait.address.clone(), wait.clone()));
        let applied = prepared.applied.iter();
        Self {
            session,
            prepared,
            desired: prepared
                .desired
                .iter()
                .map(|desired| (&desired.address, desired))
                .collect(),
            applied: applied
                .map(|last| {
                    (
                        (last.address.kind.as_str(), &*last.account, &*last.key),
                        last,
                    )
                })
                .collect(),
            unready: waits.collect(),
            outcome: Outcome::default(),
            held: Vec::new(),
            left: Vec::new(),
            closed: BTreeSet::new(),
        }
    }

    /// Makes every change that can be made now.
    ///
    /// # Errors
    /// Where the state cannot be written: nothing more is touched then.
    pub async fn write(&mut self) -> Result<(), store::Error> {
        let mut changes: Vec<&Change> = self.prepared.plan.changes.iter().collect();
        // What is shown first is done last: nothing is taken away before its replacement stands. What others need comes
        // before them.
        let project = self.session.project;
        changes.sort_by_cached_key(|change| {
            (
                change.action == Action::Delete,
                planner::order(project, change),
                &change.address,
            )
        });
        self.bind_accounts().await?;
        self.write_all(changes).await
    }

    /// Remembers which accounts this state is about, before anything in it is.
    async fn bind_accounts(&self) -> Result<(), store::Error> {
        let session = self.session;
        let bound = session.store.bindings().await?;
        for (account, connection) in &session.connections.readers {
            if !bound.contains_key(account) {
                let waba_id = &connection.waba_id;
                session.store.bind(session.lock, account, waba_id).await?;
            }
        }
        Ok(())
    }

    async fn write_all(&mut self, changes: Vec<&'a Change>) -> Result<(), store::Error> {
        let (written, found): (Vec<_>, Vec<_>) = changes
            .into_iter()
            .partition(|change| change.writes() || change.action == Action::Forget);
        // Before anything is written: what was found is known then, whatever happens.
        self.remember_found(found).await?;
        for change in written {
            if self.is_left(change) {
                if change.writes() {
                    self.left.push(change);
                }
            } else if change.action == Action::Create && self.needs_unready(change) {
                self.held.push(change);
            } else {
                self.write_one(change).await?;
            }
        }
        Ok(())
    }

    /// Tells whether a change is not to be tried. What is written to our own ledger (a campaign is paused) is not held up by
    /// an account that is in trouble.
    fn is_left(&self, change: &Change) -> bool {
        self.session.stop.is_cancelled()
            || (self.closed.contains(&*change.account)
                && reconciler_of(change).is_some_and(Reconciler::is_elsewhere))
    }

    /// Ends the run.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        self.outcome.held = self
            .held
            .iter()
            .map(|change| change.address.clone())
            .collect();
        self.outcome.left = self
            .left
            .iter()
            .map(|change| change.address.clone())
            .collect();
        self.outcome.waiting = self.unready.into_values().collect();
        self.outcome
    }

    /// Returns what is not as the plan wants it, or not usable yet: nothing may go out that needs it.
    pub fn unready(&self) -> impl Iterator<Item = &Address> {
        let unmade = self.held.iter().chain(&self.left);
        self.unready
            .keys()
            .chain(self.outcome.failed.iter().map(|failure| &failure.address))
            .chain(unmade.map(|change| &change.address))
    }

    fn needs_unready(&self, change: &Change) -> bool {
        if change.after_ready.is_empty() {
            return false;
        }
        let needs: Vec<String> = change.after_ready.iter().map(ToString::to_string).collect();
        self.unready()
            .any(|address| needs.iter().any(|need| address.is_named_by(need)))
    }

    /// Makes one change, or notes why it could not be made.
    async fn write_one(&mut self, change: &'a Change) -> Result<(), store::Error> {
        let kind = &change.address.kind;
        let Some(reconciler) = reconciler_of(change) else {
            return Ok(());
        };
        let desired = self.desired.get(&change.address).copied();
        let live = self
            .prepared
            .snapshot
            .get(reconciler.kind(), &change.account, &change.key);
        if change.action == Action::Forget {
            // Nothing is declared any more that a worker could go by: what is under way ends.
            if self.prepared.plan.destroy && !reconciler.is_elsewhere() {
                let ended = self.send(reconciler, change, Intent::Delete, None, live);
                match ended.await {
                    Ok(_) => {}
                    Err(Error::Store(error)) => return Err(error),
                    Err(error) => {
                        return self.failed(change, &error, Trail::default()).await;
                    }
                }
            }
            let (account, key) = (&*change.account, &*change.key);
            let entry = self.entry(change, Trail::default());
            self.session
                .store
                .forget(self.session.lock, kind, account, key, &[], entry.as_ref())
                .await?;
            self.done(change, "");
            return Ok(());
        }
        let intent = match change.action {
            Action::Create => Intent::Create,
            Action::Replace => Intent::Replace,
            Action::Delete => Intent::Delete,
            Action::Update | Action::Adopt | Action::Forget | Action::NoOp => Intent::Update,
        };
        self.session.observer.event(Event::Started {
            address: &change.address,
            action: change.action,
        });
        self.hold_the_lock().await?;
        let begun = self.begin(change).await?;
        let sending = self.send(reconciler, change, intent, desired, live);
        let (sent, requests) = meta::traced(sending).await;
        let trail = Trail { begun, requests };
        match sent {
            Ok(written) => {
                self.record(reconciler, change, desired, written, trail)
                    .await
            }
            Err(Error::Store(error)) => Err(error),
            Err(error) => self.failed(change, &error, trail).await,
        }
    }

    /// Makes sure that the lock is still ours before anything is written elsewhere: this process may have slept for longer
    /// than its lease, and another run may be writing by now.
    async fn hold_the_lock(&self) -> Result<(), store::Error> {
        let now = self.session.clock.now();
        self.session
            .store
            .renew_lock(self.session.lock, now, lock::lease_end(now))
            .await
    }

    async fn send(
        &self,
        reconciler: &dyn Reconciler,
        change: &Change,
        intent: Intent,
        desired: Option<&Desired>,
        live: Option<&Live>,
    ) -> Result<Option<Written>, Error> {
        let session = self.session;
        let connection = session.connections.readers.get(&change.account);
        let (Some(connection), Some(graph)) = (connection, session.writers.get(&change.account))
        else {
            return Err(Error::Unexpected(format!(
                "the account `{}` is no longer declared",
                change.account
            )));
        };
        let writer = Writer {
            project: session.project,
            clock: session.clock,
            account: &change.account,
            waba_id: &connection.waba_id,
            reader: connection.graph,
            graph,
            store: session.store,
            lock: session.lock,
        };
        let last =
            self.applied
                .get(&(change.address.kind.as_str(), &*change.account, &*change.key));
        reconciler
            .write(
                intent,
                desired,
                last.map(|last| &last.content),
                live,
                &writer,
            )
            .await
    }
}

fn reconciler_of(change: &Change) -> Option<&'static dyn Reconciler> {
    reconcilers().find(|reconciler| reconciler.kind() == change.address.kind)
}
