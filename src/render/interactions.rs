//! Conversations that campaigns opened.

use serde_json::{Value, json};

use super::history::rfc3339;
use super::status::table;
use super::style::Look;
use crate::store::{AnswerKind, CampaignAnswer, InteractionRow};

/// Returns the interactions as a table.
#[must_use]
pub fn human(rows: &[InteractionRow], look: Look) -> String {
    let titles = [
        "OPENED",
        "PHONE",
        "CAMPAIGN",
        "STATE",
        "ANSWER",
        "WINDOW UNTIL",
    ];
    let cells = rows.iter().map(|row| {
        vec![
            rfc3339(row.opened_at),
            row.phone.clone(),
            row.campaign.clone(),
            state(row),
            row.answer.as_ref().map_or_else(dash, answer),
            row.window_until.map_or_else(dash, rfc3339),
        ]
    });
    table(&titles, cells, look)
}

/// Returns one interaction for JSON.
#[must_use]
pub fn document(row: &InteractionRow) -> Value {
    json!(row)
}

pub(super) fn dash() -> String {
    "-".to_owned()
}

/// Open, or how it ended.
fn state(row: &InteractionRow) -> String {
    match row.outcome {
        _ if row.open => "open".to_owned(),
        Some(outcome) => outcome.to_string(),
        None => "closed".to_owned(),
    }
}

/// Returns the option that was chosen, or what was said instead.
pub(super) fn answer(answer: &CampaignAnswer) -> String {
    let said = answer
        .option
        .as_deref()
        .or(answer.text.as_deref())
        .unwrap_or("(without text)");
    match answer.kind {
        AnswerKind::Option | AnswerKind::Other => said.to_owned(),
        AnswerKind::Late => format!("(late) {said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Outcome;

    fn row() -> InteractionRow {
        InteractionRow {
            account: "main".to_owned(),
            campaign: "spring".to_owned(),
            phone: "+37255500001".to_owned(),
            opened_at: "2026-05-02T10:00:00Z".parse().unwrap(),
            open: true,
            outcome: None,
            closes_at: Some("2026-05-03T10:00:00Z".parse().unwrap()),
            answer: None,
            window_until: None,
        }
    }

    fn answered(kind: AnswerKind, option: Option<&str>, text: &str) -> InteractionRow {
        InteractionRow {
            open: false,
            closes_at: None,
            outcome: Some(if kind == AnswerKind::Late {
                Outcome::NoAnswer
            } else {
                Outcome::Answered
            }),
            answer: Some(CampaignAnswer {
                at: "2026-05-02T11:00:00Z".parse().unwrap(),
                kind,
                option: option.map(str::to_owned),
                text: Some(text.to_owned()),
            }),
            window_until: Some("2026-05-03T11:00:00Z".parse().unwrap()),
            ..row()
        }
    }

    #[test]
    fn what_was_said_stands_beside_who_said_it() {
        let rows = [
            row(),
            answered(AnswerKind::Option, Some("phone_call"), "Phone call"),
            answered(AnswerKind::Other, None, "Please\u{1b}[2J call"),
            answered(AnswerKind::Late, None, "Yes"),
        ];
        insta::assert_snapshot!(human(&rows, Look::plain(120)), @r"
        OPENED                PHONE         CAMPAIGN  STATE      ANSWER                WINDOW UNTIL
        2026-05-02T10:00:00Z  +37255500001  spring    open       -                     -
        2026-05-02T10:00:00Z  +37255500001  spring    answered   phone_call            2026-05-03T11:00:00Z
        2026-05-02T10:00:00Z  +37255500001  spring    answered   Please\u{1b}[2J call  2026-05-03T11:00:00Z
        2026-05-02T10:00:00Z  +37255500001  spring    no_answer  (late) Yes            2026-05-03T11:00:00Z
        ");
    }

    #[test]
    fn json_has_all_that_is_known() {
        let document = document(&answered(
            AnswerKind::Option,
            Some("phone_call"),
            "Phone call",
        ));
        insta::assert_snapshot!(format!("{document:#}"), @r#"
        {
          "account": "main",
          "campaign": "spring",
          "phone": "+37255500001",
          "opened_at": "2026-05-02T10:00:00Z",
          "open": false,
          "outcome": "answered",
          "closes_at": null,
          "answer": {
            "at": "2026-05-02T11:00:00Z",
            "kind": "option",
            "option": "phone_call",
            "text": "Phone call"
          },
          "window_until": "2026-05-03T11:00:00Z"
        }
        "#);
    }
}
