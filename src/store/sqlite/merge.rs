//! Making one contact of two.
//!
//! Nothing that was said or sent is lost, and what protects the person is kept: who was messaged by either was messaged, the
//! latest word on messages holds, a hold stays a hold. Attempts get new numbers where both have some; their ids stay, and so
//! do the tags that are under way, which name the contact that was: see [`resolve`].

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::Work;
use super::moves::Member;
use super::{people, preferences, waiting};
use crate::store::{ContactState, Outcome};

/// Says who a contact is by now.
pub(super) fn resolve(connection: &Connection, contact: i64) -> Work<i64> {
    let mut statement =
        connection.prepare_cached("SELECT into_contact FROM merged WHERE contact = ?1")?;
    let into = statement
        .query_row([contact], |row| row.get(0))
        .optional()?;
    Ok(into.unwrap_or(contact))
}

/// Makes `from` a part of `into`, whose number stays.
pub(super) fn merge(connection: &Connection, from: i64, into: i64, now: Timestamp) -> Work<()> {
    if from == into {
        return Ok(());
    }
    merge_members(connection, from, into)?;
    merge_attempts(connection, from, into)?;
    for statement in MOVES {
        connection
            .prepare_cached(statement)?
            .execute([from, into])?;
    }
    for statement in LEFT {
        connection.prepare_cached(statement)?.execute([from])?;
    }
    let accounts: Vec<String> = connection
        .prepare_cached("SELECT DISTINCT account FROM campaign")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for account in &accounts {
        preferences::take_back(connection, account, into)?;
        people::reckon_suspect(connection, account, into)?;
        leave_one_open(connection, account, into, now)?;
        waiting::release(connection, account, into, now)?;
    }
    Ok(())
}

/// What a table keys by contact alone, or by contact and account: ?1 becomes ?2. Of two rows for one account the later holds.
const MOVES: &[&str] = &[
    "UPDATE inbound SET contact = ?2 WHERE contact = ?1",
    "INSERT INTO service_window (contact, account, number, last_inbound_at)
     SELECT ?2, account, number, last_inbound_at FROM service_window WHERE contact = ?1
     ON CONFLICT (contact, account, number) DO UPDATE SET
         last_inbound_at = max(last_inbound_at, excluded.last_inbound_at)",
    "INSERT INTO preference (contact, account, at, stop)
     SELECT ?2, account, at, stop FROM preference WHERE contact = ?1
     ON CONFLICT (contact, account) DO UPDATE SET at = excluded.at, stop = excluded.stop WHERE excluded.at > at",
    "UPDATE OR IGNORE suppressed SET contact = ?2 WHERE contact = ?1",
    "INSERT INTO identity (contact, account, at, hash, reason, acknowledged_at)
     SELECT ?2, account, at, hash, reason, acknowledged_at FROM identity WHERE contact = ?1
     ON CONFLICT (contact, account) DO UPDATE SET
         at = excluded.at, hash = excluded.hash, reason = excluded.reason, acknowledged_at = excluded.acknowledged_at
     WHERE excluded.at > at",
    "UPDATE orphan SET contact = ?2 WHERE contact = ?1",
    "UPDATE merged SET into_contact = ?2 WHERE into_contact = ?1",
    "INSERT INTO merged (contact, into_contact) VALUES (?1, ?2)",
    // What `into` does not know of itself it learns.
    "UPDATE contact SET wa_id = coalesce(wa_id, (SELECT nullif(f.wa_id, CAST(contact.phone AS TEXT)) FROM contact f
         WHERE f.id = ?1)),
         user_id = coalesce(user_id, (SELECT f.user_id FROM contact f WHERE f.id = ?1)) WHERE id = ?2",
];

/// What is left of ?1 after that.
const LEFT: &[&str] = &[
    "DELETE FROM service_window WHERE contact = ?1",
    "DELETE FROM preference WHERE contact = ?1",
    "DELETE FROM suppressed WHERE contact = ?1",
    "DELETE FROM identity WHERE contact = ?1",
    "DELETE FROM suspect WHERE contact = ?1",
    "DELETE FROM contact WHERE id = ?1",
];

