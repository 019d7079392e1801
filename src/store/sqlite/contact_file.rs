//! All that the ledger knows of one person, as it is shown; who a person is, [`people`] says.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::codes::{At, count, phone_text};
use super::error::Work;
use super::{answers, happenings, people, rounds, state, timeline};
use crate::store::{
    CampaignEntry, ContactFile, Happening, Held, SERVICE_WINDOW, Suppressed, Suspect, Window,
};

/// Why somebody is skipped who is held.
const HELD: &str = "identity_changed";

/// Somebody whom the ledger knows.
pub(super) struct Found {
    pub(super) id: i64,
    contact: people::Contact,
}

impl Found {
    /// The name that happenings are recorded under and replies go to.
    pub(super) fn names(&self) -> [Option<String>; 2] {
        [
            self.contact.phone.map(phone_text),
            self.contact.user_id.clone(),
        ]
    }

    pub(super) fn name(&self) -> String {
        let [phone, user_id] = self.names();
        phone.or(user_id).unwrap_or_default()
    }
}

/// Reads the name of a contact from its number in `column` or its business-scoped id in the next.
pub(super) fn name(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    match row.get::<_, Option<i64>>(column)? {
        Some(phone) => Ok(phone_text(phone)),
        None => Ok(row
            .get::<_, Option<String>>(column + 1)?
            .unwrap_or_default()),
    }
}

/// Finds somebody: by their number first, then by the digits that Meta knows, then by business-scoped id.
pub(super) fn find(connection: &Connection, who: &str) -> Work<Option<Found>> {
    let digits = who.strip_prefix('+').unwrap_or(who);
    let number: Option<i64> = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten();
    let by_number = match number {
        Some(number) => match people::by_phone(connection, number)? {
            Some(contact) => Some(contact),
            None => people::by_digits(connection, number)?,
        },
        None => None,
    };
    let id = match by_number {
        Some(contact) => Some(contact),
        None => people::by_user_id(connection, who)?,
    };
    let Some(id) = id else { return Ok(None) };
    let contact = people::get(connection, id)?;
    Ok(Some(Found { id, contact }))
}

/// Returns everything between an account and a person; none where there is nothing.
pub(super) fn file(connection: &Connection, account: &str, who: &str) -> Work<Option<ContactFile>> {
    let Some(found) = find(connection, who)? else {
        return Ok(None);
    };
    let suppressed = suppressed(connection, account, found.id)?;
    let file = ContactFile {
        account: account.to_owned(),
        phone: found.contact.phone.map(phone_text),
        held: held(connection, account, found.id)?,
        suspect: suspect(connection, account, found.id)?,
        windows: windows(connection, account, found.id)?,
        campaigns: campaigns(connection, account, found.id)?,
        timeline: timeline::of(connection, account, &found, suppressed.as_ref())?,
        suppressed,
        wa_id: found.contact.wa_id,
        user_id: found.contact.user_id,
    };
    let is_empty = file.suppressed.is_none()
        && file.held.is_none()
        && file.suspect.is_none()
        && file.windows.is_empty()
        && file.campaigns.is_empty()
        && file.timeline.is_empty();
    Ok((!is_empty).then_some(file))
}

fn suppressed(connection: &Connection, account: &str, contact: i64) -> Work<Option<Suppressed>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, reason, actor FROM suppressed WHERE contact = ?1 AND account = ?2",
    )?;
    let suppressed = statement.query_row(params![contact, account], |row| {
        Ok(Suppressed {
            at: row.get::<_, At>(0)?.0,
            reason: row.get(1)?,
            actor: row.get(2)?,
        })
    });
    Ok(suppressed.optional()?)
}

fn held(connection: &Connection, account: &str, contact: i64) -> Work<Option<Held>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, reason FROM identity
         WHERE contact = ?1 AND account = ?2 AND acknowledged_at IS NULL",
    )?;
    let held = statement.query_row(params![contact, account], |row| {
        Ok(Held {
            at: row.get::<_, At>(0)?.0,
            reason: row.get(1)?,
        })
    });
    Ok(held.optional()?)
}

const SUSPECTS: &str = "
    SELECT c.phone, c.user_id, s.code, s.first_at, s.last_at, s.times
    FROM suspect s CROSS JOIN contact c ON c.id = s.contact";

