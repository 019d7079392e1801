//! Limits on who is messaged, when, from which number, and for how much.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{CostLimit, CountLimit, Facts, Held, Hours, NewLedger, counts};
use crate::campaign::{Cost, FailureLimit, Health, Quality, Send};
use crate::engine::plan::{Action, Quantity};

/// How many regions a sentence names.
const NAMED: usize = 10;

pub(super) fn recipients(limit: &CountLimit, facts: &Facts<'_>) -> Vec<Held> {
    let recipients = facts
        .sends
        .iter()
        .map(|(send, _)| Facts::recipients(send))
        .sum();
    let mut all = Vec::new();
    if let Some(most) = limit.count {
        let text = format!("{recipients} of at most {most} recipients in one apply");
        all.push(Held::count(recipients, most, "contacts", text));
    }
    let members: u64 = facts
        .sends
        .iter()
        .map(|(send, _)| send.contacts.members)
        .sum();
    if let Some(percent) = limit.percent
        && members > 0
        && members >= limit.at_least
    {
        all.push(counts::share(recipients, members, percent, |share| {
            format!(
                "{recipients} of the {members} members of the lists would be messaged ({share} %); at most {percent} % may be"
            )
        }));
    }
    all
}

/// Holds the sum of all costs against the limit. A part that has no price makes the whole unknown, and is refused.
pub(super) fn cost(limit: Option<&CostLimit>, facts: &Facts<'_>) -> Option<Held> {
    let limit = limit?;
    let (mut known, mut unknown) = (Decimal::ZERO, Vec::new());
    for (send, _) in facts.sends_to_somebody() {
        let address = &send.address;
        match &send.cost {
            None => unknown.push(format!("no rate card covers {address}")),
            Some(Cost { currency, card, .. }) if *currency != limit.currency => {
                unknown.push(format!(
                    "{address} is priced in {currency} (rate_card.{card})"
                ));
            }
            Some(cost) => {
                known += cost.amount;
                if cost.unpriced > 0 {
                    let (unpriced, card) = (cost.unpriced, &cost.card);
                    unknown.push(format!(
                        "{unpriced} recipients of {address} have no price in rate_card.{card}"
                    ));
                }
            }
        }
    }
    let currency = &limit.currency;
    // Up: it is an upper bound, and must not look smaller than the limit that it exceeds.
    let shown = known.round_dp_with_strategy(2, RoundingStrategy::ToPositiveInfinity);
    let text = if unknown.is_empty() {
        format!(
            "{currency} {shown:.2} of at most {currency} {}",
            limit.amount
        )
    } else {
        format!(
            "what this apply costs cannot be told, and at most {currency} {} is allowed: {}",
            limit.amount,
            unknown.join("; ")
        )
    };
    let quantity = |amount: Decimal| Quantity(amount.to_f64().unwrap_or(f64::MAX));
    Some(Held {
        limit: quantity(limit.amount),
        value: quantity(known),
        unit: currency.clone(),
        exceeded: !unknown.is_empty() || known > limit.amount,
        text,
    })
}

/// Tells how many of the sends so far failed. It is held while sending: whoever sends on here has been let by a person.
pub(super) fn failures(limit: Option<FailureLimit>, facts: &Facts<'_>) -> Option<Held> {
    let FailureLimit { percent, at_least } = limit?;
    let rule =
        format!("a run is halted where more than {percent} % of at least {at_least} sends fail");
    let known = facts.sends.iter().filter(|(_, health)| health.settled > 0);
    let worst = known.max_by(|(_, one), (_, other)| {
        let share =
            |health: &Health, of: &Health| u128::from(health.failed) * u128::from(of.settled);
        share(one, other).cmp(&share(other, one))
    });
    let Some((send, health)) = worst else {
        return Some(Held::count(
            0,
            percent,
            "%",
            format!("nothing was sent yet; {rule}"),
        ));
    };
    let (failed, settled) = (health.failed, health.settled);
    let held = counts::share(failed, settled, percent, |share| {
        format!(
            "{failed} of {settled} messages of {} failed so far ({share} %); {rule}",
            send.address
        )
    });
    Some(Held {
        exceeded: false,
        ..held
    })
}

pub(super) fn quality(least: Option<Quality>, facts: &Facts<'_>) -> Option<Held> {
    let least = least?;
    let numbers: BTreeMap<&str, Option<Quality>> = facts
        .sends_now()
        .map(|(send, health)| (send.number.as_str(), health.quality))
        .collect();
    let is_worse = |quality: &Option<Quality>| quality.is_some_and(|quality| quality < least);
    let worse = numbers.values().filter(|quality| is_worse(quality)).count();
    let each: Vec<String> = numbers
        .iter()
        .map(|(number, quality)| match quality {
            Some(quality) => format!("{number} is rated {}", quality.word()),
            None => format!("{number} has no rating that is known"),
        })
        .collect();
    let each = match each.is_empty() {
        true => "no number would send now".to_owned(),
        false => each.join(", "),
    };
    let text = format!("{each}; at least {} is asked for", least.word());
    Some(Held::count(worse as u64, 0, "numbers", text))
}

