//! What statuses do, in whatever order they come.

use std::collections::BTreeSet;

use super::intake::{
    Engine, Hall, OPTED_OUT, OTHER_PERSON, PASSING, UNDELIVERABLE, accepted, errand, failure,
    hidden, message, message_of, person, receipt, settlement, status,
};
use super::kit::{ACCOUNT, CAMPAIGN, DAY, HOUR, at, failed, uncertain};
use crate::store::DeliveryStatus::{Delivered, Failed, Read, Sent};
use crate::store::{
    Claim, ContactState, Dead, ErrandKind, Fact, HaltCause, HappeningFilter, Outcome, Person,
    Receipt, Scope,
};

pub(in crate::store) async fn a_tagged_status_settles_what_was_uncertain(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.house.claim_one(0).await;
    hall.settle(1, &claim, uncertain()).await;
    assert_eq!(hall.house.expire(DAY + 1).await, 1);
    assert_eq!(hall.only().await.outcome, Some(Outcome::Uncertain));
    let taken = hall.tell(DAY + 2, status(&claim, Sent, 2)).await;
    assert_eq!((taken.receipts, taken.duplicates), (1, 0));
    let row = hall.only().await;
    assert_eq!(row.state, ContactState::AwaitingResponse);
    assert_eq!(row.message_id, Some(message_of(&claim)));
    // From the time that the status tells of.
    assert_eq!(row.due_at, Some(at(DAY + 2)));
    let again = hall.tell(DAY + 3, status(&claim, Sent, 2)).await;
    assert_eq!((again.receipts, again.duplicates), (0, 1));
}

pub(in crate::store) async fn a_failure_that_is_told_later_is_one_all_the_same(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    let taken = hall.tell(HOUR, failure(&claim, PASSING, 30)).await;
    assert!(taken.wakes, "a retry falls due");
    let row = hall.only().await;
    assert_eq!(
        (row.state, row.code),
        (ContactState::RetryDue, Some(PASSING))
    );
    assert_eq!(row.due_at, Some(at(30 + HOUR)), "from the status' own time");
    let circumstances = hall.heard.lock().unwrap().circumstances[0].clone();
    assert_eq!(circumstances.campaign, CAMPAIGN);
    assert_eq!(circumstances.counted, 1);
    for attempt in [2, 3] {
        let claim = hall.send(CAMPAIGN, attempt * 3 * HOUR).await;
        hall.tell(
            attempt * 3 * HOUR,
            failure(&claim, PASSING, attempt * 3 * HOUR),
        )
        .await;
    }
    let row = hall.only().await;
    assert_eq!((row.outcome, row.attempts), (Some(Outcome::Failed), 3));
    let dump = (engine.dump)();
    assert!(dump["member"][0].contains("passing=1"), "{dump:?}");
}

