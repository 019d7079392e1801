//! The world's objects: small, JSON, all of them also in memory.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};
use serde::de::DeserializeOwned;

use super::{Data, Error};

pub(super) fn put(tx: &Transaction<'_>, kind: &str, id: &str, body: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO objects (kind, id, body) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET body = ?3")?
        .execute(params![kind, id, body])?;
    Ok(())
}

pub(super) fn delete(tx: &Transaction<'_>, kind: &str, id: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM objects WHERE kind = ?1 AND id = ?2")?
        .execute(params![kind, id])?;
    Ok(())
}

/// All objects, as they were found at the start.
#[derive(Debug, Default)]
pub(crate) struct Objects(BTreeMap<String, BTreeMap<String, String>>);

impl Objects {
    /// Takes out all objects of a kind.
    pub(crate) fn take<T: DeserializeOwned>(
        &mut self,
        kind: &str,
    ) -> Result<BTreeMap<String, T>, Error> {
        let bodies = self.0.remove(kind).unwrap_or_default();
        bodies
            .into_iter()
            .map(|(id, body)| match serde_json::from_str(&body) {
                Ok(object) => Ok((id, object)),
                Err(error) => Err(Error::Failed(format!("{kind} {id}: {error}"))),
            })
            .collect()
    }

    /// Takes out the one object of a kind that has only one.
    pub(crate) fn take_one<T: DeserializeOwned>(&mut self, kind: &str) -> Result<Option<T>, Error> {
        Ok(self.take(kind)?.into_values().next())
    }
}

impl Data {
    /// Reads all objects.
    pub(crate) async fn objects(&self) -> Result<Objects, Error> {
        self.call(|tx| {
            let mut objects = Objects::default();
            let mut statement = tx.prepare("SELECT kind, id, body FROM objects")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                objects
                    .0
                    .entry(row.get(0)?)
                    .or_default()
                    .insert(row.get(1)?, row.get(2)?);
            }
            Ok(objects)
        })
        .await
    }
}
