//! `[template.name]` as it is written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::button::Button;
use super::header::Header;
use crate::config::{Spanned, StringOr};

/// A message template, in one or several languages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The `[account.name]` it belongs to; may be left out where there is one.
    pub account: Option<Spanned<String>>,
    /// The name at Meta; the block's name where left out.
    pub name: Option<Spanned<String>>,
    pub category: Spanned<Category>,
    /// Meta's code of the primary language: `en_US`.
    pub language: Spanned<String>,
    pub header: Option<Spanned<Header>>,
    /// The text, with variables as `{{first_name}}` or `{{1}}`.
    pub body: Spanned<String>,
    /// A last line in small grey letters, without variables.
    pub footer: Option<Spanned<String>>,
    /// A string is a quick reply.
    #[serde(default)]
    pub buttons: Vec<Spanned<StringOr<Button>>>,
    /// A sample of each variable, for Meta's reviewers.
    #[serde(default)]
    pub example: BTreeMap<Spanned<String>, Spanned<String>>,
    /// How long Meta tries to deliver a message before it is dropped, in seconds.
    pub message_send_ttl_seconds: Option<Spanned<i64>>,
    /// The same template in other languages, by code.
    #[serde(default)]
    pub translation: BTreeMap<Spanned<String>, Spanned<Translation>>,
}

/// The template in another language: gives every text that the primary language has, inherits all else.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// Left out: the primary language's image, video, document or location.
    pub header: Option<Spanned<Header>>,
    pub body: Spanned<String>,
    pub footer: Option<Spanned<String>>,
    /// In the order of the primary language's; a string is the label of the button in the same place.
    #[serde(default)]
    pub buttons: Vec<Spanned<StringOr<Button>>>,
    /// Samples that differ from the primary language's.
    #[serde(default)]
    pub example: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// What a template is for; Meta prices by it and may change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Marketing,
    Utility,
}

impl Category {
    const ALL: [Self; 2] = [Self::Marketing, Self::Utility];

    /// Returns the word of the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
        }
    }

    /// Returns Meta's word.
    #[must_use]
    pub fn at_meta(self) -> &'static str {
        match self {
            Self::Marketing => "MARKETING",
            Self::Utility => "UTILITY",
        }
    }
}

impl<'de> Deserialize<'de> for Category {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let lower = text.to_lowercase();
        if let Some(category) = Self::ALL.into_iter().find(|known| known.word() == lower) {
            return if lower == text {
                Ok(category)
            } else {
                Err(D::Error::custom(format!("write `{lower}` in lower case")))
            };
        }
        Err(D::Error::custom(if lower == "authentication" {
            "authentication templates cannot be declared yet: `marketing` and `utility` can"
                .to_owned()
        } else {
            format!("`{text}` is not a category: write `marketing` or `utility`")
        }))
    }
}

impl JsonSchema for Category {
    fn schema_name() -> Cow<'static, str> {
        "Category".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What the template is for; Meta prices by it.",
            "enum": Self::ALL.map(Self::word),
        })
    }
}
