//! Recontact: once a window, for those alone who may be messaged, moving nobody.

use super::contacts::{answered, line, messaged};
use super::ground::{Ground, Planted, Talk};
use super::kit::{
    ACCOUNT, CAMPAIGN, DAY, HOUR, House, MINUTE, NUMBER, accepted, asking, at, declaration, member,
    phone,
};
use crate::store::{
    AnswerKind, CampaignState, Candidate, Claim, Error, Halt, HaltCause, RecontactRequest, Scope,
    Settlement, Verdict,
};

const RECONTACT: &str = "come_back";

fn recontact(
    house: &House,
    now: i64,
    max: usize,
    decide: impl FnMut(&Candidate) -> Verdict + Send + 'static,
) -> RecontactRequest {
    RecontactRequest {
        account: ACCOUNT.to_owned(),
        campaign: CAMPAIGN.to_owned(),
        template: RECONTACT.to_owned(),
        now: at(now),
        max,
        worker: "System".to_owned(),
        lease: house.lease.clone(),
        decide: Box::new(decide),
    }
}

/// Claims recontacts, having counted them.
async fn come_back(talk: &Talk, now: i64) -> Vec<Claim> {
    let count = talk
        .contacts
        .recontact_count(ACCOUNT, CAMPAIGN, at(now))
        .await
        .unwrap();
    let request = recontact(talk, now, 100, |_| Verdict::Claim);
    let claims = talk.contacts.claim_recontact(request).await.unwrap();
    assert_eq!(claims.len() as u64, count);
    claims
}

pub(super) async fn whose_window_has_closed_is_contacted_again_once(ground: Ground) {
    let talk = Talk::with(ground, 3).await;
    let first = messaged(&talk, 0, 2).await;
    assert!(come_back(&talk, 2 * DAY).await.is_empty(), "nobody wrote");
    talk.wrote(0, HOUR, "Tell me more");
    // Somebody who was never messaged.
    talk.wrote(2, HOUR, "Hello");
    assert!(
        come_back(&talk, HOUR + DAY - 1).await.is_empty(),
        "the window is open"
    );
    let before = talk.standing(HOUR + DAY).await;
    let claims = come_back(&talk, HOUR + DAY).await;
    assert_eq!(claims.len(), 1);
    assert_eq!((claims[0].phone.clone(), claims[0].attempt), (phone(0), 2));
    assert_ne!(claims[0].attempt_id, first[0].attempt_id);
    assert_eq!(claims[0].variables["first_name"], "Ana 0");
    assert!(
        come_back(&talk, HOUR + DAY).await.is_empty(),
        "once a window"
    );
    talk.settle(HOUR + DAY + 5, &claims[0], accepted()).await;
    assert!(come_back(&talk, 9 * DAY).await.is_empty(), "once a window");
    assert_eq!(
        talk.standing(HOUR + DAY).await,
        before,
        "the hopper has not moved"
    );
    // They write again, and their window closes again.
    talk.wrote(0, 10 * DAY, "Still there?");
    assert!(come_back(&talk, 11 * DAY - 1).await.is_empty());
    assert_eq!(come_back(&talk, 11 * DAY).await[0].attempt, 3);
    let rows = talk.history(|_| ()).await;
    assert_eq!(
        (rows.len(), rows[0].attempts),
        (3, 1),
        "a recontact is no attempt of the campaign"
    );
    let sent = talk.file(0).await.timeline;
    let sent: Vec<_> = sent
        .iter()
        .filter(|entry| entry.direction == "out")
        .collect();
    assert_eq!(
        line(sent[1]),
        format!("out recontact {RECONTACT:?} accepted System")
    );
}

pub(super) async fn who_must_not_be_messaged_is_not_contacted_again(ground: Ground) {
    let talk = Talk::with(ground, 4).await;
    messaged(&talk, 0, 4).await;
    for person in 0..4 {
        talk.wrote(person, HOUR, "Hello");
    }
    talk.plant(Planted::Suppressed {
        phone: phone(0),
        at: at(HOUR),
    });
    talk.plant(Planted::Held {
        phone: phone(1),
        at: at(HOUR),
    });
    // A window with another number is another window.
    talk.plant(Planted::Wrote {
        phone: phone(2),
        number: "other".to_owned(),
        at: at(DAY),
        text: "And here".to_owned(),
    });
    let now = HOUR + DAY;
    let asked = recontact(&talk, now, 100, |candidate| {
        assert_eq!(
            (candidate.attempt, candidate.last_any_template),
            (2, Some(at(0)))
        );
        assert_eq!(
            (candidate.last_same_template, candidate.suppressed),
            (None, false)
        );
        Verdict::Pass
    });
    assert!(
        talk.contacts
            .claim_recontact(asked)
            .await
            .unwrap()
            .is_empty()
    );
    talk.redeclare(|campaign| campaign.state = CampaignState::Stopped)
        .await;
    assert!(
        come_back(&talk, now).await.is_empty(),
        "the campaign is stopped"
    );
    talk.redeclare(|campaign| campaign.ends_at = Some(at(HOUR)))
        .await;
    let claims = come_back(&talk, now).await;
    let phones: Vec<_> = claims.iter().map(|claim| claim.phone.clone()).collect();
    assert_eq!(
        phones,
        [3, 2].map(phone),
        "in the order in which they wrote"
    );
}

