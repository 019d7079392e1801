//! The plan: one serialisable value that tells the whole truth.
//!
//! It feeds every renderer and the executor. Nothing is written that it does not hold, and nothing in it is a time of
//! day that would make two plans of the same world differ.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::campaign::Send;
use crate::config::{Address, Location};
pub use crate::resource::DriftClass;
use crate::resource::{BudgetUse, FieldChange, Refusal};

/// What is to become of one object.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Delete,
    Replace,
    Update,
    Create,
    /// It exists, not by us: from now on it is ours. Its content is changed where `fields` says so.
    Adopt,
    /// It stays where it is and is no longer ours.
    Forget,
    NoOp,
}

impl Action {
    /// Its name, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Update => "update",
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Forget => "forget",
            Self::NoOp => "no_op",
        }
    }
}

/// One planned action on one address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub address: Address,
    pub account: String,
    /// What the live object is found by.
    pub key: String,
    pub action: Action,
    /// Whether it counts in the summary.
    pub counts: bool,
    pub id: Option<String>,
    /// Of the live object it was planned against; none where there is none.
    pub fingerprint: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub fields: Vec<FieldChange>,
    /// Addresses that must be ready before this is written.
    pub after_ready: Vec<Address>,
    /// What of the live object its owner decides (status, quality).
    pub facts: Value,
    pub budgets: Vec<BudgetUse>,
    /// Where it is declared; none for what left the configuration.
    pub declared_at: Option<Location>,
    /// Why, in Terraform's words (`replace_by_request`), where the difference alone does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Change {
    /// Tells whether the change alters a live object.
    #[must_use]
    pub fn writes(&self) -> bool {
        match self.action {
            Action::Delete | Action::Replace | Action::Update | Action::Create => true,
            Action::Adopt => !self.fields.is_empty(),
            Action::Forget | Action::NoOp => false,
        }
    }
}

/// A change that would be refused, by its owner or because it cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    pub address: Address,
    pub refusal: Refusal,
    pub declared_at: Option<Location>,
}

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    pub address: Address,
    pub reason: String,
    /// Set when it will not come by itself: what somebody must do.
    pub help: Option<String>,
    pub broken: bool,
    /// The change itself waits: it is made by a later run, and nothing that needs it goes out before.
    #[serde(default)]
    pub unwritten: bool,
}

/// How a live object differs from what was last applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    pub address: Address,
    pub class: DriftClass,
    pub fields: Vec<FieldChange>,
    /// The whole content as it was last applied.
    #[serde(default)]
    pub before: Option<Value>,
    /// The whole content as it is now; none where the object is gone.
    #[serde(default)]
    pub after: Option<Value>,
    /// Since when, as far as anybody told.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// What it means, a sentence each: what the price becomes, what is lost.
    #[serde(default)]
    pub meaning: Vec<String>,
    /// The command that mends it, without the program's name: `apply --target template.welcome`.
    #[serde(default)]
    pub mend: Option<String>,
}

/// One guard, and how near it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuardState {
    pub name: String,
    pub limit: Quantity,
    pub value: Quantity,
    /// What is counted: `contacts`, `EUR`, `%`.
    #[serde(default)]
    pub unit: String,
    pub exceeded: bool,
    /// Overridden by `--allow NAME`.
    pub allowed: bool,
    pub text: String,
}

/// A number of a guard: people, money, per cent. A whole one is written without a fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Quantity(pub f64);

impl Quantity {
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of people or objects")]
    pub fn of(count: u64) -> Self {
        Self(count as f64)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be whole and small"
        )]
        if self.0.fract() == 0.0 && self.0.abs() < 9e15 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// What a run was limited to: it does not make the account match the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// `--target`, as given.
    pub targets: Vec<String>,
    /// `--exclude`, as given.
    pub excludes: Vec<String>,
}

impl Selection {
    /// Tells whether everything is selected.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.targets.is_empty() && self.excludes.is_empty()
    }
}

/// A declared `[output.name]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    pub name: String,
    /// None where it is known only after the apply.
    pub value: Option<Value>,
    pub description: Option<String>,
}

