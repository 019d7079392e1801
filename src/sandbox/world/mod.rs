//! What the sandbox is made of: accounts, numbers, templates, uploads, media, subscriptions.
//!
//! All of it is in memory and, object by object, in the data. Messages are not here: there are too many.

mod account;
mod number;
mod template;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use account::{Account, App, AppCallback, Portfolio, Restricted, Restriction, Tier};
pub(crate) use number::{Number, NumberStatus, Rating};
pub(crate) use template::{
    Category, NameLock, QualityScore, RejectedReason, Status, Template, Timer, TimerKind, name_key,
};

use super::core::Turn;
use super::data::{Error, Objects};
use super::faults::Faults;
use super::media::Media;
use super::messages::{Behaviour, Limits};
use super::options::{DEFAULT_NUMBER, DEFAULT_PHONE_ID, DEFAULT_WABA_ID};
use super::people::People;
use super::random::mix;
use super::templates::ReviewRule;
use super::uploads::Upload;

/// Counters that only grow.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Counters {
    /// Objects made so far.
    pub objects: u64,
}

/// All objects.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub seed: u64,
    pub counters: Counters,
    pub portfolio: Portfolio,
    pub app: App,
    pub accounts: BTreeMap<String, Account>,
    pub numbers: BTreeMap<String, Number>,
    pub templates: BTreeMap<u64, Template>,
    pub name_locks: BTreeMap<String, NameLock>,
    pub uploads: BTreeMap<String, Upload>,
    pub media: BTreeMap<u64, Media>,
    pub reviews: Vec<ReviewRule>,
    pub behaviour: Behaviour,
    pub faults: Faults,
    /// How often each number that fails at first was tried.
    pub magic_tries: BTreeMap<String, u32>,
    /// How many messages of a template went out since it is paced.
    pub paced: HashMap<u64, u32>,
    /// When which template needs attention: a view of `templates`.
    pub timers: BTreeSet<(Timestamp, u64)>,
    /// Which template has this name and language: a view of `templates`.
    pub names: HashMap<String, u64>,
    /// The number of the next message.
    pub next_message: i64,
    /// The number of the next message of a customer.
    pub next_inbound: i64,
    pub people: People,
    /// Counts against the limits. Reckoned again from the messages after a restart.
    pub limits: Limits,
    /// Management calls of the past hour, by account. Forgotten at a restart.
    pub usage: super::graph::Usage,
    /// Requests answered since the start.
    pub answers: u64,
    /// The order of lists, where they are to be shuffled.
    pub shuffle: u64,
}

impl World {
    /// Builds the world from what was kept.
    pub(crate) fn load(seed: u64, mut objects: Objects) -> Result<Self, Error> {
        let templates: BTreeMap<String, Template> = objects.take("template")?;
        let media: BTreeMap<String, Media> = objects.take("media")?;
        let mut world = Self {
            seed,
            counters: objects.take_one("counters")?.unwrap_or_default(),
            portfolio: objects.take_one("portfolio")?.unwrap_or_default(),
            app: objects.take_one("app")?.unwrap_or_default(),
            accounts: objects.take("account")?,
            numbers: objects.take("number")?,
            name_locks: objects.take("name_lock")?,
            uploads: objects.take("upload")?,
            media: media.into_values().map(|media| (media.id, media)).collect(),
            reviews: objects.take_one("reviews")?.unwrap_or_default(),
            behaviour: objects.take_one("behaviour")?.unwrap_or_default(),
            faults: objects.take_one("faults")?.unwrap_or_default(),
            magic_tries: objects.take_one("magic_tries")?.unwrap_or_default(),
            ..Self::default()
        };
        world.people.special = objects.take("person")?;
        for template in templates.into_values() {
            world.index(&template);
            world.templates.insert(template.id, template);
        }
        Ok(world)
    }

    fn index(&mut self, template: &Template) {
        self.names.insert(
            name_key(&template.waba, &template.name, &template.language),
            template.id,
        );
        if let Some(timer) = &template.timer {
            self.timers.insert((timer.at, template.id));
        }
    }

    /// Returns the template of a name in a language.
    pub(crate) fn template_named(
        &self,
        waba: &str,
        name: &str,
        language: &str,
    ) -> Option<&Template> {
        self.names
            .get(&name_key(waba, name, language))
            .and_then(|id| self.templates.get(id))
    }

    /// Returns an account's templates.
    pub(crate) fn templates_of(&self, waba: &str) -> impl Iterator<Item = &Template> {
        self.templates
            .values()
            .filter(move |template| template.waba == waba)
    }

    /// Returns an account's numbers.
    pub(crate) fn numbers_of(&self, waba: &str) -> impl Iterator<Item = &Number> {
        self.numbers
            .values()
            .filter(move |number| number.waba == waba)
    }

    /// How many templates an account may have.
    ///
    /// 250 while the portfolio is unverified, 6000 when it is verified and one of the account's numbers has an approved
    /// display name (template management page, Sep 2026).
    pub(crate) fn template_limit(&self, waba: &str) -> usize {
        if let Some(limit) = self
            .accounts
            .get(waba)
            .and_then(|account| account.template_limit)
        {
            return limit;
        }
        let named = self
            .numbers_of(waba)
            .any(|number| number.name_status == "APPROVED");
        if self.portfolio.verified && named {
            6000
        } else {
            250
        }
    }
}

