//! A drift as Markdown, for an issue that a job opens, updates and closes.

use std::fmt::Write as _;

use super::pieces::{self, Piece};
use super::{SECTIONS, Section, UNMANAGED, UNMANAGED_REMARK, View, remarks, since, summary};
use crate::engine::drift::Difference;
use crate::render::markdown::{MAX_BYTES, code, escape, fence};
use crate::render::time::rfc3339;
use crate::resource::FieldChange;

/// What one value takes at most: an issue holds 65,536 characters.
const LONGEST: usize = 2_000;

/// How much is said.
#[derive(Clone, Copy)]
struct Level {
    details: bool,
    /// Rows of one table.
    rows: usize,
}

/// From all to little: the first that fits is taken.
const LEVELS: [Level; 4] = [
    Level {
        details: true,
        rows: usize::MAX,
    },
    Level {
        details: false,
        rows: usize::MAX,
    },
    Level {
        details: false,
        rows: 50,
    },
    Level {
        details: false,
        rows: 0,
    },
];

/// Returns the report as Markdown that an issue can hold. Its first line marks it, so that a job finds the one issue of
/// `name` again.
#[must_use]
pub fn markdown(view: &View<'_>) -> String {
    let mut text = String::new();
    for level in LEVELS {
        text = at(view, level);
        if text.len() <= MAX_BYTES {
            break;
        }
    }
    text
}

fn at(view: &View<'_>, level: Level) -> String {
    let report = view.report;
    let name: String = view.name.chars().take(100).collect();
    let mut text = format!("<!-- waform:drift {} -->\n", marked(&name));
    let _infallible = writeln!(text, "### Drift of {}\n", code(&name));
    let _infallible = writeln!(text, "**{}**\n", escape(&summary(report)));
    for remark in remarks(report) {
        let _infallible = writeln!(text, "> {}\n", escape(&remark));
    }
    if !level.details && !report.differences.is_empty() {
        let all = (view.command)("drift");
        let _infallible = writeln!(text, "> Too long for an issue: {} shows all.\n", code(&all));
    }
    for section in &SECTIONS {
        self::section(&mut text, section, level, view);
    }
    strangers(&mut text, level, view);
    let _infallible = writeln!(text, "<sub>Read {}.</sub>", rfc3339(report.read_at));
    text
}

fn strangers(text: &mut String, level: Level, view: &View<'_>) {
    let unmanaged = &view.report.unmanaged;
    if unmanaged.is_empty() {
        return;
    }
    let count = unmanaged.len();
    let _infallible = writeln!(text, "#### {UNMANAGED} ({count})\n\n{UNMANAGED_REMARK}\n");
    if level.rows > 0 {
        text.push_str("| kind | key | id | status |\n| --- | --- | --- | --- |\n");
    }
    for stranger in unmanaged.iter().take(level.rows) {
        let _infallible = writeln!(
            text,
            "| {} | {} | {} | {} |",
            escape(&stranger.kind),
            code(&stranger.key),
            code(&stranger.id),
            escape(stranger.status.as_deref().unwrap_or_default()),
        );
    }
    more(text, count, level);
}

/// Ends a table, saying how many rows it has not shown.
fn more(text: &mut String, count: usize, level: Level) {
    if let Some(more) = count.checked_sub(level.rows).filter(|more| *more > 0) {
        let _infallible = writeln!(text, "\nand {more} more");
    }
    text.push('\n');
}

/// Keeps a name from ending the comment that it stands in.
fn marked(name: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ',' | ' ');
    name.chars()
        .map(|c| if is_plain(&c) { c } else { '_' })
        .collect()
}

fn section(text: &mut String, section: &Section, level: Level, view: &View<'_>) {
    let entries: Vec<&Difference> = view.report.of(section.class).collect();
    if entries.is_empty() {
        return;
    }
    let (title, count, remark) = (section.title, entries.len(), section.remark);
    let _infallible = writeln!(text, "#### {title} ({count})\n\n{remark}\n");
    if level.rows > 0 {
        text.push_str("| | object | what | since |\n| --- | --- | --- | --- |\n");
    }
    for difference in entries.iter().take(level.rows) {
        let fields = difference.drift.fields.iter();
        let fields: Vec<String> = fields.map(|field| code(&field.field)).collect();
        let what = match fields.as_slice() {
            [] => "gone".to_owned(),
            fields => fields.join(", "),
        };
        let _infallible = writeln!(
            text,
            "| {} | {} | {what} | {} |",
            code(section.symbol),
            code(&difference.drift.address.to_string()),
            escape(&since(difference)),
        );
    }
    more(text, count, level);
    if level.details {
        for difference in entries {
            details(text, difference, view);
        }
    }
}

fn details(text: &mut String, difference: &Difference, view: &View<'_>) {
    let drift = &difference.drift;
    let _infallible = writeln!(
        text,
        "<details><summary><code>{}</code></summary>\n",
        html(&drift.address.to_string())
    );
    for field in &drift.fields {
        let _infallible = writeln!(text, "{}\n", code(&field.field));
        text.push_str(&fence("diff", &lines(field)));
        text.push('\n');
    }
    for sentence in &drift.meaning {
        let _infallible = writeln!(text, "- {}", escape(sentence));
    }
    if let Some(place) = &difference.declared_at {
        let place = format!("{}:{}", place.file, place.line);
        let _infallible = writeln!(text, "- Declared at {}.", code(&place));
    }
    if let Some(mend) = &drift.mend {
        text.push('\n');
        text.push_str(&fence("sh", &(view.command)(mend)));
    }
    text.push_str("\n</details>\n\n");
}

/// Returns text for a summary, where Markdown is not read but tags are.
fn html(text: &str) -> String {
    let mut escaped = String::new();
    for c in crate::sanitize::line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Returns what went and what came as the lines of a diff, which begin in the first column.
fn lines(field: &FieldChange) -> String {
    let pieces = pieces::of(field);
    let side =
        |ours: fn(&Piece) -> Option<&str>| -> String { pieces.iter().filter_map(ours).collect() };
    let went = side(|piece| match piece {
        Piece::Same(text) | Piece::Went(text) => Some(text),
        Piece::Came(_) | Piece::Between(_) => None,
    });
    let came = side(|piece| match piece {
        Piece::Same(text) | Piece::Came(text) => Some(text),
        Piece::Went(_) | Piece::Between(_) => None,
    });
    let (went, came) = match (&field.before, &field.after) {
        (Some(_), Some(_)) => (Some(went), Some(came)),
        (before, after) => (
            before.as_ref().map(super::value),
            after.as_ref().map(super::value),
        ),
    };
    let mut text = String::new();
    for (sign, side) in [('-', went), ('+', came)] {
        let side = side.as_deref().map(shortened).unwrap_or_default();
        for line in side.lines() {
            let _infallible = writeln!(text, "{sign} {line}");
        }
    }
    text
}

/// Cuts what nobody would read in an issue; the other forms have all of it.
fn shortened(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        None => text.into(),
        Some((end, _)) => format!("{} … (cut)", &text[..end]).into(),
    }
}
