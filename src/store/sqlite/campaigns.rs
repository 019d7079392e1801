//! Campaigns that were launched.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codes::{At, Span};
use super::error::{Failure, Work};
use crate::store::{CampaignRecord, CampaignState, Error};

/// A campaign and the number that stands for it in other rows.
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) record: CampaignRecord,
}

const SELECT: &str =
    "SELECT id, account, name, declaration, state, first_applied_at, starts_at, ends_at,
    response_timeout, max_attempts FROM campaign";

pub(super) fn all(connection: &Connection) -> Work<Vec<CampaignRecord>> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} ORDER BY account, name"))?;
    let mut rows = statement.query([])?;
    let mut campaigns = Vec::new();
    while let Some(row) = rows.next()? {
        campaigns.push(known(row)?.record);
    }
    Ok(campaigns)
}

pub(super) fn find(connection: &Connection, account: &str, name: &str) -> Work<Option<Known>> {
    let mut statement =
        connection.prepare_cached(&format!("{SELECT} WHERE account = ?1 AND name = ?2"))?;
    let mut rows = statement.query([account, name])?;
    rows.next()?.map(known).transpose()
}

/// Finds a campaign that must have been declared.
pub(super) fn get(connection: &Connection, account: &str, name: &str) -> Work<Known> {
    find(connection, account, name)?.ok_or_else(|| {
        Failure::Store(Error::Invalid(format!(
            "the campaign `{name}` of the account `{account}` was never launched"
        )))
    })
}

/// Finds the number of a campaign.
pub(super) fn id(connection: &Connection, account: &str, name: &str) -> Work<Option<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM campaign WHERE account = ?1 AND name = ?2")?;
    Ok(statement
        .query_row([account, name], |row| row.get(0))
        .optional()?)
}

/// The campaigns of an account, by number.
pub(super) fn ids(connection: &Connection, account: &str) -> Work<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM campaign WHERE account = ?1 ORDER BY id")?;
    let ids = statement.query_map([account], |row| row.get(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn declare(connection: &Connection, campaign: &CampaignRecord) -> Work<()> {
    let mut campaign = campaign.clone();
    if let Some(Known { record: known, .. }) = find(connection, &campaign.account, &campaign.name)?
    {
        keep_start(&mut campaign, &known);
    }
    let CampaignRecord {
        account,
        name,
        declaration,
        state,
        first_applied_at,
        starts_at,
        ends_at,
        response_timeout,
        max_attempts,
    } = campaign;
    let mut statement = connection.prepare_cached(
        "INSERT INTO campaign (account, name, declaration, state, first_applied_at, starts_at, ends_at,
             response_timeout, max_attempts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (account, name) DO UPDATE SET
             declaration = excluded.declaration, state = excluded.state, starts_at = excluded.starts_at,
             ends_at = excluded.ends_at, response_timeout = excluded.response_timeout,
             max_attempts = excluded.max_attempts",
    )?;
    statement.execute(params![
        account,
        name,
        declaration.to_string(),
        state,
        At(first_applied_at),
        At(starts_at),
        ends_at.map(At),
        Span(response_timeout),
        max_attempts,
    ])?;
    Ok(())
}

/// A campaign without a declared start began when it was first applied, and begins anew only where a start is declared
/// that was not before. Its length is kept.
fn keep_start(campaign: &mut CampaignRecord, known: &CampaignRecord) {
    if campaign.declaration.get("start") != known.declaration.get("start") {
        return;
    }
    let earlier = known.starts_at.duration_since(campaign.starts_at);
    campaign.starts_at = known.starts_at;
    campaign.ends_at = campaign
        .ends_at
        .map(|end| end.saturating_add(earlier).unwrap_or(end));
}

fn known(row: &Row<'_>) -> Work<Known> {
    let state: CampaignState = row.get(4)?;
    Ok(Known {
        id: row.get(0)?,
        record: CampaignRecord {
            account: row.get(1)?,
            name: row.get(2)?,
            declaration: serde_json::from_str(row.get_ref(3)?.as_str()?)?,
            state,
            first_applied_at: row.get::<_, At>(5)?.0,
            starts_at: row.get::<_, At>(6)?.0,
            ends_at: row.get::<_, Option<At>>(7)?.map(|At(time)| time),
            response_timeout: row.get::<_, Span>(8)?.0,
            max_attempts: row.get(9)?,
        },
    })
}
