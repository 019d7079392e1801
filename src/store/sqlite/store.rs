//! The engine's own shape, and each of the trait's calls handed to the file that does it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;

use super::error::{Work, io};
use super::reader::{Readers, Reading, Snapshot};
use super::writer::Writer;
use super::{
    audience, campaigns, claim, history, journal, locks, settle, standing, state, timeouts,
};
use crate::store::{
    Answer, Applied, Audience, CampaignRecord, ClaimRequest, Claimed, Error, HistoryFilter,
    HistoryRows, Lease, LedgerInfo, LockInfo, LockRequest, Note, Result, RightUsed, Settlement,
    Standing, Store,
};

/// What all handles on one open state share. The order of the fields is that in which they go.
#[derive(Debug)]
pub(super) struct Core {
    path: Arc<Path>,
    readers: Readers,
    writer: Option<Writer>,
    directory: Option<TempDir>,
}

impl Core {
    pub(super) fn new(path: Arc<Path>, readers: Readers, writer: Option<Writer>) -> Self {
        Self {
            path,
            readers,
            writer,
            directory: None,
        }
    }

    /// Ties the life of a directory to this state's.
    pub(super) fn keep(&mut self, directory: TempDir) {
        self.directory = Some(directory);
    }

    pub(super) fn writer(&self) -> Result<&Writer> {
        self.writer.as_ref().ok_or_else(|| Error::ReadOnly {
            path: self.path.to_path_buf(),
        })
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        self.writer()?.write(work).await
    }

    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Fn(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        self.blocking(move |core| {
            core.readers.read(&Reading {
                attach: None,
                work: &|snapshot| work(snapshot.connection),
            })
        })
        .await
    }

    /// Reads with a second file at hand, which the statements know as `staging`.
    pub(super) fn read_beside<T>(
        &self,
        staging: &Path,
        work: &dyn Fn(&Connection) -> Work<T>,
    ) -> Result<T> {
        self.readers.read(&Reading {
            attach: Some(staging),
            work: &|snapshot| work(snapshot.connection),
        })
    }

    /// Reads what is given away while it is read.
    pub(super) fn read_out(&self, work: &dyn Fn(&Snapshot<'_>) -> Work<()>) -> Result<()> {
        self.readers.read(&Reading { attach: None, work })
    }

    /// Does what blocks where it may.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let core = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&core))
            .await
            .map_err(|error| io(&self.path, error.to_string()))?
    }
}

/// Adds the entry of a change to the journal.
fn noted(connection: &Connection, entry: Option<&Note>) -> Work<()> {
    if let Some(entry) = entry {
        journal::insert(connection, entry)?;
    }
    Ok(())
}

/// A state in one SQLite file.
#[derive(Debug)]
pub(super) struct Sqlite(pub(super) Arc<Core>);

