//! Tells all who wait that something may have become due.

use std::sync::Arc;

use tokio::sync::watch;

/// One bell, many who listen; clones ring the same.
#[derive(Clone, Debug)]
pub(super) struct Wakes(Arc<watch::Sender<u64>>);

/// One who listens: a ring between two waits is not missed.
#[derive(Debug)]
pub(super) struct Listener(watch::Receiver<u64>);

impl Wakes {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub(super) fn wake(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

impl Listener {
    /// Waits for the next ring; at once where one was missed.
    pub(super) async fn heard(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody can ring any more.
            std::future::pending::<()>().await;
        }
    }
}
