//! How many management calls an account has left this hour.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Calls per hour, app and account: 5000 when the account has a registered number, else 200 (about-the-platform page).
const WITH_NUMBER: u32 = 5_000;
const WITHOUT_NUMBER: u32 = 200;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The calls of the past hour, by account and minute.
#[derive(Debug, Default)]
pub(crate) struct Usage(BTreeMap<String, VecDeque<(i64, u32)>>);

/// How far the hour's calls are used up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// In percent.
    pub call_count: u32,
    /// Minutes until calls are taken again; 0 while they are.
    pub wait: i64,
}

impl Level {
    /// Returns the level at which calls are refused for so many minutes.
    pub(crate) fn used_up(minutes: i64) -> Self {
        Self {
            call_count: 100,
            wait: minutes,
        }
    }

    /// Returns the `X-Business-Use-Case-Usage` header.
    pub(crate) fn header(self, waba: &str) -> String {
        json!({waba: [{
            "type": "whatsapp_business_management",
            "call_count": self.call_count,
            "total_cputime": self.call_count.min(25),
            "total_time": self.call_count.min(25),
            "estimated_time_to_regain_access": self.wait,
        }]})
        .to_string()
    }
}

impl Usage {
    /// Counts one call; says whether it was one too many.
    pub(crate) fn count(&mut self, waba: &str, has_number: bool, now: Timestamp) -> Level {
        let limit = if has_number {
            WITH_NUMBER
        } else {
            WITHOUT_NUMBER
        };
        let minutes = self.0.entry(waba.to_owned()).or_default();
        let minute = now.as_second().div_euclid(60);
        let oldest = now
            .saturating_sub(HOUR)
            .unwrap_or(Timestamp::MIN)
            .as_second()
            .div_euclid(60);
        // A clock that was turned back begins a new count.
        minutes.retain(|(at, _)| *at > oldest && *at <= minute);
        match minutes.back_mut() {
            Some((at, count)) if *at == minute => *count = count.saturating_add(1),
            _ => minutes.push_back((minute, 1)),
        }
        let count: u32 = minutes.iter().map(|(_, count)| count).sum();
        let wait = match minutes.front() {
            Some((first, _)) if count > limit => (first + 60 - minute).max(1),
            _ => 0,
        };
        Level {
            call_count: count.saturating_mul(100) / limit,
            wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_fills_and_empties() {
        let mut usage = Usage::default();
        let start = Timestamp::UNIX_EPOCH;
        for _ in 0..200 {
            assert_eq!(usage.count("1", false, start).wait, 0);
        }
        let level = usage.count("1", false, start);
        assert_eq!((level.call_count, level.wait), (100, 60));
        assert_eq!(usage.count("2", false, start).wait, 0);
        let later = start.saturating_add(HOUR).unwrap();
        assert_eq!(usage.count("1", false, later).wait, 0);
    }
}
