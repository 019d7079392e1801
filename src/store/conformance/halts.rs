//! Halts, and what happened.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::kit::{ACCOUNT, CAMPAIGN, HOUR, MINUTE, NUMBER, at};
use crate::store::{Halt, HaltCause, Halts, Happening, HappeningFilter, Scope};

/// Opens the same halts every time.
pub(in crate::store) type Opener = Box<dyn Fn() -> Arc<dyn Halts> + Send + Sync>;

macro_rules! halts_tests_of {
    ($open:expr) => {
        $crate::store::conformance::tests_of! { $open; halts:
            the_widest_halt_comes_first, a_halt_holds_whoever_opens_the_store, a_halt_ends_by_itself_when_its_time_comes,
            halting_again_changes_nothing, a_halt_is_prolonged_and_never_shortened,
            a_halt_that_ended_by_itself_is_halted_anew, lifting_one_cause_leaves_the_others,
            what_does_not_hold_is_not_lifted, halting_and_lifting_are_told_once_each,
            the_latest_happening_comes_first, happenings_are_found_by_what_they_are_about,
        }
    };
}
pub(in crate::store) use halts_tests_of;

pub(in crate::store) fn halted(scope: Scope, subject: &str, cause: HaltCause) -> Halt {
    Halt {
        account: ACCOUNT.to_owned(),
        scope,
        subject: subject.to_owned(),
        cause,
        code: None,
        reason: "the wrong list was sent to".to_owned(),
        since: at(0),
        until: None,
        actor: "ana@desk".to_owned(),
    }
}

fn stopped() -> Halt {
    halted(Scope::Campaign, CAMPAIGN, HaltCause::Stopped)
}

fn until(seconds: i64) -> Halt {
    Halt {
        until: Some(at(seconds)),
        ..stopped()
    }
}

async fn holding(store: &dyn Halts, now: i64) -> Vec<Halt> {
    store.halts(Some(ACCOUNT), at(now)).await.unwrap()
}

async fn lift(store: &dyn Halts, causes: &[HaltCause], now: i64) -> Vec<Halt> {
    let lifted = store.lift(ACCOUNT, Scope::Campaign, CAMPAIGN, causes, "ben", at(now));
    lifted.await.unwrap()
}

async fn told(store: &dyn Halts) -> Vec<(Timestamp, String, String, String)> {
    let filter = HappeningFilter {
        limit: 100,
        ..HappeningFilter::default()
    };
    let happened = store.happenings(&filter).await.unwrap();
    happened
        .into_iter()
        .map(|happening| {
            (
                happening.at,
                happening.actor,
                happening.subject,
                happening.what,
            )
        })
        .collect()
}

pub(in crate::store) async fn the_widest_halt_comes_first(open: Opener) {
    let store = open();
    let narrow_to_wide = [
        stopped(),
        halted(Scope::Template, "offer/en_US", HaltCause::Meta),
        halted(Scope::Number, NUMBER, HaltCause::Meta),
        halted(Scope::Account, ACCOUNT, HaltCause::Refused),
    ];
    for halt in &narrow_to_wide {
        assert!(store.halt(halt).await.unwrap());
    }
    let other = Halt {
        account: "other".to_owned(),
        ..halted(Scope::Account, "other", HaltCause::Stopped)
    };
    store.halt(&other).await.unwrap();
    let mut wide_to_narrow = narrow_to_wide.to_vec();
    wide_to_narrow.reverse();
    assert_eq!(holding(&*store, 1).await, wide_to_narrow);
    let all = store.halts(None, at(1)).await.unwrap();
    wide_to_narrow.insert(1, other);
    assert_eq!(all, wide_to_narrow, "of all accounts");
}

pub(in crate::store) async fn a_halt_holds_whoever_opens_the_store(open: Opener) {
    let halt = Halt {
        code: Some(131_042),
        ..until(HOUR)
    };
    let first = open();
    first.halt(&halt).await.unwrap();
    assert_eq!(holding(&*open(), 1).await, [halt]);
}