/// The account a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    pub account: String,
    pub waba_id: String,
    pub base_url: String,
}

/// A live object that no declaration names and no state remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unmanaged {
    pub kind: String,
    pub account: String,
    pub key: String,
    pub id: String,
}

/// Something that a person should know; it stops nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    pub code: String,
    pub message: String,
}

/// All that an apply would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub format_version: String,
    /// Hash of all changes and sends.
    pub id: String,
    pub targets: Vec<Target>,
    pub changes: Vec<Change>,
    pub refused: Vec<Refused>,
    pub waits: Vec<Wait>,
    pub drift: Vec<Drift>,
    pub unmanaged: Vec<Unmanaged>,
    pub sends: Vec<Send>,
    pub guards: Vec<GuardState>,
    pub notices: Vec<Notice>,
    /// When it was made; not part of the id.
    pub made_at: Timestamp,
    /// What it was limited to.
    #[serde(default)]
    pub selection: Selection,
    /// Whether the live account was read; otherwise what was last applied was taken for live.
    #[serde(default = "yes")]
    pub refreshed: bool,
    /// Whether it takes away all that is managed.
    #[serde(default)]
    pub destroy: bool,
    /// The environment, where the configuration has several.
    #[serde(default)]
    pub environment: Option<String>,
    #[serde(default)]
    pub outputs: Vec<Output>,
}

fn yes() -> bool {
    true
}

/// Terraform's four counters and ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    pub import: u64,
    pub add: u64,
    pub change: u64,
    pub destroy: u64,
    pub forget: u64,
    /// Campaigns with contacts to send to.
    pub campaigns: u64,
    pub contacts_now: u64,
    pub contacts_when_ready: u64,
    pub contacts_later: u64,
    pub in_review: u64,
}

impl Plan {
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in self.changes.iter().filter(|change| change.counts) {
            match change.action {
                Action::Create => counts.add += 1,
                Action::Update => counts.change += 1,
                Action::Delete => counts.destroy += 1,
                Action::Replace => {
                    counts.add += 1;
                    counts.destroy += 1;
                }
                Action::Adopt => {
                    counts.import += 1;
                    counts.change += u64::from(!change.fields.is_empty());
                }
                Action::Forget => counts.forget += 1,
                Action::NoOp => {}
            }
        }
        for send in &self.sends {
            counts.contacts_now += send.now;
            counts.contacts_when_ready += send.when_ready;
            counts.contacts_later += send.later;
            counts.campaigns += u64::from(send.now + send.when_ready + send.later > 0);
        }
        let in_review = |wait: &&Wait| !wait.broken && !wait.unwritten;
        counts.in_review = self.waits.iter().filter(in_review).count() as u64;
        counts
    }

    /// Tells whether there is anything to do: what `--detailed-exitcode` calls a difference.
    #[must_use]
    pub fn has_differences(&self) -> bool {
        let counts = self.counts();
        counts.import
            + counts.add
            + counts.change
            + counts.destroy
            + counts.forget
            + counts.contacts_now
            > 0
    }

    /// Returns what all sends cost at most, by currency; none where no rate card covers any of them.
    #[must_use]
    pub fn cost(&self) -> BTreeMap<String, Decimal> {
        let mut totals = BTreeMap::new();
        for cost in self.sends.iter().filter_map(|send| send.cost.as_ref()) {
            *totals.entry(cost.currency.clone()).or_insert(Decimal::ZERO) += cost.amount;
        }
        totals
    }

    /// Guards that refuse.
    pub fn refusing_guards(&self) -> impl Iterator<Item = &GuardState> {
        self.guards
            .iter()
            .filter(|guard| guard.exceeded && !guard.allowed)
    }

    /// Tells whether apply would do what the plan shows. One that has not looked at the live account is for reading only.
    #[must_use]
    pub fn applyable(&self) -> bool {
        self.refreshed && self.refused.is_empty() && self.refusing_guards().next().is_none()
    }
}
