//! Claims on their way from the ledger: one at a time.

use std::future;

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::decide::{Notes, Rules};
use super::{Campaign, Dispatch};
use crate::campaign::halting;
use crate::store::{self, ClaimRequest, Claimed, Lease};

/// The claim that is under way, if one is.
#[derive(Default)]
pub(super) struct Claims<'a> {
    asking: Option<Asking<'a>>,
}

struct Asking<'a> {
    lane: usize,
    max: usize,
    at: Timestamp,
    notes: Notes,
    answer: BoxFuture<'a, store::Result<Claimed>>,
}

/// What a claim brought.
pub(super) struct Answered {
    pub lane: usize,
    /// How many were asked for.
    pub max: usize,
    /// The time that was given as now.
    pub at: Timestamp,
    pub notes: Notes,
    pub result: store::Result<Claimed>,
}

impl<'a> Claims<'a> {
    pub(super) fn is_under_way(&self) -> bool {
        self.asking.is_some()
    }

    /// Asks for at most `max` contacts of a campaign; `rules` decides on each.
    pub(super) fn begin(
        &mut self,
        dispatch: &'a Dispatch,
        (lane, campaign): (usize, &Campaign),
        max: usize,
        lease: &Lease,
        now: Timestamp,
        rules: impl FnOnce(Notes) -> Rules,
    ) {
        let notes = Notes::default();
        let rules = rules(notes.clone());
        let request = ClaimRequest {
            account: dispatch.account.clone(),
            campaign: campaign.name.clone(),
            template: campaign.gaps.template.clone(),
            now,
            max,
            worker: halting::actor(&dispatch.identity),
            lease: lease.clone(),
            decide: Box::new(move |candidate| rules.decide(candidate)),
        };
        self.asking = Some(Asking {
            lane,
            max,
            at: now,
            notes,
            answer: match &campaign.claimer {
                Some(claimer) => claimer(request),
                None => dispatch.store.claim(request),
            },
        });
    }

    /// Waits for the claim's answer; for ever where none is under way. May be dropped and called again.
    pub(super) async fn answered(&mut self) -> Answered {
        let Some(asking) = &mut self.asking else {
            return future::pending().await;
        };
        let result = (&mut asking.answer).await;
        let Asking {
            lane,
            max,
            at,
            notes,
            answer: _,
        } = self
            .asking
            .take()
            .expect("it was there before its answer came");
        Answered {
            lane,
            max,
            at,
            notes,
            result,
        }
    }
}