pub(in crate::store) async fn a_halt_ends_by_itself_when_its_time_comes(open: Opener) {
    let store = open();
    store.halt(&until(HOUR)).await.unwrap();
    assert_eq!(holding(&*store, HOUR - 1).await, [until(HOUR)]);
    assert_eq!(holding(&*store, HOUR).await, []);
}

pub(in crate::store) async fn halting_again_changes_nothing(open: Opener) {
    let store = open();
    assert!(store.halt(&stopped()).await.unwrap());
    let again = Halt {
        reason: "another".to_owned(),
        actor: "ben".to_owned(),
        since: at(MINUTE),
        ..stopped()
    };
    assert!(!store.halt(&again).await.unwrap());
    assert_eq!(holding(&*store, HOUR).await, [stopped()]);
}

pub(in crate::store) async fn a_halt_is_prolonged_and_never_shortened(open: Opener) {
    let store = open();
    store.halt(&until(HOUR)).await.unwrap();
    assert!(!store.halt(&until(2 * HOUR)).await.unwrap());
    assert_eq!(holding(&*store, 1).await, [until(2 * HOUR)]);
    assert!(!store.halt(&until(HOUR)).await.unwrap());
    assert_eq!(holding(&*store, 1).await, [until(2 * HOUR)]);
    assert!(!store.halt(&stopped()).await.unwrap(), "until it is lifted");
    assert!(!store.halt(&until(3 * HOUR)).await.unwrap());
    assert_eq!(holding(&*store, 9 * HOUR).await, [stopped()]);
}

pub(in crate::store) async fn a_halt_that_ended_by_itself_is_halted_anew(open: Opener) {
    let store = open();
    store.halt(&until(HOUR)).await.unwrap();
    let anew = Halt {
        since: at(HOUR),
        actor: "ben".to_owned(),
        reason: "once more".to_owned(),
        ..until(2 * HOUR)
    };
    assert!(store.halt(&anew).await.unwrap());
    assert_eq!(holding(&*store, HOUR).await, [anew]);
}

pub(in crate::store) async fn lifting_one_cause_leaves_the_others(open: Opener) {
    let store = open();
    let by_meta = halted(Scope::Campaign, CAMPAIGN, HaltCause::Meta);
    let late = halted(Scope::Campaign, CAMPAIGN, HaltCause::Late);
    let elsewhere = halted(Scope::Campaign, "autumn", HaltCause::Stopped);
    for halt in [&stopped(), &by_meta, &late, &elsewhere] {
        assert!(store.halt(halt).await.unwrap());
    }
    let lifted = lift(
        &*store,
        &[HaltCause::Stopped, HaltCause::Late, HaltCause::Refused],
        1,
    )
    .await;
    assert_eq!(lifted, [stopped(), late]);
    assert_eq!(holding(&*store, 1).await, [elsewhere, by_meta]);
}

pub(in crate::store) async fn what_does_not_hold_is_not_lifted(open: Opener) {
    let store = open();
    store.halt(&until(HOUR)).await.unwrap();
    let before = told(&*store).await;
    assert_eq!(lift(&*store, &[HaltCause::Stopped], HOUR).await, []);
    assert_eq!(lift(&*store, &[HaltCause::Stopped], HOUR).await, []);
    assert_eq!(lift(&*store, &[], HOUR).await, []);
    assert_eq!(told(&*store).await, before);
}

