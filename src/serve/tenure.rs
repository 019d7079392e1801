//! Who runs the errands: one process at a time, for as long as it holds the lease of every account.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::errands::Errands;
use crate::campaign::dispatch::Identity;
use crate::clock::Clock;
use crate::store::{self, Database, Lease, LockRequest};

/// Longer than any errand may take, so that none is under way when another process takes over.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
const RENEWAL: Duration = Duration::from_secs(20);
/// How soon it is tried again where another process has them.
const RETRY: Duration = Duration::from_secs(2);

/// The right to run errands, and those that it is for.
pub(super) struct Office {
    pub(super) store: Arc<dyn Database>,
    pub(super) clock: Clock,
    pub(super) identity: Identity,
    pub(super) accounts: Vec<String>,
    pub(super) errands: Vec<Errands>,
}

impl Office {
    /// Runs the errands whenever the leases can be had, until `stop` is cancelled.
    pub(super) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.take().await {
                Ok(leases) => {
                    self.hold(leases, &stop).await;
                    Duration::ZERO
                }
                Err(error) => {
                    tracing::debug!(%error, "errands are not run here");
                    RETRY
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    pub(super) async fn take(&self) -> store::Result<Vec<Lease>> {
        let mut leases = Vec::new();
        for account in &self.accounts {
            match self.lease(account).await {
                Ok(lease) => leases.push(lease),
                Err(error) => {
                    self.release(&leases).await;
                    return Err(error);
                }
            }
        }
        // Nothing of this process is under way: what was begun has nobody.
        let now = self.clock.now();
        if let Err(error) = self.store.recover_errands(now).await {
            self.release(&leases).await;
            return Err(error);
        }
        Ok(leases)
    }

    async fn lease(&self, account: &str) -> store::Result<Lease> {
        let now = self.clock.now();
        let request = LockRequest {
            holder: self.identity.holder.clone(),
            host: self.identity.host.clone(),
            process: self.identity.process,
            command: self.identity.command.clone(),
            run_address: None,
            now,
            until: now.saturating_add(LEASE).unwrap_or(now),
        };
        self.store
            .lease(&format!("serve:{account}"), &request)
            .await
    }

    /// Runs errands while the leases are ours.
    async fn hold(&self, mut leases: Vec<Lease>, stop: &CancellationToken) {
        let running = stop.child_token();
        let mut tasks = JoinSet::new();
        for errands in &self.errands {
            tasks.spawn(errands.clone().run(running.clone()));
        }
        loop {
            tokio::select! {
                () = tokio::time::sleep(RENEWAL) => {}
                () = stop.cancelled() => break,
            }
            if let Err(error) = self.renew(&mut leases).await {
                tracing::warn!(%error, "errands are no longer run here");
                break;
            }
        }
        running.cancel();
        while tasks.join_next().await.is_some() {}
        self.release(&leases).await;
    }

    async fn renew(&self, leases: &mut [Lease]) -> store::Result<()> {
        for (account, lease) in self.accounts.iter().zip(leases) {
            let renewed = self.lease(account).await?;
            // The fence grows with every holder. One more is ours anew, after our lease had run out (the clock was moved) and
            // nobody had it in between; more than that, and somebody else had.
            if renewed.fence > lease.fence + 1 {
                let holder = "another process".to_owned();
                *lease = renewed;
                return Err(store::Error::Fenced { holder });
            }
            *lease = renewed;
        }
        Ok(())
    }

    /// Gives the leases back. Should that fail, they run out by themselves.
    async fn release(&self, leases: &[Lease]) {
        for lease in leases {
            if let Err(error) = self.store.release_lease(lease).await {
                tracing::debug!(%error, lease = lease.number, "a lease was not given back");
            }
        }
    }
}
