//! How fast a number sends.
//!
//! A token bucket whose rate can change while it runs: Meta's throttling halves it, and it climbs back by a fixed step
//! a second (additive increase, multiplicative decrease), so that several senders on one limit share it fairly. The
//! bucket holds a twentieth of a second's messages, so that the first second never sends twice the limit.
//!
//! Its time is the machine's and monotonic, since it is about the network: a clock that stands still or jumps (the
//! sandbox's) neither stops nor floods the sending. It never waits by itself; it says how long to wait.

use std::time::Duration;

use tokio::time::Instant;

/// The share of a second's messages that may go out at once.
const BURST: f64 = 1.0 / 20.0;
/// The share of the full rate that is won back each second without throttling: from half to full in 25 seconds.
const RECOVERY: f64 = 0.02;
/// The rate that throttling never goes below, unless less was asked for: one message in two seconds.
const FLOOR: f64 = 0.5;
/// A token that is missing less than this is whole: sums of fractions never quite reach it.
const ROUNDING: f64 = 1e-9;

/// A token bucket.
#[derive(Clone, Debug)]
pub struct Pacer {
    /// The rate that was asked for, a second.
    full: f64,
    /// The rate now; less than `full` after throttling.
    rate: f64,
    tokens: f64,
    filled_at: Instant,
    paused_until: Option<Instant>,
    epoch: u64,
}

impl Pacer {
    /// Returns a pacer of `rate` messages a second, which has one token.
    #[must_use]
    pub fn new(rate: f64, now: Instant) -> Self {
        let rate = sane(rate);
        Self {
            full: rate,
            rate,
            tokens: 1.0,
            filled_at: now,
            paused_until: None,
            epoch: 0,
        }
    }

    /// Returns the rate that was asked for.
    #[must_use]
    pub fn full_rate(&self) -> f64 {
        self.full
    }

    /// Returns the rate that holds now, messages a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Counts the decreases. What was sent in an earlier epoch says nothing about the present rate.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Asks for another rate from now on.
    pub fn set_rate(&mut self, rate: f64, now: Instant) {
        self.refill(now);
        let throttled = self.rate < self.full;
        self.full = sane(rate);
        self.rate = if throttled {
            self.rate.min(self.full)
        } else {
            self.full
        };
        self.tokens = self.tokens.min(self.capacity());
    }

    /// Returns how long to wait for the next token; zero where there is one.
    pub fn wait(&mut self, now: Instant) -> Duration {
        self.refill(now);
        if let Some(until) = self.paused_until {
            return until.duration_since(now);
        }
        let missing = 1.0 - self.tokens;
        if missing <= ROUNDING {
            return Duration::ZERO;
        }
        // Rounded up, so that whoever waited this long finds a token.
        Duration::from_secs_f64(missing / self.rate) + Duration::from_nanos(1)
    }

    /// Takes a token, which [`Self::wait`] said is there.
    pub fn take(&mut self) {
        self.tokens = (self.tokens - 1.0).max(0.0);
    }

    /// Halves the rate and begins a new epoch.
    pub fn slow_down(&mut self, now: Instant) {
        self.refill(now);
        self.rate = (self.rate / 2.0).max(FLOOR.min(self.full));
        self.tokens = 0.0;
        self.epoch += 1;
    }

    /// Gives out no token for `pause`, and begins a new epoch. A longer pause that runs already stays.
    pub fn pause(&mut self, pause: Duration, now: Instant) {
        self.refill(now);
        let until = now + pause;
        self.paused_until = Some(self.paused_until.map_or(until, |old| old.max(until)));
        self.tokens = 0.0;
        self.epoch += 1;
    }

    /// Says whether a pause runs.
    pub fn is_paused(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.paused_until.is_some()
    }

    fn refill(&mut self, now: Instant) {
        if let Some(until) = self.paused_until {
            if now < until {
                self.filled_at = now;
                return;
            }
            // Neither tokens nor speed are earned while pausing.
            self.filled_at = self.filled_at.max(until);
            self.paused_until = None;
        }
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.filled_at = self.filled_at.max(now);
        self.tokens = (self.tokens + passed * self.rate).min(self.capacity());
        self.rate = (self.rate + passed * self.full * RECOVERY).min(self.full);
    }

    fn capacity(&self) -> f64 {
        (self.rate * BURST).max(1.0)
    }
}

