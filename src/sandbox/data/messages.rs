//! Accepted messages. They stay in the database; memory does not grow with their number.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Transaction, params, params_from_iter};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Data, Delivery, Error, InboundRow, inbound, outbox};

/// One step that a message will take.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Step {
    /// When, in milliseconds of Unix time.
    pub at: i64,
    /// The delivery status it brings: `sent`, `delivered`, `read` or `failed`; or `reply`: its recipient answers.
    pub status: String,
    /// The code, where the status is `failed`.
    pub error: Option<i64>,
}

/// How a choice comes back.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnswerKind {
    /// A template's quick reply.
    Button,
    /// A button of an interactive message.
    ButtonReply,
    /// A row of a list message.
    ListReply,
}

/// Something that a message's recipient can tap or choose.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    pub kind: AnswerKind,
    /// The payload, or the id.
    pub id: String,
    pub title: String,
    pub description: Option<String>,
}

/// What a message carries that nothing is looked up by.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub(crate) struct Details {
    /// What its recipient can choose from, in order.
    pub answers: Vec<Answer>,
    /// The recipient's identity, where the number checks it.
    pub identity: Option<String>,
    /// Whether it was addressed to a user id instead of a number.
    pub by_user_id: bool,
    /// The message that it replies to.
    pub context: Option<String>,
}

/// A message as it is kept. Times are milliseconds of Unix time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub seq: i64,
    pub waba: String,
    pub phone: String,
    pub input: String,
    pub wa_id: String,
    pub kind: String,
    pub template_id: Option<i64>,
    pub template: Option<String>,
    pub language: Option<String>,
    pub category: Option<String>,
    pub text: Option<String>,
    pub tag: Option<String>,
    /// Whether it was sent outside the service window; if a template, its recipient counts against the 24-hour limit.
    pub outside: bool,
    pub accepted_at: i64,
    pub sent_at: Option<i64>,
    pub delivered_at: Option<i64>,
    pub read_at: Option<i64>,
    pub failed_at: Option<i64>,
    pub error: Option<i64>,
    pub steps: Vec<Step>,
    pub details: Details,
}

const COLUMNS: &str = "seq, waba, phone, input, wa_id, kind, template_id, template, language, category, text, tag, outside, \
                       accepted_at, sent_at, delivered_at, read_at, failed_at, error, steps, details";

/// Reads a column that holds JSON, or nothing.
fn json<T: DeserializeOwned + Default>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text: Option<String> = row.get(column)?;
    text.map_or_else(
        || Ok(T::default()),
        |text| {
            serde_json::from_str(&text).map_err(|error| {
                let kind = rusqlite::types::Type::Text;
                rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
            })
        },
    )
}

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            waba: row.get(1)?,
            phone: row.get(2)?,
            input: row.get(3)?,
            wa_id: row.get(4)?,
            kind: row.get(5)?,
            template_id: row.get(6)?,
            template: row.get(7)?,
            language: row.get(8)?,
            category: row.get(9)?,
            text: row.get(10)?,
            tag: row.get(11)?,
            outside: row.get(12)?,
            accepted_at: row.get(13)?,
            sent_at: row.get(14)?,
            delivered_at: row.get(15)?,
            read_at: row.get(16)?,
            failed_at: row.get(17)?,
            error: row.get(18)?,
            steps: json(row, 19)?,
            details: json(row, 20)?,
        })
    }

    fn steps_text(&self) -> Option<String> {
        let text = || serde_json::to_string(&self.steps).expect("steps are plain data");
        (!self.steps.is_empty()).then(text)
    }

    fn details_text(&self) -> Option<String> {
        let text = || serde_json::to_string(&self.details).expect("details are plain data");
        (self.details != Details::default()).then(text)
    }

    fn next_at(&self) -> Option<i64> {
        self.steps.first().map(|step| step.at)
    }
}

pub(super) fn insert(tx: &Transaction<'_>, row: &Row) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO messages (seq, waba, phone, input, wa_id, kind, template_id, template, language, category, text, \
         tag, outside, accepted_at, steps, next_at, details) \
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)",
    )?
    .execute(params![
        row.seq,
        row.waba,
        row.phone,
        row.input,
        row.wa_id,
        row.kind,
        row.template_id,
        row.template,
        row.language,
        row.category,
        row.text,
        row.tag,
        row.outside,
        row.accepted_at,
        row.steps_text(),
        row.next_at(),
        row.details_text(),
    ])?;
    Ok(())
}

/// What moving the messages on brought.
#[derive(Debug)]
pub(crate) struct Advanced {
    /// How many messages moved.
    pub moved: usize,
    /// Whether subscribers have something to be told.
    pub told: bool,
    /// When the next message moves.
    pub next_at: Option<i64>,
    /// What recipients answered.
    pub inbound: Vec<InboundRow>,
}

/// What one step brings.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What subscribers are told.
    pub delivery: Option<Delivery>,
    /// What the message's recipient writes.
    pub inbound: Option<InboundRow>,
}

/// Which messages to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub after: i64,
    pub limit: i64,
    pub seq: Option<i64>,
    pub wa_id: Option<String>,
    pub tag: Option<String>,
    pub template: Option<String>,
    pub phone: Option<String>,
}

/// A message that still counts against a limit.
#[derive(Debug)]
pub(crate) struct Recent {
    pub phone: String,
    pub wa_id: String,
    /// Whether it is a template outside the service window.
    pub outside: bool,
    pub accepted_at: i64,
}

