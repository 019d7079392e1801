//! Replies that are wrong, and replies as the Cloud API takes them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Reply, Trigger};
use crate::resource::testing::{findings, project};

const FLOW: &str = r#"
[account.main]
waba_id = "102290129340398"
access_token = { env = "TOKEN" }
[phone.support]
number = "+15550783881"
[list.all]
source = { csv = "all.csv" }
phone = "phone"
default_region = "EE"
opt_in = { field = "opted_in_at" }
[handoff.desk]
url = "https://desk.example.com"
[mapping.order]
template = "order"
variables = { first_name = { field = "first_name" } }
[campaign.spring]
template = "order"
mapping = "order"
lists = ["all"]
from = "support"
[template.order]
category = "utility"
language = "en_US"
body = "Hi {{first_name}}, your order is packed and leaves our house today. How shall we reach you?"
buttons = [{ quick_reply = { text = "Phone call", id = "phone_call" } }, "Message"]
example = { first_name = "Ana" }
"#;

fn reply(on: &str, message: &str) -> String {
    format!("[reply.x]\non = {{ {on} }}\nmessage = {{ {message} }}\n")
}

const TEXT: &str = "text = \"Thank you.\"";

#[track_caller]
fn finds(on: &str, message: &str, expected: &[&str]) {
    let toml = format!("{FLOW}{}", reply(on, message));
    assert_eq!(findings(&toml), expected, "{on} {message}");
}

#[track_caller]
fn composed(message: &str) -> Value {
    let toml = format!(
        "{FLOW}{}",
        reply("campaign = \"spring\", any = true", message)
    );
    let (project, diagnostics) = project(&toml);
    assert!(diagnostics.is_empty(), "{:?}", diagnostics.reports());
    let values = BTreeMap::from([("first_name".to_owned(), "Ana".to_owned())]);
    let reply = &project.get::<Reply>("x").unwrap().value;
    let body = reply.compose("+3725555", &values, Some("wamid.1"));
    assert_eq!(body["messaging_product"], "whatsapp");
    assert_eq!(body["recipient_type"], "individual");
    assert_eq!(body["to"], "+3725555");
    assert_eq!(body["context"], json!({ "message_id": "wamid.1" }));
    let kind = body["type"].as_str().unwrap().to_owned();
    assert_eq!(body.as_object().unwrap().len(), 6, "{body}");
    json!({ kind.as_str(): body[&kind] })
}

#[test]
fn a_reply_is_sent_on_one_thing() {
    let trigger = |on: &str| {
        let toml = format!("{FLOW}{}", reply(on, TEXT));
        let (project, diagnostics) = project(&toml);
        assert!(diagnostics.is_empty(), "{:?}", diagnostics.reports());
        let reply = &project.get::<Reply>("x").unwrap().value;
        format!("{:?}", reply.trigger().unwrap())
    };
    assert_eq!(
        trigger("campaign = \"spring\", answer = \"phone_call\""),
        format!("{:?}", Trigger::Answer("phone_call"))
    );
    assert_eq!(
        trigger("quick_reply = \"Phone call\""),
        format!("{:?}", Trigger::QuickReply("Phone call"))
    );
    assert_eq!(
        trigger("keyword = \"hours\""),
        format!("{:?}", Trigger::Keyword("hours"))
    );
    assert_eq!(trigger("any = true"), "Any");

    finds(
        "campaign = \"spring\"",
        TEXT,
        &["reply::on: { campaign = \"spring\" }"],
    );
    finds("any = false", TEXT, &["reply::on: false"]);
    finds(
        "answer = \"phone_call\", keyword = \"x\"",
        TEXT,
        &["reply::on: \"x\""],
    );
}

#[test]
fn an_answer_that_nobody_can_give_is_found_and_the_nearest_proposed() {
    finds("answer = \"Message\"", TEXT, &[]);
    let toml = format!(
        "{FLOW}{}",
        reply("campaign = \"spring\", answer = \"phone_cal\"", TEXT)
    );
    let (_, diagnostics) = project(&toml);
    let report = &diagnostics.reports()[0];
    assert_eq!(report.code, "reply::answer");
    assert_eq!(report.help.as_deref(), Some("did you mean `phone_call`?"));
    finds(
        "quick_reply = \"phone call\"",
        TEXT,
        &["reply::quick_reply: \"phone call\""],
    );
    finds(
        "campaign = \"sprin\", answer = \"phone_call\"",
        TEXT,
        &["reference::unknown: \"sprin\""],
    );
}

