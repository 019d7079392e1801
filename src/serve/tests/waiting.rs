//! What time brings while the service runs.

use super::sending::{Floor, accepted};
use super::*;
use crate::meta::stub::Reply;
use crate::store::{Halt, HaltCause, Scope};

fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

async fn beat(floor: &Floor, patience: SignedDuration) {
    let (store, now) = (&floor.office.store, floor.office.clock.now());
    store.beat("main", now, patience).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_does_not_come_closes_the_contact_at_its_time() {
    let mut floor = Floor::new("", accepted).await;
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap();
    let (timers, mut checked) = (floor.timers(), BTreeMap::new());
    let end = noon() + hours(24);
    assert_eq!(timers.turn(&mut checked).await.unwrap(), Some(end));
    floor.office.clock.set(end - minutes(1));
    timers.turn(&mut checked).await.unwrap();
    assert_eq!(floor.standing().await.hopper.pending, 1);
    floor.office.clock.set(end);
    timers.turn(&mut checked).await.unwrap();
    let standing = floor.standing().await;
    assert_eq!(
        (standing.hopper.closed, standing.outcome["no_answer"]),
        (1, 1)
    );
}

#[tokio::test]
async fn a_template_that_is_approved_at_meta_is_lifted_though_no_webhook_said_so() {
    let mut floor = Floor::new("", accepted).await;
    let (timers, mut checked) = (floor.timers(), BTreeMap::new());
    let halt = |cause, code| Halt {
        account: "main".to_owned(),
        scope: Scope::Template,
        subject: "order_update/en_US".to_owned(),
        cause,
        code,
        reason: "it is paused".to_owned(),
        since: noon(),
        until: None,
        actor: "Meta".to_owned(),
    };
    let store = Arc::clone(&floor.office.store);
    store.halt(&halt(HaltCause::Meta, None)).await.unwrap();
    store
        .halt(&halt(HaltCause::Refused, Some(132_015)))
        .await
        .unwrap();
    let both = floor.halts().await;
    assert_eq!(both.len(), 2);
    floor.graph.says("PAUSED");
    floor.office.clock.advance(minutes(1));
    timers.turn(&mut checked).await.unwrap();
    assert_eq!(floor.halts().await, both);
    floor.graph.says("APPROVED");
    timers.turn(&mut checked).await.unwrap();
    assert_eq!(floor.halts().await, both, "it was looked at just now");
    floor.office.clock.advance(minutes(1));
    timers.turn(&mut checked).await.unwrap();
    assert_eq!(floor.halts().await, []);
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 1);
    // How a template is filled is not mended by its approval; a brake is a person's.
    store
        .halt(&halt(HaltCause::Refused, Some(132_000)))
        .await
        .unwrap();
    store.halt(&halt(HaltCause::Stopped, None)).await.unwrap();
    let stay = floor.halts().await;
    floor.office.clock.advance(minutes(5));
    timers.turn(&mut checked).await.unwrap();
    assert_eq!(floor.halts().await, stay);
}

fn lost(nth: usize) -> Reply {
    if nth == 0 { Reply::Cut } else { accepted(nth) }
}

const RESEND: &str = "on_uncertain = \"resend\"\nuncertain_wait = \"15m\"\n";

/// A message whose answer was lost, and a quarter of an hour. How many are due to be sent again in the end.
async fn due_again(more: &str, patience: Option<SignedDuration>) -> u64 {
    let mut floor = Floor::new(more, lost).await;
    if let Some(patience) = patience {
        beat(&floor, patience).await;
    }
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(
        (floor.sent().len(), floor.standing().await.uncertain),
        (1, 1)
    );
    let (timers, mut checked) = (floor.timers(), BTreeMap::new());
    floor.office.clock.advance(minutes(14));
    timers.turn(&mut checked).await.unwrap();
    assert_eq!(floor.standing().await.uncertain, 1, "it is too early");
    floor.office.clock.advance(minutes(2));
    if let Some(patience) = patience {
        beat(&floor, patience).await;
    }
    timers.turn(&mut checked).await.unwrap();
    let due = floor.standing().await.due;
    floor.turn(&mut sender).await.unwrap();
    let sent = u64::try_from(floor.sent().len()).unwrap();
    assert_eq!(sent, 1 + due, "what is due is sent at once");
    due
}

#[tokio::test]
async fn a_doubt_is_due_again_where_the_receiver_was_there_all_the_time() {
    assert_eq!(due_again(RESEND, Some(hours(1))).await, 1);
    assert_eq!(
        due_again(RESEND, Some(minutes(1))).await,
        0,
        "it was interrupted"
    );
    assert_eq!(due_again(RESEND, None).await, 0, "there is none");
    assert_eq!(due_again("", Some(hours(1))).await, 0, "it is held");
}

const RECONTACT: &str = "recontact = \"come_back\"\n[template.come_back]\ncategory = \"utility\"\nlanguage = \"en_US\"\n\
    body = \"We are still here for you.\"\n";

#[tokio::test]
async fn whose_window_has_closed_is_contacted_again_once_a_window() {
    let mut floor = Floor::new(RECONTACT, accepted).await;
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap();
    let mut expected = vec!["order_update"];
    for (nth, day) in [0, 3].into_iter().enumerate() {
        let wrote = noon() + hours(24 * day + 1);
        floor.office.clock.set(wrote);
        floor
            .office
            .told(&text(&format!("wamid.in.{nth}"), wrote, "hello"))
            .await;
        floor.office.clock.set(wrote + hours(23));
        floor.turn(&mut sender).await.unwrap();
        assert_eq!(floor.sent(), expected, "the window is open");
        expected.push("come_back");
        for later in [25, 26, 49] {
            floor.office.clock.set(wrote + hours(later));
            floor.turn(&mut sender).await.unwrap();
            assert_eq!(floor.sent(), expected);
        }
    }
}

#[tokio::test]
async fn a_halt_of_one_template_is_none_of_the_recontacts() {
    for (halted, sent) in [("order_update", 2), ("come_back", 1)] {
        let mut floor = Floor::new(RECONTACT, accepted).await;
        let mut sender = floor.sender(true);
        floor.turn(&mut sender).await.unwrap();
        let wrote = noon() + hours(1);
        floor.office.clock.set(wrote);
        floor.office.told(&text("wamid.in", wrote, "hello")).await;
        let halt = Halt {
            account: "main".to_owned(),
            scope: Scope::Template,
            subject: format!("{halted}/en_US"),
            cause: HaltCause::Meta,
            code: None,
            reason: "it is paused".to_owned(),
            since: wrote,
            until: None,
            actor: "Meta".to_owned(),
        };
        floor.office.store.halt(&halt).await.unwrap();
        floor.office.clock.advance(hours(25));
        floor.turn(&mut sender).await.unwrap();
        assert_eq!(floor.sent().len(), sent, "{halted} is halted");
    }
}
