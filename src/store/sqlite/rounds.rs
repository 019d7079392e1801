//! New rounds of a campaign: what has failed, or may have, is due again.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::campaigns::{self, Known};
use super::codes::{At, count as counted};
use super::error::{Failure, Work};
use super::{happenings, standing, state, waiting};
use crate::store::{
    CampaignState, ContactState, Error, Happening, Outcome, RECEIVER_SILENCE, RetryOf,
};

/// Those that wait for a retry. The index has the fresh ones, too.
const WAITING: &str = "campaign = ?1 AND state < 2 AND state = 1";
/// Those that are closed and might have been tried again.
const GIVEN_UP: &str = "campaign = ?1 AND state = 5 AND outcome = 2 AND passing = 1";
/// Those whose message may have left.
const DOUBTFUL: &str = "campaign = ?1 AND (state = 3 OR state = 5 AND outcome = 7)";

/// The attempts that may have left, of contacts that still wait for their answers. ?2 since when somebody would have
/// heard of them, ?3 the latest time to be told of.
const UNHEARD_OF: &str = "
    SELECT a.contact FROM attempt a INDEXED BY attempt_open
    CROSS JOIN member m ON m.campaign = a.campaign AND m.contact = a.contact AND m.attempt = a.number
    WHERE a.state IN (0, 3) AND a.state = 3 AND a.campaign = ?1 AND a.claimed_at >= ?2 AND a.settled_at <= ?3
      AND m.state = 3 AND m.counted < ?4";

fn groups(of: &RetryOf) -> impl Iterator<Item = &'static str> {
    let passing = [WAITING, GIVEN_UP].into_iter().filter(|_| of.passing);
    passing.chain(Some(DOUBTFUL).filter(|_| of.uncertain))
}

pub(super) fn count(
    connection: &Connection,
    account: &str,
    campaign: &str,
    of: &RetryOf,
    now: Timestamp,
) -> Work<u64> {
    let known = going(connection, account, campaign, now)?;
    let mut total = 0;
    for group in groups(of) {
        let select = format!("SELECT count(*) FROM member WHERE {group}");
        total += counted(connection.query_row(&select, [known.id], |row| row.get(0))?);
    }
    Ok(total)
}

/// Begins a new round where there is anybody to take in.
pub(super) fn retry(
    connection: &Connection,
    account: &str,
    campaign: &str,
    of: &RetryOf,
    actor: &str,
    now: Timestamp,
) -> Work<u64> {
    let known = going(connection, account, campaign, now)?;
    state::see_time(connection, now)?;
    let mut total = 0;
    for group in groups(of) {
        let update = format!(
            "UPDATE member SET state = ?2, outcome = NULL, due_at = ?3, reason = NULL, passing = 0,
                 earlier = earlier + counted, counted = 0
             WHERE {group} RETURNING contact"
        );
        let mut statement = connection.prepare_cached(&update)?;
        let taken = statement
            .query_map(params![known.id, ContactState::RetryDue, At(now)], |row| {
                row.get(0)
            })?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        total += taken.len();
        if group == DOUBTFUL {
            give_up(connection, known.id, &taken)?;
            let_go(connection, account, &taken, now)?;
        }
    }
    if total > 0 {
        let round = begin(connection, &known)?;
        happenings::insert(
            connection,
            &Happening {
                at: now,
                actor: actor.to_owned(),
                account: account.to_owned(),
                subject: format!("campaign.{campaign}"),
                what: "campaign.retried".to_owned(),
                text: format!("A new round of the campaign has begun; contacts taken in: {total}."),
                detail: json!({
                    "round": round, "contacts": total, "passing": of.passing, "uncertain": of.uncertain,
                }),
            },
        )?;
    }
    Ok(total as u64)
}

fn begin(connection: &Connection, campaign: &Known) -> Work<u32> {
    let next = "UPDATE campaign SET round = round + 1 WHERE id = ?1 RETURNING round";
    Ok(connection.query_row(next, [campaign.id], |row| row.get(0))?)
}

/// Finds a campaign that may still send, now or when it is resumed.
fn going(connection: &Connection, account: &str, name: &str, now: Timestamp) -> Work<Known> {
    let known = campaigns::get(connection, account, name)?;
    let over = if known.record.state == CampaignState::Stopped {
        format!(
            "the campaign `{name}` is stopped and sends nothing more: declare it with state = \"running\" and apply, \
             then retry"
        )
    } else if let Some(end) = known
        .record
        .ends_at
        .filter(|_| standing::has_ended(&known.record, now))
    {
        format!(
            "the campaign `{name}` ended at {end:.0} and sends nothing more: declare a longer duration and apply, \
             then retry"
        )
    } else {
        return Ok(known);
    };
    Err(Failure::Store(Error::Invalid(over)))
}

