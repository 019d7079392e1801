//! Reading, beside the thread that writes or in a process that only reads.
//!
//! A process that only reads must leave no trace, but SQLite makes files beside a database with a log even to read it.
//! So where no log lies there, the file is read as one that cannot change, and the reading counts only if the file has
//! not changed meanwhile (what is given away before the end is vouched for piece by piece); where a log lies there (somebody writes, or died writing), it is read in the usual way, whose
//! files exist already. What cannot be read in place (an older format, a log in a directory that cannot be
//! written to) is copied to a private directory first.

use std::cell::Cell;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use super::error::{Failure, Work, from_io, io};
use super::migrate::{self, Found, MIGRATIONS};
use super::open::{BUSY_TIMEOUT, log_of, private_directory};
use crate::store::Result;

/// Connections kept for the next reading.
const KEPT: usize = 4;
/// Kibibytes of pages that a reader keeps (negative, as SQLite wants it).
const CACHE: i32 = -8 * 1024;
/// How often a reading is begun anew because the file changed under it.
const TRIES: usize = 8;

/// What is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A file that this process has open to write.
    Beside,
    /// A file that this process must not touch.
    Outside,
}

/// What is to be read, from one consistent state of the file.
pub(super) struct Reading<'a, T> {
    /// A second file, named `staging` in the statements.
    pub(super) attach: Option<&'a Path>,
    /// May be done more than once, until something is vouched for; the last time counts.
    pub(super) work: &'a dyn Fn(&Snapshot<'_>) -> Work<T>,
}

/// One state of the file.
pub(super) struct Snapshot<'a> {
    pub(super) connection: &'a Connection,
    /// Where nothing but luck keeps the file as it is.
    unguarded: Option<&'a Unguarded<'a>>,
}

impl Snapshot<'_> {
    /// To be called before anything that was read is given away: fails where it may not be of one state. From then on
    /// the work is not done anew.
    pub(super) fn vouch(&self) -> Work<()> {
        let Some(unguarded) = self.unguarded else {
            return Ok(());
        };
        let now = Look::at(unguarded.path)?;
        if now.is_some_and(|now| now.has_same_file(&unguarded.before)) {
            unguarded.vouched.set(true);
            return Ok(());
        }
        Err(Failure::Store(io(
            unguarded.path,
            "it was written to while it was read; try again",
        )))
    }
}

/// A file that is read as one that cannot change.
struct Unguarded<'a> {
    path: &'a Path,
    before: Look,
    vouched: Cell<bool>,
}

#[derive(Debug)]
pub(super) struct Readers {
    source: Source,
    path: Arc<Path>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(source: Source, path: Arc<Path>) -> Self {
        Self {
            source,
            path,
            idle: Mutex::default(),
        }
    }

    /// Tells early what is wrong with the file.
    pub(super) fn probe(&self) -> Result<()> {
        self.read(&Reading {
            attach: None,
            work: &|_| Ok(()),
        })
    }

    pub(super) fn read<T>(&self, reading: &Reading<'_, T>) -> Result<T> {
        let result = match self.source {
            Source::Beside => self.beside(reading),
            Source::Outside => self.outside(reading),
        };
        result.map_err(|failure| failure.at(&self.path))
    }

    fn beside<T>(&self, reading: &Reading<'_, T>) -> Work<T> {
        let kept = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match kept {
            Some(connection) => connection,
            None => open(&uri(&self.path, "mode=ro"))?,
        };
        let result = in_snapshot(&connection, reading, None)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(result)
    }

    fn outside<T>(&self, reading: &Reading<'_, T>) -> Work<T> {
        for _ in 0..TRIES {
            let before = match Look::at(&self.path)? {
                Some(look) if !look.is_empty() => look,
                _ => return in_snapshot(&empty(&self.path)?, reading, None),
            };
            if before.has_log() {
                return self.with_log(reading);
            }
            let unguarded = Unguarded {
                path: &self.path,
                before,
                vouched: Cell::new(false),
            };
            let result = open(&uri(&self.path, "mode=ro&immutable=1"))
                .map_err(Failure::Sql)
                .and_then(|connection| self.present(connection, reading, Some(&unguarded)));
            if unguarded.vouched.get() || Look::at(&self.path)?.as_ref() == Some(&unguarded.before)
            {
                return result;
            }
        }
        Err(Failure::Store(io(
            &self.path,
            "it changed again and again while it was read",
        )))
    }

