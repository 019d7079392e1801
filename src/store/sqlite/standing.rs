//! Where a campaign stands, counted from the narrow rows in one pass.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::campaigns::{self, Known};
use super::codes::{At, Reached, count};
use super::error::Work;
use crate::store::{CampaignRecord, CampaignState, ContactState, Delivery, Outcome, Standing};

pub(super) fn standing(
    connection: &Connection,
    account: &str,
    campaign: &str,
    now: Timestamp,
) -> Work<Standing> {
    let Some(known) = campaigns::find(connection, account, campaign)? else {
        return Ok(Standing::default());
    };
    let mut standing = Standing::default();
    let mut statement = connection.prepare_cached(
        "SELECT state, delivery, outcome, reason FROM member WHERE campaign = ?1",
    )?;
    let mut rows = statement.query([known.id])?;
    while let Some(row) = rows.next()? {
        count_state(&mut standing, row.get(0)?);
        count_delivery(&mut standing.delivery, row.get(1)?);
        let outcome: Option<Outcome> = row.get(2)?;
        if let Some(outcome) = outcome {
            add(&mut standing.outcome, outcome.as_str());
        }
        if outcome == Some(Outcome::Skipped) {
            let reason = row.get_ref(3)?.as_str_or_null()?.unwrap_or_default();
            add(&mut standing.skipped, reason);
        }
    }
    if known.record.starts_at <= now {
        let mut due = connection.prepare_cached(
            "SELECT count(*) FROM member INDEXED BY member_due
             WHERE campaign = ?1 AND state < 2 AND due_at <= ?2",
        )?;
        standing.due = count(due.query_row(params![known.id, At(now)], |row| row.get(0))?);
    }
    standing.next_due = next_due(connection, &known, now)?;
    Ok(standing)
}

fn count_state(standing: &mut Standing, state: ContactState) {
    let hopper = &mut standing.hopper;
    hopper.total += 1;
    match state {
        ContactState::Fresh => hopper.fresh += 1,
        ContactState::RetryDue => hopper.retry += 1,
        ContactState::InFlight | ContactState::AwaitingResponse | ContactState::WaitingLock => {
            hopper.pending += 1;
        }
        ContactState::Uncertain => {
            hopper.pending += 1;
            standing.uncertain += 1;
        }
        ContactState::Closed => hopper.closed += 1,
    }
}

fn count_delivery(delivery: &mut Delivery, highest: Reached) {
    match highest {
        Reached::Nothing => {}
        Reached::Accepted => delivery.accepted += 1,
        Reached::Sent => delivery.sent += 1,
        Reached::Delivered => delivery.delivered += 1,
        Reached::Read => delivery.read += 1,
        Reached::Failed => delivery.failed += 1,
    }
}

/// Adds one without making a key that is there.
fn add(counts: &mut std::collections::BTreeMap<String, u64>, key: &str) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => drop(counts.insert(key.to_owned(), 1)),
    }
}

pub(super) fn has_ended(campaign: &CampaignRecord, now: Timestamp) -> bool {
    campaign.ends_at.is_some_and(|end| end <= now)
}

/// Tells when the earliest contact falls due, or fell due.
pub(super) fn earliest(
    connection: &Connection,
    account: &str,
    campaign: &str,
    now: Timestamp,
) -> Work<Option<Timestamp>> {
    let Some(known) = campaigns::find(connection, account, campaign)? else {
        return Ok(None);
    };
    let (record, mut statement) = (
        &known.record,
        connection.prepare_cached(
            "SELECT min(due_at) FROM member INDEXED BY member_due WHERE campaign = ?1 AND state < 2",
        )?,
    );
    if record.state != CampaignState::Running || has_ended(record, now) {
        return Ok(None);
    }
    let earliest: Option<At> = statement.query_row([known.id], |row| row.get(0))?;
    Ok(earliest
        .map(|At(due)| due.max(record.starts_at))
        .filter(|due| !has_ended(record, *due)))
}

/// Tells when the next contact falls due that is not due now. What falls due after the campaign's end never does.
pub(super) fn next_due(
    connection: &Connection,
    campaign: &Known,
    now: Timestamp,
) -> Work<Option<Timestamp>> {
    let starts_at = campaign.record.starts_at;
    // Before the start the earliest of all counts, and falls due with the start.
    let after = if starts_at > now { Timestamp::MIN } else { now };
    let mut statement = connection.prepare_cached(
        "SELECT min(due_at) FROM member INDEXED BY member_due
         WHERE campaign = ?1 AND state < 2 AND due_at > ?2",
    )?;
    let next: Option<At> =
        statement.query_row(params![campaign.id, At(after)], |row| row.get(0))?;
    Ok(next
        .map(|At(due)| due.max(starts_at))
        .filter(|due| !has_ended(&campaign.record, *due)))
}

/// Counts the different contacts that an account claimed since a time, without claims that were released.
pub(super) fn recipients_since(
    connection: &Connection,
    account: &str,
    since: Timestamp,
) -> Work<u64> {
    let mut statement = connection.prepare_cached(
        "SELECT count(DISTINCT a.contact) FROM campaign k
         JOIN attempt a INDEXED BY attempt_claimed ON a.campaign = k.id
         WHERE k.account = ?1 AND a.claimed_at >= ?2 AND a.state <> 4",
    )?;
    Ok(count(
        statement.query_row(params![account, At(since)], |row| row.get(0))?,
    ))
}
