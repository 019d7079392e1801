//! Statuses: whose message each is of, and what it changes there.
//!
//! A message of ours carries a tag, which names its row. Where Meta leaves that out the message's id is looked for among
//! those of the person, then among the replies. What is nobody's waits as an orphan for the answer to our own request, which
//! may be slower than the status.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::attempt_id::Tag;
use super::codes::{At, ErrandState, Reached};
use super::deliveries::{self, Attempt, News, Told, Word};
use super::error::Work;
use super::events::Desk;
use super::{errands, halts, merge, people};
use crate::store::{DeliveryStatus, Failure, Halt, HaltCause, Happening, Ran, Receipt, Scope};

/// How long a status waits for its message. Meta tells of a message again for seven days at most.
/// Source: Meta's webhook documentation, September 2026.
const PATIENCE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many orphans one intake forgets: the rest can wait for the next.
const PURGED: u32 = 100;

pub(super) const ERRAND_BY_MESSAGE: &str =
    "SELECT id FROM errand INDEXED BY errand_message WHERE message_id = ?1";
pub(super) const ERRAND: &str = "SELECT state, delivery FROM errand WHERE id = ?1";
pub(super) const ORPHANS_OF: &str =
    "SELECT status, at FROM orphan WHERE message_id = ?1 AND status <> 0";
pub(super) const KNOWN_FAILURES: &str = "SELECT contact, message_id, at, code, reason FROM orphan INDEXED BY orphan_known WHERE contact IS NOT NULL";
pub(super) const OLD_ORPHANS: &str = "DELETE FROM orphan WHERE (message_id, status) IN (
     SELECT message_id, status FROM orphan INDEXED BY orphan_received WHERE received < ?1 LIMIT ?2)";

/// Whose message a status is of.
enum Owner {
    Attempt(Box<Attempt>),
    Errand(i64),
    Nobody,
    /// Ours, by its tag, and yet this ledger knows nothing of it.
    Lost,
}

