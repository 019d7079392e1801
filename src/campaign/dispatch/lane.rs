//! One campaign's place in a dispatch.

use std::collections::{BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;
use tokio::time::Instant;

use super::allowance::Allowance;
use super::flights::Ticket;
use super::{Campaign, CampaignSummary, Halt};
use crate::campaign::pacer::Pacer;
use crate::store::{Settled, Settlement};

/// When a campaign has something to claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Timestamp),
    /// Nothing, as far as is known.
    Never,
}

/// A campaign that sends.
pub(super) struct Lane<'a> {
    pub campaign: &'a Campaign,
    /// Its own rate, below the number's.
    pub pacer: Option<Pacer>,
    /// Claimed, and no request started.
    pub queue: VecDeque<Ticket>,
    pub in_flight: usize,
    due: Due,
    /// How many people may still be messaged, where that is limited.
    pub allowance: Option<Allowance>,
    /// The earliest due time among the results committed while a claim was under way, which may not have seen them.
    noted: Option<Timestamp>,
    /// A request of this campaign was found to be right.
    pub proven: bool,
    /// How many requests were refused as wrong.
    pub wrong_requests: usize,
    /// How often the limit towards a person was reached.
    pub pair_limits: HashMap<String, u32>,
    pub summary: CampaignSummary,
}

impl<'a> Lane<'a> {
    pub(super) fn new(campaign: &'a Campaign, now: Instant) -> Self {
        Self {
            campaign,
            pacer: campaign.rate.map(|rate| Pacer::new(rate, now)),
            queue: VecDeque::new(),
            in_flight: 0,
            due: Due::Now,
            allowance: campaign.cap.map(Allowance::new),
            noted: None,
            proven: false,
            wrong_requests: 0,
            pair_limits: HashMap::new(),
            summary: CampaignSummary {
                campaign: campaign.name.clone(),
                ..CampaignSummary::default()
            },
        }
    }

    pub(super) fn is_halted(&self) -> bool {
        self.summary.halted.is_some()
    }

    /// Returns how many requests may start before one has shown that the campaign's requests are right: those under way
    /// and those refused as wrong have used up theirs, so that a campaign that cannot work fails `probe` people at most.
    pub(super) fn probes_left(&self, probe: usize) -> usize {
        match self.proven {
            true => usize::MAX,
            false => probe.saturating_sub(self.in_flight + self.wrong_requests),
        }
    }

    /// Returns what is claimed already of the requests that may show whether the campaign works.
    pub(super) fn unproven_queue(&self) -> usize {
        if self.proven { 0 } else { self.queue.len() }
    }

    /// Stops this campaign; the first reason stands. Returns what was claimed for it and not started.
    pub(super) fn halt(&mut self, halt: Halt) -> VecDeque<Ticket> {
        self.summary.halted.get_or_insert(halt);
        std::mem::take(&mut self.queue)
    }

    /// Tells whether all have been taken in that may be messaged.
    pub(super) fn is_full(&self) -> bool {
        self.allowance.as_ref().is_some_and(Allowance::is_full)
    }

    fn is_spent(&self) -> bool {
        let room = self.allowance.as_ref().map(Allowance::room);
        room == Some(0)
    }

    /// Notes that somebody was claimed, with a place that this claim took or one that was kept.
    pub(super) fn claimed(&self, phone: &str, taken_in: &mut BTreeSet<String>) {
        if let Some(allowance) = &self.allowance
            && !taken_in.remove(phone)
        {
            allowance.claimed(phone);
        }
    }

    /// Takes back the places of those who were not claimed in the end.
    pub(super) fn give_back(&self, places: &BTreeSet<String>) {
        if let Some(allowance) = &self.allowance {
            allowance.give_back(places.len() as u64);
        }
    }

    /// Keeps the place of somebody who is due again, where places are counted.
    pub(super) fn keep_place(&self, phone: &str) {
        if let Some(allowance) = &self.allowance {
            allowance.keep_for(phone);
        }
    }

    /// Says when there is something to claim; what was to come may have come.
    pub(super) fn due(&mut self, now: Timestamp) -> Due {
        if self.is_spent() {
            return Due::Never;
        }
        if matches!(self.due, Due::At(at) if at <= now) {
            self.due = Due::Now;
        }
        self.due
    }

