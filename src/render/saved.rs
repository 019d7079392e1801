//! What stands below a plan: the id that it is approved by, and how long it may be applied.

use serde_json::{Value, json};

use super::plan_json;
use super::style::Look;
use super::time::rfc3339;
use crate::engine::plan::Plan;
use crate::engine::saved::Saved;

/// Returns the line that names a plan; nothing where there is nothing to apply.
#[must_use]
pub fn plan_id(plan: &Plan, look: Look) -> String {
    if !plan.has_differences() && plan.refused.is_empty() {
        return String::new();
    }
    look.hang("", &look.faint(format_args!("Plan id: {}", plan.id)))
}

/// Returns the plan's JSON document, and what is known of its file under `waform`.
#[must_use]
pub fn document(saved: &Saved) -> Value {
    // No key of it is anything but a string: it can always be made a value.
    let mut document = serde_json::to_value(plan_json::document(&saved.plan)).unwrap_or_default();
    document["waform"]["saved"] = json!({
        "digest": saved.digest(),
        "made_at": rfc3339(saved.plan.made_at),
        "expires_at": rfc3339(saved.expires_at),
        "asked": saved.asked,
    });
    document
}

/// Returns how long a saved plan may be applied.
#[must_use]
pub fn good_until(saved: &Saved, look: Look) -> String {
    let told = format!(
        "Saved at {}, to be applied until {}.",
        rfc3339(saved.plan.made_at),
        rfc3339(saved.expires_at)
    );
    look.hang("", &look.faint(told))
}
