//! The lease on the number: taken, prolonged while sending goes on, given back.

use std::future;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::{Cause, Dispatch, Halt};
use crate::store::{self, Lease, LockRequest};

/// A clock further than this behind the latest time that the ledger has seen is wrong.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// How soon a renewal is tried again that the store could not do.
const RENEWAL_RETRY: Duration = Duration::from_secs(1);

/// A number that is ours for a while.
pub(super) struct Tenure<'a> {
    dispatch: &'a Dispatch,
    lease: Lease,
    renewing: Option<BoxFuture<'a, store::Result<Renewal>>>,
    renew_at: Instant,
}

struct Renewal {
    lease: Lease,
    now: Timestamp,
    seen: Timestamp,
}

/// Why a tenure ended.
pub(super) enum Ended {
    Halt(Halt),
    /// Not ended: the store could not prolong it, and is asked again.
    NotYet(store::Error),
}

impl<'a> Tenure<'a> {
    pub(super) async fn take(dispatch: &'a Dispatch) -> store::Result<Self> {
        let (store, number) = (&dispatch.store, &dispatch.number.id);
        let request = request(dispatch, dispatch.clock.now());
        // To the store, a worker that died here with our process number (in a container it is always the same) is
        // ourselves, and its lease would be prolonged. Given back and taken again, it gets a fence of its own, by which its
        // claims are told from ours.
        let mistaken = store.lease(number, &request).await?;
        store.release_lease(&mistaken).await?;
        let lease = store.lease(number, &request).await?;
        Ok(Self {
            dispatch,
            lease,
            renewing: None,
            renew_at: Instant::now() + dispatch.tuning.lease / 3,
        })
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Says whether a request that starts now has ended, answered or given up, before the lease has.
    pub(super) fn may_start(&self, now: Timestamp) -> bool {
        signed(self.dispatch.tuning.request_timeout) < self.lease.until.duration_since(now)
    }

    pub(super) fn wakes_at(&self) -> Option<Instant> {
        Some(self.renew_at).filter(|_| self.renewing.is_none())
    }

    /// Begins to prolong the lease when a third of it has passed, or at once when the clock was moved past its use.
    pub(super) fn begin(&mut self, now: Instant) {
        if self.renewing.is_some() || now < self.renew_at {
            return;
        }
        let dispatch = self.dispatch;
        let renewal = async move {
            let now = dispatch.clock.now();
            let seen = dispatch.store.see_time(now).await?;
            let request = request(dispatch, now);
            let lease = dispatch.store.lease(&dispatch.number.id, &request).await?;
            Ok(Renewal { lease, now, seen })
        };
        self.renewing = Some(renewal.boxed());
    }

    /// Has the lease prolonged at the next [`Self::begin`].
    pub(super) fn hurry(&mut self, now: Instant) {
        if self.renewing.is_none() {
            self.renew_at = self.renew_at.min(now);
        }
    }

    /// Waits until the lease is prolonged; for ever where that was not begun. May be dropped and called again.
    pub(super) async fn renewed(&mut self) -> Result<(), Ended> {
        let Some(renewing) = &mut self.renewing else {
            return future::pending().await;
        };
        let result = renewing.await;
        self.renewing = None;
        match result {
            Ok(Renewal { lease, now, seen }) => {
                if let Some(halt) = clock_behind(now, seen) {
                    return Err(Ended::Halt(halt));
                }
                // The fence grows by one with every holder. One more is ours anew after our lease had run out (the
                // clock was moved) and nobody has had it in between; more than that, and somebody has.
                if lease.fence > self.lease.fence + 1 {
                    return Err(Ended::Halt(lost("another worker")));
                }
                if lease.until.duration_since(now) <= signed(self.dispatch.tuning.request_timeout) {
                    return Err(Ended::Halt(Halt {
                        cause: Cause::LeaseLost,
                        code: None,
                        reason: "the lease on the number is shorter than a request may take"
                            .to_owned(),
                    }));
                }
                self.lease = lease;
                self.renew_at = Instant::now() + self.dispatch.tuning.lease / 3;
                Ok(())
            }
            Err(error) => {
                self.renew_at = Instant::now() + RENEWAL_RETRY;
                Err(lost_by(&error).map_or(Ended::NotYet(error), Ended::Halt))
            }
        }
    }

    /// Gives the number back. Should that fail, the lease runs out by itself.
    pub(super) async fn end(mut self) {
        if let Some(renewing) = self.renewing.take()
            && let Ok(renewal) = renewing.await
        {
            self.lease = renewal.lease;
        }
        if let Err(error) = self.dispatch.store.release_lease(&self.lease).await {
            tracing::debug!(%error, number = self.lease.number, "the lease was not given back");
        }
    }
}

/// Returns the halt for a clock that cannot be right.
pub(super) fn clock_behind(now: Timestamp, seen: Timestamp) -> Option<Halt> {
    (seen.duration_since(now) > CLOCK_TOLERANCE).then(|| Halt {
        cause: Cause::ClockBehind,
        code: None,
        reason: format!("the clock shows {now}, but the ledger was written to at {seen}"),
    })
}

/// Returns the halt for an error that says that the lease is another's.
pub(super) fn lost_by(error: &store::Error) -> Option<Halt> {
    match error {
        store::Error::Fenced { holder } => Some(lost(holder)),
        store::Error::Locked(info) => Some(lost(&info.holder)),
        _ => None,
    }
}

fn lost(holder: &str) -> Halt {
    Halt {
        cause: Cause::LeaseLost,
        code: None,
        reason: format!("the number was taken over by {holder}"),
    }
}

fn request(dispatch: &Dispatch, now: Timestamp) -> LockRequest {
    let identity = &dispatch.identity;
    LockRequest {
        holder: identity.holder.clone(),
        host: identity.host.clone(),
        process: identity.process,
        command: identity.command.clone(),
        run_address: None,
        now,
        until: now
            .saturating_add(signed(dispatch.tuning.lease))
            .unwrap_or(Timestamp::MAX),
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
