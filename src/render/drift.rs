//! What differs from what was last applied: on a terminal, as JSON, as Markdown for an issue, as a page to be read and kept.
//!
//! All forms say the same: a section a class, with what differs, since when, what it means and the command that mends it.

mod html;
mod human;
mod json;
mod markdown;
mod pieces;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::count;
use crate::engine::drift::{Counts, Difference, Report};
use crate::engine::plan::DriftClass;

pub use html::html;
pub use human::human;
pub use json::document;
pub use markdown::markdown;

/// The sentence that says that there is nothing.
pub const NO_DRIFT: &str = "No drift. The account is as it was last applied.";

/// A report as somebody reads it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub report: &'a Report,
    /// What the report is of: the environment, or the accounts.
    pub name: &'a str,
    /// Makes a command, given without the program's name, one that can be copied.
    pub command: &'a dyn Fn(&str) -> String,
}

/// One class of differences, in the words of a heading.
struct Section {
    class: DriftClass,
    title: &'static str,
    /// What it is about, where the title does not say.
    remark: &'static str,
    symbol: &'static str,
}

/// In the order in which they are to be read.
const SECTIONS: [Section; 3] = [
    Section {
        class: DriftClass::Missing,
        title: "Gone",
        remark: "Applied once, and no longer at Meta.",
        symbol: "-",
    },
    Section {
        class: DriftClass::Edited,
        title: "Changed by somebody",
        remark: "What was applied is no longer what is there.",
        symbol: "~",
    },
    Section {
        class: DriftClass::Moved,
        title: "Moved by Meta",
        remark: "What Meta decides by itself. It does not count as a difference.",
        symbol: "!",
    },
];

/// The title of what is not ours, and what to do about it.
const UNMANAGED: &str = "Not managed";
const UNMANAGED_REMARK: &str = "Live, and neither declared nor applied from here: declare it, or leave it. It does not count as a difference.";

/// Returns the line that sums all up.
#[must_use]
pub fn summary(report: &Report) -> String {
    let Counts {
        edited,
        missing,
        moved,
        unmanaged,
    } = report.counts();
    if edited + missing + moved == 0 {
        return match unmanaged {
            0 => NO_DRIFT.to_owned(),
            some => {
                let objects = count::of(some, "live object", "live objects");
                format!("{NO_DRIFT} Not managed: {objects}.")
            }
        };
    }
    let counted = |number: u64, word: &str| format!("{} {word}", count::grouped(number));
    format!(
        "Drift: {}, {}, {}, {}.",
        counted(missing, "gone"),
        counted(edited, "changed by somebody"),
        counted(moved, "moved by Meta"),
        counted(unmanaged, "not managed"),
    )
}

/// Returns what is to be known of the report as a whole.
fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = Vec::new();
    if !report.selection.is_all() {
        let mut told = report.selection.targets.join(", ");
        if !report.selection.excludes.is_empty() {
            told = format!("{told} without {}", report.selection.excludes.join(", "));
        }
        remarks.push(format!(
            "This report is partial: only {} and what it needs; what is not managed is left out.",
            told.trim()
        ));
    }
    if report.unapplied > 0 {
        let objects = count::of(
            report.unapplied,
            "live object is declared and was",
            "live objects are declared and were",
        );
        remarks.push(format!(
            "{objects} never applied from here: nothing is known to compare with. Apply adopts what there is."
        ));
    }
    remarks
}

/// Says since when, and how that is known.
fn since(difference: &Difference) -> String {
    let minute = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    match (difference.drift.since, difference.told) {
        (Some(at), true) => format!("since {}, told by Meta", minute(at)),
        (Some(at), false) => format!("since {}, as the object says", minute(at)),
        (None, _) => format!(
            "after {}, when it was applied",
            minute(difference.applied_at)
        ),
    }
}

/// Writes a value as text, as people read it.
fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            let items: Vec<String> = items.iter().map(self::value).collect();
            items.join(" · ")
        }
        other => other.to_string(),
    }
}

/// Where there is no value.
const NONE: &str = "(none)";
