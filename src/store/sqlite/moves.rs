//! Where a contact of a campaign goes: one place for all that moves it, be it our own answer, a status, a reply or time.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codes::{At, Reached, Span};
use super::error::Work;
use super::waiting;
use crate::store::{ContactState, Outcome};

pub(super) const FIND: &str =
    "SELECT m.state, m.outcome, m.due_at, m.counted, m.delivery, m.passing, m.attempt,
            k.account, k.name, k.response_timeout, k.max_attempts, k.ends_at, m.earlier
     FROM member m JOIN campaign k ON k.id = m.campaign
     WHERE m.campaign = ?1 AND m.contact = ?2";

/// A contact of a campaign, and what the campaign allows.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) campaign: i64,
    pub(super) contact: i64,
    pub(super) account: String,
    pub(super) campaign_name: String,
    pub(super) place: Place,
    /// The number of its latest attempt with the campaign's own template.
    pub(super) attempt: u32,
    /// Attempts of earlier rounds.
    earlier: u32,
    response_timeout: Span,
    max_attempts: u32,
    ends_at: Option<At>,
}

/// Where a contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) state: ContactState,
    pub(super) outcome: Option<Outcome>,
    pub(super) due_at: Option<At>,
    pub(super) counted: u32,
    pub(super) delivery: Reached,
    /// Closed as failed, for a passing reason or for want of attempts.
    pub(super) passing: bool,
}

impl Place {
    /// Whether the interaction with the contact is open.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self.state,
            ContactState::InFlight | ContactState::Uncertain | ContactState::AwaitingResponse
        )
    }

    fn open(self, state: ContactState, due_at: Timestamp) -> Self {
        Self {
            state,
            outcome: None,
            due_at: Some(At(due_at)),
            passing: false,
            ..self
        }
    }

    pub(super) fn closed(self, outcome: Outcome) -> Self {
        Self {
            state: ContactState::Closed,
            outcome: Some(outcome),
            due_at: None,
            passing: false,
            ..self
        }
    }

    pub(super) fn reaching(self, delivery: Reached) -> Self {
        Self { delivery, ..self }
    }
}

impl Member {
    pub(super) fn find(connection: &Connection, campaign: i64, contact: i64) -> Work<Option<Self>> {
        let mut statement = connection.prepare_cached(FIND)?;
        let member = statement.query_row([campaign, contact], |row| read(row, campaign, contact));
        Ok(member.optional()?)
    }

    /// When the response to what was taken at `since` is no longer waited for.
    pub(super) fn deadline(&self, since: Timestamp) -> Timestamp {
        let Span(timeout) = self.response_timeout;
        since.saturating_add(timeout).unwrap_or(since)
    }

    /// Taken by Meta at `since`.
    pub(super) fn awaiting(&self, since: Timestamp) -> Place {
        self.place
            .open(ContactState::AwaitingResponse, self.deadline(since))
    }

    pub(super) fn uncertain(&self, since: Timestamp) -> Place {
        self.place
            .open(ContactState::Uncertain, self.deadline(since))
            .reaching(Reached::Nothing)
    }

    /// Failed: to be tried again at this time, or for good.
    pub(super) fn failed(&self, retry_at: Option<Timestamp>) -> Place {
        let place = match retry_at {
            Some(at) if self.may_retry(At(at)) => self.place.open(ContactState::RetryDue, at),
            passing => Place {
                passing: passing.is_some(),
                ..self.place.closed(Outcome::Failed)
            },
        };
        place.reaching(Reached::Failed)
    }

    /// Back to where it was before the claim: a contact is claimed again only after a failure.
    pub(super) fn released(&self, due_at: Timestamp) -> Place {
        let counted = self.place.counted.saturating_sub(1);
        let (state, delivery) = if counted == 0 && self.earlier == 0 {
            (ContactState::Fresh, Reached::Nothing)
        } else {
            (ContactState::RetryDue, Reached::Failed)
        };
        Place {
            counted,
            ..self.place.open(state, due_at).reaching(delivery)
        }
    }

    /// Whether an attempt counts, of whatever round.
    pub(super) fn was_tried(&self) -> bool {
        self.place.counted + self.earlier > 0
    }

    fn may_retry(&self, at: At) -> bool {
        self.place.counted < self.max_attempts && self.ends_at.is_none_or(|end| at < end)
    }

    /// Moves a contact; whether somebody became due by it. Who ends an interaction lets go who waited for that. Who would open
    /// one while another campaign's is open closes instead, unanswered: that conversation has the floor, and a reply in time
    /// that names this message is an answer to it all the same.
    pub(super) fn go(&self, connection: &Connection, to: Place, now: Timestamp) -> Work<bool> {
        let reopens = to.is_open() && !self.place.is_open();
        let to = if reopens
            && waiting::is_locked(connection, &self.account, self.contact, self.campaign)?
        {
            to.closed(Outcome::NoAnswer)
        } else {
            to
        };
        if to == self.place {
            return Ok(false);
        }
        self.put(connection, to)?;
        let released = if self.place.is_open() && !to.is_open() {
            waiting::release(connection, &self.account, self.contact, now)?
        } else {
            0
        };
        let due =
            |place: &Place| matches!(place.state, ContactState::Fresh | ContactState::RetryDue);
        Ok(released > 0 || (due(&to) && !due(&self.place)))
    }

    fn put(&self, connection: &Connection, to: Place) -> Work<()> {
        let Place {
            state,
            outcome,
            due_at,
            counted,
            delivery,
            passing,
        } = to;
        let mut statement = connection.prepare_cached(
            "UPDATE member SET state = ?3, outcome = ?4, due_at = ?5, counted = ?6, delivery = ?7, passing = ?8
             WHERE campaign = ?1 AND contact = ?2",
        )?;
        statement.execute(params![
            self.campaign,
            self.contact,
            state,
            outcome,
            due_at,
            counted,
            delivery,
            passing,
        ])?;
        Ok(())
    }
}

fn read(row: &Row<'_>, campaign: i64, contact: i64) -> rusqlite::Result<Member> {
    Ok(Member {
        campaign,
        contact,
        place: Place {
            state: row.get(0)?,
            outcome: row.get(1)?,
            due_at: row.get(2)?,
            counted: row.get(3)?,
            delivery: row.get(4)?,
            passing: row.get(5)?,
        },
        attempt: row.get(6)?,
        account: row.get(7)?,
        campaign_name: row.get(8)?,
        response_timeout: row.get(9)?,
        max_attempts: row.get(10)?,
        ends_at: row.get(11)?,
        earlier: row.get(12)?,
    })
}
