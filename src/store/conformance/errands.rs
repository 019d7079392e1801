//! Errands: each kept once, one lane's after each other, replies at most once.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::kit::{ACCOUNT, DAY, HOUR, MINUTE, NUMBER, at};
use crate::store::{Errand, ErrandCounts, ErrandKind, Errands, NewErrand, Ran, Store};

/// Errands, and the ledger that their tags name.
pub(in crate::store) trait Kept: Store + Errands {}

impl<T: Store + Errands> Kept for T {}

/// Opens the same errands every time.
pub(in crate::store) type Opener = Box<dyn Fn() -> Arc<dyn Kept> + Send + Sync>;

macro_rules! errands_tests_of {
    ($open:expr) => {
        $crate::store::conformance::tests_of! { $open; errands:
            a_kept_errand_comes_back_as_it_went, a_second_errand_with_a_key_is_the_first_one,
            what_is_due_comes_earliest_first_and_no_more_than_asked_for, a_lane_goes_one_after_the_other,
            a_lane_waits_while_its_first_waits_for_its_retry, lanes_are_apart_by_kind_and_name,
            a_reply_is_begun_once_and_when_due, deliveries_are_not_begun, a_reply_that_was_put_off_is_begun_again,
            whoever_comes_after_a_crash_makes_what_was_begun_uncertain, an_uncertain_reply_takes_a_later_answer_and_is_never_repeated,
            what_is_settled_stays_as_it_is, a_delivery_counts_its_tries, errands_are_counted_by_kind,
        }
    };
}
pub(in crate::store) use errands_tests_of;

pub(super) const ALL: [ErrandKind; 3] =
    [ErrandKind::Reply, ErrandKind::Handoff, ErrandKind::Notify];

pub(super) fn new(kind: ErrandKind, key: &str, lane: &str, due: i64) -> NewErrand {
    NewErrand {
        kind,
        name: "reply.call_me".to_owned(),
        number: Some(NUMBER.to_owned()),
        key: key.to_owned(),
        lane: lane.to_owned(),
        payload: json!({ "text": "Thank you.", "key": key }),
        due_at: at(due),
    }
}

fn reply(key: &str, lane: &str) -> NewErrand {
    new(ErrandKind::Reply, key, lane, 0)
}

fn handoff(key: &str, lane: &str) -> NewErrand {
    new(ErrandKind::Handoff, key, lane, 0)
}

pub(super) async fn keep(store: &dyn Kept, errands: impl IntoIterator<Item = NewErrand>) -> u64 {
    let errands = errands.into_iter().collect();
    store.errand(ACCOUNT, errands, at(0)).await.unwrap()
}

pub(super) async fn due(store: &dyn Kept, now: i64) -> Vec<Errand> {
    store.errands_due(&ALL, at(now), 100).await.unwrap()
}

async fn keys_due(store: &dyn Kept, now: i64) -> Vec<String> {
    let due = due(store, now).await;
    due.into_iter().map(|errand| errand.key).collect()
}

/// Returns the id of the one errand that is due.
async fn the_one(store: &dyn Kept, now: i64) -> i64 {
    let due = due(store, now).await;
    assert_eq!(due.len(), 1, "one errand is due: {due:?}");
    due[0].id
}

pub(super) async fn settle(store: &dyn Kept, id: i64, now: i64, ran: Ran) {
    store.settle_errand(id, at(now), ran).await.unwrap();
}

pub(super) async fn next(store: &dyn Kept) -> Option<Timestamp> {
    store.next_errand(&ALL).await.unwrap()
}

async fn counts(store: &dyn Kept, kind: ErrandKind) -> ErrandCounts {
    store.errand_counts(kind).await.unwrap()
}

pub(super) fn done() -> Ran {
    Ran::Done {
        message_id: Some("wamid.1".to_owned()),
    }
}

pub(super) fn again(seconds: i64) -> Ran {
    Ran::Again {
        at: at(seconds),
        reason: "the desk answered 503".to_owned(),
    }
}

pub(super) fn failed() -> Ran {
    Ran::Failed {
        code: Some(131_047),
        reason: "the service window has closed".to_owned(),
    }
}

