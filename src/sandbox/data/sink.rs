//! What the stand-ins for other services were sent.

use rusqlite::{Transaction, params};

use super::{Data, Error};

/// One call, without secrets. Times are milliseconds of Unix time, JSON columns hold JSON text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub seq: i64,
    pub name: String,
    pub at: i64,
    pub method: String,
    /// What follows the sink's name.
    pub path: String,
    pub query: String,
    pub headers: String,
    pub body: String,
    /// None where no answer was given.
    pub status: Option<u16>,
    /// Whether it counts as received, whatever the caller was told.
    pub taken: bool,
    /// The fault that was injected.
    pub fault: Option<String>,
}

pub(super) fn insert(tx: &Transaction<'_>, row: &Row) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO sink (name, at, method, path, query, headers, body, status, taken, fault) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        row.name,
        row.at,
        row.method,
        row.path,
        row.query,
        row.headers,
        row.body,
        row.status,
        row.taken,
        row.fault
    ])?;
    Ok(())
}

impl Data {
    /// Lists the calls to a sink, oldest first.
    pub(crate) async fn sink(
        &self,
        name: String,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Row>, Error> {
        self.call(move |tx| {
            tx.prepare_cached(
                "SELECT seq, name, at, method, path, query, headers, body, status, taken, fault FROM sink \
                 WHERE name = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            )?
            .query_map(params![name, after, limit], |row| {
                Ok(Row {
                    seq: row.get(0)?,
                    name: row.get(1)?,
                    at: row.get(2)?,
                    method: row.get(3)?,
                    path: row.get(4)?,
                    query: row.get(5)?,
                    headers: row.get(6)?,
                    body: row.get(7)?,
                    status: row.get(8)?,
                    taken: row.get(9)?,
                    fault: row.get(10)?,
                })
            })?
            .collect()
        })
        .await
    }

    /// Counts the calls to each sink.
    pub(crate) async fn sinks(&self) -> Result<Vec<(String, i64)>, Error> {
        self.call(|tx| {
            tx.prepare("SELECT name, count(*) FROM sink GROUP BY name ORDER BY name")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .await
    }

    /// Empties a sink; its numbers go on.
    pub(crate) async fn clear_sink(&self, name: String) -> Result<usize, Error> {
        self.call(move |tx| tx.execute("DELETE FROM sink WHERE name = ?1", [name]))
            .await
    }
}
