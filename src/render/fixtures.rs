//! Plans that every renderer is shown: one of everything, nothing, many changes, and texts that want to break out.
//!
//! They are written in the form in which a plan is kept, so that they hold what a saved plan would.

use serde_json::{Value, json};

use crate::engine::plan::Plan;

/// What a body may hold that a terminal, a table, a comment or a tag must survive.
pub(crate) const HOSTILE: [&str; 14] = [
    "pipe | in | value",
    "`tick` and ```\nfence\n```",
    "</details><script>alert(1)</script>",
    "hey @team, see #123 and https://evil.example/?a=b",
    "\u{1b}[31mred\u{1b}[0m\u{9b}2J\u{7}",
    "left \u{202e}thgir\u{202c} left",
    "nul \u{0} byte",
    "lone \" quote ' and \\ stroke",
    "[link](javascript:alert(1)) ![image](x)",
    "- no list\n# no heading\n+ no + sign\n~~~",
    "<!-- waform:plan other -->",
    "{{1}} {{2}} {{ {{{ }} %0A ::error::",
    "\r\nover\rwritten\n\n\n",
    "👩‍👩‍👧 می‌خواهم 日本語 \u{feff}\u{e0041}",
];

/// Returns a plan that does nothing.
pub(crate) fn nothing() -> Plan {
    from(json!({
        "format_version": "1.0", "id": "0".repeat(32), "targets": [target()], "changes": [], "refused": [], "waits": [],
        "drift": [], "unmanaged": [], "sends": [], "guards": [], "notices": [], "made_at": "2026-05-02T10:00:00Z",
    }))
}

/// Returns a plan with one of everything: each action, class of drift, kind of guard; it is limited and refuses.
pub(crate) fn everything() -> Plan {
    let order_update = template("order_update", "en_US");
    let welcome = template("welcome", "pt_BR");
    Plan {
        changes: list(json!([
            change(&template("gone", "en_US"), "delete", &json!([])),
            replaced(),
            updated(),
            created(),
            adopted(),
            change(&template("left", "fr"), "forget", &json!([])),
            change(&template("same", "de"), "no_op", &json!([])),
            change(&template("same", "et"), "no_op", &json!([])),
        ])),
        refused: list(json!([{
            "address": order_update,
            "refusal": {
                "code": "template::edit_budget",
                "message": "an approved template may be edited once in 24 hours",
                "help": "apply again after 2026-05-02T10:00:00Z, or declare a template of another name for the new text",
                "until": "2026-05-02T10:00:00Z",
            },
            "declared_at": place(12),
        }])),
        waits: list(json!([
            {
                "address": welcome,
                "reason": "rejected in review: INVALID_FORMAT",
                "help": "Meta recommends: give each variable an example that looks like what will be sent",
                "broken": true,
            },
            { "address": template("same", "et"), "reason": "in review at Meta", "help": null, "broken": false },
        ])),
        drift: drift(),
        unmanaged: list(json!([
            { "kind": "template", "account": "main", "key": "old/en_US", "id": "7" },
            { "kind": "template", "account": "main", "key": "older/en_US", "id": "8" },
        ])),
        sends: list(json!([send()])),
        guards: guards(),
        notices: list(json!([{
            "code": "plan::unrefreshed",
            "message": "nobody learns of deliveries and answers as long as no webhook is subscribed to the account",
        }])),
        selection: serde_json::from_value(
            json!({ "targets": ["template.order_update"], "excludes": ["webhook.*"] }),
        )
        .unwrap(),
        refreshed: false,
        environment: Some("staging".to_owned()),
        outputs: list(json!([
            { "name": "hook", "value": "https://hooks.example.com/waform", "description": "where Meta calls" },
            { "name": "template_id", "value": null, "description": null },
        ])),
        ..nothing()
    }
}

/// Returns a plan that changes one thing of many templates alike: their category, and each its own body every so often.
pub(crate) fn many(count: usize) -> Plan {
    let changes = (0..count).map(|index| {
        let address = template(&format!("order_{index:04}"), "en_US");
        let category = field("category", "UTILITY", "MARKETING");
        match index % 10 {
            0 => {
                let before = format!("Hi {{{{first_name}}}}, your order {index} leaves us today.");
                let after = format!("Hi {{{{first_name}}}}, your parcel {index} leaves us today.");
                change(
                    &address,
                    "update",
                    &json!([field("body", &*before, &*after)]),
                )
            }
            _ => change(&address, "update", &json!([category])),
        }
    });
    Plan {
        changes: list(changes.collect()),
        ..nothing()
    }
}

