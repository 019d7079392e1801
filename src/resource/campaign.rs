//! `[campaign.name]`: a template, sent to lists, from a number.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::account::Account;
use super::list::List;
use super::mapping::Mapping;
use super::phone::Phone;
use super::{Declared, Project, Reconciler, Resource, check, references};
use crate::config::{Address, Diagnostics, Interval, Rate, Spanned, TimeOfDay};

mod checks;
pub(crate) mod launch;

/// Webhooks come within seconds; Meta retries those that were not taken within minutes.
const UNCERTAIN_WAIT: SignedDuration = SignedDuration::from_mins(15);
const MAX_LATENESS: SignedDuration = SignedDuration::from_hours(1);

/// A campaign.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// The `[account.name]`; may be left out where there is one.
    pub account: Option<Spanned<String>>,
    /// The `[template.name]` that is sent.
    pub template: Spanned<String>,
    /// The `[mapping.name]` that fills its variables; may be left out where it has none.
    pub mapping: Option<Spanned<String>>,
    /// The `[list.name]`s it is sent to.
    pub lists: Spanned<Vec<Spanned<String>>>,
    /// The `[phone.name]` it is sent from.
    pub from: Spanned<String>,
    #[serde(default)]
    pub state: State,
    /// When sending begins; when first applied where left out.
    #[schemars(with = "Option<String>")]
    pub start: Option<Spanned<toml::value::Datetime>>,
    /// How long after its start the campaign sends and retries.
    pub duration: Option<Spanned<Interval>>,
    /// Hours in which nobody is messaged, in the contact's own time zone.
    pub quiet_hours: Option<Spanned<QuietHours>>,
    /// The most messages in a time; the number's own throughput where left out.
    pub rate: Option<Spanned<Rate>>,
    /// How long an answer counts for the campaign; `24h` where left out.
    pub response_timeout: Option<Spanned<Interval>>,
    pub retry: Option<Spanned<Retry>>,
    /// What becomes of a message whose answer was lost and of which no status tells.
    pub on_uncertain: Option<Spanned<OnUncertain>>,
    /// How long a status is waited for before such a message is sent again; `15m` where left out.
    pub uncertain_wait: Option<Spanned<Interval>>,
    /// How late a message may go out before it is held until somebody says that it may; `1h` where left out.
    pub max_lateness: Option<Spanned<Interval>>,
    /// The `[template.name]` that is sent to open interactions whose service window has closed.
    pub recontact: Option<Spanned<String>>,
}

/// What becomes of a message whose answer was lost and of which no status tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUncertain {
    /// It stays named in `status` until somebody decides.
    #[default]
    Hold,
    /// It is sent again after `uncertain_wait`, where the receiver of webhooks was there all the time; the customer may
    /// get it twice.
    Resend,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Running,
    /// Nothing is claimed; goes on when running again.
    Paused,
    /// For good.
    Stopped,
}

/// From and to, over midnight where `from` is later than `to`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

/// What becomes of messages that failed for a passing reason.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// The first send is attempt one; 4 where left out.
    pub max_attempts: Option<Spanned<u32>>,
    /// The waits before the second, third, ... attempt; the last repeats.
    pub backoff: Option<Vec<Interval>>,
}

impl Campaign {
    /// Returns the declared start; none where it is the first apply.
    #[must_use]
    pub fn starts_at(&self) -> Option<jiff::Timestamp> {
        self.start.as_ref()?.to_string().parse().ok()
    }

    #[must_use]
    pub fn on_uncertain(&self) -> OnUncertain {
        self.on_uncertain
            .as_ref()
            .map_or_else(OnUncertain::default, |on| **on)
    }

    /// Returns how long a status is waited for before an uncertain message is sent again.
    #[must_use]
    pub fn uncertain_wait(&self) -> SignedDuration {
        self.uncertain_wait
            .as_ref()
            .map_or(UNCERTAIN_WAIT, |wait| wait.0)
    }

    /// Returns how late a message may go out.
    #[must_use]
    pub fn max_lateness(&self) -> SignedDuration {
        self.max_lateness
            .as_ref()
            .map_or(MAX_LATENESS, |lateness| lateness.0)
    }
}

impl Resource for Campaign {
    const KIND: &'static str = "campaign";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(checks::CHECKS, this, project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        let campaign = &this.value;
        let account = campaign.account.as_ref().map(|name| (Account::KIND, name));
        let mapping = campaign.mapping.as_ref().map(|name| (Mapping::KIND, name));
        let recontact = campaign.recontact.as_ref().map(|name| ("template", name));
        let lists = campaign.lists.iter().map(|name| (List::KIND, name));
        [
            ("template", &campaign.template),
            (Phone::KIND, &campaign.from),
        ]
        .into_iter()
        .chain(account)
        .chain(mapping)
        .chain(recontact)
        .chain(lists)
        .map(|(kind, name)| references::address(kind, name))
        .collect()
    }

    fn reconciler() -> Option<&'static dyn Reconciler> {
        Some(&launch::Launcher)
    }
}
