//! Who a person is, whatever they are known by; and what holds for them: suppressed, held, hard to reach.
//!
//! A contact is known by number, by the digits under which Meta knows that number (they differ in Brazil and Mexico), and by
//! business-scoped id. What two contacts were taken for may turn out to be one: see [`merge`](super::merge).

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codes::{At, AttemptState, phone_text};
use super::error::Work;
use super::merge;
use crate::store::Person;

pub(super) const BY_WA_ID: &str =
    "SELECT id FROM contact INDEXED BY contact_wa_id WHERE wa_id = ?1 ORDER BY id LIMIT 1";
pub(super) const BY_PHONE: &str = "SELECT id FROM contact WHERE phone = ?1";
pub(super) const BY_USER_ID: &str =
    "SELECT id FROM contact INDEXED BY contact_user_id WHERE user_id = ?1 ORDER BY id LIMIT 1";
pub(super) const FAILURES: &str =
    "SELECT a.state, a.code, a.failed_at, a.delivered_at, a.read_at FROM attempt a
     CROSS JOIN campaign k ON k.id = a.campaign
     WHERE a.contact = ?1 AND k.account = ?2 AND a.state <> 4";

/// Undeliverable, for reasons that Meta does not tell; often, not always, a number without WhatsApp.
/// Source: Meta's list of error codes, September 2026.
const UNDELIVERABLE: i64 = 131_026;

/// Who acts where the customer or the platform does.
pub(super) const META: &str = "Meta";

/// A contact's row.
pub(super) struct Contact {
    pub(super) phone: Option<i64>,
    pub(super) wa_id: Option<String>,
    pub(super) user_id: Option<String>,
}

pub(super) fn get(connection: &Connection, contact: i64) -> Work<Contact> {
    let mut statement =
        connection.prepare_cached("SELECT phone, wa_id, user_id FROM contact WHERE id = ?1")?;
    Ok(statement.query_row([contact], |row| {
        Ok(Contact {
            phone: row.get(0)?,
            wa_id: row.get(1)?,
            user_id: row.get(2)?,
        })
    })?)
}

/// The digits of a number that Meta names, with or without a plus; none where it is no number.
pub(super) fn digits(wa_id: &str) -> Option<i64> {
    let digits = wa_id.strip_prefix('+').unwrap_or(wa_id);
    super::codes::phone_key(&format!("+{digits}")).ok()
}

/// What a person is called where happenings are told: the number, else the business-scoped id.
pub(super) fn address(person: &Person) -> String {
    match person.wa_id.as_deref().and_then(digits) {
        Some(phone) => phone_text(phone),
        None => person.user_id.clone().unwrap_or_default(),
    }
}

/// Finds a person; what the webhook says beyond what is known is not learnt yet.
pub(super) fn find(connection: &Connection, person: &Person) -> Work<Option<i64>> {
    if let Some(digits) = person.wa_id.as_deref().and_then(digits)
        && let Some(contact) = by_digits(connection, digits)?
    {
        return Ok(Some(contact));
    }
    match &person.user_id {
        Some(user_id) => by_user_id(connection, user_id),
        None => Ok(None),
    }
}

/// Finds a person, or makes a contact of somebody who was not known; learns what is told. None where nothing tells who it is.
pub(super) fn find_or_make(
    connection: &Connection,
    person: &Person,
    now: Timestamp,
) -> Work<Option<i64>> {
    if let Some(contact) = find(connection, person)? {
        return Ok(Some(learn(connection, contact, person, now)?.contact));
    }
    let phone = person.wa_id.as_deref().and_then(digits);
    if phone.is_none() && person.user_id.is_none() {
        return Ok(None);
    }
    make(connection, phone, person.user_id.as_deref()).map(Some)
}

pub(super) fn make(
    connection: &Connection,
    phone: Option<i64>,
    user_id: Option<&str>,
) -> Work<i64> {
    let mut statement =
        connection.prepare_cached("INSERT INTO contact (phone, user_id) VALUES (?1, ?2)")?;
    statement.execute(params![phone, user_id])?;
    Ok(connection.last_insert_rowid())
}

