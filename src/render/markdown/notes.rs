//! What a reviewer must know beside the changes: refusals, guards, waits, drift, what nobody manages.

use std::fmt::Write as _;

use serde_json::Value;

use super::changes::address;
use super::diff;
use super::text::{code, escape, html};
use crate::engine::plan::{Drift, DriftClass, GuardState, Plan, Refused, Wait};
use crate::render::count;
use crate::render::time::rfc3339;

/// Returns what stands in the way of applying, or makes the plan less than the whole: boxes above everything else.
pub(super) fn warnings(plan: &Plan) -> String {
    let mut text = String::new();
    if let Some(reasons) = obstacles(plan) {
        text.push_str(&boxed(
            "CAUTION",
            &format!("**This plan cannot be applied:** {reasons}."),
        ));
    }
    if !plan.selection.is_all() {
        let listed = |patterns: &[String]| {
            let patterns: Vec<String> = patterns.iter().map(|pattern| code(pattern)).collect();
            patterns.join(", ")
        };
        let mut parts = Vec::new();
        if !plan.selection.targets.is_empty() {
            parts.push(format!("only {}", listed(&plan.selection.targets)));
        }
        if !plan.selection.excludes.is_empty() {
            parts.push(format!("without {}", listed(&plan.selection.excludes)));
        }
        let told = format!(
            "**This plan is partial:** {}. Applying it does not make the account match the configuration.",
            parts.join(", ")
        );
        text.push_str(&boxed("WARNING", &told));
    }
    if !plan.refreshed {
        let told = "**Meta was not read:** the plan takes what was last applied for what is there.";
        text.push_str(&boxed("WARNING", told));
    }
    text
}

/// Returns why a plan cannot be applied, in a few words; none where it can.
pub(super) fn obstacles(plan: &Plan) -> Option<String> {
    let mut reasons = Vec::new();
    if !plan.refused.is_empty() {
        let refused = count::of(
            plan.refused.len() as u64,
            "change is refused",
            "changes are refused",
        );
        reasons.push(refused);
    }
    let guards: Vec<String> = plan
        .refusing_guards()
        .map(|guard| code(&guard.name))
        .collect();
    match &*guards {
        [] => {}
        [one] => reasons.push(format!("the guard {one} refuses")),
        several => reasons.push(format!("the guards {} refuse", several.join(", "))),
    }
    (!reasons.is_empty()).then(|| reasons.join(", and "))
}

fn boxed(kind: &str, told: &str) -> String {
    format!("> [!{kind}]\n> {told}\n\n")
}

pub(super) fn refused(refused: &[Refused]) -> String {
    let mut text = String::new();
    for Refused {
        address: of,
        refusal,
        declared_at,
    } in refused
    {
        let place = declared_at.as_ref().map(|place| {
            let place = code(&format!("{}:{}", place.file, place.line));
            format!(" ({place})")
        });
        let _infallible = writeln!(
            text,
            "- ❌ {}{}: {} {}\\\n  {}",
            address(of),
            place.unwrap_or_default(),
            escape(&refusal.message),
            code(&refusal.code),
            escape(&refusal.help)
        );
    }
    text
}

pub(super) fn waits(waits: &[Wait]) -> String {
    let mut text = String::new();
    for wait in waits {
        let symbol = if wait.broken { "❌" } else { "⏳" };
        let reason = escape(&wait.reason);
        let _infallible = write!(text, "- {symbol} {}: {reason}", address(&wait.address));
        if let Some(help) = &wait.help {
            let _infallible = write!(text, "\\\n  {}", escape(help));
        }
        text.push('\n');
    }
    text
}

/// Returns the guards that something comes near to.
pub(super) fn guards(plan: &Plan) -> Vec<&GuardState> {
    let guards = plan.guards.iter();
    // A limit on what does not happen is nothing to read.
    guards
        .filter(|guard| guard.value.0 > 0.0 || guard.exceeded)
        .collect()
}