pub(in crate::store) async fn a_failure_for_good_closes_and_an_opt_out_suppresses(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    hall.launch("summer", 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(1, failure(&claim, OPTED_OUT, 1)).await;
    assert_eq!(hall.only().await.outcome, Some(Outcome::Failed));
    let dump = (engine.dump)();
    assert!(
        dump["member"]
            .iter()
            .any(|row| row.contains("outcome=2") && row.contains("passing=0"))
    );
    // The other campaign is told so by the claim.
    let claimed = hall.claims_in("summer", 2, 1).await;
    assert_eq!((claimed.claims.len(), claimed.skipped), (0, 1));
}

pub(in crate::store) async fn a_late_delivery_cancels_a_retry_that_was_not_claimed(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(20, failure(&claim, PASSING, 10)).await;
    hall.tell(30, status(&claim, Delivered, 15)).await;
    let row = hall.only().await;
    assert_eq!(row.state, ContactState::AwaitingResponse);
    assert_eq!((row.status.as_deref(), row.code), (Some("delivered"), None));
    assert_eq!(row.due_at, Some(at(DAY)));
    assert!(hall.house.claim(2 * HOUR, 1).await.is_empty());
    assert_eq!(hall.house.expire(DAY).await, 1);
    assert_eq!(hall.only().await.outcome, Some(Outcome::NoAnswer));
}

pub(in crate::store) async fn a_late_delivery_leaves_a_retry_that_was_claimed(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let first = hall.send(CAMPAIGN, 0).await;
    hall.tell(20, failure(&first, PASSING, 10)).await;
    let second = hall.house.claim_one(2 * HOUR).await;
    let before = hall.only().await;
    hall.tell(2 * HOUR, status(&first, Delivered, 15)).await;
    assert_eq!(
        hall.only().await,
        before,
        "the latest attempt alone moves the contact"
    );
    let dump = (engine.dump)();
    let rows: Vec<_> = dump["attempt"]
        .iter()
        .filter(|row| row.contains("delivery=3"))
        .collect();
    assert_eq!(rows.len(), 1, "{dump:?}");
    hall.accept(2 * HOUR, &second).await;
    hall.tell(2 * HOUR, failure(&first, PASSING, 16)).await;
    assert_eq!(hall.only().await.state, ContactState::AwaitingResponse);
}

pub(in crate::store) async fn an_answer_is_not_undone_by_a_status(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(10, Fact::Inbound(message("in.1", person(0), 10)))
        .await;
    hall.tell(20, failure(&claim, PASSING, 5)).await;
    hall.tell(20, status(&claim, Read, 6)).await;
    let row = hall.only().await;
    assert_eq!(row.outcome, Some(Outcome::Answered));
    assert_eq!(row.status.as_deref(), Some("read"));
}

pub(in crate::store) async fn a_status_without_a_tag_is_found_by_its_message(engine: Engine) {
    let hall = Hall::with(&engine, 2).await;
    let claims = hall.house.claim(0, 2).await;
    hall.accept(1, &claims[0]).await;
    let untagged = |claim: &Claim| {
        Fact::Receipt(Receipt {
            tag: None,
            ..receipt(claim, Delivered, 5)
        })
    };
    let taken = hall.take(6, claims.iter().map(untagged).collect()).await;
    assert_eq!((taken.receipts, taken.orphans), (1, 1));
    let again = hall.take(6, claims.iter().map(untagged).collect()).await;
    assert_eq!((again.receipts, again.orphans, again.duplicates), (0, 0, 2));
}

pub(in crate::store) async fn a_status_that_overtakes_our_answer_waits_for_it(engine: Engine) {
    let hall = Hall::with(&engine, 2).await;
    let claims = hall.house.claim(0, 2).await;
    let untagged = |fact| match fact {
        Fact::Receipt(receipt) => Fact::Receipt(Receipt {
            tag: None,
            ..receipt
        }),
        fact => fact,
    };
    let early = vec![
        untagged(status(&claims[0], Read, 5)),
        untagged(failure(&claims[1], PASSING, 5)),
    ];
    let taken = hall.take(6, early).await;
    assert_eq!(taken.orphans, 2);
    for claim in &claims {
        hall.accept(7, claim).await;
    }
    let delivery = hall.house.standing(8).await.delivery;
    assert_eq!((delivery.read, delivery.accepted), (1, 1));
    // What a failure means is known to an intake alone.
    let taken = hall.take(8, Vec::new()).await;
    assert_eq!((taken.receipts, taken.wakes), (1, true));
    assert_eq!(hall.house.standing(8).await.hopper.retry, 1);
    assert_eq!((engine.dump)()["orphan"], [""; 0]);
}

pub(in crate::store) async fn orphans_are_forgotten_after_a_week(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.house.claim_one(0).await;
    let orphan = Receipt {
        tag: Some("order-1042".to_owned()),
        message_id: "wamid.theirs".to_owned(),
        ..receipt(&claim, Delivered, 0)
    };
    hall.tell(0, Fact::Receipt(orphan)).await;
    hall.take(7 * DAY, Vec::new()).await;
    assert_eq!((engine.dump)()["orphan"].len(), 1);
    hall.take(7 * DAY + 1, Vec::new()).await;
    assert_eq!((engine.dump)()["orphan"], [""; 0]);
}

pub(in crate::store) async fn a_message_that_this_ledger_should_know_stops_the_account(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 2).await;
    let claim = hall.house.claim(0, 1).await.remove(0);
    let tagged = |tag: String| {
        Fact::Receipt(Receipt {
            tag: Some(tag),
            message_id: "wamid.unknown".to_owned(),
            ..receipt(&claim, Sent, 1)
        })
    };
    let (ledger, rest) = claim.tag.split_once('.').unwrap();
    let other = format!("{}.{rest}", "0".repeat(32));
    hall.tell(2, tagged(other)).await;
    assert_eq!(hall.ledger.halts(None, at(2)).await.unwrap(), []);
    for lost in [
        format!("{ledger}.1.1.9.{}", "0".repeat(32)),
        format!("{ledger}.e.77"),
    ] {
        hall.tell(3, tagged(lost)).await;
        let halts = hall.ledger.halts(Some(ACCOUNT), at(3)).await.unwrap();
        assert_eq!(halts.len(), 1);
        assert_eq!(
            (halts[0].scope, halts[0].cause),
            (Scope::Account, HaltCause::Restored)
        );
        assert!(
            halts[0].reason.contains("waform resume"),
            "{}",
            halts[0].reason
        );
        let claimed = hall.claims_in(CAMPAIGN, 3, 1).await;
        assert_eq!(
            (claimed.claims.len(), claimed.halted.as_ref()),
            (0, halts.first())
        );
        let lifted = hall.ledger.lift(
            ACCOUNT,
            Scope::Account,
            ACCOUNT,
            &[HaltCause::Restored],
            "ana",
            at(3),
        );
        assert_eq!(lifted.await.unwrap().len(), 1);
    }
    let filter = HappeningFilter {
        limit: 10,
        ..HappeningFilter::default()
    };
    let happened = hall.ledger.happenings(&filter).await.unwrap();
    assert!(
        happened
            .iter()
            .any(|happening| happening.what == "account.halted")
    );
    assert_eq!(hall.claims_in(CAMPAIGN, 4, 1).await.claims.len(), 1);
}

