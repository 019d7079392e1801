//! Replies that are chosen rather than written: buttons, lists, flows, permissions to call.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Content;
use super::wire::{self, Part, Word};

/// Whether we may call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallPermission {
    /// Nothing where Meta's word is a new one.
    pub accepted: Option<bool>,
    pub permanent: bool,
    /// 7 days after it was given (calling: call permissions page, November 2025); none on a permanent one.
    pub until: Option<Timestamp>,
    /// `user_action` or `automatic`.
    pub source: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    button_reply: Part<Reply<'a>>,
    list_reply: Part<Reply<'a>>,
    nfm_reply: Part<FlowReply<'a>>,
    call_permission_reply: Part<PermissionReply<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    title: Word<'a>,
    description: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FlowReply<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    response_json: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PermissionReply<'a> {
    #[serde(borrow)]
    response: Word<'a>,
    is_permanent: Word<'a>,
    expiration_timestamp: Word<'a>,
    response_source: Word<'a>,
}

pub(super) fn read(raw: &RawValue) -> Option<Content> {
    let wire: Wire<'_> = wire::read(raw).ok()?;
    match wire.kind.as_str()? {
        "button_reply" => {
            let reply = wire.button_reply.0?;
            Some(Content::ButtonReply {
                id: reply.id.text().unwrap_or_default(),
                title: reply.title.text().unwrap_or_default(),
            })
        }
        "list_reply" => {
            let reply = wire.list_reply.0?;
            Some(Content::ListReply {
                id: reply.id.text().unwrap_or_default(),
                title: reply.title.text().unwrap_or_default(),
                description: reply.description.text(),
            })
        }
        "nfm_reply" => wire.nfm_reply.0.and_then(flow),
        "call_permission_reply" => wire.call_permission_reply.0.map(permission),
        _ => None,
    }
}

/// The response is JSON inside of a text.
fn flow(reply: FlowReply<'_>) -> Option<Content> {
    let response = match wire::value(reply.response_json?)? {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        response => response,
    };
    Some(Content::FlowReply {
        response,
        name: reply.name.text(),
    })
}

fn permission(reply: PermissionReply<'_>) -> Content {
    Content::CallPermission(CallPermission {
        accepted: match reply.response.as_str() {
            Some("accept") => Some(true),
            Some("reject") => Some(false),
            _ => None,
        },
        permanent: reply.is_permanent.flag() == Some(true),
        until: reply.expiration_timestamp.time(),
        source: reply.response_source.text(),
    })
}
