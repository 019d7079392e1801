//! What customers say, and what is said of them.

use super::intake::{
    Engine, Hall, PASSING, accepted, failure, happening, hidden, message, message_of, person,
    status,
};
use super::kit::{ACCOUNT, CAMPAIGN, DAY, HOUR, NUMBER, at, member, phone, uncertain};
use crate::store::DeliveryStatus::{Delivered, Sent};
use crate::store::{
    CampaignState, ContactState, Dead, ErrandKind, Fact, Halt, HaltCause, HappeningFilter, Inbound,
    Lift, Outcome, Person, Scope,
};

/// A tap on a quick reply, which Meta sends with or without the name of the message it answers.
fn tap(id: &str, number: u64, seconds: i64) -> Inbound {
    Inbound {
        kind: "button".to_owned(),
        text: Some("Phone call".to_owned()),
        payload: Some("phone_call".to_owned()),
        ..message(id, person(number), seconds)
    }
}

fn naming(inbound: Inbound, message_id: &str) -> Inbound {
    Inbound {
        context_id: Some(message_id.to_owned()),
        ..inbound
    }
}

fn answers(engine: &Engine) -> Vec<String> {
    (engine.dump)()["answer"].clone()
}

pub(in crate::store) async fn a_tap_in_time_closes_with_the_option(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    let reply = naming(tap("in.1", 0, HOUR), &message_of(&claim));
    let taken = hall.tell(HOUR, Fact::Inbound(reply.clone())).await;
    assert_eq!((taken.inbound, taken.answers, taken.errands), (1, 1, 1));
    assert!(taken.wakes, "an errand waits");
    assert_eq!(hall.only().await.outcome, Some(Outcome::Answered));
    let answer = answers(&engine);
    assert_eq!(answer.len(), 1);
    assert!(
        answer[0].contains("kind=0") && answer[0].contains("option=phone_call"),
        "{answer:?}"
    );
    let conversation = hall.heard.lock().unwrap().conversations[0].clone();
    assert_eq!(conversation.phone, Some(phone(0)));
    let interaction = conversation.interaction.unwrap();
    assert_eq!(interaction.campaign, CAMPAIGN);
    assert_eq!(interaction.message_id, Some(message_of(&claim)));
    assert_eq!(interaction.variables, member(0).variables);
    assert_eq!(
        (interaction.state, interaction.late),
        (ContactState::AwaitingResponse, false)
    );
    let handed = hall
        .ledger
        .errand_counts(ErrandKind::Handoff)
        .await
        .unwrap();
    assert_eq!(handed.waiting, 1);
    let window = (engine.dump)()["service_window"].clone();
    let last = format!("last_inbound_at={}", at(HOUR).as_microsecond());
    assert!(
        window[0].contains(NUMBER) && window[0].contains(&last),
        "{window:?}"
    );
    // The same webhook once more.
    let before = (engine.dump)();
    let taken = hall.tell(2 * HOUR, Fact::Inbound(reply)).await;
    assert_eq!((taken.inbound, taken.duplicates), (0, 1));
    assert_eq!((engine.dump)(), before);
}

pub(in crate::store) async fn any_other_answer_closes_too_and_the_first_counts(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(10, Fact::Inbound(message("in.1", person(0), 10)))
        .await;
    let second = naming(tap("in.2", 0, 20), &message_of(&claim));
    let taken = hall.tell(20, Fact::Inbound(second)).await;
    assert_eq!((taken.inbound, taken.answers, taken.errands), (1, 0, 1));
    let answer = answers(&engine);
    assert_eq!(answer.len(), 1);
    assert!(
        answer[0].contains("kind=1") && answer[0].contains("message_id=in.1"),
        "{answer:?}"
    );
    let heard = hall.heard.lock().unwrap().conversations[1].clone();
    assert_eq!(heard.interaction.unwrap().outcome, Some(Outcome::Answered));
}

pub(in crate::store) async fn an_answer_after_the_timeout_is_late_and_changes_nothing(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    hall.send(CAMPAIGN, 0).await;
    assert_eq!(hall.house.expire(DAY).await, 1);
    let taken = hall
        .tell(DAY + 1, Fact::Inbound(tap("in.1", 0, DAY + 1)))
        .await;
    assert_eq!((taken.inbound, taken.answers, taken.errands), (1, 0, 1));
    assert_eq!(hall.only().await.outcome, Some(Outcome::NoAnswer));
    assert!(
        answers(&engine)[0].contains("kind=2"),
        "{:?}",
        answers(&engine)
    );
    let heard = hall.heard.lock().unwrap().conversations[0].clone();
    assert!(heard.interaction.unwrap().late);
    hall.tell(DAY + 9, Fact::Inbound(message("in.2", person(0), DAY + 9)))
        .await;
    assert_eq!(answers(&engine).len(), 1, "one late answer is enough");
    let heard = hall.heard.lock().unwrap().conversations[1].clone();
    assert_eq!(heard.interaction, None);
}

