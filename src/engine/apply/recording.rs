//! What is recorded of an apply: what was last applied and the journal's entry, in one transaction each.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::{Event, Failure, Run};
use crate::engine::found::{Found, remembering};
use crate::engine::plan::{Action, Change};
use crate::engine::refresh::reconcilers;
use crate::engine::{diff, fingerprint};
use crate::meta;
use crate::resource::{BudgetUse, Desired, Error, Reconciler, Written};
use crate::store::{self, Applied, Note, RightUsed, Stage};

/// Records that are handed to the state together, where nothing depends on their order.
const REMEMBERED_AT_ONCE: usize = 128;
/// What the journal calls an object that was found as declared and is remembered from now on: its own write's record was lost,
/// or its block has another name.
const FOUND: &str = "found";

/// What the journal and Meta know of a write.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    /// The entry with which it began.
    pub(super) begun: Option<i64>,
    /// What Meta calls its requests.
    pub(super) requests: Vec<String>,
}

/// What is remembered of a write: the object, the rights that it used up, the journal's entry.
type Record = (Applied, Vec<RightUsed>, Option<Note>);

impl<'a> Run<'a> {
    /// Returns the journal's entry of a change that is done; none where no journal is kept.
    pub(super) fn entry(&self, change: &Change, trail: Trail) -> Option<Note> {
        Some(Note {
            run: self.session.run?.to_owned(),
            at: self.session.clock.now(),
            stage: Stage::Done,
            ends: trail.begun,
            action: change.action.as_str().to_owned(),
            address: Some(change.address.to_string()),
            object: change.id.clone(),
            requests: trail.requests,
            before: change.before.as_ref().map(fingerprint::of),
            ..Note::default()
        })
    }

    /// Notes that a change is about to be asked of its owner: were this process to end now, the journal would know that
    /// somebody has to look.
    pub(super) async fn begin(&self, change: &Change) -> Result<Option<i64>, store::Error> {
        let Some(entry) = self.entry(change, Trail::default()) else {
            return Ok(None);
        };
        let begun = Note {
            stage: Stage::Begun,
            ..entry
        };
        self.session.store.note(&begun).await.map(Some)
    }

    /// Records a write, and whether what was written can be used already.
    pub(super) async fn record(
        &mut self,
        reconciler: &dyn Reconciler,
        change: &Change,
        desired: Option<&Desired>,
        written: Option<Written>,
        trail: Trail,
    ) -> Result<(), store::Error> {
        let session = self.session;
        let at = session.clock.now();
        let rights = rights(change, at);
        let entry = self.entry(change, trail);
        match (desired, written) {
            (Some(desired), Some(written)) => {
                let facts = written.live.as_ref().map(|live| live.facts.clone());
                let applied = Applied {
                    facts: facts.unwrap_or_default(),
                    ..applied(desired, &written.id, written.content, at)
                };
                let entry = entry.map(|entry| of_content(entry, &applied));
                session
                    .store
                    .remember(session.lock, &applied, &rights, entry.as_ref())
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
                let (kind, key) = (&*change.address.kind, &*change.key);
                let entry = entry.as_ref();
                session
                    .store
                    .forget(session.lock, kind, &change.account, key, &rights, entry)
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
    pub(super) async fn remember_found(
        &mut self,
        changes: Vec<&'a Change>,
    ) -> Result<(), store::Error> {
        let (store, lock) = (self.session.store, self.session.lock);
        let remembered = changes.into_iter().filter_map(|change| {
            let (id, applied) = self.found(change)?;
            Some(async move {
                if let Some((applied, rights, entry)) = applied {
                    let entry = entry.as_ref();
                    store.remember(lock, &applied, &rights, entry).await?;
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
        let last = self
            .applied
            .get(&(kind, &*desired.account, &*desired.key))
            .copied();
        let at = self.session.clock.now();
        let remembered = remembering(reconciler, desired, last, live, at);
        let record = remembered.map(|found| {
            let Found {
                applied,
                rights,
                noted,
            } = found;
            // What is only watched is nobody's doing.
            let ours = !noted && !reconciler.is_watched();
            let entry = self.entry(change, Trail::default()).filter(|_| ours);
            let note = entry.map(|note| Note {
                action: match change.action {
                    Action::Adopt => note.action.clone(),
                    _ => FOUND.to_owned(),
                },
                ..of_content(note, &applied)
            });
            (applied, rights, note)
        });
        Some((&live.id, record))
    }

    pub(super) fn done(&mut self, change: &Change, id: &str) {
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
    pub(super) async fn failed(
        &mut self,
        change: &'a Change,
        error: &Error,
        trail: Trail,
    ) -> Result<(), store::Error> {
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
        if let Some(entry) = self.entry(change, trail) {
            let failed = Note {
                stage: Stage::Failed,
                code: code.clone(),
                text: Some(reason.clone()),
                ..entry
            };
            self.session.store.note(&failed).await?;
        }
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
        Ok(())
    }
}

fn applied(desired: &Desired, id: &str, content: serde_json::Value, at: Timestamp) -> Applied {
    Applied {
        address: desired.address.clone(),
        account: desired.account.clone(),
        key: desired.key.clone(),
        id: id.to_owned(),
        content,
        facts: serde_json::Value::Null,
        at,
    }
}

fn rights(change: &Change, at: Timestamp) -> Vec<RightUsed> {
    let right = |budget: &BudgetUse| RightUsed {
        account: change.account.clone(),
        right: budget.right.clone(),
        subject: budget.subject.clone(),
        at,
    };
    change.budgets.iter().map(right).collect()
}

/// Returns an entry with the digest of what is remembered now.
fn of_content(entry: Note, applied: &Applied) -> Note {
    Note {
        object: Some(applied.id.clone()),
        after: Some(fingerprint::of(&applied.content)),
        ..entry
    }
}
