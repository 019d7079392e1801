//! `[guard]`: limits that stop a change before it goes out.

mod checks;
mod limit;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::limit::{AT_LEAST, CountLimit, FailureRate, SETTLED_AT_LEAST};
use super::check;
use super::{Declared, Project, Resource};
use crate::config::{Diagnostics, Interval, NumberOr, Spanned, StringOr, TimeOfDay};

/// Limits; each is overridden by its own name (`--allow max_recipients`).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// How many contacts one apply may message; `percent` is of the members of their lists.
    pub max_recipients: Option<Limit>,
    /// What the messages of one apply may cost by the rate cards, everybody reckoned; what cannot be told is refused.
    pub max_cost: Option<Spanned<Money>>,
    /// How many live objects one apply may delete, those that are replaced included.
    pub max_deletes: Option<Limit>,
    /// How many live objects one apply may replace.
    pub max_replaces: Option<Limit>,
    /// How many live objects one apply may edit, those that are adopted included.
    pub max_edits: Option<Limit>,
    /// How many live objects may be edited by adopting them; 0 where left out.
    pub adopt_edits: Option<Limit>,
    /// How many per cent of a campaign's sends of one run may fail before it is halted until `waform resume`: `"20%"`.
    pub max_failure_rate: Option<Spanned<StringOr<FailureRate>>>,
    /// The worst quality rating of a number from which an apply may send. An unknown rating passes.
    pub min_quality: Option<Spanned<Quality>>,
    /// The hours in which an apply may send.
    pub sending_hours: Option<Spanned<SendingHours>>,
    /// The regions whose numbers may be messaged: `["EE", "FI"]`.
    pub countries: Option<Spanned<Vec<Spanned<String>>>>,
    /// The least time between two of the same template to one contact, from whatever campaign; `24h` where left out.
    pub repeat_template: Option<Spanned<Interval>>,
    /// The least time between any two campaign templates to one contact.
    pub min_gap: Option<Spanned<Interval>>,
}

/// A limit on a count: a number, or `{ count = 3, percent = 10, at_least = 5 }`.
pub type Limit = Spanned<NumberOr<CountLimit>>;

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    #[schemars(with = "f64")]
    pub amount: Spanned<Decimal>,
    /// ISO 4217, that of the rate card: `EUR`.
    pub currency: Spanned<String>,
}

/// A number's quality rating at Meta, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    Red,
    Yellow,
    Green,
}

impl Quality {
    /// Reads Meta's word; none where it rates nothing, or in a word we do not know.
    #[must_use]
    pub fn at_meta(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "RED" => Some(Self::Red),
            "YELLOW" => Some(Self::Yellow),
            "GREEN" => Some(Self::Green),
            _ => None,
        }
    }

    /// Returns the word of the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
        }
    }
}

/// From and to, over midnight where `from` is later than `to`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendingHours {
    pub from: TimeOfDay,
    pub to: TimeOfDay,
    /// The IANA zone that the hours are meant in; `UTC` where left out.
    pub timezone: Option<Spanned<String>>,
}

impl SendingHours {
    /// Returns the zone; none where there is no such.
    #[must_use]
    pub fn zone(&self) -> Option<TimeZone> {
        match &self.timezone {
            Some(name) => TimeZone::get(name).ok(),
            None => Some(TimeZone::UTC),
        }
    }
}

impl Resource for Guard {
    const KIND: &'static str = "guard";
    const NAMED: bool = false;

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(checks::CHECKS, this, project, diagnostics);
    }
}
