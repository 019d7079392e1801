//! `DELETE /{WABA}/message_templates`, in its three forms.

use std::sync::Arc;

use super::{events, review};
use crate::sandbox::core::{Core, Turn};
use crate::sandbox::graph::GraphError;
use crate::sandbox::http::{Call, Reply};
use crate::sandbox::world::{Status, Template};

/// Ids in one call (template management page, Sep 2026).
const MAX_IDS: usize = 100;

/// What is deleted: templates, and whether the name goes in all languages.
struct Chosen {
    ids: Vec<u64>,
    whole_name: bool,
}

/// Handles the call. Messages on their way keep an approved template in PENDING_DELETION.
pub(crate) async fn delete(core: &Arc<Core>, call: &Call, waba: &str) -> Result<Reply, GraphError> {
    let chosen = core.turn(|turn| choose(turn, call, waba))?;
    let wanted = chosen
        .ids
        .iter()
        .filter_map(|id| i64::try_from(*id).ok())
        .collect();
    let in_flight = core
        .data
        .templates_in_flight(wanted)
        .await
        .map_err(GraphError::broken)?;
    core.turn(|turn| {
        for id in &chosen.ids {
            // It may be gone by now: somebody else deleted it between the two looks.
            let Some(template) = turn.world.templates.get(id).cloned() else {
                continue;
            };
            let pending = in_flight.iter().any(|busy| u64::try_from(*busy) == Ok(*id));
            remove(turn, &template, pending, chosen.whole_name);
        }
    });
    Ok(Reply::success())
}

fn choose(turn: &Turn<'_>, call: &Call, waba: &str) -> Result<Chosen, GraphError> {
    let (name, id, ids) = (call.text("name"), call.text("hsm_id"), call.get("hsm_ids"));
    // The subcode is from memory of Meta's answers; it is not in the fact sheet.
    let missing = |what: &str| {
        GraphError::template(
            2_593_002,
            "Message template not found",
            format!("There is no message template with {what}."),
        )
    };
    let own = |id: &str| -> Option<&Template> {
        let template = turn.world.templates.get(&id.parse::<u64>().ok()?)?;
        (template.waba == waba && template.status != Status::PendingDeletion).then_some(template)
    };
    let chosen = match (name, id, ids) {
        (None, None, Some(_)) => {
            let wanted = call.list("hsm_ids");
            if wanted.is_empty() || wanted.len() > MAX_IDS {
                return Err(GraphError::invalid(
                    "Param hsm_ids must have between 1 and 100 ids",
                ));
            }
            // All or nothing.
            let ids = wanted.iter().map(|id| {
                own(id)
                    .map(|template| template.id)
                    .ok_or_else(|| missing(&format!("the id {id}")))
            });
            Chosen {
                ids: ids.collect::<Result<_, _>>()?,
                whole_name: false,
            }
        }
        (_, _, Some(_)) => {
            return Err(GraphError::invalid(
                "Param hsm_ids cannot be used with name or hsm_id",
            ));
        }
        (Some(name), Some(id), None) => {
            let found = own(&id).filter(|template| template.name == name);
            let template =
                found.ok_or_else(|| missing(&format!("the name {name} and the id {id}")))?;
            Chosen {
                ids: vec![template.id],
                whole_name: false,
            }
        }
        (Some(name), None, None) => {
            let live = |template: &&Template| {
                template.name == name && template.status != Status::PendingDeletion
            };
            let ids: Vec<u64> = turn
                .world
                .templates_of(waba)
                .filter(live)
                .map(|template| template.id)
                .collect();
            if ids.is_empty() {
                return Err(missing(&format!("the name {name}")));
            }
            Chosen {
                ids,
                whole_name: true,
            }
        }
        (None, ..) => return Err(GraphError::invalid("The parameter name is required.")),
    };
    let disabled = |id: &u64| turn.world.templates[id].status == Status::Disabled;
    if chosen.ids.iter().any(disabled) {
        return Err(GraphError::template(
            2_388_039,
            "Message template status does not allow this change",
            "A disabled template cannot be deleted.",
        ));
    }
    Ok(chosen)
}

fn remove(turn: &mut Turn<'_>, template: &Template, in_flight: bool, whole_name: bool) {
    // A name is held when the template could be sent.
    if matches!(template.status, Status::Approved | Status::Paused) {
        let language = (!whole_name).then_some(template.language.as_str());
        turn.lock_name(&template.waba, &template.name, language);
    }
    if in_flight {
        review::schedule_deletion(turn, template.id);
        return;
    }
    turn.take_template(template.id);
    events::announce(turn, template, "DELETED", &events::Extra::new());
}
