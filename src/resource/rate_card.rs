//! `[rate_card.name]`: Meta's prices from a day on, as the CSV that Meta publishes.

use std::path::PathBuf;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::account::Account;
use super::check::{self, Check};
use super::{Declared, Project, Resource, references};
use crate::config::{Address, Diagnostics, Report, Spanned};

/// A rate card of Meta's: what a delivered message costs, by market and category. Plans reckon costs from it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateCard {
    /// The CSV file as Meta publishes it, relative to the project's directory.
    pub csv: Spanned<PathBuf>,
    /// The first day on which it is valid, as a date without quotes; of several cards the newest that has begun counts.
    #[schemars(with = "String")]
    pub from: Spanned<toml::value::Datetime>,
    /// The `[account.name]` that is billed by it; every account where left out. An account's own cards win over those for
    /// every account.
    pub account: Option<Spanned<String>>,
}

impl RateCard {
    /// Returns the first day on which it is valid; none where a time of day stands there.
    #[must_use]
    pub fn begins(&self) -> Option<Date> {
        let from = self.from.get();
        match (from.date, from.time, from.offset) {
            (Some(_), None, None) => from.to_string().parse().ok(),
            _ => None,
        }
    }

    fn account(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.as_str())
    }
}

/// Returns the card that an account's messages are priced by on a day.
#[must_use]
pub fn in_force<'p>(
    project: &'p Project,
    account: &str,
    today: Date,
) -> Option<&'p Declared<RateCard>> {
    let begun = |card: &&Declared<RateCard>| {
        let is_its = card.value.account().is_none_or(|named| named == account);
        is_its && card.value.begins().is_some_and(|from| from <= today)
    };
    project
        .all::<RateCard>()
        .filter(begun)
        .max_by_key(|card| (card.value.account.is_some(), card.value.begins()))
}

impl Resource for RateCard {
    const KIND: &'static str = "rate_card";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        let account = this.value.account.iter();
        account
            .map(|account| Address::new(Account::KIND, account))
            .collect()
    }
}

const CHECKS: &[Check<RateCard>] = &[
    file_is_named,
    account_is_known,
    begins_on_a_day,
    no_other_begins_then,
];

fn file_is_named(this: &Declared<RateCard>, _: &Project, diagnostics: &mut Diagnostics) {
    if this.value.csv.as_os_str().is_empty() {
        diagnostics.push(
            Report::error("rate_card::file", "the path of the file is empty")
                .at(this.at(this.value.csv.span()), "")
                .help("write it relative to this directory: csv = \"rates/2026-07-usd.csv\""),
        );
    }
}

fn account_is_known(this: &Declared<RateCard>, project: &Project, diagnostics: &mut Diagnostics) {
    if let Some(account) = &this.value.account {
        references::check(this, Account::KIND, account, project, diagnostics);
    }
}

fn begins_on_a_day(this: &Declared<RateCard>, _: &Project, diagnostics: &mut Diagnostics) {
    if this.value.begins().is_none() {
        diagnostics.push(
            Report::error("rate_card::from", "a rate card begins on a day")
                .at(this.at(this.value.from.span()), "not a date alone")
                .help("write the date without quotes and without a time: from = 2026-07-01"),
        );
    }
}

fn no_other_begins_then(
    this: &Declared<RateCard>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let begins = this.value.begins();
    let same = |other: &&Declared<RateCard>| {
        other.value.begins() == begins && other.value.account() == this.value.account()
    };
    // Only the later of two says so.
    let earlier = project
        .all::<RateCard>()
        .take_while(|other| other.name != this.name)
        .find(same);
    if let Some(other) = earlier.filter(|_| begins.is_some()) {
        diagnostics.push(
            Report::error(
                "rate_card::twice",
                format!(
                    "{} and {} begin on the same day",
                    other.address(),
                    this.address()
                ),
            )
            .at(this.at(this.value.from.span()), "the second")
            .at(other.at(other.value.from.span()), "the first")
            .help("name the account that each is for, or take one of them out"),
        );
    }
}
