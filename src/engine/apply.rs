//! Carries out a plan: writes in order, remembers each one, waits for what is in review.
//!
//! Every write is followed at once by its own record in the state. A crash between the two loses nothing: the next plan
//! finds the object live, equal to what is declared, and remembers it then.

mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::diff;
use super::fingerprint;
use super::lock;
use super::plan::{Action, Change, Wait};
use super::planner::{Connections, Prepared};
use super::refresh::{Snapshot, reconcilers};
use crate::clock::Clock;
use crate::config::Address;
use crate::meta::{self, GraphWriter};
use crate::resource::{Desired, Error, Intent, Live, Project, Reconciler, Writer, Written};
use crate::store::{self, Applied, RightUsed, Store};

/// Records that are handed to the state together, where nothing depends on their order.
const REMEMBERED_AT_ONCE: usize = 128;

/// What an apply works with.
pub struct Session<'a> {
    pub project: &'a Project,
    pub connections: &'a Connections<'a>,
    /// By account.
    pub writers: &'a BTreeMap<String, GraphWriter>,
    pub store: &'a dyn Store,
    /// The id of the state lock that is held.
    pub lock: &'a str,
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
        session.connections,
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

/// What is remembered of a write: the object, and the rights that it used up.
type Record = (Applied, Vec<RightUsed>);

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
                project.position(&change.address),
                &change.address,
            )
        });
        self.write_all(changes).await
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
            self.session
                .store
                .forget(self.session.lock, kind, &change.account, &change.key, &[])
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
        match self.send(reconciler, change, intent, desired, live).await {
            Ok(written) => self.record(reconciler, change, desired, written).await,
            Err(Error::Store(error)) => Err(error),
            Err(error) => {
                self.failed(change, &error);
                Ok(())
            }
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

    /// Records a write, and whether what was written can be used already.
    async fn record(
        &mut self,
        reconciler: &dyn Reconciler,
        change: &Change,
        desired: Option<&Desired>,
        written: Option<Written>,
    ) -> Result<(), store::Error> {
        let session = self.session;
        let at = session.clock.now();
        let rights = rights(change, at);
        match (desired, written) {
            (Some(desired), Some(written)) => {
                let applied = applied(desired, &written.id, written.content, at);
                session
                    .store
                    .remember(session.lock, &applied, &rights)
                    .await?;
                if let Some(wait) = written
                    .live
                    .as_ref()
                    .and_then(|live| diff::waiting(reconciler, desired, live))
                {
                    self.unready.insert(wait.address.clone(), wait);
                }
                self.done(change, &written.id);
            }
            _ => {
                let kind = &change.address.kind;
                session
                    .store
                    .forget(session.lock, kind, &change.account, &change.key, &rights)
                    .await?;
                self.done(change, change.id.as_deref().unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Remembers what is live as declared, where the state does not say so yet: an adoption, or a write whose record was
    /// lost in a crash. Nothing depends on the order, and what is handed over together shares its transactions: adopting
    /// an account of thousands of templates does not wait for the disk as often.
    /// The rights that a lost write used up are booked then.
    async fn remember_found(&mut self, changes: Vec<&'a Change>) -> Result<(), store::Error> {
        let (store, lock) = (self.session.store, self.session.lock);
        let remembered = changes.into_iter().filter_map(|change| {
            let (id, applied) = self.found(change)?;
            Some(async move {
                if let Some((applied, rights)) = applied {
                    store.remember(lock, &applied, &rights).await?;
                }
                Ok::<_, store::Error>((change, id))
            })
        });
        let remembered: Vec<_> = stream::iter(remembered.collect::<Vec<_>>())
            .buffered(REMEMBERED_AT_ONCE)
            .try_collect()
            .await?;
        for (change, id) in remembered {
            if change.action == Action::Adopt {
                self.done(change, id);
            }
        }
        Ok(())
    }

    /// Returns the id of what a change has found, and what to remember of it where that is not known yet.
    fn found(&self, change: &Change) -> Option<(&'a str, Option<Record>)> {
        let kind = change.address.kind.as_str();
        let reconciler = reconcilers().find(|reconciler| reconciler.kind() == kind)?;
        let desired = self.desired.get(&change.address).copied()?;
        let snapshot = &self.prepared.snapshot;
        let live = snapshot.get(reconciler.kind(), &change.account, &change.key)?;
        let last = self.applied.get(&(kind, &*desired.account, &*desired.key));
        let same = |last: &&Applied| {
            last.content == desired.content && last.id == live.id && last.address == desired.address
        };
        let known = last.is_some_and(same);
        let at = self.session.clock.now();
        let record = || {
            let rights = last
                .filter(|last| last.id == live.id)
                .map(|last| reconciler.unrecorded(&last.content, live, at));
            let applied = applied(desired, &live.id, reconciler.found(desired, live), at);
            (applied, rights.unwrap_or_default())
        };
        Some((&live.id, (!known).then(record)))
    }

    fn done(&mut self, change: &Change, id: &str) {
        self.session.observer.event(Event::Done {
            address: &change.address,
            action: change.action,
            id,
        });
        self.outcome
            .done
            .push((change.address.clone(), change.action));
    }

    /// Notes a failure. Where the account as a whole is in trouble, nothing more is tried with it.
    fn failed(&mut self, change: &'a Change, error: &Error) {
        let reason = error.to_string();
        self.session.observer.event(Event::Failed {
            address: &change.address,
            action: change.action,
            reason: &reason,
        });
        let (code, help) = match error {
            Error::Meta(error) => (Some(error.code().to_owned()), error.advice()),
            _ => (None, None),
        };
        let (address, action) = (change.address.clone(), change.action);
        self.outcome.failed.push(Failure {
            address,
            action,
            reason,
            code,
            help,
        });
        if matches!(error, Error::Meta(error) if error.graph().is_some_and(|error| error.class == meta::Class::Account))
        {
            self.closed.insert(&change.account);
        }
    }
}

fn reconciler_of(change: &Change) -> Option<&'static dyn Reconciler> {
    reconcilers().find(|reconciler| reconciler.kind() == change.address.kind)
}

fn applied(desired: &Desired, id: &str, content: serde_json::Value, at: Timestamp) -> Applied {
    Applied {
        address: desired.address.clone(),
        account: desired.account.clone(),
        key: desired.key.clone(),
        id: id.to_owned(),
        content,
        at,
    }
}

fn rights(change: &Change, at: Timestamp) -> Vec<RightUsed> {
    let right = |budget: &crate::resource::BudgetUse| RightUsed {
        account: change.account.clone(),
        right: budget.right.clone(),
        subject: budget.subject.clone(),
        at,
    };
    change.budgets.iter().map(right).collect()
}
