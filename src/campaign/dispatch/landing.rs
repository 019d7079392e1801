//! What follows from the end of a request, and what stops sending.

use jiff::Timestamp;
use tokio::time::Instant;

use super::flights::{Flight, Landed, Ticket};
use super::judge::{self, Attempt, Effect};
use super::lane::Lane;
use super::results::Entry;
use super::run::Run;
use super::{Cause, Failpoint, Halt, Refusal};
use crate::campaign::retry;
use crate::store::{self, Settled, Settlement};

impl Run<'_> {
    pub(super) fn landed(&mut self, landed: Landed) {
        self.observer.reached(Failpoint::AfterSendBeforeSettle);
        let Landed { flight, outcome } = landed;
        let now = self.dispatch.clock.now();
        let lane = &mut self.lanes[flight.lane];
        lane.in_flight -= 1;
        let attempt = Attempt {
            counted: flight.counted,
            at: now,
            backoff: &lane.campaign.backoff,
            pair_limits: lane.pair_limits.get(&flight.phone).copied().unwrap_or(0),
        };
        let (settled, effect) = judge::judge(outcome, &attempt);
        if flight.newcomer && matches!(settled, Settled::Released { .. }) {
            self.dispatch.portfolio.give_back(1);
        }
        if settled.is_due_again() {
            lane.keep_place(&flight.phone);
        }
        self.record(flight.lane, flight.attempt_id.clone(), now, settled);
        self.follow(&flight, effect);
    }

    fn follow(&mut self, flight: &Flight, effect: Effect) {
        let lane = &mut self.lanes[flight.lane];
        let probe = self.dispatch.tuning.probe.max(1);
        if effect.is_answer() {
            self.silences = 0;
            self.misses = 0;
        }
        if effect.shows_meta_at_work() {
            self.outages = 0;
            // What left before the last pause does not show that the pause was enough.
            if flight.epoch == self.pacer.epoch() {
                self.throttles = 0;
            }
        }
        match effect {
            Effect::Accepted | Effect::Contact => lane.proven = true,
            Effect::Pair => {
                lane.proven = true;
                *lane.pair_limits.entry(flight.phone.clone()).or_default() += 1;
            }
            Effect::Passing { reason } => {
                self.outages += 1;
                if self.outages >= self.dispatch.tuning.outage_patience {
                    let reason = format!("Meta's service does not work now: {reason}");
                    self.stop(Cause::Outage, &reason);
                }
            }
            Effect::SlowDown { reason } => self.slow_down(flight.epoch, &reason),
            Effect::NotSent { reason } => self.not_sent(flight.epoch, &reason),
            Effect::Unanswered { reason } => {
                self.silences += 1;
                if self.silences >= self.dispatch.tuning.answer_patience {
                    let reason = format!("requests leave, and no answers come back: {reason}");
                    self.stop(Cause::Unanswered, &reason);
                }
            }
            Effect::Request { code, reason } => {
                lane.wrong_requests += 1;
                if !lane.proven && lane.wrong_requests >= probe {
                    let halt = Halt {
                        cause: Cause::Requests,
                        code: Some(code),
                        reason: format!("every request was refused as wrong: {reason}"),
                    };
                    self.halt(flight.lane, halt);
                }
            }
            Effect::RefuseCountry => {
                lane.proven = true;
                if let Some(country) = (self.dispatch.country_of)(&flight.phone) {
                    std::sync::Arc::make_mut(&mut self.refused_countries).insert(country);
                }
            }
            Effect::HaltCampaign(halt) => {
                self.say_refused(flight, &halt);
                self.halt(flight.lane, halt);
            }
            Effect::HaltNumber(halt) => {
                self.say_refused(flight, &halt);
                self.stop_for(halt);
            }
        }
    }

    /// Tells of the first refusal of its kind.
    fn say_refused(&self, flight: &Flight, halt: &Halt) {
        let lane = &self.lanes[flight.lane];
        if lane.is_halted() || self.stopped.is_some() {
            return;
        }
        self.observer.refused(&Refusal {
            number: self.dispatch.number.id.clone(),
            campaign: lane.campaign.name.clone(),
            template: lane.campaign.template.clone(),
            language: flight.language.clone(),
            halt: halt.clone(),
        });
    }

    /// Meta asks for patience. Of all that was under way when it did, only the first counts.
    fn slow_down(&mut self, epoch: u64, reason: &str) {
        if epoch != self.pacer.epoch() {
            return;
        }
        let tuning = &self.dispatch.tuning;
        self.throttles += 1;
        if self.throttles >= tuning.throttle_patience {
            return self.stop(Cause::Throttled, reason);
        }
        let pause = retry::doubling(tuning.first_pause, tuning.longest_pause, self.throttles);
        let at = Instant::now();
        self.pacer.slow_down(at);
        self.pacer.pause(pause, at);
        self.observer.throttled(self.pacer.rate(), pause, reason);
    }

    fn not_sent(&mut self, epoch: u64, reason: &str) {
        if epoch != self.pacer.epoch() {
            return;
        }
        let tuning = &self.dispatch.tuning;
        self.misses += 1;
        if self.misses >= tuning.connect_patience {
            let reason = format!("the Graph API cannot be reached: {reason}");
            return self.stop(Cause::Unreachable, &reason);
        }
        let pause = retry::doubling(tuning.first_pause, tuning.longest_pause, self.misses);
        self.pacer.pause(pause, Instant::now());
    }

    // Recording.

    fn record(&mut self, lane: usize, attempt_id: String, at: Timestamp, result: Settled) {
        let settlement = Settlement {
            attempt_id,
            at,
            result,
        };
        self.results
            .push(Entry { lane, settlement }, Instant::now());
    }

    /// Puts back what was claimed and will not be sent: the request never left.
    pub(super) fn put_back(
        &mut self,
        lane: usize,
        tickets: impl IntoIterator<Item = Ticket>,
        reason: &str,
    ) {
        let now = self.dispatch.clock.now();
        for ticket in tickets {
            if ticket.newcomer {
                self.dispatch.portfolio.give_back(1);
            }
            self.lanes[lane].keep_place(&ticket.claim.phone);
            let settled = judge::released(reason, now);
            self.record(lane, ticket.claim.attempt_id, now, settled);
        }
    }

    pub(super) fn written(&mut self, written: store::Result<Vec<Entry>>) {
        match written {
            Ok(entries) => {
                for entry in &entries {
                    self.lanes[entry.lane].settled(&entry.settlement);
                }
                self.halt_those_that_fail();
                self.observer.reached(Failpoint::AfterSettle);
                self.say_progress();
            }
            Err(error) => {
                if self.results.failures() >= self.dispatch.tuning.settle_tries {
                    // What was put back when it stopped has been tried as well.
                    self.given_up = self.stopped.is_some() && self.flights.is_empty();
                    self.fail(error);
                }
            }
        }
    }

    // Stopping.

    /// Halts the campaigns of which more sends were refused than the guard allows.
    fn halt_those_that_fail(&mut self) {
        for index in 0..self.lanes.len() {
            let Lane {
                campaign, summary, ..
            } = &self.lanes[index];
            let (failed, settled) = (summary.refused(), summary.accepted + summary.refused());
            let Some(limit) = campaign
                .failure_limit
                .filter(|limit| limit.is_exceeded(failed, settled))
            else {
                continue;
            };
            let code = summary
                .commonest_refusal()
                .map(|code| format!(", most with {code}"))
                .unwrap_or_default();
            let halt = Halt {
                cause: Cause::Failures,
                code: None,
                reason: format!(
                    "{failed} of {settled} sends of this run failed{code}; max_failure_rate allows {} %",
                    limit.percent
                ),
            };
            self.halt(index, halt);
        }
    }

    /// Stops one campaign; the others go on.
    pub(super) fn halt(&mut self, index: usize, halt: Halt) {
        let lane = &mut self.lanes[index];
        if lane.is_halted() {
            return;
        }
        let reason = halt.reason.clone();
        self.observer.halted(Some(&lane.campaign.name), &halt);
        let queue = lane.halt(halt);
        self.put_back(index, queue, &reason);
    }

    pub(super) fn stop(&mut self, cause: Cause, reason: &str) {
        self.stop_for(Halt {
            cause,
            code: None,
            reason: reason.to_owned(),
        });
    }

    /// Stops the number: nothing more is claimed or started. The first reason stands.
    pub(super) fn stop_for(&mut self, halt: Halt) {
        if self.stopped.is_some() {
            return;
        }
        self.observer.halted(None, &halt);
        for index in 0..self.lanes.len() {
            let queue = std::mem::take(&mut self.lanes[index].queue);
            self.put_back(index, queue, &halt.reason);
        }
        self.stopped = Some(halt);
    }

    /// Stops because the store does not do its part; the first failure is reported.
    pub(super) fn fail(&mut self, error: store::Error) {
        self.stop(Cause::Ledger, &error.to_string());
        self.trouble.get_or_insert(error);
    }
}