/// Finds whom Meta knows by these digits: it told us so of a number that is written otherwise, or they are the number.
pub(super) fn by_digits(connection: &Connection, digits: i64) -> Work<Option<i64>> {
    let mut statement = connection.prepare_cached(BY_WA_ID)?;
    let told: Option<i64> = statement
        .query_row([digits.to_string()], |row| row.get(0))
        .optional()?;
    match told {
        Some(contact) => Ok(Some(contact)),
        None => by_phone(connection, digits),
    }
}

pub(super) fn by_phone(connection: &Connection, phone: i64) -> Work<Option<i64>> {
    let mut statement = connection.prepare_cached(BY_PHONE)?;
    Ok(statement.query_row([phone], |row| row.get(0)).optional()?)
}

pub(super) fn by_user_id(connection: &Connection, user_id: &str) -> Work<Option<i64>> {
    let mut statement = connection.prepare_cached(BY_USER_ID)?;
    Ok(statement
        .query_row([user_id], |row| row.get(0))
        .optional()?)
}

/// What was learnt of a contact.
pub(super) struct Learnt {
    /// Who it is: another contact, where this one turned out to be it.
    pub(super) contact: i64,
    /// Two became one, so that rows that were read before may be others'.
    pub(super) merged: bool,
}

/// Keeps what is told of a contact.
pub(super) fn learn(
    connection: &Connection,
    contact: i64,
    person: &Person,
    now: Timestamp,
) -> Work<Learnt> {
    let known = get(connection, contact)?;
    let id_is_news = person.user_id.is_some() && person.user_id != known.user_id;
    let mut learnt = match person.wa_id.as_deref().and_then(digits) {
        Some(digits) => learn_digits(connection, contact, &known, digits, now)?,
        None => Learnt {
            contact,
            merged: false,
        },
    };
    if let Some(user_id) = &person.user_id
        && id_is_news
    {
        learnt.merged |= learn_user_id(connection, learnt.contact, user_id, now)?;
    }
    Ok(learnt)
}

fn learn_digits(
    connection: &Connection,
    contact: i64,
    known: &Contact,
    digits: i64,
    now: Timestamp,
) -> Work<Learnt> {
    let as_it_is = |merged| Learnt { contact, merged };
    let Some(phone) = known.phone else {
        // Known by business-scoped id alone so far.
        if let Some(other) = by_digits(connection, digits)? {
            merge::merge(connection, contact, other, now)?;
            return Ok(Learnt {
                contact: other,
                merged: true,
            });
        }
        let mut statement =
            connection.prepare_cached("UPDATE contact SET phone = ?2 WHERE id = ?1")?;
        statement.execute([contact, digits])?;
        return Ok(as_it_is(false));
    };
    let wa_id = (phone != digits).then(|| digits.to_string());
    if wa_id == known.wa_id {
        return Ok(as_it_is(false));
    }
    let mut merged = false;
    if wa_id.is_some()
        && let Some(other) = by_phone(connection, digits)?
    {
        if is_held(connection, other)? {
            // The number that this person left: a status of a message to it may come long after.
            return Ok(as_it_is(false));
        }
        // Somebody wrote from these digits before they were known to be this number's. Two that both are on lists stay two.
        if !is_listed(connection, other)? {
            merge::merge(connection, other, contact, now)?;
            merged = true;
        }
    }
    let mut statement = connection.prepare_cached("UPDATE contact SET wa_id = ?2 WHERE id = ?1")?;
    statement.execute(params![contact, wa_id])?;
    Ok(as_it_is(merged))
}

/// Returns whether two became one.
pub(super) fn learn_user_id(
    connection: &Connection,
    contact: i64,
    user_id: &str,
    now: Timestamp,
) -> Work<bool> {
    let mut merged = false;
    if let Some(other) = by_user_id(connection, user_id)?
        && other != contact
    {
        if get(connection, other)?.phone.is_none() {
            merge::merge(connection, other, contact, now)?;
            merged = true;
        } else {
            // Two numbers, one id: whoever was heard of last has it.
            set_user_id(connection, other, None)?;
        }
    }
    set_user_id(connection, contact, Some(user_id))?;
    Ok(merged)
}

pub(super) fn set_user_id(
    connection: &Connection,
    contact: i64,
    user_id: Option<&str>,
) -> Work<()> {
    let mut statement =
        connection.prepare_cached("UPDATE contact SET user_id = ?2 WHERE id = ?1")?;
    statement.execute(params![contact, user_id])?;
    Ok(())
}

