//! Errands: kept, found when due, settled. Of a lane's open errands the first alone can be due.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codes::{At, ErrandState, count};
use super::error::Work;
use super::state;
use super::store::Sqlite;
use crate::store::{Answer, Errand, ErrandCounts, ErrandKind, Errands, NewErrand, Ran};

/// Why a reply is uncertain whose sender is gone.
const OWNER_GONE: &str = "the process that began it ended before it settled it";

impl Errands for Sqlite {
    fn errand<'a>(
        &'a self,
        account: &'a str,
        errands: Vec<NewErrand>,
        now: Timestamp,
    ) -> Answer<'a, u64> {
        let account = account.to_owned();
        Box::pin(self.0.write(move |connection| {
            let mut kept = 0;
            for errand in &errands {
                kept += u64::from(insert(connection, &account, errand, now)?);
            }
            Ok(kept)
        }))
    }

    fn errands_due<'a>(
        &'a self,
        kinds: &'a [ErrandKind],
        now: Timestamp,
        limit: usize,
    ) -> Answer<'a, Vec<Errand>> {
        let kinds = kinds.to_vec();
        Box::pin(
            self.0
                .read(move |connection| due(connection, &kinds, now, limit)),
        )
    }

    fn next_errand<'a>(&'a self, kinds: &'a [ErrandKind]) -> Answer<'a, Option<Timestamp>> {
        let kinds = kinds.to_vec();
        Box::pin(self.0.read(move |connection| next(connection, &kinds)))
    }

    fn begin_errand(&self, id: i64, now: Timestamp) -> Answer<'_, bool> {
        Box::pin(self.0.write(move |connection| begin(connection, id, now)))
    }

    fn settle_errand(&self, id: i64, now: Timestamp, ran: Ran) -> Answer<'_, ()> {
        Box::pin(self.0.write(move |connection| {
            state::see_time(connection, now)?;
            settle(connection, id, now, &ran).map(drop)
        }))
    }

    fn recover_errands(&self, now: Timestamp) -> Answer<'_, u64> {
        Box::pin(self.0.write(move |connection| recover(connection, now)))
    }

    fn errand_counts(&self, kind: ErrandKind) -> Answer<'_, ErrandCounts> {
        Box::pin(self.0.read(move |connection| counts(connection, kind)))
    }
}

/// Of the open ones of a lane.
const FIRST: &str = "SELECT min(id) FROM errand INDEXED BY errand_lane
     WHERE kind = ?1 AND name = ?2 AND lane = ?3 AND state < 2";
const DUE: &str =
    "SELECT id, kind, account, name, number, key, lane, payload, created_at, due_at, tries
     FROM errand INDEXED BY errand_due
     WHERE kind = ?1 AND state = 0 AND first = 1 AND due_at <= ?2
     ORDER BY due_at, id LIMIT ?3";
const NEXT: &str = "SELECT min(due_at) FROM errand INDEXED BY errand_due
     WHERE kind = ?1 AND state = 0 AND first = 1";
const BEGIN: &str = "UPDATE errand SET state = ?2
     WHERE id = ?1 AND kind = ?3 AND state = ?4 AND first = 1 AND due_at <= ?5";
const BEGUN: &str = "SELECT id FROM errand INDEXED BY errand_state WHERE kind = ?1 AND state = 1";
const COUNTS: &str = "SELECT state, count(*) FROM errand INDEXED BY errand_state
     WHERE kind = ?1 GROUP BY state";

/// Keeps an errand; false where its key is known already.
pub(super) fn insert(
    connection: &Connection,
    account: &str,
    errand: &NewErrand,
    now: Timestamp,
) -> Work<bool> {
    let NewErrand {
        kind,
        name,
        number,
        key,
        lane,
        payload,
        due_at,
    } = errand;
    let first = first_of_lane(connection, *kind, name, lane)?.is_none();
    let mut statement = connection.prepare_cached(
        "INSERT INTO errand (kind, account, name, number, key, lane, payload, created_at, due_at, first)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (key) DO NOTHING",
    )?;
    let kept = statement.execute(params![
        kind,
        account,
        name,
        number,
        key,
        lane,
        payload.to_string(),
        At(now),
        At(*due_at),
        first,
    ])?;
    Ok(kept > 0)
}

