//! What an apply tells programs while it runs: one JSON object a line, in the shape of `terraform apply -json`.
//!
//! Terraform's types keep their meaning; ours are `guard`, `planned_send`, `rate_limited`, `review_pending`,
//! `review_complete`, `send_progress`, `send_waiting`, `send_halted` and `summary`, which is always the last. What
//! Terraform's own types do not tell stands under `waform`.

mod planned;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::plan_json::TERRAFORM_VERSION;
use crate::campaign::{Send, dispatch};
use crate::config::{Address, Location};
use crate::engine::apply::{Failure, Outcome};
use crate::engine::plan::{Action, Counts, DriftClass, GuardState, Wait};
use crate::resource::{BudgetUse, FieldChange};

pub use planned::planned;

/// The version of Terraform's stream that is followed.
const UI_VERSION: &str = "1.2";

/// One line.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct Line<'a> {
    #[serde(rename = "@level")]
    level: Level,
    /// For people; says of an unknown type what there is to know.
    #[serde(rename = "@message")]
    message: &'a str,
    #[serde(rename = "@module")]
    module: &'static str,
    /// RFC 3339, in UTC.
    #[serde(rename = "@timestamp")]
    timestamp: Timestamp,
    #[serde(flatten)]
    event: &'a Event<'a>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    Error,
    Warn,
    Info,
}

/// What happened.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event<'a> {
    /// The first line.
    Version {
        terraform: &'static str,
        ui: &'static str,
        waform: &'static str,
    },
    /// A live account is read.
    RefreshStart {
        hook: Hook<'a>,
    },
    RefreshComplete {
        hook: Hook<'a>,
    },
    /// An object was changed outside of waform.
    ResourceDrift {
        change: Planned<'a>,
        waform: Drifted<'a>,
    },
    PlannedChange {
        change: Planned<'a>,
        waform: Details<'a>,
    },
    /// What a campaign would send.
    PlannedSend {
        send: &'a Send,
    },
    /// One guard, and how near it is.
    Guard {
        guard: &'a GuardState,
    },
    /// Of the plan, and at the end of the apply.
    ChangeSummary {
        changes: Changes,
        #[serde(skip_serializing_if = "Option::is_none")]
        waform: Option<Counts>,
    },
    Outputs {
        outputs: BTreeMap<&'a str, OutputValue<'a>>,
    },
    ApplyStart {
        hook: Hook<'a>,
    },
    /// A write takes long.
    ApplyProgress {
        hook: Hook<'a>,
    },
    ApplyComplete {
        hook: Hook<'a>,
    },
    ApplyErrored {
        hook: Hook<'a>,
    },
    Diagnostic {
        diagnostic: Diagnostic<'a>,
    },
    /// An object is written, but cannot be used yet.
    ReviewPending {
        wait: &'a Wait,
    },
    ReviewComplete {
        hook: Hook<'a>,
    },
    /// Meta asks for patience.
    RateLimited {
        rate: Rate,
    },
    SendProgress {
        progress: Sending,
    },
    /// Nothing is due before then.
    SendWaiting {
        until: Timestamp,
    },
    /// A campaign, or all of a number, stopped before its end.
    SendHalted {
        #[serde(skip_serializing_if = "Option::is_none")]
        campaign: Option<&'a str>,
        halt: &'a dispatch::Halt,
    },
    /// The last line.
    Summary(Summary<'a>),
}

/// What is done to one object.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hook<'a> {
    resource: Resource<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_key: Option<&'static str>,
    /// The object's id at Meta.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_seconds: Option<u64>,
}

impl<'a> Hook<'a> {
    #[must_use]
    pub fn new(address: &'a Address) -> Self {
        Self {
            resource: Resource::of(address),
            action: None,
            id_key: None,
            id_value: None,
            elapsed_seconds: None,
        }
    }

    #[must_use]
    pub fn doing(self, action: Action) -> Self {
        let action = Some(match action {
            Action::Create => "create",
            Action::Update => "update",
            Action::Replace => "replace",
            Action::Delete => "delete",
            Action::Adopt => "import",
            Action::Forget => "remove",
            Action::NoOp => "noop",
        });
        Self { action, ..self }
    }

    #[must_use]
    pub fn with_id(self, id: &'a str) -> Self {
        let id = (!id.is_empty()).then_some(id);
        Self {
            id_key: id.map(|_| "id"),
            id_value: id,
            ..self
        }
    }

    #[must_use]
    pub fn after(self, elapsed_seconds: u64) -> Self {
        Self {
            elapsed_seconds: Some(elapsed_seconds),
            ..self
        }
    }
}

/// What an object is called.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Resource<'a> {
    addr: String,
    /// There are no modules: always empty.
    module: &'static str,
    resource: String,
    implied_provider: &'static str,
    resource_type: &'a str,
    resource_name: &'a str,
    /// The language of a template.
    resource_key: Option<&'a str>,
}

