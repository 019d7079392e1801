//! `POST /{TEMPLATE}` and `POST /{TEMPLATE}/unpause`.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{events, parse_category, review, validate};
use crate::sandbox::core::Turn;
use crate::sandbox::graph::GraphError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::world::Status;

/// Edits of an approved template: one in 24 hours, ten in 30 days (template management page, Sep 2026).
const DAY: (i64, usize) = (24, 1);
const MONTH: (i64, usize) = (30 * 24, 10);

fn refused(text: impl Into<String>) -> GraphError {
    GraphError::template(
        2_388_039,
        "Message template status does not allow this change",
        text,
    )
}

/// Handles the edit.
pub(crate) fn edit(turn: &mut Turn<'_>, call: &Call, id: u64) -> Result<Reply, GraphError> {
    let Some(mut template) = turn.world.templates.get(&id).cloned() else {
        return Err(GraphError::unsupported("post", &id.to_string()));
    };
    let params = validate::with_json(call, &["components"]);
    let editable = [
        "components",
        "category",
        "parameter_format",
        "message_send_ttl_seconds",
        "cta_url_link_tracking_opted_out",
    ];
    if !editable.iter().any(|name| params.contains_key(*name)) {
        return Err(GraphError::invalid("The parameter components is required."));
    }
    let approved = template.status == Status::Approved;
    if !matches!(
        template.status,
        Status::Approved | Status::Rejected | Status::Paused
    ) {
        return Err(refused(
            "Only templates that are approved, rejected or paused can be edited.",
        ));
    }
    if let Some(category) = call.text("category") {
        let wanted = parse_category(&category).ok_or_else(|| {
            GraphError::invalid(format_args!(
                "Param category must be one of {{UTILITY, MARKETING, AUTHENTICATION}} - got \"{category}\"."
            ))
        })?;
        if approved && wanted != template.category {
            return Err(refused(
                "The category of an approved template cannot be changed.",
            ));
        }
        template.category = wanted;
    }
    if let Some(format) = call.text("parameter_format") {
        template.parameter_format = validate::parameter_format(Some(format))?;
    }
    if let Some(ttl) = params.get("message_send_ttl_seconds") {
        template.message_send_ttl_seconds = validate::ttl(Some(ttl), template.category)?;
    }
    if let Some(flag) = call.json("cta_url_link_tracking_opted_out") {
        template.cta_url_link_tracking_opted_out = flag.as_bool();
    }
    if let Some(components) = params.get("components") {
        let current = Some(&template);
        template.components = validate::components_of(
            turn,
            Some(components),
            template.category,
            &template.parameter_format,
            current,
        )?;
    }
    let now = turn.now;
    let since = |hours: i64| {
        now.saturating_sub(SignedDuration::from_hours(hours))
            .unwrap_or(Timestamp::MIN)
    };
    template
        .edits
        .retain(|at| *at > since(MONTH.0) && *at <= now);
    if approved && turn.world.behaviour.enforce.edits {
        if template
            .edits
            .iter()
            .filter(|at| **at > since(DAY.0))
            .count()
            >= DAY.1
        {
            return Err(refused(
                "An approved template can be edited once in 24 hours.",
            ));
        }
        if template.edits.len() >= MONTH.1 {
            return Err(refused(
                "An approved template can be edited 10 times in 30 days.",
            ));
        }
    }
    if approved {
        template.edits.push(now);
    }
    template.updated_at = now;
    review::submit(turn, &mut template);
    let answer = json!({
        "success": true,
        "id": template.id.to_string(),
        "name": template.name,
        "category": template.category,
    });
    turn.put_template(template.clone());
    if params.contains_key("components") {
        events::announce_components(turn, &template);
    }
    Ok(Reply::json(answer))
}

/// Handles the end of a pause that does not end by itself.
pub(crate) fn unpause(turn: &mut Turn<'_>, id: u64) -> Result<Reply, GraphError> {
    let Some(template) = turn.world.templates.get(&id) else {
        return Err(GraphError::unsupported("post", &id.to_string()));
    };
    if template.status != Status::Paused || !template.manual_unpause {
        return Ok(Reply::json(
            json!({"success": false, "reason": "The template is not paused for pacing."}),
        ));
    }
    let told = events::other_info("UNPAUSE", "UNPAUSED");
    review::set_status(turn, id, Status::Approved, &told);
    Ok(Reply::success())
}
