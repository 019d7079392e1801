//! One person: what holds for them, their campaigns, the conversation.

use std::fmt::Write as _;

use super::history::rfc3339;
use super::interactions::{answer, dash};
use super::status::table;
use super::style::Look;
use crate::sanitize;
use crate::store::{CampaignEntry, ContactFile, ContactState, Entry};

/// Returns the file of a person in one account.
#[must_use]
pub fn human(file: &ContactFile, look: Look) -> String {
    let mut text = String::new();
    let name = name(file);
    let _infallible = writeln!(
        text,
        "{} (account {})",
        look.strong(sanitize::line(name)),
        file.account
    );
    for note in notes(file, name, look) {
        text.push_str(&look.hang("  ", &note));
    }
    if !file.campaigns.is_empty() {
        text.push('\n');
        let titles = ["CAMPAIGN", "STATE", "ATTEMPTS", "DUE", "ANSWER", "REASON"];
        text.push_str(&table(&titles, file.campaigns.iter().map(campaign), look));
    }
    if !file.timeline.is_empty() {
        text.push('\n');
        let titles = ["TIME", "", "WHAT", "TEXT", "STATUS", "BY"];
        text.push_str(&table(&titles, file.timeline.iter().map(line), look));
    }
    text
}

fn name(file: &ContactFile) -> &str {
    let name = file.phone.as_ref().or(file.user_id.as_ref());
    name.map(String::as_str).unwrap_or_default()
}

/// What holds for a person, a sentence each.
fn notes(file: &ContactFile, name: &str, look: Look) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(wa_id) = &file.wa_id {
        notes.push(format!(
            "WhatsApp knows the number as {}",
            sanitize::line(wa_id)
        ));
    }
    if let Some(user_id) = file.user_id.as_ref().filter(|_| file.phone.is_some()) {
        notes.push(format!("user id {}", sanitize::line(user_id)));
    }
    if let Some(suppressed) = &file.suppressed {
        let told = format!(
            "not messaged since {}: {} ({})",
            rfc3339(suppressed.at),
            sanitize::line(&suppressed.reason),
            sanitize::line(&suppressed.actor)
        );
        notes.push(look.changed(told));
    }
    if let Some(held) = &file.held {
        let told = format!(
            "held since {}: {}; `waform contact {name} ack` says that it is the same person",
            rfc3339(held.at),
            sanitize::line(&held.reason)
        );
        notes.push(look.changed(told));
    }
    if let Some(suspect) = &file.suspect {
        let times = super::count::of(suspect.times, "time", "times");
        notes.push(format!(
            "could not be reached ({}), {times}, last {}",
            suspect.code,
            rfc3339(suspect.last_at)
        ));
    }
    for window in &file.windows {
        notes.push(format!(
            "service window with number {} until {}",
            sanitize::line(&window.number),
            rfc3339(window.until)
        ));
    }
    notes
}

fn campaign(entry: &CampaignEntry) -> Vec<String> {
    let state = match (entry.state, entry.outcome) {
        (ContactState::Closed, Some(outcome)) => outcome.to_string(),
        (ContactState::Fresh, _) => "fresh".to_owned(),
        (ContactState::RetryDue, _) => "retry".to_owned(),
        (ContactState::InFlight, _) => "in flight".to_owned(),
        (ContactState::Uncertain, _) => "uncertain".to_owned(),
        (ContactState::AwaitingResponse, _) => "awaiting response".to_owned(),
        (ContactState::WaitingLock, _) => "waiting for another campaign".to_owned(),
        (ContactState::Closed, None) => "closed".to_owned(),
    };
    vec![
        entry.campaign.clone(),
        state,
        entry.attempts.to_string(),
        entry.due_at.map_or_else(dash, rfc3339),
        entry.answer.as_ref().map_or_else(dash, answer),
        entry.reason.clone().unwrap_or_default(),
    ]
}

fn line(entry: &Entry) -> Vec<String> {
    let way = match entry.direction.as_str() {
        "in" => "←",
        "out" => "→",
        _ => "·",
    };
    vec![
        rfc3339(entry.at),
        way.to_owned(),
        entry.kind.clone(),
        told(entry),
        entry.status.clone().unwrap_or_default(),
        entry.actor.clone(),
    ]
}

