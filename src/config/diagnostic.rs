//! What is said about a configuration: errors and warnings with places, codes and advice.
//!
//! Everything that a check finds is collected in [`Diagnostics`], sorted and shown together. How a report looks is not
//! decided here.

use super::place::Place;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A place that a report underlines, with a word on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub place: Place,
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub severity: Severity,
    /// Stable, like `template::variable_gap`; every code has a page in [`crate::explain`].
    pub code: &'static str,
    /// A lower-case fragment without a period.
    pub message: String,
    /// The first is where it happened.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
}

impl Report {
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Adds a place; an empty text underlines without a word.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            place,
            text: text.into(),
        });
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// All findings of a run.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    reports: Vec<Report>,
    /// Where secrets stand that were pasted by mistake.
    secrets: Vec<Place>,
}

impl Diagnostics {
    pub fn push(&mut self, report: Report) {
        self.reports.push(report);
    }

    pub fn extend(&mut self, other: Self) {
        self.reports.extend(other.reports);
        self.secrets.extend(other.secrets);
    }

    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.reports
            .iter()
            .any(|report| report.severity == Severity::Error)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// Remembers that a secret stands at a place, where [`Sources::conceal`](super::Sources::conceal) finds it.
    pub fn hide(&mut self, place: Place) {
        self.secrets.push(place);
    }

    pub(super) fn take_secrets(&mut self) -> Vec<Place> {
        std::mem::take(&mut self.secrets)
    }

    pub(super) fn reports_mut(&mut self) -> &mut [Report] {
        &mut self.reports
    }

    /// Sorts by place and drops what was found twice.
    pub fn finish(&mut self) {
        let place = |report: &Report| report.labels.first().map(|label| label.place.clone());
        self.reports.sort_by(|a, b| {
            (place(a), a.severity, a.code, &a.message).cmp(&(
                place(b),
                b.severity,
                b.code,
                &b.message,
            ))
        });
        self.reports.dedup();
    }
}