impl Desk<'_> {
    pub(super) fn receipt(&mut self, account: &str, receipt: &Receipt) -> Work<()> {
        let told = match self.owner(receipt)? {
            Owner::Attempt(attempt) => self.tell_attempt(&attempt, receipt)?,
            Owner::Errand(id) => self.tell_errand(id, receipt)?,
            Owner::Nobody => {
                let news = keep_orphan(self.connection, account, receipt, self.now)?;
                self.taken.orphans += u64::from(news);
                self.taken.duplicates += u64::from(!news);
                return Ok(());
            }
            Owner::Lost => {
                self.stop_older_copy(account, receipt)?;
                self.taken.orphans += 1;
                return Ok(());
            }
        };
        self.taken.receipts += u64::from(told.news);
        self.taken.duplicates += u64::from(!told.news);
        self.taken.wakes |= told.wakes;
        Ok(())
    }

    fn owner(&self, receipt: &Receipt) -> Work<Owner> {
        match receipt.tag.as_deref() {
            Some(tag) if tag.starts_with(&self.ledger) => self.owner_by_tag(tag, receipt),
            _ => self.owner_by_message(receipt),
        }
    }

    fn owner_by_tag(&self, tag: &str, receipt: &Receipt) -> Work<Owner> {
        if let Some(tag) = errands::Tag::parse(tag) {
            let mut statement = self.connection.prepare_cached(ERRAND)?;
            let known = statement.exists([tag.id])?;
            return Ok(if known {
                Owner::Errand(tag.id)
            } else {
                Owner::Lost
            });
        }
        let Some(tag) = Tag::parse(tag) else {
            return self.owner_by_message(receipt);
        };
        let find = || {
            let contact = merge::resolve(self.connection, tag.contact)?;
            Attempt::by_id(self.connection, contact, tag.campaign, tag.id)
        };
        let Some(attempt) = find()? else {
            return Ok(Owner::Lost);
        };
        let learnt = people::learn(self.connection, attempt.contact, &receipt.person, self.now)?;
        let attempt = if learnt.merged {
            find()?
        } else {
            Some(attempt)
        };
        Ok(owned(attempt))
    }

    fn owner_by_message(&self, receipt: &Receipt) -> Work<Owner> {
        let id = &receipt.message_id;
        if let Some(contact) = people::find(self.connection, &receipt.person)?
            && Attempt::by_message(self.connection, contact, id)?.is_some()
        {
            let contact =
                people::learn(self.connection, contact, &receipt.person, self.now)?.contact;
            let attempt = Attempt::by_message(self.connection, contact, id)?;
            return Ok(owned(attempt));
        }
        let mut statement = self.connection.prepare_cached(ERRAND_BY_MESSAGE)?;
        let errand = statement.query_row([id], |row| row.get(0)).optional()?;
        Ok(errand.map_or(Owner::Nobody, Owner::Errand))
    }

    fn tell_attempt(&mut self, attempt: &Attempt, receipt: &Receipt) -> Work<Told> {
        let unexplained = unexplained();
        let failure = receipt.failure.as_ref().unwrap_or(&unexplained);
        let news = News {
            message_id: &receipt.message_id,
            at: receipt.at,
            word: match receipt.status {
                DeliveryStatus::Sent => Word::Sent,
                DeliveryStatus::Delivered => Word::Delivered,
                DeliveryStatus::Read => Word::Read,
                DeliveryStatus::Failed => Word::Failed(failure, &mut *self.clerk),
            },
            pricing: receipt.pricing.as_ref(),
            identity_hash: receipt.identity_hash.as_deref(),
        };
        deliveries::tell(self.connection, attempt, news, self.now)
    }

    /// A reply moves forward only, as an attempt does; one whose answer was lost is settled by what is told of it.
    fn tell_errand(&mut self, id: i64, receipt: &Receipt) -> Work<Told> {
        let mut statement = self.connection.prepare_cached(ERRAND)?;
        let (state, before): (ErrandState, Reached) =
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let after = reached(receipt.status);
        if rank(after) <= rank(before) {
            return Ok(Told::default());
        }
        let unexplained = unexplained();
        let failure = receipt.failure.as_ref().unwrap_or(&unexplained);
        let failed = after == Reached::Failed;
        if matches!(
            state,
            ErrandState::Waiting | ErrandState::InFlight | ErrandState::Uncertain
        ) {
            let ran = Ran::Done {
                message_id: Some(receipt.message_id.clone()),
            };
            errands::settle(self.connection, id, receipt.at, &ran)?;
        }
        let mut statement = self.connection.prepare_cached(
            "UPDATE errand SET state = ?2, delivery = ?3, code = ?4, reason = ?5 WHERE id = ?1",
        )?;
        statement.execute(params![
            id,
            if failed {
                ErrandState::Failed
            } else {
                ErrandState::Done
            },
            after,
            if failed { failure.code } else { None },
            failed.then_some(&failure.reason),
        ])?;
        // The next of its lane may go.
        let wakes = matches!(state, ErrandState::Waiting | ErrandState::InFlight);
        Ok(Told { news: true, wakes })
    }

    /// Halts an account whose ledger is an older copy: it would message people again of whom it has forgotten that they were.
    fn stop_older_copy(&mut self, account: &str, receipt: &Receipt) -> Work<()> {
        let reason = format!(
            "a status came for the message {}, which carries this ledger's name and which this ledger does not know: it is \
             an older copy of the one that sent it, and would message people a second time. Bring the newer one back, or \
             say with `waform resume` that sending twice is accepted",
            receipt.message_id
        );
        let halt = Halt {
            account: account.to_owned(),
            scope: Scope::Account,
            subject: account.to_owned(),
            cause: HaltCause::Restored,
            code: None,
            reason: reason.clone(),
            since: self.now,
            until: None,
            actor: people::META.to_owned(),
        };
        if halts::put(self.connection, &halt)? {
            // The halt has said so itself; whoever is notified has not heard it yet.
            self.notify(&Happening {
                at: self.now,
                actor: people::META.to_owned(),
                account: account.to_owned(),
                subject: format!("account.{account}"),
                what: "account.halted".to_owned(),
                text: format!("Sending is halted: {reason}"),
                detail: json!({ "cause": HaltCause::Restored, "message_id": receipt.message_id }),
            })?;
        }
        Ok(())
    }

    /// Judges the failures that were told of before our own request was answered: only an intake knows how.
    pub(super) fn judge_known_failures(&mut self) -> Work<()> {
        for orphan in known_failures(self.connection)? {
            let contact = merge::resolve(self.connection, orphan.contact)?;
            let attempt = Attempt::by_message(self.connection, contact, &orphan.message_id)?;
            if let Some(attempt) = attempt {
                let news = News {
                    message_id: &orphan.message_id,
                    at: orphan.at,
                    word: Word::Failed(&orphan.failure, &mut *self.clerk),
                    pricing: None,
                    identity_hash: None,
                };
                let told = deliveries::tell(self.connection, &attempt, news, self.now)?;
                self.taken.receipts += u64::from(told.news);
                self.taken.wakes |= told.wakes;
            }
            let mut statement = self
                .connection
                .prepare_cached("DELETE FROM orphan WHERE message_id = ?1 AND status = ?2")?;
            statement.execute(params![orphan.message_id, DeliveryStatus::Failed])?;
        }
        Ok(())
    }
}

