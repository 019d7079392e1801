//! A plan with one line an object: for plans whose full view nobody would read.

use super::groups::{self, Group};
use super::{changes, guards, inline, sends, summary};
use crate::campaign::Send;
use crate::engine::plan::{Action, Change, Drift, DriftClass, GuardState, Plan, Refused, Wait};
use crate::render::count;
use crate::render::style::Look;
use crate::resource::FieldChange;
use crate::sanitize;

/// Addresses that a line names.
const NAMED: usize = 3;

/// Fields that a line names.
const FIELDS: usize = 6;

/// A value that is longer tells its field's name only.
const SHORT: usize = 24;

/// Returns the plan with one line an object, those in one line that are changed alike.
#[must_use]
pub fn brief(plan: &Plan, look: Look) -> String {
    let mut text = summary::opening(plan, look);
    let before = text.len();
    let mut put = |symbol: String, told: &str| {
        text.push_str(&symbol);
        text.push(' ');
        text.push_str(&look.cut(told, 4));
        text.push('\n');
    };
    for group in groups::of_changes(&plan.changes) {
        put(changes::symbol(group.first().action, look), &change(&group));
    }
    for send in plan
        .sends
        .iter()
        .filter(|send| sends::is_worth_showing(send))
    {
        put(look.added("→"), &self::send(send));
    }
    for group in groups::of_refused(&plan.refused) {
        put(look.alarming("✗"), &refused(&group));
    }
    for group in groups::of_waits(&plan.waits) {
        let symbol = match group.first().broken {
            true => look.alarming("✗"),
            false => look.waiting("…"),
        };
        put(symbol, &wait(&group));
    }
    for group in groups::of_drift(&plan.drift) {
        put(look.changed("!"), &drift(&group));
    }
    for guard in plan.guards.iter().filter(|guard| guard.exceeded) {
        let symbol = match guard.allowed {
            true => look.changed("!"),
            false => look.alarming("✗"),
        };
        put(symbol, &self::guard(guard));
    }
    if let Some(unchanged) = changes::unchanged(plan).filter(|_| text.len() > before) {
        text.push_str(&look.faint(unchanged));
        text.push('\n');
    }
    if text.len() > before {
        text.push('\n');
    }
    text.push_str(&summary::summary(plan, look));
    text.push_str(&summary::closing(plan, look));
    text
}

fn change(group: &Group<'_, Change>) -> String {
    let change = group.first();
    let fields = match change.action {
        Action::Create => String::new(),
        _ => fields(&change.fields),
    };
    line(group, &fields)
}

/// Returns what is told of an address; of several, how many there are, what is told of each, and the first of them.
fn line<T>(group: &Group<'_, T>, told: &str) -> String {
    match group.addresses.as_slice() {
        [one] => format!("{one}{told}"),
        several => {
            let (number, kind) = (several.len() as u64, &several[0].kind);
            let addresses = groups::first(several, NAMED);
            format!("{} × {kind}{told}: {addresses}", count::grouped(number))
        }
    }
}

/// Returns one short change in full, of others their names.
fn fields(fields: &[FieldChange]) -> String {
    match fields {
        [] => String::new(),
        [
            FieldChange {
                field,
                before: Some(before),
                after: Some(after),
                forces_replacement: _,
            },
        ] => {
            let (before, after) = (inline(before), inline(after));
            let short = |text: &str| text.chars().count() <= SHORT;
            match short(&before) && short(&after) {
                true => format!("  {field} {before} → {after}"),
                false => format!("  {field}"),
            }
        }
        several => {
            let names: Vec<&str> = several
                .iter()
                .take(FIELDS)
                .map(|field| field.field.as_str())
                .collect();
            let more = match several.len().saturating_sub(FIELDS) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("  {}{more}", names.join(", "))
        }
    }
}

fn send(send: &Send) -> String {
    let mut parts = Vec::new();
    if send.now > 0 || send.when_ready + send.later == 0 {
        let contacts = count::of(send.now, "contact", "contacts");
        parts.push(format!("{contacts} now"));
    }
    let mut part = |number: u64, told: &str| {
        if number > 0 {
            parts.push(format!("{} {told}", count::grouped(number)));
        }
    };
    part(send.when_ready, "when approved");
    part(send.later, "later");
    part(send.contacts.skipped.values().sum(), "skipped");
    if let Some(cost) = &send.cost {
        parts.push(count::money(&cost.currency, cost.amount));
    }
    if !send.halts.is_empty() {
        parts.push("halted".to_owned());
    }
    format!("{}  {}", send.address, parts.join(", "))
}

fn refused(group: &Group<'_, Refused>) -> String {
    let refusal = &group.first().refusal;
    let message = sanitize::line(&refusal.message);
    line(group, &format!("  refused: {message} [{}]", refusal.code))
}

fn wait(group: &Group<'_, Wait>) -> String {
    let reason = sanitize::line(&group.first().reason);
    line(group, &format!("  {reason}"))
}

fn drift(group: &Group<'_, Drift>) -> String {
    let drift = group.first();
    let told = match drift.class {
        DriftClass::Edited => "changed outside waform",
        DriftClass::Moved => "changed by Meta",
        DriftClass::Missing => "gone",
    };
    line(group, &format!("  {told}{}", fields(&drift.fields)))
}

fn guard(guard: &GuardState) -> String {
    let how = match guard.allowed {
        true => "exceeded and allowed",
        false => "refuses",
    };
    let told = guards::nearness(guard).unwrap_or_else(|| sanitize::line(&guard.text).into_owned());
    format!("guard {}  {how}: {told}", guard.name)
}
