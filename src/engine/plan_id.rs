//! What makes two plans the same: the id that stands for all that a plan would do.
//!
//! Whoever approves a plan by its id approves these words and these people. So it holds what an apply would do and nothing
//! that moves by itself: no times, no places in files, no text of a budget, not how many of the recipients fall to now and how
//! many to later.

use serde_json::{Value, json};

use super::fingerprint;
use super::plan::{Action, Change, Plan, Refused};
use crate::campaign::Send;

/// How many digits an id has.
const DIGITS: usize = 32;

/// Returns the id of a plan.
pub(super) fn of(plan: &Plan) -> String {
    let send = |send: &Send| json!([core_of(send), send.state, send.recipients()]);
    of_sends(plan, send)
}

/// Returns a hash of what must be the same where fewer recipients are no matter: all but their number.
pub(super) fn core(plan: &Plan) -> String {
    of_sends(plan, core_of)
}

/// Tells whether a text has the form of an id.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    text.len() == DIGITS && text.bytes().all(is_digit)
}

fn of_sends(plan: &Plan, send: impl Fn(&Send) -> Value) -> String {
    // Each for itself: a plan of thousands of changes would be held once more as a tree and once more as a text.
    let changes: Vec<String> = plan
        .changes
        .iter()
        .filter(|change| change.action != Action::NoOp)
        .map(of_change)
        .collect();
    let refused = plan.refused.iter().map(
        |Refused {
             address, refusal, ..
         }| json!([address, refusal.code]),
    );
    fingerprint::of(&json!({
        "targets": plan.targets,
        "environment": plan.environment,
        "destroy": plan.destroy,
        "changes": changes,
        "refused": refused.collect::<Vec<_>>(),
        "sends": plan.sends.iter().map(send).collect::<Vec<_>>(),
    }))
}

fn of_change(change: &Change) -> String {
    let Change {
        address,
        account,
        key,
        action,
        id,
        fingerprint,
        fields,
        ..
    } = change;
    fingerprint::of(&json!([
        address,
        account,
        key,
        action,
        id,
        fingerprint,
        fields
    ]))
}

