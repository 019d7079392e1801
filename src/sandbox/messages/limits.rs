//! How fast and to how many: the number's throughput, the pair limit, the portfolio's people in 24 hours.
//!
//! Kept in memory and bounded by what is recent; after a restart it is reckoned again from the messages.

use std::collections::{BTreeSet, HashMap};

use jiff::SignedDuration;

use crate::sandbox::data::Recent;
use crate::sandbox::random::mix_text;

/// One message in 6 seconds to one person, 45 of them ahead of time (service messages page, throughput page).
const PAIR_INTERVAL: i64 = 6_000;
const PAIR_BURST: i64 = 45;
const DAY: i64 = 86_400_000;

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// By number, in microseconds: when the last message's share of the second is over.
    numbers: HashMap<String, i64>,
    /// By number and person, in milliseconds: when the last message's six seconds are over.
    pairs: HashMap<u64, i64>,
    /// At how many pairs those that are over are thrown out.
    sweep_at: usize,
    /// Whom the portfolio messaged outside a service window, and when last; none while it is not limited.
    people: Option<People>,
}

#[derive(Debug, Default)]
struct People {
    last: HashMap<u64, i64>,
    by_time: BTreeSet<(i64, u64)>,
}

impl People {
    fn note(&mut self, person: u64, at: i64) {
        if let Some(before) = self.last.insert(person, at) {
            self.by_time.remove(&(before, person));
        }
        self.by_time.insert((at, person));
    }

    fn forget_before(&mut self, at: i64) {
        while let Some((when, person)) = self
            .by_time
            .first()
            .copied()
            .filter(|(when, _)| *when <= at)
        {
            self.by_time.remove(&(when, person));
            self.last.remove(&person);
        }
    }
}

/// A bucket that empties at one message an interval and holds `burst` of them. Says whether one more fits.
fn fits(ends: &mut i64, now: i64, interval: i64, burst: i64) -> bool {
    let start = (*ends).max(now);
    // A clock that was turned back by more than the bucket holds begins anew.
    let start = if start - now > interval * (burst + 1) {
        now
    } else {
        start
    };
    if start + interval > now + interval * burst {
        return false;
    }
    *ends = start + interval;
    true
}

impl Limits {
    /// How far back messages matter: a day while people are counted, else as long as a pair's burst lasts.
    pub(crate) fn look_back(limited: bool) -> SignedDuration {
        SignedDuration::from_millis(if limited {
            DAY
        } else {
            PAIR_INTERVAL * PAIR_BURST
        })
    }

    /// Reckons the counts again, from the messages of the time that matters.
    pub(crate) fn rebuild(&mut self, recent: &[Recent], limited: bool) {
        *self = Self {
            people: limited.then(People::default),
            ..Self::default()
        };
        for message in recent {
            let pair = self
                .pairs
                .entry(key(&message.phone, &message.wa_id))
                .or_default();
            *pair = (*pair).max(message.accepted_at) + PAIR_INTERVAL;
            if let Some(people) = self.people.as_mut().filter(|_| message.outside) {
                people.note(mix_text(0, &message.wa_id), message.accepted_at);
            }
        }
    }

    /// Whether a number may send one more message this second.
    pub(super) fn throughput(&mut self, phone: &str, per_second: u32, now: i64) -> bool {
        if !self.numbers.contains_key(phone) {
            self.numbers.insert(phone.to_owned(), 0);
        }
        let Some(ends) = self.numbers.get_mut(phone) else {
            return true;
        };
        fits(
            ends,
            now * 1_000,
            1_000_000 / i64::from(per_second),
            i64::from(per_second),
        )
    }

    /// Whether a number may send one more message to a person.
    pub(super) fn pair(&mut self, phone: &str, wa_id: &str, now: i64) -> bool {
        if self.pairs.len() > self.sweep_at {
            self.pairs.retain(|_, ends| *ends > now);
            self.sweep_at = self.pairs.len() * 2 + 4_096;
        }
        fits(
            self.pairs.entry(key(phone, wa_id)).or_default(),
            now,
            PAIR_INTERVAL,
            PAIR_BURST,
        )
    }

    /// Whether the portfolio may message one more person, or this one again.
    pub(super) fn person(&mut self, wa_id: &str, most: Option<usize>, now: i64) -> bool {
        let (Some(most), Some(people)) = (most, self.people.as_mut()) else {
            return true;
        };
        people.forget_before(now - DAY);
        let person = mix_text(0, wa_id);
        if !people.last.contains_key(&person) && people.last.len() >= most {
            return false;
        }
        people.note(person, now);
        true
    }
}

fn key(phone: &str, wa_id: &str) -> u64 {
    mix_text(mix_text(0, phone), wa_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_bucket_holds_45_and_empties_one_in_six_seconds() {
        let mut limits = Limits::default();
        let now = 1_000_000_000;
        for _ in 0..45 {
            assert!(limits.pair("p", "a", now));
        }
        assert!(!limits.pair("p", "a", now));
        assert!(limits.pair("p", "b", now));
        assert!(!limits.pair("p", "a", now + 5_999));
        assert!(limits.pair("p", "a", now + 6_000));
        assert!(!limits.pair("p", "a", now + 6_001));
    }

    #[test]
    fn throughput_is_per_number_and_second() {
        let mut limits = Limits::default();
        assert_eq!(
            (0..200)
                .filter(|_| limits.throughput("p", 80, 5_000))
                .count(),
            80
        );
        assert_eq!(
            (0..200)
                .filter(|_| limits.throughput("p", 80, 5_500))
                .count(),
            40
        );
        assert_eq!(
            (0..200)
                .filter(|_| limits.throughput("q", 80, 5_500))
                .count(),
            80
        );
    }

    #[test]
    fn people_count_once_for_a_day_and_again_after_a_restart() {
        let mut limits = Limits::default();
        limits.rebuild(&[], true);
        assert!(limits.person("a", Some(2), 0));
        assert!(limits.person("b", Some(2), 1_000));
        assert!(limits.person("a", Some(2), 2_000));
        assert!(!limits.person("c", Some(2), 3_000));
        assert!(limits.person("c", Some(2), DAY + 1_000));
        let recent = |wa_id: &str| Recent {
            phone: "p".into(),
            wa_id: wa_id.into(),
            outside: true,
            accepted_at: 10,
        };
        limits.rebuild(&[recent("a"), recent("b")], true);
        assert!(!limits.person("c", Some(2), 20));
        assert!(limits.person("b", Some(2), 20));
    }
}
