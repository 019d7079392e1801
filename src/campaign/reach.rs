//! How many people a campaign can reach on which day.
//!
//! Time is walked through in quarters of an hour from now on. In each of them goes out what the rate of the campaign and of its
//! number lets through, what the account's limit of 24 hours leaves, and to people only who are outside their quiet hours.
//! What the ledger has sent, and what the campaigns before this one in the plan will send, takes its part of rate and limit
//! away, and gives it back a day later.
//!
//! It is a forecast: it takes the quiet hours of the first day for those of every day (clocks that change move a day's count by an
//! hour), lets who is held back by a gap go when the longest gap has passed, and knows nothing of retries and of how long a
//! review takes.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::forecast::Day;
use super::limits::WINDOW;
use super::quiet_hours::next_open;
use crate::resource::campaign::QuietHours;
use crate::store::{self, Store};

/// One step.
const SLOT: SignedDuration = SignedDuration::from_mins(15);
const SLOT_SECONDS: f64 = 900.0;
/// Steps in a day, and in the window of the limit.
pub(super) const DAY: usize = 96;
/// How far ahead is looked: a quarter of a year. Who cannot be reached until then is on no day.
const HORIZON: usize = 92 * DAY;
/// What opens within this time after a step has begun is open in it, as it is for an apply.
const SOON: SignedDuration = SignedDuration::from_secs(60);

/// What the campaigns of a plan take from each other.
pub(super) struct Calendar {
    now: Timestamp,
    accounts: BTreeMap<String, Used>,
    numbers: BTreeMap<String, Vec<u64>>,
}

/// How many new recipients an account has, or will have, in each step; the first are those of the day that has passed.
#[derive(Clone, Debug)]
pub(super) struct Used(Vec<u64>);

/// People who may be messaged at the same times.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    pub(super) people: u64,
    /// For each step of a day, beginning now.
    pub(super) open: Vec<bool>,
    /// The first step in which they may be messaged.
    pub(super) from: usize,
}

/// A campaign that wants to send.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    pub(super) crowds: Vec<Crowd>,
    /// How many of all take from the limit; the others were messaged within the day and go first.
    pub(super) newcomers: u64,
    /// Messages a second.
    pub(super) rate: f64,
    /// Those of the whole number.
    pub(super) number_rate: f64,
    pub(super) limit: Option<u64>,
    pub(super) steps: std::ops::Range<usize>,
}

impl Calendar {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            now,
            accounts: BTreeMap::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Returns the steps from a time on, or from now; never more than are looked at.
    pub(super) fn steps(
        &self,
        starts_at: Option<Timestamp>,
        ends_at: Option<Timestamp>,
    ) -> std::ops::Range<usize> {
        let step = |at: Timestamp| at.duration_since(self.now).as_secs().max(0) / SLOT.as_secs();
        let clamped = |step: i64| usize::try_from(step).unwrap_or(HORIZON).min(HORIZON);
        // What begins within a step begins with the next one.
        let from = starts_at.map_or(0, |at| {
            clamped(step(
                at.saturating_add(SLOT - SOON).unwrap_or(Timestamp::MAX),
            ))
        });
        from..ends_at.map_or(HORIZON, |at| clamped(step(at)))
    }

    /// Returns the people of a set of zones.
    pub(super) fn crowd(&self, people: u64, zones: &[&str], quiet: Option<&QuietHours>) -> Crowd {
        let opens = |step: i64| {
            let Some(quiet) = quiet else { return true };
            let at = beginning(self.now, step);
            let soon = at.saturating_add(SOON).unwrap_or(Timestamp::MAX);
            next_open(at, zones, quiet).is_some_and(|open| open <= soon)
        };
        Crowd {
            people,
            open: (0..).take(DAY).map(opens).collect(),
            from: 0,
        }
    }

    /// Returns the people whom a gap holds back until then.
    pub(super) fn held(&self, people: u64, gap: SignedDuration) -> Crowd {
        let until = self.now.saturating_add(gap).unwrap_or(Timestamp::MAX);
        Crowd {
            people,
            open: vec![true; DAY],
            from: self.steps(Some(until), None).start,
        }
    }

