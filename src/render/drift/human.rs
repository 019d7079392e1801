//! A drift on a terminal.

use std::fmt::Write as _;

use super::pieces::{self, Piece};
use super::{SECTIONS, Section, UNMANAGED, UNMANAGED_REMARK, View, remarks, since, summary};
use crate::engine::drift::{Difference, Stranger};
use crate::engine::plan::DriftClass;
use crate::render::style::Look;
use crate::resource::FieldChange;
use crate::sanitize;

/// How far what belongs to an entry is indented.
const DEEP: &str = "      ";

/// Returns the report as a person reads it, ending with the summary.
#[must_use]
pub fn human(view: &View<'_>, look: Look) -> String {
    let report = view.report;
    let mut text = String::new();
    for remark in remarks(report) {
        text.push_str(&look.hang("note: ", &sanitize::lines(&remark)));
        text.push('\n');
    }
    for section in &SECTIONS {
        let entries: Vec<&Difference> = report.of(section.class).collect();
        if entries.is_empty() {
            continue;
        }
        title(&mut text, section.title, section.remark, look);
        for difference in entries {
            entry(&mut text, section, difference, view, look);
        }
    }
    if !report.unmanaged.is_empty() {
        title(&mut text, UNMANAGED, UNMANAGED_REMARK, look);
        for stranger in &report.unmanaged {
            text.push_str(&look.lay_out("  ? ", DEEP, &self::stranger(stranger, look)));
        }
        text.push('\n');
    }
    text.push_str(&look.hang("", &look.strong(summary(report))));
    text
}

fn title(text: &mut String, title: &str, remark: &str, look: Look) {
    let _infallible = writeln!(text, "{}", look.strong(format_args!("{title}:")));
    text.push_str(&look.hang("", &look.faint(remark)));
    text.push('\n');
}

fn entry(
    text: &mut String,
    section: &Section,
    difference: &Difference,
    view: &View<'_>,
    look: Look,
) {
    let drift = &difference.drift;
    let symbol = match section.class {
        DriftClass::Missing => look.removed(section.symbol),
        DriftClass::Edited => look.changed(section.symbol),
        DriftClass::Moved => look.waiting(section.symbol),
    };
    let place = difference.declared_at.as_ref().map_or_else(
        || look.faint("  no longer declared"),
        |place| look.faint(format_args!("  {}:{}", place.file, place.line)),
    );
    let address = drift.address.to_string();
    let head = format!("{}{place}", look.strong(sanitize::line(&address)));
    text.push_str(&look.lay_out(&format!("  {symbol} "), DEEP, &head));
    let width = drift.fields.iter().map(|field| field.field.chars().count());
    let width = width.max().unwrap_or_default();
    for field in &drift.fields {
        let lead = format!("{DEEP}{:<width$}   ", sanitize::line(&field.field));
        text.push_str(&look.hang(&lead, &self::field(field, look)));
    }
    text.push_str(&look.hang(DEEP, &look.faint(since(difference))));
    for sentence in &drift.meaning {
        text.push_str(&look.hang(DEEP, &sanitize::line(sentence)));
    }
    if let Some(mend) = &drift.mend {
        // A command is copied as it stands: it is not wrapped.
        let command = (view.command)(mend);
        let _infallible = writeln!(text, "{DEEP}$ {}", look.added(sanitize::line(&command)));
    }
    text.push('\n');
}

fn field(field: &FieldChange, look: Look) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Same(text) => sanitize::lines(text).into_owned(),
        Piece::Went(text) => look.removed(format_args!("[-{}-]", sanitize::lines(text))),
        Piece::Came(text) => look.added(format_args!("{{+{}+}}", sanitize::lines(text))),
        Piece::Between(text) => (*text).to_owned(),
    };
    pieces::of(field).iter().map(piece).collect()
}

fn stranger(stranger: &Stranger, look: Look) -> String {
    let status = stranger.status.as_deref();
    let status = status.map(|status| format!(", {}", sanitize::line(status)));
    format!(
        "{} {}  {}",
        stranger.kind,
        look.strong(sanitize::line(&stranger.key)),
        look.faint(format_args!(
            "id {}{}",
            sanitize::line(&stranger.id),
            status.unwrap_or_default()
        ))
    )
}
