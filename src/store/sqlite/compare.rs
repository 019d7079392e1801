//! How a gathered audience relates to the hopper.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{CachedStatement, Connection, Row, params};

use super::campaigns;
use super::codes::{At, AttemptState, count, phone_text};
use super::error::Work;
use super::staging::{Totals, Words};
use crate::phone_number::PhoneNumber;
use crate::store::{Comparison, ContactState, Gaps, Outcome};

/// The reason of those whom the ledger knows not to want messages, whatever the lists say.
pub(super) const SUPPRESSED: &str = "suppressed";
/// Meta's limit counts the recipients of a rolling day.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Stands for a campaign that was never launched: no row has it.
const NO_CAMPAIGN: i64 = -1;

/// Everyone that was gathered, with what the ledger knows of them, in the order of their numbers.
/// Parameters: the campaign's number, the account.
pub(super) const EVERYONE: &str =
    "SELECT p.phone, p.detail, p.digest, p.zones, p.skip, c.id, x.contact IS NOT NULL,
            m.state, m.outcome, m.due_at, m.counted + m.earlier, m.digest, m.reason, p.country
     FROM staging.person p
     LEFT JOIN contact c ON c.phone = p.phone
     LEFT JOIN suppressed x ON x.contact = c.id AND x.account = ?2
     LEFT JOIN member m ON m.campaign = ?1 AND m.contact = c.id
     ORDER BY p.phone";

/// One row of [`EVERYONE`].
pub(super) struct Person<'a> {
    pub(super) phone: i64,
    pub(super) detail: i64,
    pub(super) digest: i64,
    pub(super) zones: u32,
    country: u32,
    /// Why this contact must not be messaged.
    pub(super) skip: Option<&'a str>,
    pub(super) contact: Option<i64>,
    pub(super) stored: Option<Stored>,
}

/// Where a contact stands in the hopper.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) state: ContactState,
    pub(super) outcome: Option<Outcome>,
    pub(super) due_at: Option<Timestamp>,
    /// Attempts of all rounds.
    pub(super) counted: u32,
    pub(super) digest: i64,
    pub(super) reason: Option<String>,
}

impl<'a> Person<'a> {
    pub(super) fn read(row: &Row<'_>, words: &'a Words) -> rusqlite::Result<Self> {
        let suppressed: bool = row.get(6)?;
        let skip = row
            .get::<_, Option<u32>>(4)?
            .map(|number| words.skips.word(number))
            .or(suppressed.then_some(SUPPRESSED));
        let state: Option<ContactState> = row.get(7)?;
        let stored = match state {
            None => None,
            Some(state) => Some(Stored {
                state,
                outcome: row.get(8)?,
                due_at: row.get::<_, Option<At>>(9)?.map(|At(time)| time),
                counted: row.get(10)?,
                digest: row.get(11)?,
                reason: row.get(12)?,
            }),
        };
        Ok(Self {
            phone: row.get(0)?,
            detail: row.get(1)?,
            digest: row.get(2)?,
            zones: row.get(3)?,
            country: row.get(13)?,
            skip,
            contact: row.get(5)?,
            stored,
        })
    }

    fn relation(&self, now: Timestamp) -> Relation<'a> {
        let unless_skipped = |relation| match self.skip {
            Some(reason) => Relation::Skipped(reason),
            None => relation,
        };
        let Some(stored) = &self.stored else {
            return unless_skipped(Relation::New);
        };
        match stored.state {
            ContactState::Fresh => unless_skipped(Relation::Due),
            ContactState::RetryDue if stored.due_at.is_some_and(|due| due > now) => {
                unless_skipped(Relation::Waiting)
            }
            ContactState::RetryDue => unless_skipped(Relation::Due),
            ContactState::InFlight | ContactState::AwaitingResponse | ContactState::WaitingLock => {
                Relation::Waiting
            }
            ContactState::Uncertain => Relation::Uncertain,
            ContactState::Closed if stored.is_skipped() => unless_skipped(Relation::New),
            ContactState::Closed => Relation::Closed,
        }
    }
}

