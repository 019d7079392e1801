//! The words of the state: what was last applied, which rights were used.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Address;

/// What was last written, from the state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    pub address: Address,
    pub account: String,
    pub key: String,
    /// The live object's id.
    pub id: String,
    pub content: Value,
    /// What its owner had decided of it then; null where nobody looked.
    #[serde(default)]
    pub facts: Value,
    pub at: Timestamp,
}

/// One use of a right in the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightUsed {
    pub account: String,
    pub right: String,
    pub subject: String,
    pub at: Timestamp,
}
