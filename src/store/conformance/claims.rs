//! Claiming: exclusive, fenced, never twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::kit::{
    ACCOUNT, CAMPAIGN, DAY, HOUR, House, NUMBER, Opener, accepted, asking, at, failed, member,
    phone, released, uncertain,
};
use crate::store::{CampaignState, Error, Verdict};

pub(super) async fn workers_never_share_a_contact(open: Opener) {
    let house = House::with(open(), 60).await;
    let workers = [open(), open()].map(|store| {
        let house = House {
            store,
            lock: house.lock.clone(),
            lease: house.lease.clone(),
        };
        tokio::spawn(async move {
            let mut phones = Vec::new();
            loop {
                let claims = house.claim(1, 4).await;
                if claims.is_empty() {
                    return phones;
                }
                phones.extend(claims.into_iter().map(|claim| claim.phone));
            }
        })
    });
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 60);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 60);
}

pub(super) async fn a_lost_lease_claims_nothing(open: Opener) {
    let mut house = House::with(open(), 1).await;
    house.store.release_lease(&house.lease).await.unwrap();
    let taken = house
        .store
        .lease(NUMBER, &asking("ben", 1, 100))
        .await
        .unwrap();
    let refused = house
        .store
        .claim(house.request(2, 1, |_| Verdict::Claim))
        .await;
    let Err(Error::Fenced { holder }) = refused else {
        panic!("the lease was lost");
    };
    assert_eq!(holder, "ben");
    let refused = house.store.recover(&house.lease, at(2)).await;
    assert!(matches!(refused, Err(Error::Fenced { .. })));
    house.lease = taken;
    let late = house
        .store
        .claim(house.request(100, 1, |_| Verdict::Claim))
        .await;
    assert!(matches!(late, Err(Error::Fenced { .. })), "it ran out");
    assert_eq!(house.claim(99, 2).await.len(), 1);
}

pub(super) async fn verdicts_are_obeyed(open: Opener) {
    let house = House::with(open(), 4).await;
    let claimed = house
        .decide(1, 10, |candidate| match candidate.phone.as_bytes() {
            [.., b'0'] => Verdict::Claim,
            [.., b'1'] => Verdict::Postpone(at(50)),
            [.., b'2'] => Verdict::Skip("no_common_hour".to_owned()),
            _ => Verdict::Pass,
        })
        .await;
    assert_eq!(claimed.claims.len(), 1);
    assert_eq!(claimed.claims[0].phone, phone(0));
    assert_eq!((claimed.postponed, claimed.skipped), (1, 1));
    assert_eq!(claimed.next_due, Some(at(50)));
    let standing = house.standing(2).await;
    assert_eq!(standing.due, 1, "who was passed is still due");
    assert_eq!(standing.next_due, Some(at(50)));
    assert_eq!(standing.skipped["no_common_hour"], 1);
    let later = house.claim(50, 10).await;
    assert_eq!(later.len(), 2);
}

pub(super) async fn a_long_line_of_the_postponed_is_passed(open: Opener) {
    const PEOPLE: u64 = 9000;
    let house = House::with(open(), PEOPLE).await;
    let last = phone(PEOPLE - 1);
    let claimed = house
        .decide(1, 10, move |candidate| {
            if candidate.phone == last {
                Verdict::Claim
            } else {
                Verdict::Postpone(at(HOUR))
            }
        })
        .await;
    assert_eq!(claimed.claims.len(), 1);
    assert_eq!(claimed.postponed, PEOPLE - 1);
    assert_eq!(house.standing(1).await.due, 0);
}

pub(super) async fn who_was_not_looked_at_is_told_from_who_is_not_due(open: Opener) {
    const PEOPLE: u64 = 9000;
    let house = House::with(open(), PEOPLE).await;
    let both = [phone(100), phone(PEOPLE - 1)];
    let mut claimed = Vec::new();
    loop {
        let both = both.clone();
        let round = house
            .decide(1, 10, move |candidate| {
                if both.contains(&candidate.phone) {
                    Verdict::Claim
                } else {
                    Verdict::Postpone(at(HOUR))
                }
            })
            .await;
        claimed.extend(round.claims.into_iter().map(|claim| claim.phone));
        if !round.unfinished {
            assert_eq!(round.next_due, Some(at(HOUR)));
            break;
        }
        assert_eq!(round.next_due, None, "somebody may be due now");
    }
    assert_eq!(claimed, both);
}

pub(super) async fn nothing_is_claimed_before_the_start_nor_while_paused(open: Opener) {
    let house = House::new(open()).await;
    house
        .redeclare(|campaign| {
            campaign.declaration = serde_json::json!({ "start": "later" });
            campaign.starts_at = at(100);
        })
        .await;
    house.fill(vec![member(0)]).await;
    let early = house.decide(99, 1, |_| Verdict::Claim).await;
    assert_eq!((early.claims.len(), early.next_due), (0, Some(at(100))));
    let standing = house.standing(99).await;
    assert_eq!((standing.due, standing.next_due), (0, Some(at(100))));
    house
        .redeclare(|campaign| campaign.state = CampaignState::Paused)
        .await;
    let paused = house.decide(200, 1, |_| Verdict::Claim).await;
    assert_eq!((paused.claims.len(), paused.next_due), (0, None));
    house.redeclare(|_| {}).await;
    assert_eq!(house.claim(201, 1).await.len(), 1);
}