pub(super) fn uncertain() -> Ran {
    Ran::Uncertain {
        reason: "the answer was lost".to_owned(),
    }
}

pub(in crate::store) async fn a_kept_errand_comes_back_as_it_went(open: Opener) {
    let first = open();
    assert_eq!(next(&*first).await, None);
    let wanted = new(ErrandKind::Reply, "key", "+37255500001", MINUTE);
    keep(&*first, [wanted.clone()]).await;
    drop(first);
    let store = open();
    assert_eq!(next(&*store).await, Some(at(MINUTE)));
    assert_eq!(due(&*store, MINUTE - 1).await, []);
    let [errand] = &due(&*store, MINUTE).await[..] else {
        panic!("one is due");
    };
    let ledger = store.ledger().await.unwrap().id;
    let expected = Errand {
        id: errand.id,
        kind: wanted.kind,
        account: ACCOUNT.to_owned(),
        name: wanted.name,
        number: wanted.number,
        key: wanted.key,
        lane: wanted.lane,
        payload: wanted.payload,
        created_at: at(0),
        due_at: at(MINUTE),
        tries: 0,
        tag: format!("{ledger}.e.{}", errand.id),
    };
    assert_eq!(*errand, expected);
}

pub(in crate::store) async fn a_second_errand_with_a_key_is_the_first_one(open: Opener) {
    let store = open();
    assert_eq!(keep(&*store, [reply("a", "1"), reply("b", "2")]).await, 2);
    let mut again = handoff("a", "3");
    again.payload = json!("another");
    assert_eq!(keep(&*store, [again.clone(), reply("c", "4")]).await, 1);
    let found = due(&*store, 0).await;
    let kinds: Vec<_> = found
        .iter()
        .map(|errand| (&*errand.key, errand.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("a", ErrandKind::Reply),
            ("b", ErrandKind::Reply),
            ("c", ErrandKind::Reply)
        ]
    );
    // Also when the first is over.
    settle(&*store, found[0].id, 1, done()).await;
    assert_eq!(keep(&*store, [again]).await, 0);
    assert_eq!(keys_due(&*store, 1).await, ["b", "c"]);
}

pub(in crate::store) async fn what_is_due_comes_earliest_first_and_no_more_than_asked_for(
    open: Opener,
) {
    let store = open();
    let errands = [
        new(ErrandKind::Notify, "third", "1", 30),
        new(ErrandKind::Reply, "second", "2", 20),
        new(ErrandKind::Handoff, "first", "3", 10),
        new(ErrandKind::Reply, "fourth", "4", 30),
        new(ErrandKind::Reply, "later", "5", 50),
    ];
    keep(&*store, errands).await;
    assert_eq!(
        keys_due(&*store, 40).await,
        ["first", "second", "third", "fourth"]
    );
    let keys = async |kinds: &[ErrandKind], limit| -> Vec<String> {
        let due = store.errands_due(kinds, at(40), limit).await.unwrap();
        due.into_iter().map(|errand| errand.key).collect()
    };
    assert_eq!(keys(&ALL, 3).await, ["first", "second", "third"]);
    assert_eq!(keys(&[ErrandKind::Reply], 9).await, ["second", "fourth"]);
    let twice = [ErrandKind::Reply, ErrandKind::Reply];
    assert_eq!(keys(&twice, 9).await, ["second", "fourth"], "each once");
    assert_eq!(keys(&[], 9).await, [""; 0]);
    let next = store.next_errand(&[ErrandKind::Reply]).await.unwrap();
    assert_eq!(next, Some(at(20)));
}

