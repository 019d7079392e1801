//! Templates, changed behind the client's back; and what reviews end with.

use serde_json::{Map, Value, json};

use super::Failure;
use super::account::word;
use crate::sandbox::core::Turn;
use crate::sandbox::http::Call;
use crate::sandbox::options::DEFAULT_WABA_ID;
use crate::sandbox::templates::{self, Extra, ReviewRule};
use crate::sandbox::world::{Status, Template};

/// Lists all templates with everything that is known of them.
pub(super) fn list(turn: &Turn<'_>, call: &Call) -> Value {
    let (waba, name) = (call.text("waba_id"), call.text("name"));
    let wanted = |template: &&Template| {
        waba.as_ref().is_none_or(|waba| *waba == template.waba)
            && name.as_ref().is_none_or(|name| *name == template.name)
    };
    let templates = turn.world.templates.values().filter(wanted);
    json!({"data": templates.map(|template| templates::node_value(turn, template)).collect::<Vec<_>>()})
}

fn find(turn: &Turn<'_>, id: &str) -> Result<Template, Failure> {
    let template = id
        .parse()
        .ok()
        .and_then(|id: u64| turn.world.templates.get(&id));
    template.cloned().ok_or(Failure::Missing)
}

/// Shows one template.
pub(super) fn show(turn: &Turn<'_>, id: &str) -> Result<Value, Failure> {
    Ok(templates::node_value(turn, &find(turn, id)?))
}

/// Adds a template, or many under `templates`: approved at once unless `status` says otherwise, outside all quotas. All
/// or none.
pub(super) fn add(turn: &mut Turn<'_>, body: &Value) -> Result<Value, Failure> {
    let waba = body["waba_id"].as_str().unwrap_or(DEFAULT_WABA_ID);
    let one = [body.clone()];
    let many = match body["templates"].as_array() {
        Some(many) => many.as_slice(),
        None => &one,
    };
    let mut ids = Vec::with_capacity(many.len());
    for (index, declared) in many.iter().enumerate() {
        let added = templates::seed(turn, waba, declared)
            .map_err(Failure::from)
            .and_then(|id| {
                ids.push(id);
                let change: Map<String, Value> = declared
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| !DECLARED.contains(&name.as_str()))
                    .map(own)
                    .collect();
                alter(turn, id, &change)
            });
        if let Err(failure) = added {
            for id in ids {
                turn.take_template(id);
            }
            return Err(match failure {
                Failure::Bad(message) => Failure::Bad(format!("template {index}: {message}")),
                failure => failure,
            });
        }
    }
    Ok(json!({"ids": ids.iter().map(u64::to_string).collect::<Vec<_>>()}))
}

/// Keys that [`templates::seed`] reads, and `waba_id`.
const DECLARED: [&str; 8] = [
    "waba_id",
    "templates",
    "name",
    "language",
    "category",
    "components",
    "parameter_format",
    "message_send_ttl_seconds",
];

