//! What a file gives back, and what is said of a world that has moved.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::binding::Audience;
use super::compare::{changes, sends};
use super::{Binding, Error, Moved, Saved, World};
use crate::campaign::{Cost, Send};
use crate::config::Address;
use crate::engine::plan::{Action, Change, Plan, Target};
use crate::resource::{FieldChange, Project};
use crate::store::LedgerInfo;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn send(now: u64) -> Send {
    serde_json::from_value(json!({
        "address": { "kind": "campaign", "name": "spring" }, "account": "main",
        "template": { "kind": "template", "name": "offer" }, "needs": [], "number": "+15550783881", "state": "running",
        "contacts": crate::store::Comparison::default(), "now": now, "when_ready": 0, "later": 2,
        "later_reasons": {}, "unusable_rows": 1, "unusable_examples": ["a.csv:4: `+1 416 555 0199` is not a time zone"],
        "seconds_at_rate": 0, "rate_per_second": 80.1, "limit_left": null, "days_under_limit": null, "waits_for": []
    }))
    .unwrap()
}

fn change(action: Action, fingerprint: Option<&str>) -> Change {
    Change {
        address: Address::with_index("template", "offer", "en_US"),
        account: "main".to_owned(),
        key: "offer/en_US".to_owned(),
        action,
        counts: true,
        id: fingerprint.map(|_| "7".to_owned()),
        fingerprint: fingerprint.map(str::to_owned),
        before: fingerprint.map(|_| json!({ "body": "Hi", "footer": "Bye" })),
        after: None,
        fields: Vec::new(),
        after_ready: Vec::new(),
        facts: json!({ "status": "APPROVED" }),
        budgets: Vec::new(),
        declared_at: None,
        reason: None,
    }
}

fn target() -> Target {
    Target {
        account: "main".to_owned(),
        waba_id: "102".to_owned(),
        base_url: "https://graph.facebook.com".to_owned(),
    }
}

fn ledger(digit: char) -> LedgerInfo {
    LedgerInfo {
        id: digit.to_string().repeat(32),
        created_at: None,
        confirmed_at: None,
    }
}

fn saved(ledger: &LedgerInfo) -> Saved {
    let plan = Plan {
        targets: vec![target()],
        changes: vec![change(Action::Update, Some("a"))],
        sends: vec![send(5)],
        ..Plan::new(now())
    };
    let mut binding = Binding::of(&Project::default(), ledger, &plan, &[]);
    binding.audiences.push(Audience {
        campaign: Address::new("campaign", "spring"),
        sketch: None,
    });
    let expires_at = now() + SignedDuration::from_hours(24);
    Saved::new(&plan, binding, json!({ "targets": [] }), expires_at)
}

#[test]
fn a_file_gives_back_what_was_saved_but_for_what_is_somebodys() {
    let saved = saved(&ledger('7'));
    let text = saved.to_text().unwrap();
    let read = Saved::from_text(&text).unwrap();
    assert_eq!(read.plan, saved.plan);
    assert_eq!(read.binding, saved.binding);
    assert_eq!(read.to_text().unwrap(), text);
    assert_eq!(
        read.plan.sends[0].unusable_examples,
        ["a.csv:4: `…` is not a time zone"]
    );
    assert!(
        !text.contains("0199") && !text.contains(&"7".repeat(32)),
        "{text}"
    );
    assert_eq!(read.digest().len(), 64);
}

#[test]
fn no_byte_of_a_file_can_be_another() {
    let text = saved(&ledger('7')).to_text().unwrap();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'5' { b'6' } else { b'5' };
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        let Err(error) = Saved::from_text(&changed) else {
            panic!("byte {at} of {text}");
        };
        let known = [
            Error::code(&error) == "plan::damaged",
            error.code() == "plan::other_version",
        ];
        assert!(known.contains(&true), "{error}");
    }
    for length in 0..text.len() {
        if let Some(cut) = text.get(..length) {
            assert!(Saved::from_text(cut).is_err(), "{length}");
        }
    }
}

