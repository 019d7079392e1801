//! Requests under way.
//!
//! A [`Ticket`] is the right to one request. It is made from a claim, it cannot be copied, and [`Flights::start`]
//! consumes it: what follows from it is one [`Landed`], whatever happens to the request.

use std::collections::HashMap;
use std::future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::task::{Id, JoinSet};

use super::{Sender, judge};
use crate::meta::SendOutcome;
use crate::store::Claim;

/// A claim that no request was started for yet. Deliberately not `Clone`.
#[derive(Debug)]
pub(super) struct Ticket {
    pub claim: Claim,
    pub claimed_at: Timestamp,
    /// The claim took from the portfolio's allowance.
    pub newcomer: bool,
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Flight {
    pub lane: usize,
    pub attempt_id: String,
    /// Attempts that count, this one included.
    pub counted: u32,
    pub phone: String,
    pub language: String,
    pub newcomer: bool,
    /// The pacer's epoch at the start: an answer tells about the rate of that time.
    pub epoch: u64,
}

/// A request that has ended.
#[derive(Debug)]
pub(super) struct Landed {
    pub flight: Flight,
    pub outcome: SendOutcome,
}

/// All requests under way. Dropped, it aborts them; their claims stay open in the ledger.
pub(super) struct Flights {
    sender: Arc<dyn Sender>,
    number: Arc<str>,
    timeout: Duration,
    tasks: JoinSet<SendOutcome>,
    aboard: HashMap<Id, Flight>,
}

impl Flights {
    pub(super) fn new(sender: &Arc<dyn Sender>, number: &str, timeout: Duration) -> Self {
        Self {
            sender: Arc::clone(sender),
            number: Arc::from(number),
            timeout,
            tasks: JoinSet::new(),
            aboard: HashMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.aboard.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.aboard.is_empty()
    }

    /// Starts the one request that the ticket is good for.
    pub(super) fn start(&mut self, lane: usize, ticket: Ticket, body: Value, epoch: u64) {
        let Ticket {
            claim,
            claimed_at: _,
            newcomer,
        } = ticket;
        let (sender, number, timeout) = (
            Arc::clone(&self.sender),
            Arc::clone(&self.number),
            self.timeout,
        );
        // A task of its own: a sender that panics takes nobody with it.
        let task = self.tasks.spawn(async move {
            tokio::time::timeout(timeout, sender.send(&number, &body))
                .await
                .unwrap_or_else(|_| judge::no_answer(timeout))
        });
        let flight = Flight {
            lane,
            attempt_id: claim.attempt_id,
            counted: claim.counted,
            phone: claim.phone,
            language: claim.language,
            newcomer,
            epoch,
        };
        self.aboard.insert(task.id(), flight);
    }

    /// Waits for the next request to end; for ever where none is under way. May be dropped and called again.
    pub(super) async fn landed(&mut self) -> Landed {
        let (id, outcome) = match self.tasks.join_next_with_id().await {
            Some(Ok(ended)) => ended,
            Some(Err(error)) => {
                let reason = format!("the sender failed: {error}");
                (error.id(), SendOutcome::Uncertain { reason })
            }
            None => future::pending().await,
        };
        let flight = self
            .aboard
            .remove(&id)
            .expect("every task is entered when it starts, and ends once");
        Landed { flight, outcome }
    }
}
