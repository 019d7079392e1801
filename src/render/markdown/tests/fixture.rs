//! Plans to render.

use serde_json::{Value, json};

use crate::engine::plan::Plan;

fn address(kind: &str, name: &str, index: Option<&str>) -> Value {
    match index {
        Some(index) => json!({ "kind": kind, "name": name, "index": index }),
        None => json!({ "kind": kind, "name": name }),
    }
}

fn field(field: &str, before: impl Into<Value>, after: impl Into<Value>) -> Value {
    let side = |value: Value| if value.is_null() { None } else { Some(value) };
    json!({
        "field": field, "before": side(before.into()), "after": side(after.into()), "forces_replacement": false,
    })
}

fn change(address: &Value, action: &str, fields: &[Value], line: usize) -> Value {
    let budgets = match action {
        "update" => {
            json!([{ "right": "template.edit", "subject": "7", "text": "edit 1 of 1 in 24 hours" }])
        }
        _ => json!([]),
    };
    json!({
        "address": address, "account": "main", "key": "", "action": action, "counts": true, "id": null,
        "fingerprint": null, "before": null, "after": null, "fields": fields, "after_ready": [], "facts": null,
        "budgets": budgets, "declared_at": { "file": "templates.toml", "line": line, "column": 1 },
    })
}

fn read(mut parts: Value) -> Plan {
    let whole = json!({
        "format_version": "1.0", "id": "0123456789abcdef0123456789abcdef",
        "targets": [{ "account": "main", "waba_id": "102290129340398", "base_url": "https://graph.facebook.com" }],
        "changes": [], "refused": [], "waits": [], "drift": [], "unmanaged": [], "sends": [], "guards": [],
        "notices": [], "made_at": "1970-01-01T00:00:00Z",
    });
    for (key, value) in whole.as_object().unwrap() {
        if parts.get(key).is_none() {
            parts[key] = value.clone();
        }
    }
    serde_json::from_value(parts).unwrap()
}

/// Nothing to do.
pub(super) fn nothing() -> Plan {
    read(json!({}))
}

fn send(name: &str) -> Value {
    json!({
        "address": address("campaign", name, None), "account": "main",
        "template": address("template", "welcome", None), "needs": [], "number": "+1 555-078-3881",
        "state": "running",
        "contacts": {
            "members": 1_260, "duplicates": 1, "new": 1_240, "due": 0, "waiting": 0, "closed": 0, "uncertain": 0,
            "removed": 0, "skipped": { "no_opt_in": 12 }, "held_by_gap": 0, "by_zones": {},
            "not_messaged_today": 0, "digest": "",
        },
        "now": 0, "when_ready": 930, "later": 310, "later_reasons": { "quiet_hours": 310 },
        "unusable_rows": 1,
        "unusable_examples": ["customers.csv:17: `12|@team` is too short for a telephone number of the region EE"],
        "seconds_at_rate": 12, "rate_per_second": 80.0, "category": "MARKETING",
        "cost": {
            "currency": "EUR", "amount": 86.4, "card": "eur", "unpriced": 2,
            "markets": [
                { "market": "Brazil", "recipients": 1_000, "price": 0.06, "amount": 60.0 },
                { "market": "Rest of Central & Eastern Europe", "recipients": 238, "price": 0.11, "amount": 26.4 },
            ],
        },
        "reach": [{ "date": "2026-05-02", "contacts": 930 }, { "date": "2026-05-03", "contacts": 310 }],
        "limit_left": 2_000, "days_under_limit": null, "waits_for": [address("template", "welcome", Some("pt_BR"))],
    })
}