    /// A contact falls due at this time, and the ledger knows.
    pub(super) fn note(&mut self, at: Timestamp) {
        self.noted = Some(self.noted.map_or(at, |noted| noted.min(at)));
        self.due = earlier(self.due, at);
    }

    /// A claim begins: it sees all that was committed before.
    pub(super) fn claim_begins(&mut self) {
        self.noted = None;
        self.summary.limited = false;
    }

    /// A claim came back with all that it asked for.
    pub(super) fn more_is_due(&mut self) {
        self.due = Due::Now;
    }

    /// A claim made at `asked` found nothing more. Whatever is due all the same was passed over.
    pub(super) fn nothing_more_before(&mut self, next: Option<Timestamp>, asked: Timestamp) {
        self.due = match next {
            Some(next) if next > asked => Due::At(next),
            _ => Due::Never,
        };
        if let Some(noted) = self.noted {
            self.due = earlier(self.due, noted);
        }
    }

    /// All that may be messaged have been; this is due beyond them.
    pub(super) fn left_over(&mut self, next: Option<Timestamp>, now: Timestamp) {
        self.due = next.map_or(Due::Never, Due::At);
        self.summary.capped = next.is_some_and(|next| next <= now);
    }

    /// Counts what is committed.
    pub(super) fn settled(&mut self, settlement: &Settlement) {
        let summary = &mut self.summary;
        match &settlement.result {
            Settled::Accepted { .. } => summary.accepted += 1,
            Settled::Failed { code, retry_at, .. } => {
                let counts = match retry_at {
                    Some(_) => &mut summary.retried,
                    None => &mut summary.failed,
                };
                *counts.entry(code.unwrap_or_default()).or_default() += 1;
                if let Some(at) = *retry_at {
                    self.note(at);
                }
            }
            Settled::Released { due_at, .. } => {
                summary.released += 1;
                self.note(*due_at);
            }
            Settled::Uncertain { .. } => summary.uncertain += 1,
        }
    }

    /// Returns the summary when all is over.
    pub(super) fn finished(&self, now: Timestamp) -> CampaignSummary {
        let mut summary = self.summary.clone();
        summary.next_due = match self.due {
            Due::Now => Some(now),
            Due::At(at) => Some(at),
            Due::Never => None,
        };
        summary
    }
}

fn earlier(due: Due, at: Timestamp) -> Due {
    match due {
        Due::Now => Due::Now,
        Due::At(old) => Due::At(old.min(at)),
        Due::Never => Due::At(at),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::SignedDuration;

    use super::*;
    use crate::campaign::retry::Backoff;
    use crate::store::Gaps;

    fn campaign() -> Campaign {
        Campaign {
            name: "spring".to_owned(),
            template: "hello".to_owned(),
            rate: None,
            gaps: Gaps {
                template: "hello".to_owned(),
                repeat_template: SignedDuration::ZERO,
                min_gap: SignedDuration::ZERO,
            },
            quiet_hours: None,
            backoff: Backoff::default(),
            failure_limit: None,
            media: Arc::new(|_| None),
            claimer: None,
            cap: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn a_result_committed_during_a_claim_is_not_forgotten() {
        let campaign = campaign();
        let mut lane = Lane::new(&campaign, Instant::now());
        lane.claim_begins();
        lane.note(at(30));
        lane.nothing_more_before(Some(at(90)), at(0));
        assert_eq!(lane.due(at(0)), Due::At(at(30)));
        lane.claim_begins();
        lane.nothing_more_before(Some(at(90)), at(31));
        assert_eq!(lane.due(at(31)), Due::At(at(90)));
        assert_eq!(lane.due(at(90)), Due::Now);
    }

    #[tokio::test]
    async fn who_was_passed_over_is_not_asked_for_again_and_again() {
        let campaign = campaign();
        let mut lane = Lane::new(&campaign, Instant::now());
        lane.claim_begins();
        lane.nothing_more_before(Some(at(0)), at(10));
        assert_eq!(lane.due(at(10)), Due::Never);
    }
}
