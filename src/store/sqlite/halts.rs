//! Halts: set, lifted, and asked for. None begins or ends without a happening that says so.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::codes::At;
use super::error::Work;
use super::happenings;
use super::store::Sqlite;
use crate::store::{Answer, Halt, HaltCause, Halts, Happening, HappeningFilter, Scope};

impl Halts for Sqlite {
    fn halts<'a>(&'a self, account: Option<&'a str>, now: Timestamp) -> Answer<'a, Vec<Halt>> {
        let account = account.map(str::to_owned);
        Box::pin(
            self.0
                .read(move |connection| all(connection, account.as_deref(), now)),
        )
    }

    fn halt<'a>(&'a self, halt: &'a Halt) -> Answer<'a, bool> {
        let halt = halt.clone();
        Box::pin(self.0.write(move |connection| put(connection, &halt)))
    }

    fn lift<'a>(
        &'a self,
        account: &'a str,
        scope: Scope,
        subject: &'a str,
        causes: &'a [HaltCause],
        actor: &'a str,
        now: Timestamp,
    ) -> Answer<'a, Vec<Halt>> {
        let [account, subject, actor] = [account, subject, actor].map(str::to_owned);
        let causes = causes.to_vec();
        Box::pin(self.0.write(move |connection| {
            let lifted = causes
                .iter()
                .map(|cause| take_away(connection, &account, scope, &subject, *cause, &actor, now));
            lifted.filter_map(Work::transpose).collect()
        }))
    }

    fn record<'a>(&'a self, happening: &'a Happening) -> Answer<'a, ()> {
        let happening = happening.clone();
        Box::pin(
            self.0
                .write(move |connection| happenings::insert(connection, &happening)),
        )
    }

    fn happenings<'a>(&'a self, filter: &'a HappeningFilter) -> Answer<'a, Vec<Happening>> {
        let filter = filter.clone();
        Box::pin(
            self.0
                .read(move |connection| happenings::find(connection, &filter)),
        )
    }
}

fn all(connection: &Connection, account: Option<&str>, now: Timestamp) -> Work<Vec<Halt>> {
    let mut statement = connection.prepare_cached(
        "SELECT account, scope, subject, cause, code, reason, since, until, actor FROM halt
         WHERE (?1 IS NULL OR account = ?1) AND (until IS NULL OR until > ?2)
         ORDER BY scope, account, subject, since, cause",
    )?;
    let halts = statement.query_map(params![account, At(now)], halt)?;
    Ok(halts.collect::<rusqlite::Result<_>>()?)
}

fn halt(row: &Row<'_>) -> rusqlite::Result<Halt> {
    Ok(Halt {
        account: row.get(0)?,
        scope: row.get(1)?,
        subject: row.get(2)?,
        cause: row.get(3)?,
        code: row.get(4)?,
        reason: row.get(5)?,
        since: row.get::<_, At>(6)?.0,
        until: row.get::<_, Option<At>>(7)?.map(|At(until)| until),
        actor: row.get(8)?,
    })
}

/// Halts, as of the halt's `since`. A halt that holds already stays as it is (false); a later `until` prolongs it. One
/// that has ended by itself is halted anew.
pub(super) fn put(connection: &Connection, halt: &Halt) -> Work<bool> {
    if prolong(connection, halt)? {
        return Ok(false);
    }
    let Halt {
        account,
        scope,
        subject,
        cause,
        code,
        reason,
        since,
        until,
        actor,
    } = halt;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO halt (account, scope, subject, cause, code, reason, since, until, actor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    statement.execute(params![
        account,
        scope,
        subject,
        cause,
        code,
        reason,
        At(*since),
        until.map(At),
        actor,
    ])?;
    let text = format!("Sending is halted: {reason}");
    happenings::insert(connection, &told(halt, "halted", text, actor, *since))?;
    Ok(true)
}

/// Moves the end of a halt that holds; whether there is one.
fn prolong(connection: &Connection, halt: &Halt) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "UPDATE halt SET until = CASE WHEN until IS NULL OR ?6 IS NULL THEN NULL ELSE max(until, ?6) END
         WHERE account = ?1 AND scope = ?2 AND subject = ?3 AND cause = ?4 AND (until IS NULL OR until > ?5)",
    )?;
    let held = statement.execute(params![
        halt.account,
        halt.scope,
        halt.subject,
        halt.cause,
        At(halt.since),
        halt.until.map(At),
    ])?;
    Ok(held > 0)
}

/// Lifts the halt of one cause; whether it held.
pub(super) fn lift_one(
    connection: &Connection,
    account: &str,
    scope: Scope,
    subject: &str,
    cause: HaltCause,
    actor: &str,
    now: Timestamp,
) -> Work<bool> {
    let lifted = take_away(connection, account, scope, subject, cause, actor, now)?;
    Ok(lifted.is_some())
}

fn take_away(
    connection: &Connection,
    account: &str,
    scope: Scope,
    subject: &str,
    cause: HaltCause,
    actor: &str,
    now: Timestamp,
) -> Work<Option<Halt>> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM halt WHERE account = ?1 AND scope = ?2 AND subject = ?3 AND cause = ?4
         RETURNING account, scope, subject, cause, code, reason, since, until, actor",
    )?;
    let lifted = statement
        .query_row(params![account, scope, subject, cause], halt)
        .optional()?
        // One that had ended by itself is not lifted.
        .filter(|halt| halt.until.is_none_or(|until| until > now));
    if let Some(halt) = &lifted {
        let text = format!("Sending is no longer halted for this: {}", halt.reason);
        happenings::insert(connection, &told(halt, "lifted", text, actor, now))?;
    }
    Ok(lifted)
}

/// Finds the widest halt that holds for messages of a campaign. `template` is the name: one language of it that is halted
/// halts all, since a claim does not say which languages it takes.
pub(super) fn holding(
    connection: &Connection,
    account: &str,
    number: &str,
    template: &str,
    campaign: &str,
    now: Timestamp,
) -> Work<Option<Halt>> {
    let mut statement = connection.prepare_cached(
        "SELECT account, scope, subject, cause, code, reason, since, until, actor FROM halt
         WHERE account = ?1 AND (until IS NULL OR until > ?5)
           AND CASE scope
               WHEN 0 THEN 1
               WHEN 1 THEN subject = ?2
               WHEN 2 THEN substr(subject, 1, instr(subject || '/', '/') - 1) = ?3
               ELSE subject = ?4 END
         ORDER BY scope, since, subject, cause LIMIT 1",
    )?;
    let halt = statement.query_row(params![account, number, template, campaign, At(now)], halt);
    Ok(halt.optional()?)
}

fn told(halt: &Halt, what: &str, text: String, actor: &str, at: Timestamp) -> Happening {
    let Halt {
        account,
        scope,
        subject,
        cause,
        code,
        reason: _,
        since,
        until,
        actor: _,
    } = halt;
    let (area, subject) = match scope {
        Scope::Account => ("account", format!("account.{account}")),
        Scope::Number => ("number", format!("number {subject}")),
        Scope::Template => ("template", format!("template {subject}")),
        Scope::Campaign => ("campaign", format!("campaign.{subject}")),
    };
    Happening {
        at,
        actor: actor.to_owned(),
        account: account.clone(),
        subject,
        what: format!("{area}.{what}"),
        text,
        detail: json!({ "cause": cause, "code": code, "since": since, "until": until }),
    }
}
