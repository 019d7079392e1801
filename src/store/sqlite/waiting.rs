//! The lock between campaigns: of one account, one conversation with a person at a time.
//!
//! It is no row of its own. An interaction is open while its contact is in flight, uncertain or awaiting a response; who is
//! claimed for another campaign meanwhile waits, and is let go by whatever ends the interaction.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::codes::At;
use super::error::Work;
use crate::store::ContactState;

/// Stands for no campaign.
pub(super) const NO_CAMPAIGN: i64 = -1;

/// Whether a contact (?1) has an open interaction in an account (?3), but for one campaign (?2). Whoever is open has an attempt,
/// and the attempts of a contact lie side by side.
pub(super) const OPEN: &str = "SELECT EXISTS (
         SELECT 1 FROM attempt a
         CROSS JOIN campaign k ON k.id = a.campaign
         CROSS JOIN member m ON m.campaign = a.campaign AND m.contact = a.contact
         WHERE a.contact = ?1 AND a.campaign <> ?2 AND k.account = ?3 AND m.state IN (2, 3, 4))";

pub(super) const WAITS: &str = "SELECT EXISTS (
         SELECT 1 FROM member INDEXED BY member_locked WHERE contact = ?1 AND state = 6)";

pub(super) const LET_GO: &str = "UPDATE member INDEXED BY member_locked
     SET state = CASE counted + earlier WHEN 0 THEN 0 ELSE 1 END, due_at = ?3
     WHERE contact = ?1 AND state = 6 AND campaign IN (SELECT id FROM campaign WHERE account = ?2)";

/// Whether a contact has an open interaction in another campaign of the account.
pub(super) fn is_locked(
    connection: &Connection,
    account: &str,
    contact: i64,
    campaign: i64,
) -> Work<bool> {
    let mut statement = connection.prepare_cached(OPEN)?;
    Ok(statement.query_row(params![contact, campaign, account], |row| row.get(0))?)
}

/// Makes those due now who wait for a contact's interaction to end, unless one is open still. Returns how many.
/// To be called by whatever ends one.
pub(super) fn release(
    connection: &Connection,
    account: &str,
    contact: i64,
    now: Timestamp,
) -> Work<u64> {
    let mut waits = connection.prepare_cached(WAITS)?;
    if !waits.query_row([contact], |row| row.get(0))?
        || is_locked(connection, account, contact, NO_CAMPAIGN)?
    {
        return Ok(0);
    }
    let mut statement = connection.prepare_cached(LET_GO)?;
    Ok(statement.execute(params![contact, account, At(now)])? as u64)
}

/// Whether anybody waits at all.
pub(super) fn any(connection: &Connection) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM member INDEXED BY member_locked WHERE state = 6)",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Lets a contact wait.
pub(super) fn wait(connection: &Connection, campaign: i64, contact: i64) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE member SET state = ?3, due_at = NULL WHERE campaign = ?1 AND contact = ?2",
    )?;
    statement.execute(params![campaign, contact, ContactState::WaitingLock])?;
    Ok(())
}