    /// Sends what is wanted as early as it may go, and returns how many on which day, today first.
    ///
    /// # Errors
    /// Where the ledger cannot tell what was sent.
    pub(super) async fn reach(
        &mut self,
        store: &dyn Store,
        account: &str,
        number: &str,
        demand: Demand,
    ) -> store::Result<Vec<Day>> {
        if !self.accounts.contains_key(account) {
            let used = match demand.limit {
                Some(_) => Used::read(store, account, self.now).await?,
                None => Used::nothing(),
            };
            self.accounts.insert(account.to_owned(), used);
        }
        let Some(used) = self.accounts.get_mut(account) else {
            return Ok(Vec::new());
        };
        let busy = self
            .numbers
            .entry(number.to_owned())
            .or_insert_with(|| vec![0; HORIZON]);
        Ok(days(self.now, &walk(demand, used, busy)))
    }
}

/// Returns when a step begins.
fn beginning(now: Timestamp, step: i64) -> Timestamp {
    let after = SignedDuration::from_secs(SLOT.as_secs().saturating_mul(step));
    now.saturating_add(after).unwrap_or(Timestamp::MAX)
}

impl Used {
    pub(super) fn nothing() -> Self {
        Self(vec![0; DAY + HORIZON])
    }

    /// Asks the ledger for the day that has passed, hour by hour; an hour's recipients count as those of its end.
    async fn read(store: &dyn Store, account: &str, now: Timestamp) -> store::Result<Self> {
        let mut used = Self::nothing();
        let since = |hours: i64| {
            let back = WINDOW - SignedDuration::from_hours(hours);
            now.saturating_sub(back).unwrap_or(Timestamp::MIN)
        };
        let mut left = store.recipients_since(account, since(0)).await?;
        for (hour, end) in (1..=24).zip((DAY / 24 - 1..DAY).step_by(DAY / 24)) {
            if left == 0 {
                break;
            }
            // Claims of this very moment are none of the future's.
            let later = match hour {
                24 => 0,
                hour => store.recipients_since(account, since(hour)).await?,
            };
            used.0[end] = left.saturating_sub(later);
            left = later;
        }
        Ok(used)
    }

    /// Returns how many counted in the window that ends with a step.
    fn in_window(&self, step: usize) -> u64 {
        self.0[step + 1..=step + DAY].iter().sum()
    }
}

/// Walks through the steps; returns how many are reached in each.
pub(super) fn walk(mut demand: Demand, used: &mut Used, busy: &mut [u64]) -> Vec<u64> {
    let mut reached = vec![0; demand.steps.end.min(busy.len())];
    let total: u64 = demand.crowds.iter().map(|crowd| crowd.people).sum();
    let mut newcomers = demand.newcomers.min(total);
    let mut regulars = total - newcomers;
    let mut credit = 0.0;
    let mut window = used.in_window(demand.steps.start.min(HORIZON - 1));
    for step in demand.steps.start..reached.len() {
        if demand.crowds.iter().all(|crowd| !crowd.comes_after(step)) {
            break;
        }
        if step > demand.steps.start {
            window = window + used.0[step + DAY] - used.0[step];
        }
        // What a slow rate does not let through in one step adds up; what nobody takes is lost.
        credit = credit % 1.0 + demand.rate * SLOT_SECONDS;
        let of_number = whole(demand.number_rate * SLOT_SECONDS).saturating_sub(busy[step]);
        let of_limit = demand
            .limit
            .map_or(u64::MAX, |limit| regulars + limit.saturating_sub(window));
        let allowed = whole(credit).min(of_number).min(of_limit);
        let mut left = allowed;
        for crowd in &mut demand.crowds {
            if crowd.is_open(step) {
                let gone = crowd.people.min(left);
                crowd.people -= gone;
                left -= gone;
            }
        }
        let sent = allowed - left;
        let new = sent.saturating_sub(regulars).min(newcomers);
        regulars -= sent - new;
        newcomers -= new;
        used.0[step + DAY] += new;
        window += new;
        busy[step] += sent;
        reached[step] = sent;
    }
    reached
}

