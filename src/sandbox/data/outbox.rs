//! Webhooks that wait for a subscriber to take them.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::{Data, Error};

/// One change to be told. Times are milliseconds of Unix time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delivery {
    pub seq: i64,
    pub waba: String,
    /// The phone number's id, where the change is about one.
    pub phone: Option<String>,
    pub field: String,
    /// The `value` of the change, as JSON.
    pub value: String,
    pub at: i64,
    pub attempts: u32,
}

pub(super) fn insert(tx: &Transaction<'_>, delivery: &Delivery) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO outbox (waba, phone, field, value, at, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)")?
        .execute(params![delivery.waba, delivery.phone, delivery.field, delivery.value, delivery.at])?;
    Ok(())
}

impl Data {
    /// Lists what is due, oldest first.
    pub(crate) async fn deliveries_due(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Delivery>, Error> {
        let now = now.as_millisecond();
        self.call(move |tx| {
            tx.prepare_cached(
                "SELECT seq, waba, phone, field, value, at, attempts FROM outbox WHERE next_at <= ?1 ORDER BY seq LIMIT ?2",
            )?
            .query_map(params![now, limit], |row| {
                Ok(Delivery {
                    seq: row.get(0)?,
                    waba: row.get(1)?,
                    phone: row.get(2)?,
                    field: row.get(3)?,
                    value: row.get(4)?,
                    at: row.get(5)?,
                    attempts: row.get(6)?,
                })
            })?
            .collect()
        })
        .await
    }

    /// Says when the next delivery is due.
    pub(crate) async fn next_delivery(&self) -> Result<Option<i64>, Error> {
        self.call(|tx| tx.query_row("SELECT min(next_at) FROM outbox", [], |row| row.get(0)))
            .await
    }

    /// Counts what waits.
    pub(crate) async fn count_deliveries(&self) -> Result<i64, Error> {
        self.call(|tx| tx.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)))
            .await
    }

    /// Returns the number of the latest delivery that waits; 0: none does.
    pub(crate) async fn last_delivery(&self) -> Result<i64, Error> {
        self.call(|tx| {
            tx.query_row("SELECT coalesce(max(seq), 0) FROM outbox", [], |row| {
                row.get(0)
            })
        })
        .await
    }

    /// Says whether a delivery up to this number was never tried.
    pub(crate) async fn untried(&self, last: i64) -> Result<bool, Error> {
        self.call(move |tx| {
            tx.prepare_cached("SELECT 1 FROM outbox WHERE seq <= ?1 AND attempts = 0")?
                .exists([last])
        })
        .await
    }

    /// Settles a round of deliveries: those taken or given up go, the others are tried again at their time.
    pub(crate) async fn settle_deliveries(
        &self,
        done: Vec<i64>,
        again: Vec<(i64, Timestamp)>,
    ) -> Result<(), Error> {
        self.call(move |tx| {
            let mut delete = tx.prepare_cached("DELETE FROM outbox WHERE seq = ?1")?;
            for seq in done {
                delete.execute([seq])?;
            }
            let mut retry = tx.prepare_cached(
                "UPDATE outbox SET attempts = attempts + 1, next_at = ?2 WHERE seq = ?1",
            )?;
            for (seq, at) in again {
                retry.execute(params![seq, at.as_millisecond()])?;
            }
            Ok(())
        })
        .await
    }
}
