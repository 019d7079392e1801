//! What the campaigns of a plan would send.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{DEEP, entry};
use crate::campaign::{Cost, Day, MarketCost, Send, skip};
use crate::render::style::Look;
use crate::render::{count, halt as halts};
use crate::sanitize;

/// Markets whose share is shown.
const MARKETS: usize = 5;

/// Days after the first that are shown.
const DAYS: usize = 6;

/// A campaign that has nothing to send, nothing to come and nothing to tell is folded away.
pub(in crate::render) fn is_worth_showing(send: &Send) -> bool {
    send.now
        + send.when_ready
        + send.later
        + send.unusable_rows
        + send.contacts.removed
        + send.contacts.uncertain
        + unsent_at_the_end(send)
        > 0
}

/// How many a campaign that is over would still have messaged.
fn unsent_at_the_end(send: &Send) -> u64 {
    match send.state.as_str() {
        "ended" => send.contacts.new + send.contacts.due,
        _ => 0,
    }
}

pub(super) fn human(send: &Send, look: Look) -> String {
    let messaged = send.now + send.when_ready;
    let address = look.strong(&send.address);
    let mut text = match messaged {
        0 => {
            let told = format!("{address} messages nobody now");
            look.lay_out(&entry(look.faint("→")), DEEP, &told)
        }
        messaged => {
            let told = format!(
                "{address} sends {} to {} from {}",
                send.template,
                look.strong(count::of(messaged, "contact", "contacts")),
                sanitize::lines(&send.number)
            );
            look.lay_out(&entry(look.added("→")), DEEP, &told)
        }
    };
    for (name, told) in facts(send, look) {
        text.push_str(&look.hang(&format!("{DEEP}{name:<12} "), &told));
    }
    text
}

/// What there is to know of a campaign, each below its name; what goes on has none.
pub(in crate::render) fn facts(send: &Send, look: Look) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut fact = |name: &'static str, told: String| facts.push((name, told));
    let contacts = &send.contacts;
    if !send.waits_for.is_empty() && send.when_ready > 0 {
        let addresses: Vec<String> = send.waits_for.iter().map(ToString::to_string).collect();
        let told = format!("{} to be approved", addresses.join(", "));
        fact("waits for", look.waiting(told));
    }
    for halt in &send.halts {
        fact("halted", look.alarming(halts::line(halt)));
    }
    if send.now + send.when_ready > 0 {
        let took = i64::try_from(send.seconds_at_rate).unwrap_or(i64::MAX);
        let took = count::roughly(SignedDuration::from_secs(took));
        fact("takes", format!("about {took} at {}", rate(send)));
    }
    if let Some(cost) = &send.cost {
        for (index, told) in costs(cost, send.category.as_deref())
            .into_iter()
            .enumerate()
        {
            fact(if index == 0 { "costs" } else { "" }, told);
        }
    }
    if let Some(told) = reach(&send.reach) {
        fact("reaches", told);
    }
    fact("hopper", hopper(send));
    if let Some(left) = send.limit_left {
        let days = send.days_under_limit;
        let days = days.map(|days| format!("; all are reached over about {days} days"));
        let left = count::grouped(left);
        let told = format!("{left} left for new recipients{}", days.unwrap_or_default());
        fact("24 h limit", told);
    }
    let unsent = unsent_at_the_end(send);
    if unsent > 0 {
        let unsent = count::of(unsent, "contact", "contacts");
        let told = format!("its duration is over; {unsent} will not be messaged");
        fact("ended", told);
    }
    for (name, told) in by_reason("later", &send.later_reasons) {
        fact(name, told);
    }
    for (name, told) in by_reason("skipped", &contacts.skipped) {
        fact(name, told);
    }
    if contacts.removed > 0 {
        let removed = count::grouped(contacts.removed);
        fact(
            "taken out",
            format!("{removed} no longer on the lists, never messaged"),
        );
    }
    if contacts.uncertain > 0 {
        let uncertain = count::of(contacts.uncertain, "contact", "contacts");
        let told = format!("{uncertain} may or may not have been messaged; not repeated");
        fact("uncertain", look.changed(told));
    }
    if send.unusable_rows > 0 {
        let rows = count::of(
            send.unusable_rows,
            "row is no contact",
            "rows are no contacts",
        );
        fact("unusable", look.changed(rows));
        for example in &send.unusable_examples {
            fact("", look.faint(sanitize::lines(example)));
        }
        let untold = send
            .unusable_rows
            .saturating_sub(send.unusable_examples.len() as u64);
        if untold > 0 {
            fact(
                "",
                look.faint(format_args!("and {} more", count::grouped(untold))),
            );
        }
    }
    facts
}