pub(in crate::store) async fn halting_and_lifting_are_told_once_each(open: Opener) {
    let store = open();
    store.halt(&until(HOUR)).await.unwrap();
    store.halt(&until(2 * HOUR)).await.unwrap();
    lift(&*store, &[HaltCause::Stopped], MINUTE).await;
    for (scope, subject) in [
        (Scope::Account, ACCOUNT),
        (Scope::Number, NUMBER),
        (Scope::Template, "offer/en_US"),
    ] {
        store
            .halt(&halted(scope, subject, HaltCause::Meta))
            .await
            .unwrap();
    }
    let line = |now, actor: &str, subject: &str, what: &str| {
        (
            at(now),
            actor.to_owned(),
            subject.to_owned(),
            what.to_owned(),
        )
    };
    assert_eq!(
        told(&*store).await,
        [
            line(MINUTE, "ben", "campaign.spring", "campaign.lifted"),
            line(0, "ana@desk", "template offer/en_US", "template.halted"),
            line(0, "ana@desk", "number 1063", "number.halted"),
            line(0, "ana@desk", "account.main", "account.halted"),
            line(0, "ana@desk", "campaign.spring", "campaign.halted"),
        ]
    );
    let filter = HappeningFilter {
        subject: Some("campaign.spring".to_owned()),
        limit: 1,
        ..HappeningFilter::default()
    };
    let lifted = &store.happenings(&filter).await.unwrap()[0];
    assert!(
        lifted.text.ends_with("the wrong list was sent to"),
        "{}",
        lifted.text
    );
    assert_eq!(lifted.detail["cause"], "stopped");
    assert_eq!(lifted.detail["until"], json!(at(2 * HOUR)), "as prolonged");
}

fn happened(now: i64, account: &str, subject: &str, what: &str) -> Happening {
    Happening {
        at: at(now),
        actor: "Meta".to_owned(),
        account: account.to_owned(),
        subject: subject.to_owned(),
        what: what.to_owned(),
        text: format!("It happened at {now}."),
        detail: json!({ "event": "PAUSED", "number": now }),
    }
}

async fn recorded(store: &dyn Halts) -> Vec<Happening> {
    let happenings = [
        happened(3, ACCOUNT, "template offer/en_US", "template.paused"),
        happened(1, ACCOUNT, "template offer/en_US", "template"),
        happened(2, ACCOUNT, "template offer/es", "template_group.paused"),
        happened(2, "other", "template offer/en_US", "template.paused"),
        happened(4, ACCOUNT, "number 1063", "number.quality"),
    ];
    for happening in &happenings {
        store.record(happening).await.unwrap();
    }
    happenings.to_vec()
}

pub(in crate::store) async fn the_latest_happening_comes_first(open: Opener) {
    let store = open();
    let recorded = recorded(&*store).await;
    let latest = |limit| HappeningFilter {
        limit,
        ..HappeningFilter::default()
    };
    let found = store.happenings(&latest(10)).await.unwrap();
    // Of two at one time the one that was recorded later.
    assert_eq!(
        found,
        [4, 0, 3, 2, 1].map(|index: usize| recorded[index].clone())
    );
    assert_eq!(store.happenings(&latest(2)).await.unwrap(), found[..2]);
}

pub(in crate::store) async fn happenings_are_found_by_what_they_are_about(open: Opener) {
    let store = open();
    let recorded = recorded(&*store).await;
    let all = HappeningFilter {
        limit: 10,
        ..HappeningFilter::default()
    };
    let subject = Some("template offer/en_US".to_owned());
    let (account, area) = (Some(ACCOUNT.to_owned()), Some("template".to_owned()));
    let asked: [(HappeningFilter, &[usize]); 6] = [
        (
            HappeningFilter {
                account: account.clone(),
                ..all.clone()
            },
            &[4, 0, 2, 1],
        ),
        (
            HappeningFilter {
                subject: subject.clone(),
                ..all.clone()
            },
            &[0, 3, 1],
        ),
        (
            HappeningFilter {
                area: area.clone(),
                ..all.clone()
            },
            &[0, 3, 1],
        ),
        (
            HappeningFilter {
                since: Some(at(2)),
                ..all.clone()
            },
            &[4, 0, 3, 2],
        ),
        (
            HappeningFilter {
                account,
                subject,
                area,
                since: Some(at(2)),
                ..all.clone()
            },
            &[0],
        ),
        (
            HappeningFilter {
                area: Some("contact".to_owned()),
                ..all
            },
            &[],
        ),
    ];
    for (filter, expected) in asked {
        let expected: Vec<_> = expected
            .iter()
            .map(|index| recorded[*index].clone())
            .collect();
        assert_eq!(
            store.happenings(&filter).await.unwrap(),
            expected,
            "{filter:?}"
        );
    }
}
