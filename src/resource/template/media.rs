//! The sample files of media headers.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::declaration::Template;
use crate::config::Report;
use crate::resource::{Declared, Error, Project};

/// A sample file as it is compared: by what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// As the configuration names it.
    pub file: String,
    pub sha256: String,
}

impl Sample {
    fn of(file: &Path, bytes: &[u8]) -> Self {
        Self {
            file: file.to_string_lossy().into_owned(),
            sha256: hex::encode(Sha256::digest(bytes)),
        }
    }

    /// Returns what stands for it in a content.
    pub(super) fn write(&self) -> Value {
        json!({ "file": self.file, "sha256": self.sha256 })
    }

    pub(super) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            file: value.get("file")?.as_str()?.to_owned(),
            sha256: value.get("sha256")?.as_str()?.to_owned(),
        })
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.sha256.get(..8).unwrap_or(&self.sha256);
        write!(f, "{} (sha256 {start})", self.file)
    }
}

/// A sample file, read.
pub(super) struct Loaded {
    pub sample: Sample,
    /// The name without its directories.
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Bytes,
}

/// Returns the sample of a template's header in one language, where it has one.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn sample(
    project: &Project,
    declared: &Declared<Template>,
    language: &str,
) -> Result<Option<Sample>, Report> {
    let Some(localised) = declared.value.in_language(language) else {
        return Ok(None);
    };
    let Some((_, path)) = localised.header.as_ref().and_then(|header| header.media()) else {
        return Ok(None);
    };
    match std::fs::read(project.path(path.get())) {
        Ok(bytes) => Ok(Some(Sample::of(path, &bytes))),
        Err(error) => Err(unreadable(&error).at(declared.at(path.span()), "this file")),
    }
}

/// Words why a sample file cannot be read.
pub(super) fn unreadable(error: &std::io::Error) -> Report {
    Report::error(
        "template::header_file",
        format!("cannot read the header's sample file: {error}"),
    )
    .help("paths are relative to the project's directory; Meta's reviewers are shown this file")
}

/// Reads the sample of a template's header in one language to be uploaded.
pub(super) async fn load(
    project: &Project,
    name: &str,
    language: &str,
) -> Result<Option<Loaded>, Error> {
    let Some((kind, path)) = project
        .get::<Template>(name)
        .and_then(|declared| declared.value.in_language(language))
        .and_then(|localised| {
            let (kind, path) = localised.header.as_ref()?.media()?;
            Some((kind, path.get().clone()))
        })
    else {
        return Ok(None);
    };
    let full: PathBuf = project.path(&path);
    let bytes = tokio::fs::read(&full).await.map_err(|source| Error::File {
        path: path.display().to_string(),
        source,
    })?;
    let media_type = kind.media_type(&path).ok_or_else(|| {
        Error::Unexpected(format!(
            "{} is no {} that Meta takes",
            path.display(),
            kind.word()
        ))
    })?;
    Ok(Some(Loaded {
        sample: Sample::of(&path, &bytes),
        name: full
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        media_type,
        bytes: bytes.into(),
    }))
}