impl<'a> Resource<'a> {
    fn of(address: &'a Address) -> Self {
        Self {
            addr: address.to_string(),
            module: "",
            resource: address.to_string(),
            implied_provider: "waform",
            resource_type: &address.kind,
            resource_name: &address.name,
            resource_key: address.index.as_deref(),
        }
    }
}

/// What is planned for one object.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Planned<'a> {
    resource: Resource<'a>,
    /// `create`, `update`, `replace`, `delete`, `import`, `remove`.
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    importing: Option<Importing<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Importing<'a> {
    id: &'a str,
}

/// What of a change Terraform does not tell: its differences.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Details<'a> {
    fields: &'a [FieldChange],
    budgets: &'a [BudgetUse],
    declared_at: Option<&'a Location>,
}

/// What of drift Terraform does not tell.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Drifted<'a> {
    class: DriftClass,
    fields: &'a [FieldChange],
    since: Option<Timestamp>,
    meaning: &'a [String],
    mend: Option<&'a str>,
}

/// Terraform's counters.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Changes {
    pub add: u64,
    pub change: u64,
    pub import: u64,
    pub remove: u64,
    pub operation: Operation,
}

#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    #[default]
    Plan,
    Apply,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OutputValue<'a> {
    sensitive: bool,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
}

/// Something that went wrong, or may.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Diagnostic<'a> {
    pub severity: Severity,
    pub summary: &'a str,
    /// What to do.
    pub detail: &'a str,
    /// `waform explain CODE` says more.
    pub code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
}

/// A stretch of a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Range {
    pub filename: String,
    pub start: Point,
    pub end: Point,
}

/// A place in a file; lines and columns count from one, bytes from zero.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Point {
    pub line: usize,
    pub column: usize,
    pub byte: usize,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Rate {
    /// Messages that are sent now, at most.
    pub per_second: f64,
}

/// How far the sending is.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Sending {
    pub accepted: u64,
    pub failed: u64,
    pub in_flight: usize,
    pub remaining: u64,
}

/// How an apply ended.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Summary<'a> {
    /// What `--detailed-exitcode` says by its code: `done`, `error`, `pending`, `guarded`, `stale`, `locked`, `partial`,
    /// `unconfirmed`.
    reason: &'static str,
    failed: Vec<Failed<'a>>,
    /// Not ready yet, or broken.
    waiting: &'a [Wait],
    /// Changes that wait for others to be ready.
    held: Vec<String>,
    /// Changes that were not tried.
    left: Vec<String>,
    /// By number.
    sent: Vec<&'a dispatch::Summary>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Failed<'a> {
    address: String,
    reason: &'a str,
    code: Option<&'a str>,
    help: Option<&'a str>,
}

impl<'a> Summary<'a> {
    /// Returns the summary of an apply that wrote nothing.
    #[must_use]
    pub fn because(reason: &'static str) -> Self {
        Self {
            reason,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn of(
        reason: &'static str,
        outcome: &'a Outcome,
        sent: impl Iterator<Item = &'a dispatch::Summary>,
    ) -> Self {
        let Outcome {
            done: _,
            failed,
            waiting,
            held,
            left,
        } = outcome;
        let failed = failed.iter().map(|failure| {
            let Failure {
                address,
                action: _,
                reason,
                code,
                help,
            } = failure;
            Failed {
                address: address.to_string(),
                reason,
                code: code.as_deref(),
                help: help.as_deref(),
            }
        });
        let names = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect();
        Self {
            reason,
            failed: failed.collect(),
            waiting,
            held: names(held),
            left: names(left),
            sent: sent.collect(),
        }
    }
}

impl Event<'_> {
    /// Returns the first event of every stream, and its message.
    #[must_use]
    pub fn version() -> (String, Self) {
        let version = Self::Version {
            terraform: TERRAFORM_VERSION,
            ui: UI_VERSION,
            waform: env!("CARGO_PKG_VERSION"),
        };
        (format!("waform {}", env!("CARGO_PKG_VERSION")), version)
    }

    /// Returns the event as a line, with a message for people.
    #[must_use]
    pub fn line(&self, message: &str, timestamp: Timestamp) -> String {
        let level = match self {
            Self::ApplyErrored { .. } => Level::Error,
            Self::Guard { guard } if guard.exceeded && !guard.allowed => Level::Error,
            Self::Diagnostic { diagnostic } => match diagnostic.severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warn,
            },
            Self::SendHalted { .. } | Self::RateLimited { .. } => Level::Warn,
            _ => Level::Info,
        };
        let line = Line {
            level,
            message,
            module: "waform.apply",
            timestamp,
            event: self,
        };
        // Every key of it is a string or a number: it can always be written.
        serde_json::to_string(&line).unwrap_or_default()
    }
}
