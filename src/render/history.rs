//! One row a contact: Time, Message_From, Message_To, Status, Description.

use jiff::Timestamp;
use serde::Serialize;

use super::style::Look;
use crate::sanitize;
use crate::store::{ContactState, HistoryRow, Outcome};

/// The columns' names.
const COLUMNS: [&str; 5] = [
    "Time",
    "Message_From",
    "Message_To",
    "Status",
    "Description",
];

/// The widest that a time, a number in E.164 and a status can be.
const WIDTHS: [usize; 3] = ["2026-01-01T00:00:00Z".len(), 16, "delivered".len()];

/// Returns the line above the rows of a campaign that is sent from `from`.
#[must_use]
pub fn header(from: &str, look: Look) -> String {
    look.faint(line(COLUMNS, from))
}

/// Returns one row as a line, as wide as all others, so that it need not wait for them. Only the description may be of
/// any length; it is not cut.
#[must_use]
pub fn human(row: &HistoryRow, from: &str) -> String {
    let (time, status, description) = (time(row), status(row), description(row));
    line([&time, from, &row.phone, &status, &description], from)
}

fn line(cells: [&str; 5], from: &str) -> String {
    let [time, sender, to, status, description] = cells.map(sanitize::line);
    let [time_width, to_width, status_width] = WIDTHS;
    let from_width = sanitize::line(from).chars().count().max(COLUMNS[1].len());
    let line = format!(
        "{time:time_width$}  {sender:from_width$}  {to:to_width$}  {status:status_width$}  {description}"
    );
    line.trim_end().to_owned()
}

/// One row as JSON: the columns, and what else is known.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    #[serde(rename = "Time")]
    time: String,
    #[serde(rename = "Message_From")]
    from: &'a str,
    #[serde(rename = "Message_To")]
    to: &'a str,
    #[serde(rename = "Status")]
    status: String,
    #[serde(rename = "Description")]
    description: String,
    state: ContactState,
    outcome: Option<Outcome>,
    attempts: u32,
    message_id: Option<&'a str>,
    code: Option<i64>,
    due_at: Option<String>,
    list: &'a str,
    line: u64,
}

/// Returns one row for JSON.
#[must_use]
pub fn document<'a>(row: &'a HistoryRow, from: &'a str) -> Document<'a> {
    Document {
        time: time(row),
        from,
        to: &row.phone,
        status: status(row),
        description: description(row),
        state: row.state,
        outcome: row.outcome,
        attempts: row.attempts,
        message_id: row.message_id.as_deref(),
        code: row.code,
        due_at: row.due_at.map(rfc3339),
        list: &row.list,
        line: row.line,
    }
}

fn time(row: &HistoryRow) -> String {
    row.at.map(rfc3339).unwrap_or_default()
}

fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn status(row: &HistoryRow) -> String {
    if let Some(status) = &row.status {
        return status.clone();
    }
    match (row.state, row.outcome) {
        (ContactState::Closed, Some(outcome)) => outcome.to_string(),
        (ContactState::Fresh, _) => "fresh".to_owned(),
        (ContactState::RetryDue, _) => "retry".to_owned(),
        (ContactState::InFlight, _) => "in_flight".to_owned(),
        (ContactState::Uncertain, _) => "uncertain".to_owned(),
        (ContactState::AwaitingResponse, _) => "accepted".to_owned(),
        (ContactState::Closed, None) => "closed".to_owned(),
    }
}

fn description(row: &HistoryRow) -> String {
    let code = row
        .code
        .map(|code| format!("({code}) "))
        .unwrap_or_default();
    let reason = row.reason.as_deref().unwrap_or_default();
    let due = match (row.state, row.due_at) {
        (ContactState::RetryDue, Some(due)) => format!("; next try {}", rfc3339(due)),
        _ => String::new(),
    };
    format!("{code}{reason}{due}")
        .trim_start_matches("; ")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "+15550001063";

    fn row() -> HistoryRow {
        HistoryRow {
            phone: "+37255500001".to_owned(),
            state: ContactState::Closed,
            outcome: Some(Outcome::Failed),
            status: Some("failed".to_owned()),
            at: Some("2026-05-02T10:00:00.5Z".parse().unwrap()),
            attempts: 1,
            message_id: None,
            code: Some(131_026),
            reason: Some("undeliverable".to_owned()),
            due_at: None,
            list: "customers".to_owned(),
            line: 2,
        }
    }

    fn never_messaged() -> HistoryRow {
        HistoryRow {
            phone: "+123456789012345".to_owned(),
            state: ContactState::Fresh,
            outcome: None,
            status: None,
            at: None,
            attempts: 0,
            code: None,
            reason: None,
            ..row()
        }
    }

    #[test]
    fn columns_stand_below_each_other_whatever_the_rows_hold() {
        let lines = [
            header(FROM, Look::plain(40)),
            human(&row(), FROM),
            human(&never_messaged(), FROM),
        ];
        let expected = "\
Time                  Message_From  Message_To        Status     Description
2026-05-02T10:00:00Z  +15550001063  +37255500001      failed     (131026) undeliverable
                      +15550001063  +123456789012345  fresh";
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn a_long_sender_widens_its_column_in_every_line() {
        let from = "106540352242922";
        let column = |line: &str| line.find("Message_To").or_else(|| line.find("+3725"));
        assert_eq!(
            column(&header(from, Look::plain(40))),
            column(&human(&row(), from))
        );
    }

    #[test]
    fn a_row_stays_one_line_and_steers_no_terminal() {
        let hostile = HistoryRow {
            reason: Some("first\nsecond\u{1b}[2J".to_owned()),
            ..row()
        };
        let line = human(&hostile, "\u{1b}]0;x");
        assert!(!line.contains(['\n', '\u{1b}']), "{line:?}");
        assert!(
            line.ends_with(r"(131026) first\nsecond\u{1b}[2J"),
            "{line:?}"
        );
    }

    #[test]
    fn a_long_description_is_not_cut() {
        let long = HistoryRow {
            reason: Some("x".repeat(500)),
            ..row()
        };
        assert!(human(&long, FROM).ends_with(&"x".repeat(500)));
    }
}
