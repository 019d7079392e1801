//! Message templates as the account keeps them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A template's status (message template API page, Sep 2026).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Approved,
    Pending,
    Rejected,
    Paused,
    Disabled,
    InAppeal,
    PendingDeletion,
    Deleted,
    LimitExceeded,
    Archived,
}

/// A template's category.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Category {
    Authentication,
    Marketing,
    Utility,
}

/// Why a template was rejected.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RejectedReason {
    #[default]
    None,
    AbusiveContent,
    IncorrectCategory,
    InvalidFormat,
    Promotional,
    Scam,
    TagContentMismatch,
    CategoryNotAvailable,
}

/// How people take a template.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct QualityScore {
    pub score: super::Rating,
    pub date: i64,
}

/// What will happen to a template by itself.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimerKind {
    /// The review ends.
    Review,
    /// A pause for low quality ends.
    Resume,
    /// Pacing ends well: held messages go out.
    Release,
    /// Pacing ends badly: held messages are dropped, the template is paused until somebody lifts it.
    Drop,
    /// The last message may have been delivered: the template goes.
    Purge,
}

/// When something happens to a template by itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Timer {
    pub at: Timestamp,
    pub kind: TimerKind,
}

/// A template in one language.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Template {
    pub id: u64,
    /// The how-manyeth object it is: the order of creation.
    pub number: u64,
    pub waba: String,
    pub name: String,
    pub language: String,
    pub category: Category,
    pub previous_category: Option<Category>,
    pub correct_category: Option<Category>,
    pub sub_category: Option<String>,
    pub status: Status,
    /// Upper-cased types and formats; media examples hold the upload's handle.
    pub components: Vec<Value>,
    pub parameter_format: String,
    pub message_send_ttl_seconds: Option<i64>,
    pub cta_url_link_tracking_opted_out: Option<bool>,
    pub rejected_reason: RejectedReason,
    pub recommendation: Option<String>,
    pub quality_score: Option<QualityScore>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Edits of the approved template in the last 30 days.
    pub edits: Vec<Timestamp>,
    /// How often it was paused for low quality.
    pub pauses: u32,
    /// Whether a pause ends only by `unpause`.
    pub manual_unpause: bool,
    pub timer: Option<Timer>,
}

impl Template {
    /// Returns the component of a type.
    pub(crate) fn component(&self, kind: &str) -> Option<&Value> {
        self.components
            .iter()
            .find(|component| component["type"] == kind)
    }

    /// Returns the text of a component, or nothing.
    pub(crate) fn text(&self, kind: &str) -> &str {
        self.component(kind)
            .and_then(|component| component["text"].as_str())
            .unwrap_or_default()
    }
}

/// A name that is held after a deletion.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct NameLock {
    pub until: Timestamp,
}

/// The key under which a name in a language is looked up.
pub(crate) fn name_key(waba: &str, name: &str, language: &str) -> String {
    format!("{waba}/{name}/{language}")
}
