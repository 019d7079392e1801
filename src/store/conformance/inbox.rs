//! Webhooks that wait, dead letters, signs of life.

use std::sync::Arc;

use jiff::SignedDuration;

use super::kit::{ACCOUNT, DAY, HOUR, MINUTE, at};
use crate::store::{Answer, Dead, Inbox, Unread};

/// An inbox, with what intakes do to it.
pub(in crate::store) trait Read: Inbox {
    fn forget(&self, ids: Vec<i64>) -> Answer<'_, ()>;
    fn bury(&self, dead: Dead) -> Answer<'_, ()>;
}

/// Opens the same inbox every time.
pub(in crate::store) type Opener = Box<dyn Fn() -> Arc<dyn Read> + Send + Sync>;

macro_rules! inbox_tests_of {
    ($open:expr) => {
        $crate::store::conformance::tests_of! { $open; inbox:
            what_was_received_waits_in_order_whoever_opens_it, reading_goes_on_after_an_id,
            an_id_is_not_used_again, what_is_forgotten_waits_no_more,
            a_dead_letter_says_how_often_it_was_read_in_vain, a_replayed_letter_waits_as_it_came_and_keeps_its_tries,
            letters_are_replayed_by_name_or_all, dropping_forgets_what_is_named_alone,
            a_receiver_without_gaps_has_run_since_its_first_beat, a_gap_begins_a_new_run,
            a_clock_set_back_far_begins_a_new_run, receivers_of_two_accounts_do_not_vouch_for_each_other,
        }
    };
}
pub(in crate::store) use inbox_tests_of;

async fn received(inbox: &dyn Read, bodies: &[&str]) -> Vec<i64> {
    for (second, body) in (0..).zip(bodies) {
        inbox.receive(at(second), (*body).to_owned()).await.unwrap();
    }
    let waiting = inbox.unread(0, 100).await.unwrap();
    waiting.iter().map(|unread| unread.id).collect()
}

async fn bodies(inbox: &dyn Read) -> Vec<String> {
    let waiting = inbox.unread(0, 100).await.unwrap();
    waiting.into_iter().map(|unread| unread.body).collect()
}

fn dead(body: &str, tries: u32) -> Dead {
    Dead {
        received_at: at(7),
        reason: "`status` is unknown".to_owned(),
        body: body.to_owned(),
        tries,
    }
}

/// Buries letters and returns their ids.
async fn buried(inbox: &dyn Read, bodies: &[&str]) -> Vec<i64> {
    for body in bodies {
        inbox.bury(dead(body, 0)).await.unwrap();
    }
    let letters = inbox.dead_letters(100).await.unwrap();
    letters.iter().map(|letter| letter.id).collect()
}

pub(in crate::store) async fn what_was_received_waits_in_order_whoever_opens_it(open: Opener) {
    let first = open();
    received(&*first, &["one", "two", "three"]).await;
    drop(first);
    let second = open();
    assert_eq!(second.unread_count().await.unwrap(), 3);
    let waiting = second.unread(0, 10).await.unwrap();
    let found: Vec<_> = waiting
        .iter()
        .map(|unread| (unread.at, &*unread.body, unread.tries))
        .collect();
    assert_eq!(
        found,
        [(at(0), "one", 0), (at(1), "two", 0), (at(2), "three", 0)]
    );
}

pub(in crate::store) async fn reading_goes_on_after_an_id(open: Opener) {
    let inbox = open();
    let ids = received(&*inbox, &["one", "two", "three", "four"]).await;
    let page = inbox.unread(ids[0], 2).await.unwrap();
    assert_eq!(
        page.iter().map(|unread| unread.id).collect::<Vec<_>>(),
        ids[1..3]
    );
    assert_eq!(inbox.unread(ids[3], 2).await.unwrap(), []);
    assert_eq!(inbox.unread_count().await.unwrap(), 4, "reading keeps them");
}

pub(in crate::store) async fn an_id_is_not_used_again(open: Opener) {
    let inbox = open();
    let ids = received(&*inbox, &["one", "two"]).await;
    inbox.forget(ids.clone()).await.unwrap();
    let [next] = received(&*inbox, &["three"]).await[..] else {
        panic!("one waits");
    };
    assert!(next > ids[1], "{next} after {ids:?}");
}

pub(in crate::store) async fn what_is_forgotten_waits_no_more(open: Opener) {
    let inbox = open();
    let ids = received(&*inbox, &["one", "two", "three"]).await;
    inbox.forget(vec![ids[0], ids[2]]).await.unwrap();
    assert_eq!(bodies(&*inbox).await, ["two"]);
    assert_eq!(inbox.unread_count().await.unwrap(), 1);
}

pub(in crate::store) async fn a_dead_letter_says_how_often_it_was_read_in_vain(open: Opener) {
    let inbox = open();
    inbox.bury(dead("first", 0)).await.unwrap();
    inbox.bury(dead("again", 2)).await.unwrap();
    let letters = inbox.dead_letters(10).await.unwrap();
    let told: Vec<_> = letters
        .iter()
        .map(|letter| (&*letter.body, letter.tries))
        .collect();
    assert_eq!(told, [("first", 1), ("again", 3)]);
    assert_eq!(letters[0].received_at, at(7));
    assert_eq!(letters[0].reason, "`status` is unknown");
    let oldest = inbox.dead_letters(1).await.unwrap();
    assert_eq!(oldest, letters[..1]);
}

