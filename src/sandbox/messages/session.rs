//! Messages that are no templates: what each kind must and may hold.
//!
//! Whether the service window is open does not matter here; that is found out after the message was accepted.

use serde_json::Value;

use super::interactive;
use crate::sandbox::data::Answer;
use crate::sandbox::graph::GraphError;
use crate::sandbox::media::Kind;

/// Characters of a text message and of a caption (messages pages).
const TEXT_LIMIT: usize = 4_096;
const CAPTION_LIMIT: usize = 1_024;

/// A session message that is well-formed.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// What its recipient reads.
    pub text: Option<String>,
    /// What its recipient can choose.
    pub answers: Vec<Answer>,
    /// The files that it carries: where they are named, of which kind, and what names them.
    pub files: Vec<(String, Kind, Value)>,
}

/// Says that a parameter is missing.
pub(super) fn missing(name: &str) -> GraphError {
    GraphError::message(131_008, format!("Parameter {name} is missing."))
}

/// Says that a parameter's value is not valid.
pub(super) fn invalid(details: impl Into<String>) -> GraphError {
    GraphError::message(131_009, details)
}

/// Returns a text of at most `most` characters that must be there.
pub(super) fn text(value: &Value, path: &str, most: usize) -> Result<String, GraphError> {
    match optional(value, path, most)? {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(missing(path)),
    }
}

/// Returns a text of at most `most` characters, where there is one.
pub(super) fn optional(
    value: &Value,
    path: &str,
    most: usize,
) -> Result<Option<String>, GraphError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().count() > most => Err(invalid(format!(
            "{path} must have {most} characters at most."
        ))),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(GraphError::invalid(format_args!(
            "Param {path} must be a string."
        ))),
    }
}

/// Reads the body of a message of this kind.
pub(super) fn read(kind: &str, body: &Value) -> Result<Session, GraphError> {
    if let Some((_, file)) = Kind::NAMES.iter().find(|(name, _)| *name == kind) {
        return media(kind, *file, body);
    }
    match kind {
        "text" => plain(body),
        "interactive" => interactive::read(body),
        "location" => location(body),
        "contacts" => contacts(body),
        "reaction" => reaction(body),
        _ => Ok(Session::default()),
    }
}

fn plain(body: &Value) -> Result<Session, GraphError> {
    let text = match body["body"].as_str() {
        None | Some("") => return Err(missing("text['body']")),
        Some(text) if text.chars().count() > TEXT_LIMIT => {
            return Err(GraphError::parameter(format!(
                "text['body'] must have {TEXT_LIMIT} characters at most."
            )));
        }
        Some(text) => text.to_owned(),
    };
    Ok(Session {
        text: Some(text),
        ..Session::default()
    })
}

/// Checks that a file is named once: by id or by link.
pub(super) fn file(
    path: &str,
    kind: Kind,
    body: &Value,
) -> Result<(String, Kind, Value), GraphError> {
    let given = |name: &str| match &body[name] {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    };
    match (given("id"), given("link")) {
        (false, false) => Err(missing(&format!("{path}['id'] or {path}['link']"))),
        (true, true) => Err(invalid(format!(
            "{path} must have either an id or a link, not both."
        ))),
        _ => {
            let link = body["link"].as_str();
            let web = |link: &str| link.starts_with("http://") || link.starts_with("https://");
            if link.is_some_and(|link| !link.is_empty() && !web(link)) {
                return Err(invalid(format!("{path}['link'] is no web address")));
            }
            Ok((path.to_owned(), kind, body.clone()))
        }
    }
}

fn media(kind: &str, file_kind: Kind, body: &Value) -> Result<Session, GraphError> {
    let caption = optional(
        &body["caption"],
        &format!("{kind}['caption']"),
        CAPTION_LIMIT,
    )?;
    if caption.is_some() && matches!(file_kind, Kind::Audio | Kind::Sticker) {
        return Err(GraphError::parameter(format!(
            "Unexpected key \"caption\" on param \"{kind}\"."
        )));
    }
    Ok(Session {
        text: caption,
        files: vec![file(kind, file_kind, body)?],
        ..Session::default()
    })
}