impl Stored {
    /// Skipped and never messaged: what was skipped after a message keeps its end.
    pub(super) fn is_skipped(&self) -> bool {
        self.outcome == Some(Outcome::Skipped) && self.counted == 0
    }

    /// Whether its first message was put off beyond `now`.
    pub(super) fn is_put_off(&self, now: Timestamp) -> bool {
        self.state == ContactState::Fresh && self.due_at.is_some_and(|due| due > now)
    }

    /// Whether something may yet be sent, so that its values matter.
    pub(super) fn is_unsent(&self) -> bool {
        matches!(
            self.state,
            ContactState::Fresh | ContactState::RetryDue | ContactState::WaitingLock
        ) || self.is_skipped()
    }
}

enum Relation<'a> {
    New,
    Due,
    Waiting,
    Uncertain,
    Closed,
    Skipped(&'a str),
}

/// Compares the audience that is attached as `staging`.
pub(super) fn compare(
    connection: &Connection,
    (account, campaign): (&str, &str),
    (words, totals): (&Words, &Totals),
    now: Timestamp,
    gaps: &Gaps,
) -> Work<Comparison> {
    let campaign = campaigns::id(connection, account, campaign)?.unwrap_or(NO_CAMPAIGN);
    let mut comparison = Comparison {
        members: totals.members,
        duplicates: totals.duplicates,
        digest: format!("{:032x}", totals.digest),
        ..Comparison::default()
    };
    let mut sent = LastSent::new(connection, account)?;
    let mut still_listed = 0;
    let mut zones: BTreeMap<u32, u64> = BTreeMap::new();
    let mut countries: BTreeMap<u32, u64> = BTreeMap::new();
    let mut statement = connection.prepare_cached(EVERYONE)?;
    let mut rows = statement.query(params![campaign, account])?;
    while let Some(row) = rows.next()? {
        let person = Person::read(row, words)?;
        if person
            .stored
            .as_ref()
            .is_some_and(|stored| stored.counted == 0)
        {
            still_listed += 1;
        }
        match person.relation(now) {
            Relation::New => comparison.new += 1,
            Relation::Due => comparison.due += 1,
            Relation::Waiting => comparison.waiting += 1,
            Relation::Uncertain => comparison.uncertain += 1,
            Relation::Closed => comparison.closed += 1,
            Relation::Skipped(reason) => match comparison.skipped.get_mut(reason) {
                Some(skipped) => *skipped += 1,
                None => drop(comparison.skipped.insert(reason.to_owned(), 1)),
            },
        }
        if matches!(person.relation(now), Relation::New | Relation::Due) {
            *countries.entry(person.country).or_default() += 1;
            let last = sent.to(person.contact, &gaps.template)?;
            if last.is_held_by(gaps, now) {
                comparison.held_by_gap += 1;
            } else {
                *zones.entry(person.zones).or_default() += 1;
                let today = last.claimed.is_some_and(|at| at > earlier(now, DAY));
                comparison.not_messaged_today += u64::from(!today);
            }
        }
    }
    comparison.by_zones = zones
        .into_iter()
        .map(|(number, people)| (words.zones.word(number).to_owned(), people))
        .collect();
    comparison.by_country = countries
        .into_iter()
        .map(|(number, people)| (words.countries.word(number).to_owned(), people))
        .collect();
    count_unlisted(connection, campaign, &mut sent, now, gaps, &mut comparison)?;
    comparison.removed = never_messaged(connection, campaign)?.saturating_sub(still_listed);
    Ok(comparison)
}

