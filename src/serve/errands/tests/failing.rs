//! Errands over a store that fails for a time, and beside errands that take their time.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::store::{ErrandCounts, Result};

type Answer<'a, T> = BoxFuture<'a, Result<T>>;

/// A store that fails so many times at each of two things.
struct Faulty {
    store: Arc<dyn Database>,
    looks: AtomicU32,
    settles: AtomicU32,
}

impl Faulty {
    fn fails(left: &AtomicU32) -> Result<()> {
        let one_less = |left: u32| left.checked_sub(1);
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => Err(store::Error::Invalid("as it was told to".to_owned())),
            Err(_) => Ok(()),
        }
    }
}

impl store::Errands for Faulty {
    fn errand<'a>(
        &'a self,
        account: &'a str,
        errands: Vec<NewErrand>,
        now: Timestamp,
    ) -> Answer<'a, u64> {
        self.store.errand(account, errands, now)
    }

    fn errands_due<'a>(
        &'a self,
        kinds: &'a [ErrandKind],
        now: Timestamp,
        limit: usize,
    ) -> Answer<'a, Vec<Errand>> {
        match Self::fails(&self.looks) {
            Ok(()) => self.store.errands_due(kinds, now, limit),
            Err(error) => std::future::ready(Err(error)).boxed(),
        }
    }

    fn next_errand<'a>(&'a self, kinds: &'a [ErrandKind]) -> Answer<'a, Option<Timestamp>> {
        self.store.next_errand(kinds)
    }

    fn begin_errand(&self, id: i64, now: Timestamp) -> Answer<'_, bool> {
        self.store.begin_errand(id, now)
    }

    fn settle_errand(&self, id: i64, now: Timestamp, ran: Ran) -> Answer<'_, ()> {
        match Self::fails(&self.settles) {
            Ok(()) => self.store.settle_errand(id, now, ran),
            Err(error) => std::future::ready(Err(error)).boxed(),
        }
    }

    fn recover_errands(&self, now: Timestamp) -> Answer<'_, u64> {
        self.store.recover_errands(now)
    }

    fn errand_counts(&self, kind: ErrandKind) -> Answer<'_, ErrandCounts> {
        self.store.errand_counts(kind)
    }
}

fn faulty(bench: &Bench, looks: u32, settles: u32) -> Arc<Faulty> {
    Arc::new(Faulty {
        store: Arc::clone(&bench.store),
        looks: AtomicU32::new(looks),
        settles: AtomicU32::new(settles),
    })
}

fn over(bench: &Bench, store: &Arc<Faulty>, runner: Arc<dyn Runner>) -> Errands {
    Errands {
        store: store.clone(),
        ..bench.errands(ErrandKind::Reply, runner)
    }
}

async fn until_done(bench: &Bench, kind: ErrandKind, count: u64) {
    while bench.store.errand_counts(kind).await.unwrap().done < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn two_replies(bench: &Bench) {
    for key in ["k1", "k2"] {
        let payload = json!({ "to": "+37255501234" });
        bench
            .errand(ErrandKind::Reply, "call_me", key, "+37255501234", payload)
            .await;
    }
}

#[tokio::test]
async fn a_store_that_fails_at_the_start_holds_errands_up_and_no_more() {
    let bench = Bench::new();
    two_replies(&bench).await;
    let (_, runner) = replies(&bench, accepted);
    let store = faulty(&bench, 1, 0);
    let stop = CancellationToken::new();
    let running = tokio::spawn(over(&bench, &store, runner).run(stop.clone()));
    until_done(&bench, ErrandKind::Reply, 2).await;
    assert_eq!(store.looks.load(Ordering::SeqCst), 0);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn an_end_that_cannot_be_recorded_is_recorded_later_and_frees_its_lane() {
    let bench = Bench::new();
    two_replies(&bench).await;
    let (meta, runner) = replies(&bench, accepted);
    let store = faulty(&bench, 0, 6);
    let stop = CancellationToken::new();
    let running = tokio::spawn(over(&bench, &store, runner).run(stop.clone()));
    until_done(&bench, ErrandKind::Reply, 2).await;
    stop.cancel();
    running.await.unwrap();
    assert_eq!(store.settles.load(Ordering::SeqCst), 0);
    assert_eq!(meta.sent.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_end_that_cannot_be_recorded_at_all_does_not_keep_the_service_from_ending() {
    let bench = Bench::new();
    reply(&bench).await;
    let (meta, runner) = replies(&bench, accepted);
    let store = faulty(&bench, 0, u32::MAX);
    let stop = CancellationToken::new();
    let running = tokio::spawn(over(&bench, &store, runner).run(stop.clone()));
    while store.settles.load(Ordering::SeqCst) == u32::MAX {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(meta.sent.lock().unwrap().len(), 1);
    // Whoever comes next takes it for uncertain, and repeats nothing.
    let now = bench.clock.now();
    assert_eq!(bench.store.recover_errands(now).await.unwrap(), 1);
}

/// Takes its time over one errand, until it is told to end.
struct Slow(Notify);

impl Runner for Slow {
    fn run<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, store::Result<Option<Ran>>> {
        async move {
            if errand.key == "slow" {
                self.0.notified().await;
            }
            Ok(Some(Ran::Done { message_id: None }))
        }
        .boxed()
    }
}

#[tokio::test]
async fn a_slow_delivery_holds_up_its_own_lane_alone() {
    let bench = Bench::new();
    for (key, lane) in [
        ("slow", "ana"),
        ("after", "ana"),
        ("bo1", "bo"),
        ("bo2", "bo"),
    ] {
        bench
            .errand(ErrandKind::Handoff, "desk", key, lane, json!({}))
            .await;
    }
    let slow = Arc::new(Slow(Notify::new()));
    let runner: Arc<dyn Runner> = slow.clone();
    let stop = CancellationToken::new();
    let errands = bench.errands(ErrandKind::Handoff, runner);
    let running = tokio::spawn(errands.run(stop.clone()));
    until_done(&bench, ErrandKind::Handoff, 2).await;
    assert_eq!(bench.first(ErrandKind::Handoff).await.key, "slow");
    slow.0.notify_one();
    until_done(&bench, ErrandKind::Handoff, 4).await;
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_ring_between_looking_and_waiting_is_heard() {
    let wakes = Wakes::new();
    let mut listener = wakes.listen();
    assert_eq!(listener.heard().now_or_never(), None);
    wakes.wake();
    assert_eq!(listener.heard().now_or_never(), Some(()));
    assert_eq!(listener.heard().now_or_never(), None);
}

#[tokio::test]
async fn a_connection_that_does_not_open_says_why_and_not_where() {
    let bench = Bench::new();
    bench
        .errand(ErrandKind::Handoff, "desk", "k1", "ana", json!({}))
        .await;
    // Nothing listens on port 1.
    let runner = bench.deliveries("http://127.0.0.1:1/token");
    let ran = bench.run_first(ErrandKind::Handoff, &runner).await;
    let Some(Ran::Again { reason, .. }) = ran else {
        panic!("{ran:?}")
    };
    let cause = reason.strip_prefix("the connection did not open: ");
    assert!(
        cause.is_some_and(|cause| cause.contains("refused")),
        "{reason}"
    );
    assert!(!reason.contains("token"), "{reason}");
}
