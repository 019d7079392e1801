//! New rounds, what is sent again after silence, and when time is up.

use std::collections::BTreeSet;

use super::ground::{Ground, PASSING, Planted, Talk, UNCERTAIN};
use super::kit::{
    ACCOUNT, CAMPAIGN, DAY, HOUR, MINUTE, accepted, at, declaration, failed, member, phone,
    released, skipped, uncertain,
};
use crate::store::{
    CampaignState, ContactState, Error, HappeningFilter, Outcome, RetryOf, Verdict,
};

/// One who waits for a retry, one who failed for a passing reason, one who failed for good, one whose message may have
/// left, one who was messaged.
async fn five(ground: Ground) -> Talk {
    let talk = Talk::with(ground, 5).await;
    let claims = talk.claim(0, 5).await;
    let ends = [
        failed(Some(HOUR)),
        failed(None),
        failed(None),
        uncertain(),
        accepted(),
    ];
    for (claim, end) in claims.iter().zip(ends) {
        talk.settle(1, claim, end).await;
    }
    talk.plant(Planted::Passing { phone: phone(1) });
    talk
}

pub(super) async fn a_round_takes_in_what_failed_for_a_passing_reason(ground: Ground) {
    let talk = five(ground).await;
    assert_eq!(talk.retry_of(&PASSING, 10).await, 2);
    let standing = talk.standing(10).await;
    assert_eq!((standing.hopper.retry, standing.due), (2, 2));
    assert_eq!(talk.outcomes(10).await, [(Outcome::Failed, 1)]);
    let claims = talk.claim(10, 9).await;
    let phones: BTreeSet<_> = claims.iter().map(|claim| claim.phone.clone()).collect();
    assert_eq!(phones, [phone(0), phone(1)].into());
    for claim in claims {
        assert_eq!((claim.attempt, claim.counted), (2, 1), "{}", claim.phone);
    }
    assert_eq!(talk.retry_of(&PASSING, 11).await, 0, "nobody is left");
}

pub(super) async fn a_round_counts_attempts_anew_and_history_counts_all(ground: Ground) {
    let talk = Talk::with(ground, 1).await;
    for round in 0..2 {
        for attempt in 1..=3 {
            let now = round * DAY + attempt * 100;
            let claim = talk.claim_one(now).await;
            assert_eq!(i64::from(claim.attempt), round * 3 + attempt);
            assert_eq!(i64::from(claim.counted), attempt);
            talk.settle(now + 1, &claim, failed(Some(now + 100))).await;
        }
        assert_eq!(
            talk.outcomes(round * DAY + 400).await,
            [(Outcome::Failed, 1)]
        );
        talk.plant(Planted::Passing { phone: phone(0) });
        assert_eq!(talk.retry_of(&PASSING, round * DAY + 500).await, 1);
    }
    assert_eq!(talk.history(|_| ()).await[0].attempts, 6);
    assert_eq!(talk.file(0).await.campaigns[0].attempts, 6);
}

pub(super) async fn the_uncertain_are_taken_in_only_when_asked_for(ground: Ground) {
    let talk = five(ground).await;
    assert_eq!(talk.retry_of(&UNCERTAIN, 10).await, 1);
    assert_eq!(talk.claim_one(10).await.phone, phone(3));
    let closed = talk.expire(DAY + 10).await;
    assert_eq!(closed, 1, "the one that was messaged");
    let both = RetryOf {
        passing: true,
        uncertain: true,
    };
    assert_eq!(
        talk.retry_of(&both, DAY + 10).await,
        2,
        "the claim is under way"
    );
}

pub(super) async fn the_uncertain_that_time_has_closed_are_taken_in(ground: Ground) {
    let talk = five(ground).await;
    talk.expire(2 * DAY).await;
    assert!(
        talk.outcomes(2 * DAY)
            .await
            .contains(&(Outcome::Uncertain, 1))
    );
    assert_eq!(talk.retry_of(&UNCERTAIN, 2 * DAY).await, 1);
    let claims = talk.claim(2 * DAY, 9).await;
    assert!(claims.iter().any(|claim| claim.phone == phone(3)));
}