impl Data {
    /// Takes the due steps of at most `limit` messages. `tell` says what one step brings.
    pub(crate) async fn advance(
        &self,
        now: Timestamp,
        limit: usize,
        tell: impl Fn(&Row, &Step) -> Told + Send + 'static,
    ) -> Result<Advanced, Error> {
        let now = now.as_millisecond();
        self.call(move |tx| {
            let sql = format!("SELECT {COLUMNS} FROM messages WHERE next_at <= ?1 ORDER BY next_at, seq LIMIT ?2");
            let due = tx
                .prepare_cached(&sql)?
                .query_map(params![now, i64::try_from(limit).unwrap_or(i64::MAX)], Row::read)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let mut told = Vec::new();
            let mut answers = Vec::new();
            for mut row in due.iter().cloned() {
                let steps = row.steps.iter().take_while(|step| step.at <= now).count();
                for step in row.steps.drain(..steps).collect::<Vec<_>>() {
                    match step.status.as_str() {
                        "sent" => row.sent_at = Some(step.at),
                        "delivered" => row.delivered_at = Some(step.at),
                        "read" => row.read_at = Some(step.at),
                        "failed" => (row.failed_at, row.error) = (Some(step.at), step.error),
                        _ => {}
                    }
                    let Told { delivery, inbound } = tell(&row, &step);
                    told.extend(delivery);
                    answers.extend(inbound);
                }
                tx.prepare_cached(
                    "UPDATE messages SET sent_at = ?2, delivered_at = ?3, read_at = ?4, failed_at = ?5, error = ?6, \
                     steps = ?7, next_at = ?8 WHERE seq = ?1",
                )?
                .execute(params![
                    row.seq,
                    row.sent_at,
                    row.delivered_at,
                    row.read_at,
                    row.failed_at,
                    row.error,
                    row.steps_text(),
                    row.next_at(),
                ])?;
            }
            // In the order in which the steps happened, across messages.
            told.sort_by_key(|delivery| delivery.at);
            for delivery in &told {
                outbox::insert(tx, delivery)?;
            }
            answers.sort_by_key(|answer: &InboundRow| answer.at);
            for answer in &answers {
                inbound::insert(tx, answer)?;
            }
            let next_at = tx
                .prepare_cached("SELECT min(next_at) FROM messages WHERE next_at IS NOT NULL")?
                .query_row([], |row| row.get(0))?;
            Ok(Advanced { moved: due.len(), told: !told.is_empty(), next_at, inbound: answers })
        })
        .await
    }

    /// Lists messages in the order of their acceptance.
    pub(crate) async fn messages(&self, filter: Filter) -> Result<Vec<Row>, Error> {
        self.call(move |tx| {
            let mut sql = format!("SELECT {COLUMNS} FROM messages WHERE seq > ?");
            let mut values = vec![Value::Integer(filter.after)];
            if let Some(seq) = filter.seq {
                sql.push_str(" AND seq = ?");
                values.push(Value::Integer(seq));
            }
            for (column, value) in [
                (" AND wa_id = ?", filter.wa_id),
                (" AND tag = ?", filter.tag),
                (" AND template = ?", filter.template),
                (" AND phone = ?", filter.phone),
            ] {
                if let Some(value) = value {
                    sql.push_str(column);
                    values.push(Value::Text(value));
                }
            }
            sql.push_str(" ORDER BY seq LIMIT ?");
            values.push(Value::Integer(filter.limit));
            tx.prepare_cached(&sql)?
                .query_map(params_from_iter(values), Row::read)?
                .collect()
        })
        .await
    }

    /// Lists the latest messages to a person, newest first.
    pub(crate) async fn latest_to(
        &self,
        phone: String,
        wa_id: String,
        limit: i64,
    ) -> Result<Vec<Row>, Error> {
        self.call(move |tx| {
            let sql = format!(
                "SELECT {COLUMNS} FROM messages WHERE wa_id = ?1 AND phone = ?2 ORDER BY seq DESC LIMIT ?3"
            );
            tx.prepare_cached(&sql)?
                .query_map(params![wa_id, phone, limit], Row::read)?
                .collect()
        })
        .await
    }

    /// Returns the number of the latest message, which is how many there are: none ever goes.
    pub(crate) async fn last_message(&self) -> Result<i64, Error> {
        self.call(|tx| {
            tx.query_row("SELECT coalesce(max(seq), 0) FROM messages", [], |row| {
                row.get(0)
            })
        })
        .await
    }

    /// Returns those of `templates` that have messages on their way.
    pub(crate) async fn templates_in_flight(&self, templates: Vec<i64>) -> Result<Vec<i64>, Error> {
        self.call(move |tx| {
            let sql =
                "SELECT 1 FROM messages WHERE next_at IS NOT NULL AND template_id = ?1 LIMIT 1";
            let mut statement = tx.prepare_cached(sql)?;
            let mut found = Vec::new();
            for template in templates {
                if statement.exists([template])? {
                    found.push(template);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Lists what was accepted since `since`, oldest first: the limits are reckoned again from it after a restart.
    pub(crate) async fn recent(&self, since: Timestamp) -> Result<Vec<Recent>, Error> {
        let since = since.as_millisecond();
        self.call(move |tx| {
            tx.prepare(
                "SELECT phone, wa_id, outside AND template IS NOT NULL, accepted_at FROM messages WHERE accepted_at > ?1 \
                 ORDER BY accepted_at, seq",
            )?
            .query_map([since], |row| {
                Ok(Recent { phone: row.get(0)?, wa_id: row.get(1)?, outside: row.get(2)?, accepted_at: row.get(3)? })
            })?
            .collect()
        })
        .await
    }
}
