//! What time and death do to contacts.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::campaigns::{self, Known};
use super::codes::{At, AttemptState};
use super::error::Work;
use super::{locks, standing, state, waiting};
use crate::store::{CampaignState, ContactState, Lease, Outcome};

/// Why an attempt is uncertain whose worker is gone.
const OWNER_GONE: &str = "the process that claimed it ended before it settled it";

/// Makes attempts uncertain that an earlier holder of this lease left behind, and those from numbers that nobody sends
/// from now (the campaign may send from another since). Whether their requests left is not known: they must never be due
/// again of themselves.
pub(super) fn recover(connection: &Connection, lease: &Lease, now: Timestamp) -> Work<u64> {
    locks::check_lease(connection, lease, now)?;
    state::see_time(connection, now)?;
    let mut orphans = connection.prepare_cached(
        "SELECT contact, campaign, number FROM attempt INDEXED BY attempt_open
         WHERE state IN (0, 3) AND state = 0 AND CASE sender
             WHEN ?1 THEN fence < ?2
             ELSE NOT EXISTS (SELECT 1 FROM lease l WHERE l.number = sender AND l.held = 1 AND l.until > ?3) END",
    )?;
    let orphans: Vec<(i64, i64, u32)> = orphans
        .query_map(params![lease.number, lease.fence, At(now)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut attempt = connection.prepare_cached(
        "UPDATE attempt SET state = ?4, settled_at = ?5, reason = ?6
         WHERE contact = ?1 AND campaign = ?2 AND number = ?3",
    )?;
    let mut member = connection.prepare_cached(
        "UPDATE member SET state = ?4,
             due_at = ?5 + (SELECT response_timeout FROM campaign WHERE id = ?2)
         WHERE contact = ?1 AND campaign = ?2 AND attempt = ?3 AND state = ?6",
    )?;
    for (contact, campaign, number) in &orphans {
        attempt.execute(params![
            contact,
            campaign,
            number,
            AttemptState::Uncertain,
            At(now),
            OWNER_GONE
        ])?;
        member.execute(params![
            contact,
            campaign,
            number,
            ContactState::Uncertain,
            At(now),
            ContactState::InFlight
        ])?;
    }
    Ok(orphans.len() as u64)
}

pub(super) const TIMED_OUT: &str = "UPDATE member INDEXED BY member_timeout
     SET state = 5, due_at = NULL, outcome = CASE state WHEN 4 THEN 1 ELSE 7 END
     WHERE campaign = ?1 AND state IN (3, 4) AND due_at <= ?2 RETURNING contact";
pub(super) const UNSENT: &str = "UPDATE member INDEXED BY member_due
     SET state = 5, due_at = NULL, outcome = CASE counted + earlier WHEN 0 THEN ?2 ELSE ?3 END,
         passing = ?3 = 2 AND counted + earlier > 0
     WHERE campaign = ?1 AND state < 2";
pub(super) const LOCKED: &str = "UPDATE member INDEXED BY member_locked
     SET state = 5, outcome = CASE counted + earlier WHEN 0 THEN ?2 ELSE ?3 END,
         passing = ?3 = 2 AND counted + earlier > 0
     WHERE campaign = ?1 AND state = 6";

/// Closes what time has closed.
pub(super) fn expire(
    connection: &Connection,
    account: &str,
    campaign: &str,
    now: Timestamp,
) -> Work<u64> {
    let Some(known) = campaigns::find(connection, account, campaign)? else {
        return Ok(0);
    };
    state::see_time(connection, now)?;
    let mut closed = time_out(connection, &known, now)?;
    let (never_messaged, failed) = if known.record.state == CampaignState::Stopped {
        (Outcome::Stopped, Outcome::Stopped)
    } else if standing::has_ended(&known.record, now) {
        (Outcome::Expired, Outcome::Failed)
    } else {
        return Ok(closed);
    };
    for statement in [UNSENT, LOCKED] {
        let mut statement = connection.prepare_cached(statement)?;
        closed += statement.execute(params![known.id, never_messaged, failed])? as u64;
    }
    Ok(closed)
}

/// Closes those whose response did not come, and lets go who waited for that.
fn time_out(connection: &Connection, campaign: &Known, now: Timestamp) -> Work<u64> {
    let somebody_waits = waiting::any(connection)?;
    let mut ended = Vec::new();
    let mut closed = 0;
    let mut statement = connection.prepare_cached(TIMED_OUT)?;
    let mut rows = statement.query(params![campaign.id, At(now)])?;
    while let Some(row) = rows.next()? {
        closed += 1;
        if somebody_waits {
            ended.push(row.get::<_, i64>(0)?);
        }
    }
    for contact in ended {
        waiting::release(connection, &campaign.record.account, contact, now)?;
    }
    Ok(closed)
}
