//! Content: what a declaration asks for and what Meta has, both in canonical form.
//!
//! The content is Meta's create body but for the sample of a media header, which stands as `sample` with the file's name
//! and hash: the handle that is sent and the address that comes back say nothing that lasts.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::canonical::{canonical, phone_number};
use super::declaration::Template;
use super::header::Header;
use super::localised::{LocalButton, Localised};
use super::media::Sample;
use super::text::Text;
use super::variables::{header_name, url_name};
use super::{percent, text};
use crate::meta;

/// What is found by name and language.
pub(super) fn key(name: &str, language: &str) -> String {
    format!("{name}/{}", language.replace('-', "_"))
}

/// Returns the content that is declared for one language.
pub(super) fn declared(
    name: &str,
    template: &Template,
    localised: &Localised,
    sample: Option<&Sample>,
) -> Value {
    let header = localised.header.as_ref().map(|header| match header {
        Header::Text(text) => {
            let text = Text::parse(&text::normalised(text));
            let mut component =
                json!({ "type": "HEADER", "format": "TEXT", "text": text.fill(|_| None) });
            let example = examples(&text, localised, header_name);
            component["example"] = by_position_or_name(&text, "header_text", example, Value::from);
            component
        }
        Header::Location(_) => json!({ "type": "HEADER", "format": "LOCATION" }),
        Header::Image(_) | Header::Video(_) | Header::Document(_) => json!({
            "type": "HEADER",
            "format": header.word(),
            "sample": sample.map(Sample::write),
        }),
    });
    let text = Text::parse(&text::normalised(&localised.body));
    let mut body = json!({ "type": "BODY", "text": text.fill(|_| None) });
    let example = examples(&text, localised, str::to_owned);
    body["example"] = by_position_or_name(&text, "body_text", example, |samples| json!([samples]));
    let footer = localised
        .footer
        .as_ref()
        .map(|footer| json!({ "type": "FOOTER", "text": footer.get() }));
    let buttons: Vec<Value> = localised
        .buttons
        .iter()
        .enumerate()
        .map(|(index, button)| self::button(index, button, localised))
        .collect();
    let buttons = json!({ "type": "BUTTONS", "buttons": buttons });
    canonical(json!({
        "name": name,
        "language": localised.language.get(),
        "category": template.category.at_meta(),
        "message_send_ttl_seconds": template.message_send_ttl_seconds.as_ref().map(|ttl| *ttl.get()),
        "components": header
            .into_iter()
            .chain([body])
            .chain(footer)
            .chain([buttons])
            .collect::<Vec<_>>(),
    }))
}

/// Returns placeholder and sample of each variable that has a sample.
fn examples(
    text: &Text,
    localised: &Localised,
    name: impl Fn(&str) -> String,
) -> Vec<(String, String)> {
    text.names()
        .into_iter()
        .filter_map(|placeholder| {
            let sample = localised.example.get(&name(placeholder))?;
            Some((placeholder.to_owned(), sample.get().clone()))
        })
        .collect()
}

fn by_position_or_name(
    text: &Text,
    key: &str,
    examples: Vec<(String, String)>,
    listed: impl Fn(Vec<String>) -> Value,
) -> Value {
    if text.is_positional() {
        json!({ key: listed(examples.into_iter().map(|(_, sample)| sample).collect()) })
    } else {
        let named: Vec<Value> = examples
            .into_iter()
            .map(|(name, sample)| json!({ "param_name": name, "example": sample }))
            .collect();
        json!({ format!("{key}_named_params"): named })
    }
}

fn button(index: usize, button: &LocalButton, localised: &Localised) -> Value {
    match button {
        LocalButton::QuickReply { text, .. } => {
            json!({ "type": "QUICK_REPLY", "text": text.get() })
        }
        LocalButton::Url { text, url, example } => {
            let parsed = Text::parse(url);
            json!({
                "type": "URL",
                "text": text.get(),
                // Whatever we call it: to Meta the variable of a link is `{{1}}` in both formats.
                "url": parsed.fill(|_| Some(Cow::Borrowed("{{1}}"))),
                "example": url_example(index, &parsed, example.as_deref().map(String::as_str), localised),
            })
        }
        LocalButton::PhoneNumber {
            text,
            phone_number: number,
        } => json!({
            "type": "PHONE_NUMBER",
            "text": text.get(),
            "phone_number": phone_number(number),
        }),
        LocalButton::CopyCode { example } => {
            json!({ "type": "COPY_CODE", "example": example.get() })
        }
    }
}

/// Returns the whole address of a link with its variable filled by a sample.
fn url_example(
    index: usize,
    url: &Text,
    example: Option<&str>,
    localised: &Localised,
) -> Option<Vec<String>> {
    let placeholder = *url.names().first()?;
    let whole = |value: &str| url.fill(|_| Some(percent::encoded(value).into()));
    let prefix = whole("");
    match example {
        Some(example) if example.starts_with(&prefix) => Some(vec![example.to_owned()]),
        Some(example) => Some(vec![whole(example)]),
        None => localised
            .example
            .get(&url_name(index, placeholder))
            .map(|sample| vec![whole(sample)]),
    }
}

/// Returns the content of a template that exists at Meta.
pub(super) fn live(template: &meta::Template) -> Value {
    canonical(json!({
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "message_send_ttl_seconds": template.message_send_ttl_seconds,
        "components": template.components,
    }))
}

/// Returns what Meta decides about a template.
pub(super) fn facts(template: &meta::Template) -> Value {
    let quality = template
        .quality_score
        .as_ref()
        .and_then(|quality| match quality {
            Value::Object(fields) => fields.get("score").cloned(),
            other => Some(other.clone()),
        });
    // Meta writes the absence of a reason as a reason.
    let reason = template
        .rejected_reason
        .as_ref()
        .filter(|reason| !reason.eq_ignore_ascii_case("none"));
    let facts = [
        ("category", Some(template.category.to_uppercase().into())),
        (
            "correct_category",
            template.correct_category.clone().map(Value::from),
        ),
        ("last_updated_time", template.last_updated_time.clone()),
        (
            "previous_category",
            template.previous_category.clone().map(Value::from),
        ),
        ("quality", quality),
        ("rejected_reason", reason.cloned().map(Value::from)),
        (
            "rejection_info",
            template.other.get("rejection_info").cloned(),
        ),
        ("status", Some(template.status.to_uppercase().into())),
        (
            "sub_category",
            template.sub_category.clone().map(Value::from),
        ),
    ];
    facts
        .into_iter()
        .filter_map(|(name, fact)| Some((name.to_owned(), fact.filter(|fact| !fact.is_null())?)))
        .collect::<Map<_, _>>()
        .into()
}

/// Returns a template as it is sent to be created; `handle` stands for the sample of a media header.
pub(super) fn create_body(content: &Value, handle: Option<&str>) -> Value {
    let mut body = content.clone();
    if let Some(Value::Array(components)) = body.get_mut("components") {
        for component in components {
            if let Value::Object(component) = component
                && component.remove("sample").is_some()
            {
                component.insert("example".to_owned(), json!({ "header_handle": [handle] }));
            }
        }
    }
    body
}

/// Returns the sample of a media header.
pub(super) fn sample(content: &Value) -> Option<Sample> {
    content["components"]
        .as_array()?
        .iter()
        .find_map(|component| Sample::read(component.get("sample")?))
}
