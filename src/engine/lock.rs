//! The state lock, held for as long as reconciling takes and renewed while it does.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{Error, LockInfo, LockRequest, Store};

/// How long a lock lives without being renewed: what a crashed run costs the next one on another machine.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(15);

/// How often a lock that another holds is asked for again.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// How a lock that another holds is waited for.
pub struct Waiting<'a> {
    /// At most this long.
    pub timeout: Duration,
    /// Ends the waiting when it is cancelled.
    pub stop: &'a CancellationToken,
    /// Is told who is waited for, once for each holder.
    pub tell: &'a (dyn Fn(&LockInfo) + Send + Sync),
}

/// Who asks for a lock.
#[derive(Clone, Debug)]
pub struct Holder {
    /// `user@host`.
    pub name: String,
    pub host: String,
    pub process: u32,
    pub command: String,
    /// Where a run in CI can be looked at.
    pub run_address: Option<String>,
}

impl Holder {
    /// Returns the wish to hold something from `now` for a lease.
    #[must_use]
    pub fn request(&self, now: Timestamp) -> LockRequest {
        LockRequest {
            holder: self.name.clone(),
            host: self.host.clone(),
            process: self.process,
            command: self.command.clone(),
            run_address: self.run_address.clone(),
            now,
            until: lease_end(now),
        }
    }
}

/// Returns until when a lock that is taken or renewed at `now` lives.
pub(super) fn lease_end(now: Timestamp) -> Timestamp {
    now.saturating_add(LEASE).unwrap_or(now)
}

/// The held state lock; released by [`StateLock::release`], or by running out where the process dies.
pub struct StateLock {
    store: Arc<dyn Store>,
    info: LockInfo,
    renewal: JoinHandle<()>,
}

impl StateLock {
    /// Takes the lock, waiting for another holder as far as `waiting` allows.
    ///
    /// # Errors
    /// [`Error::Locked`] naming the holder, when it is still held then.
    pub async fn take(
        store: Arc<dyn Store>,
        holder: &Holder,
        clock: &Clock,
        waiting: &Waiting<'_>,
    ) -> Result<Self, Error> {
        let deadline = tokio::time::Instant::now() + waiting.timeout;
        let mut told = None;
        let info = loop {
            let held = match store.lock(&holder.request(clock.now())).await {
                Err(Error::Locked(held)) if tokio::time::Instant::now() < deadline => held,
                other => break other?,
            };
            if told.as_ref() != Some(&held.id) {
                (waiting.tell)(&held);
                told = Some(held.id.clone());
            }
            // A lock cannot be waited for across processes; asking costs one small transaction.
            tokio::select! {
                () = tokio::time::sleep(ASK_EVERY) => {}
                () = waiting.stop.cancelled() => return Err(Error::Locked(held)),
            }
        };
        let renewal = tokio::spawn(renew(Arc::clone(&store), info.id.clone(), clock.clone()));
        Ok(Self {
            store,
            info,
            renewal,
        })
    }

    /// The id that every write to the state carries.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.info.id
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`Error::Fenced`] when it was taken over in the meantime.
    pub async fn release(self) -> Result<(), Error> {
        self.renewal.abort();
        self.store.unlock(&self.info.id).await
    }
}

impl Drop for StateLock {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Renews until the lock is lost; every write checks it by itself, so that losing it needs no signal.
async fn renew(store: Arc<dyn Store>, id: String, clock: Clock) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let now = clock.now();
        match store.renew_lock(&id, now, lease_end(now)).await {
            Err(Error::Fenced { .. }) => return,
            Err(error) => tracing::info!(%error, "the lock was not renewed; trying again"),
            Ok(()) => {}
        }
    }
}
