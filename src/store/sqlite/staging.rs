//! The private place where an audience is gathered: a temporary file, so that memory does not grow with the lists.
//!
//! The people are narrow rows under their numbers, which arrive in any order; what belongs to them is appended. The two
//! lie in files of their own, so that appending does not push the people's pages out of memory: that made gathering
//! several times slower. Comparing reads only the people.

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::attempt_id::truncated;
use super::codes::phone_key;
use super::error::{Work, from_sql};
use super::open::private_directory;
use crate::store::sketch::Sketcher;
use crate::store::{LedgerInfo, Member, Result, Sketch};

/// Kibibytes of pages that are kept in memory (negative, as SQLite wants it): a million people's narrow rows.
const PEOPLE_CACHE: i32 = -56 * 1024;
/// The same for what is only appended.
const DETAIL_CACHE: i32 = -1024;

const SCHEMA: &str = "
    PRAGMA main.journal_mode = OFF;
    PRAGMA main.synchronous = OFF;
    PRAGMA details.journal_mode = OFF;
    PRAGMA details.synchronous = OFF;
    CREATE TABLE person (
        phone  INTEGER PRIMARY KEY,
        detail INTEGER NOT NULL,
        digest INTEGER NOT NULL,
        zones  INTEGER NOT NULL,
        country INTEGER NOT NULL,
        skip   INTEGER
    ) STRICT;
    CREATE TABLE details.detail (
        id        INTEGER PRIMARY KEY,
        language  TEXT NOT NULL,
        zones     TEXT NOT NULL,
        variables TEXT NOT NULL,
        opt_in    TEXT,
        list      TEXT NOT NULL,
        line      INTEGER NOT NULL
    ) STRICT;";

/// What was gathered so far. What was gathered is lost when an addition fails.
#[derive(Debug)]
pub(super) struct Staging {
    connection: Connection,
    pub(super) words: Words,
    pub(super) totals: Totals,
    /// None without a ledger.
    sketcher: Option<Sketcher>,
    directory: TempDir,
}

/// The few words that many people share, by the numbers that stand for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) zones: Lexicon,
    pub(super) countries: Lexicon,
    pub(super) skips: Lexicon,
}

/// Counts and digest of all people, each counted once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) members: u64,
    pub(super) duplicates: u64,
    /// A sum, so that the order does not matter.
    pub(super) digest: u128,
}

impl Staging {
    /// Makes an empty one for the audience of a ledger.
    pub(super) fn create(ledger: &LedgerInfo) -> Result<Self> {
        let directory = private_directory()?;
        let path = file(&directory);
        let make = || -> Work<Connection> {
            let connection = Connection::open(&path)?;
            let details = details_file(&directory);
            connection.execute("ATTACH ?1 AS details", [details.to_string_lossy()])?;
            connection.execute_batch(SCHEMA)?;
            connection.pragma_update(Some("main"), "cache_size", PEOPLE_CACHE)?;
            connection.pragma_update(Some("details"), "cache_size", DETAIL_CACHE)?;
            Ok(connection)
        };
        let connection = make().map_err(|failure| failure.at(&path))?;
        Ok(Self {
            connection,
            words: Words::default(),
            totals: Totals::default(),
            sketcher: (!ledger.is_absent()).then(|| Sketcher::new(&ledger.id)),
            directory,
        })
    }

    /// Where the people lie.
    pub(super) fn path(&self) -> PathBuf {
        file(&self.directory)
    }

    /// Where lies what belongs to them.
    pub(super) fn details_path(&self) -> PathBuf {
        details_file(&self.directory)
    }

    pub(super) fn add(&mut self, members: &[Member]) -> Result<()> {
        self.insert(members)
            .map_err(|failure| failure.at(&self.path()))
    }

    fn insert(&mut self, members: &[Member]) -> Work<()> {
        let Self {
            connection,
            words,
            totals,
            sketcher,
            directory: _,
        } = self;
        // One transaction over all additions: numbers come in any order, so that each would write most pages anew.
        if connection.is_autocommit() {
            connection.execute_batch("BEGIN")?;
        }
        let mut person = connection.prepare_cached(
            "INSERT INTO person (phone, detail, digest, zones, country, skip) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING",
        )?;
        let mut detail = connection.prepare_cached(
            "INSERT INTO detail (id, language, zones, variables, opt_in, list, line)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for member in members {
            let phone = phone_key(&member.phone)?;
            let zones = member.zones.join(",");
            let next = i64::try_from(totals.members + 1).unwrap_or(i64::MAX);
            let inserted = person.execute(params![
                phone,
                next,
                values_digest(member, &zones),
                words.zones.number(&zones),
                words
                    .countries
                    .number(member.country.as_deref().unwrap_or_default()),
                member.skip.as_deref().map(|skip| words.skips.number(skip)),
            ])?;
            if inserted == 0 {
                totals.duplicates += 1;
                continue;
            }
            totals.members += 1;
            let digest = member_digest(member);
            totals.digest = totals.digest.wrapping_add(digest);
            if let Some(sketcher) = sketcher {
                sketcher.add(phone, digest);
            }
            detail.execute(params![
                next,
                member.language,
                zones,
                member.variables,
                member.opt_in,
                member.list,
                i64::try_from(member.line).unwrap_or(i64::MAX),
            ])?;
        }
        Ok(())
    }

    pub(super) fn sketch(&self) -> Option<&Sketch> {
        self.sketcher.as_ref().map(Sketcher::sketch)
    }

    /// Writes out what was gathered, for other connections to read, and gives back the memory that gathering took.
    pub(super) fn write_out(&self) -> Result<()> {
        let write_out = || {
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("COMMIT")?;
            }
            self.connection.execute_batch("PRAGMA shrink_memory")
        };
        write_out().map_err(|error| from_sql(&error, &self.path()))
    }
}

fn file(directory: &TempDir) -> PathBuf {
    directory.path().join("people.db")
}

fn details_file(directory: &TempDir) -> PathBuf {
    directory.path().join("details.db")
}

/// Tells whether stored values are still those of the list. The line is left out: a row that is inserted at the top of a
/// list moves all others, and would have all of them written anew.
fn values_digest(member: &Member, zones: &str) -> i64 {
    let mut hash = Sha256::new();
    for part in [&member.language, zones, &member.variables, &member.list] {
        put(&mut hash, Some(part));
    }
    put(&mut hash, member.opt_in.as_deref());
    let [a, b, c, d, e, f, g, h, ..] = truncated(hash);
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Stands for one contact and what would be sent to it, or why nothing would.
fn member_digest(member: &Member) -> u128 {
    let mut hash = Sha256::new();
    for part in [&member.phone, &member.language, &member.variables] {
        put(&mut hash, Some(part));
    }
    put(&mut hash, member.skip.as_deref());
    u128::from_be_bytes(truncated(hash))
}

/// Lengths keep the parts apart; what is absent differs from what is empty.
fn put(hash: &mut Sha256, part: Option<&str>) {
    match part {
        Some(part) => {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        None => hash.update(u64::MAX.to_be_bytes()),
    }
}

/// Words and the numbers that stand for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexicon {
    words: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Lexicon {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.words.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        number
    }

    /// The word that a number stands for.
    pub(super) fn word(&self, number: u32) -> &str {
        self.words.get(number as usize).map_or("", String::as_str)
    }
}
