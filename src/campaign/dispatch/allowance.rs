//! How many people a campaign may message in one run, where that was agreed upon.
//!
//! Whoever applies a plan that was shown messages as many as it showed, whatever has fallen due since. A person is taken in
//! once: who is put back, or is to be tried again for a passing reason, takes no second place.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places that are left; shared with the store, which decides on a thread of its own.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    left: u64,
    /// Those of the people taken in who may be claimed again.
    again: HashSet<String>,
}

/// The answer to somebody who asks for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A new one.
    Taken,
    /// The one that this person has already.
    Kept,
    None,
}

impl Allowance {
    pub(super) fn new(people: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            left: people,
            again: HashSet::new(),
        })))
    }

    pub(super) fn ask(&self, phone: &str) -> Place {
        let mut state = self.lock();
        if state.again.contains(phone) {
            return Place::Kept;
        }
        match state.left.checked_sub(1) {
            Some(left) => {
                state.left = left;
                Place::Taken
            }
            None => Place::None,
        }
    }

    /// Takes places back that were taken by a claim and not used.
    pub(super) fn give_back(&self, places: u64) {
        self.lock().left += places;
    }

    /// Notes that somebody who kept a place was claimed.
    pub(super) fn claimed(&self, phone: &str) {
        self.lock().again.remove(phone);
    }

    /// Keeps the place of somebody who is due again.
    pub(super) fn keep_for(&self, phone: &str) {
        self.lock().again.insert(phone.to_owned());
    }

    /// Tells whether all places are taken.
    pub(super) fn is_full(&self) -> bool {
        self.lock().left == 0
    }

    /// Returns how many people may still be claimed.
    pub(super) fn room(&self) -> u64 {
        let state = self.lock();
        state.left + state.again.len() as u64
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one step: there is nothing half done to be afraid of.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
