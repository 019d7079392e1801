//! Saved plans are used once; a sketch tells how an audience has changed.

use super::kit::{CAMPAIGN, HOUR, House, asking, at, member, skipped};
use crate::store::{Database, Difference, Error, Member, Sketch, Store, Told, UsedPlan};

fn used(digest: &str, seconds: i64) -> UsedPlan {
    UsedPlan {
        digest: digest.to_owned(),
        plan_id: "a plan".to_owned(),
        at: at(seconds),
        actor: "ana@desk".to_owned(),
    }
}

pub(in crate::store) async fn a_plan_is_used_once(open: impl Fn() -> std::sync::Arc<dyn Database>) {
    let store = open();
    let lock = store.lock(&asking("ana", 0, HOUR)).await.unwrap().id;
    assert_eq!(store.used_plan("one").await.unwrap(), None);
    let first = store.use_plan(&lock, &used("one", 1)).await.unwrap();
    assert_eq!(first, None);
    let again = store.use_plan(&lock, &used("one", 2)).await.unwrap();
    assert_eq!(again, Some(used("one", 1)), "the first use stays");
    let other = store.use_plan(&lock, &used("other", 3)).await.unwrap();
    assert_eq!(other, None);
    drop(store);
    let found = open().used_plan("one").await.unwrap();
    assert_eq!(found, Some(used("one", 1)));
}

pub(in crate::store) async fn a_lost_lock_uses_no_plan(
    open: impl Fn() -> std::sync::Arc<dyn Database>,
) {
    let store = open();
    let lock = store.lock(&asking("ana", 0, HOUR)).await.unwrap().id;
    store.lock(&asking("ben", HOUR, 2 * HOUR)).await.unwrap();
    let refused = store.use_plan(&lock, &used("one", 1)).await;
    assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    assert_eq!(store.used_plan("one").await.unwrap(), None);
}

async fn sketch(store: &dyn Store, members: Vec<Member>) -> Sketch {
    let mut audience = store.audience("main", CAMPAIGN).await.unwrap();
    audience.add(members).await.unwrap();
    audience.sketch().unwrap()
}

pub(in crate::store) async fn a_sketch_tells_who_came_and_went(
    open: impl Fn() -> std::sync::Arc<dyn Database>,
) {
    let store = open();
    let _house = House::new(open()).await;
    let before = sketch(&*store, (0..50).map(member).collect()).await;
    // Another process, the same ledger; duplicates and the order do not show.
    let same = (0..50).rev().chain([7]).map(member).collect();
    let same = sketch(&*open(), same).await;
    assert_eq!(same, before);
    let mut people: Vec<Member> = (3..62).map(member).collect();
    people[0] = skipped(3, "no_opt_in");
    people[1].variables = "{}".to_owned();
    let told = sketch(&*store, people).await.since(&before);
    let (came, went, changed) = (12, 3, 2);
    assert_eq!(
        told,
        Told::Exactly(Difference {
            came,
            went,
            changed
        })
    );
}
