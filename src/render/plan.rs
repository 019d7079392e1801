//! A plan on a terminal.

mod sends;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use serde_json::Value;

use super::count;
use super::style::Look;
use super::words;
use crate::engine::plan::{Action, Change, Drift, DriftClass, Plan};
use crate::resource::FieldChange;
use crate::sanitize;

/// The sentence that says that there is nothing to do.
pub const NO_CHANGES: &str = "No changes. The account matches the configuration.";

/// Returns the plan as a person reviews it, ending with the summary.
#[must_use]
pub fn human(plan: &Plan, look: Look) -> String {
    let mut text = String::new();
    section(
        &mut text,
        plan.drift.iter().map(|drift| self::drift(drift, look)),
        "Changed outside waform:",
        look,
    );
    let changes = plan
        .changes
        .iter()
        .filter(|change| change.action != Action::NoOp);
    section(
        &mut text,
        changes.map(|change| self::change(change, look)),
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
    let waits = plan.waits.iter().map(|wait| {
        let told = format!("{}: {}", wait.address, sanitize::lines(&wait.reason));
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
    });
    section(&mut text, waits, "Waiting:", look);
    section(
        &mut text,
        plan.refused
            .iter()
            .map(|refused| self::refused(refused, look)),
        "Refused:",
        look,
    );
    // A limit on what does not happen is nothing to read.
    let guards = plan
        .guards
        .iter()
        .filter(|guard| guard.value > 0 || guard.exceeded);
    section(
        &mut text,
        guards.map(|guard| self::guard(guard, look)),
        "Guards:",
        look,
    );
    for notice in &plan.notices {
        text.push_str(&look.hang("note: ", &sanitize::lines(&notice.message)));
        text.push('\n');
    }
    text.push_str(&summary(plan, look));
    text
}

/// Returns the closing lines: Terraform's, then ours.
#[must_use]
pub fn summary(plan: &Plan, look: Look) -> String {
    let counts = plan.counts();
    let mut text = if plan.has_differences() || !plan.refused.is_empty() {
        let import = if counts.import > 0 {
            format!("{} to import, ", counts.import)
        } else {
            String::new()
        };
        let line = format!(
            "Plan: {import}{} to add, {} to change, {} to destroy.",
            counts.add, counts.change, counts.destroy
        );
        format!("{}\n", look.strong(line))
    } else {
        format!("{}\n", look.strong(NO_CHANGES))
    };
    let mut ours = Vec::new();
    if counts.campaigns > 0 {
        let mut contacts = Vec::new();
        if counts.contacts_now > 0 || counts.contacts_when_ready == 0 {
            contacts.push(format!(
                "{} now",
                count::of(counts.contacts_now, "contact", "contacts")
            ));
        }
        if counts.contacts_when_ready > 0 {
            let number = count::of(counts.contacts_when_ready, "contact", "contacts");
            contacts.push(format!("{number} when the template is approved"));
        }
        if counts.contacts_later > 0 {
            contacts.push(format!("{} later", count::grouped(counts.contacts_later)));
        }
        ours.push(format!(
            "Campaigns: {} to send, {}.",
            counts.campaigns,
            contacts.join(", ")
        ));
    }
    if counts.in_review > 0 {
        ours.push(format!("In review: {}.", counts.in_review));
    }
    if counts.forget > 0 {
        ours.push(format!("To forget: {}.", counts.forget));
    }
    if !plan.unmanaged.is_empty() {
        ours.push(format!(
            "Not managed: {}.",
            count::of(plan.unmanaged.len() as u64, "live object", "live objects")
        ));
    }
    if !ours.is_empty() {
        text.push_str(&look.hang("", &ours.join(" ")));
    }
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

fn change(change: &Change, look: Look) -> String {
    let symbol = match change.action {
        Action::Create => look.added("+"),
        Action::Update => look.changed("~"),
        Action::Replace => look.removed("-/+"),
        Action::Delete => look.removed("-"),
        Action::Forget => look.faint("."),
        Action::Adopt => look.waiting("<="),
        Action::NoOp => " ".to_owned(),
    };
    let told = match change.action {
        Action::Create => "will be created",
        Action::Update => "will be changed",
        Action::Replace => "will be deleted and created again",
        Action::Delete => "will be deleted",
        Action::Forget => "has left the configuration and is forgotten; what there is of it stays",
        Action::Adopt if change.fields.is_empty() => "exists as declared and will be adopted",
        Action::Adopt => "exists, will be adopted and changed",
        Action::NoOp => "is as declared",
    };
    let mut told = format!("{} {}", look.strong(&change.address), look.faint(told));
    if let Some(place) = &change.declared_at {
        let place = look.faint(format_args!("  {}:{}", place.file, place.line));
        told.push_str(&place);
    }
    let mut text = look.lay_out(&entry(symbol), DEEP, &told);
    let width = change
        .fields
        .iter()
        .map(|field| field.field.chars().count())
        .max()
        .unwrap_or_default();
    for field in &change.fields {
        text.push_str(&self::field(
            field,
            change.action == Action::Create,
            width,
            look,
        ));
    }
    for budget in &change.budgets {
        // A hundred creations an hour are there for everybody; one edit a day is not.
        if change.action != Action::Create && !budget.text.is_empty() {
            let told = look.faint(format_args!("({})", budget.text));
            text.push_str(&look.hang(DEEP, &told));
        }
    }
    text
}

fn field(field: &FieldChange, created: bool, width: usize, look: Look) -> String {
    let name = &field.field;
    let shown = match (&field.before, &field.after) {
        (Some(Value::String(before)), Some(Value::String(after))) => {
            words::diff(&sanitize::lines(before), &sanitize::lines(after), look)
        }
        (Some(before), Some(after)) => format!(
            "{} → {}",
            look.removed(value(before)),
            look.added(value(after))
        ),
        (Some(before), None) => {
            format!("{} → {}", look.removed(value(before)), look.faint("(none)"))
        }
        (None, Some(after)) if created => value(after),
        (None, Some(after)) => format!("{} → {}", look.faint("(none)"), look.added(value(after))),
        (None, None) => String::new(),
    };
    let forced = if field.forces_replacement {
        look.removed(" (forces replacement)")
    } else {
        String::new()
    };
    let lead = format!("{DEEP}{name:<width$}   ");
    look.hang(&lead, &format!("{}{forced}", shown.trim_end()))
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => sanitize::lines(text).into_owned(),
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            items
                .iter()
                .map(self::value)
                .collect::<Vec<_>>()
                .join(" · ")
        }
        other => sanitize::lines(&other.to_string()).into_owned(),
    }
}

