//! What stands above a template's body.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Spanned;

/// A header: one line of text, a file, or a place on a map.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Header {
    /// One line, with at most one variable.
    Text(Spanned<String>),
    /// A JPEG or PNG file, relative to the project's directory: the sample for the review, and what is sent.
    Image(Spanned<PathBuf>),
    /// An MP4 file, relative to the project's directory.
    Video(Spanned<PathBuf>),
    /// A PDF file, relative to the project's directory.
    Document(Spanned<PathBuf>),
    /// A place; what is not given here is filled for each contact (`header.latitude`, `header.name`, ...).
    Location(Location),
}

/// A place on a map that is the same for every contact, as far as it is given.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub name: Option<String>,
    pub address: Option<String>,
}

/// The kinds of file that a header can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    Image,
    Video,
    Document,
}

impl MediaKind {
    /// Returns the word of the configuration and of messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
        }
    }

    /// Returns the extensions, with their media types, that Meta takes for samples.
    ///
    /// Meta, "Template components", September 2026: pdf, jpeg, png, mp4.
    #[must_use]
    pub fn extensions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Image => &[
                ("jpg", "image/jpeg"),
                ("jpeg", "image/jpeg"),
                ("png", "image/png"),
            ],
            Self::Video => &[("mp4", "video/mp4")],
            Self::Document => &[("pdf", "application/pdf")],
        }
    }

    /// Returns the media type of a file by its name.
    #[must_use]
    pub fn media_type(self, path: &Path) -> Option<&'static str> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        self.extensions()
            .iter()
            .find(|(known, _)| *known == extension)
            .map(|(_, media_type)| *media_type)
    }
}

impl Header {
    /// Returns the word of the configuration.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => MediaKind::Image.word(),
            Self::Video(_) => MediaKind::Video.word(),
            Self::Document(_) => MediaKind::Document.word(),
            Self::Location(_) => "location",
        }
    }

    #[must_use]
    pub fn text(&self) -> Option<&Spanned<String>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    #[must_use]
    pub fn media(&self) -> Option<(MediaKind, &Spanned<PathBuf>)> {
        match self {
            Self::Image(path) => Some((MediaKind::Image, path)),
            Self::Video(path) => Some((MediaKind::Video, path)),
            Self::Document(path) => Some((MediaKind::Document, path)),
            Self::Text(_) | Self::Location(_) => None,
        }
    }
}
