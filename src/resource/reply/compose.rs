//! A reply as the Cloud API takes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::limits;
use super::message::{Buttons, CtaUrl, List, Message, Product, Products};
use crate::config::Spanned;
use crate::resource::template::Text;

type Values = BTreeMap<String, String>;

pub(super) fn compose(
    message: &Message,
    to: &str,
    values: &Values,
    context_id: Option<&str>,
) -> Value {
    let mut body = Map::new();
    body.insert("messaging_product".to_owned(), "whatsapp".into());
    body.insert("recipient_type".to_owned(), "individual".into());
    body.insert("to".to_owned(), to.into());
    if let Some(id) = context_id {
        body.insert("context".to_owned(), json!({ "message_id": id }));
    }
    let (kind, content) = content(message, values);
    body.insert("type".to_owned(), kind.into());
    body.insert(kind.to_owned(), content);
    body.into()
}

/// Returns the word that Meta has for the kind of message, and what stands under it.
fn content(message: &Message, values: &Values) -> (&'static str, Value) {
    match message {
        Message::Text(text) => ("text", json!({ "body": fill(text, limits::TEXT, values) })),
        Message::Buttons(message) => ("interactive", buttons(message, values)),
        Message::List(message) => ("interactive", list(message, values)),
        Message::Product(message) => ("interactive", product(message, values)),
        Message::Products(message) => ("interactive", products(message, values)),
        Message::CtaUrl(message) => ("interactive", link(message, values)),
        Message::Image(file) => ("image", self::file(message, file.caption.as_ref(), values)),
        Message::Video(file) => ("video", self::file(message, file.caption.as_ref(), values)),
        Message::Audio(_) => ("audio", self::file(message, None, values)),
        Message::Sticker(_) => ("sticker", self::file(message, None, values)),
        Message::Document(document) => {
            let mut content = self::file(message, document.caption.as_ref(), values);
            if let Some(name) = &document.filename {
                content["filename"] = name.get().as_str().into();
            }
            ("document", content)
        }
    }
}

/// Fills a text. A variable without a value leaves nothing: its name would mean nothing to the customer. Values may make
/// the text longer than Meta takes; then its end is cut, since a part of an answer is better than none.
fn fill(text: &str, most: usize, values: &Values) -> String {
    let value = |name: &str| {
        let value = values.get(name).map_or("", String::as_str);
        Some(Cow::Borrowed(value))
    };
    let filled = Text::parse(text).fill(value);
    if filled.chars().count() <= most {
        return filled;
    }
    let kept: String = filled.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

struct Frame<'a> {
    kind: &'static str,
    header: Option<&'a Spanned<String>>,
    body: Option<&'a Spanned<String>>,
    footer: Option<&'a Spanned<String>>,
}

/// Returns what all interactive messages have.
fn interactive(frame: &Frame<'_>, action: Value, values: &Values) -> Value {
    let mut content = Map::new();
    content.insert("type".to_owned(), frame.kind.into());
    if let Some(header) = frame.header {
        let text = fill(header, limits::HEADER, values);
        content.insert("header".to_owned(), json!({ "type": "text", "text": text }));
    }
    let texts = [
        ("body", frame.body, limits::BODY),
        ("footer", frame.footer, limits::FOOTER),
    ];
    for (part, words, most) in texts {
        if let Some(words) = words {
            content.insert(
                part.to_owned(),
                json!({ "text": fill(words, most, values) }),
            );
        }
    }
    content.insert("action".to_owned(), action);
    content.into()
}

fn buttons(message: &Buttons, values: &Values) -> Value {
    let button = |(title, id): (Spanned<String>, Spanned<String>)| {
        let reply = json!({ "id": id.get(), "title": title.get() });
        json!({ "type": "reply", "reply": reply })
    };
    let buttons: Vec<Value> = message.pairs().into_iter().map(button).collect();
    let frame = Frame {
        kind: "button",
        header: message.header.as_ref(),
        body: Some(&message.body),
        footer: message.footer.as_ref(),
    };
    interactive(&frame, json!({ "buttons": buttons }), values)
}

/// Returns a section with its title, where it has one.
fn section(title: Option<&Spanned<String>>, key: &str, items: Vec<Value>) -> Value {
    let mut section = Map::new();
    if let Some(title) = title {
        section.insert("title".to_owned(), title.get().as_str().into());
    }
    section.insert(key.to_owned(), items.into());
    section.into()
}

fn list(message: &List, values: &Values) -> Value {
    let sections = message.sections.iter().map(|rows| {
        let items = rows.rows.iter().map(|row| {
            let mut item = json!({ "id": row.id.get(), "title": row.title.get() });
            if let Some(description) = &row.description {
                item["description"] = description.get().as_str().into();
            }
            item
        });
        section(rows.title.as_ref(), "rows", items.collect())
    });
    let action = json!({ "button": message.button.get(), "sections": Vec::from_iter(sections) });
    let frame = Frame {
        kind: "list",
        header: message.header.as_ref(),
        body: Some(&message.body),
        footer: message.footer.as_ref(),
    };
    interactive(&frame, action, values)
}

fn product(message: &Product, values: &Values) -> Value {
    let action = json!({
        "catalog_id": message.catalog_id.get(),
        "product_retailer_id": message.product_retailer_id.get(),
    });
    let frame = Frame {
        kind: "product",
        header: None,
        body: message.body.as_ref(),
        footer: message.footer.as_ref(),
    };
    interactive(&frame, action, values)
}

fn products(message: &Products, values: &Values) -> Value {
    let sections = message.sections.iter().map(|shelf| {
        let items = shelf
            .products
            .iter()
            .map(|id| json!({ "product_retailer_id": id.get() }));
        section(shelf.title.as_ref(), "product_items", items.collect())
    });
    let action = json!({
        "catalog_id": message.catalog_id.get(), "sections": Vec::from_iter(sections),
    });
    let frame = Frame {
        kind: "product_list",
        header: Some(&message.header),
        body: Some(&message.body),
        footer: message.footer.as_ref(),
    };
    interactive(&frame, action, values)
}

fn link(message: &CtaUrl, values: &Values) -> Value {
    let action = json!({
        "name": "cta_url",
        "parameters": { "display_text": message.text.get(), "url": message.url.get() },
    });
    let frame = Frame {
        kind: "cta_url",
        header: message.header.as_ref(),
        body: Some(&message.body),
        footer: message.footer.as_ref(),
    };
    interactive(&frame, action, values)
}

fn file(message: &Message, caption: Option<&Spanned<String>>, values: &Values) -> Value {
    let (link, id) = message.file().unwrap_or_default();
    let mut content = Map::new();
    for (key, words) in [("link", link), ("id", id)] {
        if let Some(words) = words {
            content.insert(key.to_owned(), words.get().as_str().into());
        }
    }
    if let Some(caption) = caption {
        content.insert(
            "caption".to_owned(),
            fill(caption, limits::BODY, values).into(),
        );
    }
    content.into()
}
