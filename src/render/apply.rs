//! What an apply did.

use std::fmt::Write as _;

use super::count;
use super::events::{Changes, Operation};
use super::style::Look;
use crate::campaign::dispatch::Cause;
use crate::engine::apply::Outcome;
use crate::engine::plan::Action;
use crate::sanitize;

/// Returns Terraform's closing line, and before it every failure with its advice.
#[must_use]
pub fn human(
    outcome: &Outcome,
    counted: impl Fn(&crate::config::Address) -> bool,
    look: Look,
) -> String {
    let mut text = String::new();
    for failure in &outcome.failed {
        let code = failure
            .code
            .as_deref()
            .map(|code| format!(" [{code}]"))
            .unwrap_or_default();
        let reason = sanitize::lines(&failure.reason);
        let told = format!("{}: {reason}{}", failure.address, look.faint(code));
        text.push_str(&look.hang(&format!("{} ", look.alarming("✗")), &told));
        if let Some(help) = &failure.help {
            text.push_str(&look.hang("  help: ", &sanitize::lines(help)));
        }
    }
    for wait in &outcome.waiting {
        let told = format!("{}: {}", wait.address, sanitize::lines(&wait.reason));
        let symbol = if wait.broken {
            look.alarming("✗")
        } else {
            look.waiting("…")
        };
        text.push_str(&look.hang(&format!("{symbol} "), &told));
        if let Some(help) = &wait.help {
            text.push_str(&look.hang("  ", &look.faint(sanitize::lines(help))));
        }
    }
    for address in &outcome.held {
        let told = format!("{address}: goes on when what it needs is ready");
        text.push_str(&look.hang(&format!("{} ", look.waiting("…")), &told));
    }
    for address in &outcome.left {
        let _infallible = writeln!(
            text,
            "{} {address}: not tried; the next apply goes on with it",
            look.waiting("…")
        );
    }
    let line = closing(outcome, changes(outcome, counted));
    let _infallible = writeln!(text, "{}", look.strong(line));
    text
}

/// Returns what was done to the objects that count.
#[must_use]
pub fn changes(outcome: &Outcome, counted: impl Fn(&crate::config::Address) -> bool) -> Changes {
    let count = |actions: &[Action]| {
        let done = outcome.done.iter();
        let counted = done.filter(|(address, action)| counted(address) && actions.contains(action));
        counted.count() as u64
    };
    Changes {
        add: count(&[Action::Create, Action::Replace]),
        change: count(&[Action::Update]),
        import: count(&[Action::Adopt]),
        remove: count(&[Action::Delete, Action::Replace]),
        operation: Operation::Apply,
    }
}

/// Returns Terraform's closing line.
#[must_use]
pub fn closing(outcome: &Outcome, changes: Changes) -> String {
    let Changes {
        add,
        change,
        import,
        remove,
        operation: _,
    } = changes;
    let imported = match import {
        0 => String::new(),
        import => format!("{import} imported, "),
    };
    let title = if outcome.failed.is_empty() {
        "Apply complete!"
    } else {
        "Apply incomplete!"
    };
    format!("{title} Resources: {imported}{add} added, {change} changed, {remove} destroyed.")
}

/// Returns what was sent from one number, a line a campaign and its reasons below.
#[must_use]
pub fn sent(summary: &crate::campaign::dispatch::Summary, look: Look) -> String {
    let mut text = String::new();
    if summary.recovered > 0 {
        let told = count::of(
            summary.recovered,
            "message of an earlier run is",
            "messages of an earlier run are",
        );
        let told = format!("{told} uncertain: not repeated");
        text.push_str(&look.hang(&format!("{} ", look.changed("!")), &told));
    }
    for campaign in &summary.campaigns {
        let failed: u64 = campaign.failed.values().sum();
        let retried: u64 = campaign.retried.values().sum();
        let mut parts = vec![format!(
            "{} accepted",
            count::of(campaign.accepted, "message", "messages")
        )];
        let mut part = |number: u64, name: &str| {
            if number > 0 {
                parts.push(format!("{} {name}", count::grouped(number)));
            }
        };
        part(failed, "failed");
        part(retried, "to be tried again");
        part(campaign.uncertain, "uncertain");
        part(campaign.postponed, "put off");
        part(campaign.skipped.values().sum(), "skipped");
        part(campaign.expired, "closed by time");
        let told = format!("campaign.{}: {}.", campaign.campaign, parts.join(", "));
        text.push_str(&look.hang(&format!("{} ", look.added("→")), &told));
        if !campaign.failed.is_empty() {
            let codes = campaign
                .failed
                .iter()
                .map(|(code, number)| format!("{code} ({number})"));
            let told = format!("failed with {}", codes.collect::<Vec<_>>().join(", "));
            text.push_str(&look.hang("    ", &told));
        }
        if campaign.limited {
            text.push_str("    the account's 24-hour limit is used up; the rest waits\n");
        }
        if campaign.capped {
            text.push_str("    others are due that the plan did not show: plan again\n");
        } else if let Some(next) = campaign.next_due {
            let _infallible = writeln!(
                text,
                "    next due {}; run apply again then",
                next.strftime("%Y-%m-%dT%H:%M:%SZ")
            );
        }
        if let Some(halt) = &campaign.halted {
            let lead = format!("    {} ", look.alarming("stopped:"));
            text.push_str(&look.lay_out(&lead, "    ", &sanitize::lines(&halt.reason)));
        }
    }
    match &summary.stopped {
        Some(halt) if halt.cause == Cause::Stopped => {
            let told = "Sending was stopped as you asked; the next apply goes on from here.";
            text.push_str(&look.hang("", told));
        }
        Some(halt) => {
            let lead = format!("{} ", look.alarming("Sending stopped:"));
            text.push_str(&look.lay_out(&lead, "  ", &sanitize::lines(&halt.reason)));
        }
        None => {}
    }
    text
}
