//! Whose request starts next, and whether it may.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::run::Run;
use super::{Cause, Failpoint, Halt, message};

/// A claim that waited longer than its queue should take is put back, since what was decided about it (quiet hours,
/// suppression) may not hold any more: the machine slept, or the clock was moved.
const STALE: SignedDuration = SignedDuration::from_mins(1);

impl Run<'_> {
    pub(super) fn start_requests(&mut self, now: Timestamp, at: Instant) {
        let ready = self.stopped.is_none() && self.results.failures() == 0;
        while ready
            && self.flights.len() < self.most_in_flight
            && self.tenure.may_start(now)
            && self.pacer.wait(at).is_zero()
        {
            let Some(index) = self.next_sender(at) else {
                return;
            };
            self.send_turn = index + 1;
            self.start_request(index, now);
        }
    }

    /// Returns whose turn it is among the campaigns that can send now.
    fn next_sender(&mut self, at: Instant) -> Option<usize> {
        let (count, first) = (self.lanes.len(), self.send_turn);
        (0..count)
            .map(|turn| (first + turn) % count)
            .find(|index| self.sends_in(*index, at).is_some_and(|wait| wait.is_zero()))
    }

    /// Returns how long a campaign's own rate keeps it waiting; none where it has nothing to send.
    pub(super) fn sends_in(&mut self, index: usize, at: Instant) -> Option<Duration> {
        let probe = self.dispatch.tuning.probe.max(1);
        let lane = &mut self.lanes[index];
        if lane.queue.is_empty() || lane.probes_left(probe) == 0 {
            return None;
        }
        Some(
            lane.pacer
                .as_mut()
                .map_or(Duration::ZERO, |pacer| pacer.wait(at)),
        )
    }

    fn start_request(&mut self, index: usize, now: Timestamp) {
        let stale = self.stale_after(index);
        let lane = &mut self.lanes[index];
        let Some(ticket) = lane.queue.pop_front() else {
            return;
        };
        if now.duration_since(ticket.claimed_at) > stale {
            return self.put_back(index, [ticket], "it waited too long to be sent");
        }
        let refused = !self.refused_countries.is_empty()
            && (self.dispatch.country_of)(&ticket.claim.phone)
                .is_some_and(|country| self.refused_countries.contains(&country));
        if refused {
            return self.put_back(index, [ticket], "its country was refused");
        }
        let campaign = lane.campaign;
        match message::body(&campaign.template, &ticket.claim, &*campaign.media) {
            Ok(body) => {
                self.pacer.take();
                if let Some(pacer) = &mut lane.pacer {
                    pacer.take();
                }
                lane.in_flight += 1;
                self.observer.reached(Failpoint::BeforeSend);
                self.flights.start(index, ticket, body, self.pacer.epoch());
            }
            Err(missing) => {
                let reason = missing.to_string();
                self.put_back(index, [ticket], &reason);
                let halt = Halt {
                    cause: Cause::Media,
                    code: None,
                    reason,
                };
                self.halt(index, halt);
            }
        }
    }

    /// Returns how long a claim of this campaign may wait to be sent.
    fn stale_after(&self, index: usize) -> SignedDuration {
        let number = (self.pacer.rate(), self.batch);
        let slowest = match &self.lanes[index].pacer {
            Some(pacer) if pacer.rate() < number.0 => (
                pacer.rate(),
                self.dispatch.tuning.batch_at(pacer.full_rate()),
            ),
            _ => number,
        };
        let (rate, batch) = slowest;
        let queue = Duration::from_secs(2 * u64::try_from(batch).unwrap_or(u64::MAX))
            .div_f64(rate.max(1e-6));
        STALE.saturating_add(SignedDuration::try_from(queue).unwrap_or(SignedDuration::MAX))
    }
}