/// Returns what messages cost, then each market's share.
fn costs(cost: &Cost, category: Option<&str>) -> Vec<String> {
    let Cost {
        currency,
        amount,
        card,
        markets,
        unpriced,
    } = cost;
    let category = category.map(|category| format!("as {}, ", sanitize::line(category)));
    let total = count::money(currency, *amount);
    let card = sanitize::line(card);
    let mut told = vec![format!(
        "at most {total} ({}rate_card.{card})",
        category.unwrap_or_default()
    )];
    // With one market, its share is the whole.
    let (shown, folded) = markets.split_at(markets.len().min(MARKETS));
    let share = |market: &MarketCost| {
        let MarketCost {
            market,
            recipients,
            price,
            amount,
        } = market;
        let amount = count::money(currency, *amount);
        let (market, recipients) = (sanitize::line(market), count::grouped(*recipients));
        format!("{market}: {recipients} × {} = {amount}", price.normalize())
    };
    told.extend(shown.iter().map(share));
    if !folded.is_empty() {
        let rest = folded.iter().map(|market| market.amount).sum();
        let markets = count::of(folded.len() as u64, "market", "markets");
        told.push(format!("{markets} more: {}", count::money(currency, rest)));
    }
    if *unpriced > 0 {
        let contacts = count::of(*unpriced, "contact has", "contacts have");
        told.push(format!("{contacts} no price there and would cost more"));
    }
    told
}

/// Returns how many are reached on which day; none where all are on the first.
fn reach(days: &[Day]) -> Option<String> {
    let (first, rest) = days.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let today = format!("today {}", count::grouped(first.contacts));
    let (shown, folded) = rest.split_at(rest.len().min(DAYS));
    let day = |day: &Day| {
        let date = day.date.strftime("%-d %b");
        format!("{date} {}", count::grouped(day.contacts))
    };
    let mut told: Vec<String> = [today].into_iter().chain(shown.iter().map(day)).collect();
    if let Some(last) = folded.last() {
        let contacts = folded.iter().map(|day| day.contacts).sum();
        let (contacts, until) = (count::grouped(contacts), last.date.strftime("%-d %b %Y"));
        told.push(format!("then {contacts} until {until}"));
    }
    Some(told.join(", "))
}

/// A line a reason, with its number and what it means.
fn by_reason(
    name: &'static str,
    reasons: &BTreeMap<String, u64>,
) -> impl Iterator<Item = (&'static str, String)> {
    reasons
        .iter()
        .enumerate()
        .map(move |(index, (reason, number))| {
            let meaning =
                meaning(reason).map_or_else(String::new, |meaning| format!(": {meaning}"));
            let reason = sanitize::line(reason);
            let told = format!("{} {reason}{meaning}", count::grouped(*number));
            (if index == 0 { name } else { "" }, told)
        })
}

/// Returns what holds contacts back, or keeps them out, in words.
fn meaning(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "gap" => "messaged too short a time ago (guards min_gap and repeat_template)",
        "halted" => "sending is halted; `waform resume` lets it go on",
        "paused" => "the campaign is paused",
        "not_started" => "the campaign's start has not come",
        "quiet_hours" => "it is within the quiet hours where they are",
        "24_h_limit" => "more than the account may begin within 24 hours",
        reason => return skip::sentence(reason),
    })
}

fn hopper(send: &Send) -> String {
    let contacts = &send.contacts;
    let parts = [
        (contacts.new, "new"),
        (contacts.due, "due"),
        (contacts.unlisted, "off the lists but due again"),
        (contacts.waiting, "waiting"),
        (contacts.closed, "closed"),
        (
            contacts.duplicates,
            if contacts.duplicates == 1 {
                "duplicate"
            } else {
                "duplicates"
            },
        ),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(number, name)| *number > 0 || *name == "new")
        .map(|(number, name)| format!("{} {name}", count::grouped(*number)))
        .collect();
    shown.join(", ")
}

fn rate(send: &Send) -> String {
    if send.rate_per_second >= 1.0 {
        format!("{}/s", send.rate_per_second)
    } else {
        format!("{:.0}/h", send.rate_per_second * 3600.0)
    }
}
