//! The message's envelope: what must be there, whatever the content.

use serde_json::Value;

use super::session::{self, Session, missing};
use crate::sandbox::graph::GraphError;
use crate::sandbox::http::Call;

/// Characters of `biz_opaque_callback_data` (messages pages).
const TAG_LIMIT: usize = 512;

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
    /// The message with this id was read; perhaps somebody types an answer.
    Mark(String),
}

/// Whom a message is addressed to.
#[derive(Debug)]
pub(super) enum Address {
    Number(String),
    /// A business-scoped user id (business-scoped user ids page, May 2026).
    User(String),
}

/// A message that is well-formed as far as it is not checked against a template.
pub(super) struct Envelope {
    pub to: Address,
    pub kind: String,
    pub tag: Option<String>,
    /// The message that it replies to.
    pub context: Option<String>,
    /// The identity that the recipient must have.
    pub identity: Option<String>,
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
    Session(Session),
}

/// Reads the envelope.
pub(super) fn read(call: &Call) -> Result<Read, GraphError> {
    call.need_whatsapp()?;
    if call.text("status").as_deref() == Some("read") {
        return mark(call).map(Read::Mark);
    }
    if let Some(kind) = call
        .text("recipient_type")
        .filter(|kind| kind != "individual")
    {
        return Err(GraphError::parameter(format!(
            "Recipient type {kind} is not supported."
        )));
    }
    let to = address(call)?;
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
        kind => Content::Session(session::read(kind, &body)?),
    };
    let context = match call.json("context") {
        None => None,
        Some(context) => match context["message_id"].as_str() {
            Some(id) if !id.is_empty() => Some(id.to_owned()),
            _ => return Err(missing("context['message_id']")),
        },
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
        context,
        identity: call.text("recipient_identity_key_hash"),
        content,
        unfetchable,
    })))
}

/// Reads whom the message is for. A number goes before a user id where both are given.
fn address(call: &Call) -> Result<Address, GraphError> {
    let given = |name: &str| call.text(name).filter(|text| !text.is_empty());
    match (given("to"), given("recipient")) {
        (Some(to), _) => Ok(Address::Number(to)),
        (None, Some(user)) => Ok(Address::User(user)),
        (None, None) => Err(GraphError::invalid("The parameter to is required.")),
    }
}

/// Reads which message is marked as read.
fn mark(call: &Call) -> Result<String, GraphError> {
    let id = call
        .text("message_id")
        .ok_or_else(|| missing("message_id"))?;
    if !id.starts_with("wamid.") {
        return Err(session::invalid(format!(
            "message_id is no message's id: {id:?}"
        )));
    }
    match call.json("typing_indicator") {
        Some(typing) if typing["type"] != "text" => Err(GraphError::invalid(
            "Param typing_indicator['type'] must be one of {TEXT}.",
        )),
        _ => Ok(id),
    }
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
