//! Locks, leases, and what they protect.

use jiff::Timestamp;
use serde_json::json;

use super::kit::{ACCOUNT, HOUR, MINUTE, NUMBER, Opener, asking, at};
use crate::config::Address;
use crate::store::{Applied, Error, LockRequest, RightUsed};

fn applied(key: &str) -> Applied {
    Applied {
        address: Address::with_index("template", "offer", "en_US"),
        account: ACCOUNT.to_owned(),
        key: key.to_owned(),
        id: "594425479261596".to_owned(),
        content: json!({ "body": "Hi {{first_name}}" }),
        facts: json!({ "status": "APPROVED" }),
        at: at(1),
    }
}

pub(super) async fn a_held_lock_names_its_holder(open: Opener) {
    let (one, other) = (open(), open());
    let held = one.lock(&asking("ana", 0, MINUTE)).await.unwrap();
    let Err(Error::Locked(found)) = other.lock(&asking("ben", 1, MINUTE)).await else {
        panic!("the lock is held");
    };
    assert_eq!(*found, held);
    assert_eq!((&*found.holder, &*found.command), ("ana", "apply"));
    one.unlock(&held.id).await.unwrap();
    other.lock(&asking("ben", 2, MINUTE)).await.unwrap();
}

pub(super) async fn a_lock_that_ran_out_is_taken_over_and_its_holder_fenced(open: Opener) {
    let (one, other) = (open(), open());
    let lost = one.lock(&asking("ana", 0, MINUTE)).await.unwrap().id;
    one.renew_lock(&lost, at(30), at(2 * MINUTE)).await.unwrap();
    let early = other.lock(&asking("ben", MINUTE + 1, HOUR)).await;
    assert!(matches!(early, Err(Error::Locked(_))), "it was renewed");
    let taken = other
        .lock(&asking("ben", 2 * MINUTE, HOUR))
        .await
        .unwrap()
        .id;
    assert_ne!(lost, taken);
    for refused in [
        one.renew_lock(&lost, at(130), at(HOUR)).await,
        one.remember(&lost, &applied("offer/en_US"), &[], None)
            .await,
        one.forget(&lost, "template", ACCOUNT, "offer/en_US", &[], None)
            .await,
    ] {
        let Err(Error::Fenced { holder }) = refused else {
            panic!("the lock was lost: {refused:?}");
        };
        assert_eq!(holder, "ben");
    }
    one.unlock(&lost).await.unwrap();
    other.renew_lock(&taken, at(131), at(HOUR)).await.unwrap();
    assert_eq!(one.applied().await.unwrap(), []);
}

pub(super) async fn a_lock_whose_process_is_dead_is_taken_over(open: Opener) {
    if !std::path::Path::new("/proc/self").exists() {
        return;
    }
    let on_this_machine = |process| LockRequest {
        host: "here".to_owned(),
        process,
        ..asking("ana", 0, HOUR)
    };
    let store = open();
    // Process numbers stay far below this.
    store.lock(&on_this_machine(u32::MAX)).await.unwrap();
    store
        .lease(NUMBER, &on_this_machine(u32::MAX))
        .await
        .unwrap();
    let living = on_this_machine(std::process::id());
    store.lock(&living).await.unwrap();
    assert_eq!(store.lease(NUMBER, &living).await.unwrap().fence, 2);
    let still_held = store.lock(&on_this_machine(1)).await;
    assert!(matches!(still_held, Err(Error::Locked(_))), "we live");
}

pub(super) async fn a_lease_is_prolonged_by_its_holder_alone(open: Opener) {
    let (one, other) = (open(), open());
    let first = one.lease(NUMBER, &asking("ana", 0, 60)).await.unwrap();
    let prolonged = one.lease(NUMBER, &asking("ana", 30, 90)).await.unwrap();
    assert_eq!((prolonged.fence, prolonged.until), (first.fence, at(90)));
    let held = other.lease(NUMBER, &asking("ben", 89, 200)).await;
    assert!(matches!(held, Err(Error::Locked(_))));
    let taken = other.lease(NUMBER, &asking("ben", 90, 200)).await.unwrap();
    assert!(taken.fence > first.fence);
    let elsewhere = one.lease("another number", &asking("ana", 91, 200)).await;
    assert!(elsewhere.is_ok());
}

