//! Bringing the hopper up to date with a gathered audience.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, TransactionBehavior, params};

use super::codes::At;
use super::compare::{EVERYONE, Person, Stored, never_messaged};
use super::error::Work;
use super::staging::{Staging, Words};
use super::{campaigns, locks};
use crate::store::{ContactState, Outcome};

/// Whose hopper is brought up to date, and by whom.
pub(super) struct Order {
    pub(super) lock: String,
    pub(super) account: String,
    pub(super) campaign: String,
    pub(super) now: Timestamp,
}

/// Commits what was gathered, in one transaction of its own.
pub(super) fn commit(connection: &Connection, staging: &Staging, order: &Order) -> Work<()> {
    // A file can neither be attached nor detached within a transaction.
    attach(connection, &staging.path(), "staging")?;
    let committed = attach(connection, &staging.details_path(), "details").and_then(|()| {
        let committed = transact(connection, &staging.words, order);
        // Statements that are kept would keep the files.
        connection.flush_prepared_statement_cache();
        connection.execute_batch("DETACH details")?;
        committed
    });
    connection.execute_batch("DETACH staging")?;
    committed
}

fn attach(connection: &Connection, path: &Path, name: &str) -> Work<()> {
    connection.execute("ATTACH ?1 AS ?2", [&*path.to_string_lossy(), name])?;
    Ok(())
}

fn transact(connection: &Connection, words: &Words, order: &Order) -> Work<()> {
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    locks::check(&transaction, &order.lock)?;
    super::state::see_time(&transaction, order.now)?;
    let campaign = campaigns::get(&transaction, &order.account, &order.campaign)?.id;
    let before = never_messaged(&transaction, campaign)?;
    let still_listed = bring_in(&transaction, campaign, words, order)?;
    if still_listed < before {
        take_out(&transaction, campaign)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Writes what the lists say of everyone. Returns how many were there before and never messaged.
fn bring_in(connection: &Connection, campaign: i64, words: &Words, order: &Order) -> Work<u64> {
    let mut hopper = Hopper::new(connection, campaign, order.now)?;
    let mut still_listed = 0;
    let mut everyone = connection.prepare(EVERYONE)?;
    let mut rows = everyone.query(params![campaign, order.account])?;
    // The rows that are written are those of a person that was read: none is met again.
    while let Some(row) = rows.next()? {
        let person = Person::read(row, words)?;
        match &person.stored {
            None => hopper.insert(&person)?,
            Some(stored) => {
                still_listed += u64::from(stored.counted == 0);
                if stored.is_unsent() {
                    hopper.update(&person, stored)?;
                }
            }
        }
    }
    Ok(still_listed)
}

/// The statements that bring contacts in.
struct Hopper<'c> {
    connection: &'c Connection,
    campaign: i64,
    now: Timestamp,
    contact: CachedStatement<'c>,
    member: CachedStatement<'c>,
    place: CachedStatement<'c>,
    digest: CachedStatement<'c>,
    sent: CachedStatement<'c>,
    values: CachedStatement<'c>,
}

impl<'c> Hopper<'c> {
    fn new(connection: &'c Connection, campaign: i64, now: Timestamp) -> Work<Self> {
        Ok(Self {
            connection,
            campaign,
            now,
            contact: connection.prepare_cached("INSERT INTO contact (phone) VALUES (?1)")?,
            member: connection.prepare_cached(
                "INSERT INTO member (campaign, contact, digest, state, outcome, due_at, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            place: connection.prepare_cached(
                "UPDATE member SET state = ?3, outcome = ?4, due_at = ?5, reason = ?6
                 WHERE campaign = ?1 AND contact = ?2",
            )?,
            digest: connection.prepare_cached(
                "UPDATE member SET digest = ?3 WHERE campaign = ?1 AND contact = ?2",
            )?,
            // Attempts keep what they were sent with.
            sent: connection.prepare_cached(
                "UPDATE attempt SET (language, variables) = (
                     SELECT language, variables FROM member_values WHERE campaign = ?1 AND contact = ?2)
                 WHERE campaign = ?1 AND contact = ?2 AND variables IS NULL",
            )?,
            values: connection.prepare_cached(
                "INSERT OR REPLACE INTO member_values
                     (campaign, contact, language, zones, variables, opt_in, list, line)
                 SELECT ?1, ?2, language, zones, variables, opt_in, list, line
                 FROM details.detail WHERE id = ?3",
            )?,
        })
    }

    fn insert(&mut self, person: &Person<'_>) -> Work<()> {
        let contact = match person.contact {
            Some(contact) => contact,
            None => {
                self.contact.execute([person.phone])?;
                self.connection.last_insert_rowid()
            }
        };
        let place = Place::of(person.skip, self.now);
        self.member.execute(params![
            self.campaign,
            contact,
            person.digest,
            place.state,
            place.outcome,
            place.due_at,
            place.reason
        ])?;
        self.values
            .execute(params![self.campaign, contact, person.detail])?;
        Ok(())
    }

    fn update(&mut self, person: &Person<'_>, stored: &Stored) -> Work<()> {
        let Some(contact) = person.contact else {
            return Ok(());
        };
        let moves = match person.skip {
            Some(reason) => !stored.is_skipped() || stored.reason.as_deref() != Some(reason),
            // What put it off (quiet hours, a gap) may be gone; the claim asks again, as the plan did.
            None => stored.is_skipped() || stored.is_put_off(self.now),
        };
        if moves {
            let place = Place::of(person.skip, self.now);
            self.place.execute(params![
                self.campaign,
                contact,
                place.state,
                place.outcome,
                place.due_at,
                place.reason
            ])?;
        }
        if stored.digest != person.digest {
            self.sent.execute([self.campaign, contact])?;
            self.values
                .execute(params![self.campaign, contact, person.detail])?;
            self.digest
                .execute(params![self.campaign, contact, person.digest])?;
        }
        Ok(())
    }
}

