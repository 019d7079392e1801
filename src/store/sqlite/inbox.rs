//! Webhooks that wait to be read, and those that could not be.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::codes::{At, Span, count};
use super::error::Work;
use super::state;
use super::store::Sqlite;
use crate::store::{Answer, Dead, DeadLetter, Inbox, Unread};

impl Inbox for Sqlite {
    fn receive(&self, at: Timestamp, body: String) -> Answer<'_, ()> {
        Box::pin(
            self.0
                .write(move |connection| receive(connection, at, &body)),
        )
    }

    fn unread(&self, after: i64, limit: usize) -> Answer<'_, Vec<Unread>> {
        Box::pin(
            self.0
                .read(move |connection| unread(connection, after, limit)),
        )
    }

    fn unread_count(&self) -> Answer<'_, u64> {
        Box::pin(self.0.read(unread_count))
    }

    fn dead_letters(&self, limit: usize) -> Answer<'_, Vec<DeadLetter>> {
        Box::pin(
            self.0
                .read(move |connection| dead_letters(connection, limit)),
        )
    }

    fn replay<'a>(&'a self, ids: &'a [i64], now: Timestamp) -> Answer<'a, u64> {
        let ids = ids.to_vec();
        Box::pin(self.0.write(move |connection| replay(connection, ids, now)))
    }

    fn drop_dead<'a>(&'a self, ids: &'a [i64]) -> Answer<'a, u64> {
        let ids = ids.to_vec();
        Box::pin(self.0.write(move |connection| drop_dead(connection, &ids)))
    }

    fn beat<'a>(
        &'a self,
        account: &'a str,
        now: Timestamp,
        patience: SignedDuration,
    ) -> Answer<'a, Timestamp> {
        let account = account.to_owned();
        Box::pin(
            self.0
                .write(move |connection| beat(connection, &account, now, patience)),
        )
    }

    fn receiver<'a>(&'a self, account: &'a str) -> Answer<'a, Option<(Timestamp, Timestamp)>> {
        let account = account.to_owned();
        Box::pin(
            self.0
                .read(move |connection| receiver(connection, &account)),
        )
    }
}

fn receive(connection: &Connection, at: Timestamp, body: &str) -> Work<()> {
    let mut statement =
        connection.prepare_cached("INSERT INTO inbox (at, body) VALUES (?1, ?2)")?;
    statement.execute(params![At(at), body])?;
    Ok(())
}

fn unread(connection: &Connection, after: i64, limit: usize) -> Work<Vec<Unread>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, at, body, tries FROM inbox WHERE id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let waiting = statement.query_map(params![after, at_most(limit)], |row| {
        Ok(Unread {
            id: row.get(0)?,
            at: row.get::<_, At>(1)?.0,
            body: row.get(2)?,
            tries: row.get(3)?,
        })
    })?;
    Ok(waiting.collect::<rusqlite::Result<_>>()?)
}

fn unread_count(connection: &Connection) -> Work<u64> {
    let waiting = connection.query_row("SELECT count(*) FROM inbox", [], |row| row.get(0))?;
    Ok(count(waiting))
}

/// Forgets webhooks that were read.
pub(super) fn forget(connection: &Connection, ids: &[i64]) -> Work<()> {
    let mut statement = connection.prepare_cached("DELETE FROM inbox WHERE id = ?1")?;
    for id in ids {
        statement.execute([id])?;
    }
    Ok(())
}

/// Keeps what could not be read; one more try than it had.
pub(super) fn bury(connection: &Connection, dead: &Dead) -> Work<()> {
    let Dead {
        received_at,
        reason,
        body,
        tries,
    } = dead;
    let mut statement = connection.prepare_cached(
        "INSERT INTO dead_letter (received_at, tries, reason, body) VALUES (?1, ?2, ?3, ?4)",
    )?;
    statement.execute(params![
        At(*received_at),
        tries.saturating_add(1),
        reason,
        body
    ])?;
    Ok(())
}

fn dead_letters(connection: &Connection, limit: usize) -> Work<Vec<DeadLetter>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, received_at, tries, reason, body FROM dead_letter ORDER BY id LIMIT ?1",
    )?;
    let letters = statement.query_map([at_most(limit)], |row| {
        Ok(DeadLetter {
            id: row.get(0)?,
            received_at: row.get::<_, At>(1)?.0,
            tries: row.get(2)?,
            reason: row.get(3)?,
            body: row.get(4)?,
        })
    })?;
    Ok(letters.collect::<rusqlite::Result<_>>()?)
}

/// Puts dead letters back, in the order in which they died. Each is taken out before it is put back, so that a full disk has
/// room for it.
fn replay(connection: &Connection, mut ids: Vec<i64>, now: Timestamp) -> Work<u64> {
    state::see_time(connection, now)?;
    if ids.is_empty() {
        let mut all = connection.prepare_cached("SELECT id FROM dead_letter")?;
        ids = all
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
    }
    ids.sort_unstable();
    let mut take_out = connection.prepare_cached(
        "DELETE FROM dead_letter WHERE id = ?1 RETURNING received_at, body, tries",
    )?;
    let mut put_back =
        connection.prepare_cached("INSERT INTO inbox (at, body, tries) VALUES (?1, ?2, ?3)")?;
    let mut back = 0;
    for id in ids {
        let letter = take_out
            .query_row([id], |row| {
                Ok((
                    row.get::<_, At>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, u32>(2)?,
                ))
            })
            .optional()?;
        if let Some((at, body, tries)) = letter {
            put_back.execute(params![at, body, tries])?;
            back += 1;
        }
    }
    Ok(back)
}

fn drop_dead(connection: &Connection, ids: &[i64]) -> Work<u64> {
    let mut statement = connection.prepare_cached("DELETE FROM dead_letter WHERE id = ?1")?;
    let mut dropped = 0;
    for id in ids {
        dropped += statement.execute([id])?;
    }
    Ok(dropped as u64)
}

/// Keeps a sign of life. A gap begins a new run, and so does a clock that was set back by more than a gap: what went on
/// in between is not known.
fn beat(
    connection: &Connection,
    account: &str,
    now: Timestamp,
    patience: SignedDuration,
) -> Work<Timestamp> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO receiver (account, since, last) VALUES (?1, ?2, ?2)
         ON CONFLICT (account) DO UPDATE SET
             since = CASE WHEN abs(excluded.last - last) > ?3 THEN excluded.since ELSE since END,
             last = CASE WHEN abs(excluded.last - last) > ?3 THEN excluded.last ELSE max(last, excluded.last) END
         RETURNING since",
    )?;
    let At(since) =
        statement.query_row(params![account, At(now), Span(patience)], |row| row.get(0))?;
    Ok(since)
}

fn receiver(connection: &Connection, account: &str) -> Work<Option<(Timestamp, Timestamp)>> {
    let mut statement =
        connection.prepare_cached("SELECT since, last FROM receiver WHERE account = ?1")?;
    let receiver = statement.query_row([account], |row| {
        Ok((row.get::<_, At>(0)?.0, row.get::<_, At>(1)?.0))
    });
    Ok(receiver.optional()?)
}

fn at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
