//! The declared template as the audience sees it: what each contact is sent, or why it cannot be.

use std::collections::BTreeMap;

use super::message::Message;
use super::skip::{Skip, TEXT_TOO_LONG, VARIABLE_MISSING};
use crate::resource::template::{Composer, Unfit};

/// A template's messages in all its languages.
pub(super) struct Composed(pub(super) Composer);

impl Message for Composed {
    fn languages(&self) -> Vec<String> {
        self.0.languages().map(str::to_owned).collect()
    }

    fn compose(&self, language: &str, values: &BTreeMap<String, String>) -> Result<String, Skip> {
        match self.0.compose(language, values) {
            Ok(components) => Ok(components),
            Err(Unfit::TooLong { part, .. }) => {
                Err(Skip::of(TEXT_TOO_LONG, part.trim_start_matches("the ")))
            }
            Err(Unfit::Missing { variable }) => Err(Skip::of(VARIABLE_MISSING, &variable)),
            Err(Unfit::UnknownLanguage { language }) => Err(Skip::of(VARIABLE_MISSING, &language)),
        }
    }
}
