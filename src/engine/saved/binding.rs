//! What a saved plan is bound to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::document::Saved;
use super::error::{Error, Moved};
use crate::campaign;
use crate::config::Address;
use crate::engine::plan::{Plan, Target};
use crate::engine::plan_id;
use crate::resource::Project;
use crate::store::{LedgerInfo, Sketch};

/// How far two machines' clocks may be apart.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// All that a plan depends on and does not show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// A hash of what would be done, without the numbers of recipients.
    pub(super) core: String,
    /// A digest of each block of the configuration, by its address.
    pub(super) configuration: BTreeMap<String, String>,
    /// A hash of the ledger's id; none where there was no ledger.
    pub(super) ledger: Option<String>,
    pub(super) audiences: Vec<Audience>,
}

/// The contacts of one campaign, without any of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Audience {
    pub(super) campaign: Address,
    /// None without a ledger whose id would hide the numbers.
    pub(super) sketch: Option<Sketch>,
}

/// What a plan is held against before the world is read.
pub struct World<'a> {
    pub project: &'a Project,
    pub targets: &'a [Target],
    pub ledger: &'a LedgerInfo,
    /// Whether the ledger remembers nothing: no object, no campaign, no permission to send.
    pub is_untouched: bool,
    pub now: Timestamp,
}

impl Binding {
    /// Binds a plan to what it was made from.
    #[must_use]
    pub fn of(
        project: &Project,
        ledger: &LedgerInfo,
        plan: &Plan,
        campaigns: &[campaign::Prepared],
    ) -> Self {
        let audience = |campaign: &campaign::Prepared| Audience {
            campaign: campaign.send.address.clone(),
            sketch: campaign.sketch(),
        };
        Self {
            core: plan_id::core(plan),
            configuration: configuration(project),
            ledger: watermark(ledger),
            audiences: campaigns.iter().map(audience).collect(),
        }
    }
}

impl Saved {
    /// Holds the plan against the place where it is to be applied. That the world is as it was is not known then.
    ///
    /// # Errors
    /// The first thing that is not as it was.
    pub fn verify(&self, world: &World<'_>) -> Result<(), Error> {
        self.verify_version()?;
        let moved = other_targets(&self.plan.targets, world.targets);
        if !moved.is_empty() {
            return Err(Error::OtherAccount(moved));
        }
        let (made_at, now) = (self.plan.made_at, world.now);
        if now >= self.expires_at {
            let until = self.expires_at;
            return Err(Error::Expired { until, now });
        }
        if made_at.duration_since(now) > CLOCKS_DIFFER {
            return Err(Error::FromTheFuture { made_at, now });
        }
        match &self.binding.ledger {
            Some(before) if watermark(world.ledger).as_ref() == Some(before) => {}
            None if world.is_untouched => {}
            Some(_) if world.is_untouched => {
                return Err(Error::OtherLedger(
                    "this one is new (a fresh checkout, a lost disk, another `[state]`?)",
                ));
            }
            Some(_) => return Err(Error::OtherLedger("this one is not it")),
            None => {
                return Err(Error::OtherLedger(
                    "there was none then, and this one has been used since",
                ));
            }
        }
        let moved = other_blocks(&self.binding.configuration, &configuration(world.project));
        if !moved.is_empty() {
            return Err(Error::OtherConfiguration(moved));
        }
        Ok(())
    }
}

fn configuration(project: &Project) -> BTreeMap<String, String> {
    let digests = project.digests().iter();
    digests
        .map(|(address, digest)| (address.to_string(), digest.clone()))
        .collect()
}

/// Stands for a ledger without giving its id away, which keys what must not be tried out.
fn watermark(ledger: &LedgerInfo) -> Option<String> {
    if ledger.is_absent() {
        return None;
    }
    let digest = Sha256::new()
        .chain_update("waform ledger watermark\0")
        .chain_update(&ledger.id)
        .finalize();
    Some(hex::encode(&digest[..16]))
}

fn other_targets(before: &[Target], now: &[Target]) -> Vec<Moved> {
    let name = |target: &Target| target.account.clone();
    let names: BTreeSet<String> = before.iter().chain(now).map(name).collect();
    let of = |targets: &[Target], account: &str| {
        let target = targets.iter().find(|target| target.account == account);
        target.map_or_else(
            || "none".to_owned(),
            |target| format!("{} at {}", target.waba_id, target.base_url),
        )
    };
    let moved = names.into_iter().map(|account| {
        let (before, now) = (of(before, &account), of(now, &account));
        (before != now).then(|| Moved {
            what: format!("account.{account}"),
            reason: format!("planned for {before}; here it is {now}"),
        })
    });
    moved.flatten().collect()
}

fn other_blocks(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<Moved> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let moved = names.into_iter().map(|block| {
        let reason = match (before.get(block), now.get(block)) {
            (Some(before), Some(now)) if before == now => return None,
            (Some(_), Some(_)) => "it says something else",
            (None, _) => "it was not there",
            (_, None) => "it is gone",
        };
        Some(Moved {
            what: block.clone(),
            reason: reason.to_owned(),
        })
    });
    moved.flatten().collect()
}
