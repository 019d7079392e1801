//! What to remember of an object that is live as it is declared.

use jiff::Timestamp;

use crate::resource::{Desired, Live, Reconciler};
use crate::store::{Applied, RightUsed};

/// What to remember of an object.
pub(super) struct Found {
    pub(super) applied: Applied,
    pub(super) rights: Vec<RightUsed>,
    /// Only what its owner has moved is new: it was applied before.
    pub(super) noted: bool,
}

/// Returns what to remember of an object that was found to be what is declared, with the rights that a write without a record
/// used up; none where the state says so already.
pub(super) fn remembering(
    reconciler: &dyn Reconciler,
    desired: &Desired,
    last: Option<&Applied>,
    live: &Live,
    at: Timestamp,
) -> Option<Found> {
    let is_same = |last: &Applied| {
        last.content == desired.content && last.id == live.id && last.address == desired.address
    };
    let same = last.filter(|last| is_same(last));
    let before = last.filter(|last| last.id == live.id);
    let notes = before.is_none_or(|last| reconciler.takes_note(&last.facts, live));
    if same.is_some() && !notes {
        return None;
    }
    let rights = before.map(|last| reconciler.unrecorded(&last.content, live, at));
    let applied = Applied {
        address: desired.address.clone(),
        account: desired.account.clone(),
        key: desired.key.clone(),
        id: live.id.clone(),
        content: reconciler.found(desired, live),
        facts: match before {
            Some(last) if !notes => last.facts.clone(),
            _ => live.facts.clone(),
        },
        // What is only noted was not applied again.
        at: same.map_or(at, |last| last.at),
    };
    Some(Found {
        applied,
        rights: rights.unwrap_or_default(),
        noted: same.is_some(),
    })
}