pub(in crate::store) async fn a_replayed_letter_waits_as_it_came_and_keeps_its_tries(open: Opener) {
    let inbox = open();
    inbox.bury(dead("{}", 1)).await.unwrap();
    assert_eq!(inbox.replay(&[], at(DAY)).await.unwrap(), 1);
    assert_eq!(inbox.dead_letters(10).await.unwrap(), []);
    let [waiting] = &inbox.unread(0, 10).await.unwrap()[..] else {
        panic!("one waits");
    };
    let Unread {
        id,
        at: received_at,
        body,
        tries,
    } = waiting.clone();
    assert_eq!((received_at, &*body, tries), (at(7), "{}", 2));
    // It dies once more.
    inbox.forget(vec![id]).await.unwrap();
    inbox.bury(dead(&body, tries)).await.unwrap();
    assert_eq!(inbox.dead_letters(10).await.unwrap()[0].tries, 3);
}

pub(in crate::store) async fn letters_are_replayed_by_name_or_all(open: Opener) {
    let inbox = open();
    let ids = buried(&*inbox, &["one", "two", "three"]).await;
    let named = [ids[2], ids[0], ids[2], 9999];
    assert_eq!(inbox.replay(&named, at(DAY)).await.unwrap(), 2);
    assert_eq!(
        bodies(&*inbox).await,
        ["one", "three"],
        "each once, in order"
    );
    assert_eq!(inbox.dead_letters(10).await.unwrap()[0].id, ids[1]);
    assert_eq!(inbox.replay(&[], at(DAY)).await.unwrap(), 1);
    assert_eq!(bodies(&*inbox).await, ["one", "three", "two"]);
    assert_eq!(inbox.replay(&[], at(DAY)).await.unwrap(), 0);
}

pub(in crate::store) async fn dropping_forgets_what_is_named_alone(open: Opener) {
    let inbox = open();
    let ids = buried(&*inbox, &["one", "two"]).await;
    assert_eq!(inbox.drop_dead(&[]).await.unwrap(), 0);
    assert_eq!(inbox.drop_dead(&[ids[0], 9999]).await.unwrap(), 1);
    let left = inbox.dead_letters(10).await.unwrap();
    assert_eq!(
        left.iter().map(|letter| letter.id).collect::<Vec<_>>(),
        [ids[1]]
    );
    assert_eq!(inbox.unread_count().await.unwrap(), 0, "nor is it read");
}

async fn beat(inbox: &dyn Read, account: &str, now: i64) -> i64 {
    let patience = SignedDuration::from_secs(MINUTE);
    let since = inbox.beat(account, at(now), patience).await.unwrap();
    (since - at(0)).total(jiff::Unit::Second).unwrap() as i64
}

pub(in crate::store) async fn a_receiver_without_gaps_has_run_since_its_first_beat(open: Opener) {
    let inbox = open();
    assert_eq!(inbox.receiver(ACCOUNT).await.unwrap(), None);
    for now in [0, 30, 30 + MINUTE, 29 + 2 * MINUTE] {
        assert_eq!(beat(&*inbox, ACCOUNT, now).await, 0, "at {now}");
    }
    // Slightly back, as clocks are set: the last sign of life stays.
    assert_eq!(beat(&*inbox, ACCOUNT, 2 * MINUTE).await, 0);
    let last = at(29 + 2 * MINUTE);
    let found = open().receiver(ACCOUNT).await.unwrap();
    assert_eq!(found, Some((at(0), last)));
}

pub(in crate::store) async fn a_gap_begins_a_new_run(open: Opener) {
    let inbox = open();
    beat(&*inbox, ACCOUNT, 0).await;
    assert_eq!(beat(&*inbox, ACCOUNT, MINUTE + 1).await, MINUTE + 1);
    assert_eq!(beat(&*inbox, ACCOUNT, 2 * MINUTE).await, MINUTE + 1);
}

pub(in crate::store) async fn a_clock_set_back_far_begins_a_new_run(open: Opener) {
    let inbox = open();
    beat(&*inbox, ACCOUNT, 0).await;
    beat(&*inbox, ACCOUNT, DAY).await;
    assert_eq!(beat(&*inbox, ACCOUNT, HOUR).await, HOUR);
    let found = inbox.receiver(ACCOUNT).await.unwrap();
    assert_eq!(
        found,
        Some((at(HOUR), at(HOUR))),
        "not a day ahead of itself"
    );
}

pub(in crate::store) async fn receivers_of_two_accounts_do_not_vouch_for_each_other(open: Opener) {
    let inbox = open();
    beat(&*inbox, ACCOUNT, 0).await;
    beat(&*inbox, "other", 30).await;
    assert_eq!(beat(&*inbox, "other", 80).await, 30);
    assert_eq!(beat(&*inbox, ACCOUNT, 80).await, 80);
}