impl Crowd {
    fn is_open(&self, step: usize) -> bool {
        step >= self.from && self.open[step % DAY]
    }

    /// Tells whether anybody of it may still be messaged in a step or later.
    fn comes_after(&self, step: usize) -> bool {
        let steps = step.max(self.from);
        self.people > 0 && (steps..steps + DAY).any(|step| self.is_open(step))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "messages in a quarter of an hour"
)]
fn whole(messages: f64) -> u64 {
    messages.floor().max(0.0) as u64
}

fn days(now: Timestamp, reached: &[u64]) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for (step, contacts) in (0..).zip(reached).filter(|(_, contacts)| **contacts > 0) {
        let date = TimeZone::UTC.to_datetime(beginning(now, step)).date();
        match days.last_mut().filter(|day| day.date == date) {
            Some(day) => day.contacts += contacts,
            None => days.push(Day {
                date,
                contacts: *contacts,
            }),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::TimeOfDay;

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn anybody(people: u64) -> Crowd {
        Crowd {
            people,
            open: vec![true; DAY],
            from: 0,
        }
    }

    fn demand(crowds: Vec<Crowd>, limit: Option<u64>) -> Demand {
        Demand {
            newcomers: crowds.iter().map(|crowd| crowd.people).sum(),
            crowds,
            rate: 80.0,
            number_rate: 80.0,
            limit,
            steps: 0..HORIZON,
        }
    }

    fn walked(demand: Demand) -> Vec<u64> {
        walk(demand, &mut Used::nothing(), &mut vec![0; HORIZON])
    }

    fn by_day(reached: &[u64]) -> Vec<(String, u64)> {
        days(now(), reached)
            .into_iter()
            .map(|day| (day.date.to_string(), day.contacts))
            .collect()
    }

    fn day(date: &str, contacts: u64) -> (String, u64) {
        (date.to_owned(), contacts)
    }

    #[test]
    fn the_limit_of_a_day_spreads_a_campaign_over_days() {
        let reached = walked(demand(vec![anybody(600)], Some(250)));
        assert_eq!(
            by_day(&reached),
            [
                day("2026-11-22", 250),
                day("2026-11-23", 250),
                day("2026-11-24", 100)
            ]
        );
    }

    #[test]
    fn who_was_messaged_today_takes_nothing_from_the_limit() {
        let all = Demand {
            newcomers: 100,
            ..demand(vec![anybody(600)], Some(250))
        };
        assert_eq!(by_day(&walked(all)), [day("2026-11-22", 600)]);
    }

    #[test]
    fn what_was_used_is_free_again_a_day_later() {
        let mut used = Used::nothing();
        // Two hours ago.
        used.0[DAY - 8] = 200;
        let reached = walk(
            demand(vec![anybody(300)], Some(250)),
            &mut used,
            &mut vec![0; HORIZON],
        );
        assert_eq!(reached[0], 50);
        assert_eq!(reached[DAY - 8], 200, "22 hours from now");
        assert_eq!(reached[DAY], 50);
    }

    #[test]
    fn campaigns_take_from_each_other() {
        let (mut used, mut busy) = (Used::nothing(), vec![0; HORIZON]);
        let first = walk(demand(vec![anybody(200)], Some(250)), &mut used, &mut busy);
        let second = walk(demand(vec![anybody(200)], Some(250)), &mut used, &mut busy);
        assert_eq!((first[0], second[0], second[DAY]), (200, 50, 150));
    }

    #[test]
    fn a_slow_rate_adds_up() {
        let slowly = Demand {
            // One an hour.
            rate: 1.0 / 3600.0,
            ..demand(vec![anybody(30)], None)
        };
        assert_eq!(
            by_day(&walked(slowly)),
            [day("2026-11-22", 14), day("2026-11-23", 16)]
        );
    }

    #[test]
    fn quiet_hours_put_people_off_in_their_own_zones() {
        let calendar = Calendar::new(now());
        let time = |text: &str| text.parse::<TimeOfDay>().unwrap();
        let quiet = QuietHours {
            from: time("11:00"),
            to: time("21:30"),
        };
        let crowd = |zone| calendar.crowd(10, &[zone], Some(&quiet));
        // 10:00 in London; 12:00 in Tallinn, where it opens at 21:30; 21:00 in Sydney.
        let reached = walked(demand(vec![crowd("Europe/London")], None));
        assert_eq!(reached[0], 10);
        let reached = walked(demand(vec![crowd("Europe/Tallinn")], None));
        assert_eq!(reached.iter().position(|people| *people > 0), Some(38));
        let reached = walked(demand(vec![crowd("Australia/Sydney")], None));
        assert_eq!(reached.iter().position(|people| *people > 0), Some(2));
        // Without a zone nobody knows when.
        let nowhere = calendar.crowd(10, &[], Some(&quiet));
        assert_eq!(walked(demand(vec![nowhere], None)).iter().sum::<u64>(), 0);
    }

    #[test]
    fn a_start_and_an_end_are_kept() {
        let calendar = Calendar::new(now());
        let hours = |hours| Some(now() + SignedDuration::from_hours(hours));
        let steps = calendar.steps(hours(2), hours(3));
        assert_eq!(steps, 8..12);
        let late = Demand {
            rate: 0.01,
            steps,
            ..demand(vec![anybody(1_000)], None)
        };
        let reached = walked(late);
        assert_eq!(reached[..8].iter().sum::<u64>(), 0);
        assert_eq!(reached[8..].iter().sum::<u64>(), 36);
        assert_eq!(reached.len(), 12);
    }

    #[test]
    fn who_is_held_by_a_gap_comes_later() {
        let calendar = Calendar::new(now());
        let held = calendar.held(5, SignedDuration::from_hours(24));
        let reached = walked(demand(vec![anybody(3), held], None));
        assert_eq!((reached[0], reached[DAY]), (3, 5));
    }

    fn crowds() -> impl Strategy<Value = Vec<Crowd>> {
        let crowd = (0u64..3_000, 0usize..DAY, 1usize..=DAY, 0usize..200).prop_map(
            |(people, first, length, from)| Crowd {
                people,
                open: (0..DAY)
                    .map(|step| (step + DAY - first) % DAY < length)
                    .collect(),
                from,
            },
        );
        proptest::collection::vec(crowd, 0..5)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Nobody is reached twice, nobody outside of their hours, and never more than the limit within a day.
        #[test]
        fn the_rules_are_kept(
            crowds in crowds(),
            limit in 1u64..2_000,
            before in proptest::collection::vec(0u64..50, DAY),
            rate in 1u32..400,
        ) {
            let total: u64 = crowds.iter().map(|crowd| crowd.people).sum();
            let mut used = Used::nothing();
            used.0[..DAY].copy_from_slice(&before);
            let mut busy = vec![0; HORIZON];
            let wanted = Demand { rate: f64::from(rate) / 100.0, ..demand(crowds.clone(), Some(limit)) };
            let reached = walk(wanted, &mut used, &mut busy);
            prop_assert!(reached.iter().sum::<u64>() <= total);
            for (step, sent) in reached.iter().enumerate() {
                prop_assert!(*sent == 0 || crowds.iter().any(|crowd| crowd.is_open(step)));
                // Not more than before, where it was over the limit already.
                prop_assert!(*sent == 0 || used.in_window(step) <= limit);
                prop_assert!(*sent <= u64::from(rate) * 9 + 1);
            }
            // Without a limit, who has an hour within the time is reached.
            let fast = walked(Demand { rate: 80.0, ..demand(crowds, None) });
            prop_assert_eq!(fast.iter().sum::<u64>(), total);
        }

        /// Sending faster never makes it take longer.
        #[test]
        fn a_higher_rate_is_never_later(crowds in crowds(), slow in 1u32..200, more in 1u32..200) {
            let at = |rate: u32| walked(Demand { rate: f64::from(rate) / 100.0, ..demand(crowds.clone(), None) });
            let (slow, fast) = (at(slow), at(slow + more));
            let (mut slowly, mut quickly) = (0, 0);
            for (one, other) in slow.iter().zip(&fast) {
                slowly += one;
                quickly += other;
                prop_assert!(quickly >= slowly);
            }
        }
    }
}
