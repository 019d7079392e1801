//! The guards of a plan, each with how near it is.

use super::{DEEP, entry};
use crate::engine::plan::{GuardState, Quantity};
use crate::render::count;
use crate::render::style::Look;
use crate::sanitize;

/// Returns an entry for each guard that has something to guard: a limit on what does not happen is nothing to read.
pub(super) fn lines(guards: &[GuardState], look: Look) -> impl Iterator<Item = String> {
    let shown = |guard: &&GuardState| guard.value.0 > 0.0 || guard.exceeded;
    let width = guards
        .iter()
        .filter(shown)
        .map(|guard| guard.name.len())
        .max()
        .unwrap_or_default();
    guards
        .iter()
        .filter(shown)
        .map(move |guard| line(guard, width, look))
}

fn line(guard: &GuardState, width: usize, look: Look) -> String {
    let GuardState {
        name,
        limit: _,
        value: _,
        unit: _,
        exceeded,
        allowed,
        text,
    } = guard;
    let text = sanitize::lines(text);
    let (symbol, told) = match (exceeded, allowed) {
        (true, false) => (
            look.alarming("✗"),
            format!("{text} (override with --allow {name})"),
        ),
        (true, true) => (
            look.changed("!"),
            format!("{text} (allowed by --allow {name})"),
        ),
        // A guard without a limit in numbers says what it has to say.
        (false, _) => (
            look.added("✓"),
            nearness(guard).unwrap_or_else(|| text.into_owned()),
        ),
    };
    look.lay_out(&entry(symbol), DEEP, &format!("{name:<width$}  {told}"))
}

/// Returns `1,240 of 10,000 contacts (12 %)`; none where there is no limit to be near to.
pub(in crate::render) fn nearness(guard: &GuardState) -> Option<String> {
    let GuardState {
        limit, value, unit, ..
    } = guard;
    if limit.0 <= 0.0 {
        return None;
    }
    let part = format!("({:.0} %)", value.0 / limit.0 * 100.0);
    let (value, limit) = (number(*value, unit), number(*limit, unit));
    Some(match unit.as_str() {
        "" => format!("{value} of {limit} {part}"),
        "%" => format!("{value} % of {limit} %"),
        unit if is_currency(unit) => format!("{unit} {value} of {limit} {part}"),
        unit => format!("{value} of {limit} {} {part}", sanitize::line(unit)),
    })
}

fn is_currency(unit: &str) -> bool {
    unit.len() == 3 && unit.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn number(quantity: Quantity, unit: &str) -> String {
    let digits = match unit {
        unit if is_currency(unit) => 2,
        _ if quantity.0.fract() == 0.0 => 0,
        _ => 1,
    };
    count::decimal(quantity.0, digits)
}
