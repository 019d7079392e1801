//! How a report looks to a machine.

use serde_json::{Value, json};

use super::diagnostic::{Report, Severity};
use super::place::Sources;

/// Returns a report as JSON: `severity`, `code`, `message`, `labels` with their places, `help`. Secrets are hidden.
#[must_use]
pub fn to_json(sources: &Sources, report: &Report) -> Value {
    let mut report = report.clone();
    sources.clean(&mut report);
    let labels: Vec<Value> = report
        .labels
        .iter()
        .map(|label| {
            let (start, end) = (
                sources.locate(&label.place),
                sources.locate_end(&label.place),
            );
            json!({
                "file": start.file,
                "line": start.line,
                "column": start.column,
                "end_line": end.line,
                "end_column": end.column,
                "text": label.text,
            })
        })
        .collect();
    json!({
        "severity": match report.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "code": report.code,
        "message": report.message,
        "labels": labels,
        "help": report.help,
    })
}
