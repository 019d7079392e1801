//! What Terraform's format knows: resources before and after, what becomes of them, outputs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::TERRAFORM_VERSION;
use super::paths::{Path, path};
use crate::config::Address;
use crate::engine::plan::{Action, Change, Drift, Output, Plan};

/// Who provides the resources; there is one provider.
const PROVIDER: &str = "waform";

/// What becomes of one object.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ResourceChange<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    change: Difference<'a>,
    /// Why, where the actions alone do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'a str>,
}

/// What an object is called.
#[derive(Debug, Serialize, JsonSchema)]
struct Resource<'a> {
    /// `template.order_update["en_US"]`.
    address: String,
    mode: Mode,
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    /// The language of a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'a str>,
    provider_name: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Managed,
}

/// An object before and after.
#[derive(Debug, Serialize, JsonSchema)]
struct Difference<'a> {
    actions: &'static [Doing],
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    /// Nothing that is planned is unknown before the apply.
    after_unknown: Nothing,
    before_sensitive: Sensitive,
    after_sensitive: Sensitive,
    /// Fields that cannot be changed in place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replace_paths: Vec<Path>,
    /// Set where a live object is adopted.
    #[serde(skip_serializing_if = "Option::is_none")]
    importing: Option<Importing<'a>>,
}

/// Terraform's actions; a replacement is two of them, in the order in which they are done.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Doing {
    NoOp,
    Create,
    Update,
    Delete,
    Forget,
}

/// An object without fields.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Nothing {}

/// Which fields are secret: none ever is, no secret gets into a plan. False where there is no object.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Sensitive {
    NoObject(bool),
    Fields(Nothing),
}

impl Sensitive {
    fn of(value: Option<&Value>) -> Self {
        match value {
            None => Self::NoObject(false),
            Some(_) => Self::Fields(Nothing {}),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Importing<'a> {
    id: &'a str,
}

/// All objects and outputs at one time.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StateValues<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outputs: BTreeMap<&'a str, OutputValue<'a>>,
    root_module: Module<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Module<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<ResourceValues<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ResourceValues<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    schema_version: u64,
    values: &'a Value,
    sensitive_values: Nothing,
}

/// The value of an output; type and value are absent before it is known.
#[derive(Debug, Serialize, JsonSchema)]
struct OutputValue<'a> {
    sensitive: bool,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a Value>,
}

/// What becomes of an output. No earlier value is kept: one that is known is told as it is, the others come.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OutputChange<'a> {
    actions: [Doing; 1],
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    after_unknown: bool,
    before_sensitive: bool,
    after_sensitive: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PriorState<'a> {
    format_version: &'static str,
    terraform_version: &'static str,
    values: StateValues<'a>,
}

/// What is declared; the expressions are the declaration's own business.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Configuration<'a> {
    provider_config: BTreeMap<&'static str, Provider>,
    root_module: ConfiguredModule<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Provider {
    name: &'static str,
    full_name: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConfiguredModule<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outputs: BTreeMap<&'a str, ConfiguredOutput<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<ConfiguredResource<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConfiguredOutput<'a> {
    expression: Nothing,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConfiguredResource<'a> {
    address: String,
    mode: Mode,
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    provider_config_key: &'static str,
    expressions: Nothing,
    schema_version: u64,
}

pub(super) fn change(change: &Change) -> ResourceChange<'_> {
    let forced = change
        .fields
        .iter()
        .filter(|field| field.forces_replacement);
    let importing = (change.action == Action::Adopt).then_some(Importing {
        id: change.id.as_deref().unwrap_or_default(),
    });
    ResourceChange {
        resource: resource(&change.address),
        change: Difference {
            actions: match change.action {
                Action::Create => &[Doing::Create],
                Action::Update => &[Doing::Update],
                Action::Replace => &[Doing::Delete, Doing::Create],
                Action::Delete => &[Doing::Delete],
                Action::Forget => &[Doing::Forget],
                Action::Adopt if change.fields.is_empty() => &[Doing::NoOp],
                Action::Adopt => &[Doing::Update],
                Action::NoOp => &[Doing::NoOp],
            },
            before: change.before.as_ref(),
            after: change.after.as_ref(),
            after_unknown: Nothing {},
            before_sensitive: Sensitive::of(change.before.as_ref()),
            after_sensitive: Sensitive::of(change.after.as_ref()),
            replace_paths: forced.map(|field| path(&field.field)).collect(),
            importing,
        },
        action_reason: reason(change),
    }
}

