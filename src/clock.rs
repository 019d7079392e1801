//! The one source of time.
//!
//! Everything that asks what time it is asks a [`Clock`] that was handed to it, so that a test or the sandbox can let
//! a day pass in a millisecond. A clock runs with the machine's, shifted by an offset, or stands still until it is
//! moved.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// A cheap handle on a source of time; clones share it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<watch::Sender<Mode>>);

#[derive(Clone, Copy, Debug)]
enum Mode {
    /// The machine's clock, shifted.
    Running(SignedDuration),
    /// Stands still.
    Frozen(Timestamp),
}

impl Mode {
    fn now(self) -> Timestamp {
        match self {
            Self::Running(offset) => machine_now()
                .saturating_add(offset)
                .unwrap_or(Timestamp::MAX),
            Self::Frozen(at) => at,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock"
)]
fn machine_now() -> Timestamp {
    Timestamp::now()
}

impl Clock {
    /// Returns a clock that follows the machine's.
    #[must_use]
    pub fn system() -> Self {
        Self::shifted(SignedDuration::ZERO)
    }

    /// Returns a clock that follows the machine's, `offset` ahead of it.
    #[must_use]
    pub fn shifted(offset: SignedDuration) -> Self {
        Self(Arc::new(watch::Sender::new(Mode::Running(offset))))
    }

    /// Returns a clock that stands at `at` until it is moved.
    #[must_use]
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(watch::Sender::new(Mode::Frozen(at))))
    }

    /// Returns the present time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.borrow().now()
    }

    /// Returns how far this clock is ahead of the machine's (negative: behind it).
    #[must_use]
    pub fn offset(&self) -> SignedDuration {
        self.now().duration_since(machine_now())
    }

    /// Whether this clock stands still until it is moved.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        matches!(*self.0.borrow(), Mode::Frozen(_))
    }

    /// Moves the clock forward, or back where `by` is negative, and wakes whoever sleeps on it.
    pub fn advance(&self, by: SignedDuration) {
        self.0.send_modify(|mode| {
            *mode = match *mode {
                Mode::Running(offset) => Mode::Running(offset.saturating_add(by)),
                Mode::Frozen(at) => Mode::Frozen(at.saturating_add(by).unwrap_or(Timestamp::MAX)),
            };
        });
    }

    /// Moves the clock to `at` and wakes whoever sleeps on it.
    pub fn set(&self, at: Timestamp) {
        self.advance(at.duration_since(self.now()));
    }

    /// Waits until this clock has reached `at`.
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut moved = self.0.subscribe();
        loop {
            let mode = *moved.borrow_and_update();
            let left = at.duration_since(mode.now());
            if left <= SignedDuration::ZERO {
                return;
            }
            match mode {
                Mode::Running(_) => {
                    let left = Duration::try_from(left).unwrap_or_default();
                    tokio::select! {
                        () = tokio::time::sleep(left) => {}
                        _ = moved.changed() => {}
                    }
                }
                // The sender lives as long as `self`, so that this cannot fail.
                Mode::Frozen(_) => drop(moved.changed().await),
            }
        }
    }

    /// Waits for `duration` by this clock.
    pub async fn sleep(&self, duration: Duration) {
        let by = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        let at = self.now().saturating_add(by).unwrap_or(Timestamp::MAX);
        self.sleep_until(at).await;
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_day_passes_in_a_moment() {
        let clock = Clock::frozen(Timestamp::UNIX_EPOCH);
        let day = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(day).await;
                clock.now()
            }
        });
        clock.advance(SignedDuration::from_hours(24));
        assert_eq!(sleeper.await.unwrap().as_second(), 86_400);
    }

    #[test]
    fn a_running_clock_keeps_its_offset() {
        let clock = Clock::system();
        clock.advance(SignedDuration::new(48 * 3600 + 60, 0));
        assert_eq!(clock.offset().as_hours(), 48);
    }
}