fn location(body: &Value) -> Result<Session, GraphError> {
    for (name, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let path = format!("location['{name}']");
        let degrees = match &body[name] {
            Value::Null => return Err(missing(&path)),
            Value::String(text) => text.parse().ok(),
            value => value.as_f64(),
        };
        if degrees.is_none_or(|degrees: f64| degrees.abs() > most) {
            return Err(invalid(format!(
                "{path} must be a number between -{most} and {most}."
            )));
        }
    }
    Ok(Session {
        text: body["name"].as_str().map(str::to_owned),
        ..Session::default()
    })
}

fn contacts(body: &Value) -> Result<Session, GraphError> {
    let contacts = body.as_array().filter(|contacts| !contacts.is_empty());
    let contacts = contacts.ok_or_else(|| missing("contacts"))?;
    let mut names = Vec::new();
    for (index, contact) in contacts.iter().enumerate() {
        let name = &contact["name"];
        let path = format!("contacts[{index}]['name']");
        names.push(text(
            &name["formatted_name"],
            &format!("{path}['formatted_name']"),
            TEXT_LIMIT,
        )?);
        let parts = ["first_name", "last_name", "middle_name", "suffix", "prefix"];
        if !parts.iter().any(|part| name[*part].is_string()) {
            return Err(missing(&format!(
                "{path}: one more of {}",
                parts.join(", ")
            )));
        }
    }
    Ok(Session {
        text: Some(names.join(", ")),
        ..Session::default()
    })
}

fn reaction(body: &Value) -> Result<Session, GraphError> {
    text(&body["message_id"], "reaction['message_id']", TEXT_LIMIT)?;
    // An empty one takes the reaction back.
    let emoji = optional(&body["emoji"], "reaction['emoji']", 16)?;
    if emoji
        .as_ref()
        .is_some_and(|emoji| emoji.chars().any(char::is_alphanumeric))
    {
        return Err(invalid("reaction['emoji'] must be one emoji."));
    }
    Ok(Session {
        text: emoji,
        ..Session::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(kind: &str, body: &Value) -> i64 {
        read(kind, body).map_or_else(|error| error.code(), |_| 0)
    }

    #[test]
    fn each_kind_says_what_is_missing_and_what_is_not_valid() {
        let person = json!([{"name": {"formatted_name": "Ana", "first_name": "Ana"}}]);
        for (kind, body, expected) in [
            ("text", json!({"body": "x".repeat(4_096)}), 0),
            ("text", json!({"body": "x".repeat(4_097)}), 100),
            ("text", json!({}), 131_008),
            (
                "image",
                json!({"link": "https://example.com/a.png", "caption": "A"}),
                0,
            ),
            ("image", json!({"caption": "A"}), 131_008),
            (
                "image",
                json!({"id": "1", "link": "https://example.com/a.png"}),
                131_009,
            ),
            ("image", json!({"link": "ftp://example.com/a.png"}), 131_009),
            (
                "video",
                json!({"id": "1", "caption": "x".repeat(1_025)}),
                131_009,
            ),
            ("audio", json!({"id": "1", "caption": "A"}), 100),
            (
                "location",
                json!({"latitude": 59.4, "longitude": "24.7"}),
                0,
            ),
            ("location", json!({"latitude": 59.4}), 131_008),
            ("location", json!({"latitude": 91, "longitude": 0}), 131_009),
            ("contacts", person, 0),
            (
                "contacts",
                json!([{"name": {"formatted_name": "Ana"}}]),
                131_008,
            ),
            ("contacts", json!([]), 131_008),
            (
                "reaction",
                json!({"message_id": "wamid.x", "emoji": "👍"}),
                0,
            ),
            ("reaction", json!({"message_id": "wamid.x", "emoji": ""}), 0),
            (
                "reaction",
                json!({"message_id": "wamid.x", "emoji": "ok"}),
                131_009,
            ),
            ("reaction", json!({"emoji": "👍"}), 131_008),
        ] {
            assert_eq!(code(kind, &body), expected, "{kind} {body}");
        }
    }
}