/// Whether somebody else may be behind a contact's number, in any account.
fn is_held(connection: &Connection, contact: i64) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM identity WHERE contact = ?1 AND acknowledged_at IS NULL)",
    )?;
    Ok(statement.query_row([contact], |row| row.get(0))?)
}

/// Whether a contact is a member of any campaign.
fn is_listed(connection: &Connection, contact: i64) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM campaign k
             CROSS JOIN member m ON m.campaign = k.id AND m.contact = ?1)",
    )?;
    Ok(statement.query_row([contact], |row| row.get(0))?)
}

/// Says that somebody wants no more messages, unless they took that back since.
pub(super) fn suppress(
    connection: &Connection,
    account: &str,
    contact: i64,
    at: Timestamp,
    reason: &str,
    actor: &str,
) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR IGNORE INTO suppressed (account, contact, at, reason, actor)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (
             SELECT 1 FROM preference WHERE contact = ?2 AND account = ?1 AND stop = 0 AND at >= ?3)",
    )?;
    statement.execute(params![account, contact, At(at), reason, actor])?;
    Ok(())
}

pub(super) fn is_suppressed(connection: &Connection, account: &str, contact: i64) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM suppressed WHERE contact = ?1 AND account = ?2)",
    )?;
    Ok(statement.query_row(params![contact, account], |row| row.get(0))?)
}

/// Holds a contact whose person may be another, unless somebody has acknowledged it since; whether that was news.
pub(super) fn hold(
    connection: &Connection,
    account: &str,
    contact: i64,
    at: Timestamp,
    hash: Option<&str>,
    reason: &str,
) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO identity (contact, account, at, hash, reason) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (contact, account) DO UPDATE SET
             at = excluded.at, hash = coalesce(excluded.hash, hash), reason = excluded.reason, acknowledged_at = NULL
         WHERE excluded.at > max(at, coalesce(acknowledged_at, at))",
    )?;
    let held = statement.execute(params![contact, account, At(at), hash, reason])?;
    Ok(held > 0)
}

/// Reckons anew whether a number is hard to reach: how often messages to it failed with 131026 since one last reached it.
pub(super) fn reckon_suspect(connection: &Connection, account: &str, contact: i64) -> Work<()> {
    let mut statement = connection.prepare_cached(FAILURES)?;
    let attempts = statement
        .query_map(params![contact, account], attempt)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let reached = attempts
        .iter()
        .filter_map(|attempt| attempt.reached_at)
        .max();
    let since = |at: &At| reached.is_none_or(|reached| *at > reached);
    let failed = || {
        let failures = attempts
            .iter()
            .filter_map(|attempt| attempt.undeliverable_at);
        failures.filter(since)
    };
    match (failed().min(), failed().max()) {
        (Some(first), Some(last)) => {
            let mut statement = connection.prepare_cached(
                "INSERT OR REPLACE INTO suspect (contact, account, code, first_at, last_at, times)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let times = i64::try_from(failed().count()).unwrap_or(i64::MAX);
            statement.execute(params![contact, account, UNDELIVERABLE, first, last, times])?;
        }
        _ => {
            let mut statement = connection
                .prepare_cached("DELETE FROM suspect WHERE contact = ?1 AND account = ?2")?;
            statement.execute(params![contact, account])?;
        }
    }
    Ok(())
}

/// Whether what became of an attempt may make its contact a suspect, or clear it.
pub(super) fn bears_on_suspicion(code: Option<i64>, reached: bool) -> bool {
    reached || code == Some(UNDELIVERABLE)
}

/// What an attempt says of how a number is reached.
struct Trial {
    undeliverable_at: Option<At>,
    reached_at: Option<At>,
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<Trial> {
    let failed = row.get::<_, AttemptState>(0)? == AttemptState::Failed
        && row.get::<_, Option<i64>>(1)? == Some(UNDELIVERABLE);
    let (delivered, read): (Option<At>, Option<At>) = (row.get(3)?, row.get(4)?);
    Ok(Trial {
        undeliverable_at: if failed { row.get(2)? } else { None },
        reached_at: delivered.into_iter().chain(read).min(),
    })
}
