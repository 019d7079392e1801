//! What commands work with that need the project and its ledger, and nothing of Meta.

use std::sync::Arc;

use super::Context;
use super::args::World;
use super::error::Result;
use super::sandboxed::Sandboxed;
use super::session::{self, KEPT};
use crate::clock::Clock;
use crate::resource::Project;
use crate::resource::account::Account;
use crate::store::sqlite::{self, Mode};
use crate::store::{CampaignRecord, Database};

/// A project and its ledger.
pub(super) struct Ledger {
    pub(super) project: Project,
    pub(super) store: Arc<dyn Database>,
}

impl Ledger {
    /// Opens the ledger to be read: makes and changes nothing.
    pub(super) fn read(context: &Context, world: &World) -> Result<Self> {
        let Context {
            ui,
            environment,
            directory,
            ..
        } = context;
        let project = session::project(ui, environment, directory, &world.variables)?;
        Self::open(project, world, Mode::ReadOnly)
    }

    fn open(project: Project, world: &World, mode: Mode) -> Result<Self> {
        let store = sqlite::open(&session::state_path(&project, world.sandbox), mode)?;
        Ok(Self { project, store })
    }

    /// Opens the ledger that was read to be written.
    pub(super) async fn writable(self, context: &Context, world: &World) -> Result<Writable> {
        let Self { project, store } = self;
        drop(store);
        let sandbox = match world.sandbox {
            true => Some(Sandboxed::join(&project, &context.directory.join(KEPT)).await?),
            false => None,
        };
        let clock = sandbox
            .as_ref()
            .map_or_else(Clock::system, |sandbox| sandbox.clock.clone());
        let Self { store, .. } = Self::open(project, world, Mode::ReadWrite)?;
        Ok(Writable {
            store,
            clock,
            sandbox,
        })
    }

    /// Returns the campaigns of a name that were launched.
    pub(super) async fn launched(&self, name: &str) -> Result<Vec<CampaignRecord>> {
        let mut launched = self.store.campaigns().await?;
        launched.retain(|campaign| campaign.name == name);
        Ok(launched)
    }

    /// Returns the accounts that are declared or have campaigns, in order.
    pub(super) async fn accounts(&self) -> Result<Vec<String>> {
        let launched = self.store.campaigns().await?;
        let declared = self.project.all::<Account>();
        let mut accounts: Vec<String> = declared
            .map(|account| account.name.clone())
            .chain(launched.into_iter().map(|campaign| campaign.account))
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        Ok(accounts)
    }
}

/// A ledger that may be written, and the clock that goes with it.
pub(super) struct Writable {
    pub(super) store: Arc<dyn Database>,
    pub(super) clock: Clock,
    sandbox: Option<Sandboxed>,
}

impl Writable {
    /// Ends the work; a sandbox that ran inside of it is put away.
    pub(super) async fn close(self) -> Result<()> {
        drop(self.store);
        match self.sandbox {
            Some(sandbox) => sandbox.leave().await,
            None => Ok(()),
        }
    }
}
