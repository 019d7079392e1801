//! Where webhooks become what the ledger knows: one transaction an intake, in which its webhooks are forgotten, too.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::codes::At;
use super::error::Work;
use super::store::Sqlite;
use super::{errands, halts, happenings, inbox, receipts, state};
use crate::store::{
    Answer, Clerk, Events, Fact, Halt, Happening, Intake, Lift, NewErrand, TakenIn,
};

pub(super) const TOLD_BEFORE: &str = "SELECT 1 FROM happening INDEXED BY happening_subject
     WHERE account = ?1 AND subject = ?2 AND at = ?3 AND what = ?4 AND detail = ?5";
pub(super) const LATEST: &str = "SELECT at FROM happening INDEXED BY happening_subject
     WHERE account = ?1 AND subject = ?2 AND substr(what, 1, instr(what || '.', '.')) = ?3
       AND (acts = 1 OR what LIKE '%.lifted')
     ORDER BY at DESC LIMIT 1";

impl Events for Sqlite {
    fn take_in(&self, intake: Intake) -> Answer<'_, TakenIn> {
        Box::pin(self.0.write(move |connection| take_in(connection, intake)))
    }
}

/// Whoever takes facts in.
pub(super) struct Desk<'c> {
    pub(super) connection: &'c Connection,
    pub(super) clerk: Box<dyn Clerk>,
    /// The ledger's id, with which the tags of its messages begin.
    pub(super) ledger: String,
    pub(super) now: Timestamp,
    pub(super) taken: TakenIn,
}

fn take_in(connection: &Connection, intake: Intake) -> Work<TakenIn> {
    let Intake {
        sources,
        now,
        facts,
        dead,
        clerk,
    } = intake;
    state::see_time(connection, now)?;
    let mut desk = Desk {
        connection,
        clerk,
        ledger: state::ledger(connection)?.id,
        now,
        taken: TakenIn::default(),
    };
    desk.judge_known_failures()?;
    for (account, fact) in &facts {
        desk.take(account, fact)?;
    }
    for dead in &dead {
        inbox::bury(connection, dead)?;
    }
    inbox::forget(connection, &sources)?;
    receipts::forget_orphans(connection, now)?;
    Ok(desk.taken)
}

impl Desk<'_> {
    fn take(&mut self, account: &str, fact: &Fact) -> Work<()> {
        match fact {
            Fact::Receipt(receipt) => self.receipt(account, receipt),
            Fact::Inbound(inbound) => self.inbound(account, inbound),
            Fact::Preference {
                person,
                at,
                stop,
                source,
            } => self.preference(account, person, *at, *stop, source),
            Fact::IdentityChanged { person, at, hash } => {
                self.identity_changed(account, person, *at, hash.as_deref())
            }
            Fact::NumberChanged { person, at, to } => self.number_changed(account, person, *at, to),
            Fact::UserIdChanged { person, at, to } => {
                self.user_id_changed(account, person, *at, to)
            }
            Fact::Happened {
                happening,
                halt,
                lifts,
            } => self.happened(happening, halt.as_ref(), lifts),
        }
    }

    /// Records what happened to a template, a number or the account. What would halt or lift, and is older than something of
    /// the same subject that did, is recorded alone: webhooks come in any order, and an old pause must not undo a new
    /// approval, nor what a person has resumed since. Other news, of quality or category, say nothing about that.
    fn happened(&mut self, happening: &Happening, halt: Option<&Halt>, lifts: &[Lift]) -> Work<()> {
        let acts = halt.is_some() || !lifts.is_empty();
        let latest = latest(self.connection, happening)?;
        if !self.announce_as(happening, acts)? || latest.is_some_and(|latest| latest > happening.at)
        {
            return Ok(());
        }
        if let Some(halt) = halt {
            halts::put(self.connection, halt)?;
        }
        for Lift {
            scope,
            subject,
            cause,
        } in lifts
        {
            self.taken.wakes |= halts::lift_one(
                self.connection,
                &happening.account,
                *scope,
                subject,
                *cause,
                &happening.actor,
                happening.at,
            )?;
        }
        Ok(())
    }

    /// Records what happened and tells whoever is notified; false where it was told before.
    pub(super) fn announce(&mut self, happening: &Happening) -> Work<bool> {
        self.announce_as(happening, false)
    }

    fn announce_as(&mut self, happening: &Happening, acts: bool) -> Work<bool> {
        if self.was_told(happening)? {
            self.taken.duplicates += 1;
            return Ok(false);
        }
        happenings::insert_as(self.connection, happening, acts)?;
        self.notify(happening)?;
        Ok(true)
    }

    /// Whether this very thing is recorded already.
    pub(super) fn was_told(&self, happening: &Happening) -> Work<bool> {
        let Happening {
            at,
            account,
            subject,
            what,
            detail,
            ..
        } = happening;
        let mut statement = self.connection.prepare_cached(TOLD_BEFORE)?;
        Ok(statement.exists(params![account, subject, At(*at), what, detail.to_string()])?)
    }

    /// Keeps the errands that tell of something.
    pub(super) fn notify(&mut self, happening: &Happening) -> Work<()> {
        let errands = self.clerk.tell(&happening.account, happening);
        self.keep(&happening.account, &errands)
    }

    pub(super) fn keep(&mut self, account: &str, errands: &[NewErrand]) -> Work<()> {
        for errand in errands {
            let kept = errands::insert(self.connection, account, errand, self.now)?;
            self.taken.errands += u64::from(kept);
            self.taken.wakes |= kept;
        }
        Ok(())
    }
}

/// Returns when the same subject was last halted or freed by what happened to it. That a halt was put is no event of its own;
/// that one was lifted may be a person's doing.
fn latest(connection: &Connection, happening: &Happening) -> Work<Option<Timestamp>> {
    let Happening {
        account,
        subject,
        what,
        ..
    } = happening;
    let area = what.split_once('.').map_or(what.as_str(), |(area, _)| area);
    let mut statement = connection.prepare_cached(LATEST)?;
    let latest = statement.query_row(params![account, subject, format!("{area}.")], |row| {
        row.get::<_, At>(0)
    });
    Ok(latest.optional()?.map(|At(at)| at))
}