/// Returns Terraform's word for why an object is destroyed or left.
pub(in crate::render) fn reason(change: &Change) -> Option<&str> {
    let usual = match change.action {
        Action::Replace => Some("replace_because_cannot_update"),
        Action::Delete | Action::Forget => Some("delete_because_no_resource_config"),
        _ => None,
    };
    change.reason.as_deref().or(usual)
}

pub(super) fn drift(drift: &Drift) -> ResourceChange<'_> {
    let Drift {
        address,
        class: _,
        fields: _,
        before,
        after,
        since: _,
        meaning: _,
        mend: _,
    } = drift;
    ResourceChange {
        resource: resource(address),
        change: Difference {
            actions: match after {
                None => &[Doing::Delete],
                Some(_) => &[Doing::Update],
            },
            before: before.as_ref(),
            after: after.as_ref(),
            after_unknown: Nothing {},
            before_sensitive: Sensitive::of(before.as_ref()),
            after_sensitive: Sensitive::of(after.as_ref()),
            replace_paths: Vec::new(),
            importing: None,
        },
        action_reason: None,
    }
}

fn resource(address: &Address) -> Resource<'_> {
    Resource {
        address: address.to_string(),
        mode: Mode::Managed,
        kind: &address.kind,
        name: &address.name,
        index: address.index.as_deref(),
        provider_name: PROVIDER,
    }
}

pub(super) fn planned(plan: &Plan) -> StateValues<'_> {
    let outputs = plan
        .outputs
        .iter()
        .map(|output| (output.name.as_str(), output_value(output)));
    StateValues {
        outputs: outputs.collect(),
        root_module: module(plan, |change| change.after.as_ref()),
    }
}

pub(super) fn prior(plan: &Plan) -> PriorState<'_> {
    PriorState {
        format_version: "1.0",
        terraform_version: TERRAFORM_VERSION,
        values: StateValues {
            outputs: BTreeMap::new(),
            root_module: module(plan, |change| change.before.as_ref()),
        },
    }
}

fn module(plan: &Plan, side: impl Fn(&Change) -> Option<&Value>) -> Module<'_> {
    let values = plan.changes.iter().filter_map(|change| {
        side(change).map(|values| ResourceValues {
            resource: resource(&change.address),
            schema_version: 0,
            values,
            sensitive_values: Nothing {},
        })
    });
    Module {
        resources: values.collect(),
    }
}

fn output_value(output: &Output) -> OutputValue<'_> {
    OutputValue {
        sensitive: false,
        kind: output.value.as_ref().map(type_of),
        value: output.value.as_ref(),
    }
}

/// Returns the type of a value, as Terraform writes types.
pub(in crate::render) fn type_of(value: &Value) -> Value {
    match value {
        Value::Null => json!("dynamic"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => json!(["tuple", items.iter().map(type_of).collect::<Vec<_>>()]),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name, type_of(value)));
            json!(["object", fields.collect::<BTreeMap<_, _>>()])
        }
    }
}

pub(super) fn output_changes(plan: &Plan) -> BTreeMap<&str, OutputChange<'_>> {
    let change = |output: &'_ Output| {
        let known = output.value.is_some();
        let doing = if known { Doing::NoOp } else { Doing::Create };
        (doing, !known)
    };
    let outputs = plan.outputs.iter().map(|output| {
        let (doing, after_unknown) = change(output);
        let change = OutputChange {
            actions: [doing],
            before: output.value.as_ref(),
            after: output.value.as_ref(),
            after_unknown,
            before_sensitive: false,
            after_sensitive: false,
        };
        (output.name.as_str(), change)
    });
    outputs.collect()
}

pub(super) fn configuration(plan: &Plan) -> Configuration<'_> {
    let provider = Provider {
        name: PROVIDER,
        full_name: PROVIDER,
    };
    let mut known = BTreeSet::new();
    let resources = plan
        .changes
        .iter()
        .filter(|change| change.after.is_some())
        .map(|change| &change.address)
        .filter(|address| known.insert((&address.kind, &address.name)))
        .map(|address| ConfiguredResource {
            address: Address::new(&address.kind, &address.name).to_string(),
            mode: Mode::Managed,
            kind: &address.kind,
            name: &address.name,
            provider_config_key: PROVIDER,
            expressions: Nothing {},
            schema_version: 0,
        })
        .collect();
    let outputs = plan.outputs.iter().map(|output| {
        let configured = ConfiguredOutput {
            expression: Nothing {},
            description: output.description.as_deref(),
        };
        (output.name.as_str(), configured)
    });
    Configuration {
        provider_config: [(PROVIDER, provider)].into(),
        root_module: ConfiguredModule {
            outputs: outputs.collect(),
            resources,
        },
    }
}
