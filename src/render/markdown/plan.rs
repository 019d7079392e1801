//! A plan as Markdown, as much of it as there is room for.
//!
//! It is never cut: what is too large for the room is told with less detail, level by level, and the document says what
//! was left out. The first line names what the plan is for, so that a job finds its one comment and edits it; the second
//! has the plan's id, for `apply --expect-plan`. Both are comments in HTML: a reader does not see them.

use std::fmt::Write as _;

use super::text::{code, escape};
use super::{changes, messages, notes};
use crate::engine::plan::{Action, Plan};
use crate::render::count;
use crate::render::plan::summary;
use crate::render::style::Look;

/// The room that the least document needs, whatever the plan.
pub const MIN_BYTES: usize = 1_000;

/// A name in the first line is cut to this.
const LONGEST_NAME: usize = 80;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// The headline.
    Least,
    /// How many of each kind.
    Counts,
    /// A row for each object.
    Table,
    /// And what is lost or sent, in full.
    Important,
    /// Everything.
    Full,
}

impl Level {
    pub(super) const ALL: [Self; 5] = [
        Self::Full,
        Self::Important,
        Self::Table,
        Self::Counts,
        Self::Least,
    ];
}

/// Returns the plan as Markdown of at most `max_bytes`, which must not be less than [`MIN_BYTES`].
#[must_use]
pub fn plan(plan: &Plan, max_bytes: usize) -> String {
    let documents = Level::ALL
        .into_iter()
        .map(|level| document(plan, level, max_bytes));
    let mut last = String::new();
    for document in documents {
        if document.len() <= max_bytes {
            return document;
        }
        last = document;
    }
    last
}

/// Returns the document of one level, whatever its length.
pub(super) fn document(plan: &Plan, level: Level, max_bytes: usize) -> String {
    let name = name(plan);
    let id: String = plan
        .id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == ':')
        .take(LONGEST_NAME)
        .collect();
    let mut text = format!("<!-- waform:plan {name} -->\n<!-- waform:plan-id {id} -->\n");
    let _infallible = writeln!(text, "## waform plan: {}\n", escape(&name));
    let summary = summary(plan, Look::plain(usize::MAX));
    let mut lines = summary.lines();
    if let Some(first) = lines.next() {
        let _infallible = writeln!(text, "**{}**\n", escape(first));
    }
    if level == Level::Least {
        if notes::obstacles(plan).is_some() {
            text.push_str("**This plan cannot be applied.**\n\n");
        }
    } else {
        for line in lines {
            let _infallible = writeln!(text, "{}\n", escape(line));
        }
        text.push_str(&notes::warnings(plan));
        text.push_str(&body(plan, level));
    }
    text.push_str(&left_out(plan, level, max_bytes));
    let _infallible = writeln!(text, "Plan id: {}", code(&id));
    text
}

/// What the plan is for: the environment, or else the accounts. Only what cannot end a comment in HTML stays of it.
fn name(plan: &Plan) -> String {
    let accounts = || {
        let accounts: Vec<&str> = plan.targets.iter().map(|target| &*target.account).collect();
        accounts.join("+")
    };
    let name = plan.environment.clone().unwrap_or_else(accounts);
    let known = |c: char| {
        if c.is_ascii_alphanumeric() || "_.+".contains(c) {
            c
        } else {
            '-'
        }
    };
    let mut name: String = name.chars().map(known).take(LONGEST_NAME).collect();
    // Two hyphens in a row are not allowed there.
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    match name.trim_matches('-') {
        "" => "account".to_owned(),
        name => name.to_owned(),
    }
}

fn body(plan: &Plan, level: Level) -> String {
    let mut text = String::new();
    let groups = changes::groups(plan);
    let full = level == Level::Full;
    if level == Level::Counts {
        if !groups.is_empty() {
            section(&mut text, "Changes", &changes::counts(&groups));
        }
        if let Some(untold) = notes::untold(plan) {
            let _infallible = writeln!(text, "Beside these: {untold}.\n");
        }
        return text;
    }
    if !plan.refused.is_empty() {
        section(&mut text, "Refused", &notes::refused(&plan.refused));
    }
    if !plan.drift.is_empty() {
        section(
            &mut text,
            "Changed outside waform",
            &notes::drift(&plan.drift, full),
        );
    }
    if !groups.is_empty() {
        section(&mut text, "Changes", &changes::table(&groups));
        for group in &groups {
            if group.has_details() && (full || level == Level::Important && group.is_destructive())
            {
                text.push_str(&changes::details(group));
            }
        }
    }
    let sends = messages::shown(plan);
    if !sends.is_empty() {
        section(&mut text, "Messages", &messages::table(&sends));
        if level >= Level::Important {
            text.extend(sends.iter().map(|send| messages::details(send)));
        }
    }
    let guards = notes::guards(plan);
    if !guards.is_empty() {
        section(&mut text, "Guards", &notes::guard_table(&guards));
    }
    if !plan.waits.is_empty() {
        section(&mut text, "Waiting", &notes::waits(&plan.waits));
    }
    if !plan.outputs.is_empty() {
        section(&mut text, "Outputs", &notes::outputs(plan));
    }
    if !plan.unmanaged.is_empty() {
        text.push_str(&notes::unmanaged(plan, full));
        text.push('\n');
    }
    if !plan.notices.is_empty() {
        section(&mut text, "Notes", &notes::notices(plan));
    }
    text
}

fn section(text: &mut String, title: &str, body: &str) {
    text.extend(["### ", title, "\n\n", body, "\n"]);
}

/// Says what a smaller document does not, and where it stands.
fn left_out(plan: &Plan, level: Level, max_bytes: usize) -> String {
    let changes = plan.changes.iter();
    let changes = changes.filter(|change| change.action != Action::NoOp);
    let changes = count::of(changes.count() as u64, "change", "changes");
    let mut parts = match level {
        Level::Full => return String::new(),
        Level::Important => vec!["what differs in objects that are neither deleted nor replaced"],
        Level::Table => vec![
            "what differs in each object",
            "what each campaign does with its contacts",
        ],
        Level::Counts => vec!["the list of what changes", "all that is said of it"],
        Level::Least => vec!["everything else"],
    };
    if level >= Level::Table && plan.drift.iter().any(|drift| !drift.fields.is_empty()) {
        parts.push("what others changed");
    }
    if level >= Level::Table && !plan.unmanaged.is_empty() {
        parts.push("the list of what is not managed");
    }
    let (parts, bytes) = (parts.join(", "), count::grouped(max_bytes as u64));
    format!(
        "> [!NOTE]\n> Left out of {changes}, to fit into {bytes} bytes: {parts}. `waform plan` shows all of it, and so does \
         `waform show` of a saved plan.\n\n"
    )
}