pub(super) fn resend_uncertain(
    connection: &Connection,
    account: &str,
    campaign: &str,
    before: Timestamp,
    now: Timestamp,
) -> Work<u64> {
    let Some(known) = campaigns::find(connection, account, campaign)? else {
        return Ok(0);
    };
    if known.record.state != CampaignState::Running || standing::has_ended(&known.record, now) {
        return Ok(0);
    }
    let Some(listening_since) = listening_since(connection, account, now)? else {
        return Ok(0);
    };
    state::see_time(connection, now)?;
    let mut unheard_of = connection.prepare_cached(UNHEARD_OF)?;
    let contacts: Vec<i64> = unheard_of
        .query_map(
            params![
                known.id,
                At(listening_since),
                At(before),
                known.record.max_attempts
            ],
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<_>>()?;
    let mut again = connection.prepare_cached(
        "UPDATE member SET state = ?3, due_at = ?4 WHERE campaign = ?1 AND contact = ?2",
    )?;
    for contact in &contacts {
        again.execute(params![known.id, contact, ContactState::RetryDue, At(now)])?;
    }
    give_up(connection, known.id, &contacts)?;
    let_go(connection, account, &contacts, now)?;
    Ok(contacts.len() as u64)
}

/// A message that is sent again although it may have arrived is held back by no gap that is reckoned from itself.
fn give_up(connection: &Connection, campaign: i64, contacts: &[i64]) -> Work<()> {
    let mut given_up = connection.prepare_cached(
        "UPDATE attempt SET given_up = 1 WHERE campaign = ?1 AND contact = ?2 AND state = 3",
    )?;
    for contact in contacts {
        given_up.execute(params![campaign, contact])?;
    }
    Ok(())
}

/// Their interactions are open no more: lets go who waited for that in other campaigns.
fn let_go(connection: &Connection, account: &str, contacts: &[i64], now: Timestamp) -> Work<()> {
    if !waiting::any(connection)? {
        return Ok(());
    }
    for contact in contacts {
        waiting::release(connection, account, *contact, now)?;
    }
    Ok(())
}

/// Tells since when the account's receiver has run without a gap, where it runs now.
fn listening_since(
    connection: &Connection,
    account: &str,
    now: Timestamp,
) -> Work<Option<Timestamp>> {
    let mut statement =
        connection.prepare_cached("SELECT since, last FROM receiver WHERE account = ?1")?;
    let receiver = statement
        .query_row([account], |row| {
            Ok((row.get::<_, At>(0)?.0, row.get::<_, At>(1)?.0))
        })
        .optional()?;
    let is_alive = |last: Timestamp| now.duration_since(last) <= RECEIVER_SILENCE;
    Ok(receiver
        .filter(|(_, last)| is_alive(*last))
        .map(|(since, _)| since))
}

/// Makes due again those that were skipped for a reason that has gone.
pub(super) fn unskip(
    connection: &Connection,
    account: &str,
    contact: i64,
    reason: &str,
    now: Timestamp,
) -> Work<u64> {
    let mut statement = connection.prepare_cached(UNSKIP)?;
    let changed = statement.execute(params![
        account,
        contact,
        Outcome::Skipped,
        reason,
        ContactState::Fresh,
        ContactState::RetryDue,
        At(now),
    ])?;
    Ok(changed as u64)
}

/// CROSS JOIN is not for updates: the campaigns come first by the IN.
const UNSKIP: &str = "
    UPDATE member SET state = CASE counted + earlier WHEN 0 THEN ?5 ELSE ?6 END,
        outcome = NULL, reason = NULL, due_at = ?7
    WHERE contact = ?2 AND state = 5 AND outcome = ?3 AND reason = ?4
      AND campaign IN (SELECT id FROM campaign WHERE account = ?1)";

/// The earliest response timeout of each of an account's campaigns, and its start and end where they lie ahead.
const TIMEOUTS: &str = "
    SELECT (SELECT min(due_at) FROM member INDEXED BY member_timeout
            WHERE campaign = k.id AND state IN (3, 4)),
           CASE WHEN k.starts_at > l.now AND k.state <> 2 THEN k.starts_at END,
           CASE WHEN k.ends_at > l.now AND k.state <> 2 THEN k.ends_at END
    FROM (SELECT coalesce(latest_time, 0) AS now FROM ledger) l
    CROSS JOIN campaign k WHERE k.account = ?1";

pub(super) fn next_timeout(connection: &Connection, account: &str) -> Work<Option<Timestamp>> {
    let mut statement = connection.prepare_cached(TIMEOUTS)?;
    let mut rows = statement.query([account])?;
    let mut next: Option<At> = None;
    while let Some(row) = rows.next()? {
        for column in 0..3 {
            let time: Option<At> = row.get(column)?;
            next = next.into_iter().chain(time).min();
        }
    }
    Ok(next.map(|At(time)| time))
}

#[cfg(test)]
mod tests {
    use super::super::tests_contacts::{Scanned, plan};
    use super::*;

    #[test]
    fn rounds_and_timeouts_read_no_whole_table() {
        assert_eq!(plan(UNHEARD_OF, 4), Scanned::of(&["attempt_open"]));
        for statement in [UNSKIP, TIMEOUTS] {
            let scanned = plan(statement, if statement == UNSKIP { 7 } else { 1 });
            assert_eq!(scanned, Scanned::default(), "{statement}");
        }
        for group in [WAITING, GIVEN_UP, DOUBTFUL] {
            let update = format!("UPDATE member SET passing = 0 WHERE {group}");
            assert_eq!(plan(&update, 1), Scanned::default(), "{group}");
        }
    }
}