pub(in crate::store) async fn a_lane_goes_one_after_the_other(open: Opener) {
    let store = open();
    // The second is due earlier, and yet it came later.
    let errands = [
        new(ErrandKind::Reply, "first", "lane", MINUTE),
        reply("second", "lane"),
        reply("third", "lane"),
        reply("elsewhere", "other"),
    ];
    keep(&*store, errands).await;
    assert_eq!(keys_due(&*store, 0).await, ["elsewhere"]);
    settle(&*store, the_one(&*store, 0).await, 0, done()).await;
    assert_eq!(next(&*store).await, Some(at(MINUTE)), "not those behind it");
    for (expected, ran) in [
        ("first", done()),
        ("second", failed()),
        ("third", uncertain()),
    ] {
        assert_eq!(keys_due(&*store, MINUTE).await, [expected]);
        let id = the_one(&*store, MINUTE).await;
        assert!(store.begin_errand(id, at(MINUTE)).await.unwrap());
        assert_eq!(due(&*store, MINUTE).await, [], "it is under way");
        assert_eq!(next(&*store).await, None);
        settle(&*store, id, MINUTE, ran).await;
    }
    assert_eq!(next(&*store).await, None);
    keep(&*store, [reply("fourth", "lane")]).await;
    assert_eq!(keys_due(&*store, MINUTE).await, ["fourth"]);
}

pub(in crate::store) async fn a_lane_waits_while_its_first_waits_for_its_retry(open: Opener) {
    let store = open();
    keep(
        &*store,
        [handoff("first", "lane"), handoff("second", "lane")],
    )
    .await;
    settle(&*store, the_one(&*store, 0).await, 0, again(HOUR)).await;
    keep(&*store, [handoff("third", "lane")]).await;
    assert_eq!(due(&*store, HOUR - 1).await, []);
    assert_eq!(
        next(&*store).await,
        Some(at(HOUR)),
        "nobody is woken in vain"
    );
    assert_eq!(keys_due(&*store, HOUR).await, ["first"]);
}

pub(in crate::store) async fn lanes_are_apart_by_kind_and_name(open: Opener) {
    let store = open();
    let mut named = reply("named", "lane");
    named.name = "reply.thanks".to_owned();
    let notify = new(ErrandKind::Notify, "notify", "lane", 0);
    keep(
        &*store,
        [
            reply("reply", "lane"),
            handoff("handoff", "lane"),
            notify,
            named,
        ],
    )
    .await;
    assert_eq!(
        keys_due(&*store, 0).await,
        ["reply", "handoff", "notify", "named"]
    );
}

pub(in crate::store) async fn a_reply_is_begun_once_and_when_due(open: Opener) {
    let (store, other) = (open(), open());
    let early = new(ErrandKind::Reply, "early", "lane", MINUTE);
    keep(&*store, [early, reply("behind", "lane")]).await;
    let id = due(&*store, MINUTE).await[0].id;
    assert!(
        !store.begin_errand(id, at(MINUTE - 1)).await.unwrap(),
        "not due"
    );
    let behind = id + 1;
    assert!(
        !store.begin_errand(behind, at(MINUTE)).await.unwrap(),
        "behind"
    );
    assert!(
        !store.begin_errand(9999, at(MINUTE)).await.unwrap(),
        "unknown"
    );
    let both = tokio::join!(
        store.begin_errand(id, at(MINUTE)),
        other.begin_errand(id, at(MINUTE))
    );
    let begun = [both.0.unwrap(), both.1.unwrap()];
    assert_eq!(begun.iter().filter(|begun| **begun).count(), 1);
    settle(&*store, id, MINUTE, done()).await;
    assert!(!store.begin_errand(id, at(MINUTE)).await.unwrap(), "done");
    assert!(store.begin_errand(behind, at(MINUTE)).await.unwrap());
}

pub(in crate::store) async fn deliveries_are_not_begun(open: Opener) {
    let store = open();
    keep(&*store, [handoff("key", "lane")]).await;
    let id = the_one(&*store, 0).await;
    assert!(!store.begin_errand(id, at(0)).await.unwrap());
    assert_eq!(keys_due(&*store, 0).await, ["key"]);
}

pub(in crate::store) async fn a_reply_that_was_put_off_is_begun_again(open: Opener) {
    let store = open();
    keep(&*store, [reply("key", "lane")]).await;
    let id = the_one(&*store, 0).await;
    assert!(store.begin_errand(id, at(0)).await.unwrap());
    settle(&*store, id, 0, again(MINUTE)).await;
    assert!(!store.begin_errand(id, at(1)).await.unwrap());
    assert!(store.begin_errand(id, at(MINUTE)).await.unwrap());
}

