//! Messages from customers: kept, and matched with the campaign that they answer.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

use super::codes::{At, phone_text};
use super::error::Work;
use super::events::Desk;
use super::moves::Member;
use super::people;
use crate::store::{
    AnswerKind, ContactState, Conversation, Inbound, Interaction, Outcome, Reading,
};

/// How far Meta's clock may be behind ours: a message that is older than what was sent to its author by more than this was
/// not written in answer to it.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

pub(super) const KNOWN: &str =
    "SELECT 1 FROM inbound INDEXED BY inbound_message WHERE message_id = ?1";
/// The campaign's message that a reply names.
pub(super) const NAMED: &str = "SELECT a.campaign, a.number FROM attempt a
     CROSS JOIN campaign k ON k.id = a.campaign
     WHERE a.contact = ?1 AND k.account = ?2 AND a.message_id = ?3";
/// The newest open interaction of a contact, begun by ?3.
pub(super) const OPEN: &str = "SELECT a.campaign, a.number FROM attempt a
     CROSS JOIN campaign k ON k.id = a.campaign
     CROSS JOIN member m ON m.campaign = a.campaign AND m.contact = a.contact AND m.attempt = a.number
     WHERE a.contact = ?1 AND k.account = ?2 AND a.claimed_at <= ?3 AND m.state IN (2, 3, 4)
     ORDER BY a.claimed_at DESC, a.campaign DESC LIMIT 1";
/// The newest interaction of a contact that closed without any answer, begun by ?3.
pub(super) const UNANSWERED: &str = "SELECT a.campaign, a.number FROM attempt a
     CROSS JOIN campaign k ON k.id = a.campaign
     CROSS JOIN member m ON m.campaign = a.campaign AND m.contact = a.contact AND m.attempt = a.number
     WHERE a.contact = ?1 AND k.account = ?2 AND a.claimed_at <= ?3 AND m.outcome = 1
       AND NOT EXISTS (SELECT 1 FROM answer r WHERE r.campaign = a.campaign AND r.contact = a.contact)
     ORDER BY a.claimed_at DESC, a.campaign DESC LIMIT 1";
/// What an attempt was sent with, and when it was taken.
pub(super) const MESSAGE: &str =
    "SELECT a.template, coalesce(a.language, v.language, ''), coalesce(a.variables, v.variables, 'null'),
            a.message_id, coalesce(a.settled_at, a.claimed_at)
     FROM attempt a LEFT JOIN member_values v ON v.campaign = a.campaign AND v.contact = a.contact
     WHERE a.contact = ?1 AND a.campaign = ?2 AND a.number = ?3";

/// The interaction that a message belongs to.
struct Found {
    member: Member,
    message: Message,
    late: bool,
}

/// What was sent to a contact.
struct Message {
    template: String,
    language: String,
    variables: String,
    id: Option<String>,
    taken_at: Timestamp,
}

