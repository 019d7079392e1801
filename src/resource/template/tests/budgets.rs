use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::resource::template::budgets::{permit, unrecorded};
use crate::resource::template::testing::{ORDER_UPDATE, at_meta, desired, live, sound};
use crate::resource::{FieldChange, Intent, Live, Permit, Proposed};
use crate::store::RightUsed;

/// A change of the order update, with a past.
struct Case {
    status: &'static str,
    used: Vec<RightUsed>,
    population: usize,
    account: Value,
    fields: Vec<FieldChange>,
}

fn case(status: &'static str) -> Case {
    Case {
        status,
        used: Vec::new(),
        population: 0,
        account: Value::Null,
        fields: Vec::new(),
    }
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

impl Case {
    fn used(mut self, right: &str, subject: &str, hours_ago: &[i64]) -> Self {
        self.used.extend(hours_ago.iter().map(|hours| RightUsed {
            account: "main".to_owned(),
            right: right.to_owned(),
            subject: subject.to_owned(),
            at: now() - SignedDuration::from_hours(*hours),
        }));
        self
    }

    fn ask(&self, intent: Intent) -> Result<Vec<String>, (String, Option<i64>)> {
        let project = sound(ORDER_UPDATE);
        let desired = desired(&project).remove(0);
        let live = live(&at_meta(&desired.content, self.status));
        let change = Proposed {
            now: now(),
            account: "main",
            desired: Some(&desired),
            live: (intent != Intent::Create).then_some(&live),
            fields: &self.fields,
            population: self.population,
            used: &self.used.iter().cloned().collect(),
            account_facts: &self.account,
        };
        match permit(intent, &change) {
            Permit::Granted(uses) => Ok(uses
                .into_iter()
                .map(|used| format!("{} {}: {}", used.right, used.subject, used.text))
                .collect()),
            Permit::Waits(reason) => Err((reason, None)),
            Permit::Refused(refusal) => {
                assert!(!refusal.help.is_empty());
                let hours = refusal
                    .until
                    .map(|until| until.duration_since(now()).as_hours());
                Err((refusal.code.replace("template::", ""), hours))
            }
        }
    }
}

fn refused<T>(code: &str, hours: Option<i64>) -> Result<T, (String, Option<i64>)> {
    Err((code.to_owned(), hours))
}

#[test]
fn an_edit_is_one_however_many_fields_it_changes() {
    let field = |name: &str| FieldChange {
        field: name.to_owned(),
        before: Some(json!("before")),
        after: Some(json!("after")),
        forces_replacement: false,
    };
    let mut edit = case("APPROVED");
    edit.fields = ["header", "body", "footer", "buttons[0].text"]
        .map(field)
        .to_vec();
    assert_eq!(edit.ask(Intent::Update).unwrap().len(), 1);
}

#[test]
fn the_tenth_edit_says_when_the_window_opens_again() {
    let nine: Vec<i64> = (1..=9).map(|edit| edit * 48).collect();
    let uses = case("APPROVED")
        .used("template.edit", "1001", &nine)
        .ask(Intent::Update)
        .unwrap();
    // The oldest of them was made 432 hours ago and counts for 720.
    assert_eq!(
        uses,
        [
            "template.edit 1001: edit 1 of 1 in 24 hours, 10 of 10 in 30 days; the next at 2026-12-04 12:00 UTC"
        ]
    );
}

#[test]
fn an_approved_template_is_edited_once_in_24_hours_and_ten_times_in_30_days() {
    assert_eq!(
        case("APPROVED")
            .used("template.edit", "1001", &[24, 100])
            .ask(Intent::Update),
        Ok(vec![
            "template.edit 1001: edit 1 of 1 in 24 hours, 3 of 10 in 30 days; the next 24 hours after it"
                .to_owned()
        ])
    );
    assert_eq!(
        case("APPROVED")
            .used("template.edit", "1001", &[23])
            .ask(Intent::Update),
        refused("edit_budget", Some(1))
    );
    assert!(
        case("APPROVED")
            .used("template.edit", "other", &[23])
            .ask(Intent::Update)
            .is_ok()
    );
    let ten: Vec<i64> = (1..=10).map(|edit| edit * 48).collect();
    // The oldest of ten was made 480 hours ago and counts for 720.
    assert_eq!(
        case("APPROVED")
            .used("template.edit", "1001", &ten)
            .ask(Intent::Update),
        refused("edit_budget", Some(240))
    );
    assert!(
        case("APPROVED")
            .used("template.edit", "1001", &ten[..9])
            .ask(Intent::Update)
            .is_ok()
    );
    // Both windows are shut: the later one decides.
    let eleven = [&[1], &ten[..9]].concat();
    assert_eq!(
        case("APPROVED")
            .used("template.edit", "1001", &eleven)
            .ask(Intent::Update),
        refused("edit_budget", Some(288))
    );
}

#[test]
fn rejected_and_paused_templates_are_edited_without_limit() {
    for status in ["REJECTED", "PAUSED"] {
        assert_eq!(
            case(status)
                .used("template.edit", "1001", &[1, 2])
                .ask(Intent::Update),
            Ok(Vec::new())
        );
    }
}

#[test]
fn edits_wait_for_a_review_and_do_not_fail() {
    assert_eq!(
        case("PENDING").ask(Intent::Update),
        refused("the edit waits for Meta's review", None)
    );
    assert_eq!(
        case("IN_APPEAL").ask(Intent::Update),
        refused("the edit waits for Meta's decision on the appeal", None)
    );
    assert_eq!(case("PENDING").ask(Intent::Delete), Ok(Vec::new()));
}

#[test]
fn other_states_take_no_edit() {
    for (status, code) in [
        ("DISABLED", "disabled"),
        ("ARCHIVED", "archived"),
        ("LIMIT_EXCEEDED", "not_editable"),
        ("SOMETHING_NEW", "not_editable"),
    ] {
        assert_eq!(
            case(status).ask(Intent::Update),
            refused(code, None),
            "{status}"
        );
    }
}

#[test]
fn the_category_of_an_approved_template_is_fixed() {
    let category = || FieldChange {
        field: "category".to_owned(),
        before: Some("UTILITY".into()),
        after: Some("MARKETING".into()),
        forces_replacement: false,
    };
    let change = |status| {
        Case {
            fields: vec![category()],
            ..case(status)
        }
        .ask(Intent::Update)
    };
    assert_eq!(change("APPROVED"), refused("category_fixed", None));
    assert_eq!(change("REJECTED"), Ok(Vec::new()));
}

#[test]
fn a_deleted_name_is_locked_for_30_days() {
    assert_eq!(
        case("")
            .used("template.delete", "order_update/en_US", &[24])
            .ask(Intent::Create),
        refused("name_locked", Some(29 * 24))
    );
    assert!(
        case("")
            .used("template.delete", "order_update/en_US", &[30 * 24])
            .ask(Intent::Create)
            .is_ok()
    );
    assert!(
        case("")
            .used("template.delete", "order_update/es", &[24])
            .ask(Intent::Create)
            .is_ok()
    );
}

#[test]
fn creations_are_counted_by_the_hour() {
    let creations = |count: usize, minutes: i64| Case {
        used: vec![
            RightUsed {
                account: "main".to_owned(),
                right: "template.create".to_owned(),
                subject: "main".to_owned(),
                at: now() - SignedDuration::from_mins(minutes),
            };
            count
        ],
        ..case("")
    };
    assert_eq!(
        creations(99, 30).ask(Intent::Create),
        Ok(vec![
            "template.create main: creation 100 of 100 in an hour".to_owned()
        ])
    );
    assert_eq!(
        creations(100, 30).ask(Intent::Create),
        refused(
            "Meta takes 100 new templates an hour and account, and as many are made; an apply after \
             2026-11-22 12:30 UTC goes on",
            None
        )
    );
    assert!(creations(100, 60).ask(Intent::Create).is_ok());
}

#[test]
fn the_account_has_room_for_a_number_of_templates() {
    let ask = |account: Value, population| {
        Case {
            account,
            population,
            ..case("")
        }
        .ask(Intent::Create)
        .map(|_| ())
    };
    let full = refused("quota", None);
    assert_eq!(ask(json!({ "message_template_limit": 3 }), 2), Ok(()));
    assert_eq!(ask(json!({ "message_template_limit": 3 }), 3), full);
    assert_eq!(
        ask(
            json!({ "business_verification_status": "not_verified" }),
            249
        ),
        Ok(())
    );
    assert_eq!(
        ask(
            json!({ "business_verification_status": "not_verified" }),
            250
        ),
        full
    );
    assert_eq!(
        ask(json!({ "business_verification_status": "verified" }), 5999),
        Ok(())
    );
    assert_eq!(
        ask(json!({ "business_verification_status": "verified" }), 6000),
        full
    );
    assert_eq!(ask(Value::Null, 100_000), Ok(()));
}

#[test]
fn deleting_an_approved_template_locks_its_name() {
    assert_eq!(
        case("APPROVED").ask(Intent::Delete),
        Ok(vec![
            "template.delete order_update/en_US: locks the name for 30 days, until 2026-12-22"
                .to_owned()
        ])
    );
    assert_eq!(case("REJECTED").ask(Intent::Delete), Ok(Vec::new()));
    assert_eq!(
        case("DISABLED").ask(Intent::Delete),
        refused("disabled", None)
    );
    assert_eq!(
        case("APPROVED").ask(Intent::Replace),
        refused("replace", None)
    );
}

#[test]
fn an_edit_without_a_record_counts_from_when_meta_saw_it() {
    let last = desired(&sound(ORDER_UPDATE)).remove(0).content;
    let mut edited = last.clone();
    edited["components"][2]["text"] = "Bye".into();
    let mut found = live(&at_meta(&edited, "PENDING"));
    let at = |found: &Live| {
        let rights = unrecorded(&last, found, now());
        rights
            .into_iter()
            .map(|used| (used.right, used.subject, used.at))
            .collect::<Vec<_>>()
    };
    let edit = |at| vec![("template.edit".to_owned(), "1001".to_owned(), at)];
    found.facts["last_updated_time"] = "2026-11-22T10:00:00+0000".into();
    assert_eq!(at(&found), edit(now() - SignedDuration::from_hours(2)));
    found.facts["last_updated_time"] = Value::Null;
    assert_eq!(at(&found), edit(now()));
    assert_eq!(at(&live(&at_meta(&last, "APPROVED"))), []);
}
