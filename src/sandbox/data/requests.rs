//! The request log.

use rusqlite::types::Value;
use rusqlite::{Transaction, params, params_from_iter};

use super::{Data, Error};

/// How often the log is cut to its size.
const TRIM_EVERY: i64 = 1_000;

/// One request and its answer, without secrets. JSON columns hold JSON text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub seq: i64,
    pub at: i64,
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: String,
    pub body: String,
    /// None where no answer was given.
    pub status: Option<u16>,
    pub response: String,
    /// The fault that was injected.
    pub fault: Option<String>,
    /// How many requests the log keeps.
    pub keep: i64,
}

/// A part of the log.
#[derive(Debug)]
pub(crate) struct Listed {
    pub rows: Vec<Row>,
    /// From where the next listing goes on. Past everything that was looked at, even where nothing of it was wanted, so
    /// that nobody who comes again and again reads the whole log each time.
    pub next: i64,
}

/// Which requests to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub after: i64,
    pub limit: i64,
    pub method: Option<String>,
    /// A part of the path.
    pub path: Option<String>,
    /// Whether only requests other than GET are wanted.
    pub writes: bool,
}

pub(super) fn insert(tx: &Transaction<'_>, row: &Row) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO requests (at, method, path, query, headers, body, status, response, fault) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        row.at,
        row.method,
        row.path,
        row.query,
        row.headers,
        row.body,
        row.status,
        row.response,
        row.fault
    ])?;
    let seq = tx.last_insert_rowid();
    if seq % TRIM_EVERY == 0 {
        tx.prepare_cached("DELETE FROM requests WHERE seq <= ?1")?
            .execute([seq - row.keep])?;
    }
    Ok(())
}

impl Data {
    /// Lists requests, oldest first.
    pub(crate) async fn requests(&self, filter: Filter) -> Result<Listed, Error> {
        self.call(move |tx| {
            let mut sql = String::from(
                "SELECT seq, at, method, path, query, headers, body, status, response, fault FROM requests WHERE seq > ?",
            );
            let mut values = vec![Value::Integer(filter.after)];
            if let Some(method) = filter.method {
                sql.push_str(" AND method = ?");
                values.push(Value::Text(method));
            }
            if let Some(path) = filter.path {
                sql.push_str(" AND instr(path, ?) > 0");
                values.push(Value::Text(path));
            }
            if filter.writes {
                sql.push_str(" AND method <> 'GET'");
            }
            sql.push_str(" ORDER BY seq LIMIT ?");
            values.push(Value::Integer(filter.limit));
            let rows = tx
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values), |row| {
                    Ok(Row {
                        seq: row.get(0)?,
                        at: row.get(1)?,
                        method: row.get(2)?,
                        path: row.get(3)?,
                        query: row.get(4)?,
                        headers: row.get(5)?,
                        body: row.get(6)?,
                        status: row.get(7)?,
                        response: row.get(8)?,
                        fault: row.get(9)?,
                        keep: 0,
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let full = i64::try_from(rows.len()).is_ok_and(|rows| rows == filter.limit);
            let next = match rows.last() {
                Some(last) if full => last.seq,
                _ => tx
                    .prepare_cached("SELECT max(?1, coalesce(max(seq), 0)) FROM requests")?
                    .query_row([filter.after], |row| row.get(0))?,
            };
            Ok(Listed { rows, next })
        })
        .await
    }

    /// Empties the request log; its numbers go on.
    pub(crate) async fn clear_requests(&self) -> Result<usize, Error> {
        self.call(|tx| tx.execute("DELETE FROM requests", [])).await
    }
}
