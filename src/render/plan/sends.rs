//! What the campaigns of a plan would send.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{DEEP, entry};
use crate::campaign::{Send, skip};
use crate::render::style::Look;
use crate::render::{count, halt as halts};
use crate::sanitize;

/// A campaign that has nothing to send, nothing to come and nothing to tell is folded away.
pub(super) fn is_worth_showing(send: &Send) -> bool {
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
fn facts(send: &Send, look: Look) -> Vec<(&'static str, String)> {
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
