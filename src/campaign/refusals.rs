//! Watches a dispatch for refusals that hold beyond it, and writes them down while it goes on.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::dispatch::{Cause, Failpoint, Halt, Observer, Progress, Refusal};
use super::halting::Halting;

/// An observer that also hears of refusals.
pub(super) struct Hearing {
    inner: Arc<dyn Observer>,
    refusals: UnboundedSender<Refusal>,
}

/// What was heard and is not written yet. A dispatch refuses a few things at most, so that the queue stays short.
pub(super) struct Heard(UnboundedReceiver<Refusal>);

pub(super) fn hear(inner: Arc<dyn Observer>) -> (Hearing, Heard) {
    let (refusals, heard) = mpsc::unbounded_channel();
    (Hearing { inner, refusals }, Heard(heard))
}

impl Heard {
    /// Writes down what is heard, until the observer is gone. What the store does not take is met again by the next request.
    pub(super) async fn write_down(mut self, account: &str, halting: &Halting) {
        while let Some(refusal) = self.0.recv().await {
            if let Err(error) = halting.refused(account, &refusal).await {
                tracing::warn!(%error, campaign = refusal.campaign, "a halt could not be recorded");
            }
        }
    }
}

impl Observer for Hearing {
    fn progress(&self, progress: &Progress) {
        self.inner.progress(progress);
    }
    fn throttled(&self, rate: f64, pause: Duration, reason: &str) {
        self.inner.throttled(rate, pause, reason);
    }
    fn halted(&self, campaign: Option<&str>, halt: &Halt) {
        // Wrong requests, missing files and too many failures are the campaign's own: another run would only fail more people.
        if let Some(campaign) = campaign
            && matches!(halt.cause, Cause::Requests | Cause::Media | Cause::Failures)
        {
            drop(self.refusals.send(Refusal {
                number: String::new(),
                campaign: campaign.to_owned(),
                template: String::new(),
                language: String::new(),
                halt: halt.clone(),
            }));
        }
        self.inner.halted(campaign, halt);
    }
    fn refused(&self, refusal: &Refusal) {
        // Nobody listens any more only once the run is over.
        drop(self.refusals.send(refusal.clone()));
        self.inner.refused(refusal);
    }
    fn waiting(&self, until: Timestamp) {
        self.inner.waiting(until);
    }
    fn reached(&self, point: Failpoint) {
        self.inner.reached(point);
    }
}