/// What was said, and why it failed.
fn told(entry: &Entry) -> String {
    let code = entry.code.map(|code| format!("({code})"));
    let why = entry.detail["reason"].as_str().map(str::to_owned);
    let failure: Vec<_> = code.into_iter().chain(why).collect();
    if failure.is_empty() {
        return entry.text.clone();
    }
    format!("{}: {}", entry.text, failure.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::store::{AnswerKind, CampaignAnswer, Held, Outcome, Suppressed, Suspect, Window};

    fn entry(at: &str, direction: &str, kind: &str, text: &str) -> Entry {
        Entry {
            at: format!("2026-05-02T{at}Z").parse().unwrap(),
            direction: direction.to_owned(),
            kind: kind.to_owned(),
            text: text.to_owned(),
            status: None,
            code: None,
            campaign: Some("spring".to_owned()),
            actor: "Meta".to_owned(),
            message_id: None,
            detail: Value::Null,
        }
    }

    fn file() -> ContactFile {
        let at = |text: &str| format!("2026-05-02T{text}Z").parse().unwrap();
        let failed = Entry {
            status: Some("failed".to_owned()),
            code: Some(131_049),
            actor: "ana@desk by apply".to_owned(),
            detail: json!({ "reason": "to keep the ecosystem healthy" }),
            ..entry("09:00:00", "out", "template", "order_update")
        };
        let sent = Entry {
            status: Some("read".to_owned()),
            actor: "serve".to_owned(),
            detail: json!({ "reason": null }),
            ..entry("10:00:00", "out", "template", "order_update")
        };
        let said = Entry {
            actor: "+37255500001".to_owned(),
            ..entry("11:00:00", "in", "button", "Phone call\u{1b}[2J")
        };
        ContactFile {
            account: "main".to_owned(),
            phone: Some("+37255500001".to_owned()),
            wa_id: Some("37255500002".to_owned()),
            user_id: Some("EE.1349".to_owned()),
            suppressed: Some(Suppressed {
                at: at("12:00:00"),
                reason: "the keyword STOP".to_owned(),
                actor: "+37255500001".to_owned(),
            }),
            held: Some(Held {
                at: at("13:00:00"),
                reason: "the number was registered anew".to_owned(),
            }),
            suspect: Some(Suspect {
                phone: "+37255500001".to_owned(),
                code: 131_026,
                first_at: at("08:00:00"),
                last_at: at("09:00:00"),
                times: 2,
            }),
            windows: vec![Window {
                number: "106540352242922".to_owned(),
                last_inbound_at: at("11:00:00"),
                until: "2026-05-03T11:00:00Z".parse().unwrap(),
            }],
            campaigns: vec![CampaignEntry {
                campaign: "spring".to_owned(),
                state: ContactState::Closed,
                outcome: Some(Outcome::Answered),
                reason: None,
                attempts: 2,
                due_at: None,
                answer: Some(CampaignAnswer {
                    at: at("11:00:00"),
                    kind: AnswerKind::Option,
                    option: Some("phone_call".to_owned()),
                    text: Some("Phone call".to_owned()),
                }),
            }],
            timeline: vec![
                failed,
                sent,
                entry("10:00:05", "event", "delivered", ""),
                said,
                entry("12:00:00", "event", "suppressed", "the keyword STOP"),
            ],
        }
    }

    #[test]
    fn a_file_tells_what_holds_and_what_was_said() {
        insta::assert_snapshot!(human(&file(), Look::plain(120)), @r"
        +37255500001 (account main)
          WhatsApp knows the number as 37255500002
          user id EE.1349
          not messaged since 2026-05-02T12:00:00Z: the keyword STOP (+37255500001)
          held since 2026-05-02T13:00:00Z: the number was registered anew; `waform contact +37255500001 ack` says that it is the
          same person
          could not be reached (131026), 2 times, last 2026-05-02T09:00:00Z
          service window with number 106540352242922 until 2026-05-03T11:00:00Z

        CAMPAIGN  STATE     ATTEMPTS  DUE  ANSWER      REASON
        spring    answered         2  -    phone_call

        TIME                     WHAT        TEXT                                                  STATUS  BY
        2026-05-02T09:00:00Z  →  template    order_update: (131049) to keep the ecosystem healthy  failed  ana@desk by apply
        2026-05-02T10:00:00Z  →  template    order_update                                          read    serve
        2026-05-02T10:00:05Z  ·  delivered                                                                 Meta
        2026-05-02T11:00:00Z  ←  button      Phone call\u{1b}[2J                                           +37255500001
        2026-05-02T12:00:00Z  ·  suppressed  the keyword STOP                                              Meta
        ");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [80, 120] {
            for line in human(&file(), Look::plain(width)).lines() {
                let fits = textwrap::core::display_width(line) <= width;
                assert!(fits, "{width}: {line}");
            }
        }
    }

    #[test]
    fn who_hides_their_number_is_known_by_their_id() {
        let hidden = ContactFile {
            phone: None,
            held: None,
            ..file()
        };
        let text = human(&hidden, Look::plain(120));
        assert!(text.starts_with("EE.1349 (account main)\n"), "{text}");
        assert!(!text.contains("user id EE"), "{text}");
    }
}
