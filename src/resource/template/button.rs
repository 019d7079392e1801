//! What stands below a template's body to be tapped.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{Spanned, StringOr};

/// A button, by its kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Button {
    /// An answer in one tap.
    QuickReply(Spanned<StringOr<QuickReply>>),
    /// Opens a web page.
    Url(Url),
    /// Calls a number.
    PhoneNumber(PhoneNumber),
    /// Copies a code; its label is Meta's.
    CopyCode(CopyCode),
}

/// A quick reply that is told apart by an id of ours.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuickReply {
    pub text: Spanned<String>,
    /// What comes back when it is tapped; the label where left out.
    pub id: Option<Spanned<String>>,
}

/// A link.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Url {
    pub text: Spanned<String>,
    /// The address; it may end in one variable: `https://example.com/orders/{{order_no}}`.
    pub url: Spanned<String>,
    /// A sample of the whole address, or of the variable alone; the variable's own sample where left out.
    pub example: Option<Spanned<String>>,
}

/// A number to call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneNumber {
    pub text: Spanned<String>,
    /// With its prefix: `+15550051310`.
    pub phone_number: Spanned<String>,
}

/// A code to copy; filled for each contact by the variable `copy_code`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyCode {
    pub example: Spanned<String>,
}

impl Button {
    /// Returns the word of the configuration.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::QuickReply(_) => "quick_reply",
            Self::Url(_) => "url",
            Self::PhoneNumber(_) => "phone_number",
            Self::CopyCode(_) => "copy_code",
        }
    }
}
