//! Meta's limit on management calls: what the headers say of it, and the gate that calls wait at.
//!
//! Sending messages is neither counted there nor held up here.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::lenient::integer_of;

const ACCOUNT_USAGE: &str = "x-business-use-case-usage";
const APP_USAGE: &str = "x-app-usage";
/// Of the types of use in the account header, the one that the calls of this client count for.
const MANAGEMENT: &str = "whatsapp_business_management";

/// From this percentage on, calls are spread.
const NEAR: i64 = 95;
/// The limits count a rolling hour (200 calls, or 5000 with a registered number: "about the platform", 2025), so that a
/// few seconds between the last calls of the hour are enough for the larger one and the gate does the rest.
const SPREAD: Duration = Duration::from_secs(5);
/// How long to wait at the limit where Meta does not say.
const FULL: Duration = Duration::from_mins(1);
/// No header holds calls up for longer, however large its number.
const LONGEST: Duration = Duration::from_hours(24);

/// Returns how much of the limit on management calls is used, in per cent, as far as an answer's headers tell.
fn used(headers: &HeaderMap) -> Option<u64> {
    let used = entries(headers).iter().filter_map(percentage).max()?;
    u64::try_from(used).ok()
}

/// Returns how long calls should wait after an answer with these headers.
pub(super) fn pause(headers: &HeaderMap, http_status: u16) -> Option<Duration> {
    let usage = entries(headers).iter().filter_map(pause_of).max();
    let retry_after = matches!(http_status, 429 | 503)
        .then(|| headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok())
        .flatten()
        .map(Duration::from_secs);
    [usage, retry_after]
        .into_iter()
        .flatten()
        .max()
        .map(|pause| pause.min(LONGEST))
}

/// Returns what the headers say of the limits that the calls of this client count for.
fn entries(headers: &HeaderMap) -> Vec<Value> {
    let json = |name: &str| -> Option<Value> {
        serde_json::from_str(headers.get(name)?.to_str().ok()?).ok()
    };
    let is_management = |entry: &Value| {
        let kind = entry.get("type").and_then(Value::as_str);
        kind.is_none_or(|kind| kind == MANAGEMENT)
    };
    let mut entries: Vec<Value> = Vec::new();
    if let Some(Value::Object(usage)) = json(ACCOUNT_USAGE) {
        let all = usage.into_iter().filter_map(|(_, of)| match of {
            Value::Array(of) => Some(of),
            _ => None,
        });
        entries.extend(all.flatten().filter(is_management));
    }
    entries.extend(json(APP_USAGE));
    entries
}

fn number(entry: &Value, name: &str) -> Option<i64> {
    entry.get(name).and_then(integer_of)
}

fn percentage(entry: &Value) -> Option<i64> {
    ["call_count", "total_cputime", "total_time"]
        .into_iter()
        .filter_map(|name| number(entry, name))
        .max()
}

fn pause_of(entry: &Value) -> Option<Duration> {
    // In minutes (Graph API, "Rate Limits").
    let minutes = number(entry, "estimated_time_to_regain_access").unwrap_or_default();
    if let Some(minutes) = u64::try_from(minutes).ok().filter(|minutes| *minutes > 0) {
        return Some(Duration::from_secs(minutes.saturating_mul(60)));
    }
    match percentage(entry)? {
        100.. => Some(FULL),
        NEAR..100 => Some(SPREAD),
        _ => None,
    }
}

/// How much of the limit was used when Meta last told.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Option<u64>>);

impl Meter {
    pub(super) fn note(&self, headers: &HeaderMap) {
        if let Some(used) = used(headers) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(used);
        }
    }

    pub(super) fn used(&self) -> Option<u64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Before which time no management call may leave.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<Option<Timestamp>>);

impl Gate {
    /// Keeps the gate closed for `pause` from `now` on, at least; never opens it earlier.
    pub(super) fn hold(&self, now: Timestamp, pause: Duration) {
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        let mut gate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *gate = (*gate).max(Some(until));
    }

    /// Returns when the gate opens, where that is after `now`, and how long that is.
    pub(super) fn closed(&self, now: Timestamp) -> Option<(Timestamp, Duration)> {
        let until = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let left = Duration::try_from(until.duration_since(now)).ok()?;
        (!left.is_zero()).then_some((until, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(name: &'static str, value: &str) -> Option<u64> {
        let headers = HeaderMap::from_iter([(
            reqwest::header::HeaderName::from_static(name),
            value.parse().unwrap(),
        )]);
        pause(&headers, 200).map(|pause| pause.as_secs())
    }

    #[test]
    fn the_time_to_regain_access_is_in_minutes() {
        let usage = r#"{"102290129340398":[{"type":"whatsapp_business_management","call_count":100,
            "total_cputime":25,"total_time":25,"estimated_time_to_regain_access":3}]}"#
            .replace('\n', "");
        assert_eq!(minutes(ACCOUNT_USAGE, &usage), Some(180));
    }

    #[test]
    fn calls_are_spread_near_the_limit_and_free_below_it() {
        let usage = |count: i64| {
            format!(r#"{{"1":[{{"type":"whatsapp_business_management","call_count":{count}}}]}}"#)
        };
        assert_eq!(minutes(ACCOUNT_USAGE, &usage(94)), None);
        assert_eq!(minutes(ACCOUNT_USAGE, &usage(95)), Some(5));
        assert_eq!(minutes(ACCOUNT_USAGE, &usage(100)), Some(60));
        assert_eq!(
            minutes(APP_USAGE, r#"{"call_count":1,"total_time":101}"#),
            Some(60)
        );
    }

    #[test]
    fn another_use_case_and_a_broken_header_hold_nothing_up() {
        let other = r#"{"1":[{"type":"ads_management","call_count":100}]}"#;
        assert_eq!(minutes(ACCOUNT_USAGE, other), None);
        for broken in [
            "",
            "[]",
            "7",
            r#"{"1":{"call_count":100}}"#,
            r#"{"1":[null]}"#,
        ] {
            assert_eq!(minutes(ACCOUNT_USAGE, broken), None, "{broken}");
        }
    }

    #[test]
    fn a_gate_never_opens_earlier_than_it_was_told() {
        let gate = Gate::default();
        let now = Timestamp::UNIX_EPOCH;
        gate.hold(now, Duration::from_secs(60));
        gate.hold(now, Duration::from_secs(5));
        assert_eq!(gate.closed(now).unwrap().1, Duration::from_secs(60));
        assert!(gate.closed(now + SignedDuration::from_secs(60)).is_none());
    }
}
