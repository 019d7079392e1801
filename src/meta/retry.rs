//! Whether a failed call is repeated, and when.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::Timestamp;

use super::Error;
use super::call::Repeat;
use super::classify::Class;
use super::options::Patience;

/// How a call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// After a network's or a server's hiccup.
    Soon,
    /// When Meta lets calls through again; at least after this long.
    WhenAllowed(Duration),
}

/// Says whether a call that failed with `error`, and was repeated `retry` times already, is repeated once
/// more.
pub(super) fn again(
    error: &Error,
    repeat: Repeat,
    retry: u32,
    patience: &Patience,
) -> Option<Again> {
    if repeat == Repeat::Never || retry + 1 >= patience.attempts {
        return None;
    }
    let freely = repeat == Repeat::Freely;
    let soon = Some(Again::Soon);
    match error {
        Error::Unreachable { .. } => soon,
        Error::Lost { .. } if freely => soon,
        Error::Graph { error, .. } if error.asks_for_less() => None,
        Error::Graph { error, .. } => {
            let verdict = error.verdict();
            match verdict.class_after(retry) {
                // A structured refusal with a known code proves that nothing was done.
                Class::Throttled if freely || verdict.known => {
                    verdict.wait(retry).map(Again::WhenAllowed)
                }
                Class::Temporary if freely || verdict.known => soon,
                Class::Uncertain if freely => soon,
                _ => None,
            }
        }
        _ => None,
    }
}

/// Doubling waits, each shortened by up to its half (`jitter` lies between 0 and 1) so that many clients do not come back
/// at once.
pub(super) fn backoff(retry: u32, patience: &Patience, jitter: f64) -> Duration {
    patience
        .first_wait
        .saturating_mul(2_u32.saturating_pow(retry))
        .min(patience.longest_wait)
        .mul_f64(jitter.clamp(0.0, 1.0).mul_add(-0.5, 1.0))
}

/// Returns a number between 0 and 1 that differs between calls and moments, and is the same for the same ones: chance
/// comes from the clock, as time does.
pub(super) fn jitter(now: Timestamp, path: &str, retry: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (now.as_nanosecond(), path, retry).hash(&mut hasher);
    let [first, second, ..] = hasher.finish().to_le_bytes();
    f64::from(u16::from_le_bytes([first, second])) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::meta::GraphError;

    fn graph(http_status: u16, code: i64) -> Error {
        let body = json!({"error": {"code": code, "message": "m"}});
        Error::Graph {
            method: "POST",
            path: String::new(),
            error: Box::new(GraphError::from_answer(http_status, &body).unwrap()),
        }
    }

    fn lost() -> Error {
        Error::Lost {
            method: "POST",
            path: String::new(),
            reason: String::new(),
        }
    }

    fn unreachable() -> Error {
        Error::Unreachable {
            method: "POST",
            path: String::new(),
            reason: String::new(),
        }
    }

    fn repeats(error: &Error, repeat: Repeat) -> bool {
        again(error, repeat, 0, &Patience::default()).is_some()
    }

    #[test]
    fn a_write_is_repeated_only_where_nothing_was_done() {
        let write = Repeat::IfNothingWasDone;
        assert!(repeats(&unreachable(), write));
        assert!(repeats(&graph(503, 2), write));
        assert!(repeats(&graph(400, 80007), write));
        assert!(!repeats(&lost(), write));
        assert!(!repeats(&graph(500, 1), write));
        assert!(!repeats(&graph(500, 131_000), write));
        assert!(!repeats(&graph(400, 999_999), write));
        assert!(!repeats(&graph(400, 100), write));
    }

    #[test]
    fn a_read_is_repeated_for_every_passing_reason() {
        for error in [
            unreachable(),
            lost(),
            graph(500, 1),
            graph(500, 131_000),
            graph(400, 999_999),
        ] {
            assert!(repeats(&error, Repeat::Freely), "{error}");
        }
        for error in [graph(400, 100), graph(401, 190), graph(403, 200)] {
            assert!(!repeats(&error, Repeat::Freely), "{error}");
        }
    }

    #[test]
    fn a_message_is_never_repeated_here() {
        for error in [unreachable(), lost(), graph(503, 2), graph(400, 130_429)] {
            assert!(!repeats(&error, Repeat::Never), "{error}");
        }
    }

    #[test]
    fn waits_double_and_are_shortened_by_at_most_a_half() {
        let wait = |retry, jitter| backoff(retry, &Patience::default(), jitter).as_millis();
        assert_eq!(wait(0, 0.0), 1000);
        assert_eq!(wait(2, 0.0), 4000);
        assert_eq!(wait(2, 1.0), 2000);
        assert_eq!(wait(30, 0.0), 30_000);
    }

    #[test]
    fn attempts_end() {
        let patience = Patience::default();
        let last = patience.attempts - 1;
        assert_eq!(again(&unreachable(), Repeat::Freely, last, &patience), None);
    }
}
