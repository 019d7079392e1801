//! The message's envelope: what must be there, whatever the content.

use serde_json::Value;

use crate::sandbox::graph::GraphError;
use crate::sandbox::http::Call;
use crate::sandbox::media::Kind;

/// Characters of `biz_opaque_callback_data`, of a text message, and of a quick reply's payload (messages pages).
const TAG_LIMIT: usize = 512;
const TEXT_LIMIT: usize = 4_096;

/// Kinds of messages that the messages endpoint takes.
const KINDS: [&str; 11] = [
    "text",
    "template",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "interactive",
    "reaction",
];

/// What the call is.
pub(super) enum Read {
    Message(Box<Envelope>),
    /// A message was marked as read, or a typing indicator set.
    Mark,
}

/// A message that is well-formed as far as it is not checked against a template.
pub(super) struct Envelope {
    pub to: String,
    pub kind: String,
    pub tag: Option<String>,
    pub content: Content,
    /// A media link that Meta is known not to be able to fetch.
    pub unfetchable: bool,
}

/// What is sent.
pub(super) enum Content {
    Template {
        name: String,
        language: String,
        components: Option<Value>,
    },
    Text(String),
    /// A file; what names it.
    Media(Value),
    Other,
}

fn missing(name: &str) -> GraphError {
    GraphError::message(131_008, format!("Parameter {name} is missing."))
}

/// Reads the envelope.
pub(super) fn read(call: &Call) -> Result<Read, GraphError> {
    call.need_whatsapp()?;
    if call.text("status").as_deref() == Some("read") {
        return if call.text("message_id").is_some() {
            Ok(Read::Mark)
        } else {
            Err(missing("message_id"))
        };
    }
    if let Some(kind) = call
        .text("recipient_type")
        .filter(|kind| kind != "individual")
    {
        return Err(GraphError::parameter(format!(
            "Recipient type {kind} is not supported."
        )));
    }
    let to = call
        .text("to")
        .filter(|to| !to.is_empty())
        .ok_or_else(|| GraphError::invalid("The parameter to is required."))?;
    let kind = call
        .text("type")
        .unwrap_or_else(|| "text".into())
        .to_lowercase();
    if !KINDS.contains(&kind.as_str()) {
        return Err(GraphError::message(
            131_051,
            format!("Message type \"{kind}\" is not currently supported."),
        ));
    }
    let tag = call.text("biz_opaque_callback_data");
    if tag
        .as_ref()
        .is_some_and(|tag| tag.chars().count() > TAG_LIMIT)
    {
        return Err(GraphError::parameter(format!(
            "biz_opaque_callback_data must have {TAG_LIMIT} characters at most."
        )));
    }
    let Some(body) = call
        .json(&kind)
        .filter(|body| body.is_object() || (kind == "contacts" && body.is_array()))
    else {
        return Err(missing(&kind));
    };
    let content = match kind.as_str() {
        "template" => template(&body)?,
        "text" => match body["body"].as_str() {
            None | Some("") => return Err(missing("text['body']")),
            Some(text) if text.chars().count() > TEXT_LIMIT => {
                return Err(GraphError::parameter(format!(
                    "text['body'] must have {TEXT_LIMIT} characters at most."
                )));
            }
            Some(text) => Content::Text(text.to_owned()),
        },
        kind if Kind::NAMES.iter().any(|(name, _)| *name == kind) => Content::Media(body),
        _ => Content::Other,
    };
    let unfetchable = match &content {
        Content::Template {
            components: Some(components),
            ..
        } => {
            let links = components
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|part| part["parameters"].as_array());
            links.flatten().any(|parameter| {
                ["image", "video", "document"].iter().any(|kind| {
                    parameter[kind]["link"]
                        .as_str()
                        .is_some_and(|link| link.contains("://scontent"))
                })
            })
        }
        _ => false,
    };
    Ok(Read::Message(Box::new(Envelope {
        to,
        kind,
        tag,
        content,
        unfetchable,
    })))
}

fn template(body: &Value) -> Result<Content, GraphError> {
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let name = text(&body["name"]).ok_or_else(|| missing("template['name']"))?;
    let language = &body["language"];
    let code = text(&language["code"]).ok_or_else(|| missing("template['language']['code']"))?;
    if let Some(policy) = language["policy"]
        .as_str()
        .filter(|policy| *policy != "deterministic")
    {
        return Err(GraphError::parameter(format!(
            "template['language']['policy'] cannot be \"{policy}\"."
        )));
    }
    let components = match &body["components"] {
        Value::Null => None,
        Value::Array(parts) => Some(Value::Array(parts.clone())),
        _ => {
            return Err(GraphError::invalid(
                "Param template['components'] must be an array.",
            ));
        }
    };
    Ok(Content::Template {
        name,
        language: code,
        components,
    })
}
