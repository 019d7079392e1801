//! What subscribers are told of templates.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::sandbox::core::Turn;
use crate::sandbox::webhooks::{self, Change};
use crate::sandbox::world::{Rating, RejectedReason, Template};

/// What some events carry beside the usual: `other_info`, `disable_info`, `rejection_info`.
pub(crate) type Extra = Map<String, Value>;

/// Returns the `other_info` of a pause or its end.
pub(crate) fn other_info(title: &str, description: &str) -> Extra {
    let info = json!({"title": title, "description": description});
    Extra::from_iter([("other_info".to_owned(), info)])
}

fn names(template: &Template) -> Value {
    // Webhooks carry the id as a number, unlike REST answers, and the language with a hyphen.
    json!({
        "message_template_id": template.id,
        "message_template_name": template.name,
        "message_template_language": template.language.replace('_', "-"),
    })
}

/// Tells of a status, or of another event such as FLAGGED, now.
pub(crate) fn announce(turn: &mut Turn<'_>, template: &Template, event: &str, extra: &Extra) {
    let now = turn.now;
    announce_at(turn, template, event, extra, now);
}

/// Tells of a status.
pub(super) fn announce_at(
    turn: &mut Turn<'_>,
    template: &Template,
    event: &str,
    extra: &Extra,
    at: Timestamp,
) {
    let mut value = names(template);
    value["event"] = event.into();
    value["message_template_category"] = json!(template.category);
    value["reason"] = if event == "PENDING_DELETION" {
        Value::Null
    } else {
        json!(template.rejected_reason)
    };
    if let (RejectedReason::InvalidFormat, Some(advice)) =
        (template.rejected_reason, &template.recommendation)
    {
        value["rejection_info"] = json!({"reason": "INVALID_FORMAT", "recommendation": advice});
    }
    for (name, part) in extra {
        value[name.as_str()] = part.clone();
    }
    tell(turn, template, "message_template_status_update", &value, at);
}

/// Tells that a template has moved to another category.
pub(super) fn announce_category(turn: &mut Turn<'_>, template: &Template, at: Timestamp) {
    let mut value = names(template);
    value["previous_category"] = json!(template.previous_category);
    value["new_category"] = json!(template.category);
    tell(turn, template, "template_category_update", &value, at);
}

/// Tells, a day ahead, that a template will move to another category (template categorization page, Sep 2026).
pub(crate) fn announce_correct_category(turn: &mut Turn<'_>, template: &Template) {
    let now = turn.now;
    let day = jiff::SignedDuration::from_hours(24);
    let moves_at = now.saturating_add(day).unwrap_or(Timestamp::MAX);
    let mut value = names(template);
    value["new_category"] = json!(template.category);
    value["correct_category"] = json!(template.correct_category);
    value["category_update_timestamp"] = moves_at.as_second().into();
    tell(turn, template, "template_category_update", &value, now);
}

/// Tells that people take a template otherwise than before.
pub(super) fn announce_quality(
    turn: &mut Turn<'_>,
    template: &Template,
    previous: Rating,
    score: Rating,
) {
    let now = turn.now;
    let mut value = names(template);
    value["previous_quality_score"] = json!(previous);
    value["new_quality_score"] = json!(score);
    let field = "message_template_quality_update";
    tell(turn, template, field, &value, now);
}

/// Tells that a template has other content.
pub(crate) fn announce_components(turn: &mut Turn<'_>, template: &Template) {
    let now = turn.now;
    let mut value = names(template);
    value["message_template_element"] = template.text("BODY").into();
    for (name, kind) in [("title", "HEADER"), ("footer", "FOOTER")] {
        let text = template.text(kind);
        if !text.is_empty() {
            value[format!("message_template_{name}")] = text.into();
        }
    }
    let buttons = template.component("BUTTONS");
    if let Some(buttons) = buttons.and_then(|part| part["buttons"].as_array()) {
        value["message_template_buttons"] = buttons.iter().map(button).collect();
    }
    let field = "message_template_components_update";
    tell(turn, template, field, &value, now);
}

fn button(button: &Value) -> Value {
    let mut shown = json!({});
    for name in ["type", "text", "url", "phone_number"] {
        if !button[name].is_null() {
            shown[format!("message_template_button_{name}")] = button[name].clone();
        }
    }
    shown
}

fn tell(turn: &mut Turn<'_>, template: &Template, field: &str, value: &Value, at: Timestamp) {
    let change = Change {
        waba: &template.waba,
        phone: None,
        field,
        value,
        at,
    };
    webhooks::tell(turn, &change);
}
