//! Limits on how many live objects one apply changes.

use std::collections::BTreeMap;

use super::{CountLimit, Facts, Held};
use crate::engine::plan::{Action, Change, Quantity};

/// What is counted.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    is: fn(&Change) -> bool,
    /// `1 of at most 0 deletions`.
    noun: &'static str,
    /// `2 live objects would be deleted`.
    done: &'static str,
}

/// A replacement deletes as well.
pub(super) const DELETES: Counted = Counted {
    is: |change| matches!(change.action, Action::Delete | Action::Replace),
    noun: "deletions",
    done: "deleted",
};

pub(super) const REPLACES: Counted = Counted {
    is: |change| change.action == Action::Replace,
    noun: "replacements",
    done: "replaced",
};

pub(super) const EDITS: Counted = Counted {
    is: |change| change.action == Action::Update || is_adopting_edit(change),
    noun: "edits",
    done: "edited",
};

const ADOPTED: Counted = Counted {
    is: is_adopting_edit,
    noun: "edits by adopting",
    done: "edited by adopting",
};

fn is_adopting_edit(change: &Change) -> bool {
    change.action == Action::Adopt && !change.fields.is_empty()
}

/// How many of each kind, and of which kinds live objects are counted at all: an edit of what is our own ledger's is none.
fn by_kind<'a>(facts: &'a Facts<'_>, counted: Counted) -> BTreeMap<&'a str, u64> {
    let mut by_kind = BTreeMap::new();
    let live = |change: &&Change| facts.population.contains_key(change.address.kind.as_str());
    for change in facts.changes.iter().filter(live) {
        *by_kind.entry(change.address.kind.as_str()).or_default() +=
            u64::from((counted.is)(change));
    }
    by_kind
}

/// Holds one limit against the changes.
pub(super) fn held(limit: &CountLimit, counted: Counted, facts: &Facts<'_>) -> Vec<Held> {
    let by_kind = by_kind(facts, counted);
    let mut all = Vec::new();
    if let Some(most) = limit.count {
        let count = by_kind.values().sum();
        let text = format!("{count} of at most {most} {}", counted.noun);
        all.push(Held::count(count, most, "objects", text));
    }
    all.extend(percentages(limit, counted, &by_kind, facts));
    for (kind, most) in &limit.per_kind {
        let count = by_kind.get(kind.as_str()).copied().unwrap_or_default();
        let text = format!("{count} of at most {most} {} of kind {kind}", counted.noun);
        all.push(Held::count(count, *most, kind, text));
    }
    all
}

/// Holds the percentage against every kind of which there are enough objects.
fn percentages(
    limit: &CountLimit,
    counted: Counted,
    by_kind: &BTreeMap<&str, u64>,
    facts: &Facts<'_>,
) -> Vec<Held> {
    let Some(percent) = limit.percent else {
        return Vec::new();
    };
    let enough = |(_, live): &(&&'static str, &u64)| **live > 0 && **live >= limit.at_least;
    let held = |(kind, live): (&&'static str, &u64)| {
        let count = by_kind.get(kind).copied().unwrap_or_default();
        share(count, *live, percent, |share| {
            format!(
                "{count} of the {live} live objects of kind {kind} would be {} ({share} %); at most {percent} % may be",
                counted.done
            )
        })
    };
    facts.population.iter().filter(enough).map(held).collect()
}

/// Holds a share in per cent, exactly; `text` is given the share as it is shown.
pub(super) fn share(
    count: u64,
    of: u64,
    percent: u64,
    text: impl FnOnce(String) -> String,
) -> Held {
    let tenths = u128::from(count) * 1000 / u128::from(of.max(1));
    let shown = match tenths % 10 {
        0 => (tenths / 10).to_string(),
        tenth => format!("{}.{tenth}", tenths / 10),
    };
    #[expect(clippy::cast_precision_loss, reason = "a percentage to one decimal")]
    let value = tenths as f64 / 10.0;
    Held {
        limit: Quantity::of(percent),
        value: Quantity(value),
        unit: "%".to_owned(),
        exceeded: u128::from(count) * 100 > u128::from(of) * u128::from(percent),
        text: text(shown),
    }
}

/// Holds the limit on edits of what somebody else made; it shows only where there are any.
pub(super) fn adopted(limit: &CountLimit, facts: &Facts<'_>) -> Vec<Held> {
    let edits = by_kind(facts, ADOPTED).values().sum::<u64>();
    if edits == 0 {
        return Vec::new();
    }
    let mut all = held(limit, ADOPTED, facts);
    if let Some(first) = all.first_mut().filter(|_| limit.count.is_some()) {
        first.text = format!("adopting would edit {edits} live objects that somebody else made");
    }
    all
}