#[test]
fn a_button_of_another_reply_can_be_answered() {
    let ask = reply(
        "keyword = \"menu\"",
        "buttons = { body = \"What?\", buttons = [{ title = \"Hours\", id = \"hours\" }] }",
    )
    .replace("[reply.x]", "[reply.menu]");
    let toml = format!("{FLOW}{ask}{}", reply("answer = \"hours\"", TEXT));
    assert_eq!(findings(&toml), Vec::<String>::new());
}

#[test]
fn a_keyword_is_said_and_is_no_stop_word() {
    finds("keyword = \" \"", TEXT, &["reply::keyword: \" \""]);
    finds("keyword = \"stop\"", TEXT, &["reply::keyword: \"stop\""]);
}

#[test]
fn two_replies_on_the_same_message_are_an_error() {
    let second = |on: &str| reply(on, TEXT).replace("[reply.x]", "[reply.y]");
    let both =
        |one: &str, other: &str| findings(&format!("{FLOW}{}{}", reply(one, TEXT), second(other)));
    assert_eq!(
        both("keyword = \"Hours\"", "keyword = \"hours \""),
        ["reply::same_trigger: { keyword = \"hours \" }"]
    );
    let apart = [
        ("any = true", "campaign = \"spring\", any = true"),
        ("keyword = \"a\"", "keyword = \"b\""),
        ("answer = \"Message\"", "quick_reply = \"Message\""),
    ];
    for (one, other) in apart {
        assert_eq!(both(one, other), Vec::<String>::new(), "{one} {other}");
    }
}

#[test]
fn texts_use_what_the_campaign_was_filled_with() {
    let text = |text: &str| format!("text = \"{text}\"");
    finds(
        "campaign = \"spring\", any = true",
        &text("Hi {{first_name}}!"),
        &[],
    );
    finds(
        "campaign = \"spring\", any = true",
        &text("Hi {{firstname}}!"),
        &["reply::variable: {{firstname}}"],
    );
    finds(
        "any = true",
        &text("Hi {{first_name}}!"),
        &["reply::variable: {{first_name}}"],
    );
    finds(
        "campaign = \"spring\", any = true",
        &text("Hi {{ name }}!"),
        &["reply::variable: {{ name }}"],
    );
    finds(
        "campaign = \"spring\", any = true",
        "cta_url = { body = \"Look.\", text = \"Go\", url = \"https://example.com/{{first_name}}\" }",
        &["reply::variable: {{first_name}}"],
    );
}

#[test]
fn lengths_are_metas() {
    let of = |length: usize| "x".repeat(length);
    for (message, most) in [
        ("text = \"@\"", 4096),
        ("buttons = { body = \"@\", buttons = [\"a\"] }", 1024),
        (
            "buttons = { body = \"b\", header = \"@\", buttons = [\"a\"] }",
            60,
        ),
        (
            "buttons = { body = \"b\", footer = \"@\", buttons = [\"a\"] }",
            60,
        ),
        ("buttons = { body = \"b\", buttons = [\"@\"] }", 20),
        (
            "buttons = { body = \"b\", buttons = [{ title = \"a\", id = \"@\" }] }",
            256,
        ),
        (
            "list = { body = \"b\", button = \"@\", sections = [{ rows = [{ id = \"i\", title = \"t\" }] }] }",
            20,
        ),
        (
            "list = { body = \"b\", button = \"o\", sections = [{ title = \"@\", rows = [{ id = \"i\", title = \"t\" }] }] }",
            24,
        ),
        (
            "list = { body = \"b\", button = \"o\", sections = [{ rows = [{ id = \"@\", title = \"t\" }] }] }",
            200,
        ),
        (
            "list = { body = \"b\", button = \"o\", sections = [{ rows = [{ id = \"i\", title = \"@\" }] }] }",
            24,
        ),
        (
            "list = { body = \"b\", button = \"o\", sections = [{ rows = [{ id = \"i\", title = \"t\", description = \"@\" }] }] }",
            72,
        ),
        (
            "cta_url = { body = \"b\", text = \"@\", url = \"https://example.com\" }",
            20,
        ),
        ("image = { id = \"1\", caption = \"@\" }", 1024),
        (
            "products = { header = \"@\", body = \"b\", catalog_id = \"1\", sections = [{ products = [\"sku\"] }] }",
            60,
        ),
    ] {
        finds("any = true", &message.replace('@', &of(most)), &[]);
        let long = of(most + 1);
        finds(
            "any = true",
            &message.replace('@', &long),
            &[&format!("reply::length: \"{long}\"")],
        );
        finds(
            "any = true",
            &message.replace('@', " "),
            &["reply::length: \" \""],
        );
    }
}