fn owned(attempt: Option<Attempt>) -> Owner {
    attempt.map_or(Owner::Nobody, |attempt| Owner::Attempt(Box::new(attempt)))
}

fn unexplained() -> Failure {
    Failure {
        code: None,
        reason: "Meta gave no reason".to_owned(),
    }
}

fn reached(status: DeliveryStatus) -> Reached {
    match status {
        DeliveryStatus::Failed => Reached::Failed,
        DeliveryStatus::Sent => Reached::Sent,
        DeliveryStatus::Delivered => Reached::Delivered,
        DeliveryStatus::Read => Reached::Read,
    }
}

/// How far a message has got: one that failed was sent, perhaps, and was not delivered.
fn rank(reached: Reached) -> u8 {
    match reached {
        Reached::Nothing => 0,
        Reached::Accepted => 1,
        Reached::Sent => 2,
        Reached::Failed => 3,
        Reached::Delivered => 4,
        Reached::Read => 5,
    }
}

/// Keeps a status until its message is known; whether it was news.
fn keep_orphan(
    connection: &Connection,
    account: &str,
    receipt: &Receipt,
    now: Timestamp,
) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO orphan (message_id, status, account, at, received, code, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (message_id, status) DO UPDATE SET at = excluded.at, code = excluded.code, reason = excluded.reason
             WHERE excluded.at < at",
    )?;
    let failure = receipt.failure.as_ref();
    let kept = statement.execute(params![
        receipt.message_id,
        receipt.status,
        account,
        At(receipt.at),
        At(now),
        failure.and_then(|failure| failure.code),
        failure.map(|failure| &failure.reason),
    ])?;
    Ok(kept > 0)
}

/// Forgets statuses whose message nobody will tell of any more.
pub(super) fn forget_orphans(connection: &Connection, now: Timestamp) -> Work<()> {
    let before = now.saturating_sub(PATIENCE).unwrap_or(Timestamp::MIN);
    let mut statement = connection.prepare_cached(OLD_ORPHANS)?;
    statement.execute(params![At(before), PURGED])?;
    Ok(())
}

/// Gives an attempt whose message's id is known now the statuses that came before. A failure is left for the next intake,
/// whose clerk knows what it means.
pub(super) fn adopt(
    connection: &Connection,
    (contact, campaign, number): (i64, i64, u32),
    message_id: &str,
    now: Timestamp,
) -> Work<()> {
    let mut statement = connection.prepare_cached(ORPHANS_OF)?;
    let words = statement
        .query_map([message_id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(DeliveryStatus, At)>>>()?;
    for (status, At(at)) in words {
        let word = match status {
            DeliveryStatus::Sent => Word::Sent,
            DeliveryStatus::Delivered => Word::Delivered,
            DeliveryStatus::Read => Word::Read,
            DeliveryStatus::Failed => continue,
        };
        if let Some(attempt) = Attempt::by_number(connection, contact, campaign, number)? {
            let news = News {
                message_id,
                at,
                word,
                pricing: None,
                identity_hash: None,
            };
            deliveries::tell(connection, &attempt, news, now)?;
        }
    }
    let mut forget =
        connection.prepare_cached("DELETE FROM orphan WHERE message_id = ?1 AND status <> 0")?;
    forget.execute([message_id])?;
    let mut known = connection
        .prepare_cached("UPDATE orphan SET contact = ?2 WHERE message_id = ?1 AND status = 0")?;
    known.execute(params![message_id, contact])?;
    Ok(())
}

/// A failure that was told of before its message was known.
struct KnownFailure {
    contact: i64,
    message_id: String,
    at: Timestamp,
    failure: Failure,
}

fn known_failures(connection: &Connection) -> Work<Vec<KnownFailure>> {
    let mut statement = connection.prepare_cached(KNOWN_FAILURES)?;
    let known = statement.query_map([], |row| {
        let unexplained = unexplained();
        Ok(KnownFailure {
            contact: row.get(0)?,
            message_id: row.get(1)?,
            at: row.get::<_, At>(2)?.0,
            failure: Failure {
                code: row.get(3)?,
                reason: row
                    .get::<_, Option<String>>(4)?
                    .unwrap_or(unexplained.reason),
            },
        })
    })?;
    Ok(known.collect::<rusqlite::Result<_>>()?)
}
