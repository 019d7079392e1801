//! Conversations that campaigns opened.

use std::cmp::Reverse;

use rusqlite::{Connection, Row, params};

use super::answers;
use super::codes::At;
use super::contact_file::name;
use super::error::Work;
use crate::store::{ContactState, InteractionFilter, InteractionRow, SERVICE_WINDOW};

/// A message that may have reached its recipient opens an interaction, and so does any that was answered. CROSS JOIN keeps
/// the attempts the outermost, in whose order the rows come; the member knows which of them was its latest.
fn select() -> String {
    let (columns, answer) = (answers::COLUMNS, answers::JOIN);
    format!(
        "SELECT c.phone, c.user_id, a.claimed_at, m.state, m.outcome, m.due_at, s.last_inbound_at, {columns}
         FROM attempt a INDEXED BY attempt_claimed
         CROSS JOIN member m ON m.campaign = a.campaign AND m.contact = a.contact AND m.attempt = a.number
         CROSS JOIN contact c ON c.id = a.contact
         LEFT JOIN service_window s ON s.contact = a.contact AND s.account = ?2 AND s.number = a.sender
         {answer}
         WHERE a.campaign = ?1 AND a.state <> 4 AND a.step = 0
           AND (m.outcome = 0 OR a.state <> 2 AND a.delivery <> 5)
           AND (m.state IN (2, 3, 4) AND ?3 IS NOT 0 OR m.state = 5 AND ?3 IS NOT 1)
         ORDER BY a.claimed_at DESC, a.contact DESC LIMIT ?4"
    )
}

/// Returns interactions, the latest first.
pub(super) fn interactions(
    connection: &Connection,
    filter: &InteractionFilter,
) -> Work<Vec<InteractionRow>> {
    let limit = filter.limit.unwrap_or(u64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&select())?;
    let mut found = Vec::new();
    for (id, account, campaign) in campaigns(connection, filter)? {
        let rows = statement.query_map(params![id, account, filter.open, limit], |row| {
            interaction(row, &account, &campaign)
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    found.sort_by_key(|row| Reverse(row.opened_at));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn campaigns(
    connection: &Connection,
    filter: &InteractionFilter,
) -> Work<Vec<(i64, String, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, account, name FROM campaign
         WHERE account = coalesce(?1, account) AND name = coalesce(?2, name) ORDER BY id",
    )?;
    let campaigns = statement.query_map(params![filter.account, filter.campaign], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(campaigns.collect::<rusqlite::Result<_>>()?)
}

fn interaction(row: &Row<'_>, account: &str, campaign: &str) -> rusqlite::Result<InteractionRow> {
    let state: ContactState = row.get(3)?;
    let time = |column| -> rusqlite::Result<_> {
        Ok(row.get::<_, Option<At>>(column)?.map(|At(time)| time))
    };
    Ok(InteractionRow {
        account: account.to_owned(),
        campaign: campaign.to_owned(),
        phone: name(row, 0)?,
        opened_at: row.get::<_, At>(2)?.0,
        open: state != ContactState::Closed,
        outcome: row.get(4)?,
        closes_at: time(5)?,
        answer: answers::read(row, 7)?,
        window_until: time(6)?.map(|last| last.saturating_add(SERVICE_WINDOW).unwrap_or(last)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests_contacts::{Scanned, plan};
    use super::*;

    #[test]
    fn the_latest_come_first_without_sorting() {
        assert_eq!(plan(&select(), 4), Scanned::default());
    }
}
