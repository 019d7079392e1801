//! How a stream of events begins, and how it ends where a run fails: with what went wrong, and why the run ended.

use crate::cli::error::Failure;
use crate::cli::ui::Ui;
use crate::clock::Clock;
use crate::config::{Place, Report, Sources};
use crate::render::events::{Diagnostic, Event, Point, Range, Severity, Summary};

/// Says what speaks, before anything else is said.
pub(crate) fn begun(ui: &Ui) {
    let (message, version) = Event::version();
    say(ui, &message, &version);
}

/// Tells programs of a failure: a diagnostic each, then the summary.
pub(crate) fn failed(ui: &Ui, failure: &Failure) {
    match failure {
        Failure::BrokenPipe => return,
        Failure::Configuration {
            sources,
            diagnostics,
        } => {
            for report in diagnostics.reports() {
                let mut report = report.clone();
                // What is quoted must hold no secret that was pasted by mistake.
                sources.clean(&mut report);
                diagnostic(ui, &reported(sources, &report));
            }
        }
        Failure::Plain {
            exit: _,
            code,
            message,
            help,
        } => diagnostic(
            ui,
            &Diagnostic {
                severity: Severity::Error,
                summary: message,
                detail: help.as_deref().unwrap_or_default(),
                code,
                address: None,
                range: None,
            },
        ),
    }
    let summary = Event::Summary(Summary::because(failure.exit().reason()));
    say(ui, "Apply failed", &summary);
}

fn reported<'a>(sources: &Sources, report: &'a Report) -> Diagnostic<'a> {
    Diagnostic {
        severity: match report.severity {
            crate::config::Severity::Error => Severity::Error,
            crate::config::Severity::Warning => Severity::Warning,
        },
        summary: &report.message,
        detail: report.help.as_deref().unwrap_or_default(),
        code: report.code,
        address: None,
        range: report
            .labels
            .first()
            .map(|label| range(sources, &label.place)),
    }
}

fn range(sources: &Sources, place: &Place) -> Range {
    let (start, end) = (sources.locate(place), sources.locate_end(place));
    Range {
        filename: start.file,
        start: Point {
            line: start.line,
            column: start.column,
            byte: place.start,
        },
        end: Point {
            line: end.line,
            column: end.column,
            byte: place.end,
        },
    }
}

fn diagnostic(ui: &Ui, diagnostic: &Diagnostic<'_>) {
    let word = match diagnostic.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
    };
    let message = format!("{word}: {}", diagnostic.summary);
    let diagnostic = diagnostic.clone();
    say(ui, &message, &Event::Diagnostic { diagnostic });
}

fn say(ui: &Ui, message: &str, event: &Event<'_>) {
    // Where standard output is gone, standard error has said it.
    let _gone = ui.out(&event.line(message, Clock::system().now()));
}
