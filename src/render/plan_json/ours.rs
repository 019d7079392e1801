//! What Terraform's format has no place for: who is messaged, what it costs, what is waited for, guarded and refused.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::campaign::Send;
use crate::config::Location;
use crate::engine::plan::{
    Action, Change, Counts, Drift, DriftClass, GuardState, Notice, Output, Plan, Refused,
    Selection, Target, Unmanaged, Wait,
};
use crate::resource::{BudgetUse, FieldChange};

/// What is waform's alone.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ours<'a> {
    /// Of the program that made the plan.
    version: &'static str,
    /// The same for the same changes, whenever they are planned.
    plan_id: &'a str,
    reason: Reason,
    environment: Option<&'a str>,
    targets: &'a [Target],
    /// What the plan is limited to.
    selection: &'a Selection,
    /// Whether the live account was read.
    refreshed: bool,
    /// Whether all that is managed is to be deleted.
    destroy: bool,
    summary: Counts,
    /// What all messages cost together at most, by currency.
    cost: Vec<Total<'a>>,
    /// All that is not as declared.
    changes: Vec<OurChange<'a>>,
    sends: &'a [Send],
    waits: &'a [Wait],
    refused: &'a [Refused],
    drift: Vec<OurDrift<'a>>,
    guards: &'a [GuardState],
    /// Live objects that nothing declares.
    unmanaged: &'a [Unmanaged],
    notices: &'a [Notice],
    outputs: &'a [Output],
}

/// What `plan --detailed-exitcode` says by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// No differences: 0.
    Done,
    /// Something would be refused: 1.
    Error,
    /// Differences: 2.
    Pending,
    /// A guard refuses: 3.
    Guarded,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Total<'a> {
    currency: &'a str,
    #[serde(with = "rust_decimal::serde::float")]
    #[schemars(with = "f64")]
    amount: Decimal,
}

/// What of a change Terraform's format does not tell.
#[derive(Debug, Serialize, JsonSchema)]
struct OurChange<'a> {
    address: String,
    action: Action,
    account: &'a str,
    key: &'a str,
    id: Option<&'a str>,
    /// Of the live object it was planned against.
    fingerprint: Option<&'a str>,
    fields: &'a [FieldChange],
    budgets: &'a [BudgetUse],
    /// What of the live object its owner decides.
    facts: &'a Value,
    declared_at: Option<&'a Location>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OurDrift<'a> {
    address: String,
    class: DriftClass,
    fields: &'a [FieldChange],
    since: Option<Timestamp>,
    /// What it means, a sentence each.
    meaning: &'a [String],
    /// The command that mends it, without the program's name.
    mend: Option<&'a str>,
}

impl<'a> Ours<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let Plan {
            format_version: _,
            id,
            targets,
            changes,
            refused,
            waits,
            drift,
            unmanaged,
            sends,
            guards,
            notices,
            made_at: _,
            selection,
            refreshed,
            destroy,
            environment,
            outputs,
        } = plan;
        let changed = changes
            .iter()
            .filter(|change| change.action != Action::NoOp);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            plan_id: id,
            reason: reason(plan),
            environment: environment.as_deref(),
            targets,
            selection,
            refreshed: *refreshed,
            destroy: *destroy,
            summary: plan.counts(),
            cost: cost(sends),
            changes: changed.map(OurChange::of).collect(),
            sends,
            waits,
            refused,
            drift: drift.iter().map(OurDrift::of).collect(),
            guards,
            unmanaged,
            notices,
            outputs,
        }
    }
}

fn reason(plan: &Plan) -> Reason {
    if !plan.refused.is_empty() {
        Reason::Error
    } else if plan.refusing_guards().next().is_some() {
        Reason::Guarded
    } else if plan.has_differences() {
        Reason::Pending
    } else {
        Reason::Done
    }
}

fn cost(sends: &[Send]) -> Vec<Total<'_>> {
    let mut totals: BTreeMap<&str, Decimal> = BTreeMap::new();
    for cost in sends.iter().filter_map(|send| send.cost.as_ref()) {
        *totals.entry(&cost.currency).or_default() += cost.amount;
    }
    totals
        .into_iter()
        .map(|(currency, amount)| Total { currency, amount })
        .collect()
}

impl<'a> OurChange<'a> {
    fn of(change: &'a Change) -> Self {
        let Change {
            address,
            account,
            key,
            action,
            counts: _,
            id,
            fingerprint,
            before: _,
            after: _,
            fields,
            after_ready: _,
            facts,
            budgets,
            declared_at,
            reason: _,
        } = change;
        Self {
            address: address.to_string(),
            action: *action,
            account,
            key,
            id: id.as_deref(),
            fingerprint: fingerprint.as_deref(),
            fields,
            budgets,
            facts,
            declared_at: declared_at.as_ref(),
        }
    }
}

impl<'a> OurDrift<'a> {
    fn of(drift: &'a Drift) -> Self {
        let Drift {
            address,
            class,
            fields,
            before: _,
            after: _,
            since,
            meaning,
            mend,
        } = drift;
        Self {
            address: address.to_string(),
            class: *class,
            fields,
            since: *since,
            meaning,
            mend: mend.as_deref(),
        }
    }
}