pub(in crate::store) async fn statuses_move_replies_forward(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.house.claim_one(0).await;
    let errands = vec![
        errand(ErrandKind::Reply, "a"),
        errand(ErrandKind::Reply, "b"),
    ];
    hall.ledger.errand(ACCOUNT, errands, at(0)).await.unwrap();
    let due = hall
        .ledger
        .errands_due(&[ErrandKind::Reply], at(0), 9)
        .await
        .unwrap();
    for errand in &due {
        assert!(hall.ledger.begin_errand(errand.id, at(0)).await.unwrap());
    }
    hall.ledger.recover_errands(at(1)).await.unwrap();
    let counts = || hall.ledger.errand_counts(ErrandKind::Reply);
    assert_eq!(counts().await.unwrap().uncertain, 2);
    let of = |index: usize, which| {
        Fact::Receipt(Receipt {
            tag: Some(due[index].tag.clone()),
            message_id: format!("wamid.reply.{index}"),
            ..receipt(&claim, which, 2)
        })
    };
    let taken = hall
        .take(
            3,
            vec![of(0, Read), of(0, Sent), of(1, Failed), of(1, Failed)],
        )
        .await;
    assert_eq!((taken.receipts, taken.duplicates), (2, 2));
    let now = counts().await.unwrap();
    assert_eq!((now.done, now.failed, now.uncertain), (1, 1, 0));
    // The message's id is known by now.
    let untagged = Fact::Receipt(Receipt {
        tag: None,
        message_id: "wamid.reply.1".to_owned(),
        ..receipt(&claim, Delivered, 3)
    });
    assert_eq!(hall.tell(4, untagged).await.receipts, 1);
    assert_eq!(counts().await.unwrap().done, 2);
}

pub(in crate::store) async fn a_number_is_suspect_until_a_message_reaches_it(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    hall.launch("summer", 1).await;
    let suspects = || (engine.dump)()["suspect"].clone();
    let first = hall.house.claim_one(0).await;
    hall.settle(1, &first, failed(Some(10))).await;
    assert!(suspects()[0].contains("times=1"), "{:?}", suspects());
    let second = hall.send(CAMPAIGN, 10).await;
    let twice = vec![
        failure(&second, UNDELIVERABLE, 20),
        failure(&second, UNDELIVERABLE, 20),
    ];
    hall.take(20, twice).await;
    let first_and_last = format!(
        "first_at={} last_at={} times=2",
        at(1).as_microsecond(),
        at(20).as_microsecond()
    );
    assert!(suspects()[0].contains(&first_and_last), "{:?}", suspects());
    let third = hall.send("summer", 30).await;
    hall.tell(31, status(&third, Delivered, 31)).await;
    assert_eq!(suspects(), [""; 0]);
}

