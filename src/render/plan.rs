//! A plan on a terminal.
//!
//! Destructive changes come first, what is changed alike is told once, and what a reader must not miss (that the plan is
//! partial, what is refused) stands at both ends.

mod brief;
mod changes;
mod drift;
mod groups;
mod guards;
pub(super) mod sends;
mod summary;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use serde_json::Value;

use super::style::Look;
use crate::engine::plan::{Output, Plan, Refused, Wait};
use crate::sanitize;
use groups::Group;

pub use brief::brief;
pub use summary::{NO_CHANGES, NOTHING_TO_DESTROY, summary};

/// Returns the plan as a person reviews it, ending with the summary.
#[must_use]
pub fn human(plan: &Plan, look: Look) -> String {
    let mut text = summary::opening(plan, look);
    let drifts = groups::of_drift(&plan.drift);
    section(
        &mut text,
        drifts.iter().map(|group| drift::human(group, look)),
        "Changed outside waform:",
        look,
    );
    let changes = groups::of_changes(&plan.changes);
    let unchanged = changes::unchanged(plan);
    section(
        &mut text,
        changes
            .iter()
            .map(|group| changes::human(group, look))
            .chain(unchanged.filter(|_| !changes.is_empty()).map(|told| {
                let told = look.faint(told);
                look.lay_out("\n  ", "  ", &told)
            })),
        "waform will make these changes:",
        look,
    );
    section(
        &mut text,
        plan.sends
            .iter()
            .filter(|send| sends::is_worth_showing(send))
            .map(|send| sends::human(send, look)),
        "Messages:",
        look,
    );
    section(
        &mut text,
        groups::of_waits(&plan.waits)
            .iter()
            .map(|group| wait(group, look)),
        "Waiting:",
        look,
    );
    section(
        &mut text,
        groups::of_refused(&plan.refused)
            .iter()
            .map(|group| refused(group, look)),
        "Refused:",
        look,
    );
    section(
        &mut text,
        guards::lines(&plan.guards, look),
        "Guards:",
        look,
    );
    let width = plan.outputs.iter().map(|output| output.name.len()).max();
    section(
        &mut text,
        plan.outputs
            .iter()
            .map(|output| self::output(output, width.unwrap_or_default(), look)),
        "Outputs:",
        look,
    );
    for notice in &plan.notices {
        text.push_str(&look.hang("note: ", &sanitize::lines(&notice.message)));
        text.push('\n');
    }
    text.push_str(&summary(plan, look));
    text.push_str(&summary::closing(plan, look));
    text.push_str(&super::saved::plan_id(plan, look));
    text
}

/// How far what belongs to an entry is indented.
const DEEP: &str = "      ";

/// Returns the beginning of an entry's first line.
fn entry(symbol: impl std::fmt::Display) -> String {
    format!("  {symbol} ")
}

fn section(text: &mut String, entries: impl Iterator<Item = String>, title: &str, look: Look) {
    let mut entries = entries.peekable();
    if entries.peek().is_some() {
        let _infallible = writeln!(text, "{}\n", look.strong(title));
        text.extend(entries);
        text.push('\n');
    }
}

fn wait(group: &Group<'_, Wait>, look: Look) -> String {
    let wait = group.first();
    let told = format!(
        "{}: {}",
        groups::folded(&group.addresses),
        sanitize::lines(&wait.reason)
    );
    let symbol = if wait.broken {
        look.alarming("✗")
    } else {
        look.waiting("…")
    };
    let mut text = look.lay_out(&entry(symbol), DEEP, &told);
    if let Some(help) = &wait.help {
        text.push_str(&look.hang(DEEP, &look.faint(sanitize::lines(help))));
    }
    text
}

fn refused(group: &Group<'_, Refused>, look: Look) -> String {
    let Refused {
        address: _,
        refusal,
        declared_at,
    } = group.first();
    let told = format!(
        "{}: {} {}",
        look.strong(groups::all(&group.addresses)),
        sanitize::lines(&refusal.message),
        look.faint(format_args!("[{}]", refusal.code))
    );
    let mut text = look.lay_out(&entry(look.alarming("✗")), DEEP, &told);
    if let Some(place) = declared_at
        && group.items.len() == 1
    {
        let place = look.faint(format_args!("{}:{}", place.file, place.line));
        text.push_str(&look.hang(DEEP, &place));
    }
    text.push_str(&look.hang(&format!("{DEEP}help: "), &sanitize::lines(&refusal.help)));
    text
}

fn output(output: &Output, width: usize, look: Look) -> String {
    let shown = match &output.value {
        Some(value) => changes::value(value),
        None => look.faint("(known after the apply)"),
    };
    let told = output.description.as_deref().map(|description| {
        let description = sanitize::line(description);
        look.faint(format_args!("  # {description}"))
    });
    let lead = format!("  {:<width$} = ", output.name);
    look.hang(&lead, &format!("{shown}{}", told.unwrap_or_default()))
}

/// Returns a value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => sanitize::line(text).into_owned(),
        other => changes::value(other),
    }
}