impl Store for Sqlite {
    fn ledger(&self) -> Answer<'_, LedgerInfo> {
        Box::pin(self.0.read(state::ledger))
    }

    fn confirm_ledger(&self, now: Timestamp) -> Answer<'_, ()> {
        Box::pin(
            self.0
                .write(move |connection| state::confirm(connection, now)),
        )
    }

    fn see_time(&self, now: Timestamp) -> Answer<'_, Timestamp> {
        Box::pin(
            self.0
                .write(move |connection| state::see_time(connection, now)),
        )
    }

    fn applied(&self) -> Answer<'_, Vec<Applied>> {
        Box::pin(self.0.read(state::applied))
    }

    fn remember<'a>(
        &'a self,
        lock: &'a str,
        applied: &'a Applied,
        rights: &'a [RightUsed],
        entry: Option<&'a Note>,
    ) -> Answer<'a, ()> {
        let (lock, applied, rights) = (lock.to_owned(), applied.clone(), rights.to_vec());
        let entry = entry.cloned();
        Box::pin(self.0.write(move |connection| {
            locks::check(connection, &lock)?;
            state::remember(connection, &applied, &rights)?;
            noted(connection, entry.as_ref())
        }))
    }

    fn forget<'a>(
        &'a self,
        lock: &'a str,
        kind: &'a str,
        account: &'a str,
        key: &'a str,
        rights: &'a [RightUsed],
        entry: Option<&'a Note>,
    ) -> Answer<'a, ()> {
        let [lock, kind, account, key] = [lock, kind, account, key].map(str::to_owned);
        let (rights, entry) = (rights.to_vec(), entry.cloned());
        Box::pin(self.0.write(move |connection| {
            locks::check(connection, &lock)?;
            state::forget(connection, &kind, &account, &key, &rights)?;
            noted(connection, entry.as_ref())
        }))
    }

    fn rights_used(&self, since: Timestamp) -> Answer<'_, Vec<RightUsed>> {
        Box::pin(
            self.0
                .read(move |connection| state::rights_used(connection, since)),
        )
    }

    fn bindings(&self) -> Answer<'_, BTreeMap<String, String>> {
        Box::pin(self.0.read(state::bindings))
    }

    fn bind<'a>(&'a self, lock: &'a str, account: &'a str, waba_id: &'a str) -> Answer<'a, ()> {
        let [lock, account, waba_id] = [lock, account, waba_id].map(str::to_owned);
        Box::pin(self.0.write(move |connection| {
            locks::check(connection, &lock)?;
            state::bind(connection, &account, &waba_id)
        }))
    }

    fn lock<'a>(&'a self, request: &'a LockRequest) -> Answer<'a, LockInfo> {
        let request = request.clone();
        Box::pin(
            self.0
                .write(move |connection| locks::lock(connection, &request)),
        )
    }

    fn renew_lock<'a>(&'a self, id: &'a str, now: Timestamp, until: Timestamp) -> Answer<'a, ()> {
        let id = id.to_owned();
        Box::pin(
            self.0
                .write(move |connection| locks::renew(connection, &id, now, until)),
        )
    }

    fn unlock<'a>(&'a self, id: &'a str) -> Answer<'a, ()> {
        let id = id.to_owned();
        Box::pin(
            self.0
                .write(move |connection| locks::unlock(connection, &id)),
        )
    }

    fn lock_holder(&self) -> Answer<'_, Option<LockInfo>> {
        Box::pin(self.0.read(locks::held))
    }

    fn lease<'a>(&'a self, number: &'a str, holder: &'a LockRequest) -> Answer<'a, Lease> {
        let (number, holder) = (number.to_owned(), holder.clone());
        Box::pin(
            self.0
                .write(move |connection| locks::lease(connection, &number, &holder)),
        )
    }

    fn release_lease<'a>(&'a self, lease: &'a Lease) -> Answer<'a, ()> {
        let lease = lease.clone();
        Box::pin(
            self.0
                .write(move |connection| locks::release_lease(connection, &lease)),
        )
    }

    fn campaigns(&self) -> Answer<'_, Vec<CampaignRecord>> {
        Box::pin(self.0.read(campaigns::all))
    }

    fn declare<'a>(&'a self, lock: &'a str, campaign: &'a CampaignRecord) -> Answer<'a, ()> {
        let (lock, campaign) = (lock.to_owned(), campaign.clone());
        Box::pin(self.0.write(move |connection| {
            locks::check(connection, &lock)?;
            campaigns::declare(connection, &campaign)
        }))
    }

    fn audience<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
    ) -> Answer<'a, Box<dyn Audience>> {
        Box::pin(audience::open(&self.0, account, campaign))
    }

    fn standing<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Standing> {
        let [account, campaign] = [account, campaign].map(str::to_owned);
        Box::pin(
            self.0
                .read(move |connection| standing::standing(connection, &account, &campaign, now)),
        )
    }

    fn next_due<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Option<Timestamp>> {
        let [account, campaign] = [account, campaign].map(str::to_owned);
        Box::pin(
            self.0
                .read(move |connection| standing::earliest(connection, &account, &campaign, now)),
        )
    }

    fn recipients_since<'a>(&'a self, account: &'a str, since: Timestamp) -> Answer<'a, u64> {
        let account = account.to_owned();
        Box::pin(
            self.0
                .read(move |connection| standing::recipients_since(connection, &account, since)),
        )
    }

    fn claim(&self, request: ClaimRequest) -> Answer<'_, Claimed> {
        Box::pin(claim::claim(&self.0, request))
    }

    fn settle(&self, settlements: Vec<Settlement>) -> Answer<'_, ()> {
        Box::pin(
            self.0
                .write(move |connection| settle::settle(connection, &settlements)),
        )
    }

    fn recover<'a>(&'a self, lease: &'a Lease, now: Timestamp) -> Answer<'a, u64> {
        let lease = lease.clone();
        Box::pin(
            self.0
                .write(move |connection| timeouts::recover(connection, &lease, now)),
        )
    }

    fn expire<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        now: Timestamp,
    ) -> Answer<'a, u64> {
        let [account, campaign] = [account, campaign].map(str::to_owned);
        Box::pin(
            self.0
                .write(move |connection| timeouts::expire(connection, &account, &campaign, now)),
        )
    }

    fn history(&self, filter: &HistoryFilter) -> HistoryRows {
        history::rows(Arc::clone(&self.0), filter.clone())
    }
}
