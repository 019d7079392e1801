//! How well a campaign's number and its sends do, for the guards.

use jiff::Timestamp;

use super::ready::Ready;
use crate::resource::guard::Quality;
use crate::store::{self, Delivery, Store};

/// What is known before anything is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The number's quality rating; none where Meta rates nothing.
    pub quality: Option<Quality>,
    /// Contacts whose last message has a status or an answer, by the ledger.
    pub settled: u64,
    /// Those of them whose last message failed.
    pub failed: u64,
}

impl Health {
    /// Reads it; the ledger is asked only where a limit needs it.
    pub(super) async fn read(
        store: &dyn Store,
        ready: &Ready,
        launched: bool,
        now: Timestamp,
    ) -> store::Result<Self> {
        let mut health = Self {
            quality: ready.number.quality,
            ..Self::default()
        };
        if ready.failure_limit.is_some() && launched {
            let standing = store.standing(&ready.account, &ready.name, now).await?;
            let Delivery {
                accepted,
                sent,
                delivered,
                read,
                failed,
            } = standing.delivery;
            health.failed = failed;
            health.settled = accepted + sent + delivered + read + failed;
        }
        Ok(health)
    }
}
