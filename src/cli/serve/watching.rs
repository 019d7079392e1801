//! What serving says of sending, and where a test may end it.

use std::sync::Arc;
use std::time::Duration;

use crate::campaign::dispatch::{Failpoint, Halt, Observer};

/// Called with the name of each point that is reached.
pub(super) type FailPoints = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Logs what a person must know, without saying who was messaged.
pub(super) struct Watching {
    fails: FailPoints,
}

impl Watching {
    pub(super) fn new(fails: FailPoints) -> Self {
        Self { fails }
    }
}

impl Observer for Watching {
    fn throttled(&self, rate: f64, pause: Duration, reason: &str) {
        tracing::info!(
            rate,
            pause_s = pause.as_secs_f64(),
            reason,
            "Meta asks for patience"
        );
    }

    fn halted(&self, campaign: Option<&str>, halt: &Halt) {
        tracing::warn!(
            campaign,
            code = halt.code,
            reason = halt.reason,
            "sending stopped"
        );
    }

    fn reached(&self, point: Failpoint) {
        (self.fails)(match point {
            Failpoint::AfterClaim => "after_claim",
            Failpoint::BeforeSend => "before_send",
            Failpoint::AfterSendBeforeSettle => "after_send_before_settle",
            Failpoint::AfterSettle => "after_settle",
        });
    }
}

/// Ends the process at a named point, as a crash would: for tests, in builds with debug assertions only. `point:3` is the
/// third time that it is reached.
pub(super) fn fail_points(wanted: Option<&str>) -> FailPoints {
    let Some(wanted) = wanted.filter(|_| cfg!(debug_assertions)) else {
        return Arc::new(|_| {});
    };
    let (name, nth) = wanted.split_once(':').unwrap_or((wanted, "1"));
    let (name, nth) = (name.to_owned(), nth.parse().unwrap_or(1_u64));
    let reached = std::sync::atomic::AtomicU64::new(0);
    Arc::new(move |point| {
        let order = std::sync::atomic::Ordering::Relaxed;
        if point == name && reached.fetch_add(1, order) + 1 == nth {
            std::process::abort();
        }
    })
}
