//! The conversation with one person: what was sent and what became of it, what came in, what happened.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::codes::{At, AttemptState, Reached};
use super::contact_file::Found;
use super::error::Work;
use super::people::META;
use crate::store::{Entry, Suppressed};

/// The happening that says the same as the suppression itself.
const SUPPRESSED: &str = "suppressed";

/// Returns the conversation, oldest first; of one moment, what came in comes before what it led to.
pub(super) fn of(
    connection: &Connection,
    account: &str,
    person: &Found,
    suppressed: Option<&Suppressed>,
) -> Work<Vec<Entry>> {
    let mut entries = inbound(connection, account, person)?;
    entries.extend(happenings(connection, account, person)?);
    if let Some(suppressed) = suppressed {
        let told = |entry: &Entry| entry.kind == SUPPRESSED && entry.at == suppressed.at;
        if !entries.iter().any(told) {
            entries.push(suppression(suppressed));
        }
    }
    sent(connection, account, person, &mut entries)?;
    entries.extend(replies(connection, account, person)?);
    // Meta tells times in seconds: within one, what we sent comes before what came of it.
    entries.sort_by_key(|entry| {
        let rank = match entry.direction.as_str() {
            "out" => 0,
            "event" => 1,
            _ => 2,
        };
        (entry.at.as_second(), rank, entry.at)
    });
    Ok(entries)
}

fn event(at: Timestamp, kind: &str, actor: &str, text: &str) -> Entry {
    Entry {
        at,
        direction: "event".to_owned(),
        kind: kind.to_owned(),
        text: text.to_owned(),
        status: None,
        code: None,
        campaign: None,
        actor: actor.to_owned(),
        message_id: None,
        detail: Value::Null,
    }
}

fn suppression(suppressed: &Suppressed) -> Entry {
    event(
        suppressed.at,
        SUPPRESSED,
        &suppressed.actor,
        &suppressed.reason,
    )
}

pub(super) const INBOUND: &str = "
    SELECT i.at, i.kind, i.text, i.message_id, k.name, i.number, i.payload, i.context_id, w.option, w.kind
    FROM inbound i
    LEFT JOIN campaign k ON k.id = i.campaign
    LEFT JOIN answer w ON w.campaign = i.campaign AND w.contact = i.contact AND w.at = i.at
        AND w.message_id = i.message_id
    WHERE i.contact = ?1 AND i.account = ?2 ORDER BY i.at, i.message_id";

