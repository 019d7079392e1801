//! What became of claims.

use rusqlite::{Connection, OptionalExtension, params};

use super::codes::{At, AttemptState, Reached, Span};
use super::error::Work;
use super::state;
use crate::store::{ContactState, Outcome, Settled, Settlement};

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
}

fn open_attempt(connection: &Connection, id: &str) -> Work<Option<Attempt>> {
    let Ok(id) = hex::decode(id) else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(
        "SELECT contact, campaign, number FROM attempt INDEXED BY attempt_open
         WHERE id = ?1 AND state IN (0, 3)",
    )?;
    let attempt = statement.query_row([id], |row| {
        Ok(Attempt {
            contact: row.get(0)?,
            campaign: row.get(1)?,
            number: row.get(2)?,
        })
    });
    Ok(attempt.optional()?)
}

fn record(connection: &Connection, attempt: &Attempt, settlement: &Settlement) -> Work<()> {
    write_attempt(connection, attempt, settlement)?;
    learn(connection, attempt, settlement)?;
    // A contact that has gone on since (a later attempt, an end) is not moved by an old answer.
    if let Some(member) = Member::waiting_for(connection, attempt)? {
        member.move_on(connection, attempt, settlement)?;
    }
    Ok(())
}

fn write_attempt(connection: &Connection, attempt: &Attempt, settlement: &Settlement) -> Work<()> {
    let (state, message_id, message_status, code, reason) = match &settlement.result {
        Settled::Accepted {
            message_id,
            message_status,
            ..
        } => (
            AttemptState::Accepted,
            Some(message_id),
            message_status.as_ref(),
            None,
            None,
        ),
        Settled::Failed { code, reason, .. } => {
            (AttemptState::Failed, None, None, *code, Some(reason))
        }
        Settled::Released { reason, .. } => {
            (AttemptState::Released, None, None, None, Some(reason))
        }
        Settled::Uncertain { reason } => (AttemptState::Uncertain, None, None, None, Some(reason)),
    };
    let mut statement = connection.prepare_cached(
        "UPDATE attempt SET state = ?4, settled_at = ?5, message_id = ?6, message_status = ?7, code = ?8, reason = ?9
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
    ])?;
    Ok(())
}

/// Keeps what an answer says about the contact itself.
fn learn(connection: &Connection, attempt: &Attempt, settlement: &Settlement) -> Work<()> {
    match &settlement.result {
        Settled::Accepted {
            wa_id: Some(wa_id), ..
        } => {
            let mut statement = connection.prepare_cached(
                "UPDATE contact SET wa_id = nullif(?2, CAST(phone AS TEXT))
                 WHERE id = ?1 AND coalesce(wa_id, CAST(phone AS TEXT)) IS NOT ?2",
            )?;
            statement.execute(params![attempt.contact, wa_id])?;
        }
        Settled::Failed {
            suppress: true,
            reason,
            ..
        } => {
            let mut statement = connection.prepare_cached(
                "INSERT OR IGNORE INTO suppressed (account, contact, at, reason)
                 SELECT account, ?2, ?3, ?4 FROM campaign WHERE id = ?1",
            )?;
            statement.execute(params![
                attempt.campaign,
                attempt.contact,
                At(settlement.at),
                reason
            ])?;
        }
        _ => {}
    }
    Ok(())
}

/// The contact that an attempt belongs to, and what its campaign allows.
struct Member {
    counted: u32,
    rules: Rules,
}

struct Rules {
    response_timeout: Span,
    max_attempts: u32,
    ends_at: Option<At>,
}

/// Where a contact goes.
struct Move {
    state: ContactState,
    outcome: Option<Outcome>,
    due_at: Option<At>,
    counted: u32,
    delivery: Reached,
}

impl Member {
    /// Finds the contact if it still waits for this attempt's answer: in flight, uncertain, or closed as uncertain.
    fn waiting_for(connection: &Connection, attempt: &Attempt) -> Work<Option<Self>> {
        let mut statement = connection.prepare_cached(
            "SELECT m.counted, k.response_timeout, k.max_attempts, k.ends_at
             FROM member m JOIN campaign k ON k.id = m.campaign
             WHERE m.campaign = ?1 AND m.contact = ?2 AND m.attempt = ?3
               AND (m.state IN (2, 3) OR m.outcome = ?4)",
        )?;
        let member = statement.query_row(
            params![
                attempt.campaign,
                attempt.contact,
                attempt.number,
                Outcome::Uncertain
            ],
            |row| {
                Ok(Self {
                    counted: row.get(0)?,
                    rules: Rules {
                        response_timeout: row.get(1)?,
                        max_attempts: row.get(2)?,
                        ends_at: row.get(3)?,
                    },
                })
            },
        );
        Ok(member.optional()?)
    }

    fn move_on(
        &self,
        connection: &Connection,
        attempt: &Attempt,
        settlement: &Settlement,
    ) -> Work<()> {
        let Move {
            state,
            outcome,
            due_at,
            counted,
            delivery,
        } = self.after(settlement);
        let mut statement = connection.prepare_cached(
            "UPDATE member SET state = ?3, outcome = ?4, due_at = ?5, counted = ?6, delivery = ?7
             WHERE campaign = ?1 AND contact = ?2",
        )?;
        statement.execute(params![
            attempt.campaign,
            attempt.contact,
            state,
            outcome,
            due_at,
            counted,
            delivery,
        ])?;
        Ok(())
    }

    fn after(&self, settlement: &Settlement) -> Move {
        let timeout = || {
            let Span(timeout) = self.rules.response_timeout;
            Some(At(settlement
                .at
                .saturating_add(timeout)
                .unwrap_or(settlement.at)))
        };
        let open = |state, due_at, counted, delivery| Move {
            state,
            outcome: None,
            due_at,
            counted,
            delivery,
        };
        match &settlement.result {
            Settled::Accepted { .. } => open(
                ContactState::AwaitingResponse,
                timeout(),
                self.counted,
                Reached::Accepted,
            ),
            Settled::Uncertain { .. } => open(
                ContactState::Uncertain,
                timeout(),
                self.counted,
                Reached::Nothing,
            ),
            Settled::Failed { retry_at, .. } => match retry_at.map(At) {
                Some(retry_at) if self.may_retry(retry_at) => open(
                    ContactState::RetryDue,
                    Some(retry_at),
                    self.counted,
                    Reached::Failed,
                ),
                _ => Move {
                    state: ContactState::Closed,
                    outcome: Some(Outcome::Failed),
                    due_at: None,
                    counted: self.counted,
                    delivery: Reached::Failed,
                },
            },
            Settled::Released { due_at, .. } => {
                // Back to where it was: a contact is claimed again only after a failure.
                let counted = self.counted.saturating_sub(1);
                let (state, delivery) = if counted == 0 {
                    (ContactState::Fresh, Reached::Nothing)
                } else {
                    (ContactState::RetryDue, Reached::Failed)
                };
                open(state, Some(At(*due_at)), counted, delivery)
            }
        }
    }

    fn may_retry(&self, at: At) -> bool {
        self.counted < self.rules.max_attempts && self.rules.ends_at.is_none_or(|end| at < end)
    }
}
