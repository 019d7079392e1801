//! The resumable upload: samples of media for template headers.
//!
//! Only lengths and types are kept; nobody can fetch a sample again.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::core::Turn;
use super::graph::GraphError;
use super::http::{Call, Reply};
use super::random::{mix, mix_text};

/// Types that the uploads endpoint takes (resumable upload page).
const TYPES: [&str; 5] = [
    "application/pdf",
    "image/jpeg",
    "image/jpg",
    "image/png",
    "video/mp4",
];

/// One upload.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Upload {
    pub id: String,
    pub file_name: String,
    pub file_length: u64,
    pub file_type: String,
    pub received: u64,
    /// What templates name it by; there once the upload is complete.
    pub handle: Option<String>,
}

/// `POST /{APP}/uploads`.
pub(super) fn open(turn: &mut Turn<'_>, call: &Call) -> Result<Reply, GraphError> {
    let required = |name: &str| {
        let given = call.text(name).filter(|text| !text.is_empty());
        given.ok_or_else(|| GraphError::invalid(format_args!("The parameter {name} is required")))
    };
    let file_length = required("file_length")?
        .parse::<u64>()
        .ok()
        .filter(|length| *length > 0);
    let file_length = file_length
        .ok_or_else(|| GraphError::invalid("Param file_length must be a positive integer"))?;
    let file_type = required("file_type")?.to_lowercase();
    if !TYPES.contains(&file_type.as_str()) {
        return Err(GraphError::invalid(format_args!(
            "Param file_type must be one of {{{}}} - got \"{file_type}\"",
            TYPES.join(", ")
        )));
    }
    turn.world.counters.objects += 1;
    let counters = turn.world.counters.clone();
    turn.keep("counters", "", &counters);
    let drawn = mix(turn.world.seed, counters.objects);
    let id = format!("upload:{drawn:016x}");
    let file_name = call.text("file_name").unwrap_or_default();
    let upload = Upload {
        id: id.clone(),
        file_name,
        file_length,
        file_type,
        received: 0,
        handle: None,
    };
    turn.keep("upload", &id, &upload);
    turn.world.uploads.insert(id.clone(), upload);
    // The signature is part of the id, as Meta's is: a client must use the id as it is.
    Ok(Reply::json(
        json!({"id": format!("{id}?sig={:016x}", mix(drawn, 1))}),
    ))
}

/// Where the upload is found that a path names.
fn find<'a>(turn: &'a mut Turn<'_>, id: &str, method: &str) -> Result<&'a mut Upload, GraphError> {
    let key = id.split(['?', '%']).next().unwrap_or_default();
    turn.world
        .uploads
        .get_mut(key)
        .ok_or_else(|| GraphError::unsupported(method, id))
}

/// `GET /upload:...`.
pub(super) fn progress(turn: &mut Turn<'_>, id: &str) -> Result<Reply, GraphError> {
    let upload = find(turn, id, "get")?;
    Ok(Reply::json(
        json!({"id": upload.id, "file_offset": upload.received}),
    ))
}

/// `POST /upload:...`.
pub(super) fn append(turn: &mut Turn<'_>, call: &Call, id: &str) -> Result<Reply, GraphError> {
    // The documented scheme for this one call is OAuth, not Bearer.
    if !call
        .header("authorization")
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("oauth "))
    {
        return Err(GraphError::new(
            190,
            "An upload needs the header \"Authorization: OAuth {token}\"",
        )
        .http(401));
    }
    let offset = call
        .header("file_offset")
        .and_then(|offset| offset.parse::<u64>().ok());
    let offset = offset.ok_or_else(|| GraphError::invalid("The header file_offset is required"))?;
    let length = call.body.len() as u64;
    let digest = mix_text(
        length,
        &hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&call.body)),
    );
    let upload = find(turn, id, "post")?;
    if offset != upload.received {
        return Err(GraphError::invalid(format_args!(
            "The file_offset {offset} is not where the upload stands ({})",
            upload.received
        )));
    }
    if offset + length > upload.file_length {
        return Err(GraphError::invalid(format_args!(
            "More bytes than the file_length {} that the upload began with",
            upload.file_length
        )));
    }
    upload.received += length;
    let complete = upload.received == upload.file_length;
    if complete {
        let name = mix_text(digest, &upload.id);
        upload.handle = Some(format!(
            "4::{}:{name:016x}:{digest:016x}",
            upload.file_type.replace('/', "_")
        ));
    }
    let upload = upload.clone();
    turn.keep("upload", &upload.id, &upload);
    Ok(Reply::json(match &upload.handle {
        Some(handle) => json!({"h": handle}),
        None => json!({"id": upload.id, "file_offset": upload.received}),
    }))
}