/// Campaigns that both are in keep whichever of the two has got further: nobody is messaged anew for having had two names.
fn merge_members(connection: &Connection, from: i64, into: i64) -> Work<()> {
    let campaigns: Vec<i64> = connection
        .prepare_cached(
            "SELECT k.id FROM campaign k CROSS JOIN member m ON m.campaign = k.id AND m.contact = ?1",
        )?
        .query_map([from], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for campaign in campaigns {
        let (Some(moved), kept) = (
            Member::find(connection, campaign, from)?,
            Member::find(connection, campaign, into)?,
        ) else {
            continue;
        };
        let from_wins = kept.is_none_or(|kept| progress(&moved) > progress(&kept));
        // The attempts of whoever stays are the later ones.
        let (first, second) = if from_wins {
            (into, from)
        } else {
            (from, into)
        };
        let shift = latest_number(connection, campaign, first)?;
        renumber(connection, campaign, second, shift)?;
        if from_wins {
            drop_member(connection, campaign, into)?;
        } else {
            drop_member(connection, campaign, from)?;
        }
        for table in ["member", "member_values", "answer"] {
            connection
                .prepare_cached(&format!(
                    "UPDATE {table} SET contact = ?3 WHERE campaign = ?1 AND contact = ?2"
                ))?
                .execute([campaign, from, into])?;
        }
    }
    Ok(())
}

/// How far a contact has got: an open interaction, an answer, an end after a message, a retry, none yet.
fn progress(member: &Member) -> u8 {
    let place = &member.place;
    match (place.state, place.outcome) {
        (ContactState::AwaitingResponse, _) => 7,
        (ContactState::InFlight, _) => 6,
        (ContactState::Uncertain, _) => 5,
        (_, Some(Outcome::Answered)) => 4,
        (ContactState::Closed, _) if member.was_tried() => 3,
        _ if member.was_tried() => 2,
        (ContactState::Closed, _) => 0,
        _ => 1,
    }
}

fn latest_number(connection: &Connection, campaign: i64, contact: i64) -> Work<i64> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(max(number), 0) FROM attempt WHERE contact = ?1 AND campaign = ?2",
    )?;
    Ok(statement.query_row([contact, campaign], |row| row.get(0))?)
}

/// Adds to the numbers of a contact's attempts. In two steps: no number may be met twice on the way.
fn renumber(connection: &Connection, campaign: i64, contact: i64, shift: i64) -> Work<()> {
    if shift == 0 {
        return Ok(());
    }
    connection
        .prepare_cached(
            "UPDATE attempt SET number = -(number + ?3) WHERE contact = ?1 AND campaign = ?2",
        )?
        .execute([contact, campaign, shift])?;
    connection
        .prepare_cached("UPDATE attempt SET number = -number WHERE contact = ?1 AND campaign = ?2")?
        .execute([contact, campaign])?;
    connection
        .prepare_cached(
            "UPDATE member SET attempt = attempt + ?3
             WHERE contact = ?1 AND campaign = ?2 AND attempt > 0",
        )?
        .execute([contact, campaign, shift])?;
    Ok(())
}

fn drop_member(connection: &Connection, campaign: i64, contact: i64) -> Work<()> {
    for table in ["member", "member_values"] {
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE campaign = ?1 AND contact = ?2"
            ))?
            .execute([campaign, contact])?;
    }
    Ok(())
}

fn merge_attempts(connection: &Connection, from: i64, into: i64) -> Work<()> {
    // Campaigns that neither is a member of any more may have attempts that were released.
    let campaigns: Vec<i64> = connection
        .prepare_cached("SELECT DISTINCT campaign FROM attempt WHERE contact = ?1")?
        .query_map([from], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for campaign in campaigns {
        if numbers_meet(connection, campaign, from, into)? {
            let shift = latest_number(connection, campaign, into)?;
            renumber(connection, campaign, from, shift)?;
        }
    }
    connection
        .prepare_cached("UPDATE attempt SET contact = ?2 WHERE contact = ?1")?
        .execute([from, into])?;
    Ok(())
}

fn numbers_meet(connection: &Connection, campaign: i64, one: i64, other: i64) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM attempt a
             CROSS JOIN attempt b ON b.contact = ?2 AND b.campaign = ?3 AND b.number = a.number
             WHERE a.contact = ?1 AND a.campaign = ?3)",
    )?;
    Ok(statement.query_row([one, other, campaign], |row| row.get(0))?)
}

/// Of two conversations that turn out to be with one person the newer has the floor; the older closes unanswered.
fn leave_one_open(
    connection: &Connection,
    account: &str,
    contact: i64,
    now: Timestamp,
) -> Work<()> {
    let open: Vec<i64> = connection
        .prepare_cached(
            "SELECT m.campaign FROM attempt a
             CROSS JOIN campaign k ON k.id = a.campaign
             CROSS JOIN member m ON m.campaign = a.campaign AND m.contact = a.contact AND m.attempt = a.number
             WHERE a.contact = ?1 AND k.account = ?2 AND m.state IN (2, 3, 4)
             ORDER BY a.claimed_at DESC, a.campaign DESC",
        )?
        .query_map(params![contact, account], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for campaign in open.into_iter().skip(1) {
        if let Some(member) = Member::find(connection, campaign, contact)? {
            member.go(connection, member.place.closed(Outcome::NoAnswer), now)?;
        }
    }
    Ok(())
}
