//! A drift as a page: one file with its style inside, no script, nothing asked of any other place. What came from outside
//! is text and nothing else.

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use super::pieces::{self, Piece};
use super::{SECTIONS, Section, UNMANAGED, UNMANAGED_REMARK, View, remarks, since, summary};
use crate::config::Address;
use crate::engine::drift::{Difference, Report};
use crate::engine::plan::DriftClass;
use crate::resource::FieldChange;
use crate::sanitize::{line, lines};

const STYLE: &str = include_str!("style.css");
/// Nothing may be loaded or run, whatever stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Returns the page.
#[must_use]
pub fn html(view: &View<'_>) -> String {
    let report = view.report;
    let title = format!("Drift of {}", line(view.name));
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="color-scheme" content="light dark";
                title { (title) " · waform" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p { "read " time { (report.read_at.strftime("%Y-%m-%d %H:%M:%S UTC")) } (accounts(report)) }
                }
                main {
                    p.verdict.differs[report.has_differences()] { (summary(report)) }
                    (counts(report))
                    @for remark in remarks(report) { p.remark { (line(&remark)) } }
                    @for section in &SECTIONS { (self::section(section, view)) }
                    (unmanaged(report))
                }
                footer { "Read only: nothing was changed at Meta. Times are UTC." }
            }
        }
    };
    page.into_string() + "\n"
}

fn accounts(report: &Report) -> Markup {
    markup! {
        @for target in &report.targets {
            " · account." (line(&target.account)) " (" (line(&target.waba_id)) ")"
        }
    }
}

/// How much there is of each class, with the way to it.
fn counts(report: &Report) -> Markup {
    let unmanaged = report.unmanaged.len();
    markup! {
        ul.counts {
            @for section in &SECTIONS {
                @let count = report.of(section.class).count();
                li.(class(section.class)).none[count == 0] {
                    a href=[(count > 0).then(|| format!("#{}", class(section.class)))] {
                        b { (count) } " " (section.title)
                    }
                }
            }
            li.unmanaged.none[unmanaged == 0] {
                a href=[(unmanaged > 0).then_some("#unmanaged")] { b { (unmanaged) } " " (UNMANAGED) }
            }
        }
    }
}

fn class(class: DriftClass) -> &'static str {
    match class {
        DriftClass::Missing => "missing",
        DriftClass::Edited => "edited",
        DriftClass::Moved => "moved",
    }
}

fn section(section: &Section, view: &View<'_>) -> Markup {
    let entries: Vec<&Difference> = view.report.of(section.class).collect();
    let is_gone = section.class == DriftClass::Missing;
    markup! {
        @if !entries.is_empty() {
            h2 id=(class(section.class)) { (section.title) " " span.count { (entries.len()) } }
            p.about { (section.remark) }
            table.(class(section.class)) {
                thead { tr {
                    th scope="col" { "Object" }
                    @if !is_gone { th scope="col" { "What differs" } }
                    th scope="col" { "What it means, and what mends it" }
                } }
                tbody {
                    @for difference in entries { (row(difference, is_gone, view)) }
                }
            }
        }
    }
}

fn row(difference: &Difference, is_gone: bool, view: &View<'_>) -> Markup {
    let drift = &difference.drift;
    markup! {
        tr {
            td.object data-title="Object" { div {
                b { (address(&drift.address)) }
                @match &difference.declared_at {
                    Some(place) => p.faint { (line(&place.file)) ":" (place.line) },
                    None => p.faint { "no longer declared" },
                }
                p.faint { (since(difference)) }
            } }
            @if !is_gone {
                td.what data-title="What differs" { div {
                    dl {
                        @for field in &drift.fields {
                            dt { (line(&field.field)) }
                            dd { (self::field(field)) }
                        }
                    }
                } }
            }
            td.meaning data-title="Meaning" { div {
                @for sentence in &drift.meaning { p { (line(sentence)) } }
                @if let Some(mend) = &drift.mend { pre { code { (line(&(view.command)(mend))) } } }
            } }
        }
    }
}

/// A narrow column may break it before the index.
fn address(address: &Address) -> Markup {
    let whole = address.to_string();
    let (block, index) = match whole.split_once('[') {
        Some((block, index)) => (block, format!("[{index}")),
        None => (whole.as_str(), String::new()),
    };
    markup! { (line(block)) wbr; (line(&index)) }
}

fn field(field: &FieldChange) -> Markup {
    markup! {
        @for piece in pieces::of(field) {
            @match piece {
                Piece::Same(text) => (lines(&text)),
                Piece::Went(text) => del { (lines(&text)) },
                Piece::Came(text) => ins { (lines(&text)) },
                Piece::Between(text) => (text),
            }
        }
    }
}

fn unmanaged(report: &Report) -> Markup {
    markup! {
        @if !report.unmanaged.is_empty() {
            h2 #unmanaged { (UNMANAGED) " " span.count { (report.unmanaged.len()) } }
            p.about { (UNMANAGED_REMARK) }
            table.plain {
                thead { tr {
                    th scope="col" { "Kind" }
                    th scope="col" { "Key" }
                    th scope="col" { "Id" }
                    th scope="col" { "Status" }
                } }
                tbody {
                    @for stranger in &report.unmanaged {
                        tr {
                            td data-title="Kind" { div { (line(&stranger.kind)) } }
                            td data-title="Key" { div { b { (line(&stranger.key)) } } }
                            td data-title="Id" { div { (line(&stranger.id)) } }
                            td data-title="Status" { div { (line(stranger.status.as_deref().unwrap_or("not told"))) } }
                        }
                    }
                }
            }
        }
    }
}
