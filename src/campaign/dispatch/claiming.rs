//! When how many are claimed, and what a claim brings.

use jiff::Timestamp;
use tokio::time::Instant;

use super::claims::Answered;
use super::decide::Rules;
use super::flights::Ticket;
use super::lane::Due;
use super::run::Run;
use super::{Cause, Failpoint, Halt, tenure};
use crate::store::{self, Scope};

impl Run<'_> {
    /// Claims that are not settled, wherever they are.
    pub(super) fn outstanding(&self) -> usize {
        let queued: usize = self.lanes.iter().map(|lane| lane.queue.len()).sum();
        queued + self.flights.len() + self.results.len()
    }

    pub(super) fn begin_claim(&mut self, now: Timestamp, at: Instant) {
        let idle = self.claims.is_under_way()
            || self.stopped.is_some()
            || self.results.failures() > 0
            || !self.tenure.may_start(now)
            || self.pacer.is_paused(at);
        if idle {
            return;
        }
        let free = (2 * self.batch).saturating_sub(self.outstanding());
        let count = self.lanes.len();
        for turn in 0..count {
            let index = (self.claim_turn + turn) % count;
            let Some(max) = self.claim_size(index, free, now) else {
                continue;
            };
            self.claim_turn = index + 1;
            let (dispatch, refused) = (self.dispatch, &self.refused_countries);
            let lane = &mut self.lanes[index];
            lane.claim_begins();
            let (campaign, allowance) = (lane.campaign, &lane.allowance);
            let rules = |notes| {
                let (country_of, portfolio) = (&dispatch.country_of, &dispatch.portfolio);
                let campaign = (campaign, allowance);
                Rules::new(campaign, country_of, refused, portfolio, now, notes)
            };
            let lease = self.tenure.lease();
            self.claims
                .begin(dispatch, (index, campaign), max, lease, now, rules);
            return;
        }
    }

    /// Returns how many contacts to claim for a campaign now, where that is worth a transaction.
    fn claim_size(&mut self, index: usize, free: usize, now: Timestamp) -> Option<usize> {
        let active = self.lanes.iter().filter(|lane| !lane.is_halted()).count();
        let tuning = &self.dispatch.tuning;
        let probe = tuning.probe.max(1);
        let lane = &mut self.lanes[index];
        if lane.is_halted() || lane.due(now) != Due::Now {
            return None;
        }
        let mut share = self.batch.div_ceil(active.max(1));
        if let Some(pacer) = &lane.pacer {
            share = share.min(tuning.batch_at(pacer.full_rate()));
        }
        // Nobody more is claimed than may be sent to before the campaign is known to work.
        share = share.min(
            lane.probes_left(probe)
                .saturating_sub(lane.unproven_queue()),
        );
        if let Some(allowance) = &lane.allowance {
            share = share.min(usize::try_from(allowance.room()).unwrap_or(usize::MAX));
        }
        let wanted = lane.queue.len() * 2 <= share;
        // A sliver would cost as much as a batch; the rest of the room is free in a moment.
        (share > 0 && wanted && free * 2 >= share).then(|| share.min(free))
    }

    pub(super) fn claimed(&mut self, answered: Answered) {
        let Answered {
            lane: index,
            max,
            at,
            notes,
            result,
        } = answered;
        let portfolio = &self.dispatch.portfolio;
        let claimed = match result {
            Ok(claimed) => claimed,
            Err(error) => {
                let taken = u64::try_from(notes.lock().newcomers.len()).unwrap_or(u64::MAX);
                self.lanes[index].give_back(&notes.lock().taken_in);
                portfolio.counted(taken);
                portfolio.give_back(taken);
                match tenure::lost_by(&error) {
                    Some(halt) => self.stop_for(halt),
                    None => self.fail(error),
                }
                return;
            }
        };
        if !claimed.claims.is_empty() {
            self.observer.reached(Failpoint::AfterClaim);
        }
        let mut noted = notes.lock();
        portfolio.counted(u64::try_from(noted.newcomers.len()).unwrap_or(u64::MAX));
        let lane = &mut self.lanes[index];
        if claimed.claims.len() < max && !claimed.unfinished {
            lane.nothing_more_before(claimed.next_due, at);
        } else {
            lane.more_is_due();
        }
        lane.summary.postponed += claimed.postponed;
        lane.summary.locked += claimed.locked;
        lane.summary.limited = noted.limited;
        for (reason, count) in &noted.skipped {
            *lane
                .summary
                .skipped
                .entry((*reason).to_owned())
                .or_default() += count;
        }
        for claim in claimed.claims {
            let newcomer = noted.newcomers.remove(&claim.phone);
            lane.claimed(&claim.phone, &mut noted.taken_in);
            lane.queue.push_back(Ticket {
                claim,
                claimed_at: at,
                newcomer,
            });
        }
        lane.give_back(&noted.taken_in);
        let unused = u64::try_from(noted.newcomers.len()).unwrap_or(u64::MAX);
        portfolio.give_back(unused);
        drop(noted);
        if let Some(held) = &claimed.halted {
            self.held(index, held);
        }
        let lane = &self.lanes[index];
        let halt = lane.summary.halted.clone().or_else(|| self.stopped.clone());
        if let Some(halt) = halt {
            let queue = std::mem::take(&mut self.lanes[index].queue);
            self.put_back(index, queue, &halt.reason);
        }
    }

    /// The ledger answers that a halt holds: it covers the campaign, or all that this number sends.
    fn held(&mut self, index: usize, held: &store::Halt) {
        let halt = Halt {
            cause: Cause::Halted,
            code: held.code,
            reason: held_words(held),
        };
        match held.scope {
            Scope::Account | Scope::Number => self.stop_for(halt),
            Scope::Template | Scope::Campaign => self.halt(index, halt),
        }
    }
}

fn held_words(held: &store::Halt) -> String {
    let what = match held.scope {
        Scope::Account => "the account is".to_owned(),
        Scope::Number => "the number is".to_owned(),
        Scope::Template => format!("the template {} is", held.subject),
        Scope::Campaign => "the campaign is".to_owned(),
    };
    let until = held
        .until
        .map_or_else(String::new, |until| format!(", until {until}"));
    format!(
        "{what} halted by {} since {}{until}: {}",
        held.actor, held.since, held.reason
    )
}