/// Holds the time at which this apply sends, from now until its last message, against the hours.
pub(super) fn hours(hours: Option<&Hours>, facts: &Facts<'_>) -> Option<Held> {
    let hours = hours?;
    let contacts: u64 = facts
        .sends_now()
        .map(|(send, _)| send.now + send.when_ready)
        .sum();
    let rule = format!("an apply sends from {hours}");
    if contacts == 0 {
        return Some(Held::count(
            0,
            0,
            "contacts",
            format!("nothing would be sent now; {rule}"),
        ));
    }
    let now = hours.zone.to_datetime(facts.now).time();
    let Some(closes) = hours.closes(facts.now) else {
        let text = format!(
            "{contacts} contacts would be messaged now, at {}; {rule}",
            now.strftime("%H:%M")
        );
        return Some(Held::count(contacts, 0, "contacts", text));
    };
    let seconds = longest(facts.sends_now().map(|(send, _)| *send));
    let last = facts.now.saturating_add(SignedDuration::from_secs(seconds));
    let last = last.unwrap_or(Timestamp::MAX);
    if last > closes {
        let last = hours.zone.to_datetime(last);
        let text = format!(
            "sending takes until {}; {rule}",
            last.strftime("%Y-%m-%d %H:%M")
        );
        return Some(Held::count(contacts, 0, "contacts", text));
    }
    Some(Held::count(
        0,
        0,
        "contacts",
        format!("it is {}; {rule}", now.strftime("%H:%M")),
    ))
}

/// Returns how many seconds the number sends that has most to send; campaigns of one number take turns.
fn longest<'a>(sends: impl Iterator<Item = &'a Send>) -> i64 {
    let mut numbers: BTreeMap<&str, u64> = BTreeMap::new();
    for send in sends {
        *numbers.entry(&send.number).or_default() += send.seconds_at_rate;
    }
    let longest = numbers.into_values().max().unwrap_or_default();
    i64::try_from(longest).unwrap_or(i64::MAX)
}

impl Hours {
    /// Returns when the hours end that a time lies in; none where it lies outside.
    fn closes(&self, at: Timestamp) -> Option<Timestamp> {
        let local = self.zone.to_datetime(at);
        let time = local.time();
        let is_open = match self.from <= self.to {
            true => self.from <= time && time < self.to,
            false => self.from <= time || time < self.to,
        };
        if !is_open {
            return None;
        }
        let day = match time < self.to {
            true => local.date(),
            false => local.date().checked_add(1.day()).ok()?,
        };
        self.zone.to_timestamp(day.to_datetime(self.to)).ok()
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        let (from, to) = (self.from.strftime("%H:%M"), self.to.strftime("%H:%M"));
        write!(f, "{from} to {to} in {zone} only")
    }
}

pub(super) fn countries(allowed: Option<&BTreeSet<String>>, facts: &Facts<'_>) -> Option<Held> {
    let allowed = allowed?;
    let mut others: BTreeMap<&str, u64> = BTreeMap::new();
    for (send, _) in facts.sends_to_somebody() {
        for (country, people) in &send.contacts.by_country {
            if !allowed.contains(country) {
                *others.entry(country).or_default() += people;
            }
        }
    }
    let contacts: u64 = others.values().sum();
    let listed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    let rule = format!("recipients may be of {} only", listed.join(", "));
    let text = if others.is_empty() {
        format!("nobody of another region; {rule}")
    } else {
        let mut each: Vec<(&str, u64)> = others.into_iter().collect();
        each.sort_by_key(|(country, people)| (std::cmp::Reverse(*people), *country));
        let mut words: Vec<String> = each
            .iter()
            .take(NAMED)
            .map(|(country, people)| match *country {
                "" => format!("{people} of no known region"),
                country => format!("{country} {people}"),
            })
            .collect();
        if each.len() > NAMED {
            words.push(format!("{} regions more", each.len() - NAMED));
        }
        format!("{contacts} of other regions ({}); {rule}", words.join(", "))
    };
    Some(Held::count(contacts, 0, "contacts", text))
}

/// A ledger that is new sends nothing before somebody has said that it may.
pub(super) fn new_ledger(ledger: NewLedger, facts: &Facts<'_>) -> Option<Held> {
    let adopts = facts
        .changes
        .iter()
        .any(|change| change.action == Action::Adopt);
    let text = match ledger {
        NewLedger::Known => return None,
        NewLedger::NewAttended if !adopts => return None,
        NewLedger::NewAttended => {
            "this ledger is new, yet the account already has what is declared: another ledger may have messaged these \
             people"
        }
        NewLedger::NewUnattended => {
            "this ledger is new (a fresh checkout, a lost disk?): another one may have messaged these people already"
        }
    };
    let recipients = facts
        .sends
        .iter()
        .map(|(send, _)| Facts::recipients(send))
        .sum();
    (recipients > 0).then(|| Held::count(recipients, 0, "contacts", text.to_owned()))
}