    fn with_log<T>(&self, reading: &Reading<'_, T>) -> Work<T> {
        let in_place = open(&uri(&self.path, "mode=ro"))
            .map_err(Failure::Sql)
            .and_then(|connection| self.present(connection, reading, None));
        match in_place {
            Err(Failure::Sql(error)) if is_unreachable(&error) => {
                let (copy, _directory) = self.copy_with_log()?;
                self.present(open(&uri(&copy, "mode=rw"))?, reading, None)
            }
            result => result,
        }
    }

    /// Reads from a connection, or where its file has an older format from a copy that is brought up to date.
    fn present<T>(
        &self,
        connection: Connection,
        reading: &Reading<'_, T>,
        unguarded: Option<&Unguarded<'_>>,
    ) -> Work<T> {
        match migrate::identify(&connection, &self.path, MIGRATIONS)? {
            Found::Present => in_snapshot(&connection, reading, unguarded),
            Found::Empty => in_snapshot(&empty(&self.path)?, reading, unguarded),
            Found::Older => {
                let (copy, _directory) = copied(&connection)?;
                drop(connection);
                let mut connection = open(&uri(&copy, "mode=rw"))?;
                migrate::run(&mut connection, &self.path, MIGRATIONS)?;
                in_snapshot(&connection, reading, unguarded)
            }
        }
    }

    fn copy_with_log(&self) -> Work<(PathBuf, TempDir)> {
        let directory = private_directory()?;
        let copy = directory.path().join("state.db");
        for (from, to) in [
            (self.path.to_path_buf(), copy.clone()),
            (log_of(&self.path), log_of(&copy)),
        ] {
            std::fs::copy(&from, &to).map_err(|error| Failure::Store(from_io(&error, &to)))?;
        }
        Ok((copy, directory))
    }
}

fn copied(connection: &Connection) -> Work<(PathBuf, TempDir)> {
    let directory = private_directory()?;
    let copy = directory.path().join("state.db");
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    Ok((copy, directory))
}

/// An empty ledger in memory, whose id is zeros.
fn empty(path: &Path) -> Work<Connection> {
    let mut connection = Connection::open_in_memory()?;
    migrate::run(&mut connection, path, MIGRATIONS)?;
    connection.execute("UPDATE ledger SET id = ?1", ["0".repeat(32)])?;
    Ok(connection)
}

fn open(uri: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        uri,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn uri(path: &Path, options: &str) -> String {
    let mut uri = String::from("file:");
    for character in path.to_string_lossy().chars() {
        match character {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            other => uri.push(other),
        }
    }
    uri + "?" + options
}

fn in_snapshot<T>(
    connection: &Connection,
    reading: &Reading<'_, T>,
    unguarded: Option<&Unguarded<'_>>,
) -> Work<T> {
    if let Some(path) = reading.attach {
        connection.execute("ATTACH ?1 AS staging", [path.to_string_lossy()])?;
    }
    let transaction = connection.unchecked_transaction()?;
    let result = (reading.work)(&Snapshot {
        connection: &transaction,
        unguarded,
    })?;
    transaction.finish()?;
    if reading.attach.is_some() {
        connection.execute_batch("DETACH staging")?;
    }
    Ok(result)
}

/// Whether SQLite could not make or open what it needs beside the file.
fn is_unreachable(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
    )
}

/// What shows that a file was changed.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    length: u64,
    modified: Option<SystemTime>,
    log: Option<u64>,
}

impl Look {
    fn at(path: &Path) -> Work<Option<Self>> {
        let Some(main) = metadata(path)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            length: main.len(),
            modified: main.modified().ok(),
            log: metadata(&log_of(path))?.map(|log| log.len()),
        }))
    }

    /// Whether the main file is the same. A log that has come since changes nothing before it is copied into it.
    fn has_same_file(&self, other: &Self) -> bool {
        (self.length, self.modified) == (other.length, other.modified)
    }

    fn is_empty(&self) -> bool {
        self.length == 0 && !self.has_log()
    }

    fn has_log(&self) -> bool {
        self.log.is_some_and(|length| length > 0)
    }
}

fn metadata(path: &Path) -> Work<Option<Metadata>> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::Store(from_io(&error, path))),
    }
}
