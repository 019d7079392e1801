//! What is alike is told once: changes that do the same to many objects, objects that wait for the same.

use std::collections::HashMap;

use serde::Serialize;

use crate::config::Address;
use crate::engine::plan::{Action, Change, Drift, Refused, Wait};
use crate::render::count;

/// Addresses that are named before the others are only counted.
const NAMED: usize = 8;

/// Those that are alike, in their order.
pub(super) struct Group<'a, T> {
    pub(super) items: Vec<&'a T>,
    pub(super) addresses: Vec<&'a Address>,
}

impl<'a, T> Group<'a, T> {
    /// The one that stands for all.
    pub(super) fn first(&self) -> &'a T {
        self.items[0]
    }
}

/// Returns what is changed, those together that are changed alike, in the order of the first of each.
pub(super) fn of_changes(changes: &[Change]) -> Vec<Group<'_, Change>> {
    let changes = changes
        .iter()
        .filter(|change| change.action != Action::NoOp);
    // Where and against what it was planned differs for each; so do the sentences about budgets, which name times.
    alike(
        changes,
        |change| {
            let kind = &change.address.kind;
            (kind, change.action, &change.reason, &change.fields)
        },
        |change| &change.address,
    )
}

pub(super) fn of_drift(drift: &[Drift]) -> Vec<Group<'_, Drift>> {
    alike(
        drift.iter(),
        |drift| {
            let kind = &drift.address.kind;
            (kind, drift.class, &drift.fields, &drift.meaning)
        },
        |drift| &drift.address,
    )
}

pub(super) fn of_waits(waits: &[Wait]) -> Vec<Group<'_, Wait>> {
    alike(
        waits.iter(),
        |wait| (&wait.address.kind, &wait.reason, &wait.help, wait.broken),
        |wait| &wait.address,
    )
}

pub(super) fn of_refused(refused: &[Refused]) -> Vec<Group<'_, Refused>> {
    alike(
        refused.iter(),
        |refused| (&refused.address.kind, &refused.refusal),
        |refused| &refused.address,
    )
}

/// Groups by what `like` returns, written out in full: a hash alone could take two texts for one.
fn alike<'a, T, L: Serialize>(
    items: impl Iterator<Item = &'a T>,
    like: impl Fn(&'a T) -> L,
    address: impl Fn(&'a T) -> &'a Address,
) -> Vec<Group<'a, T>> {
    let mut groups: Vec<Group<'a, T>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for item in items {
        // Values without keys that are no strings can always be written; what could not be stands alone.
        let like = serde_json::to_string(&like(item)).ok();
        let next = groups.len();
        let index = like.map_or(next, |like| *known.entry(like).or_insert(next));
        if index == next {
            groups.push(Group {
                items: Vec::new(),
                addresses: Vec::new(),
            });
        }
        groups[index].items.push(item);
        groups[index].addresses.push(address(item));
    }
    groups
}

/// Returns `a, b and 212 more`.
pub(super) fn folded(addresses: &[&Address]) -> String {
    first(addresses, NAMED)
}

/// Returns the first of the addresses, and how many others there are; one that is left would take no more room.
pub(super) fn first(addresses: &[&Address], named: usize) -> String {
    if addresses.len() <= named + 1 {
        return all(addresses);
    }
    let rest = addresses.len() - named;
    format!(
        "{} and {} more",
        all(&addresses[..named]),
        count::grouped(rest as u64)
    )
}

/// Returns every address: nothing is destroyed that is not named.
pub(super) fn all(addresses: &[&Address]) -> String {
    let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    names.join(", ")
}
