//! A report as other tools take it: its places by file, line and column, its secrets hidden.

use super::diagnostic::{Label, Report, Severity};
use super::place::{Location, Sources};

/// One finding, free of the sources it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    /// The first is where it happened.
    pub marks: Vec<Mark>,
    pub help: Option<String>,
}

/// A place with a word on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub start: Location,
    /// Behind the last character.
    pub end: Location,
    pub text: String,
}

impl Finding {
    #[must_use]
    pub fn new(sources: &Sources, report: &Report) -> Self {
        let mut report = report.clone();
        sources.clean(&mut report);
        let Report {
            severity,
            code,
            message,
            labels,
            help,
        } = report;
        let mark = |Label { place, text }: Label| Mark {
            start: sources.locate(&place),
            end: sources.locate_end(&place),
            text,
        };
        Self {
            severity,
            code,
            message,
            marks: labels.into_iter().map(mark).collect(),
            help,
        }
    }
}