#[test]
fn counts_are_metas() {
    let list = |items: &str| format!("[{items}]");
    let buttons = |count: usize| {
        let titles: Vec<_> = (0..count).map(|at| format!("\"b{at}\"")).collect();
        list(&titles.join(", "))
    };
    let rows = |count: usize| {
        let rows: Vec<_> = (0..count)
            .map(|at| format!("{{ id = \"{at}\", title = \"t\" }}"))
            .collect();
        format!("[{{ rows = {} }}]", list(&rows.join(", ")))
    };
    let products = |count: usize| {
        let ids: Vec<_> = (0..count).map(|at| format!("\"sku{at}\"")).collect();
        format!("[{{ products = {} }}]", list(&ids.join(", ")))
    };
    type Items<'a> = &'a dyn Fn(usize) -> String;
    let kinds: [(&str, Items<'_>, usize); 3] = [
        ("buttons = { body = \"b\", buttons = @ }", &buttons, 3),
        (
            "list = { body = \"b\", button = \"o\", sections = @ }",
            &rows,
            10,
        ),
        (
            "products = { header = \"h\", body = \"b\", catalog_id = \"1\", sections = @ }",
            &products,
            30,
        ),
    ];
    for (message, items, most) in kinds {
        finds("any = true", &message.replace('@', &items(most)), &[]);
        for count in [0, most + 1] {
            let items = items(count);
            let expected = format!("reply::count: {items}");
            finds("any = true", &message.replace('@', &items), &[&expected]);
        }
        if most > 3 {
            finds(
                "any = true",
                &message.replace('@', "[]"),
                &["reply::count: []"],
            );
        }
    }
}

#[test]
fn what_must_differ_and_what_must_be_named() {
    finds(
        "any = true",
        "buttons = { body = \"b\", buttons = [\"Yes\", { title = \"Yes\", id = \"y\" }] }",
        &["reply::twice: \"Yes\""],
    );
    finds(
        "any = true",
        "buttons = { body = \"b\", buttons = [{ title = \"A\", id = \"y\" }, { title = \"B\", id = \"y\" }] }",
        &["reply::twice: \"y\""],
    );
    finds(
        "any = true",
        "buttons = { body = \"b\", buttons = [\"y\", { title = \"B\", id = \"y\" }] }",
        &["reply::twice: \"y\""],
    );
    let section = |id: &str| format!("{{ rows = [{{ id = \"{id}\", title = \"t\" }}] }}");
    let message = format!(
        "list = {{ body = \"b\", button = \"o\", sections = [{}, {}] }}",
        section("a"),
        section("a").replace("{ rows", "{ title = \"s\", rows")
    );
    finds(
        "any = true",
        &message,
        &[
            "reply::section_title: [{ id = \"a\", title = \"t\" }]",
            "reply::twice: \"a\"",
        ],
    );
}

#[test]
fn files_and_links_are_reachable() {
    finds("any = true", "image = {}", &["reply::file: { image = {} }"]);
    finds(
        "any = true",
        "sticker = { id = \"1\", link = \"https://example.com/s.webp\" }",
        &["reply::file: { sticker = { id = \"1\", link = \"https://example.com/s.webp\" } }"],
    );
    finds(
        "any = true",
        "audio = { link = \"http://example.com/a.ogg\" }",
        &["reply::url: \"http://example.com/a.ogg\""],
    );
    finds(
        "any = true",
        "cta_url = { body = \"b\", text = \"Go\", url = \"example.com\" }",
        &["reply::url: \"example.com\""],
    );
}

#[test]
fn a_message_is_of_one_kind() {
    let found = findings(&format!(
        "{FLOW}{}",
        reply("any = true", "text = \"a\", image = { id = \"1\" }")
    ));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("config::"), "{found:?}");
}