fn drift(drift: &Drift, look: Look) -> String {
    let told = match drift.class {
        DriftClass::Edited => "was changed since the last apply",
        DriftClass::Moved => "was changed by Meta",
        DriftClass::Missing => "is gone",
    };
    let told = format!("{} {told}", look.strong(&drift.address));
    let mut text = look.lay_out(&entry(look.changed("!")), DEEP, &told);
    let width = drift
        .fields
        .iter()
        .map(|field| field.field.chars().count())
        .max()
        .unwrap_or_default();
    for field in &drift.fields {
        text.push_str(&self::field(field, false, width, look));
    }
    text
}

fn refused(refused: &crate::engine::plan::Refused, look: Look) -> String {
    let refusal = &refused.refusal;
    let told = format!(
        "{}: {} {}",
        look.strong(&refused.address),
        sanitize::lines(&refusal.message),
        look.faint(format_args!("[{}]", refusal.code))
    );
    let mut text = look.lay_out(&entry(look.alarming("✗")), DEEP, &told);
    if let Some(place) = &refused.declared_at {
        let place = look.faint(format_args!("{}:{}", place.file, place.line));
        text.push_str(&look.hang(DEEP, &place));
    }
    text.push_str(&look.hang(&format!("{DEEP}help: "), &sanitize::lines(&refusal.help)));
    text
}

fn guard(guard: &crate::engine::plan::GuardState, look: Look) -> String {
    let (symbol, told) = match (guard.exceeded, guard.allowed) {
        (true, false) => (
            look.alarming("✗"),
            format!(" (override with --allow {})", guard.name),
        ),
        (true, true) => (
            look.changed("!"),
            format!(" (allowed by --allow {})", guard.name),
        ),
        (false, _) => (look.added("✓"), String::new()),
    };
    let told = format!("{}: {}{told}", guard.name, guard.text);
    look.lay_out(&entry(symbol), DEEP, &told)
}
