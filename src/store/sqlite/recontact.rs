//! Recontact: a template to those who wrote to a campaign and whose service window has closed.
//!
//! It is an attempt of the campaign like any other, at a step of its own: gaps and limits count it, a dead worker's becomes
//! uncertain. Where the contact stands in the campaign is another matter, and stays.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Row, params};

use super::attempt_id::{self, Subject, Tag};
use super::campaigns::{self, Known};
use super::codes::{At, AttemptState, count as counted, phone_text, zones};
use super::compare::LastSent;
use super::error::Work;
use super::{halts, locks, state};
use crate::store::{CampaignState, Candidate, Claim, RecontactRequest, SERVICE_WINDOW, Verdict};

/// The step's name in an attempt's id.
const STEP: &str = "recontact";
/// Candidates that are read at a time.
const PAGE: u32 = 512;

/// Those who wrote since the campaign last messaged them and may not be written to freely any more, in the order in which
/// they wrote. Each person is met once, at the latest of their windows. Meta tells times in seconds, so that an answer
/// within the second in which it was sent to seems older.
///
/// ?1 the campaign, ?2 the account, ?3 the latest message of theirs that lies outside of the window, ?4 the number that
/// would send (where it is null, the one that last did), ?5 and ?6 the message and the contact after which to go on.
const ELIGIBLE: &str = "
    FROM service_window w INDEXED BY service_window_last
    CROSS JOIN member m ON m.campaign = ?1 AND m.contact = w.contact
    CROSS JOIN contact c ON c.id = w.contact AND c.phone IS NOT NULL
    CROSS JOIN member_values v ON v.campaign = ?1 AND v.contact = w.contact
    CROSS JOIN attempt a ON a.contact = w.contact AND a.campaign = ?1
        AND a.number = (SELECT max(l.number) FROM attempt l
                        WHERE l.contact = w.contact AND l.campaign = ?1 AND l.state <> 4)
    WHERE w.account = ?2 AND (w.last_inbound_at, w.contact) > (?5, ?6)
      AND NOT EXISTS (SELECT 1 FROM service_window o
                      WHERE o.contact = w.contact AND o.account = ?2
                        AND (o.last_inbound_at, o.number) > (w.last_inbound_at, w.number))
      AND NOT EXISTS (SELECT 1 FROM service_window o
                      WHERE o.contact = w.contact AND o.account = ?2 AND o.number = coalesce(?4, a.sender)
                        AND o.last_inbound_at > ?3)
      AND EXISTS (SELECT 1 FROM inbound i
                  WHERE i.contact = w.contact AND i.at > a.claimed_at - 1000000 AND i.account = ?2)
      AND EXISTS (SELECT 1 FROM attempt s
                  WHERE s.contact = w.contact AND s.campaign = ?1 AND s.step = 0 AND s.state IN (1, 3))
      AND NOT EXISTS (SELECT 1 FROM attempt b
                      CROSS JOIN campaign k ON k.id = b.campaign
                      CROSS JOIN member n ON n.campaign = b.campaign AND n.contact = b.contact
                      WHERE b.contact = w.contact AND b.campaign <> ?1 AND k.account = ?2 AND n.state IN (2, 3, 4))
      AND NOT EXISTS (SELECT 1 FROM suppressed x WHERE x.contact = w.contact AND x.account = ?2)
      AND NOT EXISTS (SELECT 1 FROM identity h
                      WHERE h.contact = w.contact AND h.account = ?2 AND h.acknowledged_at IS NULL)";

fn page() -> String {
    format!(
        "SELECT w.contact, w.last_inbound_at, c.phone, v.language, v.zones, v.variables, m.counted,
             (SELECT max(l.number) FROM attempt l WHERE l.contact = w.contact AND l.campaign = ?1)
         {ELIGIBLE} ORDER BY w.last_inbound_at, w.contact LIMIT ?7"
    )
}

fn total() -> String {
    format!("SELECT count(*) {ELIGIBLE}")
}

/// Returns the latest time of a message whose window has closed.
fn outside(now: Timestamp) -> At {
    At(now.saturating_sub(SERVICE_WINDOW).unwrap_or(Timestamp::MIN))
}

pub(super) fn count(
    connection: &Connection,
    account: &str,
    campaign: &str,
    now: Timestamp,
) -> Work<u64> {
    let known = campaigns::get(connection, account, campaign)?;
    if known.record.state != CampaignState::Running {
        return Ok(0);
    }
    let mut statement = connection.prepare_cached(&total())?;
    let parameters = params![
        known.id,
        account,
        outside(now),
        None::<String>,
        At(known.record.first_applied_at),
        i64::MIN,
    ];
    Ok(counted(statement.query_row(parameters, |row| row.get(0))?))
}