#[test]
fn plain_text_is_filled() {
    assert_eq!(
        composed("text = \"Thank you, {{first_name}}.\""),
        json!({ "text": { "body": "Thank you, Ana." } })
    );
}

#[test]
fn interactive_messages_have_metas_form() {
    assert_eq!(
        composed(
            "buttons = { header = \"Hi\", body = \"{{first_name}}?\", footer = \"f\", buttons = [\"Yes\", { title = \"No\", id = \"n\" }] }"
        ),
        json!({ "interactive": {
            "type": "button", "header": { "type": "text", "text": "Hi" }, "body": { "text": "Ana?" },
            "footer": { "text": "f" },
            "action": { "buttons": [
                { "type": "reply", "reply": { "id": "Yes", "title": "Yes" } },
                { "type": "reply", "reply": { "id": "n", "title": "No" } },
            ] },
        } })
    );
    assert_eq!(
        composed(
            "list = { body = \"b\", button = \"Open\", sections = [{ title = \"s\", rows = [{ id = \"1\", title = \"t\", description = \"d\" }, { id = \"2\", title = \"u\" }] }] }"
        ),
        json!({ "interactive": {
            "type": "list", "body": { "text": "b" },
            "action": { "button": "Open", "sections": [{ "title": "s", "rows": [
                { "id": "1", "title": "t", "description": "d" }, { "id": "2", "title": "u" },
            ] }] },
        } })
    );
    assert_eq!(
        composed("product = { body = \"b\", catalog_id = \"1\", product_retailer_id = \"sku\" }"),
        json!({ "interactive": {
            "type": "product", "body": { "text": "b" },
            "action": { "catalog_id": "1", "product_retailer_id": "sku" },
        } })
    );
    assert_eq!(
        composed(
            "products = { header = \"h\", body = \"b\", catalog_id = \"1\", sections = [{ title = \"s\", products = [\"a\", \"b\"] }] }"
        ),
        json!({ "interactive": {
            "type": "product_list", "header": { "type": "text", "text": "h" }, "body": { "text": "b" },
            "action": { "catalog_id": "1", "sections": [{ "title": "s", "product_items": [
                { "product_retailer_id": "a" }, { "product_retailer_id": "b" },
            ] }] },
        } })
    );
    assert_eq!(
        composed("cta_url = { body = \"b\", text = \"Go\", url = \"https://example.com\" }"),
        json!({ "interactive": {
            "type": "cta_url", "body": { "text": "b" },
            "action": { "name": "cta_url", "parameters": { "display_text": "Go", "url": "https://example.com" } },
        } })
    );
}

#[test]
fn files_have_metas_form() {
    for kind in ["image", "video"] {
        assert_eq!(
            composed(&format!(
                "{kind} = {{ link = \"https://example.com/f\", caption = \"For {{{{first_name}}}}\" }}"
            )),
            json!({ kind: { "link": "https://example.com/f", "caption": "For Ana" } })
        );
    }
    for kind in ["audio", "sticker"] {
        assert_eq!(
            composed(&format!("{kind} = {{ id = \"7\" }}")),
            json!({ kind: { "id": "7" } })
        );
    }
    assert_eq!(
        composed("document = { id = \"7\", filename = \"map.pdf\" }"),
        json!({ "document": { "id": "7", "filename": "map.pdf" } })
    );
}

#[test]
fn values_never_make_a_message_that_meta_refuses() {
    let toml = format!(
        "{FLOW}{}",
        reply(
            "campaign = \"spring\", any = true",
            "image = { id = \"1\", caption = \"{{first_name}}\" }"
        )
    );
    let project = project(&toml).0;
    let reply = &project.get::<Reply>("x").unwrap().value;
    let caption = |name: Option<String>| {
        let values = name
            .map(|name| ("first_name".to_owned(), name))
            .into_iter()
            .collect();
        let body = reply.compose("+3725555", &values, None);
        assert!(body.get("context").is_none());
        body["image"]["caption"].as_str().unwrap().to_owned()
    };
    assert_eq!(caption(Some("é".repeat(1024))).chars().count(), 1024);
    let cut = caption(Some("é".repeat(2000)));
    assert_eq!(cut.chars().count(), 1024);
    assert!(cut.ends_with('…'));
    assert_eq!(caption(None), "");
}
