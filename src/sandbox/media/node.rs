//! `POST /{PHONE}/media`, and reading and deleting what came of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Kind;
use crate::sandbox::core::{Core, Turn};
use crate::sandbox::data::Write;
use crate::sandbox::graph::GraphError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::random::mix;
use crate::sandbox::world::{IdKind, World};

/// What was uploaded is kept for 30 days (media page, Dec 2025).
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The address of a file is good for 5 minutes (media page, Dec 2025).
const ADDRESS_SECONDS: i64 = 5 * 60;

/// What a file from a customer is said to weigh.
const RECEIVED_BYTES: u64 = 1_024;

/// A file that was uploaded.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Media {
    pub id: u64,
    /// The id of the number that it was uploaded for.
    pub phone: String,
    pub media_type: String,
    pub kind: Kind,
    pub bytes: u64,
    pub sha256: String,
    pub uploaded_at: Timestamp,
    pub expires_at: Timestamp,
}

impl World {
    /// Returns the file with this id, if it was uploaded for this number and is still kept.
    pub(crate) fn media_for(&self, phone: &str, id: &str, now: Timestamp) -> Option<&Media> {
        self.media
            .get(&id.parse().ok()?)
            .filter(|media| media.phone == phone && now < media.expires_at)
    }
}

/// `POST /{PHONE}/media`.
pub(crate) fn upload(core: &Core, call: &Call, phone: &str) -> Result<Reply, GraphError> {
    call.need_whatsapp()?;
    let file = call
        .file("file")
        .ok_or_else(|| GraphError::invalid("The parameter file is required."))?;
    // The table of parameters requires `type`, the page's own examples leave it out.
    let declared = call.text("type").map(|media_type| essence(&media_type));
    if let Some(declared) = declared.filter(|declared| Kind::of(declared).is_none()) {
        return Err(GraphError::invalid(format_args!(
            "Param type must be one of the following types: {}. Received '{declared}'.",
            Kind::types()
        )));
    }
    // What counts is the type of the part itself.
    let media_type = file
        .media_type
        .clone()
        .unwrap_or_else(|| "application/octet-stream".into());
    let kind = Kind::of(&media_type).ok_or_else(|| {
        GraphError::invalid(format_args!(
            "Param file must be a file with one of the following types: {}. Received file of type '{media_type}'.",
            Kind::types()
        ))
    })?;
    let bytes = file.content.len() as u64;
    if bytes == 0 {
        return Err(GraphError::message(131_053, "The file is empty."));
    }
    let (most, shown) = kind.limit();
    if bytes > most {
        return Err(GraphError::template(
            0,
            "File Too Large",
            format!(
                "The file you uploaded is too large. Files of type {} have {shown} at most.",
                kind.name()
            ),
        ));
    }
    // Before the world is locked: a large file takes a while.
    let sha256 = hex::encode(Sha256::digest(&file.content));
    let id = core.turn(|turn| {
        forget(turn);
        let media = Media {
            id: turn.new_id(IdKind::Media),
            phone: phone.to_owned(),
            media_type,
            kind,
            bytes,
            sha256,
            uploaded_at: turn.now,
            expires_at: turn.now.saturating_add(KEPT).unwrap_or(Timestamp::MAX),
        };
        let id = media.id.to_string();
        turn.keep("media", &id, &media);
        turn.world.media.insert(media.id, media);
        id
    });
    Ok(Reply::json(json!({"id": id})))
}

/// Keeps a file that a customer sent to a number; none: WhatsApp does not take files of this type.
pub(crate) fn receive(turn: &mut Turn<'_>, phone: &str, media_type: &str) -> Option<Media> {
    let kind = Kind::of(&essence(media_type))?;
    let id = turn.new_id(IdKind::Media);
    let media = Media {
        id,
        phone: phone.to_owned(),
        media_type: media_type.to_owned(),
        kind,
        bytes: RECEIVED_BYTES,
        sha256: hex::encode(Sha256::digest(id.to_be_bytes())),
        uploaded_at: turn.now,
        expires_at: turn.now.saturating_add(KEPT).unwrap_or(Timestamp::MAX),
    };
    turn.keep("media", &id.to_string(), &media);
    turn.world.media.insert(id, media.clone());
    Some(media)
}

fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_lowercase()
}

/// Drops what is no longer kept.
fn forget(turn: &mut Turn<'_>) {
    let now = turn.now;
    let writes = &mut turn.writes;
    turn.world.media.retain(|id, media| {
        let kept = now < media.expires_at;
        if !kept {
            writes.push(gone(*id));
        }
        kept
    });
}

fn gone(id: u64) -> Write {
    Write::Delete {
        kind: "media",
        id: id.to_string(),
    }
}

/// Finds what a call names; with `phone_number_id` only if it is that number's.
fn find<'a>(turn: &'a Turn<'_>, call: &Call, id: u64) -> Result<&'a Media, GraphError> {
    let phone = call.text("phone_number_id");
    turn.world
        .media
        .get(&id)
        .filter(|media| turn.now < media.expires_at)
        .filter(|media| phone.is_none_or(|phone| phone == media.phone))
        .ok_or_else(|| GraphError::unsupported(call.method.as_str(), &id.to_string()))
}

/// `GET /{MEDIA}`.
pub(crate) fn show(turn: &mut Turn<'_>, call: &Call, id: u64) -> Result<Reply, GraphError> {
    let media = find(turn, call, id)?;
    let until = turn.now.as_second().saturating_add(ADDRESS_SECONDS);
    let hash = mix(media.id, until.unsigned_abs());
    // A name that can never be resolved: no request leaves the machine because of it.
    let url = format!(
        "https://lookaside.sandbox.invalid/whatsapp_business/attachments/?mid={id}&ext={until}&hash={hash:016x}"
    );
    Ok(Reply::json(json!({
        "url": url,
        "mime_type": media.media_type,
        "sha256": media.sha256,
        // A text, as documented.
        "file_size": media.bytes.to_string(),
        "id": media.id.to_string(),
        "messaging_product": "whatsapp",
    })))
}

/// `DELETE /{MEDIA}`.
pub(crate) fn remove(turn: &mut Turn<'_>, call: &Call, id: u64) -> Result<Reply, GraphError> {
    find(turn, call, id)?;
    turn.world.media.remove(&id);
    turn.writes.push(gone(id));
    Ok(Reply::success())
}

/// Lists what is kept, oldest first: behind the scenes.
pub(crate) fn list(turn: &mut Turn<'_>) -> Value {
    let mut kept: Vec<&Media> = turn
        .world
        .media
        .values()
        .filter(|media| turn.now < media.expires_at)
        .collect();
    kept.sort_by_key(|media| (media.uploaded_at, media.id));
    let shown = kept.into_iter().map(|media| {
        json!({
            "id": media.id.to_string(),
            "phone_number_id": media.phone,
            "mime_type": media.media_type,
            "kind": media.kind,
            "bytes": media.bytes,
            "sha256": media.sha256,
            "uploaded_at": media.uploaded_at,
            "expires_at": media.expires_at,
        })
    });
    json!({"data": shown.collect::<Vec<_>>()})
}
