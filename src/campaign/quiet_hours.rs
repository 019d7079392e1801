//! When a contact may be messaged.
//!
//! A contact may be in several time zones: it is messaged only when it is outside the quiet hours in every one of them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::resource::campaign::QuietHours;

/// How far ahead a common hour is looked for; the same hours come back every day.
const HORIZON: SignedDuration = SignedDuration::from_hours(48);

/// Returns the first instant, `now` or later, that is outside the quiet hours in all zones; none where there is no such within
/// 48 hours, or no zone is known.
#[must_use]
pub fn next_open<S: AsRef<str>>(
    now: Timestamp,
    zones: &[S],
    quiet: &QuietHours,
) -> Option<Timestamp> {
    let zones: Vec<_> = zones
        .iter()
        .map(|zone| TimeZone::get(zone.as_ref()).ok())
        .collect::<Option<_>>()?;
    let end = now.saturating_add(HORIZON).ok()?;
    let (mut at, mut moved) = (now, !zones.is_empty());
    // Every round goes at least to the end of one zone's quiet hours, so that there are few.
    while moved {
        moved = false;
        for zone in &zones {
            if is_quiet(at, zone, quiet) {
                at = end_of_quiet(at, zone, quiet)?;
                moved = true;
            }
        }
        if at > end {
            return None;
        }
        if !moved {
            return Some(at);
        }
    }
    None
}

fn is_quiet(at: Timestamp, zone: &TimeZone, quiet: &QuietHours) -> bool {
    let time = zone.to_datetime(at).time();
    let (from, to) = (quiet.from.0, quiet.to.0);
    if from < to {
        from <= time && time < to
    } else {
        time >= from || time < to
    }
}

/// Returns the first instant after `at` that is not quiet. When clocks change, the end may come twice, or be passed over.
fn end_of_quiet(at: Timestamp, zone: &TimeZone, quiet: &QuietHours) -> Option<Timestamp> {
    let today = zone.to_datetime(at).date();
    let ends = [today, today.checked_add(1.day()).ok()?]
        .into_iter()
        .flat_map(|day| both(zone, DateTime::from_parts(day, quiet.to.0)));
    let changes = zone
        .following(at)
        .map(|change| change.timestamp())
        .take_while(|change| change.duration_since(at) <= HORIZON);
    ends.chain(changes)
        .filter(|end| *end > at && !is_quiet(*end, zone, quiet))
        .min()
}

/// A local time comes twice when the clocks go back.
fn both(zone: &TimeZone, local: DateTime) -> impl Iterator<Item = Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    [ambiguous.earlier().ok(), ambiguous.later().ok()]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::Time;
    use proptest::prelude::*;

    use super::*;
    use crate::config::TimeOfDay;

    fn hours(from: &str, to: &str) -> QuietHours {
        let time = |text: &str| text.parse::<TimeOfDay>().unwrap();
        QuietHours {
            from: time(from),
            to: time(to),
        }
    }

    #[track_caller]
    fn opens(now: &str, zones: &[&str], quiet: &QuietHours) -> Option<String> {
        next_open(now.parse().unwrap(), zones, quiet).map(|at| at.to_string())
    }

    #[test]
    fn outside_the_quiet_hours_it_is_now() {
        let night = hours("21:00", "08:00");
        let now = "2026-11-22T08:00:00Z";
        assert_eq!(opens(now, &["Europe/London"], &night).as_deref(), Some(now));
    }

    #[test]
    fn inside_them_it_is_their_end() {
        let night = hours("21:00", "08:00");
        for now in [
            "2026-11-21T21:00:00Z",
            "2026-11-22T03:00:00Z",
            "2026-11-22T07:59:59Z",
        ] {
            assert_eq!(
                opens(now, &["Europe/London"], &night).as_deref(),
                Some("2026-11-22T08:00:00Z"),
                "{now}"
            );
        }
        let noon = hours("12:00", "14:00");
        assert_eq!(
            opens("2026-11-22T13:00:00Z", &["Europe/London"], &noon).as_deref(),
            Some("2026-11-22T14:00:00Z")
        );
    }

    #[test]
    fn several_zones_must_agree() {
        let night = hours("21:00", "08:00");
        let coasts = ["America/Los_Angeles", "America/New_York"];
        assert_eq!(
            opens("2026-11-22T13:00:00Z", &coasts, &night).as_deref(),
            Some("2026-11-22T16:00:00Z")
        );
    }

    #[test]
    fn zones_without_a_common_hour_never_open() {
        let most = hours("12:00", "09:00");
        let coasts = ["America/Los_Angeles", "America/New_York"];
        assert_eq!(opens("2026-11-22T13:00:00Z", &coasts, &most), None);
        assert_eq!(opens("2026-11-22T13:00:00Z", &[], &most), None);
        assert_eq!(
            opens("2026-11-22T13:00:00Z", &["Mars/Olympus"], &most),
            None
        );
    }

    #[test]
    fn an_end_that_the_clocks_pass_over_is_the_change() {
        // Berlin goes from 02:00 to 03:00 on 29 March 2026.
        assert_eq!(
            opens(
                "2026-03-28T23:00:00Z",
                &["Europe/Berlin"],
                &hours("22:00", "02:30")
            )
            .as_deref(),
            Some("2026-03-29T01:00:00Z")
        );
    }

    #[test]
    fn an_end_that_comes_twice_is_kept_twice() {
        // Berlin goes from 03:00 back to 02:00 on 25 October 2026, so that 02:30 is at 00:30 and at 01:30 UTC.
        let quiet = hours("22:00", "02:30");
        let berlin = ["Europe/Berlin"];
        assert_eq!(
            opens("2026-10-24T23:00:00Z", &berlin, &quiet).as_deref(),
            Some("2026-10-25T00:30:00Z")
        );
        assert_eq!(
            opens("2026-10-25T01:10:00Z", &berlin, &quiet).as_deref(),
            Some("2026-10-25T01:30:00Z")
        );
    }

    const ZONES: [&str; 8] = [
        "Europe/Berlin",
        "America/New_York",
        "America/Los_Angeles",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Africa/Casablanca",
        "America/Santiago",
        "Pacific/Kiritimati",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// Minute by minute is slow and cannot be wrong.
        #[test]
        fn the_answer_is_that_of_trying_every_minute(
            minute in 0i64..525_600,
            from in 0i8..24,
            to in 0i8..24,
            half in any::<bool>(),
            chosen in proptest::sample::subsequence(ZONES.to_vec(), 1..=3),
        ) {
            prop_assume!(from != to);
            let quiet = QuietHours {
                from: TimeOfDay(Time::constant(from, 0, 0, 0)),
                to: TimeOfDay(Time::constant(to, if half { 30 } else { 0 }, 0, 0)),
            };
            let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
            let now = start + SignedDuration::from_mins(minute);
            let zones: Vec<_> = chosen.iter().map(|zone| TimeZone::get(zone).unwrap()).collect();
            let slowly = (0..=48 * 60)
                .map(|minute| now + SignedDuration::from_mins(minute))
                .find(|at| zones.iter().all(|zone| !is_quiet(*at, zone, &quiet)));
            prop_assert_eq!(next_open(now, &chosen, &quiet), slowly);
        }
    }
}