fn first_of_lane(
    connection: &Connection,
    kind: ErrandKind,
    name: &str,
    lane: &str,
) -> Work<Option<i64>> {
    let mut statement = connection.prepare_cached(FIRST)?;
    Ok(statement.query_row(params![kind, name, lane], |row| row.get(0))?)
}

fn due(
    connection: &Connection,
    kinds: &[ErrandKind],
    now: Timestamp,
    limit: usize,
) -> Work<Vec<Errand>> {
    let ledger = state::ledger(connection)?.id;
    let mut statement = connection.prepare_cached(DUE)?;
    let mut due = Vec::new();
    for kind in kinds {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![kind, At(now), limit])?;
        while let Some(row) = rows.next()? {
            due.push(errand(row, &ledger)?);
        }
    }
    due.sort_by_key(|errand| (errand.due_at, errand.id));
    due.dedup_by_key(|errand| errand.id);
    due.truncate(limit);
    Ok(due)
}

fn errand(row: &Row<'_>, ledger: &str) -> Work<Errand> {
    let id = row.get(0)?;
    Ok(Errand {
        id,
        kind: row.get(1)?,
        account: row.get(2)?,
        name: row.get(3)?,
        number: row.get(4)?,
        key: row.get(5)?,
        lane: row.get(6)?,
        payload: serde_json::from_str(row.get_ref(7)?.as_str()?)?,
        created_at: row.get::<_, At>(8)?.0,
        due_at: row.get::<_, At>(9)?.0,
        tries: row.get(10)?,
        tag: Tag {
            ledger: ledger.to_owned(),
            id,
        }
        .to_string(),
    })
}

fn next(connection: &Connection, kinds: &[ErrandKind]) -> Work<Option<Timestamp>> {
    let mut statement = connection.prepare_cached(NEXT)?;
    let mut next: Option<At> = None;
    for kind in kinds {
        let due_at: Option<At> = statement.query_row([kind], |row| row.get(0))?;
        next = next.into_iter().chain(due_at).min();
    }
    Ok(next.map(|At(time)| time))
}

/// Marks a reply as under way, where it is due and first in its lane.
fn begin(connection: &Connection, id: i64, now: Timestamp) -> Work<bool> {
    state::see_time(connection, now)?;
    let mut statement = connection.prepare_cached(BEGIN)?;
    let begun = statement.execute(params![
        id,
        ErrandState::InFlight,
        ErrandKind::Reply,
        ErrandState::Waiting,
        At(now),
    ])?;
    Ok(begun > 0)
}

/// What an errand is to its settlement.
struct Known {
    kind: ErrandKind,
    name: String,
    lane: String,
    state: ErrandState,
}

/// Records what became of an errand; whether that was news. What is settled stays as it is, but an uncertain errand takes a
/// later answer; it never becomes due again.
pub(super) fn settle(connection: &Connection, id: i64, at: Timestamp, ran: &Ran) -> Work<bool> {
    let Some(known) = find(connection, id)? else {
        return Ok(false);
    };
    let open = matches!(known.state, ErrandState::Waiting | ErrandState::InFlight);
    let answers_doubt = known.state == ErrandState::Uncertain
        && matches!(ran, Ran::Done { .. } | Ran::Failed { .. });
    if !open && !answers_doubt {
        return Ok(false);
    }
    match ran {
        Ran::Again { at, reason } => put_off(connection, id, *at, reason)?,
        Ran::Done { message_id } => {
            let end = (ErrandState::Done, message_id.as_deref(), None, None);
            close(connection, id, at, end)?;
        }
        Ran::Failed { code, reason } => {
            close(
                connection,
                id,
                at,
                (ErrandState::Failed, None, *code, Some(reason)),
            )?;
        }
        Ran::Uncertain { reason } => {
            close(
                connection,
                id,
                at,
                (ErrandState::Uncertain, None, None, Some(reason)),
            )?;
        }
    }
    if open && !matches!(ran, Ran::Again { .. }) {
        let Known {
            kind, name, lane, ..
        } = &known;
        advance(connection, *kind, name, lane)?;
    }
    Ok(true)
}

