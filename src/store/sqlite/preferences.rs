//! What people, and Meta for them, say of themselves: no more messages, another phone, another number.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::codes::{At, phone_text};
use super::error::Work;
use super::events::Desk;
use super::{merge, people};
use crate::store::{Happening, Person};

/// The source of a preference that was set in WhatsApp itself; any other is named as who acted.
const SET_IN_WHATSAPP: &str = "user_preferences";

pub(super) const WORD: &str = "SELECT at FROM preference WHERE contact = ?1 AND account = ?2";
/// A suppression by the customer's own wish ends with the wish; one that a person of ours entered does not.
pub(super) const TAKE_BACK: &str = "DELETE FROM suppressed WHERE contact = ?1 AND account = ?2
       AND (actor = 'Meta' OR actor LIKE 'the keyword %')
       AND at <= (SELECT p.at FROM preference p WHERE p.contact = ?1 AND p.account = ?2 AND p.stop = 0)";

/// Ends a suppression whose wish was taken back since.
pub(super) fn take_back(connection: &Connection, account: &str, contact: i64) -> Work<()> {
    let mut statement = connection.prepare_cached(TAKE_BACK)?;
    statement.execute(params![contact, account])?;
    Ok(())
}

impl Desk<'_> {
    /// The latest word holds, whatever the order in which words are heard.
    pub(super) fn preference(
        &mut self,
        account: &str,
        person: &Person,
        at: Timestamp,
        stop: bool,
        source: &str,
    ) -> Work<()> {
        let Some(contact) = self.somebody(person)? else {
            return Ok(());
        };
        let mut statement = self.connection.prepare_cached(WORD)?;
        let known: Option<At> = statement
            .query_row(params![contact, account], |row| row.get(0))
            .optional()?;
        if known.is_some_and(|At(known)| known >= at) {
            self.taken.duplicates += 1;
            return Ok(());
        }
        let mut statement = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO preference (contact, account, at, stop) VALUES (?1, ?2, ?3, ?4)",
        )?;
        statement.execute(params![contact, account, At(at), stop])?;
        let actor = if source == SET_IN_WHATSAPP {
            people::META
        } else {
            source
        };
        let (what, text) = if stop {
            let reason = format!("the customer wants no more messages ({source})");
            people::suppress(self.connection, account, contact, at, &reason, actor)?;
            self.taken.opt_outs += 1;
            ("contact.suppressed", "The customer wants no more messages")
        } else {
            take_back(self.connection, account, contact)?;
            ("contact.resumed", "The customer wants messages again")
        };
        let happening = Happening {
            at,
            actor: actor.to_owned(),
            account: account.to_owned(),
            subject: self.called(contact)?,
            what: what.to_owned(),
            text: text.to_owned(),
            detail: json!({ "source": source }),
        };
        self.announce(&happening).map(drop)
    }

    /// Holds a number whose WhatsApp runs on another phone, or for another person, than before.
    pub(super) fn identity_changed(
        &mut self,
        account: &str,
        person: &Person,
        at: Timestamp,
        hash: Option<&str>,
    ) -> Work<()> {
        let Some(contact) = self.somebody(person)? else {
            return Ok(());
        };
        let reason = "the person behind the number may be another: WhatsApp was set up anew";
        if !people::hold(self.connection, account, contact, at, hash, reason)? {
            self.taken.duplicates += 1;
            return Ok(());
        }
        let happening = Happening {
            at,
            actor: people::META.to_owned(),
            account: account.to_owned(),
            subject: self.called(contact)?,
            what: "contact.identity_changed".to_owned(),
            text: "WhatsApp was set up anew: held until somebody says that it is the same person"
                .to_owned(),
            detail: json!({ "hash": hash }),
        };
        self.announce(&happening).map(drop)
    }

    /// Keys a person anew who has another number. The person is the same: what they were sent, what they said and their consent
    /// move with them, so that nobody is messaged twice for having moved. Who holds the phone now is Meta's word alone, so the new
    /// number is held until somebody acknowledges it. The old number will be given to somebody else, and the lists may name it
    /// for a long time: it becomes a contact of its own, held as well.
    pub(super) fn number_changed(
        &mut self,
        account: &str,
        person: &Person,
        at: Timestamp,
        to: &str,
    ) -> Work<()> {
        let Some(to) = people::digits(to) else {
            tracing::warn!("a change to what is no number was not taken in");
            return Ok(());
        };
        let happening = Happening {
            at,
            actor: people::META.to_owned(),
            account: account.to_owned(),
            subject: phone_text(to),
            what: "contact.number_changed".to_owned(),
            text: format!(
                "{} has the number {} now: held until somebody acknowledges it",
                people::address(person),
                phone_text(to)
            ),
            detail: json!({ "from": people::address(person), "to": phone_text(to) }),
        };
        if !self.announce(&happening)? {
            return Ok(());
        }
        let old = people::find(self.connection, person)?;
        let old_phone = match old {
            Some(old) => people::get(self.connection, old)?.phone,
            None => None,
        };
        let contact = self.move_to(old, to)?;
        if let Some(old_phone) = old_phone.filter(|phone| *phone != to) {
            let left = people::make(self.connection, Some(old_phone), None)?;
            let reason = format!("whose number it was has {} now", phone_text(to));
            people::hold(self.connection, account, left, at, None, &reason)?;
        }
        let reason = format!("{} moved to this number", people::address(person));
        people::hold(self.connection, account, contact, at, None, &reason)?;
        Ok(())
    }

    fn move_to(&self, old: Option<i64>, to: i64) -> Work<i64> {
        let new = people::by_digits(self.connection, to)?;
        let Some(old) = old.filter(|old| Some(*old) != new) else {
            return match new {
                Some(new) => Ok(new),
                None => people::make(self.connection, Some(to), None),
            };
        };
        // What Meta called the old number is not what it calls the new one.
        let mut statement = self
            .connection
            .prepare_cached("UPDATE contact SET wa_id = NULL WHERE id = ?1")?;
        statement.execute([old])?;
        if let Some(new) = new {
            merge::merge(self.connection, old, new, self.now)?;
            return Ok(new);
        }
        let mut statement = self
            .connection
            .prepare_cached("UPDATE contact SET phone = ?2 WHERE id = ?1")?;
        statement.execute([old, to])?;
        Ok(old)
    }

    /// Keys a person anew whose business-scoped id is another.
    pub(super) fn user_id_changed(
        &mut self,
        account: &str,
        person: &Person,
        at: Timestamp,
        to: &str,
    ) -> Work<()> {
        let other = people::by_user_id(self.connection, to)?;
        let contact = match people::find(self.connection, person)? {
            Some(contact) => contact,
            None => match other {
                Some(other) => other,
                None => people::make(
                    self.connection,
                    person.wa_id.as_deref().and_then(people::digits),
                    Some(to),
                )?,
            },
        };
        let without_number = people::get(self.connection, contact)?.phone.is_none();
        let contact = match other {
            Some(other) if other != contact && without_number => {
                merge::merge(self.connection, contact, other, self.now)?;
                other
            }
            _ => {
                people::learn_user_id(self.connection, contact, to, self.now)?;
                contact
            }
        };
        let happening = Happening {
            at,
            actor: people::META.to_owned(),
            account: account.to_owned(),
            subject: self.called(contact)?,
            what: "contact.user_id_changed".to_owned(),
            text: "The customer's business-scoped id is another".to_owned(),
            detail: json!({ "from": person.user_id, "to": to }),
        };
        self.announce(&happening).map(drop)
    }

    /// Finds a person or makes a contact of them.
    pub(super) fn somebody(&self, person: &Person) -> Work<Option<i64>> {
        let contact = people::find_or_make(self.connection, person, self.now)?;
        if contact.is_none() {
            tracing::warn!("a webhook tells of somebody and does not say of whom");
        }
        Ok(contact)
    }

    /// What a contact is called where happenings are told.
    fn called(&self, contact: i64) -> Work<String> {
        let contact = people::get(self.connection, contact)?;
        Ok(contact
            .phone
            .map(phone_text)
            .or(contact.user_id)
            .unwrap_or_default())
    }
}