pub(super) async fn a_round_is_recorded_with_who_began_it(ground: Ground) {
    let talk = five(ground).await;
    assert_eq!(talk.retry_of(&PASSING, 10).await, 2);
    assert_eq!(
        talk.retry_of(&PASSING, 20).await,
        2,
        "nobody was sent to meanwhile"
    );
    let entry = talk.file(0).await.campaigns.remove(0);
    assert_eq!(
        (entry.state, entry.due_at),
        (ContactState::RetryDue, Some(at(20)))
    );
    talk.claim(20, 9).await;
    assert_eq!(talk.retry_of(&PASSING, 30).await, 0);
    let filter = HappeningFilter {
        subject: Some(format!("campaign.{CAMPAIGN}")),
        limit: 9,
        ..HappeningFilter::default()
    };
    let happenings = talk.contacts.happenings(&filter).await.unwrap();
    let rounds: Vec<_> = happenings
        .iter()
        .map(|told| (told.at, told.what.as_str(), told.detail["round"].clone()))
        .collect();
    let retried = "campaign.retried";
    assert_eq!(
        rounds,
        [(at(20), retried, 2.into()), (at(10), retried, 1.into())]
    );
    assert_eq!(happenings[0].actor, "ana@desk by retry");
    assert_eq!(happenings[0].detail["contacts"], 2);
}

pub(super) async fn what_is_over_begins_no_round_and_says_how_it_could(ground: Ground) {
    let talk = five(ground).await;
    let refusal = async |now| {
        let count = talk
            .contacts
            .retry_count(ACCOUNT, CAMPAIGN, &PASSING, at(now))
            .await;
        let retry = talk
            .contacts
            .retry(ACCOUNT, CAMPAIGN, &PASSING, "ana", at(now))
            .await;
        match (count, retry) {
            (Err(Error::Invalid(one)), Err(Error::Invalid(other))) if one == other => one,
            other => panic!("{other:?}"),
        }
    };
    talk.redeclare(|campaign| campaign.ends_at = Some(at(HOUR)))
        .await;
    assert!(refusal(HOUR).await.contains("declare a longer duration"));
    assert!(
        talk.contacts
            .retry_count(ACCOUNT, CAMPAIGN, &PASSING, at(HOUR - 1))
            .await
            .is_ok()
    );
    talk.redeclare(|campaign| campaign.state = CampaignState::Stopped)
        .await;
    assert!(refusal(10).await.contains("state = \"running\""));
    let unknown = talk
        .contacts
        .retry(ACCOUNT, "autumn", &PASSING, "ana", at(1))
        .await;
    assert!(matches!(unknown, Err(Error::Invalid(_))), "{unknown:?}");
}

pub(super) async fn who_was_tried_in_an_earlier_round_is_not_taken_for_new(ground: Ground) {
    let talk = Talk::with(ground, 2).await;
    for claim in talk.claim(0, 2).await {
        talk.settle(1, &claim, failed(Some(HOUR))).await;
    }
    assert_eq!(talk.retry_of(&PASSING, 10).await, 2);
    // One of them leaves the lists: whoever was messaged stays in the ledger.
    talk.fill(vec![member(0)]).await;
    let standing = talk.standing(10).await;
    assert_eq!((standing.hopper.total, standing.hopper.retry), (2, 2));
    let compared = talk.compare(10, vec![member(0)]).await;
    assert_eq!(
        (compared.removed, compared.unlisted, compared.due),
        (0, 1, 1)
    );
    let compared = talk
        .compare(10, vec![skipped(0, "no_opt_in"), member(1)])
        .await;
    assert_eq!(compared.new, 0);
}

pub(super) async fn silence_of_a_receiver_that_ran_lets_the_uncertain_be_sent_again(
    ground: Ground,
) {
    let talk = Talk::with(ground, 1).await;
    let claim = talk.claim_one(100).await;
    talk.settle(110, &claim, uncertain()).await;
    let listened = |since, last| {
        talk.plant(Planted::Receiver {
            since: at(since),
            last: at(last),
        });
    };
    assert_eq!(talk.resend(110, HOUR).await, 0, "nobody listened");
    listened(101, HOUR);
    assert_eq!(
        talk.resend(110, HOUR).await,
        0,
        "nobody listened when it began"
    );
    listened(0, HOUR - 5 * MINUTE - 1);
    assert_eq!(talk.resend(110, HOUR).await, 0, "nobody listens now");
    listened(0, HOUR);
    assert_eq!(
        talk.resend(109, HOUR).await,
        0,
        "it has not been long enough"
    );
    talk.redeclare(|campaign| campaign.state = CampaignState::Paused)
        .await;
    assert_eq!(talk.resend(110, HOUR).await, 0, "the campaign is paused");
    talk.redeclare(|campaign| campaign.max_attempts = 1).await;
    assert_eq!(talk.resend(110, HOUR).await, 0, "no attempt is left");
    talk.redeclare(|_| ()).await;
    assert_eq!(talk.resend(110, HOUR).await, 1);
    assert_eq!(talk.resend(110, HOUR).await, 0, "once");
    let again = talk.claim_one(HOUR).await;
    assert_eq!((again.attempt, again.counted), (2, 2));
}

