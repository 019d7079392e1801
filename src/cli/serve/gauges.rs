//! Keeps the meters at what the ledger says.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::serve::meters::Meters;
use crate::store::{self, Database, ErrandKind};

const EVERY: Duration = Duration::from_secs(10);

/// Reads until told to stop.
pub(super) async fn run(
    meters: &Meters,
    store: &dyn Database,
    clock: &Clock,
    stop: &CancellationToken,
) {
    loop {
        if let Err(error) = read(meters, store, clock).await {
            tracing::debug!(%error, "the meters could not be read");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn read(meters: &Meters, store: &dyn Database, clock: &Clock) -> store::Result<()> {
    let now = clock.now();
    meters.unread(store.unread_count().await?);
    let halts = store.halts(None, now).await?;
    meters.halts(&halts);
    for kind in [ErrandKind::Reply, ErrandKind::Handoff, ErrandKind::Notify] {
        meters.errands(kind, &store.errand_counts(kind).await?);
    }
    for campaign in store.campaigns().await? {
        if let Some((since, _)) = store.receiver(&campaign.account).await? {
            meters.unbroken_since(&campaign.account, since);
        }
    }
    Ok(())
}
