//! Limits that stop a change before it goes out; they fail closed: what cannot be told is refused.

mod counts;
mod sends;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::plan::{Change, GuardState, Quantity};
use crate::campaign::{FailureLimit, Health, Quality, Send};

/// The limits in force; none is no limit.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    pub max_recipients: CountLimit,
    pub max_cost: Option<CostLimit>,
    pub max_deletes: CountLimit,
    pub max_replaces: CountLimit,
    pub max_edits: CountLimit,
    pub adopt_edits: CountLimit,
    pub max_failure_rate: Option<FailureLimit>,
    pub min_quality: Option<Quality>,
    pub sending_hours: Option<Hours>,
    /// Regions whose numbers may be messaged.
    pub countries: Option<BTreeSet<String>>,
    /// A ledger that nobody has allowed to send yet: a person at a terminal may, a run without one may not.
    pub new_ledger: NewLedger,
    /// Guards overridden by name.
    pub allowed: BTreeSet<String>,
}

/// A limit on a count; whatever is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountLimit {
    /// All kinds together.
    pub count: Option<u64>,
    /// Of the live objects of a kind, each kind for itself.
    pub percent: Option<u64>,
    /// The percentage does not apply where there are fewer.
    pub at_least: u64,
    pub per_kind: BTreeMap<String, u64>,
}

/// What one apply may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostLimit {
    pub amount: Decimal,
    /// ISO 4217.
    pub currency: String,
}

/// Hours of the day, over midnight where `from` is later than `to`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    pub from: Time,
    pub to: Time,
    pub zone: TimeZone,
}

/// What is known of the ledger's right to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewLedger {
    /// It has sent before, or was allowed to, or it is the sandbox's.
    #[default]
    Known,
    /// New, and a person is asked before anything is sent.
    NewAttended,
    /// New, with nobody to ask.
    NewUnattended,
}

/// The name of the guard that acts while sending.
pub(super) const MAX_FAILURE_RATE: &str = "max_failure_rate";

/// The names of all guards that `--allow` takes.
pub const NAMES: [&str; 11] = [
    "max_recipients",
    "max_cost",
    "max_deletes",
    "max_replaces",
    "max_edits",
    "adopt_edits",
    MAX_FAILURE_RATE,
    "min_quality",
    "sending_hours",
    "countries",
    "new_ledger",
];

/// What the limits are held against.
pub(super) struct Facts<'a> {
    pub(super) now: Timestamp,
    pub(super) changes: &'a [Change],
    pub(super) sends: Vec<(&'a Send, &'a Health)>,
    /// How many live objects there are of each kind, over all accounts; kinds that live in our own ledger are not among them.
    pub(super) population: BTreeMap<&'static str, u64>,
}

impl Facts<'_> {
    /// Returns how many people a send names.
    fn recipients(send: &Send) -> u64 {
        send.now + send.when_ready + send.later
    }

    /// The sends that message anybody, now or later.
    fn sends_to_somebody(&self) -> impl Iterator<Item = &(&Send, &Health)> {
        self.sends
            .iter()
            .filter(|(send, _)| Self::recipients(send) > 0)
    }

    /// The sends that message somebody in the course of this apply.
    fn sends_now(&self) -> impl Iterator<Item = &(&Send, &Health)> {
        self.sends
            .iter()
            .filter(|(send, _)| send.now + send.when_ready > 0)
    }
}

/// One limit, held against a plan.
struct Held {
    limit: Quantity,
    value: Quantity,
    unit: String,
    exceeded: bool,
    text: String,
}

impl Held {
    /// A count with its limit.
    fn count(value: u64, limit: u64, unit: &str, text: String) -> Self {
        Self {
            limit: Quantity::of(limit),
            value: Quantity::of(value),
            unit: unit.to_owned(),
            exceeded: value > limit,
            text,
        }
    }
}

impl Limits {
    /// Tells whether a guard is overridden.
    pub(super) fn allows(&self, name: &str) -> bool {
        self.allowed.contains(name)
    }

    /// Holds the limits against a plan.
    pub(super) fn check(&self, facts: &Facts<'_>) -> Vec<GuardState> {
        let [
            recipients,
            cost,
            deletes,
            replaces,
            edits,
            adopts,
            failures,
            quality,
            hours,
            countries,
            ledger,
        ] = NAMES;
        let one = Vec::from_iter::<Option<Held>>;
        let all = [
            (recipients, sends::recipients(&self.max_recipients, facts)),
            (cost, one(sends::cost(self.max_cost.as_ref(), facts))),
            (
                deletes,
                counts::held(&self.max_deletes, counts::DELETES, facts),
            ),
            (
                replaces,
                counts::held(&self.max_replaces, counts::REPLACES, facts),
            ),
            (edits, counts::held(&self.max_edits, counts::EDITS, facts)),
            (adopts, counts::adopted(&self.adopt_edits, facts)),
            (failures, one(sends::failures(self.max_failure_rate, facts))),
            (quality, one(sends::quality(self.min_quality, facts))),
            (hours, one(sends::hours(self.sending_hours.as_ref(), facts))),
            (
                countries,
                one(sends::countries(self.countries.as_ref(), facts)),
            ),
            (ledger, one(sends::new_ledger(self.new_ledger, facts))),
        ];
        let state = |name: &str, held: Held| GuardState {
            name: name.to_owned(),
            limit: held.limit,
            value: held.value,
            unit: held.unit,
            exceeded: held.exceeded,
            allowed: self.allows(name),
            text: held.text,
        };
        all.into_iter()
            .flat_map(|(name, held)| held.into_iter().map(move |held| (name, held)))
            .map(|(name, held)| state(name, held))
            .collect()
    }
}