pub(super) async fn the_next_timeout_is_the_earliest_of_all(ground: Ground) {
    let talk = Talk::with(ground, 2).await;
    let next = async || talk.contacts.next_timeout(ACCOUNT).await.unwrap();
    assert_eq!(next().await, None);
    let claims = talk.claim(100, 2).await;
    talk.settle(200, &claims[0], accepted()).await;
    talk.settle(150, &claims[1], uncertain()).await;
    assert_eq!(next().await, Some(at(150 + DAY)));
    talk.redeclare(|campaign| campaign.ends_at = Some(at(HOUR)))
        .await;
    assert_eq!(next().await, Some(at(HOUR)));
    let mut later = declaration("later");
    later.starts_at = at(1000);
    talk.store.declare(&talk.lock, &later).await.unwrap();
    assert_eq!(next().await, Some(at(1000)));
    talk.store.see_time(at(1000)).await.unwrap();
    assert_eq!(next().await, Some(at(HOUR)), "it has started");
    talk.store.see_time(at(HOUR)).await.unwrap();
    assert_eq!(next().await, Some(at(150 + DAY)), "it has ended");
    talk.expire(150 + DAY).await;
    assert_eq!(next().await, Some(at(200 + DAY)));
    talk.expire(200 + DAY).await;
    assert_eq!(next().await, None);
    assert_eq!(talk.contacts.next_timeout("other").await.unwrap(), None);
}

pub(super) async fn who_was_tried_in_an_earlier_round_fails_and_is_released_as_such(
    ground: Ground,
) {
    let talk = Talk::with(ground, 2).await;
    for claim in talk.claim(0, 2).await {
        talk.settle(1, &claim, failed(Some(HOUR))).await;
    }
    assert_eq!(talk.retry_of(&PASSING, 10).await, 2);
    let claim = talk.claim(10, 1).await.remove(0);
    talk.settle(11, &claim, released(20)).await;
    let hopper = talk.standing(11).await.hopper;
    assert_eq!((hopper.retry, hopper.fresh), (2, 0), "neither is new");
    talk.redeclare(|campaign| campaign.ends_at = Some(at(HOUR)))
        .await;
    assert_eq!(talk.expire(HOUR).await, 2);
    assert_eq!(talk.outcomes(HOUR).await, [(Outcome::Failed, 2)]);
    // Time was what they wanted: with more of it they are taken in again.
    talk.redeclare(|campaign| campaign.ends_at = Some(at(DAY)))
        .await;
    assert_eq!(talk.retry_of(&PASSING, HOUR).await, 2);
}

pub(super) async fn a_round_lets_go_who_waited_for_the_uncertain(ground: Ground) {
    let talk = Talk::with(ground, 1).await;
    let claim = talk.claim_one(0).await;
    talk.settle(1, &claim, uncertain()).await;
    talk.store
        .declare(&talk.lock, &declaration("autumn"))
        .await
        .unwrap();
    talk.fill_at(0, "autumn", vec![member(0)]).await.unwrap();
    let claim = async |now| {
        let mut request = talk.request(now, 9, |_| Verdict::Claim);
        request.campaign = "autumn".to_owned();
        talk.store.claim(request).await.unwrap()
    };
    assert_eq!(claim(2).await.locked, 1);
    assert_eq!(claim(3).await.claims.len(), 0, "it waits");
    assert_eq!(talk.retry_of(&UNCERTAIN, 4).await, 1);
    assert_eq!(claim(5).await.claims.len(), 1, "nothing is open any more");
}