/// Returns a plan whose every text from outside is hostile; `extra` is one more such text.
pub(crate) fn hostile(extra: &str) -> Plan {
    let texts: Vec<&str> = HOSTILE.into_iter().chain([extra]).collect();
    let changes = texts.iter().enumerate().flat_map(|(index, text)| {
        let (address, other) = (
            template(&format!("t{index}"), "en_US"),
            template(&format!("u{index}"), "en_US"),
        );
        [
            change(&address, "create", &json!([field("body", None, *text)])),
            change(
                &other,
                "update",
                &json!([field("body", "Hello", *text), field("footer", *text, None)]),
            ),
        ]
    });
    let mut send = send();
    send["number"] = json!(HOSTILE[5]);
    send["unusable_examples"] = json!(texts);
    send["contacts"]["skipped"] = json!({ HOSTILE[0]: 3, HOSTILE[2]: 4 });
    let waits = texts.iter().map(|text| {
        json!({ "address": template("w", "en_US"), "reason": text, "help": text, "broken": true })
    });
    let refused = texts.iter().map(|text| {
        let refusal = json!({ "code": "template::edit_budget", "message": text, "help": text, "until": null });
        json!({ "address": template("r", "en_US"), "refusal": refusal, "declared_at": place(1) })
    });
    let drift = texts.iter().map(|text| {
        json!({
            "address": template("d", "en_US"), "class": "edited", "fields": [field("body", "Hello", *text)],
            "since": null, "meaning": [text], "mend": text,
        })
    });
    let unmanaged = texts
        .iter()
        .map(|text| json!({ "kind": "template", "account": "main", "key": text, "id": "7" }));
    Plan {
        changes: list(changes.collect()),
        waits: list(waits.collect()),
        refused: list(refused.collect()),
        drift: list(drift.collect()),
        unmanaged: list(unmanaged.collect()),
        sends: list(json!([send])),
        notices: list(
            texts
                .iter()
                .map(|text| json!({ "code": "plan::ended", "message": text }))
                .collect(),
        ),
        outputs: list(json!([{ "name": "o", "value": extra, "description": extra }])),
        ..nothing()
    }
}

/// 64 KiB of text without a space.
pub(crate) fn endless() -> String {
    "lorem|ipsum`".repeat(64 * 1024 / 12)
}

pub(crate) fn template(name: &str, index: &str) -> Value {
    json!({ "kind": "template", "name": name, "index": index })
}

pub(crate) fn field<'a>(
    field: &str,
    before: impl Into<Option<&'a str>>,
    after: impl Into<Option<&'a str>>,
) -> Value {
    json!({ "field": field, "before": before.into(), "after": after.into(), "forces_replacement": false })
}

/// Returns a change as the engine makes it: its contents hold what its fields say.
pub(crate) fn change(address: &Value, action: &str, fields: &Value) -> Value {
    let side = |side: &str| {
        let mut content = json!({ "name": address["name"], "category": "UTILITY" });
        for field in fields.as_array().unwrap() {
            content[field["field"].as_str().unwrap()] = field[side].clone();
        }
        content
    };
    let before = (action != "create").then(|| side("before"));
    let after = (!matches!(action, "delete" | "forget")).then(|| side("after"));
    let budget =
        json!({ "right": "template.edit", "subject": "7", "text": "edit 1 of 1 in 24 hours" });
    let writes = matches!(action, "update" | "replace" | "create");
    json!({
        "address": address, "account": "main", "key": format!("{}/x", address["name"].as_str().unwrap()),
        "action": action, "counts": true, "id": before.as_ref().map(|_| "1042"),
        "fingerprint": before.as_ref().map(|_| "f".repeat(32)), "before": before, "after": after, "fields": fields,
        "after_ready": [], "facts": null, "budgets": if writes { vec![budget] } else { Vec::new() },
        "declared_at": after.as_ref().map(|_| place(12)),
    })
}

fn replaced() -> Value {
    let mut header = field("header.format", "TEXT", "IMAGE");
    header["forces_replacement"] = json!(true);
    let mut replaced = change(&template("picture", "en_US"), "replace", &json!([header]));
    replaced["reason"] = json!("replace_because_cannot_update");
    replaced
}

fn updated() -> Value {
    let body = field(
        "body",
        "Hi {{first_name}}, your order {{order_no}} leaves us today. How shall we reach you about it?",
        "Hi {{first_name}}, your parcel {{order_no}} leaves us today. How shall we reach you about it?",
    );
    let buttons = json!({
        "field": "buttons", "before": ["Phone call", "Message"], "after": ["Phone call"], "forces_replacement": false,
    });
    change(
        &template("order_update", "en_US"),
        "update",
        &json!([body, buttons]),
    )
}

fn created() -> Value {
    let body = "Olá {{first_name}},\n\no seu pedido {{order_no}} chegou até nós e já está a ser preparado. 👩‍👩‍👧\u{1b}[2J";
    change(
        &template("welcome", "pt_BR"),
        "create",
        &json!([
            field("category", None, "UTILITY"),
            field("body", None, body),
            field("buttons[0]", None, "Obrigado (quick reply)"),
        ]),
    )
}

