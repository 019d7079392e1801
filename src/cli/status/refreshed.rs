//! What takes long to find out, found out in the background, so that nobody waits for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

type Work<T> = dyn Fn(Option<T>) -> BoxFuture<'static, T> + Send + Sync;

/// The latest value of something. Whoever asks gets it at once, and has it found out anew where it has become old; one
/// attempt is under way at a time, and it ends with this.
pub(crate) struct Refreshed<T> {
    work: Box<Work<T>>,
    pace: Duration,
    latest: Arc<Mutex<Option<T>>>,
    attempt: Mutex<Option<Attempt>>,
}

struct Attempt {
    // Not of the sandbox's clock, which leaps: what is spared are real requests.
    begun: Instant,
    task: AbortOnDropHandle<()>,
}

impl<T: Clone + Send + 'static> Refreshed<T> {
    /// `work` is given the value before; it begins no more often than once in `pace`.
    pub(crate) fn new(
        pace: Duration,
        work: impl Fn(Option<T>) -> BoxFuture<'static, T> + Send + Sync + 'static,
    ) -> Self {
        Self {
            work: Box::new(work),
            pace,
            latest: Arc::default(),
            attempt: Mutex::new(None),
        }
    }

    /// Returns the latest value; none before the first has been found out.
    pub(crate) fn look(&self) -> Option<T> {
        self.refresh();
        self.latest()
    }

    fn latest(&self) -> Option<T> {
        let latest = self.latest.lock();
        latest.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refresh(&self) {
        let attempt = self.attempt.lock();
        let mut attempt = attempt.unwrap_or_else(PoisonError::into_inner);
        let is_fresh =
            |attempt: &Attempt| attempt.begun.elapsed() < self.pace || !attempt.task.is_finished();
        if attempt.as_ref().is_some_and(is_fresh) {
            return;
        }
        let (work, latest) = ((self.work)(self.latest()), Arc::clone(&self.latest));
        let task = tokio::spawn(async move {
            let found = work.await;
            *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        });
        *attempt = Some(Attempt {
            begun: Instant::now(),
            task: AbortOnDropHandle::new(task),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::{Notify, Semaphore};

    use super::*;

    /// Counts up; each time only when it is allowed to.
    struct Counter {
        begun: AtomicU32,
        allowed: Semaphore,
        done: Notify,
    }

    fn counting(pace: Duration) -> (Arc<Counter>, Refreshed<u32>) {
        let counter = Arc::new(Counter {
            begun: AtomicU32::new(0),
            allowed: Semaphore::new(0),
            done: Notify::new(),
        });
        let shared = Arc::clone(&counter);
        let refreshed = Refreshed::new(pace, move |before: Option<u32>| {
            let counter = Arc::clone(&shared);
            counter.begun.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                counter.allowed.acquire().await.unwrap().forget();
                counter.done.notify_one();
                before.unwrap_or_default() + 1
            })
        });
        (counter, refreshed)
    }

    /// Looks until there is what is waited for.
    async fn shows(refreshed: &Refreshed<u32>, value: u32) {
        while refreshed.latest() != Some(value) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn nobody_waits_and_one_attempt_is_under_way_at_a_time() {
        let (counter, refreshed) = counting(Duration::ZERO);
        for _ in 0..3 {
            assert_eq!(refreshed.look(), None);
            tokio::task::yield_now().await;
        }
        assert_eq!(counter.begun.load(Ordering::SeqCst), 1);
        counter.allowed.add_permits(1);
        shows(&refreshed, 1).await;
    }

    #[tokio::test]
    async fn an_old_value_is_shown_until_the_next_is_there() {
        let (counter, refreshed) = counting(Duration::ZERO);
        refreshed.look();
        counter.allowed.add_permits(1);
        shows(&refreshed, 1).await;
        // The first attempt's task may still be ending.
        while counter.begun.load(Ordering::SeqCst) < 2 {
            assert_eq!(refreshed.look(), Some(1));
            tokio::task::yield_now().await;
        }
        assert_eq!(refreshed.look(), Some(1));
        counter.allowed.add_permits(1);
        shows(&refreshed, 2).await;
    }

    #[tokio::test]
    async fn a_fresh_value_is_not_found_out_again() {
        let (counter, refreshed) = counting(Duration::from_secs(3_600));
        refreshed.look();
        counter.allowed.add_permits(2);
        shows(&refreshed, 1).await;
        for _ in 0..10 {
            assert_eq!(refreshed.look(), Some(1));
            tokio::task::yield_now().await;
        }
        assert_eq!(counter.begun.load(Ordering::SeqCst), 1);
    }
}