pub(in crate::store) async fn a_changed_identity_key_holds_the_contact(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    hall.launch("summer", 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(1, failure(&claim, OTHER_PERSON, 1)).await;
    let mut held = Vec::new();
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut request = hall.house.request(2, 1, move |candidate| {
        sender.send(candidate.held).unwrap();
        crate::store::Verdict::Pass
    });
    request.campaign = "summer".to_owned();
    hall.ledger.claim(request).await.unwrap();
    held.extend(receiver.try_iter());
    assert_eq!(held, [true]);
}

pub(in crate::store) async fn an_id_that_turns_out_to_be_a_known_numbers_makes_one_contact(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(1, Fact::Inbound(message("in.1", hidden("US.1"), 1)))
        .await;
    let contacts = || (engine.dump)()["contact"].clone();
    assert_eq!(contacts().len(), 2);
    assert_eq!(
        hall.only().await.state,
        ContactState::AwaitingResponse,
        "nobody knows yet who wrote"
    );
    let both = Receipt {
        person: Person {
            user_id: Some("US.1".to_owned()),
            ..person(0)
        },
        ..receipt(&claim, Delivered, 2)
    };
    hall.tell(2, Fact::Receipt(both)).await;
    let row = contacts();
    assert_eq!(row.len(), 1, "{row:?}");
    assert!(
        row[0].contains("phone=37255500000") && row[0].contains("user_id=US.1"),
        "{row:?}"
    );
    assert!((engine.dump)()["inbound"][0].contains("contact=1 "));
    // By the id alone, from now on.
    hall.tell(3, Fact::Inbound(message("in.2", hidden("US.1"), 3)))
        .await;
    assert_eq!(hall.only().await.outcome, Some(Outcome::Answered));
}

pub(in crate::store) async fn digits_that_meta_writes_otherwise_are_the_same_person(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    let other = Person {
        wa_id: Some("372555000".to_owned()),
        ..Person::default()
    };
    // Before it is known whose they are.
    hall.tell(0, Fact::Inbound(message("in.1", other.clone(), 0)))
        .await;
    let claim = hall.house.claim_one(10).await;
    let result = crate::store::Settled::Accepted {
        message_id: message_of(&claim),
        wa_id: Some("372555000".to_owned()),
        message_status: None,
    };
    hall.ledger
        .settle(vec![settlement(11, &claim, result)])
        .await
        .unwrap();
    assert_eq!((engine.dump)()["contact"].len(), 1);
    hall.tell(12, Fact::Inbound(message("in.2", other, 12)))
        .await;
    assert_eq!(hall.only().await.outcome, Some(Outcome::Answered));
}

pub(in crate::store) async fn a_thousand_statuses_are_one_intake(engine: Engine) {
    let hall = Hall::with(&engine, 1000).await;
    let claims = hall.house.claim(0, 1000).await;
    let settlements = claims
        .iter()
        .map(|claim| settlement(1, claim, accepted(claim)));
    hall.ledger.settle(settlements.collect()).await.unwrap();
    let facts: Vec<_> = claims
        .iter()
        .map(|claim| status(claim, Delivered, 2))
        .collect();
    let taken = hall.take(3, facts.clone()).await;
    assert_eq!((taken.receipts, taken.duplicates), (1000, 0));
    assert_eq!(hall.house.standing(3).await.delivery.delivered, 1000);
    let again = hall.take(4, facts).await;
    assert_eq!((again.receipts, again.duplicates), (0, 1000));
    let messages: BTreeSet<_> = hall
        .history(CAMPAIGN)
        .await
        .into_iter()
        .map(|row| row.message_id)
        .collect();
    assert_eq!(messages.len(), 1000);
}

/// `again` adds a message with another template to each contact, accepted as `wamid.again`.
pub(in crate::store) async fn a_message_of_another_step_moves_nobody(
    engine: Engine,
    again: impl Fn(),
) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    again();
    let before = (engine.dump)();
    let failed = Fact::Receipt(Receipt {
        tag: None,
        message_id: "wamid.again".to_owned(),
        ..receipt(&claim, Failed, 5)
    });
    assert_eq!(hall.tell(6, failed).await.receipts, 1);
    let after = (engine.dump)();
    assert_eq!(after["member"], before["member"]);
    assert_ne!(after["attempt"], before["attempt"]);
    // The campaign's own message moves it still.
    hall.tell(7, status(&claim, Delivered, 7)).await;
    assert_ne!((engine.dump)()["member"], before["member"]);
}

/// `fail` makes the last of an intake's writes fail.
pub(in crate::store) async fn an_intake_that_fails_leaves_nothing(engine: Engine, fail: impl Fn()) {
    let hall = Hall::with(&engine, 1).await;
    hall.ledger.receive(at(0), "{}".to_owned()).await.unwrap();
    let claim = hall.send(CAMPAIGN, 0).await;
    let before = (engine.dump)();
    fail();
    let intake = || {
        let facts = vec![
            status(&claim, Delivered, 1),
            Fact::Inbound(message("in.1", person(0), 2)),
        ];
        let mut intake = hall.intake(3, facts);
        intake.sources = vec![1];
        intake.dead = vec![Dead {
            received_at: at(0),
            reason: "nobody knows the field".to_owned(),
            body: "{}".to_owned(),
            tries: 0,
        }];
        intake
    };
    assert!(hall.ledger.take_in(intake()).await.is_err());
    assert_eq!((engine.dump)(), before);
    let mut without_dead = intake();
    without_dead.dead.clear();
    let taken = hall.ledger.take_in(without_dead).await.unwrap();
    assert_eq!((taken.receipts, taken.answers), (1, 1));
}
