//! Runs the errands that follow from what came in: replies to customers, conversations to the desk, news to whoever is told.
//!
//! Errands of one lane go one after the other; a lane that waits for its next try holds up no other. One process at a time
//! runs them, under a lease: a reply that was begun and not settled when it took over is uncertain, and never repeated.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod delivery;
mod reply;
#[cfg(test)]
mod tests;

pub(super) use delivery::{Deliveries, Places};
pub(super) use reply::ReplyRunner;

use super::point::{Point, Reached};
use super::wakes::Wakes;
use crate::campaign::retry;
use crate::clock::Clock;
use crate::store::{self, Errand, ErrandKind, Ran};

/// Another process may have left an errand: nobody wakes us for that.
const POLL: Duration = Duration::from_secs(1);
/// How many errands of one kind are under way at once.
const AT_ONCE: usize = 16;

/// Runs one errand. None leaves it as it is: it is looked at again.
pub(super) trait Runner: Send + Sync {
    fn run<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, store::Result<Option<Ran>>>;
}

/// Whoever runs the errands of one kind.
#[derive(Clone)]
pub(super) struct Errands {
    pub(super) store: Arc<dyn store::Errands>,
    pub(super) clock: Clock,
    pub(super) kind: ErrandKind,
    pub(super) runner: Arc<dyn Runner>,
    pub(super) reached: Reached,
    pub(super) wakes: Wakes,
}

impl Errands {
    /// Runs what is due until `stop` is cancelled; what is under way then ends and is recorded.
    pub(super) async fn run(self, stop: CancellationToken) {
        let this = Arc::new(self);
        let mut rings = this.wakes.listen();
        let mut under_way: JoinSet<i64> = JoinSet::new();
        let mut ids: BTreeSet<i64> = BTreeSet::new();
        while !stop.is_cancelled() {
            this.begin_due(&mut under_way, &mut ids, &stop).await;
            let next = this.next(&ids).await;
            tokio::select! {
                Some(ended) = under_way.join_next() => forget(&mut ids, ended, &under_way),
                () = rings.heard() => {}
                () = this.clock.sleep_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => {}
                () = tokio::time::sleep(POLL) => {}
                () = stop.cancelled() => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn begin_due(
        self: &Arc<Self>,
        under_way: &mut JoinSet<i64>,
        ids: &mut BTreeSet<i64>,
        stop: &CancellationToken,
    ) {
        let now = self.clock.now();
        // Those under way are still due, where nothing marks their beginning.
        let limit = AT_ONCE + ids.len();
        let due = match self.store.errands_due(&[self.kind], now, limit).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "errands could not be read");
                return;
            }
        };
        for errand in due {
            if ids.len() >= AT_ONCE {
                return;
            }
            if ids.insert(errand.id) {
                let (this, stop) = (Arc::clone(self), stop.clone());
                under_way.spawn(async move { this.run_one(&errand, &stop).await });
            }
        }
    }

    /// Returns when the next falls due that is not due now: what is due and not begun is looked at by polling.
    async fn next(&self, ids: &BTreeSet<i64>) -> Option<Timestamp> {
        let now = self.clock.now();
        let next = self.store.next_errand(&[self.kind]).await.ok()??;
        (next > now && ids.len() < AT_ONCE).then_some(next)
    }

    async fn run_one(&self, errand: &Errand, stop: &CancellationToken) -> i64 {
        match self.runner.run(errand).await {
            Ok(None) => {}
            Ok(Some(ran)) => self.settle(errand, ran, stop).await,
            Err(error) => tracing::error!(%error, "an errand could not be run"),
        }
        errand.id
    }

    /// Records what became of an errand, however long that takes: until then its lane waits. A reply whose end is not recorded
    /// when the errands end stays begun, and is uncertain to whoever comes next; a delivery is made again, and its key says so.
    async fn settle(&self, errand: &Errand, ran: Ran, stop: &CancellationToken) {
        (self.reached)(Point::BeforeSettle);
        let (mut failures, mut last_tries) = (0, 0);
        loop {
            let now = self.clock.now();
            let settled = self.store.settle_errand(errand.id, now, ran.clone());
            let Err(error) = settled.await else {
                return (self.reached)(Point::AfterSettle);
            };
            failures += 1;
            tracing::error!(%error, failures, "the end of an errand could not be recorded");
            if !stop.is_cancelled() {
                let pause = retry::doubling(SETTLE_PAUSE, LONGEST_SETTLE_PAUSE, failures);
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => {}
                }
            } else if last_tries < LAST_SETTLE_TRIES {
                last_tries += 1;
                tokio::time::sleep(SETTLE_PAUSE).await;
            } else {
                return;
            }
        }
    }
}

const SETTLE_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_SETTLE_PAUSE: Duration = Duration::from_secs(1);
/// How often the end is tried again once the errands are to end.
const LAST_SETTLE_TRIES: u32 = 10;

/// An errand that panicked is not known by its id any more: with the last of them, all are forgotten.
fn forget(
    ids: &mut BTreeSet<i64>,
    ended: Result<i64, tokio::task::JoinError>,
    under_way: &JoinSet<i64>,
) {
    match ended {
        Ok(id) => {
            ids.remove(&id);
        }
        Err(error) => {
            tracing::error!(%error, "an errand ended badly");
            if under_way.is_empty() {
                ids.clear();
            }
        }
    }
}
