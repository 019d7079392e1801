//! Which files the media endpoint takes, and how large they may be.

use serde::{Deserialize, Serialize};

/// What a file can be sent as.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Audio,
    Document,
    Image,
    Sticker,
    Video,
}

/// Types of files, in the order in which Meta's refusal names them (error texts of 2024 and 2025; media page, Dec 2025).
const TYPES: [(&str, Kind); 19] = [
    ("audio/aac", Kind::Audio),
    ("audio/mp4", Kind::Audio),
    ("audio/mpeg", Kind::Audio),
    ("audio/amr", Kind::Audio),
    ("audio/ogg", Kind::Audio),
    ("audio/opus", Kind::Audio),
    ("application/vnd.ms-powerpoint", Kind::Document),
    ("application/msword", Kind::Document),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Kind::Document,
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Kind::Document,
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Kind::Document,
    ),
    ("application/pdf", Kind::Document),
    ("text/plain", Kind::Document),
    ("application/vnd.ms-excel", Kind::Document),
    ("image/jpeg", Kind::Image),
    ("image/png", Kind::Image),
    ("image/webp", Kind::Sticker),
    ("video/mp4", Kind::Video),
    ("video/3gpp", Kind::Video),
];

impl Kind {
    /// All kinds, by the names that messages have for them.
    pub(crate) const NAMES: [(&'static str, Self); 5] = [
        ("audio", Self::Audio),
        ("document", Self::Document),
        ("image", Self::Image),
        ("sticker", Self::Sticker),
        ("video", Self::Video),
    ];

    /// Returns what a file of this type can be sent as; none: it is not taken.
    pub(super) fn of(media_type: &str) -> Option<Self> {
        TYPES
            .iter()
            .find(|(name, _)| *name == media_type)
            .map(|(_, kind)| *kind)
    }

    /// Returns all types that are taken, as Meta lists them.
    pub(super) fn types() -> String {
        TYPES.map(|(name, _)| name).join(", ")
    }

    /// Returns the name that messages have for this kind.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Image => "image",
            Self::Sticker => "sticker",
            Self::Video => "video",
        }
    }

    /// Returns how many bytes a file may have, and how that is said.
    ///
    /// 5 MB for images, 16 MB for audio and video, 100 MB for documents, 500 KB for animated stickers (media page, Dec
    /// 2025). Whether a sticker is animated, which decides between 100 KB and 500 KB, is not looked at.
    pub(super) fn limit(self) -> (u64, &'static str) {
        match self {
            Self::Audio | Self::Video => (16 * 1024 * 1024, "16MB"),
            Self::Document => (100 * 1024 * 1024, "100MB"),
            Self::Image => (5 * 1024 * 1024, "5MB"),
            Self::Sticker => (500 * 1024, "500KB"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_that_of_its_kind() {
        for (name, kind) in Kind::NAMES {
            assert_eq!(kind.name(), name);
            assert_eq!(serde_json::json!(kind), name);
        }
        assert_eq!(Kind::of("image/webp"), Some(Kind::Sticker));
        assert_eq!(Kind::of("image/gif"), None);
    }
}