pub(super) async fn a_released_lease_goes_to_the_next_with_a_higher_fence(open: Opener) {
    let store = open();
    let first = store.lease(NUMBER, &asking("ana", 0, 60)).await.unwrap();
    store.release_lease(&first).await.unwrap();
    let second = store.lease(NUMBER, &asking("ben", 1, 60)).await.unwrap();
    assert!(second.fence > first.fence);
    // Late, and no longer ana's to give.
    store.release_lease(&first).await.unwrap();
    let held = store.lease(NUMBER, &asking("ana", 2, 60)).await;
    assert!(matches!(held, Err(Error::Locked(_))));
}

pub(super) async fn what_was_applied_is_remembered_until_forgotten(open: Opener) {
    let store = open();
    let lock = store.lock(&asking("ana", 0, HOUR)).await.unwrap().id;
    let first = applied("offer/en_US");
    store.remember(&lock, &first, &[], None).await.unwrap();
    let changed = Applied {
        content: json!({ "body": "Hello" }),
        ..first
    };
    store.remember(&lock, &changed, &[], None).await.unwrap();
    let other = applied("offer/es");
    store.remember(&lock, &other, &[], None).await.unwrap();
    let all = open().applied().await.unwrap();
    assert_eq!(all, [changed, other.clone()]);
    store
        .forget(&lock, "template", ACCOUNT, "offer/en_US", &[], None)
        .await
        .unwrap();
    assert_eq!(store.applied().await.unwrap(), [other]);
}

pub(super) async fn rights_come_back_oldest_first(open: Opener) {
    let store = open();
    let lock = store.lock(&asking("ana", 0, HOUR)).await.unwrap().id;
    let used = |seconds| RightUsed {
        account: ACCOUNT.to_owned(),
        right: "template_edit".to_owned(),
        subject: "offer/en_US".to_owned(),
        at: at(seconds),
    };
    store
        .remember(&lock, &applied("a"), &[used(20)], None)
        .await
        .unwrap();
    store
        .forget(&lock, "template", ACCOUNT, "a", &[used(10), used(5)], None)
        .await
        .unwrap();
    let since = store.rights_used(at(10)).await.unwrap();
    assert_eq!(since, [used(10), used(20)]);
}

pub(super) async fn the_ledger_keeps_its_name_and_the_latest_time(open: Opener) {
    let store = open();
    let before = store.ledger().await.unwrap();
    assert_eq!(before.id.len(), 32);
    assert_ne!(before.id, "0".repeat(32));
    assert_eq!(before.confirmed_at, None);
    assert_eq!(store.see_time(at(10)).await.unwrap(), Timestamp::UNIX_EPOCH);
    assert_eq!(store.see_time(at(5)).await.unwrap(), at(10));
    assert_eq!(store.see_time(at(20)).await.unwrap(), at(10));
    store.confirm_ledger(at(21)).await.unwrap();
    store.confirm_ledger(at(22)).await.unwrap();
    drop(store);
    let after = open().ledger().await.unwrap();
    assert_eq!(after.id, before.id);
    assert_eq!(after.created_at, Some(at(10)));
    assert_eq!(after.confirmed_at, Some(at(21)));
}

pub(super) async fn an_account_is_bound_once_and_under_the_lock(open: Opener) {
    let (one, other) = (open(), open());
    assert!(one.bindings().await.unwrap().is_empty());
    let lock = one.lock(&asking("ana", 0, MINUTE)).await.unwrap().id;
    for (account, waba_id) in [(ACCOUNT, "102"), ("second", "202"), (ACCOUNT, "302")] {
        one.bind(&lock, account, waba_id).await.unwrap();
    }
    let bound = other.bindings().await.unwrap();
    assert_eq!(bound.len(), 2);
    assert_eq!((&*bound[ACCOUNT], &*bound["second"]), ("102", "202"));
    other.lock(&asking("ben", MINUTE + 1, HOUR)).await.unwrap();
    let refused = one.bind(&lock, "third", "402").await;
    assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    assert_eq!(one.bindings().await.unwrap().len(), 2);
}
