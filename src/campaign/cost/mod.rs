//! What sending costs, from Meta's rate cards: an upper bound.
//!
//! Everybody whom a plan names is reckoned with one message of the template's category at the list price of their market. Meta
//! bills what is delivered, less where a volume tier is reached, and may let utility messages inside an open service window
//! go free; so the bill is lower, never higher, while the card is the right one. Who has no price in the card is counted, and
//! what they would cost is not guessed.

mod card;
mod markets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use self::card::Card;
use super::error::Error;
use super::forecast::{Cost, MarketCost};
use crate::config::{Diagnostics, Report};
use crate::resource::rate_card::{RateCard, in_force};
use crate::resource::{Declared, Project};

/// The cards that a plan needs, each read once.
pub(super) struct Cards<'p> {
    project: &'p Project,
    today: Date,
    read: BTreeMap<&'p str, Card>,
}

impl<'p> Cards<'p> {
    pub(super) fn new(project: &'p Project, today: Date) -> Self {
        Self {
            project,
            today,
            read: BTreeMap::new(),
        }
    }

    /// Prices messages of a category to so many people of each country, sent by an account; none where no card is in force.
    pub(super) fn price(
        &mut self,
        account: &str,
        category: &str,
        by_country: &BTreeMap<String, u64>,
    ) -> Result<Option<Cost>, Error> {
        let Some(declared) = in_force(self.project, account, self.today) else {
            return Ok(None);
        };
        if !self.read.contains_key(declared.name.as_str()) {
            let card = open(self.project, declared).map_err(Error::Configuration)?;
            self.read.insert(&declared.name, card);
        }
        let card = self.read.get(declared.name.as_str());
        Ok(card.map(|card| cost(card, &declared.name, category, by_country)))
    }
}

/// Says what another category does to the price of an account's messages, by the card in force; none where no card tells. What is
/// wrong with a card is said where it is checked.
#[must_use]
pub fn price_move(
    project: &Project,
    account: &str,
    today: Date,
    (before, after): (&str, &str),
) -> Option<String> {
    let declared = in_force(project, account, today)?;
    let card = open(project, declared).ok()?;
    let told = |(lowest, highest): (Decimal, Decimal)| {
        if lowest == highest {
            lowest.to_string()
        } else {
            format!("{lowest} to {highest}")
        }
    };
    let (before, after) = (told(card.range(before)?), told(card.range(after)?));
    let (currency, name) = (&card.currency, &declared.name);
    Some(format!(
        "A message costs {currency} {after}, by market, instead of {before} (rate_card.{name})."
    ))
}

/// Reports what is wrong with the files of all cards, those that are not in force among them.
pub(super) fn check_cards(project: &Project, diagnostics: &mut Diagnostics) {
    for declared in project.all::<RateCard>() {
        // An empty path has its error already.
        if declared.value.csv.as_os_str().is_empty() {
            continue;
        }
        if let Err(found) = open(project, declared) {
            diagnostics.extend(found);
        }
    }
}

fn open(project: &Project, declared: &Declared<RateCard>) -> Result<Card, Diagnostics> {
    let file = &declared.value.csv;
    Card::open(&project.path(file.get())).map_err(|faults| {
        let mut diagnostics = Diagnostics::default();
        for fault in faults {
            let separator = if fault.line.is_some() { ":" } else { ": " };
            let message = format!("{}{separator}{fault}", file.display());
            diagnostics.push(
                Report::error(fault.code, message)
                    .at(declared.at(file.span()), "")
                    .help(fault.help),
            );
        }
        diagnostics
    })
}

fn cost(card: &Card, name: &str, category: &str, by_country: &BTreeMap<String, u64>) -> Cost {
    let mut unpriced = 0;
    let mut markets: BTreeMap<&str, MarketCost> = BTreeMap::new();
    for (country, people) in by_country {
        let Some((market, Some(price))) = card.price(country, category) else {
            unpriced += people;
            continue;
        };
        let share = markets.entry(market).or_insert_with(|| MarketCost {
            market: market.to_owned(),
            recipients: 0,
            price,
            amount: Decimal::ZERO,
        });
        share.recipients += people;
        share.amount = share.price * Decimal::from(share.recipients);
    }
    let mut markets: Vec<MarketCost> = markets.into_values().collect();
    markets.sort_by_key(|share| std::cmp::Reverse(share.amount));
    Cost {
        currency: card.currency.clone(),
        amount: markets.iter().map(|share| share.amount).sum(),
        card: name.to_owned(),
        markets,
        unpriced,
    }
}