pub(in crate::store) async fn an_answer_that_is_heard_of_late_counts_by_its_own_time(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    hall.send(CAMPAIGN, 0).await;
    assert_eq!(hall.house.expire(DAY).await, 1);
    let taken = hall.tell(2 * DAY, Fact::Inbound(tap("in.1", 0, DAY))).await;
    assert_eq!(taken.answers, 1);
    assert_eq!(hall.only().await.outcome, Some(Outcome::Answered));
}

pub(in crate::store) async fn an_uncertain_message_that_is_answered_was_sent(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.house.claim_one(0).await;
    hall.settle(1, &claim, uncertain()).await;
    hall.tell(10, Fact::Inbound(tap("in.1", 0, 10))).await;
    assert_eq!(hall.only().await.outcome, Some(Outcome::Answered));
    hall.settle(20, &claim, accepted(&claim)).await;
    assert_eq!(hall.only().await.outcome, Some(Outcome::Answered));
}

pub(in crate::store) async fn a_reply_that_names_a_failed_message_ends_its_retries(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(5, failure(&claim, PASSING, 5)).await;
    hall.tell(10, Fact::Inbound(message("in.1", person(0), 10)))
        .await;
    assert_eq!(
        hall.only().await.state,
        ContactState::RetryDue,
        "it names nothing"
    );
    let reply = naming(tap("in.2", 0, 20), &message_of(&claim));
    assert_eq!(hall.tell(20, Fact::Inbound(reply)).await.answers, 1);
    assert_eq!(hall.only().await.outcome, Some(Outcome::Answered));
    assert!(hall.house.claim(2 * HOUR, 1).await.is_empty());
}

pub(in crate::store) async fn what_was_written_before_we_wrote_answers_nothing(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    hall.send(CAMPAIGN, HOUR).await;
    hall.tell(HOUR, Fact::Inbound(message("in.1", person(0), 0)))
        .await;
    assert_eq!(hall.only().await.state, ContactState::AwaitingResponse);
    let heard = hall.heard.lock().unwrap().conversations[0].clone();
    assert_eq!(heard.interaction, None);
}

pub(in crate::store) async fn a_stranger_becomes_a_contact(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let facts = vec![
        Fact::Inbound(message("in.1", person(7), 0)),
        Fact::Inbound(message("in.2", hidden("US.9"), 0)),
    ];
    let taken = hall.take(1, facts).await;
    assert_eq!((taken.inbound, taken.answers, taken.errands), (2, 0, 2));
    let phones: Vec<_> = {
        let heard = hall.heard.lock().unwrap();
        heard
            .conversations
            .iter()
            .map(|heard| heard.phone.clone())
            .collect()
    };
    assert_eq!(phones, [Some(phone(7)), None]);
    // Who comes on the lists later is the same; who leaves them again is not forgotten.
    hall.house.fill(vec![member(0), member(7)]).await;
    assert_eq!((engine.dump)()["contact"].len(), 3);
    hall.house.fill(vec![member(0)]).await;
    assert_eq!((engine.dump)()["contact"].len(), 3);
}

fn preference(number: u64, seconds: i64, stop: bool) -> Fact {
    Fact::Preference {
        person: person(number),
        at: at(seconds),
        stop,
        source: "user_preferences".to_owned(),
    }
}

pub(in crate::store) async fn the_latest_word_on_messages_holds(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let suppressed = || (engine.dump)()["suppressed"].len();
    let taken = hall.tell(1, preference(0, 10, true)).await;
    assert_eq!((taken.opt_outs, suppressed()), (1, 1));
    let taken = hall
        .take(2, vec![preference(0, 10, true), preference(0, 5, false)])
        .await;
    assert_eq!((taken.opt_outs, taken.duplicates, suppressed()), (0, 2, 1));
    hall.tell(3, preference(0, 20, false)).await;
    assert_eq!(suppressed(), 0);
    hall.tell(4, preference(0, 15, true)).await;
    assert_eq!(suppressed(), 0, "an older word does not undo a newer one");
    let keyword = Fact::Preference {
        person: person(0),
        at: at(30),
        stop: true,
        source: "the keyword STOP".to_owned(),
    };
    hall.tell(5, keyword).await;
    assert!((engine.dump)()["suppressed"][0].contains("actor=the keyword STOP"));
    let claimed = hall.claims_in(CAMPAIGN, 40, 1).await;
    assert_eq!((claimed.claims.len(), claimed.skipped), (0, 1));
    hall.tell(6, preference(0, 40, false)).await;
    assert_eq!(suppressed(), 0);
}

