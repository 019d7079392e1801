//! How long to wait before something is tried again.
//!
//! Pure arithmetic: nothing here waits, knows the time or counts attempts. How many attempts a contact may have is the
//! ledger's to enforce, since it alone knows which of them counted. The waits that Meta asks for stand with the classes
//! of its errors.

use std::time::Duration;

use jiff::SignedDuration;

use crate::resource::campaign::Campaign;

/// The waits before the second, third, ... attempt where a campaign declares none.
pub const DEFAULT_BACKOFF: [SignedDuration; 3] = [
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(6),
];

/// A campaign's waits between attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff(Vec<SignedDuration>);

impl Backoff {
    /// Returns the declared waits; the last repeats. None at all means [`DEFAULT_BACKOFF`].
    #[must_use]
    pub fn new(waits: Vec<SignedDuration>) -> Self {
        if waits.is_empty() {
            Self::default()
        } else {
            Self(waits)
        }
    }

    /// Returns a campaign's declared waits.
    #[must_use]
    pub fn of(campaign: &Campaign) -> Self {
        let declared = campaign
            .retry
            .as_ref()
            .and_then(|retry| retry.backoff.as_ref());
        let waits = declared.into_iter().flatten().map(|interval| interval.0);
        Self::new(waits.collect())
    }

    /// Returns the wait after the failure of an attempt (the first is one).
    #[must_use]
    pub fn after(&self, attempt: u32) -> SignedDuration {
        let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        let last = self.0.len() - 1;
        self.0[index.min(last)]
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self(DEFAULT_BACKOFF.to_vec())
    }
}

/// Returns the `nth` (from one) of the waits that double from `first` to `longest`.
#[must_use]
pub fn doubling(first: Duration, longest: Duration, nth: u32) -> Duration {
    let factor = 1u32.checked_shl(nth.saturating_sub(1)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_wait_repeats() {
        let backoff = Backoff::new(vec![
            SignedDuration::from_mins(1),
            SignedDuration::from_mins(5),
        ]);
        let minutes: Vec<_> = (1..=4).map(|n| backoff.after(n).as_mins()).collect();
        assert_eq!(minutes, [1, 5, 5, 5]);
        assert_eq!(backoff.after(0).as_mins(), 1);
        assert_eq!(backoff.after(u32::MAX).as_mins(), 5);
    }

    #[test]
    fn no_waits_are_the_default_ones() {
        assert_eq!(Backoff::new(Vec::new()), Backoff::default());
        assert_eq!(Backoff::default().after(1).as_mins(), 15);
    }

    #[test]
    fn doubling_ends_at_the_longest() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_mins(1));
        let seconds: Vec<_> = [1, 2, 3, 6, 7, 40]
            .map(|nth| doubling(first, longest, nth).as_secs())
            .to_vec();
        assert_eq!(seconds, [1, 2, 4, 32, 60, 60]);
    }
}