#[test]
fn another_format_is_named() {
    let text = saved(&ledger('7')).to_text().unwrap();
    let newer = text.replacen(
        "\"format_version\": \"1.0\"",
        "\"format_version\": \"2.0\"",
        1,
    );
    let error = Saved::from_text(&newer).unwrap_err();
    assert_eq!(error.code(), "plan::other_version");
    assert!(error.to_string().contains("in format 2.0"), "{error}");
}

/// Verifies a plan of one ledger in a world with another.
fn verified(
    before: char,
    after: char,
    is_untouched: bool,
    later: i64,
    targets: &[Target],
) -> Result<(), Error> {
    let project = Project::default();
    saved(&ledger(before)).verify(&World {
        project: &project,
        targets,
        ledger: &ledger(after),
        is_untouched,
        now: now() + SignedDuration::from_secs(later),
    })
}

#[test]
fn a_plan_is_for_one_place_and_one_time() {
    let here = [target()];
    let code = |result: Result<(), Error>| result.err().map(|error| error.code());
    assert_eq!(code(verified('7', '7', false, 0, &here)), None);
    assert_eq!(code(verified('7', '7', true, 86_399, &here)), None);
    assert_eq!(
        code(verified('7', '7', false, 86_400, &here)),
        Some("plan::expired")
    );
    assert_eq!(code(verified('7', '7', false, -299, &here)), None);
    assert_eq!(
        code(verified('7', '7', false, -301, &here)),
        Some("plan::expired")
    );
    assert_eq!(
        code(verified('7', '8', false, 0, &here)),
        Some("plan::other_ledger")
    );
    assert_eq!(
        code(verified('7', '8', true, 0, &here)),
        Some("plan::other_ledger")
    );
    assert_eq!(
        code(verified('7', '0', true, 0, &here)),
        Some("plan::other_ledger")
    );
    // A ledger that does not exist is a ledger that has done nothing.
    assert_eq!(code(verified('0', '8', true, 0, &here)), None);
    assert_eq!(
        code(verified('0', '8', false, 0, &here)),
        Some("plan::other_ledger")
    );
    let mut there = target();
    there.base_url = "http://127.0.0.1".to_owned();
    for targets in [
        vec![there],
        Vec::new(),
        vec![
            target(),
            Target {
                account: "b".to_owned(),
                ..target()
            },
        ],
    ] {
        assert_eq!(
            code(verified('7', '7', false, 0, &targets)),
            Some("plan::other_account")
        );
    }
}

fn plan_of(change: Option<Change>) -> Plan {
    Plan {
        changes: change.into_iter().collect(),
        ..Plan::new(now())
    }
}

/// What is said of one object that was planned so and is now so.
fn said(before: Option<Change>, now: Option<Change>) -> Option<String> {
    let moved = changes(&plan_of(before), &plan_of(now));
    assert!(moved.len() <= 1);
    moved.into_iter().next().map(|Moved { reason, .. }| reason)
}