pub(in crate::store) async fn an_opt_out_that_was_taken_back_since_does_not_suppress(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(1, preference(0, 10, false)).await;
    hall.tell(2, failure(&claim, super::intake::OPTED_OUT, 5))
        .await;
    assert_eq!((engine.dump)()["suppressed"], [""; 0]);
}

pub(in crate::store) async fn a_new_identity_holds_until_it_is_acknowledged(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let changed = |seconds| Fact::IdentityChanged {
        person: person(0),
        at: at(seconds),
        hash: Some("abc".to_owned()),
    };
    let taken = hall.take(1, vec![changed(5), changed(5)]).await;
    assert_eq!((taken.duplicates, taken.errands), (1, 1));
    let claimed = hall.claims_in(CAMPAIGN, 10, 1).await;
    assert_eq!((claimed.claims.len(), claimed.skipped), (0, 1));
}

fn moved(seconds: i64) -> Fact {
    Fact::NumberChanged {
        person: person(0),
        at: at(seconds),
        to: phone(5),
    }
}

pub(in crate::store) async fn a_person_with_a_new_number_is_the_same_person(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(1, moved(1)).await;
    let row = hall.only().await;
    assert_eq!(
        (row.phone, row.state),
        (phone(5), ContactState::AwaitingResponse)
    );
    let before = (engine.dump)();
    assert_eq!(before["identity"].len(), 2, "both numbers are held");
    let again = hall.tell(2, moved(1)).await;
    assert_eq!(again.duplicates, 1);
    assert_eq!((engine.dump)(), before);
    // The tag names the contact still, and the reply comes from the new number.
    assert_eq!(hall.tell(3, status(&claim, Delivered, 2)).await.receipts, 1);
    assert_eq!(
        hall.tell(4, Fact::Inbound(tap("in.1", 5, 4))).await.answers,
        1
    );
    // Lists that name the old number reach nobody by it.
    hall.house.fill(vec![member(0)]).await;
    let claimed = hall.claims_in(CAMPAIGN, 5, 2).await;
    assert_eq!((claimed.claims.len(), claimed.skipped), (0, 1));
}

pub(in crate::store) async fn two_members_who_are_one_keep_what_was_sent(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let first = hall.send(CAMPAIGN, 0).await;
    hall.tell(1, failure(&first, PASSING, 1)).await;
    let second = hall.send(CAMPAIGN, 2 * HOUR).await;
    hall.house.fill(vec![member(0), member(5)]).await;
    let other = hall.send(CAMPAIGN, 3 * HOUR).await;
    assert_eq!(other.phone, phone(5));
    hall.tell(3 * HOUR, failure(&other, 1, 3 * HOUR)).await;
    hall.tell(4 * HOUR, preference(0, 4 * HOUR, true)).await;
    hall.tell(5 * HOUR, moved(5 * HOUR)).await;
    let row = hall.only().await;
    assert_eq!(
        (row.phone, row.state),
        (phone(5), ContactState::AwaitingResponse)
    );
    assert_eq!(
        row.message_id,
        Some(message_of(&second)),
        "the open one is the latest"
    );
    let dump = (engine.dump)();
    assert_eq!(dump["attempt"].len(), 3);
    assert!(dump["member"][0].contains("attempt=3"), "{dump:?}");
    assert_eq!(dump["suppressed"].len(), 1);
    // Tags of both find their attempts.
    for claim in [&first, &second, &other] {
        let taken = hall.tell(6 * HOUR, status(claim, Sent, 6 * HOUR)).await;
        assert_eq!(taken.receipts, 1);
    }
    assert_eq!(hall.ledger.halts(None, at(6 * HOUR)).await.unwrap(), []);
    assert_eq!(
        hall.tell(7 * HOUR, Fact::Inbound(tap("in.1", 5, 7 * HOUR)))
            .await
            .answers,
        1
    );
}

pub(in crate::store) async fn a_new_business_scoped_id_is_the_same_person(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    hall.send(CAMPAIGN, 0).await;
    let known = Person {
        user_id: Some("US.1".to_owned()),
        ..person(0)
    };
    hall.tell(1, preference_of(known, 1)).await;
    hall.tell(2, Fact::Inbound(message("in.1", hidden("US.2"), 2)))
        .await;
    let changed = || Fact::UserIdChanged {
        person: hidden("US.1"),
        at: at(3),
        to: "US.2".to_owned(),
    };
    hall.tell(3, changed()).await;
    let before = (engine.dump)();
    assert_eq!(before["contact"].len(), 1, "{before:?}");
    assert!(before["contact"][0].contains("user_id=US.2"));
    let again = hall.tell(
        4,
        Fact::UserIdChanged {
            person: person(0),
            at: at(3),
            to: "US.2".to_owned(),
        },
    );
    again.await;
    assert_eq!((engine.dump)()["contact"], before["contact"]);
    assert_eq!(
        hall.tell(5, Fact::Inbound(message("in.2", hidden("US.2"), 5)))
            .await
            .answers,
        1
    );
}

