//! What answers and time make of claims.

use std::collections::BTreeMap;

use futures::TryStreamExt;

use super::kit::{
    ACCOUNT, CAMPAIGN, DAY, HOUR, House, Opener, accepted, at, failed, member, phone, released,
    skipped, uncertain,
};
use crate::store::{
    CampaignState, ContactState, Delivery, HistoryFilter, HistoryRow, Outcome, Settled,
};

pub(super) async fn an_acceptance_waits_for_the_response(open: Opener) {
    let house = House::with(open(), 1).await;
    let claim = house.claim_one(0).await;
    house.settle(10, &claim, accepted()).await;
    let standing = house.standing(11).await;
    assert_eq!((standing.hopper.pending, standing.uncertain), (1, 0));
    let expected = Delivery {
        accepted: 1,
        ..Delivery::default()
    };
    assert_eq!(standing.delivery, expected);
    assert_eq!(house.expire(DAY + 9).await, 0);
    assert_eq!(house.expire(DAY + 10).await, 1);
    let standing = house.standing(DAY + 10).await;
    assert_eq!(standing.hopper.closed, 1);
    assert_eq!(
        standing.outcome,
        BTreeMap::from([("no_answer".to_owned(), 1)])
    );
    assert_eq!(standing.delivery, expected);
}

pub(super) async fn a_failure_is_retried_until_the_attempts_are_used_up(open: Opener) {
    let house = House::with(open(), 1).await;
    for (round, now) in [(1, 0), (2, 100), (3, 200)] {
        let claim = house.claim_one(now).await;
        assert_eq!(claim.attempt, round);
        house.settle(now + 1, &claim, failed(Some(now + 100))).await;
        let standing = house.standing(now + 1).await;
        assert_eq!(standing.delivery.failed, 1);
        if round < 3 {
            assert_eq!(standing.hopper.retry, 1);
            assert_eq!((standing.due, standing.next_due), (0, Some(at(now + 100))));
        } else {
            assert_eq!(standing.outcome, BTreeMap::from([("failed".to_owned(), 1)]));
        }
    }
    assert!(house.claim(1000, 1).await.is_empty());
}

pub(super) async fn no_retry_is_planned_beyond_the_end(open: Opener) {
    let house = House::with(open(), 2).await;
    house
        .redeclare(|campaign| campaign.ends_at = Some(at(HOUR)))
        .await;
    let claims = house.claim(0, 2).await;
    house.settle(1, &claims[0], failed(Some(HOUR))).await;
    house.settle(1, &claims[1], failed(Some(HOUR - 1))).await;
    let standing = house.standing(1).await;
    assert_eq!((standing.hopper.closed, standing.hopper.retry), (1, 1));
    assert_eq!(standing.outcome["failed"], 1);
}

pub(super) async fn a_release_does_not_count(open: Opener) {
    let house = House::with(open(), 1).await;
    for now in 0..5 {
        let claim = house.claim_one(now).await;
        house.settle(now, &claim, released(now + 1)).await;
        let standing = house.standing(now).await;
        assert_eq!((standing.hopper.fresh, standing.delivery.failed), (1, 0));
    }
    let claim = house.claim_one(10).await;
    house.settle(10, &claim, failed(Some(11))).await;
    let claim = house.claim_one(11).await;
    house.settle(11, &claim, released(12)).await;
    let standing = house.standing(11).await;
    assert_eq!((standing.hopper.retry, standing.delivery.failed), (1, 1));
}

pub(super) async fn the_first_answer_counts(open: Opener) {
    let house = House::with(open(), 1).await;
    let claim = house.claim_one(0).await;
    house.settle(1, &claim, accepted()).await;
    let before = house.standing(2).await;
    for second in [failed(Some(3)), released(3), uncertain()] {
        house.settle(2, &claim, second).await;
        assert_eq!(house.standing(2).await, before);
    }
    let unknown = crate::store::Claim {
        attempt_id: "not an id".to_owned(),
        ..claim
    };
    house.settle(2, &unknown, failed(None)).await;
    assert_eq!(house.standing(2).await, before);
}

