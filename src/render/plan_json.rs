//! A plan as JSON, in the shape of Terraform's plan format 1.2; what is ours alone stands under `waform`.

use serde_json::{Map, Value, json};

use crate::engine::plan::{Action, Change, Drift, DriftClass, Plan};

/// The version of Terraform's format that is followed.
const FORMAT_VERSION: &str = "1.2";

/// Returns the plan's JSON document.
#[must_use]
pub fn document(plan: &Plan) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "terraform_version": concat!("waform-", env!("CARGO_PKG_VERSION")),
        "applyable": plan.applyable() && plan.has_differences(),
        "complete": plan.waits.is_empty(),
        "errored": !plan.refused.is_empty(),
        "timestamp": plan.made_at.to_string(),
        "planned_values": { "root_module": { "resources": planned_values(plan) } },
        "configuration": { "root_module": {} },
        "prior_state": { "format_version": "1.0" },
        "resource_changes": plan.changes.iter().map(resource_change).collect::<Vec<_>>(),
        "resource_drift": plan.drift.iter().map(resource_drift).collect::<Vec<_>>(),
        "output_changes": {},
        "waform": {
            "plan_id": plan.id,
            "targets": plan.targets,
            "summary": plan.counts(),
            "sends": plan.sends,
            "waits": plan.waits,
            "refused": plan.refused,
            "guards": plan.guards,
            "unmanaged": plan.unmanaged,
            "notices": plan.notices,
            "changes": plan.changes.iter().filter(|change| change.action != Action::NoOp).map(ours).collect::<Vec<_>>(),
        },
    })
}

fn resource_change(change: &Change) -> Value {
    let actions: &[&str] = match change.action {
        Action::Create => &["create"],
        Action::Update => &["update"],
        Action::Replace => &["delete", "create"],
        Action::Delete => &["delete"],
        Action::Forget => &["forget"],
        Action::Adopt if change.fields.is_empty() => &["no-op"],
        Action::Adopt => &["update"],
        Action::NoOp => &["no-op"],
    };
    let mut details = json!({
        "actions": actions,
        "before": change.before,
        "after": change.after,
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {},
    });
    let forced = change
        .fields
        .iter()
        .filter(|field| field.forces_replacement)
        .map(|field| json!([field.field]));
    let forced: Vec<Value> = forced.collect();
    if let Some(details) = details.as_object_mut() {
        if !forced.is_empty() {
            details.insert("replace_paths".to_owned(), forced.into());
        }
        if change.action == Action::Adopt {
            details.insert("importing".to_owned(), json!({ "id": change.id }));
        }
    }
    let mut resource = resource(&change.address, &details);
    if change.action == Action::Replace {
        resource.insert(
            "action_reason".to_owned(),
            "replace_because_cannot_update".into(),
        );
    }
    resource.into()
}

fn resource(address: &crate::config::Address, change: &Value) -> Map<String, Value> {
    let mut resource = Map::new();
    resource.insert("address".to_owned(), address.to_string().into());
    resource.insert("mode".to_owned(), "managed".into());
    resource.insert("type".to_owned(), address.kind.clone().into());
    resource.insert("name".to_owned(), address.name.clone().into());
    if let Some(index) = &address.index {
        resource.insert("index".to_owned(), index.clone().into());
    }
    resource.insert("provider_name".to_owned(), "waform".into());
    resource.insert("change".to_owned(), change.clone());
    resource
}

fn resource_drift(drift: &Drift) -> Value {
    let side = |side: fn(&crate::resource::FieldChange) -> &Option<Value>| {
        let fields = drift
            .fields
            .iter()
            .map(|field| (field.field.clone(), side(field).clone().unwrap_or_default()));
        fields.collect::<Map<String, Value>>()
    };
    let missing = drift.class == DriftClass::Missing;
    let after = if missing {
        Value::Null
    } else {
        side(|field| &field.after).into()
    };
    let actions = if missing { ["delete"] } else { ["update"] };
    let change = json!({
        "actions": actions, "before": side(|field| &field.before), "after": after, "after_unknown": {},
        "before_sensitive": {}, "after_sensitive": {},
    });
    resource(&drift.address, &change).into()
}

fn planned_values(plan: &Plan) -> Vec<Value> {
    let kept = plan.changes.iter().filter(|change| change.after.is_some());
    kept.map(|change| {
        let mut resource = resource(&change.address, &Value::Null);
        resource.remove("change");
        resource.insert("schema_version".to_owned(), 0.into());
        resource.insert(
            "values".to_owned(),
            change.after.clone().unwrap_or_default(),
        );
        resource.into()
    })
    .collect()
}

fn ours(change: &Change) -> Value {
    json!({
        "address": change.address.to_string(),
        "action": change.action,
        "account": change.account,
        "key": change.key,
        "fingerprint": change.fingerprint,
        "fields": change.fields,
        "budgets": change.budgets,
        "facts": change.facts,
        "declared_at": change.declared_at,
    })
}
