//! What a status does to an attempt and to its contact.
//!
//! Statuses come in any order, twice, late or never. What they make of an attempt is a function of the set of those that came:
//! the row keeps the earliest time of each, and where it stands is reckoned from these times alone. Whoever delivered did not
//! fail, whatever else is told; whoever failed was not merely sent.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codes::{At, AttemptState, Reached};
use super::error::Work;
use super::moves::{Member, Place};
use super::people;
use crate::store::{
    Circumstances, Clerk, ContactState, DeliveryStatus, Failure, Outcome, Pricing, Settled,
};

/// The recipient's identity key is not the one that the message was for: held, until somebody says that it is the same
/// person. Source: Meta's list of error codes, September 2026.
const IDENTITY_CHANGED: i64 = 137_000;
/// The step of an attempt with the campaign's own template; others never move the contact.
pub(super) const OWN_STEP: u32 = 0;

macro_rules! select_attempt {
    ($condition:literal) => {
        concat!(
            "SELECT contact, campaign, number, step, state, claimed_at, settled_at, message_id,
                    message_status IS NOT NULL, code, reason, sent_at, delivered_at, read_at, failed_at
             FROM attempt WHERE ",
            $condition
        )
    };
}

pub(super) const BY_ID: &str = select_attempt!("contact = ?1 AND campaign = ?2 AND id = ?3");
pub(super) const BY_MESSAGE: &str = select_attempt!("contact = ?1 AND message_id = ?2");
pub(super) const BY_NUMBER: &str =
    select_attempt!("contact = ?1 AND campaign = ?2 AND number = ?3");

/// An attempt, as far as statuses change it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempt {
    pub(super) contact: i64,
    pub(super) campaign: i64,
    pub(super) number: u32,
    step: u32,
    state: AttemptState,
    claimed_at: At,
    settled_at: Option<At>,
    message_id: Option<String>,
    /// Our own request was answered with an acceptance, so that its time is known.
    answered: bool,
    code: Option<i64>,
    reason: Option<String>,
    sent_at: Option<At>,
    delivered_at: Option<At>,
    read_at: Option<At>,
    failed_at: Option<At>,
}

/// A status, and what comes with it.
pub(super) struct News<'a> {
    pub(super) message_id: &'a str,
    pub(super) at: Timestamp,
    pub(super) word: Word<'a>,
    pub(super) pricing: Option<&'a Pricing>,
    pub(super) identity_hash: Option<&'a str>,
}

/// What a status says. A failure needs somebody who knows what it means.
pub(super) enum Word<'a> {
    Sent,
    Delivered,
    Read,
    Failed(&'a Failure, &'a mut dyn Clerk),
}

/// What came of a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// It was not known yet.
    pub(super) news: bool,
    /// Somebody became due.
    pub(super) wakes: bool,
}

impl Word<'_> {
    fn status(&self) -> DeliveryStatus {
        match self {
            Self::Sent => DeliveryStatus::Sent,
            Self::Delivered => DeliveryStatus::Delivered,
            Self::Read => DeliveryStatus::Read,
            Self::Failed(..) => DeliveryStatus::Failed,
        }
    }
}

impl Attempt {
    pub(super) fn by_id(
        connection: &Connection,
        contact: i64,
        campaign: i64,
        id: [u8; 16],
    ) -> Work<Option<Self>> {
        let mut statement = connection.prepare_cached(BY_ID)?;
        Ok(statement
            .query_row(params![contact, campaign, id], read)
            .optional()?)
    }

    pub(super) fn by_message(
        connection: &Connection,
        contact: i64,
        message_id: &str,
    ) -> Work<Option<Self>> {
        let mut statement = connection.prepare_cached(BY_MESSAGE)?;
        Ok(statement
            .query_row(params![contact, message_id], read)
            .optional()?)
    }

    pub(super) fn by_number(
        connection: &Connection,
        contact: i64,
        campaign: i64,
        number: u32,
    ) -> Work<Option<Self>> {
        let mut statement = connection.prepare_cached(BY_NUMBER)?;
        Ok(statement
            .query_row(params![contact, campaign, number], read)
            .optional()?)
    }

    /// Notes a status; false where it was known, and told to have been no later.
    fn note(&mut self, news: &News<'_>) -> bool {
        let at = At(news.at);
        let told = match news.word.status() {
            DeliveryStatus::Sent => &mut self.sent_at,
            DeliveryStatus::Delivered => &mut self.delivered_at,
            DeliveryStatus::Read => &mut self.read_at,
            DeliveryStatus::Failed => &mut self.failed_at,
        };
        if told.is_some_and(|told| told <= at) {
            return false;
        }
        *told = Some(at);
        self.note_acceptance(at);
        if let Word::Failed(failure, _) = &news.word {
            self.code = failure.code;
            self.reason = Some(failure.reason.clone());
        }
        self.state = if self.failed_at.is_some() && !self.has_reached() {
            AttemptState::Failed
        } else {
            AttemptState::Accepted
        };
        if self.state == AttemptState::Accepted {
            self.code = None;
            self.reason = None;
        }
        self.message_id
            .get_or_insert_with(|| news.message_id.to_owned());
        true
    }

    /// Whoever tells of a message has taken it: no later than they tell of, no earlier than we sent it.
    fn note_acceptance(&mut self, at: At) {
        if self.answered {
            return;
        }
        let known = match self.state {
            AttemptState::Accepted | AttemptState::Failed => self.settled_at,
            // The time of a doubt, or of a release.
            AttemptState::InFlight | AttemptState::Uncertain | AttemptState::Released => None,
        };
        let earliest = known.map_or(at, |known| known.min(at));
        self.settled_at = Some(earliest.max(self.claimed_at));
    }

