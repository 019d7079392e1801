//! Waiting for what is in review, with an eye on what was ready before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Event, Run};
use crate::config::Address;
use crate::engine::diff;
use crate::engine::plan::Wait;
use crate::engine::refresh::reconcilers;
use crate::meta::Class;
use crate::resource::{Desired, Error, Live, Numbers, Reconciler, World};

const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(250);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(30);

impl Run<'_> {
    /// Waits for what is in review until `until`, or until the run is stopped; then makes the changes that waited for it.
    ///
    /// # Errors
    /// Where the state cannot be written, or the world cannot be read.
    pub async fn wait(&mut self, until: Timestamp) -> Result<(), Error> {
        let (clock, stop) = (self.session.clock, self.session.stop);
        let mut pause = FIRST_PAUSE;
        loop {
            match self.look_again().await {
                Err(error) if !passes(&error) => return Err(error),
                // A review takes hours; a network that is away for a minute does not end the waiting for it.
                Err(error) => tracing::info!(%error, "the reviews could not be read; asking again"),
                Ok(()) => {}
            }
            let now = clock.now();
            if !self.may_become_ready() || now >= until || stop.is_cancelled() {
                break;
            }
            let next = now.saturating_add(pause).unwrap_or(until).min(until);
            tokio::select! {
                () = clock.sleep_until(next) => {}
                () = stop.cancelled() => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let held = std::mem::take(&mut self.held);
        Ok(self.write_all(held).await?)
    }

    /// Tells whether waiting helps: what is broken, or only written by the next run, will not come.
    fn may_become_ready(&self) -> bool {
        self.unready
            .values()
            .any(|wait| !wait.broken && !wait.unwritten)
    }

    /// Reads again what is waited for, and what was ready when it was planned: somebody else may have changed it since.
    async fn look_again(&mut self) -> Result<(), Error> {
        let session = self.session;
        let places: BTreeSet<(String, String)> = self
            .prepared
            .desired
            .iter()
            .filter(|desired| self.unready.contains_key(&desired.address))
            .map(|desired| (desired.address.kind.clone(), desired.account.clone()))
            .collect();
        // What could not be made stands as failed or left, and is not waited for.
        let unmade: BTreeSet<Address> = self
            .outcome
            .failed
            .iter()
            .map(|failure| &failure.address)
            .chain(self.left.iter().map(|change| &change.address))
            .cloned()
            .collect();
        let planned: BTreeSet<&Address> = self
            .prepared
            .plan
            .changes
            .iter()
            .map(|change| &change.address)
            .filter(|address| !unmade.contains(*address))
            .collect();
        for (kind, account) in places {
            let reconciler = reconcilers().find(|reconciler| reconciler.kind() == kind);
            let (Some(reconciler), Some(connection)) =
                (reconciler, session.connections.readers.get(&account))
            else {
                continue;
            };
            let numbers = Numbers::default();
            let world = World {
                project: session.project,
                clock: session.clock,
                account: &account,
                waba_id: &connection.waba_id,
                graph: connection.graph,
                store: session.store,
                deletes: connection.deletes,
                numbers: &numbers,
            };
            let live = reconciler.read(&world).await?;
            let live: BTreeMap<&str, &Live> =
                live.iter().map(|live| (live.key.as_str(), live)).collect();
            for desired in &self.prepared.desired {
                let is_here = desired.address.kind == kind && desired.account == account;
                if is_here && planned.contains(&desired.address) {
                    self.look_at(reconciler, desired, live.get(desired.key.as_str()).copied());
                }
            }
        }
        Ok(())
    }

    fn look_at(&mut self, reconciler: &dyn Reconciler, desired: &Desired, live: Option<&Live>) {
        let before = self.unready.get(&desired.address);
        // Its change is not made in this run, and nothing that needs it goes out.
        if before.is_some_and(|wait| wait.unwritten) {
            return;
        }
        // What Meta has just taken may be missing from its list for a moment.
        let Some(live) = live else {
            return;
        };
        let found = if reconciler
            .compare(&desired.content, Some(&desired.content), live)
            .is_empty()
        {
            diff::waiting(reconciler, desired, live)
        } else {
            Some(Wait {
                address: desired.address.clone(),
                reason: "what is live is not what is declared; the next apply tells how".to_owned(),
                help: None,
                broken: false,
                // What this run wrote may be shown as it was before for a moment; what it found has been changed.
                unwritten: before.is_none(),
            })
        };
        match (before, found) {
            (_, None) => {
                let waited = self.unready.remove(&desired.address);
                if waited.is_some() {
                    self.session.observer.event(Event::Ready {
                        address: &desired.address,
                    });
                }
            }
            (before, Some(wait)) if before != Some(&wait) => {
                self.session.observer.event(Event::Waiting(&wait));
                self.unready.insert(desired.address.clone(), wait);
            }
            _ => {}
        }
    }
}

/// Tells whether an error of reading may be gone at the next try.
fn passes(error: &Error) -> bool {
    let Error::Meta(error) = error else {
        return false;
    };
    match error.graph() {
        Some(error) => matches!(
            error.class,
            Class::Temporary | Class::Throttled | Class::Uncertain
        ),
        None => matches!(
            error,
            crate::meta::Error::Unreachable { .. }
                | crate::meta::Error::Lost { .. }
                | crate::meta::Error::LimitReached { .. }
        ),
    }
}