/// Counts those whose retry is due although the lists have lost them: the ledger has all that sending needs.
fn count_unlisted(
    connection: &Connection,
    campaign: i64,
    sent: &mut LastSent<'_>,
    now: Timestamp,
    gaps: &Gaps,
    comparison: &mut Comparison,
) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "SELECT m.contact, v.zones, c.phone FROM member m
         JOIN contact c ON c.id = m.contact
         JOIN member_values v ON v.campaign = m.campaign AND v.contact = m.contact
         WHERE m.campaign = ?1 AND m.state = ?2 AND (m.due_at IS NULL OR m.due_at <= ?3)
           AND NOT EXISTS (SELECT 1 FROM staging.person p WHERE p.phone = c.phone)",
    )?;
    let mut rows = statement.query(params![campaign, ContactState::RetryDue, At(now)])?;
    while let Some(row) = rows.next()? {
        comparison.unlisted += 1;
        *comparison
            .by_country
            .entry(country(row.get(2)?))
            .or_default() += 1;
        let last = sent.to(Some(row.get(0)?), &gaps.template)?;
        if last.is_held_by(gaps, now) {
            comparison.held_by_gap += 1;
            continue;
        }
        *comparison.by_zones.entry(row.get(1)?).or_default() += 1;
        let today = last.claimed.is_some_and(|at| at > earlier(now, DAY));
        comparison.not_messaged_today += u64::from(!today);
    }
    Ok(())
}

/// Returns the region of a number that only the ledger knows; nothing where it is of none.
fn country(phone: Option<i64>) -> String {
    phone
        .and_then(|phone| PhoneNumber::parse(&phone_text(phone), None).ok())
        .and_then(|number| number.region())
        .map_or_else(String::new, |region| region.to_string())
}

fn earlier(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

/// Counts the contacts of the hopper that were never messaged.
pub(super) fn never_messaged(connection: &Connection, campaign: i64) -> Work<u64> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FROM member WHERE campaign = ?1 AND counted = 0 AND earlier = 0",
    )?;
    Ok(count(statement.query_row([campaign], |row| row.get(0))?))
}

/// When an account last sent something to a contact.
pub(super) struct LastSent<'c> {
    campaigns: Vec<i64>,
    /// None where the account never sent anything, which saves a million questions.
    statement: Option<CachedStatement<'c>>,
}

/// The times of the last templates to one contact.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Last {
    /// The same template, unless it failed.
    pub(super) same_template: Option<Timestamp>,
    /// Any template, unless it failed.
    pub(super) any_template: Option<Timestamp>,
    /// Any claim that was not released.
    claimed: Option<Timestamp>,
}

impl<'c> LastSent<'c> {
    pub(super) fn new(connection: &'c Connection, account: &str) -> Work<Self> {
        let campaigns = campaigns::ids(connection, account)?;
        let any: bool =
            connection.query_row("SELECT EXISTS (SELECT 1 FROM attempt)", [], |row| {
                row.get(0)
            })?;
        let statement = if any && !campaigns.is_empty() {
            Some(connection.prepare_cached(
                "SELECT campaign, state, claimed_at, template = ?2 FROM attempt
                 WHERE contact = ?1 AND state <> 4 AND given_up = 0",
            )?)
        } else {
            None
        };
        Ok(Self {
            campaigns,
            statement,
        })
    }

    pub(super) fn to(&mut self, contact: Option<i64>, template: &str) -> Work<Last> {
        let mut last = Last::default();
        let (Some(contact), Some(statement)) = (contact, &mut self.statement) else {
            return Ok(last);
        };
        let mut rows = statement.query(params![contact, template])?;
        while let Some(row) = rows.next()? {
            if self.campaigns.binary_search(&row.get(0)?).is_err() {
                continue;
            }
            let at = Some(row.get::<_, At>(2)?.0);
            last.claimed = last.claimed.max(at);
            if row.get::<_, AttemptState>(1)? != AttemptState::Failed {
                last.any_template = last.any_template.max(at);
                if row.get(3)? {
                    last.same_template = last.same_template.max(at);
                }
            }
        }
        Ok(last)
    }
}

impl Last {
    fn is_held_by(&self, gaps: &Gaps, now: Timestamp) -> bool {
        let within = |last: Option<Timestamp>, gap| last.is_some_and(|at| at > earlier(now, gap));
        within(self.same_template, gaps.repeat_template) || within(self.any_template, gaps.min_gap)
    }
}