/// One of everything.
pub(super) fn everything() -> Plan {
    let order_update = address("template", "order_update", Some("en_US"));
    let welcome = address("template", "welcome", Some("pt_BR"));
    let category = [field("category", "UTILITY", "MARKETING")];
    let mut changes = vec![
        change(
            &welcome,
            "create",
            &[
                field("category", None::<&str>, "UTILITY"),
                field(
                    "body",
                    None::<&str>,
                    "Olá {{first_name}},\n\no seu pedido {{order_no}} chegou.",
                ),
                field("buttons[0]", None::<&str>, "Obrigado (quick reply)"),
            ],
            30,
        ),
        change(
            &order_update,
            "update",
            &[
                field(
                    "body",
                    "Hi {{first_name}},\n\nyour order {{order_no}} leaves us today.\nA\nB\nC\nD\nE\nF\nG\nH\nI\nBye",
                    "Hi {{first_name}},\n\nyour parcel {{order_no}} leaves us today.\nA\nB\nC\nD\nE\nF\nG\nH\nI\nSee you",
                ),
                field("footer", "Reply STOP to opt out", None::<&str>),
                field(
                    "websites",
                    json!(["https://a.example"]),
                    json!(["https://a.example", "https://b.example"]),
                ),
            ],
            12,
        ),
        change(
            &address("template", "gone", Some("en_US")),
            "delete",
            &[],
            1,
        ),
        change(
            &address("template", "known", Some("en_US")),
            "adopt",
            &[],
            50,
        ),
        change(&address("webhook", "main", None), "no_op", &[], 60),
    ];
    for name in ["offer_1", "offer_2", "offer_3", "offer_4", "offer_5"] {
        changes.push(change(
            &address("template", name, Some("en_US")),
            "update",
            &category,
            40,
        ));
        changes.push(change(
            &address("template", &format!("old_{name}"), Some("en_US")),
            "forget",
            &[],
            1,
        ));
    }
    let guard = |name: &str, limit: u64, value: u64, allowed: bool, text: &str| {
        json!({
            "name": name, "limit": limit, "value": value, "exceeded": value > limit, "allowed": allowed,
            "text": text,
        })
    };
    read(json!({
        "environment": "production",
        "changes": changes,
        "refused": [{
            "address": order_update,
            "refusal": {
                "code": "template::edit_budget",
                "message": "an approved template may be edited once in 24 hours",
                "help": "apply again after 2026-05-02T10:00:00Z", "until": null,
            },
            "declared_at": { "file": "templates.toml", "line": 12, "column": 1 },
        }],
        "waits": [
            {
                "address": welcome, "reason": "rejected in review: INVALID_FORMAT",
                "help": "Meta recommends: give each variable an example", "broken": true,
            },
            { "address": order_update, "reason": "in review", "help": null, "broken": false },
        ],
        "drift": [
            {
                "address": order_update, "class": "edited", "since": "2026-05-01T10:00:00Z",
                "fields": [field("footer", "Reply STOP to opt out", "buy at https://evil.example")],
                "meaning": ["Somebody changed it in the WhatsApp Manager."],
                "mend": "apply --target 'template.order_update[\"en_US\"]'",
            },
            { "address": welcome, "class": "missing", "fields": [] },
        ],
        "unmanaged": [{ "kind": "template", "account": "main", "key": "old/en_US", "id": "7" }],
        "sends": [send("spring")],
        "guards": [
            guard("max_recipients", 1_000, 1_240, false, "1,240 contacts would be messaged, at most 1,000 may be"),
            guard("adopt_edits", 0, 1, true, "adopting would edit 1 live object"),
            guard("max_deletes", 4, 1, false, "1 of at most 4 deletions"),
        ],
        "notices": [{ "code": "campaign::unread", "message": "nobody learns of deliveries and answers" }],
        "selection": { "targets": ["template.*"], "excludes": ["campaign.autumn"] },
        "refreshed": false,
        "outputs": [
            { "name": "welcome_id", "value": null, "description": null },
            { "name": "link", "value": "https://a.example/|x", "description": null },
        ],
    }))
}

/// So many objects that differ each in their own way; one in ten goes.
pub(super) fn many(count: usize) -> Plan {
    let body = |index: usize, word: &str| {
        format!(
            "Hi {{{{first_name}}}}, your {word} {index} is on its way to you and comes tomorrow before noon."
        )
    };
    let changes: Vec<Value> = (0..count)
        .map(|index| {
            let of = address("template", &format!("order_update_{index}"), Some("en_US"));
            match index % 10 {
                0 => change(&of, "delete", &[], index),
                _ => {
                    let body = field("body", body(index, "order"), body(index, "parcel"));
                    change(&of, "update", &[body], index)
                }
            }
        })
        .collect();
    read(json!({ "changes": changes, "sends": [send("spring")] }))
}

/// An object whose body becomes this.
pub(super) fn with_body(text: &str) -> Plan {
    let of = address("template", "welcome", Some("en_US"));
    read(json!({ "changes": [change(&of, "update", &[field("body", "Hi", text)], 1)] }))
}

/// A body on either side of a change, in a new object, in every text that others decide.
pub(super) fn with(text: &str) -> Plan {
    let of = address("template", "welcome", Some("en_US"));
    let odd = address("template", text, Some(text));
    let mut send = send("spring");
    send["number"] = text.into();
    send["unusable_examples"] = json!([text]);
    send["later_reasons"] = json!({ text: 1 });
    send["contacts"]["skipped"] = json!({ text: 1 });
    send["cost"]["currency"] = text.into();
    send["cost"]["markets"][0]["market"] = text.into();
    let refusal = json!({ "code": "a::b", "message": text, "help": text, "until": null });
    read(json!({
        "id": text,
        "environment": text,
        "changes": [
            change(&of, "create", &[field("body", None::<&str>, text)], 1),
            change(&of, "update", &[field("body", "a", text), field(text, text, "b"), field("x", json!([text]), json!({ text: text }))], 1),
            change(&odd, "delete", &[], 1),
            change(&odd, "replace", &[field(text, text, None::<&str>)], 1),
        ],
        "refused": [{ "address": odd, "refusal": refusal, "declared_at": null }],
        "waits": [{ "address": odd, "reason": text, "help": text, "broken": true }],
        "drift": [{
            "address": odd, "class": "edited", "fields": [field("body", text, "x")], "meaning": [text], "mend": text,
        }],
        "unmanaged": [{ "kind": text, "account": text, "key": text, "id": text }],
        "sends": [send],
        "guards": [{
            "name": text, "limit": 1, "value": 2, "exceeded": true, "allowed": false, "text": text,
        }],
        "notices": [{ "code": "a::b", "message": text }],
        "selection": { "targets": [text], "excludes": [text] },
        "outputs": [{ "name": text, "value": text, "description": text }],
    }))
}