/// Template ids start with 71, number ids with 72, media ids with 73, so that an id of ours that is gone is never taken
/// for a new account.
#[derive(Clone, Copy)]
pub(crate) enum IdKind {
    Template = 71,
    Number = 72,
    Media = 73,
}

impl IdKind {
    /// Whether an id looks like one that the sandbox gives to objects of this kind.
    pub(crate) fn fits(self, id: &str) -> bool {
        id.len() == 16 && id.starts_with(&(self as u64).to_string())
    }
}

/// Whether an id looks like one that the sandbox gave.
pub(crate) fn is_own_id(id: &str) -> bool {
    [IdKind::Template, IdKind::Number, IdKind::Media]
        .iter()
        .any(|kind| kind.fits(id))
}

fn id(kind: IdKind, bits: u64) -> u64 {
    (kind as u64) * 100_000_000_000_000 + bits % 100_000_000_000_000
}

/// Changes to the world; each keeps what it changed.
impl Turn<'_> {
    /// Draws an id that is not taken.
    pub(crate) fn new_id(&mut self, kind: IdKind) -> u64 {
        loop {
            self.world.counters.objects += 1;
            let id = id(kind, mix(self.world.seed, self.world.counters.objects));
            if !self.world.templates.contains_key(&id) && !self.world.media.contains_key(&id) {
                let counters = self.world.counters.clone();
                self.keep("counters", "", &counters);
                return id;
            }
        }
    }

    /// Returns the account, made on the spot when it is asked for the first time.
    pub(crate) fn account(&mut self, waba: &str) -> &mut Account {
        if !self.world.accounts.contains_key(waba) {
            let account = Account::new(waba, self.now);
            self.keep("account", waba, &account);
            self.world.accounts.insert(waba.to_owned(), account);
        }
        self.world.accounts.get_mut(waba).expect("it was just made")
    }

    /// Keeps the present form of an account.
    pub(crate) fn keep_account(&mut self, waba: &str) {
        if let Some(account) = self.world.accounts.get(waba) {
            self.writes
                .push(super::data::Write::put("account", waba, account));
        }
    }

    /// Keeps the present form of a number.
    pub(crate) fn keep_number(&mut self, id: &str) {
        if let Some(number) = self.world.numbers.get(id) {
            self.writes
                .push(super::data::Write::put("number", id, number));
        }
    }

    /// Adds a number to an account unless it has it; returns its id. None: it is no number.
    pub(crate) fn add_number(&mut self, waba: &str, e164: &str) -> Option<String> {
        if let Some(number) = self
            .world
            .numbers
            .values()
            .find(|number| number.waba == waba && number.e164 == e164)
        {
            return Some(number.id.clone());
        }
        let fixed = waba == DEFAULT_WABA_ID && e164 == DEFAULT_NUMBER;
        // The same number has the same id in every sandbox.
        let drawn = id(
            IdKind::Number,
            super::random::mix_text(0, &format!("{waba} {e164}")),
        )
        .to_string();
        let id = if fixed {
            DEFAULT_PHONE_ID.to_owned()
        } else {
            drawn
        };
        let number = Number::new(&id, waba, e164)?;
        self.account(waba);
        self.world.numbers.insert(id.clone(), number);
        self.keep_number(&id);
        Some(id)
    }

    /// Puts a template in its present form into the world.
    pub(crate) fn put_template(&mut self, template: Template) {
        self.unindex(template.id);
        self.keep("template", &template.id.to_string(), &template);
        self.world.index(&template);
        self.world.templates.insert(template.id, template);
    }

    /// Takes a template out of the world.
    pub(crate) fn take_template(&mut self, id: u64) {
        if self.unindex(id) {
            self.writes.push(super::data::Write::Delete {
                kind: "template",
                id: id.to_string(),
            });
        }
    }

    /// Takes a template and its traces out of memory; says whether it was there.
    fn unindex(&mut self, id: u64) -> bool {
        let Some(template) = self.world.templates.remove(&id) else {
            return false;
        };
        if let Some(timer) = &template.timer {
            self.world.timers.remove(&(timer.at, id));
        }
        let key = name_key(&template.waba, &template.name, &template.language);
        if self.world.names.get(&key) == Some(&id) {
            self.world.names.remove(&key);
        }
        true
    }

    /// Holds a name (in one language, or in all of them) for the time after a deletion.
    ///
    /// The name of an approved template is locked for 30 days (template management page, Sep 2026).
    pub(crate) fn lock_name(&mut self, waba: &str, name: &str, language: Option<&str>) {
        let until = self
            .now
            .saturating_add(SignedDuration::from_hours(30 * 24))
            .unwrap_or(Timestamp::MAX);
        let key = name_key(waba, name, language.unwrap_or("*"));
        let lock = NameLock { until };
        self.keep("name_lock", &key, &lock);
        self.world.name_locks.insert(key, lock);
    }
}
