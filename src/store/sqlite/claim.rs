//! Claiming: the rows that say "this contact is being messaged", written before any request leaves.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Row, params};

use super::attempt_id::{self, Subject};
use super::campaigns::{self, Known};
use super::codes::{At, AttemptState, phone_text, zones};
use super::compare::LastSent;
use super::error::Work;
use super::store::Core;
use super::{halts, locks, standing, state, waiting};
use crate::store::{
    CampaignState, Candidate, Claim, ClaimRequest, Claimed, ContactState, Outcome, Result, Verdict,
};

/// The step that a message by WhatsApp is.
const STEP: &str = "whatsapp";
/// Candidates that are read at a time.
const PAGE: u32 = 512;
/// Candidates that one transaction looks at: others write, too.
const LOOKED_AT: u32 = 16 * PAGE;

/// Claims a batch. Where many are looked at before the first is claimed, the looking spreads over several transactions.
pub(super) async fn claim(core: &Arc<Core>, request: ClaimRequest) -> Result<Claimed> {
    let mut round = Round {
        request,
        after: (i64::MIN, i64::MIN),
        claimed: Claimed::default(),
        finished: false,
    };
    while !round.finished {
        round = core
            .write(move |connection| {
                round.go_on(connection)?;
                Ok(round)
            })
            .await?;
    }
    Ok(round.claimed)
}

struct Round {
    request: ClaimRequest,
    /// Due time and contact of the last that was looked at.
    after: (i64, i64),
    claimed: Claimed,
    finished: bool,
}

/// A candidate and what a claim needs of it.
struct Due {
    contact: i64,
    due_at: i64,
    counted: u32,
    phone: i64,
    language: String,
    zones: String,
    variables: String,
    latest: u32,
    suppressed: bool,
    held: bool,
}

impl Round {
    fn go_on(&mut self, connection: &Connection) -> Work<()> {
        let now = self.request.now;
        locks::check_lease(connection, &self.request.lease, now)?;
        state::see_time(connection, now)?;
        let known = campaigns::get(connection, &self.request.account, &self.request.campaign)?;
        if known.record.state != CampaignState::Running || standing::has_ended(&known.record, now) {
            self.finished = true;
            return Ok(());
        }
        self.claimed.halted = halts::holding(
            connection,
            &self.request.account,
            &self.request.lease.number,
            &self.request.template,
            &self.request.campaign,
            now,
        )?;
        if self.claimed.halted.is_some() {
            self.finished = true;
            return Ok(());
        }
        let mut looked_at = 0;
        if known.record.starts_at <= now {
            let ledger = state::ledger(connection)?.id;
            let mut desk = Desk::new(connection, &known, &ledger, &self.request.account)?;
            while looked_at < LOOKED_AT && self.claimed.claims.len() < self.request.max {
                let page = self.page(connection, known.id)?;
                if page.is_empty() {
                    self.finished = true;
                    break;
                }
                for due in page {
                    if self.claimed.claims.len() == self.request.max {
                        break;
                    }
                    looked_at += 1;
                    self.after = (due.due_at, due.contact);
                    self.look_at(&mut desk, due)?;
                }
            }
        } else {
            self.finished = true;
        }
        if self.finished {
            self.claimed.next_due = standing::next_due(connection, &known, now)?;
        }
        // What is claimed is handed out with the transaction that claimed it, however much is left to look at.
        if !self.finished && !self.claimed.claims.is_empty() {
            self.claimed.unfinished = self.claimed.claims.len() < self.request.max;
            self.finished = true;
        }
        self.finished |= self.request.max == 0;
        Ok(())
    }

    fn page(&self, connection: &Connection, campaign: i64) -> Work<Vec<Due>> {
        let mut statement = connection.prepare_cached(
            "SELECT m.contact, m.due_at, m.counted, c.phone, v.language, v.zones, v.variables,
                    (SELECT coalesce(max(a.number), 0) FROM attempt a
                     WHERE a.contact = m.contact AND a.campaign = m.campaign),
                    EXISTS (SELECT 1 FROM suppressed x WHERE x.contact = m.contact AND x.account = ?5),
                    EXISTS (SELECT 1 FROM identity i
                            WHERE i.contact = m.contact AND i.account = ?5 AND i.acknowledged_at IS NULL)
             FROM member m INDEXED BY member_due
             JOIN contact c ON c.id = m.contact
             JOIN member_values v ON v.campaign = m.campaign AND v.contact = m.contact
             WHERE m.campaign = ?1 AND m.state < 2 AND m.due_at <= ?2 AND (m.due_at, m.contact) > (?3, ?4)
             ORDER BY m.due_at, m.contact LIMIT ?6",
        )?;
        let wanted = self.request.max - self.claimed.claims.len();
        let rows = statement.query_map(
            params![
                campaign,
                At(self.request.now),
                self.after.0,
                self.after.1,
                self.request.account,
                u32::try_from(wanted).unwrap_or(PAGE).clamp(16, PAGE),
            ],
            due,
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn look_at(&mut self, desk: &mut Desk<'_>, due: Due) -> Work<()> {
        let request = &mut self.request;
        if due.counted >= desk.max_attempts {
            return desk.give_up(due.contact);
        }
        if desk.is_locked(due.contact)? {
            self.claimed.locked += 1;
            return desk.wait(due.contact);
        }
        let last = desk.sent.to(Some(due.contact), &request.template)?;
        let candidate = Candidate {
            phone: phone_text(due.phone),
            zones: zones(&due.zones),
            attempt: due.latest + 1,
            last_same_template: last.same_template,
            last_any_template: last.any_template,
            suppressed: due.suppressed,
            held: due.held,
        };
        match (request.decide)(&candidate) {
            Verdict::Claim => {
                let claim = desk.claim(request, due, candidate)?;
                self.claimed.claims.push(claim);
            }
            Verdict::Postpone(until) if until > request.now => {
                desk.postpone(due.contact, until)?;
                self.claimed.postponed += 1;
            }
            Verdict::Skip(reason) => {
                desk.skip(due.contact, &reason)?;
                self.claimed.skipped += 1;
            }
            // What is postponed to a time that has passed is left as it is.
            Verdict::Postpone(_) | Verdict::Pass => {}
        }
        Ok(())
    }
}

fn due(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        contact: row.get(0)?,
        due_at: row.get(1)?,
        counted: row.get(2)?,
        phone: row.get(3)?,
        language: row.get(4)?,
        zones: row.get(5)?,
        variables: row.get(6)?,
        latest: row.get(7)?,
        suppressed: row.get(8)?,
        held: row.get(9)?,
    })
}

