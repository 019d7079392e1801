//! What a message says.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::interactive::{self, CallPermission};
use super::message;
use super::system::{self, Identity};
use super::wire::{self, List, Word};
use crate::meta::GraphError;

/// What a message says. What Meta may leave out is optional; of the rest, what is missing is empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text {
        body: String,
    },
    /// A template's quick reply.
    Button {
        payload: Option<String>,
        text: String,
    },
    /// A reply button of a session message.
    ButtonReply {
        id: String,
        title: String,
    },
    ListReply {
        id: String,
        title: String,
        description: Option<String>,
    },
    /// A finished flow. A response that is no JSON is kept as text.
    FlowReply {
        response: Value,
        name: Option<String>,
    },
    CallPermission(CallPermission),
    Media(Media),
    Location(Location),
    Contacts(Vec<Value>),
    /// Without an emoji the reaction was taken back.
    Reaction {
        message_id: String,
        emoji: Option<String>,
    },
    Order(Order),
    /// The sender's number is another from now on.
    NumberChanged {
        new_wa_id: Option<String>,
        new_user_id: Option<String>,
        new_parent_user_id: Option<String>,
    },
    /// Somebody else may hold the number.
    IdentityChanged(Identity),
    /// The sender's user id is another from now on.
    UserIdChanged {
        new: String,
        previous: Option<String>,
        new_parent_user_id: Option<String>,
        wa_id: Option<String>,
    },
    /// Meta does not hand over what was sent.
    Unsupported {
        kind: Option<String>,
        errors: Vec<GraphError>,
    },
    /// An earlier message says this now.
    Edited {
        original: String,
        content: Box<Self>,
    },
    /// An earlier message was deleted.
    Revoked {
        original: String,
    },
    /// A kind that is new, or one whose body cannot be read.
    Other(String),
}

/// A file. It is fetched by id, or by address since November 2025; either is short-lived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: String,
    pub id: String,
    pub mime: Option<String>,
    pub sha256: Option<String>,
    pub caption: Option<String>,
    pub filename: Option<String>,
    pub url: Option<String>,
    /// Whether it was recorded in the chat.
    pub voice: bool,
}

/// A place.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
    pub url: Option<String>,
}

/// Products that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub catalog_id: Option<String>,
    pub text: Option<String>,
    pub items: Vec<OrderItem>,
}

/// A product and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderItem {
    pub product: String,
    pub quantity: Option<u64>,
    /// Of one piece, in units of the currency, as Meta writes it.
    pub price: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
}

impl Content {
    /// Returns what a person would read of it: what the sender wrote or chose.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let text = match self {
            Self::Text { body } => Some(body),
            Self::Button { text, .. } => Some(text),
            Self::ButtonReply { title, .. } | Self::ListReply { title, .. } => Some(title),
            Self::Media(media) => media.caption.as_ref(),
            Self::Location(location) => location.name.as_ref().or(location.address.as_ref()),
            Self::Reaction { emoji, .. } => emoji.as_ref(),
            Self::Order(order) => order.text.as_ref(),
            Self::Edited { content, .. } => return content.text(),
            Self::FlowReply { .. }
            | Self::CallPermission(_)
            | Self::Contacts(_)
            | Self::NumberChanged { .. }
            | Self::IdentityChanged(_)
            | Self::UserIdChanged { .. }
            | Self::Unsupported { .. }
            | Self::Revoked { .. }
            | Self::Other(_) => None,
        };
        text.map(String::as_str).filter(|text| !text.is_empty())
    }
}

/// Reads what a message says. A message counts (it opens the service window) even where its body cannot be read.
pub(super) fn read(message: &message::Wire<'_>) -> Content {
    let kind = message.kind.as_str().unwrap_or_default();
    known(kind, message).unwrap_or_else(|| {
        let kind = kind.to_owned();
        let errors = message.errors.errors();
        if errors.is_empty() {
            Content::Other(kind)
        } else {
            Content::Unsupported {
                kind: Some(kind),
                errors,
            }
        }
    })
}

fn known(kind: &str, message: &message::Wire<'_>) -> Option<Content> {
    match kind {
        "text" => text(message.text?),
        "button" => button(message.button?),
        "interactive" => interactive::read(message.interactive?),
        "image" => media(kind, message.image?),
        "video" => media(kind, message.video?),
        "audio" => media(kind, message.audio?),
        "document" => media(kind, message.document?),
        "sticker" => media(kind, message.sticker?),
        "location" => location(message.location?),
        "contacts" => contacts(message.contacts?),
        "reaction" => reaction(message.reaction?),
        "order" => order(message.order?),
        "system" => system::read(message.system?, message.identity),
        "edit" => edit(message.edit?),
        "revoke" => revoke(message.revoke?),
        "unsupported" => Some(unsupported(message)),
        _ => None,
    }
}