pub(super) async fn the_earliest_due_is_claimed_first(open: Opener) {
    let house = House::new(open()).await;
    house.fill_at(0, CAMPAIGN, vec![member(2)]).await.unwrap();
    house
        .fill_at(10, CAMPAIGN, vec![member(1), member(2)])
        .await
        .unwrap();
    let phones = house
        .claim(20, 2)
        .await
        .into_iter()
        .map(|claim| claim.phone);
    assert_eq!(phones.collect::<Vec<_>>(), [phone(2), phone(1)]);
}

pub(super) async fn a_claim_survives_a_crash_as_uncertain(open: Opener) {
    let house = House::with(open(), 5).await;
    let lost = house.claim(1, 3).await;
    drop(house.store);
    // The process is gone; the next one takes the number over when the lease has run out.
    let store = open();
    let lock = house.lock;
    let lease = store
        .lease(NUMBER, &asking("next", 2000 * DAY, 3000 * DAY))
        .await
        .unwrap();
    assert!(lease.fence > house.lease.fence);
    let house = House { store, lock, lease };
    let now = 2000 * DAY;
    assert_eq!(house.standing(now).await.hopper.pending, 3);
    let recovered = house.store.recover(&house.lease, at(now)).await.unwrap();
    assert_eq!(recovered, 3);
    let again = house.store.recover(&house.lease, at(now)).await.unwrap();
    assert_eq!(again, 0);
    assert_eq!(house.standing(now).await.uncertain, 3);
    let rest = house.claim(now, 10).await;
    let of = |claims: &[crate::store::Claim]| -> BTreeSet<String> {
        claims.iter().map(|claim| claim.phone.clone()).collect()
    };
    assert_eq!(rest.len(), 2);
    assert!(
        of(&rest).is_disjoint(&of(&lost)),
        "nobody is messaged twice"
    );
    let own = house.store.recover(&house.lease, at(now)).await.unwrap();
    assert_eq!(own, 0, "claims under a lease that lives are left alone");
    assert_eq!(house.expire(now + DAY).await, 3);
    assert_eq!(house.standing(now).await.outcome["uncertain"], 3);
}

pub(super) async fn a_claim_from_a_number_that_is_not_used_any_more_becomes_uncertain(
    open: Opener,
) {
    let mut house = House::with(open(), 2).await;
    assert_eq!(house.claim(0, 1).await.len(), 1);
    let other = |until| asking("sender", 10, until);
    house.lease = house.store.lease("2042", &other(100)).await.unwrap();
    let recovered = async |house: &House| house.store.recover(&house.lease, at(11)).await.unwrap();
    assert_eq!(recovered(&house).await, 0, "its own number is sent from");
    let first = house.store.lease(NUMBER, &asking("sender", 10, 100)).await;
    house.store.release_lease(&first.unwrap()).await.unwrap();
    assert_eq!(recovered(&house).await, 1);
    assert_eq!(house.standing(11).await.uncertain, 1);
}

pub(super) async fn an_attempt_id_is_never_used_twice(open: Opener) {
    let house = House::with(open(), 1).await;
    let mut ids = BTreeSet::new();
    let mut numbers = Vec::new();
    for now in 1..6 {
        let claim = house.claim_one(now).await;
        assert_eq!(claim.attempt_id.len(), 32);
        assert!(ids.insert(claim.attempt_id.clone()));
        numbers.push(claim.attempt);
        house.settle(now, &claim, released(now)).await;
    }
    // Taken out and come back: the number goes on, for a request may have been seen after all.
    house.fill_at(6, CAMPAIGN, vec![]).await.unwrap();
    assert_eq!(house.standing(6).await.hopper.total, 0);
    house.fill_at(7, CAMPAIGN, vec![member(0)]).await.unwrap();
    let claim = house.claim_one(8).await;
    assert!(ids.insert(claim.attempt_id));
    numbers.push(claim.attempt);
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
}

pub(super) async fn recipients_are_counted_once(open: Opener) {
    let house = House::with(open(), 4).await;
    let claims = house.claim(10, 4).await;
    house.settle(11, &claims[0], accepted()).await;
    house.settle(11, &claims[1], failed(Some(20))).await;
    house.settle(11, &claims[2], released(1000)).await;
    house.settle(11, &claims[3], uncertain()).await;
    assert_eq!(house.claim(20, 10).await.len(), 1);
    let since = async |account: &str, since| {
        let store = Arc::clone(&house.store);
        store.recipients_since(account, at(since)).await.unwrap()
    };
    assert_eq!(since(ACCOUNT, 0).await, 3);
    assert_eq!(since(ACCOUNT, 20).await, 1);
    assert_eq!(since(ACCOUNT, 21).await, 0);
    assert_eq!(since("another", 0).await, 0);
}