/// The statements that decide candidates.
struct Desk<'c> {
    connection: &'c Connection,
    /// The account has other campaigns: their interactions hold contacts back.
    shared: bool,
    ledger: &'c str,
    account: &'c str,
    campaign_name: &'c str,
    campaign: i64,
    max_attempts: u32,
    sent: LastSent<'c>,
    attempt: CachedStatement<'c>,
    claimed: CachedStatement<'c>,
    postponed: CachedStatement<'c>,
    closed: CachedStatement<'c>,
}

impl<'c> Desk<'c> {
    fn new(
        connection: &'c Connection,
        campaign: &'c Known,
        ledger: &'c str,
        account: &str,
    ) -> Work<Self> {
        Ok(Self {
            connection,
            shared: campaigns::ids(connection, account)?.len() > 1,
            ledger,
            account: &campaign.record.account,
            campaign_name: &campaign.record.name,
            campaign: campaign.id,
            max_attempts: campaign.record.max_attempts,
            sent: LastSent::new(connection, account)?,
            attempt: connection.prepare_cached(
                "INSERT INTO attempt (contact, campaign, number, id, state, template, sender, fence, worker, claimed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            claimed: connection.prepare_cached(
                "UPDATE member SET state = ?3, due_at = NULL, counted = counted + 1, attempt = ?4, delivery = 0
                 WHERE campaign = ?1 AND contact = ?2",
            )?,
            postponed: connection.prepare_cached(
                "UPDATE member SET due_at = ?3 WHERE campaign = ?1 AND contact = ?2",
            )?,
            closed: connection.prepare_cached(
                "UPDATE member SET state = ?3, outcome = ?4, reason = ?5, passing = ?6, due_at = NULL
                 WHERE campaign = ?1 AND contact = ?2",
            )?,
        })
    }

    fn claim(&mut self, request: &ClaimRequest, due: Due, candidate: Candidate) -> Work<Claim> {
        let id = attempt_id::of(&Subject {
            ledger: self.ledger,
            account: self.account,
            campaign: self.campaign_name,
            contact: due.contact,
            step: STEP,
            number: candidate.attempt,
        });
        self.attempt.execute(params![
            due.contact,
            self.campaign,
            candidate.attempt,
            id,
            AttemptState::InFlight,
            request.template,
            request.lease.number,
            request.lease.fence,
            request.worker,
            At(request.now),
        ])?;
        self.claimed.execute(params![
            self.campaign,
            due.contact,
            ContactState::InFlight,
            candidate.attempt
        ])?;
        Ok(Claim {
            attempt_id: hex::encode(id),
            tag: attempt_id::Tag {
                ledger: self.ledger.to_owned(),
                campaign: self.campaign,
                contact: due.contact,
                number: candidate.attempt,
                id,
            }
            .to_string(),
            phone: candidate.phone,
            language: due.language,
            variables: serde_json::from_str(&due.variables)?,
            attempt: candidate.attempt,
            counted: due.counted + 1,
        })
    }

    fn postpone(&mut self, contact: i64, until: Timestamp) -> Work<()> {
        self.postponed
            .execute(params![self.campaign, contact, At(until)])?;
        Ok(())
    }

    fn is_locked(&self, contact: i64) -> Work<bool> {
        Ok(self.shared
            && waiting::is_locked(self.connection, self.account, contact, self.campaign)?)
    }

    fn wait(&self, contact: i64) -> Work<()> {
        waiting::wait(self.connection, self.campaign, contact)
    }

    fn skip(&mut self, contact: i64, reason: &str) -> Work<()> {
        self.close(contact, Outcome::Skipped, Some(reason), false)
    }

    /// Closes a contact for want of attempts.
    fn give_up(&mut self, contact: i64) -> Work<()> {
        self.close(contact, Outcome::Failed, None, true)
    }

    fn close(
        &mut self,
        contact: i64,
        outcome: Outcome,
        reason: Option<&str>,
        passing: bool,
    ) -> Work<()> {
        self.closed.execute(params![
            self.campaign,
            contact,
            ContactState::Closed,
            outcome,
            reason,
            passing,
        ])?;
        Ok(())
    }
}
