//! The loop: one task that owns all that is going on, and does what comes next.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::claims::Claims;
use super::flights::Flights;
use super::lane::{Due, Lane};
use super::results::Results;
use super::tenure::{self, Ended, Tenure};
use super::{Cause, Dispatch, Error, Halt, Observer, Progress, Summary};
use crate::campaign::pacer::Pacer;
use crate::store;

/// Sends what is due, until nothing falls due within the horizon, something halts it, or `stop` is cancelled: then
/// what is under way ends and is recorded, and what is claimed and not started is put back.
///
/// One dispatch a number and process: the lease keeps other processes away, not another call in this one.
///
/// # Errors
///
/// Those of the store. What Meta refuses is no error.
pub async fn run(
    dispatch: &Dispatch,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Summary, Error> {
    let now = dispatch.clock.now();
    let seen = dispatch.store.see_time(now).await?;
    if let Some(halt) = tenure::clock_behind(now, seen) {
        observer.halted(None, &halt);
        return Ok(Summary {
            stopped: Some(halt),
            ..Summary::default()
        });
    }
    let tenure = Tenure::take(dispatch).await?;
    let mut run = Run::new(dispatch, observer, tenure);
    let prepared = run.prepare(now).await;
    if prepared.is_ok() {
        run.drive(stop).await;
        run.look_beyond().await;
    }
    let (ended, tenure) = run.end();
    tenure.end().await;
    prepared?;
    ended
}

/// Everything that is going on.
pub(super) struct Run<'a> {
    pub dispatch: &'a Dispatch,
    pub observer: &'a dyn Observer,
    pub tenure: Tenure<'a>,
    pub lanes: Vec<Lane<'a>>,
    pub pacer: Pacer,
    pub claims: Claims<'a>,
    pub flights: Flights,
    pub results: Results<'a>,
    pub refused_countries: Arc<BTreeSet<String>>,
    /// How often in a row; see the patience in [`super::Tuning`].
    pub throttles: u32,
    pub misses: u32,
    pub silences: u32,
    pub outages: u32,
    pub recovered: u64,
    pub stopped: Option<Halt>,
    /// What the store could not do.
    pub trouble: Option<store::Error>,
    /// The store failed too often for what is left to be written.
    pub given_up: bool,
    pub batch: usize,
    pub most_in_flight: usize,
    /// Whose turn it is to claim, and to send.
    pub claim_turn: usize,
    pub send_turn: usize,
    due_at_start: u64,
    waiting_for: Option<Timestamp>,
}

impl<'a> Run<'a> {
    fn new(dispatch: &'a Dispatch, observer: &'a dyn Observer, tenure: Tenure<'a>) -> Self {
        let now = Instant::now();
        let (tuning, number) = (&dispatch.tuning, &dispatch.number);
        Self {
            dispatch,
            observer,
            tenure,
            lanes: dispatch
                .campaigns
                .iter()
                .map(|campaign| Lane::new(campaign, now))
                .collect(),
            pacer: Pacer::new(number.rate, now),
            claims: Claims::default(),
            flights: Flights::new(&dispatch.sender, &number.id, tuning.request_timeout),
            results: Results::new(&*dispatch.store, tuning.flush),
            refused_countries: Arc::default(),
            throttles: 0,
            misses: 0,
            silences: 0,
            outages: 0,
            recovered: 0,
            stopped: None,
            trouble: None,
            given_up: false,
            batch: tuning.batch_at(number.rate),
            most_in_flight: tuning.in_flight_at(number.rate),
            claim_turn: 0,
            send_turn: 0,
            due_at_start: 0,
            waiting_for: None,
        }
    }

    async fn prepare(&mut self, now: Timestamp) -> Result<(), Error> {
        let (store, account) = (&self.dispatch.store, &self.dispatch.account);
        self.recovered = store.recover(self.tenure.lease(), now).await?;
        for lane in &mut self.lanes {
            let name = &lane.campaign.name;
            lane.summary.expired = store.expire(account, name, now).await?;
            if self.dispatch.tuning.counts_due {
                self.due_at_start += store.standing(account, name, now).await?.due;
            }
        }
        Ok(())
    }

    async fn drive(&mut self, stop: &CancellationToken) {
        loop {
            let (now, at) = (self.dispatch.clock.now(), Instant::now());
            if stop.is_cancelled() {
                self.stop(Cause::Stopped, "sending was stopped");
            }
            self.keep_lease(now, at);
            self.begin_claim(now, at);
            self.start_requests(now, at);
            let draining = self.stopped.is_some() || self.flights.is_empty();
            self.results.begin(draining, at);
            if self.is_done(now) {
                return;
            }
            let wakes_at = self.wakes_at(at);
            let falls_due = self.falls_due();
            self.say_waiting(falls_due);
            tokio::select! {
                landed = self.flights.landed() => self.landed(landed),
                answered = self.claims.answered() => self.claimed(answered),
                written = self.results.written() => self.written(written),
                renewed = self.tenure.renewed() => self.renewed(renewed),
                () = tokio::time::sleep_until(wakes_at.unwrap_or(at)), if wakes_at.is_some() => {}
                () = self.dispatch.clock.sleep_until(falls_due.unwrap_or(now)),
                    if falls_due.is_some() => {}
                () = stop.cancelled(), if self.stopped.is_none() => {}
            }
        }
    }

