//! An audience that is being gathered for a campaign.

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::commit::{self, Order};
use super::compare;
use super::error::io;
use super::staging::Staging;
use super::state;
use super::store::Core;
use crate::store::{Answer, Audience, Comparison, Gaps, Member, Result, Sketch};

pub(super) async fn open(
    core: &Arc<Core>,
    account: &str,
    campaign: &str,
) -> Result<Box<dyn Audience>> {
    let ledger = core.read(state::ledger).await?;
    let staging = core.blocking(move |_| Staging::create(&ledger)).await?;
    Ok(Box::new(Gathering {
        core: Arc::clone(core),
        account: account.to_owned(),
        campaign: campaign.to_owned(),
        staging: Some(staging),
    }))
}

struct Gathering {
    core: Arc<Core>,
    account: String,
    campaign: String,
    /// Absent after an addition failed or was abandoned: what is half gathered is nothing to act upon.
    staging: Option<Staging>,
}

impl Gathering {
    fn take(&mut self) -> Result<Staging> {
        self.staging.take().ok_or_else(|| {
            io(
                &tempfile::env::temp_dir(),
                "the audience could not be gathered",
            )
        })
    }
}

impl Audience for Gathering {
    fn add(&mut self, members: Vec<Member>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let mut staging = self.take()?;
            let staging = self
                .core
                .blocking(move |_| staging.add(&members).map(|()| staging))
                .await?;
            self.staging = Some(staging);
            Ok(())
        })
    }

    fn compare<'a>(&'a mut self, now: Timestamp, gaps: &'a Gaps) -> Answer<'a, Comparison> {
        Box::pin(async move {
            let staging = self.take()?;
            let (account, campaign) = (self.account.clone(), self.campaign.clone());
            let gaps = gaps.clone();
            let (staging, comparison) = self
                .core
                .blocking(move |core| {
                    staging.write_out()?;
                    let comparison = core.read_beside(&staging.path(), &|connection| {
                        compare::compare(
                            connection,
                            (&account, &campaign),
                            (&staging.words, &staging.totals),
                            now,
                            &gaps,
                        )
                    })?;
                    Ok((staging, comparison))
                })
                .await?;
            self.staging = Some(staging);
            Ok(comparison)
        })
    }

    fn sketch(&self) -> Option<Sketch> {
        self.staging.as_ref()?.sketch().cloned()
    }

    fn commit(mut self: Box<Self>, lock: &str, now: Timestamp) -> BoxFuture<'static, Result<()>> {
        let lock = lock.to_owned();
        Box::pin(async move {
            let staging = self.take()?;
            let Self {
                core,
                account,
                campaign,
                staging: _,
            } = *self;
            let order = Order {
                lock,
                account,
                campaign,
                now,
            };
            core.writer()?
                .write_alone(move |connection| {
                    staging.write_out()?;
                    commit::commit(connection, &staging, &order)
                })
                .await
        })
    }
}