fn own((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// Changes a template.
pub(super) fn change(turn: &mut Turn<'_>, id: &str, body: &Value) -> Result<Value, Failure> {
    let template = find(turn, id)?;
    alter(turn, template.id, body.as_object().unwrap_or(&Map::new()))?;
    show(turn, id)
}

fn alter(turn: &mut Turn<'_>, id: u64, changes: &Map<String, Value>) -> Result<(), Failure> {
    let Some(before) = turn.world.templates.get(&id).cloned() else {
        return Err(Failure::Missing);
    };
    let mut template = before.clone();
    let (mut status, mut category, mut score) = (None, None, None);
    let (mut event, mut extra) = (None, Extra::new());
    for (name, value) in changes {
        match name.as_str() {
            "status" => status = Some(word(name, value)?),
            "event" => event = Some(value.as_str().unwrap_or_default().to_uppercase()),
            "other_info" | "disable_info" | "rejection_info" => {
                extra.insert(name.clone(), value.clone());
            }
            "category" => category = Some(word(name, value)?),
            "quality_score" => score = Some(word(name, value.get("score").unwrap_or(value))?),
            "rejected_reason" => template.rejected_reason = word(name, value)?,
            "recommendation" => template.recommendation = value.as_str().map(str::to_owned),
            "correct_category" => template.correct_category = Some(word(name, value)?),
            "manual_unpause" => template.manual_unpause = value.as_bool().unwrap_or_default(),
            // As they are: a template may hold what today's rules would refuse.
            "components" => match value.as_array() {
                Some(components) if components.iter().all(Value::is_object) => {
                    template.components.clone_from(components);
                }
                _ => return Err(Failure::Bad("components must be a list of objects".into())),
            },
            "message_send_ttl_seconds" => template.message_send_ttl_seconds = value.as_i64(),
            "parameter_format" => {
                template.parameter_format = value.as_str().unwrap_or("POSITIONAL").to_uppercase();
            }
            name => {
                let known = "status, event, other_info, disable_info, rejection_info, category, quality_score, \
                             rejected_reason, recommendation, correct_category, manual_unpause, components, \
                             message_send_ttl_seconds, parameter_format";
                return Err(Failure::Bad(format!(
                    "unknown key {name:?}; known: {known}"
                )));
            }
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    template.updated_at = turn.now;
    turn.put_template(template.clone());
    if changes.contains_key("correct_category") {
        templates::announce_correct_category(turn, &template);
    }
    if template.components != before.components {
        templates::announce_components(turn, &template);
    }
    if let Some(category) = category.filter(|category| *category != before.category) {
        templates::set_category(turn, id, category);
    }
    if let Some(status) = status {
        if let Some(usual) = usual_info(&before, status).filter(|_| extra.is_empty()) {
            extra = usual;
        }
        templates::set_status(turn, id, status, &extra);
    }
    if let Some(event) = event {
        templates::announce(turn, &template, &event, &extra);
    }
    if let Some(score) = score {
        templates::change_quality(turn, id, score);
    }
    Ok(())
}

/// Returns what Meta tells beside a status where the call does not say.
fn usual_info(before: &Template, status: Status) -> Option<Extra> {
    let (title, description) = match (before.status, status) {
        (Status::Paused, Status::Approved) => ("UNPAUSE", "UNPAUSED"),
        (_, Status::Paused) if before.pauses > 0 => {
            ("SECOND_PAUSE", "The template's quality is low.")
        }
        (_, Status::Paused) => ("FIRST_PAUSE", "The template's quality is low."),
        (_, Status::Disabled) => ("DISABLED", "The template's quality is low."),
        _ => return None,
    };
    Some(templates::other_info(title, description))
}

/// Takes a template away, as WhatsApp Manager would; its name is not held.
pub(super) fn remove(turn: &mut Turn<'_>, id: &str) -> Result<Value, Failure> {
    let template = find(turn, id)?;
    turn.take_template(template.id);
    templates::announce(turn, &template, "DELETED", &Extra::new());
    Ok(json!({"success": true}))
}

/// Adds a rule for reviews; earlier rules go first.
pub(super) fn add_review(turn: &mut Turn<'_>, body: &Value) -> Result<Value, String> {
    let rule: ReviewRule =
        serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
    if rule
        .delay
        .as_deref()
        .is_some_and(|delay| super::super::duration::parse(delay).is_none())
    {
        return Err("delay must be a duration such as \"1h\"".into());
    }
    turn.world.reviews.push(rule);
    let rules = turn.world.reviews.clone();
    turn.keep("reviews", "", &rules);
    Ok(json!({"data": rules}))
}

/// Removes all rules for reviews.
pub(super) fn clear_reviews(turn: &mut Turn<'_>) -> Value {
    turn.world.reviews.clear();
    turn.keep("reviews", "", &Vec::<ReviewRule>::new());
    json!({"success": true})
}
