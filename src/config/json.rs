//! How a report looks to a machine.

use serde_json::{Value, json};

use super::diagnostic::{Report, Severity};
use super::finding::Finding;
use super::place::Sources;

/// Returns a report as JSON: `severity`, `code`, `message`, `labels` with their places, `help`. Secrets are hidden.
#[must_use]
pub fn to_json(sources: &Sources, report: &Report) -> Value {
    let Finding {
        severity,
        code,
        message,
        marks,
        help,
    } = Finding::new(sources, report);
    let labels: Vec<Value> = marks
        .iter()
        .map(|mark| {
            json!({
                "file": mark.start.file,
                "line": mark.start.line,
                "column": mark.start.column,
                "end_line": mark.end.line,
                "end_column": mark.end.column,
                "text": mark.text,
            })
        })
        .collect();
    json!({
        "severity": match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "code": code,
        "message": message,
        "labels": labels,
        "help": help,
    })
}
