//! Who the ledger is, what was last applied, which rights were used.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::Value;

use super::codes::At;
use super::error::Work;
use crate::config::Address;
use crate::store::{Applied, LedgerInfo, RightUsed};

pub(super) fn ledger(connection: &Connection) -> Work<LedgerInfo> {
    let statement = "SELECT id, created_at, confirmed_at FROM ledger";
    Ok(connection.query_row(statement, [], |row| {
        let time = |column| -> rusqlite::Result<_> {
            Ok(row.get::<_, Option<At>>(column)?.map(|At(time)| time))
        };
        Ok(LedgerInfo {
            id: row.get(0)?,
            created_at: time(1)?,
            confirmed_at: time(2)?,
        })
    })?)
}

pub(super) fn confirm(connection: &Connection, now: Timestamp) -> Work<()> {
    see_time(connection, now)?;
    connection.execute(
        "UPDATE ledger SET confirmed_at = coalesce(confirmed_at, ?1)",
        [At(now)],
    )?;
    Ok(())
}

/// Moves the latest time forward. The first time that a ledger sees is that of its making.
pub(super) fn see_time(connection: &Connection, now: Timestamp) -> Work<Timestamp> {
    let seen: Option<At> =
        connection.query_row("SELECT latest_time FROM ledger", [], |row| row.get(0))?;
    connection.execute(
        "UPDATE ledger SET created_at = coalesce(created_at, ?1), latest_time = max(coalesce(latest_time, ?1), ?1)",
        [At(now)],
    )?;
    Ok(seen.map_or(Timestamp::UNIX_EPOCH, |At(time)| time))
}

pub(super) fn applied(connection: &Connection) -> Work<Vec<Applied>> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, name, member, account, key, id, at, content, facts FROM applied
         ORDER BY kind, account, key",
    )?;
    let mut rows = statement.query([])?;
    let mut applied = Vec::new();
    while let Some(row) = rows.next()? {
        applied.push(Applied {
            address: Address {
                kind: row.get(0)?,
                name: row.get(1)?,
                index: row.get(2)?,
            },
            account: row.get(3)?,
            key: row.get(4)?,
            id: row.get(5)?,
            at: row.get::<_, At>(6)?.0,
            content: serde_json::from_str(row.get_ref(7)?.as_str()?)?,
            facts: match row.get_ref(8)?.as_str_or_null()? {
                Some(facts) => serde_json::from_str(facts)?,
                None => Value::Null,
            },
        });
    }
    Ok(applied)
}

pub(super) fn remember(
    connection: &Connection,
    applied: &Applied,
    rights: &[RightUsed],
) -> Work<()> {
    let Applied {
        address,
        account,
        key,
        id,
        content,
        facts,
        at,
    } = applied;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO applied (kind, account, key, name, member, id, content, at, facts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    statement.execute(params![
        address.kind,
        account,
        key,
        address.name,
        address.index,
        id,
        content.to_string(),
        At(*at),
        (!facts.is_null()).then(|| facts.to_string()),
    ])?;
    use_up(connection, rights)
}

pub(super) fn forget(
    connection: &Connection,
    kind: &str,
    account: &str,
    key: &str,
    rights: &[RightUsed],
) -> Work<()> {
    let mut statement = connection
        .prepare_cached("DELETE FROM applied WHERE kind = ?1 AND account = ?2 AND key = ?3")?;
    statement.execute([kind, account, key])?;
    use_up(connection, rights)
}

fn use_up(connection: &Connection, rights: &[RightUsed]) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO right_used (account, right, subject, at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for RightUsed {
        account,
        right,
        subject,
        at,
    } in rights
    {
        statement.execute(params![account, right, subject, At(*at)])?;
    }
    Ok(())
}

pub(super) fn bindings(connection: &Connection) -> Work<BTreeMap<String, String>> {
    let mut statement = connection.prepare_cached("SELECT name, waba_id FROM bound_account")?;
    let bindings = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(bindings.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn bind(connection: &Connection, account: &str, waba_id: &str) -> Work<()> {
    let statement =
        "INSERT INTO bound_account (name, waba_id) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
    connection.execute(statement, [account, waba_id])?;
    Ok(())
}

pub(super) fn rights_used(connection: &Connection, since: Timestamp) -> Work<Vec<RightUsed>> {
    let mut statement = connection.prepare_cached(
        "SELECT account, right, subject, at FROM right_used WHERE at >= ?1 ORDER BY at, id",
    )?;
    let rights = statement.query_map([At(since)], right_used)?;
    Ok(rights.collect::<rusqlite::Result<_>>()?)
}

fn right_used(row: &Row<'_>) -> rusqlite::Result<RightUsed> {
    Ok(RightUsed {
        account: row.get(0)?,
        right: row.get(1)?,
        subject: row.get(2)?,
        at: row.get::<_, At>(3)?.0,
    })
}
