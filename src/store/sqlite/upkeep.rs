//! What a person does to the state by hand.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, params};

use super::codes::{At, count};
use super::error::{Failure, Work};
use super::store::Sqlite;
use super::{campaigns, journal, locks};
use crate::store::{Answer, Broken, Error, Note, OpenClaims, Renaming, Scope, Upkeep};

/// How many findings of one check are told.
const TOLD: usize = 20;

impl Upkeep for Sqlite {
    fn check(&self) -> Answer<'_, Vec<String>> {
        Box::pin(self.0.read(check))
    }

    fn open_claims(&self, now: Timestamp) -> Answer<'_, Vec<OpenClaims>> {
        Box::pin(self.0.read(move |connection| open_claims(connection, now)))
    }

    fn rename<'a>(
        &'a self,
        lock: &'a str,
        renaming: &'a Renaming,
        entry: &'a Note,
    ) -> Answer<'a, ()> {
        let (lock, renaming, entry) = (lock.to_owned(), renaming.clone(), entry.clone());
        Box::pin(self.0.write(move |connection| {
            locks::check(connection, &lock)?;
            rename(connection, &renaming)?;
            journal::insert(connection, &entry)?;
            Ok(())
        }))
    }

    fn break_lock<'a>(&'a self, id: &'a str, entry: &'a Note) -> Answer<'a, Broken> {
        let (id, entry) = (id.to_owned(), entry.clone());
        Box::pin(self.0.write(move |connection| {
            let Some(held) = locks::held(connection)? else {
                return Ok(Broken::None);
            };
            if held.id != id {
                return Ok(Broken::Other(held));
            }
            locks::unlock(connection, &id)?;
            journal::insert(connection, &entry)?;
            Ok(Broken::Lock(held))
        }))
    }
}

/// The file's pages and indices, its references, and what our own rules say that no constraint does.
fn check(connection: &Connection) -> Work<Vec<String>> {
    let mut wrong = damages(connection)?;
    // What is built on a damaged page says nothing.
    if !wrong.is_empty() {
        return Ok(wrong);
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let tables = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?))
    })?;
    let tables: BTreeSet<(String, String)> = tables.collect::<rusqlite::Result<_>>()?;
    for (table, parent) in tables {
        wrong.push(format!(
            "rows of the table `{table}` point at rows of `{parent}` that are not there"
        ));
    }
    // Each side of a claim without its other one: a contact that is never due again, or an answer that nobody takes.
    let mut statement = connection.prepare(
        "SELECT c.account, c.name, count(*) FROM member m JOIN campaign c ON c.id = m.campaign
         WHERE m.state = 2 AND NOT EXISTS (SELECT 1 FROM attempt a
             WHERE a.contact = m.contact AND a.campaign = m.campaign AND a.number = m.attempt AND a.state = 0)
         GROUP BY c.id",
    )?;
    let stuck = statement.query_map([], |row| {
        let (account, name, contacts): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!(
            "campaign.{name} of the account `{account}` has contacts in flight without an open attempt, which will never be \
             due again: {contacts}"
        ))
    })?;
    for line in stuck {
        wrong.push(line?);
    }
    Ok(wrong)
}

/// What is wrong with the pages. Where not even the checking gets through, that is the finding.
fn damages(connection: &Connection) -> Work<Vec<String>> {
    let told = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare(&format!("PRAGMA quick_check({TOLD})"))?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let told = match told() {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            vec![error.to_string()]
        }
        told => told?,
    };
    let damages = told.into_iter().filter(|line| line != "ok");
    Ok(damages
        .map(|line| format!("the file is damaged: {line}"))
        .collect())
}

fn open_claims(connection: &Connection, now: Timestamp) -> Work<Vec<OpenClaims>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.account, c.name, o.sender, o.messages, o.since, NOT EXISTS (
             SELECT 1 FROM lease l WHERE l.number = o.sender AND l.fence = o.fence AND l.held = 1 AND l.until > ?1)
         FROM (SELECT campaign, sender, count(*) messages, min(claimed_at) since, max(fence) fence
               FROM attempt INDEXED BY attempt_open WHERE state IN (0, 3) AND state = 0 GROUP BY campaign, sender) o
         JOIN campaign c ON c.id = o.campaign
         ORDER BY c.account, c.name, o.sender",
    )?;
    let claims = statement.query_map([At(now)], |row| {
        Ok(OpenClaims {
            account: row.get(0)?,
            campaign: row.get(1)?,
            number: row.get(2)?,
            messages: count(row.get(3)?),
            since: row.get::<_, At>(4)?.0,
            orphaned: row.get(5)?,
        })
    })?;
    Ok(claims.collect::<rusqlite::Result<_>>()?)
}

fn rename(connection: &Connection, renaming: &Renaming) -> Work<()> {
    let Renaming {
        account,
        kind,
        key,
        to,
        to_key,
        in_ledger,
    } = renaming;
    let refused = |reason: String| Err(Failure::Store(Error::Invalid(reason)));
    if *in_ledger {
        move_campaign(connection, account, key, to_key)?;
    }
    let taken: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM applied WHERE kind = ?1 AND account = ?2 AND name = ?3 AND member IS ?4)",
        params![kind, account, to.name, to.index],
        |row| row.get(0),
    )?;
    if taken {
        return refused(format!("{to} is remembered already"));
    }
    // What the ledger holds is its own object, and called by its name.
    let id = in_ledger.then_some(to_key);
    let renamed = connection.execute(
        "UPDATE applied SET name = ?4, member = ?5, key = ?6, id = coalesce(?7, id)
         WHERE kind = ?1 AND account = ?2 AND key = ?3",
        params![kind, account, key, to.name, to.index, to_key, id],
    )?;
    if renamed == 0 && !in_ledger {
        return refused(format!(
            "nothing of the kind `{kind}` is remembered as `{key}`"
        ));
    }
    Ok(())
}

/// Carries a campaign over with all that is known of its contacts: they hang on its number, which stays.
fn move_campaign(connection: &Connection, account: &str, from: &str, to: &str) -> Work<()> {
    let refused = |reason: String| Err(Failure::Store(Error::Invalid(reason)));
    let number = campaigns::get(connection, account, from)?.id;
    if campaigns::id(connection, account, to)?.is_some() {
        return refused(format!(
            "campaign.{to} has a ledger of its own already; two ledgers cannot become one"
        ));
    }
    let in_flight: i64 = connection.query_row(
        "SELECT count(*) FROM attempt INDEXED BY attempt_open
         WHERE state IN (0, 3) AND state = 0 AND campaign = ?1",
        [number],
        |row| row.get(0),
    )?;
    if in_flight > 0 {
        return refused(format!(
            "{in_flight} messages of campaign.{from} are in flight: who sends them knows the campaign by its old name"
        ));
    }
    connection.execute(
        "UPDATE campaign SET name = ?2 WHERE id = ?1",
        params![number, to],
    )?;
    connection.execute(
        "UPDATE halt SET subject = ?4 WHERE account = ?1 AND scope = ?2 AND subject = ?3",
        params![account, Scope::Campaign, from, to],
    )?;
    Ok(())
}