impl Desk<'_> {
    pub(super) fn inbound(&mut self, account: &str, inbound: &Inbound) -> Work<()> {
        if self.is_known(inbound)? {
            self.taken.duplicates += 1;
            return Ok(());
        }
        let Some(contact) = self.somebody(&inbound.person)? else {
            return Ok(());
        };
        let found = self.find_interaction(account, contact, inbound)?;
        let campaign = found.as_ref().map(|found| found.member.campaign);
        self.keep_message(account, contact, inbound, campaign)?;
        self.open_window(account, contact, inbound)?;
        self.taken.inbound += 1;
        let conversation = self.conversation(account, contact, found.as_ref())?;
        let Reading { option, errands } = self.clerk.read(inbound, &conversation);
        if let Some(found) = &found {
            self.answer(found, inbound, option.as_deref())?;
        }
        self.keep(account, &errands)
    }

    fn is_known(&self, inbound: &Inbound) -> Work<bool> {
        let mut statement = self.connection.prepare_cached(KNOWN)?;
        Ok(statement.exists([&inbound.message_id])?)
    }

    fn keep_message(
        &self,
        account: &str,
        contact: i64,
        inbound: &Inbound,
        campaign: Option<i64>,
    ) -> Work<()> {
        let Inbound {
            message_id,
            number,
            person: _,
            at,
            context_id,
            kind,
            text,
            payload,
            raw,
        } = inbound;
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO inbound (contact, at, message_id, account, number, kind, text, payload, context_id, campaign, raw)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        statement.execute(params![
            contact,
            At(*at),
            message_id,
            account,
            number,
            kind,
            text,
            payload,
            context_id,
            campaign,
            raw,
        ])?;
        Ok(())
    }

    fn open_window(&self, account: &str, contact: i64, inbound: &Inbound) -> Work<()> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO service_window (contact, account, number, last_inbound_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (contact, account, number) DO UPDATE SET
                 last_inbound_at = max(last_inbound_at, excluded.last_inbound_at)",
        )?;
        statement.execute(params![contact, account, inbound.number, At(inbound.at)])?;
        Ok(())
    }

    /// Finds what a message answers: what it names; else the newest open interaction; else the newest that closed for want of
    /// an answer. A button's reply may come without the name of what it answers.
    fn find_interaction(
        &self,
        account: &str,
        contact: i64,
        inbound: &Inbound,
    ) -> Work<Option<Found>> {
        let place = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?));
        if let Some(context) = &inbound.context_id {
            let mut statement = self.connection.prepare_cached(NAMED)?;
            let named = statement
                .query_row(params![contact, account, context], place)
                .optional()?;
            if let Some((campaign, number)) = named {
                return self.interaction(contact, campaign, number, inbound.at);
            }
        }
        let begun_by = inbound.at.saturating_add(SKEW).unwrap_or(inbound.at);
        for statement in [OPEN, UNANSWERED] {
            let mut statement = self.connection.prepare_cached(statement)?;
            let newest = statement
                .query_row(params![contact, account, At(begun_by)], place)
                .optional()?;
            if let Some((campaign, number)) = newest {
                return self.interaction(contact, campaign, number, inbound.at);
            }
        }
        Ok(None)
    }

    fn interaction(
        &self,
        contact: i64,
        campaign: i64,
        number: u32,
        at: Timestamp,
    ) -> Work<Option<Found>> {
        let Some(member) = Member::find(self.connection, campaign, contact)? else {
            return Ok(None);
        };
        let Some(message) = self.message(contact, campaign, number)? else {
            return Ok(None);
        };
        // Time runs from the latest message, whichever of them the reply names; who is to be tried again is waited for still.
        let latest = self.message(contact, campaign, member.attempt)?;
        let since = latest.map_or(message.taken_at, |latest| latest.taken_at);
        let late = !is_to_be_tried(&member) && at > member.deadline(since);
        Ok(Some(Found {
            member,
            message,
            late,
        }))
    }

    fn message(&self, contact: i64, campaign: i64, number: u32) -> Work<Option<Message>> {
        let mut statement = self.connection.prepare_cached(MESSAGE)?;
        let message = statement.query_row(params![contact, campaign, number], |row| {
            Ok(Message {
                template: row.get(0)?,
                language: row.get(1)?,
                variables: row.get(2)?,
                id: row.get(3)?,
                taken_at: row.get::<_, At>(4)?.0,
            })
        });
        Ok(message.optional()?)
    }

    fn conversation(
        &self,
        account: &str,
        contact: i64,
        found: Option<&Found>,
    ) -> Work<Conversation> {
        let interaction = found.map(|found| Interaction {
            campaign: found.member.campaign_name.clone(),
            template: found.message.template.clone(),
            language: found.message.language.clone(),
            variables: found.message.variables.clone(),
            message_id: found.message.id.clone(),
            sent_at: found.message.taken_at,
            state: found.member.place.state,
            outcome: found.member.place.outcome,
            late: found.late,
        });
        Ok(Conversation {
            account: account.to_owned(),
            phone: people::get(self.connection, contact)?.phone.map(phone_text),
            interaction,
            suppressed: people::is_suppressed(self.connection, account, contact)?,
        })
    }

    /// Records what a reply is to its campaign. The first in time closes the contact; a late one is recorded once and changes
    /// nothing; all others are messages and no more.
    fn answer(&mut self, found: &Found, inbound: &Inbound, option: Option<&str>) -> Work<()> {
        let member = &found.member;
        let kind = if found.late {
            if member.place.outcome == Some(Outcome::Answered) || self.has_late_answer(member)? {
                return Ok(());
            }
            AnswerKind::Late
        } else if may_be_answered(member) {
            let answered = member.place.closed(Outcome::Answered);
            self.taken.wakes |= member.go(self.connection, answered, self.now)?;
            self.taken.answers += 1;
            if option.is_some() {
                AnswerKind::Option
            } else {
                AnswerKind::Other
            }
        } else {
            return Ok(());
        };
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO answer (campaign, contact, kind, at, option, text, message_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        statement.execute(params![
            member.campaign,
            member.contact,
            kind,
            At(inbound.at),
            option,
            inbound.text,
            inbound.message_id,
        ])?;
        Ok(())
    }

    fn has_late_answer(&self, member: &Member) -> Work<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM answer WHERE campaign = ?1 AND contact = ?2 AND kind = ?3",
        )?;
        Ok(statement.exists(params![member.campaign, member.contact, AnswerKind::Late])?)
    }
}

/// Whether another message is to be sent to a contact. Who replies to one that is said to have failed got it after all.
fn is_to_be_tried(member: &Member) -> bool {
    matches!(
        member.place.state,
        ContactState::Fresh | ContactState::RetryDue | ContactState::WaitingLock
    )
}

/// Whether a reply in time closes a contact as answered: unless it is, or was skipped or stopped.
fn may_be_answered(member: &Member) -> bool {
    let place = &member.place;
    place.is_open()
        || is_to_be_tried(member)
        || matches!(
            place.outcome,
            Some(Outcome::NoAnswer | Outcome::Failed | Outcome::Uncertain)
        )
}
