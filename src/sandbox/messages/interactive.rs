//! Interactive messages: buttons, lists, addresses, products.
//!
//! Limits from the interactive messages pages; where those disagree with each other, the narrower one.

use std::collections::BTreeSet;

use serde_json::Value;

use super::session::{Session, file, invalid, missing, optional, text};
use crate::sandbox::data::{Answer, AnswerKind};
use crate::sandbox::graph::GraphError;
use crate::sandbox::media::Kind;

const BODY_LIMIT: usize = 1_024;
const HEADER_LIMIT: usize = 60;
const FOOTER_LIMIT: usize = 60;
const BUTTONS: usize = 3;
const BUTTON_ID_LIMIT: usize = 256;
/// Of a button's title, a list's button, an address's text, a flow's call to action.
const LABEL_LIMIT: usize = 20;
const SECTIONS: usize = 10;
const ROWS: usize = 10;
const ROW_ID_LIMIT: usize = 200;
/// Of a section's and a row's title.
const TITLE_LIMIT: usize = 24;
const DESCRIPTION_LIMIT: usize = 72;
const PRODUCTS: usize = 30;
const URL_LIMIT: usize = 2_000;
const ID_LIMIT: usize = 512;

/// Kinds whose action is not looked at.
const OTHERS: [&str; 9] = [
    "address_message",
    "call_permission_request",
    "carousel",
    "catalog_message",
    "location_request_message",
    "order_details",
    "order_status",
    "request_contact_info",
    "voice_call",
];

/// Reads an interactive message.
pub(super) fn read(body: &Value) -> Result<Session, GraphError> {
    let kind = text(&body["type"], "interactive['type']", ID_LIMIT)?;
    let known = [
        "button",
        "list",
        "cta_url",
        "product",
        "product_list",
        "flow",
    ];
    if !known.contains(&kind.as_str()) && !OTHERS.contains(&kind.as_str()) {
        return Err(invalid(format!(
            "interactive['type'] must be one of {{{}, {}}} - got \"{kind}\".",
            known.join(", "),
            OTHERS.join(", ")
        )));
    }
    let mut session = Session {
        text: words(&kind, body)?,
        ..Session::default()
    };
    header(&kind, &body["header"], &mut session)?;
    let action = &body["action"];
    if !action.is_object() {
        return Err(missing("interactive['action']"));
    }
    match kind.as_str() {
        "button" => session.answers = buttons(action)?,
        "list" => session.answers = rows(action)?,
        "cta_url" => address(action)?,
        "product" => product(action)?,
        "product_list" => products(action)?,
        "flow" => flow(action)?,
        _ => {}
    }
    Ok(session)
}

/// Checks body and footer; returns what is read of the body.
fn words(kind: &str, body: &Value) -> Result<Option<String>, GraphError> {
    let path = "interactive['body']['text']";
    let shown = optional(&body["body"]["text"], path, BODY_LIMIT)?;
    if kind != "product" && shown.as_ref().is_none_or(String::is_empty) {
        return Err(missing(path));
    }
    if !body["footer"].is_null() {
        text(
            &body["footer"]["text"],
            "interactive['footer']['text']",
            FOOTER_LIMIT,
        )?;
    }
    Ok(shown)
}

fn header(kind: &str, header: &Value, session: &mut Session) -> Result<(), GraphError> {
    if header.is_null() {
        return if kind == "product_list" {
            Err(missing("interactive['header']"))
        } else {
            Ok(())
        };
    }
    let given = text(&header["type"], "interactive['header']['type']", ID_LIMIT)?;
    let files = [
        ("image", Kind::Image),
        ("video", Kind::Video),
        ("document", Kind::Document),
    ];
    if kind == "product" {
        return Err(invalid("A product message has no header."));
    }
    if given == "text" {
        text(
            &header["text"],
            "interactive['header']['text']",
            HEADER_LIMIT,
        )?;
        return Ok(());
    }
    let Some((_, file_kind)) = files.iter().find(|(name, _)| *name == given) else {
        return Err(invalid(format!(
            "interactive['header']['type'] cannot be \"{given}\"."
        )));
    };
    if matches!(kind, "list" | "product_list") {
        return Err(invalid(format!(
            "The header of a {kind} message must be a text."
        )));
    }
    let path = format!("interactive['header']['{given}']");
    session
        .files
        .push(file(&path, *file_kind, &header[&given])?);
    Ok(())
}

/// Checks that a list is there and has no more entries than it may.
fn counted<'a>(value: &'a Value, path: &str, most: usize) -> Result<&'a [Value], GraphError> {
    let entries = value.as_array().ok_or_else(|| missing(path))?;
    if entries.is_empty() || entries.len() > most {
        return Err(invalid(format!(
            "Invalid {path} count. Min allowed: 1, Max allowed: {most}"
        )));
    }
    Ok(entries)
}

