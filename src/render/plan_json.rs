//! A plan as JSON, in the shape of Terraform's plan format 1.2; what is ours alone stands under `waform`.
//!
//! The document borrows from the plan and is written as it goes: a plan of thousands of templates is not built again as
//! a tree. Its types are what the published schema is made from.

mod ours;
mod paths;
mod resources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::time::rfc3339;
use crate::engine::plan::{DriftClass, Plan};
use ours::Ours;
use paths::{Path, path};
use resources::{
    Configuration, OutputChange, PriorState, ResourceChange, StateValues, configuration,
};

pub(super) use resources::{reason, type_of};

/// The version of Terraform's format that is followed.
const FORMAT_VERSION: &str = "1.2";

/// The release of Terraform whose documents these are like, and who wrote them: tools read it as a version.
pub const TERRAFORM_VERSION: &str = concat!("1.11.4+waform.", env!("CARGO_PKG_VERSION"));

/// A plan of `waform plan --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub struct Document<'a> {
    /// Of Terraform's format: a minor version adds, a major one breaks.
    format_version: &'static str,
    terraform_version: &'static str,
    planned_values: StateValues<'a>,
    /// What was changed outside of waform since the last apply.
    resource_drift: Vec<ResourceChange<'a>>,
    resource_changes: Vec<ResourceChange<'a>>,
    output_changes: BTreeMap<&'a str, OutputChange<'a>>,
    /// What is live now.
    prior_state: PriorState<'a>,
    configuration: Configuration<'a>,
    /// What of the drift a declaration speaks of.
    relevant_attributes: Vec<RelevantAttribute>,
    /// RFC 3339, in UTC.
    timestamp: String,
    /// Whether there is something to apply, and nothing refuses it.
    applyable: bool,
    /// Whether the account is as declared after an apply: false where the plan is partial or something is waited for.
    complete: bool,
    /// Whether something would be refused.
    errored: bool,
    waform: Ours<'a>,
}

/// An attribute that was changed outside of waform.
#[derive(Debug, Serialize, JsonSchema)]
struct RelevantAttribute {
    resource: String,
    attribute: Path,
}

/// Returns the plan's JSON document.
#[must_use]
pub fn document(plan: &Plan) -> Document<'_> {
    Document {
        format_version: FORMAT_VERSION,
        terraform_version: TERRAFORM_VERSION,
        planned_values: resources::planned(plan),
        resource_drift: plan.drift.iter().map(resources::drift).collect(),
        resource_changes: plan.changes.iter().map(resources::change).collect(),
        output_changes: resources::output_changes(plan),
        prior_state: resources::prior(plan),
        configuration: configuration(plan),
        relevant_attributes: relevant_attributes(plan),
        timestamp: rfc3339(plan.made_at),
        applyable: plan.applyable() && plan.has_differences(),
        complete: plan.waits.is_empty() && plan.selection.is_all(),
        errored: !plan.refused.is_empty(),
        waform: Ours::of(plan),
    }
}

/// Returns the document as it is printed: on one line, as Terraform prints it. There are tools that read one line.
#[must_use]
pub fn text(plan: &Plan) -> String {
    // No key of it is anything but a string: it can always be written.
    serde_json::to_string(&document(plan)).unwrap_or_default()
}

fn relevant_attributes(plan: &Plan) -> Vec<RelevantAttribute> {
    let ours = plan
        .drift
        .iter()
        .filter(|drift| drift.class != DriftClass::Moved);
    ours.flat_map(|drift| {
        let resource = drift.address.to_string();
        drift.fields.iter().map(move |field| RelevantAttribute {
            resource: resource.clone(),
            attribute: path(&field.field),
        })
    })
    .collect()
}
