//! One row a contact: Time, Message_From, Message_To, Status, Description.

use jiff::Timestamp;
use serde::Serialize;

use super::interactions;
use super::style::Look;
use crate::sanitize;
use crate::store::{CampaignAnswer, ContactState, HistoryRow, Outcome};

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

/// The columns that a wide row has before the description, and the widest that each is expected to be.
const MORE: [(&str, usize); 5] = [
    ("Attempts", 8),
    ("By", 24),
    ("List", 20),
    ("Message_Id", 60),
    ("Answer", 20),
];

/// Returns the line above the rows of a campaign that is sent from `from`.
#[must_use]
pub fn header(from: &str, wide: bool, look: Look) -> String {
    look.faint(line(
        COLUMNS,
        wide.then(|| MORE.map(|(name, _)| name)),
        from,
    ))
}

/// Returns one row as a line, as wide as all others, so that it need not wait for them. Only the description may be of
/// any length; it is not cut.
#[must_use]
pub fn human(row: &HistoryRow, from: &str, wide: bool) -> String {
    let (time, status, description) = (time(row), status(row), description(row));
    let (attempts, place) = (
        row.attempts.to_string(),
        format!("{}:{}", row.list, row.line),
    );
    let answer = row.answer.as_ref().map(interactions::answer);
    let more = wide.then(|| {
        [
            &*attempts,
            row.worker.as_deref().unwrap_or_default(),
            &*place,
            row.message_id.as_deref().unwrap_or_default(),
            answer.as_deref().unwrap_or_default(),
        ]
    });
    line([&time, from, &row.phone, &status, &description], more, from)
}

fn line(cells: [&str; 5], more: Option<[&str; 5]>, from: &str) -> String {
    let more: String = more
        .iter()
        .flat_map(|more| more.iter().zip(MORE))
        .map(|(cell, (_, width))| format!("{:width$}  ", sanitize::line(cell)))
        .collect();
    let [time, sender, to, status, description] = cells.map(sanitize::line);
    let [time_width, to_width, status_width] = WIDTHS;
    let from_width = sanitize::line(from).chars().count().max(COLUMNS[1].len());
    let line = format!(
        "{time:time_width$}  {sender:from_width$}  {to:to_width$}  {status:status_width$}  {more}{description}"
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
    by: Option<&'a str>,
    answer: Option<&'a CampaignAnswer>,
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
        by: row.worker.as_deref(),
        answer: row.answer.as_ref(),
        list: &row.list,
        line: row.line,
    }
}

fn time(row: &HistoryRow) -> String {
    row.at.map(rfc3339).unwrap_or_default()
}

pub(super) fn rfc3339(at: Timestamp) -> String {
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
        (ContactState::WaitingLock, _) => "waiting_lock".to_owned(),
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
    use crate::store::AnswerKind;

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
            worker: Some("ana@desk by apply".to_owned()),
            answer: None,
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
            header(FROM, false, Look::plain(40)),
            human(&row(), FROM, false),
            human(&never_messaged(), FROM, false),
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
            column(&header(from, false, Look::plain(40))),
            column(&human(&row(), from, false))
        );
    }

    #[test]
    fn a_row_stays_one_line_and_steers_no_terminal() {
        let hostile = HistoryRow {
            reason: Some("first\nsecond\u{1b}[2J".to_owned()),
            ..row()
        };
        let line = human(&hostile, "\u{1b}]0;x", false);
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
        assert!(human(&long, FROM, false).ends_with(&"x".repeat(500)));
    }

    #[test]
    fn a_wide_row_says_who_sent_what_and_what_came_back() {
        let answer = CampaignAnswer {
            at: "2026-05-02T11:00:00Z".parse().unwrap(),
            kind: AnswerKind::Option,
            option: Some("phone_call".to_owned()),
            text: Some("Phone call".to_owned()),
        };
        let answered = HistoryRow {
            outcome: Some(Outcome::Answered),
            status: Some("read".to_owned()),
            code: None,
            reason: None,
            message_id: Some("wamid.HBgLMzcyNTU1MDAwMDE".to_owned()),
            answer: Some(answer),
            ..row()
        };
        let lines = [
            header(FROM, true, Look::plain(40)),
            human(&answered, FROM, true),
            human(&row(), FROM, true),
        ];
        let start = lines[0].find("Attempts").unwrap();
        let more: Vec<_> = lines.iter().map(|line| &line[start..]).collect();
        insta::assert_snapshot!(more.join("\n"), @r"
        Attempts  By                        List                  Message_Id                                                    Answer                Description
        1         ana@desk by apply         customers:2           wamid.HBgLMzcyNTU1MDAwMDE                                     phone_call
        1         ana@desk by apply         customers:2                                                                                               (131026) undeliverable
        ");
    }

    #[test]
    fn json_tells_who_sent_it_and_the_answer() {
        let document = serde_json::to_value(document(&row(), FROM)).unwrap();
        assert_eq!(document["by"], "ana@desk by apply");
        assert_eq!(document["answer"], serde_json::Value::Null);
        assert_eq!(document["Status"], "failed");
    }
}