pub(super) async fn a_late_answer_settles_what_was_uncertain(open: Opener) {
    let house = House::with(open(), 2).await;
    let claims = house.claim(0, 2).await;
    for claim in &claims {
        house.settle(1, claim, uncertain()).await;
    }
    assert_eq!(house.standing(1).await.uncertain, 2);
    house.settle(2, &claims[0], accepted()).await;
    let standing = house.standing(2).await;
    assert_eq!((standing.uncertain, standing.delivery.accepted), (1, 1));
    assert_eq!(house.expire(DAY + 1).await, 1);
    assert_eq!(house.standing(DAY + 1).await.outcome["uncertain"], 1);
    house.settle(DAY + 2, &claims[1], accepted()).await;
    let reopened = house.standing(DAY + 2).await;
    assert_eq!((reopened.hopper.pending, reopened.hopper.closed), (2, 0));
}

pub(super) async fn time_closes_what_waits(open: Opener) {
    let house = House::with(open(), 3).await;
    let claims = house.claim(0, 2).await;
    house.settle(1, &claims[0], failed(Some(HOUR + 1))).await;
    house
        .redeclare(|campaign| campaign.ends_at = Some(at(HOUR)))
        .await;
    assert_eq!(house.standing(1).await.next_due, None, "it ends before");
    assert_eq!(house.expire(HOUR - 1).await, 0);
    assert_eq!(house.expire(HOUR).await, 2);
    let standing = house.standing(HOUR).await;
    assert_eq!(standing.outcome["failed"], 1);
    assert_eq!(standing.outcome["expired"], 1);
    assert_eq!(standing.hopper.pending, 1, "what is in flight is settled");
    house.settle(HOUR, &claims[1], accepted()).await;
    assert_eq!(house.standing(HOUR).await.delivery.accepted, 1);
}

pub(super) async fn a_stopped_campaign_closes_what_was_not_sent(open: Opener) {
    let house = House::with(open(), 3).await;
    let claims = house.claim(0, 2).await;
    house.settle(1, &claims[0], failed(Some(2))).await;
    house
        .redeclare(|campaign| campaign.state = CampaignState::Stopped)
        .await;
    assert!(house.claim(2, 10).await.is_empty());
    assert_eq!(house.expire(2).await, 2);
    let standing = house.standing(2).await;
    assert_eq!(
        standing.outcome,
        BTreeMap::from([("stopped".to_owned(), 2)])
    );
    assert_eq!(standing.hopper.pending, 1);
}

pub(super) async fn history_gives_everyone_once(open: Opener) {
    let house = House::new(open()).await;
    let mut people: Vec<_> = (0..4).map(member).collect();
    people.push(skipped(4, "no_opt_in"));
    house.fill(people).await;
    let claims = house.claim(10, 3).await;
    let refused = Settled::Failed {
        code: Some(131_026),
        reason: "undeliverable".to_owned(),
        retry_at: Some(at(500)),
        suppress: false,
    };
    house.settle(11, &claims[0], refused).await;
    house.settle(11, &claims[1], accepted()).await;
    house.settle(11, &claims[2], released(900)).await;
    let history = async |limit| {
        let filter = HistoryFilter {
            account: ACCOUNT.to_owned(),
            campaign: CAMPAIGN.to_owned(),
            limit,
            ..HistoryFilter::default()
        };
        house.store.history(&filter).try_concat().await.unwrap()
    };
    let all = history(None).await;
    for limit in 0..7 {
        assert_eq!(
            history(Some(limit as u64)).await,
            all[..all.len().min(limit)]
        );
    }
    let expected = HistoryRow {
        phone: phone(0),
        state: ContactState::RetryDue,
        outcome: None,
        status: Some("failed".to_owned()),
        at: Some(at(11)),
        attempts: 1,
        message_id: None,
        code: Some(131_026),
        reason: Some("undeliverable".to_owned()),
        due_at: Some(at(500)),
        list: "customers".to_owned(),
        line: 1,
        worker: Some("worker".to_owned()),
        answer: None,
    };
    assert_eq!(all[0], expected);
    let rows: BTreeMap<_, _> = all
        .iter()
        .map(|row| (row.phone.clone(), (row.status.as_deref(), row.attempts)))
        .collect();
    let expected = BTreeMap::from([
        (phone(0), (Some("failed"), 1)),
        (phone(1), (Some("accepted"), 1)),
        (phone(2), (None, 0)),
        (phone(3), (None, 0)),
        (phone(4), (None, 0)),
    ]);
    assert_eq!(rows, expected);
    assert_eq!(all[1].message_id.as_deref(), Some("wamid.1"));
    let last = &all[4];
    assert_eq!(last.outcome, Some(Outcome::Skipped));
    assert_eq!(last.reason.as_deref(), Some("no_opt_in"));
}