fn buttons(action: &Value) -> Result<Vec<Answer>, GraphError> {
    let path = "interactive['action']['buttons']";
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    let mut answers = Vec::new();
    for (index, button) in counted(&action["buttons"], path, BUTTONS)?
        .iter()
        .enumerate()
    {
        let path = format!("{path}[{index}]");
        if button["type"] != "reply" {
            return Err(invalid(format!("{path}['type'] must be \"reply\".")));
        }
        let reply = &button["reply"];
        let id = text(
            &reply["id"],
            &format!("{path}['reply']['id']"),
            BUTTON_ID_LIMIT,
        )?;
        let title = text(
            &reply["title"],
            &format!("{path}['reply']['title']"),
            LABEL_LIMIT,
        )?;
        if !ids.insert(id.clone()) || !titles.insert(title.clone()) {
            return Err(invalid("Ids and titles of buttons must be unique."));
        }
        answers.push(Answer {
            kind: AnswerKind::ButtonReply,
            id,
            title,
            description: None,
        });
    }
    Ok(answers)
}

fn rows(action: &Value) -> Result<Vec<Answer>, GraphError> {
    let path = "interactive['action']['sections']";
    text(
        &action["button"],
        "interactive['action']['button']",
        LABEL_LIMIT,
    )?;
    let mut answers = Vec::new();
    let mut ids = BTreeSet::new();
    for (path, section) in sections(action, path)? {
        for (at, row) in counted(&section["rows"], &format!("{path}['rows']"), ROWS)?
            .iter()
            .enumerate()
        {
            let path = format!("{path}['rows'][{at}]");
            let id = text(&row["id"], &format!("{path}['id']"), ROW_ID_LIMIT)?;
            if !ids.insert(id.clone()) {
                return Err(invalid("Ids of rows must be unique."));
            }
            answers.push(Answer {
                kind: AnswerKind::ListReply,
                id,
                title: text(&row["title"], &format!("{path}['title']"), TITLE_LIMIT)?,
                description: optional(
                    &row["description"],
                    &format!("{path}['description']"),
                    DESCRIPTION_LIMIT,
                )?,
            });
        }
    }
    if answers.len() > ROWS {
        return Err(invalid(format!(
            "Total row count exceed max allowed count: {ROWS}"
        )));
    }
    Ok(answers)
}

/// Checks the titles of sections; returns each with where it stands.
fn sections<'a>(action: &'a Value, path: &str) -> Result<Vec<(String, &'a Value)>, GraphError> {
    let sections = counted(&action["sections"], path, SECTIONS)?;
    let mut checked = Vec::new();
    for (index, section) in sections.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let title = format!("{path}['title']");
        if sections.len() > 1 {
            text(&section["title"], &title, TITLE_LIMIT)?;
        } else {
            optional(&section["title"], &title, TITLE_LIMIT)?;
        }
        checked.push((path, section));
    }
    Ok(checked)
}

fn address(action: &Value) -> Result<(), GraphError> {
    let path = "interactive['action']['parameters']";
    let parameters = &action["parameters"];
    text(
        &parameters["display_text"],
        &format!("{path}['display_text']"),
        LABEL_LIMIT,
    )?;
    let url = text(&parameters["url"], &format!("{path}['url']"), URL_LIMIT)?;
    if url.starts_with("https://") || url.starts_with("http://") {
        Ok(())
    } else {
        Err(invalid(format!("{path}['url'] is no web address")))
    }
}

fn catalogue(action: &Value) -> Result<(), GraphError> {
    let path = "interactive['action']['catalog_id']";
    text(&action["catalog_id"], path, ID_LIMIT).map(drop)
}

fn product(action: &Value) -> Result<(), GraphError> {
    catalogue(action)?;
    let path = "interactive['action']['product_retailer_id']";
    text(&action["product_retailer_id"], path, ID_LIMIT).map(drop)
}

fn products(action: &Value) -> Result<(), GraphError> {
    catalogue(action)?;
    let mut count = 0;
    for (path, section) in sections(action, "interactive['action']['sections']")? {
        let path = format!("{path}['product_items']");
        for (at, item) in counted(&section["product_items"], &path, PRODUCTS)?
            .iter()
            .enumerate()
        {
            let path = format!("{path}[{at}]['product_retailer_id']");
            text(&item["product_retailer_id"], &path, ID_LIMIT)?;
            count += 1;
        }
    }
    if count > PRODUCTS {
        return Err(invalid(format!(
            "Total product count exceed max allowed count: {PRODUCTS}"
        )));
    }
    Ok(())
}