pub(super) fn guard_table(guards: &[&GuardState]) -> String {
    let mut text = String::from("| | Guard | | Used |\n|:-:|---|---|--:|\n");
    for guard in guards {
        let (symbol, told) = match (guard.exceeded, guard.allowed) {
            (true, false) => ("❌", format!("; {} overrides it", allow(guard))),
            (true, true) => ("⚠️", format!("; allowed by {}", allow(guard))),
            (false, _) => ("✅", String::new()),
        };
        let near = match guard.limit.0 {
            limit if limit > 0.0 => format!("{:.0} %", guard.value.0 / limit * 100.0),
            _ => String::new(),
        };
        let _infallible = writeln!(
            text,
            "| {symbol} | {} | {}{told} | {near} |",
            code(&guard.name),
            escape(&guard.text)
        );
    }
    text
}

fn allow(guard: &GuardState) -> String {
    code(&format!("--allow {}", guard.name))
}

/// Returns a line for each object that was changed by others; with `fields`, what they changed below it.
pub(super) fn drift(drift: &[Drift], fields: bool) -> String {
    let mut text = String::new();
    for Drift {
        address: of,
        class,
        fields: changed,
        before: _,
        after: _,
        since,
        meaning,
        mend,
    } in drift
    {
        let told = match class {
            DriftClass::Edited => "was changed since the last apply",
            DriftClass::Moved => "was changed by Meta",
            DriftClass::Missing => "is gone",
        };
        let names: Vec<String> = changed.iter().map(|field| code(&field.field)).collect();
        let names = match &*names {
            [] => String::new(),
            names => format!(": {}", names.join(", ")),
        };
        let since = since.map(|since| format!(" (since {})", rfc3339(since)));
        let _infallible = write!(
            text,
            "- **{}** {told}{names}{}.",
            address(of),
            since.unwrap_or_default()
        );
        for sentence in meaning {
            let _infallible = write!(text, " {}", escape(sentence));
        }
        if let Some(mend) = mend {
            let _infallible = write!(text, " {}", code(&format!("waform {mend}")));
        }
        text.push('\n');
    }
    if fields {
        for drift in drift.iter().filter(|drift| !drift.fields.is_empty()) {
            let _infallible = write!(
                text,
                "\n<details>\n<summary>{} {}</summary>\n\n{}\n</details>\n",
                html("!"),
                html(&drift.address.to_string()),
                diff::fields(&drift.fields, false)
            );
        }
    }
    text
}

/// Returns the live objects that nothing declares; all of them folded away, or only how many.
pub(super) fn unmanaged(plan: &Plan, all: bool) -> String {
    let number = plan.unmanaged.len() as u64;
    let number = count::of(number, "live object", "live objects");
    let told = format!("Not managed, since nothing declares it: {number}");
    if !all {
        return format!("{told}\n");
    }
    let mut text = format!("<details>\n<summary>{told}</summary>\n\n");
    for object in &plan.unmanaged {
        let _infallible = writeln!(text, "- {} {}", code(&object.kind), code(&object.key));
    }
    text.push_str("\n</details>\n");
    text
}

pub(super) fn outputs(plan: &Plan) -> String {
    let mut text = String::from("| Output | Value |\n|---|---|\n");
    for output in &plan.outputs {
        let value = match &output.value {
            None => "known after the apply".to_owned(),
            Some(Value::String(text)) => code(text),
            Some(other) => code(&other.to_string()),
        };
        let _infallible = writeln!(text, "| {} | {value} |", code(&output.name));
    }
    text
}

/// Returns how much there is of what only a larger document lists; none where there is nothing.
pub(super) fn untold(plan: &Plan) -> Option<String> {
    let counts = [
        (plan.refused.len(), "refused"),
        (plan.drift.len(), "changed outside waform"),
        (plan.waits.len(), "waiting"),
        (plan.notices.len(), "to be noted"),
    ];
    let told: Vec<String> = counts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count::grouped(number as u64)))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

pub(super) fn notices(plan: &Plan) -> String {
    let notices = plan.notices.iter();
    notices
        .map(|notice| format!("- {}\n", escape(&notice.message)))
        .collect()
}
