//! The portfolio's limit: how many new contacts may be messaged within 24 hours.
//!
//! Meta counts the different people whom a portfolio's numbers message outside a service window, over a rolling day.
//! The ledger counts the same from its claims; this holds the rest of the allowance while several numbers send.
//! It is read once: what becomes free again during a run is given out by the next. It does not see what other
//! tools send from the same portfolio.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::store::{self, Store};

/// The time over which Meta counts (messaging limits; per portfolio since 7 October 2025).
pub const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// What is left of the allowance; shared by all numbers of an account.
#[derive(Debug)]
pub struct Portfolio {
    /// None without a limit.
    left: Option<AtomicU64>,
}

impl Portfolio {
    /// Returns an allowance without end.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { left: None }
    }

    /// Returns the rest of an allowance of which `used` is gone.
    #[must_use]
    pub fn new(limit: u64, used: u64) -> Self {
        Self {
            left: Some(AtomicU64::new(limit.saturating_sub(used))),
        }
    }

    /// Asks the ledger how much of the limit the last 24 hours used.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn read(
        store: &dyn Store,
        account: &str,
        limit: Option<u64>,
        now: Timestamp,
    ) -> store::Result<Self> {
        let Some(limit) = limit else {
            return Ok(Self::unlimited());
        };
        let since = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        Ok(Self::new(
            limit,
            store.recipients_since(account, since).await?,
        ))
    }

    /// Takes one new contact out of the allowance, where one is left.
    #[must_use]
    pub fn take(&self) -> bool {
        self.left.as_ref().is_none_or(|left| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        })
    }

    /// Gives back what was taken for contacts that were not messaged after all.
    pub fn give_back(&self, contacts: u64) {
        if let Some(left) = &self.left {
            left.fetch_add(contacts, Ordering::Relaxed);
        }
    }

    /// Returns how many new contacts may still be messaged; none without a limit.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.left.as_ref().map(|left| left.load(Ordering::Relaxed))
    }
}

/// Says whether a message at `last` still counts for its contact, so that another one is free.
#[must_use]
pub fn counts_already(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_some_and(|last| now.duration_since(last) < WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_ends_and_can_be_given_back() {
        let portfolio = Portfolio::new(250, 248);
        assert!(portfolio.take());
        assert!(portfolio.take());
        assert!(!portfolio.take());
        portfolio.give_back(1);
        assert!(portfolio.take());
        assert_eq!(portfolio.left(), Some(0));
    }

    #[test]
    fn a_lowered_limit_that_is_overdrawn_leaves_nothing() {
        assert!(!Portfolio::new(250, 1000).take());
    }

    #[test]
    fn without_a_limit_there_is_always_one_more() {
        let portfolio = Portfolio::unlimited();
        assert!(portfolio.take());
        assert_eq!(portfolio.left(), None);
    }

    #[test]
    fn a_contact_counts_for_a_day() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(48);
        assert!(!counts_already(None, now));
        assert!(counts_already(
            Some(now - SignedDuration::from_hours(23)),
            now
        ));
        assert!(!counts_already(Some(now - WINDOW), now));
    }
}