/// A rate of nothing, or of no number, would never send and never say so.
fn sane(rate: f64) -> f64 {
    if rate.is_finite() && rate > 0.0 {
        rate
    } else {
        FLOOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends whenever it may for `seconds`, asking every millisecond, and returns how many went out.
    fn sent_within(pacer: &mut Pacer, from: Instant, seconds: u64) -> usize {
        let mut sent = 0;
        for millis in 0..seconds * 1000 {
            let now = from + Duration::from_millis(millis);
            while pacer.wait(now).is_zero() {
                pacer.take();
                sent += 1;
            }
        }
        sent
    }

    #[tokio::test]
    async fn the_first_second_does_not_send_more_than_the_rate_and_a_small_burst() {
        let start = Instant::now();
        let mut pacer = Pacer::new(80.0, start);
        let sent = sent_within(&mut pacer, start, 1);
        assert!((80..=81).contains(&sent), "{sent}");
    }

    #[tokio::test]
    async fn the_rate_is_kept_over_time() {
        let start = Instant::now();
        for rate in [0.25, 3.0, 80.0, 1000.0] {
            let mut pacer = Pacer::new(rate, start);
            let sent = f64::from(u32::try_from(sent_within(&mut pacer, start, 20)).unwrap());
            assert!((sent - rate * 20.0).abs() <= 2.0, "{rate}/s gave {sent}");
        }
    }

    #[tokio::test]
    async fn an_idle_time_is_not_made_up_for() {
        let start = Instant::now();
        let mut pacer = Pacer::new(80.0, start);
        let later = start + Duration::from_mins(10);
        let mut at_once = 0;
        while pacer.wait(later).is_zero() {
            pacer.take();
            at_once += 1;
        }
        assert_eq!(at_once, 4);
    }

    #[tokio::test]
    async fn whoever_waits_as_long_as_told_finds_a_token() {
        let mut now = Instant::now();
        let mut pacer = Pacer::new(7.3, now);
        for _ in 0..1000 {
            now += pacer.wait(now);
            assert!(pacer.wait(now).is_zero());
            pacer.take();
        }
    }

    #[tokio::test]
    async fn throttling_halves_the_rate_and_it_climbs_back() {
        let start = Instant::now();
        let mut pacer = Pacer::new(80.0, start);
        pacer.slow_down(start);
        assert!((pacer.rate() - 40.0).abs() < 1e-6);
        pacer.wait(start + Duration::from_secs(10));
        assert!((pacer.rate() - 56.0).abs() < 1e-6);
        pacer.wait(start + Duration::from_secs(60));
        assert!((pacer.rate() - 80.0).abs() < 1e-6);
    }

    #[tokio::test]
    async fn throttling_has_a_floor() {
        let start = Instant::now();
        let mut pacer = Pacer::new(80.0, start);
        for _ in 0..100 {
            pacer.slow_down(start);
        }
        assert!(pacer.rate() >= FLOOR);
        let mut slow = Pacer::new(0.1, start);
        slow.slow_down(start);
        assert!((slow.rate() - 0.1).abs() < 1e-6);
    }

    #[tokio::test]
    async fn nothing_is_sent_or_earned_in_a_pause() {
        let start = Instant::now();
        let mut pacer = Pacer::new(80.0, start);
        pacer.slow_down(start);
        pacer.pause(Duration::from_secs(2), start);
        assert_eq!(pacer.wait(start), Duration::from_secs(2));
        assert!(pacer.is_paused(start + Duration::from_millis(1999)));
        let end = start + Duration::from_secs(2);
        assert!(!pacer.is_paused(end));
        assert!((pacer.rate() - 40.0).abs() < 1e-6);
        assert!(!pacer.wait(end).is_zero());
    }

    #[tokio::test]
    async fn a_new_rate_holds_at_once_but_does_not_undo_throttling() {
        let start = Instant::now();
        let mut pacer = Pacer::new(80.0, start);
        pacer.set_rate(1000.0, start);
        assert!((pacer.rate() - 1000.0).abs() < 1e-6);
        pacer.slow_down(start);
        pacer.set_rate(900.0, start);
        assert!((pacer.rate() - 500.0).abs() < 1e-6);
        pacer.set_rate(0.0, start);
        assert!(pacer.full_rate() > 0.0);
    }
}
