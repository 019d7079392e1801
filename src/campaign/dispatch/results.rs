//! Results on their way into the ledger.
//!
//! Gathered for a few milliseconds, written while sending goes on, one batch at a time. A batch that the store could
//! not write comes back and is written again: the store promises that a failed call has done nothing.

use std::future;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::campaign::retry;
use crate::store::{self, Settlement, Store};

const FIRST_RETRY: Duration = Duration::from_millis(50);
const LONGEST_RETRY: Duration = Duration::from_secs(2);

/// The result of one claim.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub lane: usize,
    pub settlement: Settlement,
}

/// All results that are not committed.
pub(super) struct Results<'a> {
    store: &'a dyn Store,
    flush: Duration,
    waiting: Vec<Entry>,
    /// When the waiting ones are to be written.
    due: Option<Instant>,
    batch: Vec<Entry>,
    writing: Option<BoxFuture<'a, store::Result<()>>>,
    failures: u32,
}

impl<'a> Results<'a> {
    pub(super) fn new(store: &'a dyn Store, flush: Duration) -> Self {
        Self {
            store,
            flush,
            waiting: Vec::new(),
            due: None,
            batch: Vec::new(),
            writing: None,
            failures: 0,
        }
    }

    /// Returns how many results are not committed.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.batch.len()
    }

    /// How often in a row the store could not write.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// When [`Self::begin`] has something to do, where nothing else happens before.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        self.due.filter(|_| self.writing.is_none())
    }

    pub(super) fn push(&mut self, entry: Entry, now: Instant) {
        self.waiting.push(entry);
        self.due.get_or_insert(now + self.flush);
    }

    /// Begins to write what waits, if it has waited long enough or `at_once`.
    pub(super) fn begin(&mut self, at_once: bool, now: Instant) {
        let Some(due) = self.due else { return };
        let early = at_once && self.failures == 0;
        if self.writing.is_some() || (now < due && !early) {
            return;
        }
        self.due = None;
        self.batch = std::mem::take(&mut self.waiting);
        let settlements = self
            .batch
            .iter()
            .map(|entry| entry.settlement.clone())
            .collect();
        self.writing = Some(self.store.settle(settlements));
    }

    /// Waits until what is being written is committed, and returns it; for ever where nothing is. May be dropped and called
    /// again.
    pub(super) async fn written(&mut self) -> store::Result<Vec<Entry>> {
        let Some(writing) = &mut self.writing else {
            return future::pending().await;
        };
        let result = writing.await;
        self.writing = None;
        let mut batch = std::mem::take(&mut self.batch);
        match result {
            Ok(()) => {
                self.failures = 0;
                Ok(batch)
            }
            Err(error) => {
                self.failures += 1;
                batch.append(&mut self.waiting);
                self.waiting = batch;
                let pause = retry::doubling(FIRST_RETRY, LONGEST_RETRY, self.failures);
                self.due = Some(Instant::now() + pause);
                Err(error)
            }
        }
    }
}