fn text(raw: &RawValue) -> Option<Content> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire<'a> {
        #[serde(borrow)]
        body: Word<'a>,
    }
    let body = wire::read::<Wire<'_>>(raw).ok()?.body.text()?;
    Some(Content::Text { body })
}

fn button(raw: &RawValue) -> Option<Content> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire<'a> {
        #[serde(borrow)]
        payload: Word<'a>,
        text: Word<'a>,
    }
    let wire: Wire<'_> = wire::read(raw).ok()?;
    Some(Content::Button {
        payload: wire.payload.text(),
        text: wire.text.text().unwrap_or_default(),
    })
}

fn media(kind: &str, raw: &RawValue) -> Option<Content> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire<'a> {
        #[serde(borrow)]
        id: Word<'a>,
        mime_type: Word<'a>,
        sha256: Word<'a>,
        caption: Word<'a>,
        filename: Word<'a>,
        url: Word<'a>,
        voice: Word<'a>,
    }
    let wire: Wire<'_> = wire::read(raw).ok()?;
    Some(Content::Media(Media {
        kind: kind.to_owned(),
        id: wire.id.text().unwrap_or_default(),
        mime: wire.mime_type.text(),
        sha256: wire.sha256.text(),
        caption: wire.caption.text(),
        filename: wire.filename.text(),
        url: wire.url.text(),
        voice: wire.voice.flag() == Some(true),
    }))
}

fn location(raw: &RawValue) -> Option<Content> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire<'a> {
        #[serde(borrow)]
        latitude: Word<'a>,
        longitude: Word<'a>,
        name: Word<'a>,
        address: Word<'a>,
        url: Word<'a>,
    }
    let wire: Wire<'_> = wire::read(raw).ok()?;
    Some(Content::Location(Location {
        latitude: wire.latitude.number()?,
        longitude: wire.longitude.number()?,
        name: wire.name.text(),
        address: wire.address.text(),
        url: wire.url.text(),
    }))
}

fn contacts(raw: &RawValue) -> Option<Content> {
    match wire::value(raw)? {
        Value::Array(cards) => Some(Content::Contacts(cards)),
        card @ Value::Object(_) => Some(Content::Contacts(vec![card])),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn reaction(raw: &RawValue) -> Option<Content> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire<'a> {
        #[serde(borrow)]
        message_id: Word<'a>,
        emoji: Word<'a>,
    }
    let wire: Wire<'_> = wire::read(raw).ok()?;
    Some(Content::Reaction {
        message_id: wire.message_id.text()?,
        emoji: wire.emoji.text(),
    })
}

fn order(raw: &RawValue) -> Option<Content> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire<'a> {
        #[serde(borrow)]
        catalog_id: Word<'a>,
        text: Word<'a>,
        product_items: List<'a>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Item<'a> {
        #[serde(borrow)]
        product_retailer_id: Word<'a>,
        quantity: Word<'a>,
        item_price: Word<'a>,
        currency: Word<'a>,
    }
    let wire: Wire<'_> = wire::read(raw).ok()?;
    let items = wire
        .product_items
        .objects()
        .map(|item: Item<'_>| OrderItem {
            product: item.product_retailer_id.text().unwrap_or_default(),
            quantity: item.quantity.number(),
            price: item.item_price.text(),
            currency: item.currency.text(),
        });
    Some(Content::Order(Order {
        items: items.collect(),
        catalog_id: wire.catalog_id.text(),
        text: wire.text.text(),
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Later<'a> {
    #[serde(borrow)]
    original_message_id: Word<'a>,
    message: Option<&'a RawValue>,
}

fn edit(raw: &RawValue) -> Option<Content> {
    let wire: Later<'_> = wire::read(raw).ok()?;
    let message: message::Wire<'_> = wire::read(wire.message?).ok()?;
    Some(Content::Edited {
        original: wire.original_message_id.text()?,
        content: Box::new(read(&message)),
    })
}

fn revoke(raw: &RawValue) -> Option<Content> {
    let wire: Later<'_> = wire::read(raw).ok()?;
    Some(Content::Revoked {
        original: wire.original_message_id.text()?,
    })
}

fn unsupported(message: &message::Wire<'_>) -> Content {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire<'a> {
        #[serde(borrow, rename = "type")]
        kind: Word<'a>,
    }
    let kind = message
        .unsupported
        .and_then(|raw| wire::read::<Wire<'_>>(raw).ok())
        .and_then(|wire| wire.kind.text());
    Content::Unsupported {
        kind,
        errors: message.errors.errors(),
    }
}
