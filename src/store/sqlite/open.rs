//! Opening a state.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::error::{Failure, Work, from_io, io};
use super::migrate::{self, MIGRATIONS};
use super::reader::{Readers, Source};
use super::store::{Core, Sqlite};
use super::writer::Writer;
use crate::store::{Database, Result};

/// How long a writer waits for another process's transaction: bringing a million contacts in takes seconds.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(60);
/// Pages that the log gathers before they go to the main file. With the usual 1000 the checkpoints are what holds
/// sending back (two to five times slower at a million rows).
const AUTOCHECKPOINT: u32 = 20_000;
/// What the log is cut back to after it had to grow.
const LOG_LIMIT: i64 = 64 << 20;
/// Kibibytes of pages that the writer keeps (negative, as SQLite wants it).
const WRITER_CACHE: i32 = -24 * 1024;

/// What a state is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Makes the file where there is none, and brings an older format up to date.
    ReadWrite,
    /// Makes and changes nothing, not even the files that SQLite keeps beside the main one; what is absent is empty.
    ReadOnly,
}

/// Opens the state at `path`.
pub fn open(path: &Path, mode: Mode) -> Result<Arc<dyn Database>> {
    Ok(Arc::new(Sqlite(Arc::new(core(path, mode)?))))
}

/// Opens an empty state of its own, which goes when it is dropped.
pub fn temporary() -> Result<Arc<dyn Database>> {
    let directory = private_directory()?;
    let mut core = core(&directory.path().join("state.db"), Mode::ReadWrite)?;
    core.keep(directory);
    Ok(Arc::new(Sqlite(Arc::new(core))))
}

pub(super) fn core(path: &Path, mode: Mode) -> Result<Core> {
    let shared: Arc<Path> = path.into();
    if mode == Mode::ReadOnly {
        let readers = Readers::new(Source::Outside, Arc::clone(&shared));
        readers.probe()?;
        return Ok(Core::new(shared, readers, None));
    }
    make_file(path)?;
    let connection = writable(path).map_err(|failure| failure.at(path))?;
    let writer = Writer::start(connection, Arc::clone(&shared))?;
    let readers = Readers::new(Source::Beside, Arc::clone(&shared));
    Ok(Core::new(shared, readers, Some(writer)))
}

/// Makes the file for its owner's eyes alone: telephone numbers are in it. SQLite gives the files beside it the
/// same mode.
fn make_file(path: &Path) -> Result<()> {
    let failed = |error: std::io::Error| from_io(&error, path);
    if let Some(parent) = path.parent()
        && !parent.as_os_str().is_empty()
    {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)
            .map_err(failed)?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(failed)
}

/// Opens the connection that writes. Nothing is changed before it is known that the file is ours.
fn writable(path: &Path) -> Work<Connection> {
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    migrate::identify(&connection, path, MIGRATIONS)?;
    let journal: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if journal != "wal" {
        let reason = format!("its file system allows no write-ahead log (mode {journal})");
        return Err(Failure::Store(io(path, reason)));
    }
    // A row that is lost is a message sent twice.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
    connection.pragma_update(None, "wal_autocheckpoint", AUTOCHECKPOINT)?;
    connection.pragma_update(None, "journal_size_limit", LOG_LIMIT)?;
    connection.set_prepared_statement_cache_capacity(256);
    migrate::run(&mut connection, path, MIGRATIONS)?;
    Ok(connection)
}

/// A directory that nobody else can read and that goes with its value.
pub(super) fn private_directory() -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("waform-")
        .tempdir()
        .map_err(|error| from_io(&error, &tempfile::env::temp_dir()))
}

/// Where SQLite keeps the log of the file at `path`.
pub(super) fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