fn find(connection: &Connection, id: i64) -> Work<Option<Known>> {
    let mut statement =
        connection.prepare_cached("SELECT kind, name, lane, state FROM errand WHERE id = ?1")?;
    let known = statement.query_row([id], |row| {
        Ok(Known {
            kind: row.get(0)?,
            name: row.get(1)?,
            lane: row.get(2)?,
            state: row.get(3)?,
        })
    });
    Ok(known.optional()?)
}

fn put_off(connection: &Connection, id: i64, until: Timestamp, reason: &str) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE errand SET state = ?2, due_at = ?3, tries = tries + 1, reason = ?4 WHERE id = ?1",
    )?;
    statement.execute(params![id, ErrandState::Waiting, At(until), reason])?;
    Ok(())
}

/// State, message id, code and reason of an errand that is over.
type End<'a> = (ErrandState, Option<&'a str>, Option<i64>, Option<&'a str>);

fn close(connection: &Connection, id: i64, at: Timestamp, end: End<'_>) -> Work<()> {
    let (state, message_id, code, reason) = end;
    let mut statement = connection.prepare_cached(
        "UPDATE errand SET state = ?2, settled_at = ?3, message_id = ?4, code = ?5, reason = ?6
         WHERE id = ?1",
    )?;
    statement.execute(params![id, state, At(at), message_id, code, reason])?;
    Ok(())
}

/// Makes the next of a lane its first.
fn advance(connection: &Connection, kind: ErrandKind, name: &str, lane: &str) -> Work<()> {
    if let Some(first) = first_of_lane(connection, kind, name, lane)? {
        let mut statement =
            connection.prepare_cached("UPDATE errand SET first = 1 WHERE id = ?1")?;
        statement.execute([first])?;
    }
    Ok(())
}

fn recover(connection: &Connection, now: Timestamp) -> Work<u64> {
    state::see_time(connection, now)?;
    let mut begun = connection.prepare_cached(BEGUN)?;
    let begun: Vec<i64> = begun
        .query_map([ErrandKind::Reply], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let uncertain = Ran::Uncertain {
        reason: OWNER_GONE.to_owned(),
    };
    for id in &begun {
        settle(connection, *id, now, &uncertain)?;
    }
    Ok(begun.len() as u64)
}

fn counts(connection: &Connection, kind: ErrandKind) -> Work<ErrandCounts> {
    let mut statement = connection.prepare_cached(COUNTS)?;
    let mut rows = statement.query([kind])?;
    let mut counts = ErrandCounts::default();
    while let Some(row) = rows.next()? {
        let counter = match row.get(0)? {
            ErrandState::Waiting | ErrandState::InFlight => &mut counts.waiting,
            ErrandState::Done => &mut counts.done,
            ErrandState::Failed => &mut counts.failed,
            ErrandState::Uncertain => &mut counts.uncertain,
        };
        *counter += count(row.get(1)?);
    }
    Ok(counts)
}

/// What travels with a reply and comes back with its statuses: `{ledger}.e.{id}`. An attempt's tag has more parts, and a
/// number where this one has the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) ledger: String,
    pub(super) id: i64,
}

impl Tag {
    /// Reads a tag; none where the text is somebody else's.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (ledger, kind, id) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || ledger.len() != 32 || kind != "e" {
            return None;
        }
        Some(Self {
            ledger: ledger.to_owned(),
            id: id.parse().ok()?,
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ledger, id } = self;
        write!(f, "{ledger}.e.{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests_receiving::plan;
    use super::*;

    #[test]
    fn nothing_walks_all_errands() {
        for (statement, index) in [
            (FIRST, "INDEX errand_lane (kind=? AND name=? AND lane=?)"),
            (DUE, "INDEX errand_due (kind=? AND due_at<?)"),
            (NEXT, "INDEX errand_due (kind=?)"),
            (BEGIN, "INTEGER PRIMARY KEY (rowid=?)"),
            (BEGUN, "INDEX errand_state (kind=? AND state=?)"),
            (COUNTS, "INDEX errand_state (kind=?)"),
        ] {
            let plan = plan(statement);
            let [step] = &plan[..] else {
                panic!("{statement}: {plan:?}");
            };
            assert!(
                step.starts_with("SEARCH errand ") && step.ends_with(index),
                "{statement}: {step}"
            );
        }
    }
}