fn core_of(send: &Send) -> Value {
    let Send {
        address,
        account,
        template,
        number,
        contacts,
        ..
    } = send;
    json!([address, account, template, number, contacts.digest])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::config::{Address, Location};
    use crate::engine::plan::{Target, Wait};
    use crate::resource::{BudgetUse, FieldChange, Refusal};

    fn change() -> Change {
        Change {
            address: Address::with_index("template", "offer", "en_US"),
            account: "main".to_owned(),
            key: "offer/en_US".to_owned(),
            action: Action::Update,
            counts: true,
            id: Some("7".to_owned()),
            fingerprint: Some("before".to_owned()),
            before: None,
            after: None,
            fields: vec![FieldChange {
                field: "body".to_owned(),
                before: Some("a".into()),
                after: Some("b".into()),
                forces_replacement: false,
            }],
            after_ready: Vec::new(),
            facts: Value::Null,
            budgets: Vec::new(),
            declared_at: None,
            reason: None,
        }
    }

    fn send() -> Send {
        serde_json::from_value(json!({
            "address": { "kind": "campaign", "name": "spring" }, "account": "main",
            "template": { "kind": "template", "name": "offer" }, "needs": [], "number": "+15550783881", "state": "running",
            "contacts": crate::store::Comparison::default(), "now": 5, "when_ready": 0, "later": 2,
            "later_reasons": {}, "unusable_rows": 0, "unusable_examples": [], "seconds_at_rate": 0,
            "rate_per_second": 80.0, "limit_left": null, "days_under_limit": null, "waits_for": []
        }))
        .unwrap()
    }

    fn plan() -> Plan {
        Plan {
            changes: vec![change()],
            sends: vec![send()],
            targets: vec![Target {
                account: "main".to_owned(),
                waba_id: "102".to_owned(),
                base_url: "https://graph.facebook.com".to_owned(),
            }],
            refused: vec![Refused {
                address: Address::new("template", "other"),
                refusal: Refusal {
                    code: "template::budget".to_owned(),
                    message: "twice".to_owned(),
                    help: "wait".to_owned(),
                    until: None,
                },
                declared_at: None,
            }],
            ..Plan::new(Timestamp::UNIX_EPOCH)
        }
    }

    fn id(change: impl FnOnce(&mut Plan)) -> String {
        let mut plan = plan();
        change(&mut plan);
        of(&plan)
    }

    #[test]
    fn what_moves_by_itself_does_not_count() {
        let same = of(&plan());
        assert!(is_id(&same), "{same}");
        let place = |line| {
            Some(Location {
                file: "waform.toml".to_owned(),
                line,
                column: 1,
            })
        };
        let ids = [
            id(|plan| plan.made_at = Timestamp::MAX),
            id(|plan| plan.changes[0].declared_at = place(7)),
            id(|plan| {
                plan.changes[0].budgets = vec![BudgetUse {
                    right: "template.edit".to_owned(),
                    subject: "7".to_owned(),
                    text: "edit 2 of 10 in 30 days".to_owned(),
                }];
            }),
            id(|plan| {
                plan.refused[0].declared_at = place(9);
                plan.refused[0].refusal.until = Some(Timestamp::MAX);
                plan.refused[0].refusal.message = "still".to_owned();
            }),
            id(|plan| (plan.sends[0].now, plan.sends[0].later) = (0, 7)),
            id(|plan| (plan.sends[0].now, plan.sends[0].when_ready) = (0, 5)),
            id(|plan| plan.sends[0].limit_left = Some(3)),
            id(|plan| {
                plan.changes.push(Change {
                    action: Action::NoOp,
                    ..change()
                });
            }),
            id(|plan| {
                plan.waits.push(Wait {
                    address: Address::new("template", "offer"),
                    reason: "in review".to_owned(),
                    help: None,
                    broken: false,
                    unwritten: false,
                });
            }),
        ];
        for (which, id) in ids.iter().enumerate() {
            assert_eq!(*id, same, "{which}");
        }
    }

    #[test]
    fn what_would_be_done_counts() {
        let ids = [
            of(&plan()),
            id(|plan| plan.targets[0].waba_id = "103".to_owned()),
            id(|plan| plan.environment = Some("staging".to_owned())),
            id(|plan| plan.changes.clear()),
            id(|plan| plan.changes[0].action = Action::Replace),
            id(|plan| plan.changes[0].address.name = "other".to_owned()),
            id(|plan| plan.changes[0].fingerprint = Some("other".to_owned())),
            id(|plan| plan.changes[0].fields[0].after = Some("c".into())),
            id(|plan| plan.refused[0].refusal.code = "template::name_locked".to_owned()),
            id(|plan| plan.refused.clear()),
            id(|plan| plan.sends[0].number = "+15550783882".to_owned()),
            id(|plan| plan.sends[0].template.name = "other".to_owned()),
            id(|plan| plan.sends[0].state = "paused".to_owned()),
            id(|plan| plan.sends[0].contacts.digest = "other".to_owned()),
            id(|plan| plan.sends[0].later = 3),
            id(|plan| plan.sends.clear()),
        ];
        let different: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
    }

    #[test]
    fn fewer_or_more_recipients_leave_the_core_as_it_is() {
        let mut fewer = plan();
        fewer.sends[0].later = 0;
        assert_ne!(of(&fewer), of(&plan()));
        assert_eq!(core(&fewer), core(&plan()));
        fewer.sends[0].contacts.digest = "other".to_owned();
        assert_ne!(core(&fewer), core(&plan()));
    }

    #[test]
    fn an_id_is_all_of_its_digits() {
        assert!(is_id("0123456789abcdef0123456789abcdef"));
        for text in [
            "",
            "0123456789abcdef",
            "0123456789ABCDEF0123456789ABCDEF",
            "0123456789abcdef0123456789abcdef0",
            " 0123456789abcdef0123456789abcde",
            "ééééééééééééééééé",
        ] {
            assert!(!is_id(text), "{text}");
        }
    }
}
