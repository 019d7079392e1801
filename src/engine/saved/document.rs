//! The document: one JSON object whose checksum covers every byte of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::binding::Binding;
use super::error::Error;
use crate::campaign::Send;
use crate::engine::plan::Plan;

/// What a plan file calls itself.
pub(super) const FORMAT: &str = "waform.plan";
/// Grows with every change that an older reader would misread.
const FORMAT_VERSION: &str = "1.0";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Stands where the checksum goes while it is reckoned.
const NO_CHECKSUM: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A plan and what it is bound to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    format: String,
    format_version: String,
    /// The version that wrote it.
    waform: String,
    /// Of the whole file; also what the file is remembered by once it is used.
    checksum: String,
    pub expires_at: Timestamp,
    /// What the planning was asked for, in the words of whoever asked; planning anew asks for the same.
    pub asked: Value,
    pub binding: Binding,
    pub plan: Plan,
}

/// What is read before all else.
#[derive(Deserialize)]
struct Header {
    format_version: String,
    waform: String,
    checksum: String,
}

impl Saved {
    #[must_use]
    pub fn new(plan: &Plan, binding: Binding, asked: Value, expires_at: Timestamp) -> Self {
        let mut plan = plan.clone();
        plan.sends.iter_mut().for_each(without_quotes);
        Self {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION.to_owned(),
            waform: VERSION.to_owned(),
            checksum: NO_CHECKSUM.to_owned(),
            expires_at,
            asked,
            binding,
            plan,
        }
    }

    /// Returns the file's text.
    ///
    /// # Errors
    /// Where the plan has no form as JSON.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let blank = Self {
            checksum: NO_CHECKSUM.to_owned(),
            ..self.clone()
        };
        let text = serde_json::to_string_pretty(&blank)? + "\n";
        Ok(text.replacen(NO_CHECKSUM, &checksum(&text), 1))
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// Where it is not, to the last byte, what was written, or was written in a format that is not known here.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| Error::Damaged(error.to_string()))?;
        if value["format"] != FORMAT {
            return Err(Error::Damaged("it is not a plan of waform".to_owned()));
        }
        let header =
            Header::deserialize(&value).map_err(|error| Error::Damaged(error.to_string()))?;
        if header.format_version != FORMAT_VERSION {
            return Err(other_version(&header.waform, &header.format_version));
        }
        let blank = text.replacen(&header.checksum, NO_CHECKSUM, 1);
        if header.checksum.len() != NO_CHECKSUM.len() || checksum(&blank) != header.checksum {
            return Err(Error::Damaged(
                "its content is not what its checksum says".to_owned(),
            ));
        }
        serde_json::from_value(value).map_err(|error| Error::Damaged(error.to_string()))
    }

    /// Returns what the file is remembered by.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.checksum
    }

    /// Another version may plan the same thing in other words; only the one that wrote it is sure to mean the same.
    ///
    /// # Errors
    /// [`Error::OtherVersion`] where it was another one.
    pub fn verify_version(&self) -> Result<(), Error> {
        if self.waform == VERSION {
            return Ok(());
        }
        Err(other_version(&self.waform, &self.format_version))
    }
}

fn other_version(wrote: &str, format: &str) -> Error {
    Error::OtherVersion {
        wrote: format!("waform {wrote}"),
        format: format.to_owned(),
        ours: VERSION,
        known: FORMAT_VERSION,
    }
}

fn checksum(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Hides what an example of a bad row quotes from the list: it is somebody's.
fn without_quotes(send: &mut Send) {
    for example in &mut send.unusable_examples {
        let (Some(start), Some(end)) = (example.find('`'), example.rfind('`')) else {
            continue;
        };
        example.replace_range(start..=end, "`…`");
    }
}