    /// Where all were messaged that may be, finds out whether others are due.
    async fn look_beyond(&mut self) {
        let (store, account) = (&self.dispatch.store, &self.dispatch.account);
        let now = self.dispatch.clock.now();
        for lane in self.lanes.iter_mut().filter(|lane| lane.is_full()) {
            match store.next_due(account, &lane.campaign.name, now).await {
                Ok(next) => lane.left_over(next, now),
                Err(error) => tracing::info!(%error, "what is due beyond is not known"),
            }
        }
    }

    fn end(self) -> (Result<Summary, Error>, Tenure<'a>) {
        let now = self.dispatch.clock.now();
        let summary = Summary {
            recovered: self.recovered,
            campaigns: self.lanes.iter().map(|lane| lane.finished(now)).collect(),
            stopped: self.stopped,
        };
        let ended = match self.trouble {
            None => Ok(summary),
            Some(source) => Err(Error::Interrupted {
                source,
                unsettled: self.results.len(),
                summary: Box::new(summary),
            }),
        };
        (ended, self.tenure)
    }

    // The lease.

    fn keep_lease(&mut self, now: Timestamp, at: Instant) {
        if !self.tenure.may_start(now) && self.stopped.is_none() {
            self.tenure.hurry(at);
        }
        self.tenure.begin(at);
    }

    fn renewed(&mut self, renewed: Result<(), Ended>) {
        match renewed {
            Ok(()) => {}
            Err(Ended::Halt(halt)) => self.stop_for(halt),
            // No request starts once the lease runs short; until then there is time to try again.
            Err(Ended::NotYet(error)) => {
                if !self.tenure.may_start(self.dispatch.clock.now()) {
                    self.fail(error);
                }
            }
        }
    }

    // Waiting.

    /// Returns when, by the machine's time, there is something to do even though nothing has ended.
    fn wakes_at(&mut self, at: Instant) -> Option<Instant> {
        let mut wakes = [self.results.wakes_at(), self.tenure.wakes_at(), None];
        if self.stopped.is_none() && self.flights.len() < self.most_in_flight {
            let lanes = (0..self.lanes.len())
                .filter_map(|index| self.sends_in(index, at))
                .min();
            let paused = self.pacer.is_paused(at);
            let number = self.pacer.wait(at);
            wakes[2] = match lanes {
                Some(wait) => Some(at + wait.max(number)),
                // A claim waits for the end of the pause.
                None if paused => Some(at + number),
                None => None,
            };
            // Without the lease, or while the ledger cannot be written, nothing starts; they wake us.
            if !self.tenure.may_start(self.dispatch.clock.now()) || self.results.failures() > 0 {
                wakes[2] = None;
            }
        }
        wakes.into_iter().flatten().min()
    }

    /// Returns when, by the clock, the next contact falls due.
    fn falls_due(&mut self) -> Option<Timestamp> {
        if self.stopped.is_some() {
            return None;
        }
        let now = self.dispatch.clock.now();
        self.lanes
            .iter_mut()
            .filter(|lane| !lane.is_halted())
            .filter_map(|lane| match lane.due(now) {
                Due::At(at) => Some(at),
                Due::Now | Due::Never => None,
            })
            .min()
    }

    fn say_waiting(&mut self, until: Option<Timestamp>) {
        let waiting = until.filter(|_| self.outstanding() == 0 && !self.claims.is_under_way());
        if let Some(until) = waiting
            && self.waiting_for != waiting
        {
            self.observer.waiting(until);
        }
        self.waiting_for = waiting;
    }

    fn is_done(&mut self, now: Timestamp) -> bool {
        if self.claims.is_under_way() || !self.flights.is_empty() {
            return false;
        }
        if self.given_up {
            return true;
        }
        if self.outstanding() > 0 {
            return false;
        }
        let horizon =
            SignedDuration::try_from(self.dispatch.tuning.horizon).unwrap_or(SignedDuration::MAX);
        self.stopped.is_some()
            || self.lanes.iter_mut().all(|lane| {
                lane.is_halted()
                    || match lane.due(now) {
                        Due::Now => false,
                        Due::At(at) => at.duration_since(now) > horizon,
                        Due::Never => true,
                    }
            })
    }

    pub(super) fn say_progress(&self) {
        let (mut accepted, mut failed, mut dealt_with) = (0, 0, 0);
        for Lane { summary, .. } in &self.lanes {
            let refused: u64 = summary.failed.values().sum();
            accepted += summary.accepted;
            failed += refused;
            dealt_with += summary.accepted + refused + summary.uncertain + summary.postponed;
            dealt_with += summary.retried.values().sum::<u64>();
            dealt_with += summary.skipped.values().sum::<u64>();
        }
        self.observer.progress(&Progress {
            accepted,
            failed,
            in_flight: self.flights.len(),
            rate: self.pacer.rate(),
            remaining: self.due_at_start.saturating_sub(dealt_with),
        });
    }
}