pub(in crate::store) async fn whoever_comes_after_a_crash_makes_what_was_begun_uncertain(
    open: Opener,
) {
    let store = open();
    keep(
        &*store,
        [
            reply("begun", "lane"),
            reply("next", "lane"),
            handoff("desk", "lane"),
        ],
    )
    .await;
    let id = due(&*store, 0).await[0].id;
    assert!(store.begin_errand(id, at(0)).await.unwrap());
    drop(store);
    let after = open();
    assert_eq!(keys_due(&*after, DAY).await, ["desk"]);
    assert_eq!(after.recover_errands(at(MINUTE)).await.unwrap(), 1);
    assert_eq!(
        keys_due(&*after, DAY).await,
        ["next", "desk"],
        "the lane goes on"
    );
    assert_eq!(after.recover_errands(at(MINUTE)).await.unwrap(), 0);
    let ErrandCounts {
        waiting, uncertain, ..
    } = counts(&*after, ErrandKind::Reply).await;
    assert_eq!((waiting, uncertain), (1, 1));
}

pub(in crate::store) async fn an_uncertain_reply_takes_a_later_answer_and_is_never_repeated(
    open: Opener,
) {
    let store = open();
    keep(&*store, [reply("a", "1"), reply("b", "2"), reply("c", "3")]).await;
    let ids: Vec<_> = due(&*store, 0)
        .await
        .iter()
        .map(|errand| errand.id)
        .collect();
    for id in &ids {
        assert!(store.begin_errand(*id, at(0)).await.unwrap());
        settle(&*store, *id, 1, uncertain()).await;
    }
    settle(&*store, ids[0], 2, done()).await;
    settle(&*store, ids[1], 2, failed()).await;
    settle(&*store, ids[2], 2, again(3)).await;
    assert_eq!(due(&*store, DAY).await, []);
    let expected = ErrandCounts {
        waiting: 0,
        done: 1,
        failed: 1,
        uncertain: 1,
    };
    assert_eq!(counts(&*store, ErrandKind::Reply).await, expected);
}

pub(in crate::store) async fn what_is_settled_stays_as_it_is(open: Opener) {
    let store = open();
    keep(&*store, [handoff("a", "1"), handoff("b", "2")]).await;
    let due_now = due(&*store, 0).await;
    settle(&*store, due_now[0].id, 0, done()).await;
    settle(&*store, due_now[1].id, 0, failed()).await;
    let before = counts(&*store, ErrandKind::Handoff).await;
    assert_eq!((before.done, before.failed), (1, 1));
    for ran in [again(1), uncertain(), failed(), done()] {
        settle(&*store, due_now[0].id, 1, ran.clone()).await;
        settle(&*store, due_now[1].id, 1, ran).await;
    }
    settle(&*store, 9999, 1, done()).await;
    assert_eq!(counts(&*store, ErrandKind::Handoff).await, before);
    assert_eq!(due(&*store, DAY).await, []);
}

pub(in crate::store) async fn a_delivery_counts_its_tries(open: Opener) {
    let store = open();
    keep(&*store, [handoff("key", "lane")]).await;
    for tries in 0..3 {
        let [errand] = &due(&*store, DAY).await[..] else {
            panic!("one is due");
        };
        assert_eq!(errand.tries, tries);
        settle(&*store, errand.id, 0, again(HOUR * i64::from(tries + 1))).await;
    }
    assert_eq!(next(&*store).await, Some(at(3 * HOUR)));
}

pub(in crate::store) async fn errands_are_counted_by_kind(open: Opener) {
    let store = open();
    keep(
        &*store,
        [reply("a", "1"), reply("b", "1"), handoff("c", "1")],
    )
    .await;
    let first = due(&*store, 0).await[0].id;
    assert!(store.begin_errand(first, at(0)).await.unwrap());
    let waiting = |waiting| ErrandCounts {
        waiting,
        ..ErrandCounts::default()
    };
    assert_eq!(
        counts(&*store, ErrandKind::Reply).await,
        waiting(2),
        "under way is not over"
    );
    assert_eq!(counts(&*store, ErrandKind::Handoff).await, waiting(1));
    assert_eq!(counts(&*store, ErrandKind::Notify).await, waiting(0));
}