#[test]
fn what_has_moved_is_told_in_words() {
    use Action::{Create, Delete, NoOp, Update};
    let with = |action, live| Some(change(action, live));
    let said = |before, now| said(before, now);
    assert_eq!(said(with(Update, Some("a")), with(Update, Some("a"))), None);
    assert_eq!(
        said(with(NoOp, Some("a")), with(NoOp, Some("b"))),
        None,
        "what only its owner moved"
    );
    assert_eq!(said(None, with(NoOp, Some("b"))), None);
    for (before, now, words) in [
        (
            with(Update, Some("a")),
            with(Update, Some("b")),
            "it was changed since",
        ),
        (
            with(Create, None),
            with(Update, Some("b")),
            "it exists now; a creation was planned, it would be a change",
        ),
        (
            with(Create, None),
            with(NoOp, Some("b")),
            "it exists now; a creation was planned, and it is as declared",
        ),
        (
            with(Update, Some("a")),
            with(Create, None),
            "it is gone; a change was planned, it would be a creation",
        ),
        (
            with(NoOp, Some("a")),
            with(Update, Some("b")),
            "it was changed since; a change would be made that the plan does not show",
        ),
        (
            with(Delete, Some("a")),
            None,
            "a deletion was planned, and is not to be made any more",
        ),
        (
            None,
            with(Create, None),
            "a creation would be made that the plan does not show",
        ),
    ] {
        assert_eq!(said(before, now).as_deref(), Some(words));
    }
    let mut other = change(Update, Some("b"));
    other.before = Some(json!({ "body": "Ho", "footer": "Bye" }));
    other.facts = json!({ "status": "PAUSED" });
    let words = said(with(Update, Some("a")), Some(other));
    assert_eq!(
        words.as_deref(),
        Some("its live body, status changed since")
    );
    let mut other = change(Update, Some("a"));
    other.fields = vec![FieldChange {
        field: "body".to_owned(),
        before: None,
        after: Some(Value::from("Hey")),
        forces_replacement: false,
    }];
    let words = said(with(Update, Some("a")), Some(other));
    assert_eq!(
        words.as_deref(),
        Some("other changes would be made than the plan shows")
    );
}

/// What is said of a campaign that was planned to send to five now and two later.
fn said_of(now: impl FnOnce(&mut Send)) -> Vec<String> {
    let saved = saved(&ledger('7'));
    let mut send = send(5);
    now(&mut send);
    let moved = sends(&saved, &[(&send, None)]);
    moved.into_iter().map(|moved| moved.reason).collect()
}

fn cost(currency: &str, amount: i64, unpriced: u64) -> Cost {
    Cost {
        currency: currency.to_owned(),
        amount: amount.into(),
        card: "rates".to_owned(),
        markets: Vec::new(),
        unpriced,
    }
}

#[test]
fn fewer_recipients_are_as_shown_and_more_never() {
    let none: [&str; 0] = [];
    assert_eq!(said_of(|_| ()), none);
    assert_eq!(said_of(|send| (send.now, send.later) = (0, 0)), none);
    assert_eq!(
        said_of(|send| (send.now, send.when_ready) = (7, 0)).len(),
        1
    );
    assert_eq!(said_of(|send| (send.now, send.later) = (7, 0)), none);
    assert_eq!(
        said_of(|send| send.later = 3),
        ["it would message 8 recipients, and the plan shows 7"]
    );
    assert_eq!(said_of(|send| send.state = "ended".to_owned()), none);
    assert_eq!(
        said_of(|send| send.state = "paused".to_owned()),
        ["its state was running and is paused"]
    );
    let others = said_of(|send| {
        send.number = "+15550783882".to_owned();
        send.contacts.digest = "other".to_owned();
        send.contacts.members = 3;
    });
    assert_eq!(
        others,
        [
            "its number was +15550783881 and is +15550783882",
            "its contacts or their values changed: 0 before, 3 now",
        ]
    );
    assert_eq!(said_of(|send| send.cost = Some(cost("EUR", 4, 0))).len(), 1);
    let saved = saved(&ledger('7'));
    let gone = sends(&saved, &[]);
    assert_eq!(
        gone[0].to_string(),
        "campaign.spring: it would not send any more"
    );
}

#[test]
fn a_dearer_plan_is_another_plan() {
    let mut before = saved(&ledger('7'));
    before.plan.sends[0].cost = Some(cost("EUR", 4, 1));
    let is_said = |now: Option<Cost>| {
        let mut send = send(5);
        send.cost = now;
        !sends(&before, &[(&send, None)]).is_empty()
    };
    assert!(!is_said(None));
    assert!(!is_said(Some(cost("EUR", 4, 1))));
    assert!(!is_said(Some(cost("EUR", 3, 0))));
    assert!(is_said(Some(cost("EUR", 5, 1))));
    assert!(is_said(Some(cost("EUR", 4, 2))));
    assert!(is_said(Some(cost("USD", 3, 1))));
}
