//! How many of a campaign's sends may fail before it is halted.
//!
//! A failure is a send that Meta refused, whether it is tried again or not: where many are, the text, the list or the number is
//! wrong, and every further one costs reputation. Sends without an answer, and those that were put back, say nothing.

use crate::resource::Project;
use crate::resource::guard::Guard;

/// A limit on the share of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureLimit {
    pub percent: u64,
    /// Of fewer sends the share says nothing.
    pub at_least: u64,
}

impl FailureLimit {
    /// Returns the limit that the guard declares.
    #[must_use]
    pub fn of(project: &Project) -> Option<Self> {
        let guard = project.all::<Guard>().next()?;
        let (percent, at_least) = guard.value.max_failure_rate.as_ref()?.parts()?;
        Some(Self { percent, at_least })
    }

    /// Tells whether too many have failed.
    #[must_use]
    pub fn is_exceeded(self, failed: u64, settled: u64) -> bool {
        settled >= self.at_least
            && u128::from(failed) * 100 > u128::from(settled) * u128::from(self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_counts_from_enough_sends_on() {
        let limit = FailureLimit {
            percent: 20,
            at_least: 50,
        };
        assert!(!limit.is_exceeded(49, 49));
        assert!(!limit.is_exceeded(10, 50));
        assert!(limit.is_exceeded(11, 50));
        let never = FailureLimit {
            percent: 0,
            at_least: 1,
        };
        assert!(!never.is_exceeded(0, 0));
        assert!(never.is_exceeded(1, 1_000_000));
    }
}