pub(super) fn claim(connection: &Connection, request: &mut RecontactRequest) -> Work<Vec<Claim>> {
    locks::check_lease(connection, &request.lease, request.now)?;
    state::see_time(connection, request.now)?;
    let known = campaigns::get(connection, &request.account, &request.campaign)?;
    if known.record.state != CampaignState::Running || is_halted(connection, request)? {
        return Ok(Vec::new());
    }
    let ledger = state::ledger(connection)?.id;
    let mut desk = Desk::new(connection, &known, &ledger)?;
    let mut after = (At(known.record.first_applied_at), i64::MIN);
    let mut claims = Vec::new();
    // A page is read whole before anything is written: what is claimed is eligible no more.
    while claims.len() < request.max {
        let page = eligible(connection, &known, request, after)?;
        let Some(last) = page.last() else { break };
        after = (last.wrote_at, last.contact);
        for person in page {
            if claims.len() == request.max {
                break;
            }
            claims.extend(desk.look_at(request, person)?);
        }
    }
    Ok(claims)
}

fn is_halted(connection: &Connection, request: &RecontactRequest) -> Work<bool> {
    let RecontactRequest {
        account,
        campaign,
        template,
        now,
        lease,
        ..
    } = request;
    let halt = halts::holding(connection, account, &lease.number, template, campaign, *now)?;
    Ok(halt.is_some())
}

/// Somebody who could be claimed.
struct Eligible {
    contact: i64,
    wrote_at: At,
    phone: i64,
    language: String,
    zones: String,
    variables: String,
    counted: u32,
    latest: u32,
}

fn eligible(
    connection: &Connection,
    campaign: &Known,
    request: &RecontactRequest,
    (wrote_at, contact): (At, i64),
) -> Work<Vec<Eligible>> {
    let mut statement = connection.prepare_cached(&page())?;
    let parameters = params![
        campaign.id,
        request.account,
        outside(request.now),
        request.lease.number,
        wrote_at,
        contact,
        PAGE,
    ];
    let people = statement.query_map(parameters, read)?;
    Ok(people.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Eligible> {
    Ok(Eligible {
        contact: row.get(0)?,
        wrote_at: row.get(1)?,
        phone: row.get(2)?,
        language: row.get(3)?,
        zones: row.get(4)?,
        variables: row.get(5)?,
        counted: row.get(6)?,
        latest: row.get(7)?,
    })
}

/// What claiming needs.
struct Desk<'c> {
    ledger: &'c str,
    campaign: &'c Known,
    sent: LastSent<'c>,
    attempt: CachedStatement<'c>,
}

impl<'c> Desk<'c> {
    fn new(connection: &'c Connection, campaign: &'c Known, ledger: &'c str) -> Work<Self> {
        Ok(Self {
            ledger,
            campaign,
            sent: LastSent::new(connection, &campaign.record.account)?,
            attempt: connection.prepare_cached(
                "INSERT INTO attempt (contact, campaign, number, id, state, template, sender, fence, worker, claimed_at, step)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1)",
            )?,
        })
    }

    fn look_at(&mut self, request: &mut RecontactRequest, person: Eligible) -> Work<Option<Claim>> {
        let last = self.sent.to(Some(person.contact), &request.template)?;
        let candidate = Candidate {
            phone: phone_text(person.phone),
            zones: zones(&person.zones),
            attempt: person.latest + 1,
            last_same_template: last.same_template,
            last_any_template: last.any_template,
            suppressed: false,
            held: false,
        };
        match (request.decide)(&candidate) {
            Verdict::Claim => self.claim(request, person, candidate).map(Some),
            Verdict::Postpone(_) | Verdict::Skip(_) | Verdict::Pass => Ok(None),
        }
    }

    fn claim(
        &mut self,
        request: &RecontactRequest,
        person: Eligible,
        candidate: Candidate,
    ) -> Work<Claim> {
        let id = attempt_id::of(&Subject {
            ledger: self.ledger,
            account: &self.campaign.record.account,
            campaign: &self.campaign.record.name,
            contact: person.contact,
            step: STEP,
            number: candidate.attempt,
        });
        self.attempt.execute(params![
            person.contact,
            self.campaign.id,
            candidate.attempt,
            id,
            AttemptState::InFlight,
            request.template,
            request.lease.number,
            request.lease.fence,
            request.worker,
            At(request.now),
        ])?;
        let tag = Tag {
            ledger: self.ledger.to_owned(),
            campaign: self.campaign.id,
            contact: person.contact,
            number: candidate.attempt,
            id,
        };
        Ok(Claim {
            attempt_id: hex::encode(id),
            tag: tag.to_string(),
            phone: candidate.phone,
            language: person.language,
            variables: serde_json::from_str(&person.variables)?,
            attempt: candidate.attempt,
            counted: person.counted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests_contacts::{Scanned, plan};
    use super::*;

    #[test]
    fn those_who_wrote_are_found_by_their_windows() {
        assert_eq!(plan(&page(), 7), Scanned::default());
        assert_eq!(plan(&total(), 6), Scanned::default());
    }
}