fn suspect(connection: &Connection, account: &str, contact: i64) -> Work<Option<Suspect>> {
    let mut statement = connection.prepare_cached(&format!(
        "{SUSPECTS} WHERE s.contact = ?1 AND s.account = ?2"
    ))?;
    let suspect = statement.query_row(params![contact, account], read_suspect);
    Ok(suspect.optional()?)
}

/// Returns the numbers that could not be reached, latest first.
pub(super) fn suspects(connection: &Connection, account: &str, limit: usize) -> Work<Vec<Suspect>> {
    let mut statement = connection.prepare_cached(&all_suspects())?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let suspects = statement.query_map(params![account, limit], read_suspect)?;
    Ok(suspects.collect::<rusqlite::Result<_>>()?)
}

fn all_suspects() -> String {
    format!("{SUSPECTS} WHERE s.account = ?1 ORDER BY s.last_at DESC, s.contact DESC LIMIT ?2")
}

fn read_suspect(row: &Row<'_>) -> rusqlite::Result<Suspect> {
    Ok(Suspect {
        phone: name(row, 0)?,
        code: row.get(2)?,
        first_at: row.get::<_, At>(3)?.0,
        last_at: row.get::<_, At>(4)?.0,
        times: count(row.get(5)?),
    })
}

fn windows(connection: &Connection, account: &str, contact: i64) -> Work<Vec<Window>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, last_inbound_at FROM service_window WHERE contact = ?1 AND account = ?2
         ORDER BY number",
    )?;
    let windows = statement.query_map(params![contact, account], |row| {
        let At(last_inbound_at) = row.get(1)?;
        Ok(Window {
            number: row.get(0)?,
            last_inbound_at,
            until: last_inbound_at
                .saturating_add(SERVICE_WINDOW)
                .unwrap_or(last_inbound_at),
        })
    })?;
    Ok(windows.collect::<rusqlite::Result<_>>()?)
}

/// The member's own reason is that of a skip.
fn campaigns_of() -> String {
    let (columns, answer) = (answers::COLUMNS, answers::JOIN);
    format!(
        "SELECT k.name, m.state, m.outcome, m.counted + m.earlier, m.due_at,
             coalesce(m.reason, (SELECT a.reason FROM attempt a
                 WHERE a.contact = m.contact AND a.campaign = m.campaign AND a.number = m.attempt)),
             {columns}
         FROM campaign k CROSS JOIN member m ON m.campaign = k.id AND m.contact = ?1
         {answer}
         WHERE k.account = ?2 ORDER BY k.id"
    )
}

fn campaigns(connection: &Connection, account: &str, contact: i64) -> Work<Vec<CampaignEntry>> {
    let mut statement = connection.prepare_cached(&campaigns_of())?;
    let campaigns = statement.query_map(params![contact, account], |row| {
        Ok(CampaignEntry {
            campaign: row.get(0)?,
            state: row.get(1)?,
            outcome: row.get(2)?,
            attempts: row.get(3)?,
            due_at: row.get::<_, Option<At>>(4)?.map(|At(time)| time),
            reason: row.get(5)?,
            answer: answers::read(row, 6)?,
        })
    })?;
    Ok(campaigns.collect::<rusqlite::Result<_>>()?)
}

/// Lets somebody be messaged again who was held.
pub(super) fn acknowledge(
    connection: &Connection,
    account: &str,
    phone: &str,
    actor: &str,
    now: Timestamp,
) -> Work<bool> {
    let Some(found) = find(connection, phone)? else {
        return Ok(false);
    };
    let mut statement = connection.prepare_cached(
        "UPDATE identity SET acknowledged_at = ?3
         WHERE contact = ?1 AND account = ?2 AND acknowledged_at IS NULL",
    )?;
    if statement.execute(params![found.id, account, At(now)])? == 0 {
        return Ok(false);
    }
    state::see_time(connection, now)?;
    let again = rounds::unskip(connection, account, found.id, HELD, now)?;
    happenings::insert(
        connection,
        &Happening {
            at: now,
            actor: actor.to_owned(),
            account: account.to_owned(),
            subject: found.name(),
            what: "contact.acknowledged".to_owned(),
            text: "The person behind the number is the same after all, and may be messaged again."
                .to_owned(),
            detail: json!({ "campaigns": again }),
        },
    )?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::super::tests_contacts::{Scanned, plan};
    use super::*;

    #[test]
    fn a_person_is_read_by_their_keys() {
        assert_eq!(plan(&all_suspects(), 2), Scanned::default());
        let campaigns = plan(&campaigns_of(), 2).without_sorting();
        assert_eq!(campaigns, Scanned::default());
    }
}
