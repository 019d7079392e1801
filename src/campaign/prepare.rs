//! From a declared campaign to a forecast: its lists are gathered once, held against the hopper, and kept ready, so that
//! an apply brings into the hopper exactly what its plan showed.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::audience::{self, Brief, Progress};
use super::composed::Composed;
use super::cost::{self, Cards};
use super::error::Error;
use super::forecast::Send;
use super::halting;
use super::health::Health;
use super::limits::WINDOW;
use super::quiet_hours::next_open;
use super::reach::{Calendar, Demand};
use super::ready::{self, Ready};
use crate::clock::Clock;
use crate::config::{Address, Diagnostics, Spanned};
use crate::meta::Number;
use crate::resource::campaign::{Campaign, State};
use crate::resource::template::{self, Composer, Template};
use crate::resource::{Declared, Live, Project, Resource};
use crate::store::{self, Audience, CampaignRecord, Comparison, Database, Halt, HaltCause, Sketch};

/// What opens within this time is sent by the same run.
const SOON: SignedDuration = SignedDuration::from_secs(60);
/// How many unusable rows a plan quotes.
const EXAMPLES: usize = 5;

/// A campaign with its audience gathered.
pub struct Prepared {
    pub send: Send,
    /// How well its number and its sends do.
    pub health: Health,
    ready: Ready,
    audience: Option<Box<dyn Audience>>,
}

impl Prepared {
    /// Says what is not ready yet: nothing is sent before it is.
    pub fn hold_for(&mut self, unready: Vec<Address>) {
        if !unready.is_empty() {
            self.send.when_ready = std::mem::take(&mut self.send.now);
        }
        self.send.waits_for = unready;
    }

    /// Tells whether there is anything that a dispatch could do for it now.
    #[must_use]
    pub fn sends(&self) -> bool {
        let contacts = &self.send.contacts;
        contacts.new + contacts.due + contacts.unlisted + contacts.waiting + contacts.uncertain > 0
    }

    /// Sends on, however many fail.
    pub fn tolerate_failures(&mut self) {
        self.ready.failure_limit = None;
    }

    /// Messages no more people than are shown, whoever falls due until then.
    pub fn cap(&mut self) {
        self.ready.cap = Some(self.send.recipients());
    }

    /// Returns a sketch of its audience; none without a ledger, or after the audience was committed.
    #[must_use]
    pub fn sketch(&self) -> Option<Sketch> {
        self.audience.as_ref()?.sketch()
    }

    /// Returns what sending needs of it.
    #[must_use]
    pub fn into_ready(self) -> Ready {
        self.ready
    }

    /// Brings the hopper up to date with the audience that was gathered. `lock` is the id of the state lock.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn commit(&mut self, lock: &str, now: Timestamp) -> store::Result<()> {
        match self.audience.take() {
            Some(audience) => audience.commit(lock, now).await,
            None => Ok(()),
        }
    }
}

/// Gathers the audience of every campaign that `wanted` names and says what would be sent.
///
/// # Errors
/// Where a list cannot be read or a number is not the account's.
pub async fn prepare<'a>(
    project: &'a Project,
    live: LiveWorld<'a>,
    store: &'a dyn Database,
    clock: &'a Clock,
    wanted: &(dyn Fn(&Address) -> bool + Sync),
    progress: &'a (dyn Fn(&Progress) + Sync),
) -> Result<Vec<Prepared>, Error> {
    let mut prepared = Vec::new();
    let desk = Desk {
        project,
        live,
        store,
        clock,
        progress,
        launched: store.campaigns().await?,
    };
    let today = TimeZone::UTC.to_datetime(clock.now()).date();
    let mut shared = Shared {
        taken: BTreeMap::new(),
        cards: Cards::new(project, today),
        calendar: Calendar::new(clock.now()),
    };
    for campaign in project
        .all::<Campaign>()
        .filter(|campaign| wanted(&campaign.address()))
    {
        prepared.push(desk.prepare(campaign, &mut shared).await?);
    }
    Ok(prepared)
}

/// What is live, as far as preparing needs it.
#[derive(Clone, Copy)]
pub struct LiveWorld<'a> {
    /// The numbers of an account.
    pub numbers: &'a (dyn Fn(&str) -> Vec<Number> + Sync),
    /// An object by kind, account and key.
    pub object: &'a (dyn Fn(&'static str, &str, &str) -> Option<&'a Live> + Sync),
}

/// What campaigns take from each other, or need together.
struct Shared<'a> {
    /// Of their account's limit of 24 hours, by an apply now.
    taken: BTreeMap<String, u64>,
    cards: Cards<'a>,
    calendar: Calendar,
}