    fn has_reached(&self) -> bool {
        self.delivered_at.is_some() || self.read_at.is_some()
    }

    fn delivery(&self) -> Reached {
        if self.read_at.is_some() {
            Reached::Read
        } else if self.delivered_at.is_some() {
            Reached::Delivered
        } else if self.failed_at.is_some() {
            Reached::Failed
        } else if self.sent_at.is_some() {
            Reached::Sent
        } else {
            Reached::Accepted
        }
    }

    fn accepted_at(&self) -> Timestamp {
        self.settled_at.unwrap_or(self.claimed_at).0
    }

    fn put(&self, connection: &Connection, pricing: Option<&Pricing>) -> Work<()> {
        // What is charged is told twice; of two prices the greater word stays, whichever came first.
        let mut statement = connection.prepare_cached(
            "UPDATE attempt SET state = ?4, settled_at = ?5, message_id = ?6, code = ?7, reason = ?8, delivery = ?9,
                 sent_at = ?10, delivered_at = ?11, read_at = ?12, failed_at = ?13,
                 pricing = coalesce(max(pricing, ?14), pricing, ?14),
                 billable = coalesce(max(billable, ?15), billable, ?15)
             WHERE contact = ?1 AND campaign = ?2 AND number = ?3",
        )?;
        statement.execute(params![
            self.contact,
            self.campaign,
            self.number,
            self.state,
            self.settled_at,
            self.message_id,
            self.code,
            self.reason,
            self.delivery(),
            self.sent_at,
            self.delivered_at,
            self.read_at,
            self.failed_at,
            pricing.map(|pricing| &pricing.category),
            pricing.and_then(|pricing| pricing.billable),
        ])?;
        Ok(())
    }
}

/// Takes in a status of an attempt.
pub(super) fn tell(
    connection: &Connection,
    before: &Attempt,
    news: News<'_>,
    now: Timestamp,
) -> Work<Told> {
    let mut after = before.clone();
    if !after.note(&news) {
        return Ok(Told::default());
    }
    after.put(connection, news.pricing)?;
    let mut told = Told {
        news: true,
        wakes: false,
    };
    let Some(member) = Member::find(connection, after.campaign, after.contact)? else {
        return Ok(told);
    };
    let code = match &news.word {
        Word::Failed(failure, _) => failure.code,
        _ => None,
    };
    let retry_at = judge(connection, &member, news)?;
    if after.step == OWN_STEP && member.attempt == after.number {
        let place = place(&member, before, &after, retry_at);
        told.wakes = member.go(connection, place, now)?;
    }
    if people::bears_on_suspicion(code, after.has_reached()) {
        people::reckon_suspect(connection, &member.account, member.contact)?;
    }
    Ok(told)
}

/// What is to become of a contact whose message failed: tried again at this time, or not at all.
type Judgement = Option<Timestamp>;

/// Asks what a failure means, and keeps what it says of the person; that holds whatever else is told of the message.
fn judge(connection: &Connection, member: &Member, news: News<'_>) -> Work<Option<Judgement>> {
    let Word::Failed(failure, clerk) = news.word else {
        return Ok(None);
    };
    let circumstances = Circumstances {
        account: member.account.clone(),
        campaign: member.campaign_name.clone(),
        counted: member.place.counted,
    };
    if failure.code == Some(IDENTITY_CHANGED) {
        let (account, contact) = (&member.account, member.contact);
        people::hold(
            connection,
            account,
            contact,
            news.at,
            news.identity_hash,
            &failure.reason,
        )?;
    }
    let Settled::Failed {
        retry_at,
        suppress,
        reason,
        ..
    } = clerk.judge(failure, news.at, &circumstances)
    else {
        tracing::warn!(
            code = failure.code,
            "a failure was judged to be none; it is final"
        );
        return Ok(Some(None));
    };
    if suppress {
        people::suppress(
            connection,
            &member.account,
            member.contact,
            news.at,
            &reason,
            people::META,
        )?;
    }
    Ok(Some(retry_at))
}

/// Says where the contact of an attempt goes that is its latest.
fn place(
    member: &Member,
    before: &Attempt,
    after: &Attempt,
    judgement: Option<Judgement>,
) -> Place {
    let mut member = Member::clone(member);
    let here = &mut member.place;
    if before.state == AttemptState::Released {
        // It left after all.
        here.counted += 1;
    }
    *here = here.reaching(after.delivery());
    let here = *here;
    let tried_again = matches!(
        here.state,
        ContactState::Fresh | ContactState::RetryDue | ContactState::WaitingLock
    ) || here.outcome == Some(Outcome::Failed);
    let waited_for =
        here.is_open() || matches!(here.outcome, Some(Outcome::Uncertain | Outcome::NoAnswer));
    match after.state {
        AttemptState::Failed => match judgement {
            Some(retry_at) if waited_for || tried_again => member.failed(retry_at),
            _ => here,
        },
        _ => {
            let taken = before.state != AttemptState::Accepted
                && (here.is_open() || tried_again || here.outcome == Some(Outcome::Uncertain));
            let earlier = here.state == ContactState::AwaitingResponse
                && before.settled_at != after.settled_at;
            if taken || earlier {
                member.awaiting(after.accepted_at())
            } else {
                here
            }
        }
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        contact: row.get(0)?,
        campaign: row.get(1)?,
        number: row.get(2)?,
        step: row.get(3)?,
        state: row.get(4)?,
        claimed_at: row.get(5)?,
        settled_at: row.get(6)?,
        message_id: row.get(7)?,
        answered: row.get(8)?,
        code: row.get(9)?,
        reason: row.get(10)?,
        sent_at: row.get(11)?,
        delivered_at: row.get(12)?,
        read_at: row.get(13)?,
        failed_at: row.get(14)?,
    })
}
