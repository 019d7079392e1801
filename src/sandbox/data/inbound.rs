//! What customers wrote, and whether they want marketing. Service windows and preferences are reckoned from it.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Transaction, params, params_from_iter};

use super::{Data, Error};

/// One message, or one change of a preference. Times are milliseconds of Unix time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub seq: i64,
    pub id: String,
    pub waba: String,
    pub phone: String,
    pub wa_id: String,
    /// The message's type, or `user_preferences`.
    pub kind: String,
    /// The message, or the preference, as JSON.
    pub value: String,
    pub at: i64,
    /// When the business marked it as read.
    pub read_at: Option<i64>,
}

/// Which to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub after: i64,
    pub limit: i64,
    pub wa_id: Option<String>,
    pub phone: Option<String>,
}

pub(super) fn insert(tx: &Transaction<'_>, row: &Row) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO inbound (id, waba, phone, wa_id, kind, value, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        row.id, row.waba, row.phone, row.wa_id, row.kind, row.value, row.at
    ])?;
    Ok(())
}

/// Marks a message, and what its sender wrote to the number before it, as read.
pub(super) fn mark_read(tx: &Transaction<'_>, id: &str, at: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE inbound SET read_at = ?2 WHERE read_at IS NULL AND EXISTS (SELECT 1 FROM inbound AS this \
         WHERE this.id = ?1 AND this.phone = inbound.phone AND this.wa_id = inbound.wa_id AND inbound.seq <= this.seq)",
    )?
    .execute(params![id, at])?;
    Ok(())
}

impl Data {
    /// Lists what was written, oldest first.
    pub(crate) async fn inbound(&self, filter: Filter) -> Result<Vec<Row>, Error> {
        self.call(move |tx| {
            let mut sql = String::from(
                "SELECT seq, id, waba, phone, wa_id, kind, value, at, read_at FROM inbound WHERE seq > ?",
            );
            let mut values = vec![Value::Integer(filter.after)];
            for (column, value) in [(" AND wa_id = ?", filter.wa_id), (" AND phone = ?", filter.phone)] {
                if let Some(value) = value {
                    sql.push_str(column);
                    values.push(Value::Text(value));
                }
            }
            sql.push_str(" ORDER BY seq LIMIT ?");
            values.push(Value::Integer(filter.limit));
            tx.prepare_cached(&sql)?
                .query_map(params_from_iter(values), |row| {
                    Ok(Row {
                        seq: row.get(0)?,
                        id: row.get(1)?,
                        waba: row.get(2)?,
                        phone: row.get(3)?,
                        wa_id: row.get(4)?,
                        kind: row.get(5)?,
                        value: row.get(6)?,
                        at: row.get(7)?,
                        read_at: row.get(8)?,
                    })
                })?
                .collect()
        })
        .await
    }

    /// Returns the number of the latest.
    pub(crate) async fn last_inbound(&self) -> Result<i64, Error> {
        self.call(|tx| {
            tx.query_row("SELECT coalesce(max(seq), 0) FROM inbound", [], |row| {
                row.get(0)
            })
        })
        .await
    }

    /// Lists who wrote to which number since then, and when last.
    pub(crate) async fn writers(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(String, String, i64)>, Error> {
        let since = since.as_millisecond();
        self.call(move |tx| {
            tx.prepare(
                "SELECT phone, wa_id, max(at) FROM inbound WHERE at > ?1 AND kind NOT IN ('system', 'user_preferences') \
                 GROUP BY phone, wa_id",
            )?
            .query_map([since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect()
        })
        .await
    }

    /// Lists the preferences that were told, oldest first: account, person, the preference as JSON.
    pub(crate) async fn preferences(&self) -> Result<Vec<(String, String, String)>, Error> {
        self.call(|tx| {
            tx.prepare("SELECT waba, wa_id, value FROM inbound WHERE kind = 'user_preferences' ORDER BY seq")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })
        .await
    }
}
