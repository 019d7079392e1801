//! What became of claims.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::codes::{At, AttemptState, Reached};
use super::error::Work;
use super::moves::{Member, Place};
use super::{people, receipts, state};
use crate::store::{ContactState, Outcome, Person, Settled, Settlement};

/// What an acceptance is recorded as where Meta said no more than that: that our own request was answered must show.
const ACCEPTED: &str = "accepted";

/// Records results. An attempt that is settled already, or unknown, stays as it is: the first answer counts.
pub(super) fn settle(connection: &Connection, settlements: &[Settlement]) -> Work<()> {
    for settlement in settlements {
        match open_attempt(connection, &settlement.attempt_id)? {
            Some(attempt) => record(connection, &attempt, settlement)?,
            None => tracing::debug!(
                attempt = settlement.attempt_id,
                "a settlement came for an attempt that is not open"
            ),
        }
    }
    if let Some(latest) = settlements.iter().map(|settlement| settlement.at).max() {
        state::see_time(connection, latest)?;
    }
    Ok(())
}

/// An attempt whose result is not known yet.
struct Attempt {
    contact: i64,
    campaign: i64,
    number: u32,
    uncertain: bool,
}

pub(super) const OPEN: &str =
    "SELECT contact, campaign, number, state FROM attempt INDEXED BY attempt_open
     WHERE id = ?1 AND state IN (0, 3)";

fn open_attempt(connection: &Connection, id: &str) -> Work<Option<Attempt>> {
    let Ok(id) = hex::decode(id) else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(OPEN)?;
    let attempt = statement.query_row([id], |row| {
        Ok(Attempt {
            contact: row.get(0)?,
            campaign: row.get(1)?,
            number: row.get(2)?,
            uncertain: row.get::<_, AttemptState>(3)? == AttemptState::Uncertain,
        })
    });
    Ok(attempt.optional()?)
}

fn record(connection: &Connection, attempt: &Attempt, settlement: &Settlement) -> Work<()> {
    if let Settled::Accepted {
        wa_id: Some(wa_id), ..
    } = &settlement.result
    {
        let person = Person {
            wa_id: Some(wa_id.clone()),
            ..Person::default()
        };
        let learnt = people::learn(connection, attempt.contact, &person, settlement.at)?;
        if learnt.merged {
            // Rows have moved.
            return match open_attempt(connection, &settlement.attempt_id)? {
                Some(attempt) => record_result(connection, &attempt, settlement),
                None => Ok(()),
            };
        }
    }
    record_result(connection, attempt, settlement)
}

fn record_result(connection: &Connection, attempt: &Attempt, settlement: &Settlement) -> Work<()> {
    write_attempt(connection, attempt, settlement)?;
    if let Some(member) = Member::find(connection, attempt.campaign, attempt.contact)? {
        // A contact that has gone on since (a later attempt, an end) is not moved by an old answer.
        if waits_for(&member, attempt, settlement) {
            member.go(connection, place(&member, settlement), settlement.at)?;
        }
        if let Settled::Failed {
            code,
            reason,
            suppress,
            ..
        } = &settlement.result
        {
            let (account, contact) = (&member.account, member.contact);
            if *suppress {
                people::suppress(
                    connection,
                    account,
                    contact,
                    settlement.at,
                    reason,
                    people::META,
                )?;
            }
            if people::bears_on_suspicion(*code, false) {
                people::reckon_suspect(connection, account, contact)?;
            }
        }
    }
    if let Settled::Accepted { message_id, .. } = &settlement.result {
        let key = (attempt.contact, attempt.campaign, attempt.number);
        receipts::adopt(connection, key, message_id, settlement.at)?;
    }
    Ok(())
}

fn write_attempt(connection: &Connection, attempt: &Attempt, settlement: &Settlement) -> Work<()> {
    let (state, delivery) = match &settlement.result {
        Settled::Accepted { .. } => (AttemptState::Accepted, Reached::Accepted),
        Settled::Failed { .. } => (AttemptState::Failed, Reached::Failed),
        Settled::Released { .. } => (AttemptState::Released, Reached::Nothing),
        Settled::Uncertain { .. } => (AttemptState::Uncertain, Reached::Nothing),
    };
    let (message_id, message_status) = match &settlement.result {
        Settled::Accepted {
            message_id,
            message_status,
            ..
        } => (
            Some(message_id),
            Some(message_status.as_deref().unwrap_or(ACCEPTED)),
        ),
        _ => (None, None),
    };
    let (code, reason, failed_at) = match &settlement.result {
        Settled::Accepted { .. } => (None, None, None),
        Settled::Failed { code, reason, .. } => (*code, Some(reason), Some(At(settlement.at))),
        Settled::Released { reason, .. } | Settled::Uncertain { reason } => {
            (None, Some(reason), None)
        }
    };
    let mut statement = connection.prepare_cached(
        "UPDATE attempt SET state = ?4, settled_at = ?5, message_id = ?6, message_status = ?7, code = ?8, reason = ?9,
             delivery = ?10, failed_at = ?11
         WHERE contact = ?1 AND campaign = ?2 AND number = ?3",
    )?;
    statement.execute(params![
        attempt.contact,
        attempt.campaign,
        attempt.number,
        state,
        At(settlement.at),
        message_id,
        message_status,
        code,
        reason,
        delivery,
        failed_at,
    ])?;
    Ok(())
}

/// Whether a contact still waits for this attempt's answer: in flight, uncertain, or closed as uncertain; to be tried again for
/// want of that answer, where it says that the message was taken.
fn waits_for(member: &Member, attempt: &Attempt, settlement: &Settlement) -> bool {
    let place = &member.place;
    let waits = matches!(
        place.state,
        ContactState::InFlight | ContactState::Uncertain
    ) || place.outcome == Some(Outcome::Uncertain);
    let doubted = attempt.uncertain
        && matches!(
            place.state,
            ContactState::Fresh | ContactState::RetryDue | ContactState::WaitingLock
        )
        && matches!(settlement.result, Settled::Accepted { .. });
    member.attempt == attempt.number && (waits || doubted)
}

fn place(member: &Member, settlement: &Settlement) -> Place {
    let at: Timestamp = settlement.at;
    match &settlement.result {
        Settled::Accepted { .. } => member.awaiting(at).reaching(Reached::Accepted),
        Settled::Uncertain { .. } => member.uncertain(at),
        Settled::Failed { retry_at, .. } => member.failed(*retry_at),
        Settled::Released { due_at, .. } => member.released(*due_at),
    }
}