fn adopted() -> Value {
    change(
        &template("found", "es"),
        "adopt",
        &json!([field("footer", "Adiós", None)]),
    )
}

fn drift<T: serde::de::DeserializeOwned>() -> Vec<T> {
    list(json!([
        {
            "address": template("order_update", "en_US"), "class": "edited",
            "fields": [field("footer", "Reply STOP to opt out", None)],
            "before": content("order_update", "UTILITY", Some("Reply STOP to opt out")),
            "after": content("order_update", "UTILITY", None),
            "since": "2026-05-01T08:12:00Z",
            "meaning": ["what is sent is no longer what was reviewed"],
            "mend": "apply --target 'template.order_update[\"en_US\"]'",
        },
        {
            "address": template("same", "de"), "class": "moved", "fields": [field("category", "UTILITY", "MARKETING")],
            "before": content("same", "UTILITY", None), "after": content("same", "MARKETING", None),
            "since": null, "meaning": ["it is billed as MARKETING from now on"], "mend": null,
        },
        {
            "address": template("welcome", "pt_BR"), "class": "missing", "fields": [],
            "before": content("welcome", "UTILITY", None), "after": null,
        },
    ]))
}

fn content(name: &str, category: &str, footer: Option<&str>) -> Value {
    json!({ "name": name, "category": category, "footer": footer })
}

fn guards<T: serde::de::DeserializeOwned>() -> Vec<T> {
    list(json!([
        {
            "name": "max_recipients", "limit": 1_000, "value": 1_240, "unit": "contacts", "exceeded": true,
            "allowed": false, "text": "1,240 contacts would be messaged, at most 1,000 may be",
        },
        {
            "name": "max_cost", "limit": 500, "value": 86.4, "unit": "EUR", "exceeded": false, "allowed": false,
            "text": "sending would cost at most EUR 86.40, EUR 500.00 are allowed",
        },
        {
            "name": "max_deletes", "limit": 1, "value": 2, "unit": "objects", "exceeded": true, "allowed": true,
            "text": "2 objects would be deleted, at most 1 may be",
        },
        {
            "name": "max_edits", "limit": 10, "value": 0, "unit": "objects", "exceeded": false, "allowed": false,
            "text": "no object would be edited, at most 10 may be",
        },
    ]))
}

/// A campaign with all that there can be to tell of one.
pub(crate) fn send() -> Value {
    let market = |market: &str, recipients: u64, price: f64, amount: f64| json!({ "market": market, "recipients": recipients, "price": price, "amount": amount });
    json!({
        "address": { "kind": "campaign", "name": "spring" },
        "account": "main",
        "template": { "kind": "template", "name": "welcome" },
        "needs": [],
        "number": "+1 555-078-3881",
        "state": "running",
        "contacts": {
            "members": 1_260, "duplicates": 1, "new": 1_240, "due": 0, "waiting": 0, "closed": 0, "uncertain": 1,
            "removed": 0, "skipped": { "no_opt_in": 12, "variable_missing:first_name": 7 }, "held_by_gap": 0,
            "by_zones": {}, "by_country": { "EE": 1_000, "FI": 240 }, "not_messaged_today": 0, "digest": "",
        },
        "now": 120,
        "when_ready": 810,
        "later": 310,
        "later_reasons": { "quiet_hours": 310 },
        "unusable_rows": 1,
        "unusable_examples": ["customers.csv:17: `12` is too short for a telephone number of the region EE"],
        "seconds_at_rate": 12,
        "rate_per_second": 80.0,
        "category": "MARKETING",
        "cost": {
            "currency": "EUR", "amount": 86.4, "card": "summer", "unpriced": 3,
            "markets": [
                market("Germany", 300, 0.1131, 33.93), market("Finland", 240, 0.06, 14.4),
                market("Rest of Central & Eastern Europe", 200, 0.06, 12.0), market("Spain", 150, 0.0509, 7.64),
                market("Brazil", 150, 0.0625, 9.38), market("India", 120, 0.0118, 1.42),
                market("Other", 77, 0.0604, 7.63),
            ],
        },
        "reach": [
            { "date": "2026-05-02", "contacts": 930 }, { "date": "2026-05-03", "contacts": 310 },
        ],
        "limit_left": 2_000, "days_under_limit": 2,
        "waits_for": [template("welcome", "pt_BR")],
    })
}

fn target() -> Value {
    json!({ "account": "main", "waba_id": "102290129340398", "base_url": "https://graph.facebook.com" })
}

fn place(line: usize) -> Value {
    json!({ "file": "templates.toml", "line": line, "column": 1 })
}

fn from(plan: Value) -> Plan {
    serde_json::from_value(plan).unwrap()
}

/// Reads what a list of the plan holds.
pub(crate) fn list<T: serde::de::DeserializeOwned>(values: Value) -> Vec<T> {
    serde_json::from_value(values).unwrap()
}
