//! The journal, which only grows: the triggers of its tables refuse anything else.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::codes::At;
use super::error::{Failure, Work};
use super::store::Sqlite;
use crate::store::{Answer, Error, Journal, Kept, Note, RunFilter, RunRecord, RunStart};

impl Journal for Sqlite {
    fn begin_run<'a>(&'a self, start: &'a RunStart, now: Timestamp) -> Answer<'a, String> {
        let start = start.clone();
        Box::pin(
            self.0
                .write(move |connection| begin(connection, &start, now)),
        )
    }

    fn plan_of_run<'a>(
        &'a self,
        run: &'a str,
        plan: &'a str,
        environment: Option<&'a str>,
    ) -> Answer<'a, ()> {
        let [run, plan] = [run, plan].map(str::to_owned);
        let environment = environment.map(str::to_owned);
        Box::pin(self.0.write(move |connection| {
            let number = number(connection, &run)?;
            connection.execute(
                "UPDATE run SET plan = ?2, environment = ?3 WHERE number = ?1 AND plan IS NULL",
                params![number, plan, environment],
            )?;
            Ok(())
        }))
    }

    fn end_run<'a>(&'a self, run: &'a str, outcome: &'a str, now: Timestamp) -> Answer<'a, ()> {
        let [run, outcome] = [run, outcome].map(str::to_owned);
        Box::pin(self.0.write(move |connection| {
            let number = number(connection, &run)?;
            connection.execute(
                "UPDATE run SET ended = ?2, outcome = ?3 WHERE number = ?1",
                params![number, At(now), outcome],
            )?;
            Ok(())
        }))
    }

    fn note<'a>(&'a self, entry: &'a Note) -> Answer<'a, i64> {
        let entry = entry.clone();
        Box::pin(self.0.write(move |connection| insert(connection, &entry)))
    }

    fn runs<'a>(&'a self, filter: &'a RunFilter) -> Answer<'a, Vec<RunRecord>> {
        let filter = filter.clone();
        Box::pin(self.0.read(move |connection| runs(connection, &filter)))
    }

    fn entries<'a>(&'a self, run: &'a str, address: Option<&'a str>) -> Answer<'a, Vec<Kept>> {
        let (run, address) = (run.to_owned(), address.map(str::to_owned));
        Box::pin(
            self.0
                .read(move |connection| entries(connection, &run, address.as_deref())),
        )
    }
}