fn inbound(connection: &Connection, account: &str, person: &Found) -> Work<Vec<Entry>> {
    let mut statement = connection.prepare_cached(INBOUND)?;
    let rows = statement.query_map(params![person.id, account], |row| {
        let payload: Option<String> = row.get(6)?;
        let text: Option<String> = row.get(2)?;
        Ok(Entry {
            at: row.get::<_, At>(0)?.0,
            direction: "in".to_owned(),
            kind: row.get(1)?,
            text: text.or_else(|| payload.clone()).unwrap_or_default(),
            status: None,
            code: None,
            campaign: row.get(4)?,
            actor: person.name(),
            message_id: row.get(3)?,
            detail: json!({
                "number": row.get::<_, String>(5)?,
                "payload": payload,
                "context_id": row.get::<_, Option<String>>(7)?,
                "option": row.get::<_, Option<String>>(8)?,
                "late": row.get::<_, Option<i64>>(9)? == Some(2),
            }),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) const HAPPENINGS: &str = "
    SELECT at, what, actor, text, detail FROM happening
    WHERE account = ?1 AND subject IN (?2, ?3) ORDER BY at, id";

fn happenings(connection: &Connection, account: &str, person: &Found) -> Work<Vec<Entry>> {
    let [phone, user_id] = person.names();
    let mut statement = connection.prepare_cached(HAPPENINGS)?;
    let mut rows = statement.query(params![account, phone, user_id])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let what = row.get_ref(1)?.as_str()?;
        let kind = what.strip_prefix("contact.").unwrap_or(what);
        let At(at) = row.get(0)?;
        let mut entry = event(
            at,
            kind,
            row.get_ref(2)?.as_str()?,
            row.get_ref(3)?.as_str()?,
        );
        entry.detail = serde_json::from_str(row.get_ref(4)?.as_str()?)?;
        entries.push(entry);
    }
    Ok(entries)
}

/// An attempt that was released was none. What an attempt was sent with is what the campaign would send now, unless it
/// has kept its own.
pub(super) const SENT: &str = "
    SELECT a.claimed_at, a.step, a.template, k.name, a.worker, a.message_id, a.code, a.reason, a.state, a.delivery,
        a.sent_at, a.delivered_at, a.read_at, a.failed_at,
        coalesce(a.language, v.language), coalesce(a.variables, v.variables), a.number, a.sender, a.pricing, a.billable
    FROM attempt a
    CROSS JOIN campaign k ON k.id = a.campaign
    LEFT JOIN member_values v ON v.campaign = a.campaign AND v.contact = a.contact
    WHERE a.contact = ?1 AND k.account = ?2 AND a.state <> 4 ORDER BY a.claimed_at, a.campaign, a.number";

fn sent(
    connection: &Connection,
    account: &str,
    person: &Found,
    entries: &mut Vec<Entry>,
) -> Work<()> {
    let mut statement = connection.prepare_cached(SENT)?;
    let mut rows = statement.query(params![person.id, account])?;
    while let Some(row) = rows.next()? {
        let message = message(row)?;
        let told = told_of(row, &message)?;
        entries.push(message);
        entries.extend(told);
    }
    Ok(())
}

fn message(row: &Row<'_>) -> Work<Entry> {
    let template: String = row.get(2)?;
    let variables = match row.get::<_, Option<String>>(15)? {
        Some(variables) => serde_json::from_str(&variables)?,
        None => Value::Null,
    };
    let state: AttemptState = row.get(8)?;
    let is_recontact = row.get::<_, i64>(1)? == 1;
    Ok(Entry {
        at: row.get::<_, At>(0)?.0,
        direction: "out".to_owned(),
        kind: if is_recontact {
            "recontact"
        } else {
            "template"
        }
        .to_owned(),
        text: template,
        status: state.shown(row.get(9)?).map(str::to_owned),
        code: row.get(6)?,
        campaign: row.get(3)?,
        actor: row.get(4)?,
        message_id: row.get(5)?,
        detail: json!({
            "language": row.get::<_, Option<String>>(14)?,
            "variables": variables,
            "attempt": row.get::<_, u32>(16)?,
            "number": row.get::<_, String>(17)?,
            "reason": row.get::<_, Option<String>>(7)?,
            "pricing": row.get::<_, Option<String>>(18)?,
            "billable": row.get::<_, Option<bool>>(19)?,
        }),
    })
}

/// The statuses that came of a message.
fn told_of(row: &Row<'_>, message: &Entry) -> Work<Vec<Entry>> {
    let mut told = Vec::new();
    for (column, kind) in [
        (10, "sent"),
        (11, "delivered"),
        (12, "read"),
        (13, "failed"),
    ] {
        let Some(At(at)) = row.get(column)? else {
            continue;
        };
        // A refusal is no status: it stands with the message that was never taken.
        if message.message_id.is_none() {
            continue;
        }
        let mut entry = event(at, kind, META, "");
        entry.campaign.clone_from(&message.campaign);
        entry.message_id.clone_from(&message.message_id);
        if kind == "failed" {
            entry.text = row.get::<_, Option<String>>(7)?.unwrap_or_default();
            entry.code = message.code;
        }
        told.push(entry);
    }
    Ok(told)
}

pub(super) const REPLIES: &str = "
    SELECT coalesce(settled_at, created_at), name, payload, state, delivery, code, reason, message_id, number
    FROM errand INDEXED BY errand_reply
    WHERE kind = 0 AND account = ?1 AND lane IN (?2, ?3) ORDER BY id";

fn replies(connection: &Connection, account: &str, person: &Found) -> Work<Vec<Entry>> {
    let [phone, user_id] = person.names();
    let mut statement = connection.prepare_cached(REPLIES)?;
    let mut rows = statement.query(params![account, phone, user_id])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(1)?;
        let payload: Value = serde_json::from_str(row.get_ref(2)?.as_str()?)?;
        let status = match row.get::<_, i64>(3)? {
            0 => "waiting",
            1 => "in_flight",
            2 => row.get::<_, Reached>(4)?.shown(),
            3 => "failed",
            _ => "uncertain",
        };
        entries.push(Entry {
            at: row.get::<_, At>(0)?.0,
            direction: "out".to_owned(),
            kind: "reply".to_owned(),
            text: spoken(&payload).unwrap_or(&name).to_owned(),
            status: Some(status.to_owned()),
            code: row.get(5)?,
            campaign: None,
            actor: name,
            message_id: row.get(7)?,
            detail: json!({
                "number": row.get::<_, Option<String>>(8)?,
                "reason": row.get::<_, Option<String>>(6)?,
                "payload": payload,
            }),
        });
    }
    Ok(entries)
}

/// What a person reads of a reply, as Meta's messages have it.
fn spoken(payload: &Value) -> Option<&str> {
    ["/text/body", "/interactive/body/text", "/text"]
        .iter()
        .find_map(|place| payload.pointer(place)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::tests_contacts::{Scanned, plan};
    use super::*;

    #[test]
    fn a_conversation_is_read_by_its_person() {
        for (statement, parameters) in [(INBOUND, 2), (HAPPENINGS, 3), (SENT, 2), (REPLIES, 3)] {
            let scanned = plan(statement, parameters).without_sorting();
            assert_eq!(scanned, Scanned::default(), "{statement}");
        }
    }
}
