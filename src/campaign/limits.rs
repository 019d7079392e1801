//! The portfolio's limit: how many new contacts may be messaged within 24 hours.
//!
//! Meta counts the different people whom a portfolio's numbers message outside a service window, over a rolling day.
//! The ledger counts the same from its claims; this holds the rest of the allowance while several numbers send.
//! Whoever sends for hours reads it anew now and then: what becomes free again is given out. It does not see what
//! other tools send from the same portfolio.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::store::{self, Store};

/// The time over which Meta counts (messaging limits; per portfolio since 7 October 2025).
pub const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// What is left of the allowance; shared by all numbers of an account.
#[derive(Debug)]
pub struct Portfolio(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// None without a limit.
    left: Option<u64>,
    /// Taken by claims that the ledger may not have counted yet.
    open: u64,
    /// Taken ever.
    taken: u64,
}

impl Portfolio {
    /// Returns an allowance without end.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(Mutex::default())
    }

    /// Returns the rest of an allowance of which `used` is gone.
    #[must_use]
    pub fn new(limit: u64, used: u64) -> Self {
        Self(Mutex::new(State {
            left: Some(limit.saturating_sub(used)),
            ..State::default()
        }))
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
        let portfolio = Self::unlimited();
        portfolio.refresh(store, account, limit, now).await?;
        Ok(portfolio)
    }

    /// Asks the ledger anew, while others may be taking: what they take in the meantime is gone, whether the ledger has
    /// counted it or not.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn refresh(
        &self,
        store: &dyn Store,
        account: &str,
        limit: Option<u64>,
        now: Timestamp,
    ) -> store::Result<()> {
        let Some(limit) = limit else {
            self.lock().left = None;
            return Ok(());
        };
        let (open, taken) = {
            let state = self.lock();
            (state.open, state.taken)
        };
        let since = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let used = store.recipients_since(account, since).await?;
        let mut state = self.lock();
        let uncounted = open + (state.taken - taken);
        state.left = Some(limit.saturating_sub(used).saturating_sub(uncounted));
        Ok(())
    }

    /// Takes one new contact out of the allowance, where one is left.
    #[must_use]
    pub fn take(&self) -> bool {
        let mut state = self.lock();
        match &mut state.left {
            Some(0) => return false,
            Some(left) => *left -= 1,
            None => {}
        }
        state.open += 1;
        state.taken += 1;
        true
    }

    /// Says that the claim that so many were taken for has ended: the ledger counts those of them that it claimed.
    pub fn counted(&self, contacts: u64) {
        let mut state = self.lock();
        state.open = state.open.saturating_sub(contacts);
    }

    /// Gives back what was taken for contacts that were not messaged after all.
    pub fn give_back(&self, contacts: u64) {
        if let Some(left) = &mut self.lock().left {
            *left += contacts;
        }
    }

    /// Returns how many new contacts may still be messaged; none without a limit.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.lock().left
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing can panic between two writes to it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// A ledger that has counted so many, and takes from the allowance while it is asked.
    async fn refreshed(portfolio: &Portfolio, counted: u64) -> Option<u64> {
        let ledger = crate::store::sqlite::temporary().unwrap();
        let used = ledger.recipients_since("main", Timestamp::UNIX_EPOCH);
        assert_eq!(used.await.unwrap(), 0);
        portfolio
            .refresh(&*ledger, "main", Some(10 - counted), Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        portfolio.left()
    }

    #[tokio::test]
    async fn what_is_taken_and_not_counted_yet_is_not_given_out_again() {
        let portfolio = Portfolio::new(10, 0);
        for _ in 0..4 {
            assert!(portfolio.take());
        }
        // Two of the four were claimed: the ledger counts them.
        portfolio.counted(2);
        assert_eq!(refreshed(&portfolio, 2).await, Some(6));
        portfolio.counted(2);
        assert_eq!(refreshed(&portfolio, 4).await, Some(6));
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