/// What all campaigns are prepared with.
struct Desk<'a> {
    project: &'a Project,
    live: LiveWorld<'a>,
    store: &'a dyn Database,
    clock: &'a Clock,
    progress: &'a (dyn Fn(&Progress) + Sync),
    launched: Vec<CampaignRecord>,
}

impl Desk<'_> {
    async fn prepare(
        &self,
        campaign: &Declared<Campaign>,
        shared: &mut Shared<'_>,
    ) -> Result<Prepared, Error> {
        let Self {
            project,
            live,
            store,
            clock,
            progress,
            launched,
        } = self;
        let now = clock.now();
        let value = &campaign.value;
        let account = project
            .account_of(value.account.as_ref())
            .map(|account| account.name.clone())
            .unwrap_or_default();
        let declared = ready::template(project, campaign)?;
        let template = declared.address();
        let ready = Ready::new(project, campaign, &account, &(live.numbers)(&account))?;
        let number = &ready.number;

        let mut audience = store.audience(&account, &campaign.name).await?;
        let message = Composed(Composer::new(project, declared)?);
        let brief = Arc::new(Brief::new(project, campaign, Arc::new(message)));
        let gathered = audience::gather(&brief, &mut *audience, clock, progress).await?;
        let contacts = audience.compare(now, &ready.gaps).await?;
        let used = store
            .recipients_since(&account, now.saturating_sub(WINDOW).unwrap_or(now))
            .await?;
        let taken = shared.taken.entry(account.clone()).or_default();
        let used = used.saturating_add(*taken);
        let limit_left = number.limit.map(|limit| limit.saturating_sub(used));
        let launched = launched
            .iter()
            .find(|launched| launched.account == account && launched.name == campaign.name);
        let ends_at = ends_at(campaign, launched, now);
        let has_ended = ends_at.is_some_and(|end| end <= now);
        let halts = store.halts(Some(&account), now).await?;
        let halts: Vec<Halt> = halts
            .into_iter()
            // An apply is a person's: it tries again what Meta refused.
            .filter(|halt| halt.cause != HaltCause::Refused && halting::covers(halt, &ready))
            .collect();
        let mut timing = if has_ended {
            Timing::default()
        } else {
            Timing::of(campaign, &contacts, limit_left, now)
        };
        if !halts.is_empty() {
            timing.halt();
        }
        *taken += timing.newcomers;

        let rate = rate(value, number.rate);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate"
        )]
        let seconds = (timing.now as f64 / rate).ceil() as u64;
        let category =
            template::billed_as(declared, |key| (live.object)(Template::KIND, &account, key));
        let later = timing.later.values().sum();
        // Whom nothing will be sent to costs nothing.
        let recipients = match timing.now + later {
            0 => &BTreeMap::new(),
            _ => &contacts.by_country,
        };
        let cost = shared.cards.price(&account, &category, recipients)?;
        let is_held = value.state != State::Running || has_ended || !halts.is_empty();
        let reach = if is_held {
            Vec::new()
        } else {
            let demand = demand(&shared.calendar, campaign, &contacts, &ready, ends_at);
            shared
                .calendar
                .reach(*store, &account, &number.id, demand)
                .await?
        };
        let health = Health::read(*store, &ready, launched.is_some(), now).await?;
        let send = Send {
            address: campaign.address(),
            account,
            needs: vec![template.clone()],
            template,
            number: number.display.clone(),
            state: match value.state {
                State::Running if has_ended => "ended",
                State::Running => "running",
                State::Paused => "paused",
                State::Stopped => "stopped",
            }
            .to_owned(),
            now: timing.now,
            when_ready: 0,
            later,
            later_reasons: timing.later,
            unusable_rows: gathered.row_errors.count,
            unusable_examples: gathered
                .row_errors
                .first
                .iter()
                .take(EXAMPLES)
                .map(ToString::to_string)
                .collect(),
            seconds_at_rate: seconds,
            rate_per_second: rate,
            category: Some(category),
            cost,
            reach,
            limit_left,
            days_under_limit: days_under_limit(&contacts, number.limit, limit_left),
            halts,
            waits_for: Vec::new(),
            contacts,
        };
        Ok(Prepared {
            send,
            health,
            ready,
            audience: Some(audience),
        })
    }
}

/// Returns what a campaign wants to send from now on.
fn demand(
    calendar: &Calendar,
    campaign: &Declared<Campaign>,
    contacts: &Comparison,
    ready: &Ready,
    ends_at: Option<Timestamp>,
) -> Demand {
    let value = &campaign.value;
    let quiet = value.quiet_hours.as_ref().map(Spanned::get);
    let mut crowds: Vec<_> = contacts
        .by_zones
        .iter()
        .map(|(zones, people)| calendar.crowd(*people, &split(zones), quiet))
        .collect();
    let gap = ready.gaps.repeat_template.max(ready.gaps.min_gap);
    crowds.push(calendar.held(contacts.held_by_gap, gap));
    let number_rate = ready.number.rate;
    Demand {
        crowds,
        newcomers: contacts.not_messaged_today + contacts.held_by_gap,
        rate: rate(value, number_rate),
        number_rate,
        limit: ready.number.limit,
        steps: calendar.steps(value.starts_at(), ends_at),
    }
}