/// Where a contact that waits for its first message stands.
struct Place<'a> {
    state: ContactState,
    outcome: Option<Outcome>,
    due_at: Option<At>,
    reason: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(skip: Option<&'a str>, now: Timestamp) -> Self {
        match skip {
            Some(reason) => Self {
                state: ContactState::Closed,
                outcome: Some(Outcome::Skipped),
                due_at: None,
                reason: Some(reason),
            },
            None => Self {
                state: ContactState::Fresh,
                outcome: None,
                due_at: Some(At(now)),
                reason: None,
            },
        }
    }
}

/// Takes those out who are on no list any more and were never messaged; who is in no campaign is forgotten.
fn take_out(connection: &Connection, campaign: i64) -> Work<()> {
    let gone: Vec<i64> = connection
        .prepare(
            "DELETE FROM member WHERE campaign = ?1 AND counted = 0 AND earlier = 0 AND NOT EXISTS (
                 SELECT 1 FROM contact c JOIN staging.person p ON p.phone = c.phone
                 WHERE c.id = member.contact)
             RETURNING contact",
        )?
        .query_map([campaign], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut values = connection
        .prepare_cached("DELETE FROM member_values WHERE campaign = ?1 AND contact = ?2")?;
    let mut needed = connection.prepare_cached(
        "SELECT 1 FROM attempt WHERE contact = ?1
         UNION ALL SELECT 1 FROM suppressed WHERE contact = ?1
         UNION ALL SELECT 1 FROM inbound WHERE contact = ?1
         UNION ALL SELECT 1 FROM preference WHERE contact = ?1
         UNION ALL SELECT 1 FROM identity WHERE contact = ?1
         UNION ALL SELECT 1 FROM suspect WHERE contact = ?1
         UNION ALL SELECT 1 FROM campaign k JOIN member m ON m.campaign = k.id AND m.contact = ?1
         LIMIT 1",
    )?;
    let mut contact = connection.prepare_cached("DELETE FROM contact WHERE id = ?1")?;
    for id in gone {
        values.execute([campaign, id])?;
        if needed
            .query_row([id], |row| row.get::<_, i64>(0))
            .optional()?
            .is_none()
        {
            contact.execute([id])?;
        }
    }
    Ok(())
}
