//! What a customer's message holds, in each of its kinds.

use serde_json::{Map, Value, json};

use crate::sandbox::data::{Answer, AnswerKind};
use crate::sandbox::graph::title;

/// The kinds that can be asked for; exactly one of them stands in the call.
pub(super) const KINDS: [&str; 15] = [
    "text",
    "button",
    "interactive",
    "reaction",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "order",
    "system",
    "unsupported",
    "raw",
];

/// The type of a message, and what it adds to what all have in common.
#[derive(Debug)]
pub(super) struct Content {
    pub kind: String,
    parts: Map<String, Value>,
}

impl Content {
    fn new(kind: &str, body: Value) -> Self {
        let mut parts = Map::new();
        parts.insert("type".into(), kind.into());
        parts.insert(kind.into(), body);
        Self {
            kind: kind.to_owned(),
            parts,
        }
    }

    /// Returns a message that is given as a whole.
    pub(super) fn whole(kind: &str, parts: Map<String, Value>) -> Self {
        Self {
            kind: kind.to_owned(),
            parts,
        }
    }

    /// Puts the content into a message.
    pub(super) fn put(&self, message: &mut Value) {
        for (name, value) in &self.parts {
            message[name.as_str()] = value.clone();
        }
    }
}

pub(super) fn text(body: &str) -> Content {
    Content::new("text", json!({"body": body}))
}

/// Returns a tap on a button, or the choice of a row.
pub(super) fn choice(answer: &Answer) -> Content {
    match answer.kind {
        AnswerKind::Button => Content::new(
            "button",
            json!({"payload": answer.id, "text": answer.title}),
        ),
        AnswerKind::ButtonReply => Content::new(
            "interactive",
            json!({"type": "button_reply", "button_reply": {"id": answer.id, "title": answer.title}}),
        ),
        AnswerKind::ListReply => {
            let mut row = json!({"id": answer.id, "title": answer.title});
            if let Some(description) = &answer.description {
                row["description"] = description.as_str().into();
            }
            Content::new(
                "interactive",
                json!({"type": "list_reply", "list_reply": row}),
            )
        }
    }
}

/// Finds the choice that is named by its text, its payload or id, or its place from 0 on.
pub(super) fn chosen<'a>(answers: &'a [Answer], wanted: &Value) -> Result<&'a Answer, String> {
    let found = match wanted {
        Value::String(text) => answers
            .iter()
            .find(|answer| answer.title == *text || answer.id == *text)
            .or_else(|| answers.get(text.parse::<usize>().ok()?)),
        wanted => wanted
            .as_u64()
            .and_then(|place| answers.get(usize::try_from(place).ok()?)),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = answers.iter().map(|answer| answer.title.as_str()).collect();
        format!(
            "there is no button {wanted}; the message has: {}",
            known.join(", ")
        )
    })
}

/// Returns the content of the kinds that need no message to refer to.
pub(super) fn read(kind: &str, body: &Value) -> Result<Content, String> {
    match (kind, body) {
        ("text", Value::String(body)) => Ok(text(body)),
        ("text", body) if body["body"].is_string() => Ok(Content::new(kind, body.clone())),
        ("text", _) => Err("\"text\" must be a text".into()),
        ("interactive", body) => interactive(body),
        ("unsupported", body) => Ok(unsupported(body)),
        ("contacts", Value::Array(_)) | (_, Value::Object(_)) => {
            Ok(Content::new(kind, body.clone()))
        }
        _ => Err(format!("\"{kind}\" must be an object")),
    }
}

fn interactive(body: &Value) -> Result<Content, String> {
    let kinds = [
        "button_reply",
        "list_reply",
        "nfm_reply",
        "call_permission_reply",
    ];
    let Some(kind) = kinds.into_iter().find(|kind| body[*kind].is_object()) else {
        return Err(format!("\"interactive\" needs one of {}", kinds.join(", ")));
    };
    let mut whole = json!({"type": kind});
    whole[kind] = body[kind].clone();
    Ok(Content::new("interactive", whole))
}

/// A kind of message that WhatsApp has and the API has not.
fn unsupported(body: &Value) -> Content {
    let mut content = Content::new(
        "unsupported",
        json!({"type": body["type"].as_str().unwrap_or("unknown")}),
    );
    let error = json!([{
        "code": 131_051,
        "title": title(131_051),
        "message": title(131_051),
        "error_data": {"details": "Message type is currently not supported."},
    }]);
    content.parts.insert("errors".into(), error);
    content
}

/// What a file is made of where the call does not say: its type.
pub(super) fn file_type(kind: &str) -> Option<&'static str> {
    match kind {
        "image" => Some("image/jpeg"),
        "video" => Some("video/mp4"),
        "audio" => Some("audio/ogg"),
        "document" => Some("application/pdf"),
        "sticker" => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_named_by_title_payload_or_place() {
        let answer = |id: &str, title: &str| Answer {
            kind: AnswerKind::Button,
            id: id.into(),
            title: title.into(),
            description: None,
        };
        let answers = [answer("phone_call", "Phone call"), answer("chat", "Chat")];
        for wanted in [json!("Chat"), json!("chat"), json!(1), json!("1")] {
            assert_eq!(chosen(&answers, &wanted).unwrap().id, "chat", "{wanted}");
        }
        assert!(
            chosen(&answers, &json!(2))
                .unwrap_err()
                .contains("Phone call, Chat")
        );
    }
}