fn begin(connection: &Connection, start: &RunStart, now: Timestamp) -> Work<String> {
    let RunStart {
        command,
        who,
        host,
        process,
        run_address,
        version,
    } = start;
    let mut statement = connection.prepare_cached(
        "INSERT INTO run (id, command, who, host, process, run_address, version, started)
         VALUES (lower(hex(randomblob(8))), ?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
    )?;
    Ok(statement.query_row(
        params![command, who, host, process, run_address, version, At(now)],
        |row| row.get(0),
    )?)
}

fn number(connection: &Connection, run: &str) -> Work<i64> {
    let mut statement = connection.prepare_cached("SELECT number FROM run WHERE id = ?1")?;
    let number = statement.query_row([run], |row| row.get(0)).optional()?;
    number
        .ok_or_else(|| Failure::Store(Error::Invalid(format!("the journal knows no run `{run}`"))))
}

/// Adds an entry within whatever transaction is under way, and returns its number.
pub(super) fn insert(connection: &Connection, entry: &Note) -> Work<i64> {
    let Note {
        run,
        at,
        stage,
        ends,
        action,
        address,
        object,
        requests,
        before,
        after,
        code,
        text,
        detail,
    } = entry;
    let number = number(connection, run)?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO entry (run, at, stage, ends, action, address, object, requests, before, after, code, text, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING id",
    )?;
    Ok(statement.query_row(
        params![
            number,
            At(*at),
            stage,
            ends,
            action,
            address,
            object,
            serde_json::to_string(requests)?,
            before,
            after,
            code,
            text,
            detail.to_string(),
        ],
        |row| row.get(0),
    )?)
}

/// Returns two patterns of GLOB: what was asked for, and all that a block of that name declares. Brackets stand for
/// themselves, since addresses have them.
fn patterns(address: &str) -> [String; 2] {
    let literal = address.replace('[', "[[]");
    let of_block = format!("{literal}[[]*");
    [literal, of_block]
}

fn runs(connection: &Connection, filter: &RunFilter) -> Work<Vec<RunRecord>> {
    let RunFilter {
        id,
        address,
        since,
        before,
        limit,
    } = filter;
    let mut wishes: Vec<(&str, Vec<Value>)> = Vec::new();
    if let Some(id) = id {
        wishes.push(("substr(id, 1, length(?)) = ?", vec![id.clone().into(); 2]));
    }
    if let Some(address) = address {
        let values = patterns(address).map(Value::from).to_vec();
        let condition = "EXISTS (SELECT 1 FROM entry e WHERE e.run = number AND (e.address GLOB ? OR e.address GLOB ?))";
        wishes.push((condition, values));
    }
    if let Some(since) = since {
        let since = Value::from(since.as_microsecond());
        wishes.push(("(started >= ? OR ended >= ?)", vec![since.clone(), since]));
    }
    if let Some(before) = before {
        wishes.push(("number < ?", vec![(*before).into()]));
    }
    let (conditions, values): (Vec<_>, Vec<_>) = wishes.into_iter().unzip();
    let filtered = if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {} ", conditions.join(" AND "))
    };
    let mut values = values.concat();
    values.push(i64::try_from(*limit).unwrap_or(i64::MAX).into());
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, number, command, who, host, process, run_address, environment, version, plan, started, ended, outcome
         FROM run {filtered}ORDER BY number DESC LIMIT ?"
    ))?;
    let runs = statement.query_map(params_from_iter(values), record)?;
    Ok(runs.collect::<rusqlite::Result<_>>()?)
}

fn record(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        id: row.get(0)?,
        number: row.get(1)?,
        command: row.get(2)?,
        who: row.get(3)?,
        host: row.get(4)?,
        process: row.get(5)?,
        run_address: row.get(6)?,
        environment: row.get(7)?,
        version: row.get(8)?,
        plan: row.get(9)?,
        started: row.get::<_, At>(10)?.0,
        ended: row.get::<_, Option<At>>(11)?.map(|At(time)| time),
        outcome: row.get(12)?,
    })
}

fn entries(connection: &Connection, run: &str, address: Option<&str>) -> Work<Vec<Kept>> {
    let patterns = address.map(patterns);
    let [one, block] = match &patterns {
        Some([one, block]) => [Some(one), Some(block)],
        None => [None, None],
    };
    let mut statement = connection.prepare_cached(
        "SELECT e.id, r.id, e.at, e.stage, e.ends, e.action, e.address, e.object, e.requests, e.before, e.after, e.code,
             e.text, e.detail
         FROM run r JOIN entry e ON e.run = r.number
         WHERE r.id = ?1 AND (?2 IS NULL OR e.address GLOB ?2 OR e.address GLOB ?3) ORDER BY e.id",
    )?;
    let mut rows = statement.query(params![run, one, block])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(kept(row)?);
    }
    Ok(entries)
}

fn kept(row: &Row<'_>) -> Work<Kept> {
    let note = Note {
        run: row.get(1)?,
        at: row.get::<_, At>(2)?.0,
        stage: row.get(3)?,
        ends: row.get(4)?,
        action: row.get(5)?,
        address: row.get(6)?,
        object: row.get(7)?,
        requests: serde_json::from_str(row.get_ref(8)?.as_str()?)?,
        before: row.get(9)?,
        after: row.get(10)?,
        code: row.get(11)?,
        text: row.get(12)?,
        detail: serde_json::from_str(row.get_ref(13)?.as_str()?)?,
    };
    Ok(Kept {
        id: row.get(0)?,
        note,
    })
}