fn flow(action: &Value) -> Result<(), GraphError> {
    let path = "interactive['action']['parameters']";
    let parameters = &action["parameters"];
    if parameters["flow_message_version"] != "3" {
        return Err(invalid(format!(
            "{path}['flow_message_version'] must be \"3\"."
        )));
    }
    if parameters["flow_id"].is_null() && parameters["flow_name"].is_null() {
        return Err(missing(&format!("{path}['flow_id']")));
    }
    text(
        &parameters["flow_cta"],
        &format!("{path}['flow_cta']"),
        LABEL_LIMIT,
    )
    .map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(body: &Value) -> i64 {
        read(body).map_or_else(|error| error.code(), |_| 0)
    }

    fn message(kind: &str, action: &Value) -> Value {
        json!({"type": kind, "body": {"text": "How shall we reach you?"}, "action": action})
    }

    fn with(mut body: Value, name: &str, value: Value) -> Value {
        body[name] = value;
        body
    }

    #[test]
    fn buttons_are_three_at_most_short_and_unlike_each_other() {
        let button =
            |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
        let buttons = |buttons: Vec<Value>| message("button", &json!({"buttons": buttons}));
        let good = buttons(vec![button("a", "Phone call"), button("b", "Chat")]);
        let answers = read(&good).unwrap().answers;
        assert_eq!(
            (
                answers[1].kind,
                answers[1].id.as_str(),
                answers[1].title.as_str()
            ),
            (AnswerKind::ButtonReply, "b", "Chat")
        );
        let many = (0..4)
            .map(|n| button(&n.to_string(), &n.to_string()))
            .collect();
        for (body, expected) in [
            (buttons(vec![]), 131_009),
            (buttons(many), 131_009),
            (buttons(vec![button("a", &"x".repeat(21))]), 131_009),
            (buttons(vec![button(&"x".repeat(257), "A")]), 131_009),
            (buttons(vec![button("a", "A"), button("b", "A")]), 131_009),
            (buttons(vec![button("a", "A"), button("a", "B")]), 131_009),
            (buttons(vec![button("a", "")]), 131_008),
            (with(good.clone(), "body", json!({})), 131_008),
            (
                with(good.clone(), "body", json!({"text": "x".repeat(1_025)})),
                131_009,
            ),
            (
                with(good.clone(), "footer", json!({"text": "x".repeat(61)})),
                131_009,
            ),
            (
                with(
                    good.clone(),
                    "header",
                    json!({"type": "text", "text": "x".repeat(61)}),
                ),
                131_009,
            ),
            (
                with(
                    good.clone(),
                    "header",
                    json!({"type": "image", "image": {}}),
                ),
                131_008,
            ),
            (with(good.clone(), "type", json!("poll")), 131_009),
            (with(good, "action", json!(null)), 131_008),
        ] {
            assert_eq!(code(&body), expected, "{body}");
        }
    }

    #[test]
    fn lists_have_ten_rows_in_all() {
        let row = |id: usize| json!({"id": id.to_string(), "title": format!("Row {id}")});
        let list = |sections: Vec<Vec<Value>>| {
            let sections: Vec<Value> = sections
                .into_iter()
                .map(|rows| json!({"title": "Section", "rows": rows}))
                .collect();
            message("list", &json!({"button": "Choose", "sections": sections}))
        };
        let rows = |from: usize, to: usize| (from..to).map(row).collect::<Vec<_>>();
        let good = list(vec![rows(0, 5), rows(5, 10)]);
        assert_eq!(read(&good).unwrap().answers.len(), 10);
        let mut untitled = good.clone();
        untitled["action"]["sections"][1]["title"] = json!(null);
        let mut wordy = good.clone();
        wordy["action"]["sections"][0]["rows"][0]["description"] = json!("x".repeat(73));
        let image = json!({"type": "image", "image": {"id": "1"}});
        for (body, expected) in [
            (list(vec![rows(0, 6), rows(6, 11)]), 131_009),
            (list(vec![rows(0, 2), rows(1, 3)]), 131_009),
            (list(vec![vec![]]), 131_009),
            (with(good, "header", image), 131_009),
            (untitled, 131_008),
            (wordy, 131_009),
        ] {
            assert_eq!(code(&body), expected, "{body}");
        }
    }

    #[test]
    fn addresses_products_and_flows_name_what_they_need() {
        let address = |text: &str, url: &str| {
            message(
                "cta_url",
                &json!({"name": "cta_url", "parameters": {"display_text": text, "url": url}}),
            )
        };
        let items: Vec<Value> = (0..31)
            .map(|n| json!({"product_retailer_id": n.to_string()}))
            .collect();
        let products = |count: usize| {
            let action = json!({"catalog_id": "1", "sections": [{"title": "A", "product_items": items[..count]}]});
            with(
                message("product_list", &action),
                "header",
                json!({"type": "text", "text": "Offers"}),
            )
        };
        let flow = json!({"parameters": {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Book"}});
        for (body, expected) in [
            (address("Open", "https://example.com"), 0),
            (address("Open", "example.com"), 131_009),
            (address(&"x".repeat(21), "https://example.com"), 131_009),
            (products(30), 0),
            (products(31), 131_009),
            (with(products(1), "header", json!(null)), 131_008),
            (
                json!({"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "2"}}),
                0,
            ),
            (
                json!({"type": "product", "action": {"catalog_id": "1"}}),
                131_008,
            ),
            (message("flow", &flow), 0),
            (message("flow", &json!({"parameters": {}})), 131_009),
            (
                message(
                    "location_request_message",
                    &json!({"name": "send_location"}),
                ),
                0,
            ),
        ] {
            assert_eq!(code(&body), expected, "{body}");
        }
    }
}