/// Returns how many messages a second a campaign sends.
fn rate(campaign: &Campaign, number_rate: f64) -> f64 {
    campaign
        .rate
        .as_ref()
        .map_or(number_rate, |rate| rate.per_second.min(number_rate))
}

fn split(zones: &str) -> Vec<&str> {
    zones.split(',').filter(|zone| !zone.is_empty()).collect()
}

/// Returns when a campaign ends, as the ledger will know it once the declaration is applied.
fn ends_at(
    campaign: &Declared<Campaign>,
    launched: Option<&CampaignRecord>,
    now: Timestamp,
) -> Option<Timestamp> {
    let value = &campaign.value;
    let duration = value.duration.as_ref()?;
    let starts_at = value.starts_at().unwrap_or_else(|| match launched {
        // A start that was declared and is not any more: it counts from when it was first applied.
        Some(launched) if !launched.declaration["start"].is_null() => launched.first_applied_at,
        Some(launched) => launched.starts_at,
        None => now,
    });
    starts_at.checked_add(duration.0).ok()
}

/// Returns over how many days the rolling limit spreads the new recipients; none where one day is enough.
fn days_under_limit(contacts: &Comparison, limit: Option<u64>, left: Option<u64>) -> Option<u64> {
    let (limit, left) = (limit?, left?);
    let over = contacts.not_messaged_today.saturating_sub(left);
    (over > 0).then(|| 1 + over.div_ceil(limit.max(1)))
}

/// How many could be messaged now, and what holds the others back.
#[derive(Default)]
struct Timing {
    now: u64,
    /// Of them, at most: who takes from the limit of 24 hours.
    newcomers: u64,
    later: BTreeMap<String, u64>,
}

impl Timing {
    fn of(
        campaign: &Declared<Campaign>,
        contacts: &Comparison,
        limit_left: Option<u64>,
        now: Timestamp,
    ) -> Self {
        let value = &campaign.value;
        let mut timing = Self::default();
        timing.hold("gap", contacts.held_by_gap);
        let open: u64 = contacts.by_zones.values().sum();
        let starts = value
            .starts_at()
            .filter(|start| *start > now.saturating_add(SOON).unwrap_or(now));
        match value.state {
            State::Running => {}
            State::Paused => {
                timing.hold("paused", open);
                return timing;
            }
            State::Stopped => return Self::default(),
        }
        if starts.is_some() {
            timing.hold("not_started", open);
            return timing;
        }
        for (zones, number) in &contacts.by_zones {
            let zones = split(zones);
            let opens = value
                .quiet_hours
                .as_ref()
                .map_or(Some(now), |quiet| next_open(now, &zones, quiet.get()));
            match opens {
                Some(opens) if opens <= now.saturating_add(SOON).unwrap_or(now) => {
                    timing.now += number;
                }
                Some(_) => timing.hold("quiet_hours", *number),
                None => timing.hold("no_common_hour", *number),
            }
        }
        // Who was messaged within the day already counts no more against the limit.
        if let Some(left) = limit_left {
            let over = contacts
                .not_messaged_today
                .saturating_sub(left)
                .min(timing.now);
            timing.now -= over;
            timing.hold("24_h_limit", over);
        }
        timing.newcomers = contacts.not_messaged_today.min(timing.now);
        timing
    }

    /// Nobody is messaged while it is halted.
    fn halt(&mut self) {
        let now = std::mem::take(&mut self.now);
        self.newcomers = 0;
        self.hold("halted", now);
    }

    fn hold(&mut self, reason: &str, number: u64) {
        if number > 0 {
            *self.later.entry(reason.to_owned()).or_default() += number;
        }
    }
}

/// Reports what is wrong with the files of all campaigns, without reading the contacts.
pub fn check_sources(project: &Project, diagnostics: &mut Diagnostics) {
    cost::check_cards(project, diagnostics);
    for campaign in project.all::<Campaign>() {
        let Some(template) = project.get::<Template>(campaign.value.template.get()) else {
            continue;
        };
        match Composer::new(project, template) {
            Ok(composer) => diagnostics
                .extend(Brief::new(project, campaign, Arc::new(Composed(composer))).check()),
            Err(report) => diagnostics.push(report),
        }
    }
}