pub(super) async fn recontacts_are_claimed_up_to_a_number_and_under_the_lease(ground: Ground) {
    let talk = Talk::with(ground, 3).await;
    messaged(&talk, 0, 3).await;
    for person in 0..3 {
        talk.wrote(person, HOUR + i64::try_from(person).unwrap(), "Hello");
    }
    let now = 2 * DAY;
    let two = recontact(&talk, now, 2, |_| Verdict::Claim);
    assert_eq!(talk.contacts.claim_recontact(two).await.unwrap().len(), 2);
    let mut lost = recontact(&talk, now, 2, |_| Verdict::Claim);
    lost.lease.fence -= 1;
    let refused = talk.contacts.claim_recontact(lost).await;
    assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    assert_eq!(come_back(&talk, now).await.len(), 1);
}

pub(super) async fn a_recontact_counts_as_a_message_and_dies_uncertain(ground: Ground) {
    let talk = Talk::with(ground, 1).await;
    messaged(&talk, 0, 1).await;
    talk.wrote(0, HOUR, "Hello");
    let now = HOUR + DAY;
    let claim = come_back(&talk, now).await.remove(0);
    let recipients = talk.store.recipients_since(ACCOUNT, at(now)).await.unwrap();
    assert_eq!(recipients, 1);
    // The process ends, and another takes its place.
    talk.store.release_lease(&talk.lease).await.unwrap();
    let next = asking("next", now + MINUTE, now + HOUR);
    let lease = talk.store.lease(NUMBER, &next).await.unwrap();
    let before = talk.standing(now).await;
    assert_eq!(
        talk.store.recover(&lease, at(now + MINUTE)).await.unwrap(),
        1
    );
    assert_eq!(talk.standing(now).await, before);
    let status = async || talk.file(0).await.timeline.last().unwrap().status.clone();
    assert_eq!(status().await.as_deref(), Some("uncertain"));
    // A late answer of its own settles it, and moves nobody.
    let settlement = Settlement {
        attempt_id: claim.attempt_id,
        at: at(now + HOUR),
        result: accepted(),
    };
    talk.store.settle(vec![settlement]).await.unwrap();
    assert_eq!(status().await.as_deref(), Some("accepted"));
    assert_eq!(talk.standing(now).await, before);
}

pub(super) async fn nobody_is_contacted_again_while_a_halt_holds(ground: Ground) {
    let talk = Talk::with(ground, 1).await;
    messaged(&talk, 0, 1).await;
    talk.wrote(0, HOUR, "Hello");
    let now = 2 * DAY;
    let halt = Halt {
        account: ACCOUNT.to_owned(),
        scope: Scope::Template,
        subject: format!("{RECONTACT}/en_US"),
        cause: HaltCause::Meta,
        code: None,
        reason: "Meta has paused it".to_owned(),
        since: at(now),
        until: Some(at(now + HOUR)),
        actor: "Meta".to_owned(),
    };
    assert!(talk.contacts.halt(&halt).await.unwrap());
    let request = recontact(&talk, now + 1, 9, |_| Verdict::Claim);
    assert!(
        talk.contacts
            .claim_recontact(request)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(come_back(&talk, now + HOUR).await.len(), 1);
}

pub(super) async fn who_is_in_conversation_with_another_campaign_is_not_contacted_again(
    ground: Ground,
) {
    let talk = Talk::with(ground, 1).await;
    messaged(&talk, 0, 1).await;
    talk.wrote(0, HOUR, "Hello");
    talk.plant(answered(0, HOUR, AnswerKind::Other, "Hello"));
    talk.store
        .declare(&talk.lock, &declaration("autumn"))
        .await
        .unwrap();
    talk.fill_at(HOUR, "autumn", vec![member(0)]).await.unwrap();
    let mut request = talk.request(2 * HOUR, 9, |_| Verdict::Claim);
    request.campaign = "autumn".to_owned();
    let claims = talk.store.claim(request).await.unwrap().claims;
    talk.settle(2 * HOUR, &claims[0], accepted()).await;
    assert!(
        come_back(&talk, HOUR + DAY).await.is_empty(),
        "autumn waits for its answer"
    );
    talk.store
        .expire(ACCOUNT, "autumn", at(2 * HOUR + DAY))
        .await
        .unwrap();
    assert_eq!(come_back(&talk, 2 * HOUR + DAY).await.len(), 1);
}
