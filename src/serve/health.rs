//! Whether the service is alive and whether it is of use: `/healthz` and `/readyz`.
//!
//! Anybody may ask, so that the answers name what is wrong in fixed words; the details are in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::clock::Clock;
use crate::store::Inbox;

/// How long a webhook may wait to be read.
const STUCK: SignedDuration = SignedDuration::from_mins(1);

/// How long a failure to write counts when nothing was written since: whoever is not ready is sent nothing that could show
/// that writing works again.
const FAILURE_COUNTS: SignedDuration = SignedDuration::from_mins(1);

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the ledger can be written, by the latest attempts to do so.
#[derive(Debug)]
pub struct Pulse(AtomicI64);

impl Pulse {
    /// Stands for: writing works, as far as is known.
    const WELL: i64 = i64::MIN;

    #[must_use]
    pub fn new() -> Self {
        Self(AtomicI64::new(Self::WELL))
    }

    /// Something was written.
    pub fn wrote(&self) {
        self.0.store(Self::WELL, Ordering::Relaxed);
    }

    /// Something could not be written. True where that is news: the first time since something was, or since long ago.
    pub fn failed(&self, now: Timestamp) -> bool {
        let before = self.0.swap(now.as_second(), Ordering::Relaxed);
        !counts(before, now)
    }

    fn is_failing(&self, now: Timestamp) -> bool {
        counts(self.0.load(Ordering::Relaxed), now)
    }
}

impl Default for Pulse {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a failure of then counts now.
fn counts(then: i64, now: Timestamp) -> bool {
    then != Pulse::WELL && now.as_second().saturating_sub(then) < FAILURE_COUNTS.as_secs()
}

/// What is looked at.
pub struct Health {
    pub inbox: Arc<dyn Inbox>,
    pub pulse: Arc<Pulse>,
    pub clock: Clock,
}

/// Why the service is not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The store answers with an error, or not at all.
    StoreUnavailable,
    /// What came last could not be kept.
    InboxNotWritten,
    /// What came a minute ago has not been read yet.
    ReaderStuck,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<Reason>,
}

impl Health {
    /// Returns the two pages.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .with_state(Arc::new(self))
    }

    /// Returns all that is wrong now.
    pub async fn reasons(&self) -> Vec<Reason> {
        let now = self.clock.now();
        let mut reasons = Vec::new();
        match tokio::time::timeout(PATIENCE, self.inbox.unread(0, 1)).await {
            Ok(Ok(unread)) => {
                let waits = |at: Timestamp| now.duration_since(at) >= STUCK;
                if unread.first().is_some_and(|oldest| waits(oldest.at)) {
                    reasons.push(Reason::ReaderStuck);
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the store cannot be read");
                reasons.push(Reason::StoreUnavailable);
            }
            Err(_) => {
                tracing::warn!("the store does not answer");
                reasons.push(Reason::StoreUnavailable);
            }
        }
        if self.pulse.is_failing(now) {
            reasons.push(Reason::InboxNotWritten);
        }
        reasons
    }
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    let reasons = health.reasons().await;
    let ready = reasons.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = Json(Readiness { ready, reasons });
    (status, [(CACHE_CONTROL, "no-store")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_news_once() {
        let pulse = Pulse::new();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(!pulse.is_failing(at(100)));
        assert!(pulse.failed(at(100)));
        assert!(!pulse.failed(at(130)));
        assert!(pulse.is_failing(at(189)));
        assert!(!pulse.is_failing(at(190)));
        assert!(pulse.failed(at(200)));
        pulse.wrote();
        assert!(!pulse.is_failing(at(200)));
        assert!(pulse.failed(at(201)));
    }
}
