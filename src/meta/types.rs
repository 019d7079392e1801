//! What Meta answers, as far as it is understood; the rest is kept as it came.
//!
//! Reading never fails for a field that is missing, null, new or of another scalar type.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lenient;

/// A message template's node. Status, category and the like are strings, since Meta adds values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    #[serde(deserialize_with = "lenient::text")]
    pub language: String,
    #[serde(deserialize_with = "lenient::text")]
    pub status: String,
    #[serde(deserialize_with = "lenient::text")]
    pub category: String,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub parameter_format: Option<String>,
    #[serde(deserialize_with = "lenient::values")]
    pub components: Vec<Value>,
    #[serde(deserialize_with = "lenient::optional_integer")]
    pub message_send_ttl_seconds: Option<i64>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub rejected_reason: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub previous_category: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub correct_category: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub sub_category: Option<String>,
    pub quality_score: Option<Value>,
    pub last_updated_time: Option<Value>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub source: Option<String>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How many templates an account has and may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplatesSummary {
    /// Each language counts.
    #[serde(deserialize_with = "lenient::optional_integer")]
    pub message_template_count: Option<i64>,
    #[serde(deserialize_with = "lenient::optional_integer")]
    pub message_template_limit: Option<i64>,
    #[serde(deserialize_with = "lenient::optional_integer")]
    pub total_count: Option<i64>,
}

/// A WhatsApp Business account's node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub currency: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub timezone_id: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub business_verification_status: Option<String>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A phone number's node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Number {
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    #[serde(deserialize_with = "lenient::text")]
    pub display_phone_number: String,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub verified_name: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub quality_rating: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub whatsapp_business_manager_messaging_limit: Option<String>,
    pub throughput: Option<Value>,
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What `debug_token` says of the token in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenInfo {
    #[serde(deserialize_with = "lenient::text")]
    pub app_id: String,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub application: Option<String>,
    /// `SYSTEM_USER`, `USER`, `APP`, ...
    #[serde(rename = "type", deserialize_with = "lenient::optional_text")]
    pub token_type: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    pub is_valid: bool,
    /// Unix seconds; 0 is never.
    #[serde(deserialize_with = "lenient::integer")]
    pub expires_at: i64,
    /// Unix seconds; 0 is never.
    #[serde(deserialize_with = "lenient::integer")]
    pub data_access_expires_at: i64,
    #[serde(deserialize_with = "lenient::texts")]
    pub scopes: Vec<String>,
    #[serde(deserialize_with = "lenient::values")]
    pub granular_scopes: Vec<Value>,
    pub error: Option<Value>,
}

impl TokenInfo {
    /// Returns the accounts that the token was granted a permission for; empty where the grant names none, so that it may
    /// reach any.
    #[must_use]
    pub fn targets(&self, permission: &str) -> Vec<&str> {
        let granted = self
            .granular_scopes
            .iter()
            .find(|scope| scope["scope"] == permission);
        let targets = granted.and_then(|scope| scope["target_ids"].as_array());
        let targets = targets.into_iter().flatten();
        targets.filter_map(Value::as_str).collect()
    }
}

/// What is known after a message was handed over.
#[derive(Debug)]
pub enum SendOutcome {
    /// Meta took it.
    Accepted {
        message_id: String,
        wa_id: Option<String>,
        /// `accepted`, `held_for_quality_assessment`, `paused`; often left out.
        message_status: Option<String>,
    },
    /// Meta, or what stands before it, answered that it did not take it.
    Refused(super::GraphError),
    /// No byte of the request can have reached Meta: safe to repeat.
    NotSent { reason: String },
    /// It may have been taken; must not be repeated.
    Uncertain { reason: String },
}
