//! What a person reads of a plan.

use serde_json::json;

use super::*;

/// A plan with one of everything, in the form in which it is kept.
fn plan() -> Plan {
    let order_update = json!({ "kind": "template", "name": "order_update", "index": "en_US" });
    let welcome = json!({ "kind": "template", "name": "welcome", "index": "pt_BR" });
    let place = |line: usize| json!({ "file": "templates.toml", "line": line, "column": 1 });
    serde_json::from_value(json!({
        "format_version": "1.0",
        "id": "p1",
        "targets": [],
        "changes": [
            change(&json!({ "kind": "template", "name": "gone", "index": "en_US" }), "delete", &json!([]), &json!(null)),
            change(&order_update, "update", &json!([
                field(
                    "body",
                    "Hi {{first_name}}, your order {{order_no}} leaves us today. How shall we reach you about it?",
                    "Hi {{first_name}}, your parcel {{order_no}} leaves us today. How shall we reach you about it?",
                ),
            ]), &place(12)),
            change(&welcome, "create", &json!([
                field("category", None, "UTILITY"),
                field(
                    "body",
                    None,
                    "Olá {{first_name}},\n\no seu pedido {{order_no}} chegou até nós e já está a ser preparado. 👩‍👩‍👧\u{1b}[2J",
                ),
                field("buttons[0]", None, "Obrigado (quick reply)"),
            ]), &place(30)),
        ],
        "refused": [{
            "address": order_update,
            "refusal": {
                "code": "template::edit_budget",
                "message": "an approved template may be edited once in 24 hours",
                "help": "apply again after 2026-05-02T10:00:00Z, or declare a template of another name for the new text",
                "until": null,
            },
            "declared_at": place(12),
        }],
        "waits": [{
            "address": welcome,
            "reason": "rejected in review: INVALID_FORMAT",
            "help": "Meta recommends: give each variable an example that looks like what will be sent",
            "broken": true,
        }],
        "drift": [{
            "address": order_update,
            "class": "edited",
            "fields": [field("footer", "Reply STOP to opt out", None)],
        }],
        "unmanaged": [{ "kind": "template", "account": "main", "key": "old/en_US", "id": "7" }],
        "sends": [{
            "address": { "kind": "campaign", "name": "spring" },
            "account": "main",
            "template": { "kind": "template", "name": "welcome" },
            "needs": [],
            "number": "+1 555-078-3881",
            "state": "running",
            "contacts": {
                "members": 1_260, "duplicates": 1, "new": 1_240, "due": 0, "waiting": 0, "closed": 0, "uncertain": 1,
                "removed": 0, "skipped": { "no_opt_in": 12, "variable_missing:first_name": 7 }, "held_by_gap": 0,
                "by_zones": {}, "not_messaged_today": 0, "digest": "",
            },
            "now": 0,
            "when_ready": 930,
            "later": 310,
            "later_reasons": { "quiet_hours": 310 },
            "unusable_rows": 1,
            "unusable_examples": ["customers.csv:17: `12` is too short for a telephone number of the region EE"],
            "seconds_at_rate": 12,
            "rate_per_second": 80.0,
            "limit_left": 2_000, "days_under_limit": null,
            "waits_for": [welcome],
        }],
        "guards": [{
            "name": "max_recipients", "limit": 1_000, "value": 1_240, "exceeded": true, "allowed": false,
            "text": "1,240 contacts would be messaged, at most 1,000 may be",
        }],
        "notices": [{
            "code": "campaign::unread",
            "message": "nobody learns of deliveries and answers as long as no webhook is subscribed to the account",
        }],
        "made_at": "1970-01-01T00:00:00Z",
    }))
    .unwrap()
}

fn change(address: &Value, action: &str, fields: &Value, declared_at: &Value) -> Value {
    json!({
        "address": address, "account": "main", "key": "", "action": action, "counts": true, "id": null,
        "fingerprint": null, "before": null, "after": null, "fields": fields, "after_ready": [], "facts": null,
        "budgets": [{ "right": "template.edit", "subject": "7", "text": "edit 1 of 1 in 24 hours" }],
        "declared_at": declared_at,
    })
}

fn field<'a>(
    field: &str,
    before: impl Into<Option<&'a str>>,
    after: impl Into<Option<&'a str>>,
) -> Value {
    json!({ "field": field, "before": before.into(), "after": after.into(), "forces_replacement": false })
}

#[test]
fn a_plan_is_readable_on_eighty_columns() {
    let text = human(&plan(), Look::plain(80));
    insta::assert_snapshot!(text);
}

#[test]
fn no_line_is_wider_than_the_terminal_with_or_without_colours() {
    for width in [40, 60, 80, 120] {
        let plain = human(&plan(), Look::plain(width));
        let coloured = human(&plan(), Look { color: true, width });
        for line in plain.lines().chain(coloured.lines()) {
            // The line that programs read stays in one piece.
            let parsed = line.contains("Plan: ");
            let fits = textwrap::core::display_width(line) <= width;
            assert!(parsed || fits, "{width}: {line}");
        }
    }
}

#[test]
fn what_is_as_declared_is_one_line() {
    let plan = Plan {
        changes: Vec::new(),
        refused: Vec::new(),
        waits: Vec::new(),
        drift: Vec::new(),
        unmanaged: Vec::new(),
        sends: Vec::new(),
        guards: Vec::new(),
        notices: Vec::new(),
        ..plan()
    };
    assert_eq!(
        human(&plan, Look::plain(80)),
        "No changes. The account matches the configuration.\n"
    );
}