fn preference_of(person: Person, seconds: i64) -> Fact {
    Fact::Preference {
        person,
        at: at(seconds),
        stop: false,
        source: "user_preferences".to_owned(),
    }
}

const TEMPLATE: &str = "offer/en_US";

fn paused(seconds: i64) -> Fact {
    let happening = happening("template offer/en_US", "template.paused", seconds);
    Fact::Happened {
        halt: Some(Halt {
            account: ACCOUNT.to_owned(),
            scope: Scope::Template,
            subject: TEMPLATE.to_owned(),
            cause: HaltCause::Meta,
            code: None,
            reason: "Meta paused it".to_owned(),
            since: at(1000),
            until: None,
            actor: "Meta".to_owned(),
        }),
        lifts: Vec::new(),
        happening,
    }
}

fn approved(seconds: i64) -> Fact {
    Fact::Happened {
        happening: happening("template offer/en_US", "template.approved", seconds),
        halt: None,
        lifts: vec![Lift {
            scope: Scope::Template,
            subject: TEMPLATE.to_owned(),
            cause: HaltCause::Meta,
        }],
    }
}

pub(in crate::store) async fn what_happened_halts_and_lifts_in_the_order_of_its_times(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    let halts = async || hall.ledger.halts(None, at(2000)).await.unwrap().len();
    let taken = hall.take(1000, vec![paused(10), paused(10)]).await;
    assert_eq!((taken.errands, taken.duplicates), (1, 1));
    let claimed = hall.claims_in(CAMPAIGN, 1000, 1).await;
    assert_eq!(claimed.halted.unwrap().reason, "Meta paused it");
    assert_eq!(claimed.claims, []);
    hall.tell(1001, approved(5)).await;
    assert_eq!(halts().await, 1, "an older approval lifts nothing");
    assert!(hall.tell(1002, approved(20)).await.wakes);
    assert_eq!(halts().await, 0);
    hall.tell(1003, paused(15)).await;
    assert_eq!(halts().await, 0, "an older pause halts nothing");
    let filter = HappeningFilter {
        area: Some("template".to_owned()),
        limit: 10,
        ..HappeningFilter::default()
    };
    let happened = hall.ledger.happenings(&filter).await.unwrap();
    let meta = |what: &str| happened.iter().filter(|one| one.what == what).count();
    assert_eq!(
        (meta("template.paused"), meta("template.approved")),
        (2, 2),
        "all is recorded"
    );
}

pub(in crate::store) async fn what_was_read_is_forgotten_with_what_it_said(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    for body in ["{\"a\":1}", "{\"b\":2}"] {
        hall.ledger.receive(at(0), body.to_owned()).await.unwrap();
    }
    let unread = hall.ledger.unread(0, 9).await.unwrap();
    let mut intake = hall.intake(1, vec![Fact::Inbound(message("in.1", person(0), 0))]);
    intake.sources = vec![unread[0].id];
    intake.dead = vec![Dead {
        received_at: at(0),
        reason: "nobody knows the field".to_owned(),
        body: "{}".to_owned(),
        tries: 0,
    }];
    hall.ledger.take_in(intake).await.unwrap();
    assert_eq!(hall.ledger.unread_count().await.unwrap(), 1);
    assert_eq!(hall.ledger.dead_letters(9).await.unwrap().len(), 1);
}

pub(in crate::store) async fn a_stopped_contact_stays_stopped(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(5, failure(&claim, PASSING, 5)).await;
    hall.house
        .redeclare(|campaign| campaign.state = CampaignState::Stopped)
        .await;
    assert_eq!(hall.house.expire(6).await, 1);
    let reply = naming(tap("in.1", 0, 20), &message_of(&claim));
    assert_eq!(hall.tell(20, Fact::Inbound(reply)).await.answers, 0);
    hall.tell(21, status(&claim, Delivered, 4)).await;
    assert_eq!(hall.only().await.outcome, Some(Outcome::Stopped));
}

pub(in crate::store) async fn two_conversations_that_are_with_one_person_leave_one_open(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    hall.launch("summer", 6).await;
    hall.send(CAMPAIGN, 0).await;
    let newer = hall.claims_in("summer", 10, 6).await;
    assert_eq!((newer.claims.len(), newer.locked), (5, 1));
    hall.tell(20, moved(20)).await;
    // The member who waited was the person whom the newer conversation is with.
    assert_eq!(hall.only().await.outcome, Some(Outcome::NoAnswer));
    let summer = hall.history("summer").await;
    assert_eq!(summer.len(), 5);
    assert!(summer.iter().all(|row| row.state == ContactState::InFlight));
}
