//! Who did what, as the journal tells it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::count;
use super::style::Look;
use super::time::rfc3339;
use crate::sanitize;
use crate::store::{Kept, Note, RunRecord, Stage};

/// Returns one run with what it did, in the order in which it did it.
#[must_use]
pub fn human(run: &RunRecord, entries: &[Kept], look: Look) -> String {
    let ended = match (&run.outcome, run.ended) {
        (Some(outcome), Some(ended)) => {
            let took = count::roughly(ended.duration_since(run.started));
            let outcome = match outcome.as_str() {
                "done" | "pending" => look.added(outcome),
                _ => look.removed(outcome),
            };
            format!("{outcome}, took {took}")
        }
        _ => look.changed("no end recorded: it runs, or was killed"),
    };
    let head = format!(
        "{}  {}  ",
        rfc3339(run.started),
        sanitize::line(&run.command)
    );
    let mut text = format!("{}{ended}\n", look.strong(head));
    let mut fact = |name: &str, value: &str| {
        let name = look.faint(format_args!("{name:8}"));
        let _infallible = writeln!(text, "  {name}{}", sanitize::line(value));
    };
    fact("run", &run.id);
    let by = format!("{} (process {} on {})", run.who, run.process, run.host);
    fact("by", &by);
    if let Some(address) = &run.run_address {
        fact("at", address);
    }
    if let Some(environment) = &run.environment {
        fact("env", environment);
    }
    if let Some(plan) = &run.plan {
        fact("plan", plan);
    }
    let answered: BTreeSet<i64> = entries.iter().filter_map(|kept| kept.note.ends).collect();
    for kept in entries {
        // What has an end is told by its end.
        if kept.note.stage != Stage::Begun || !answered.contains(&kept.id) {
            text.push_str(&entry(&kept.note, look));
        }
    }
    text
}

fn entry(note: &Note, look: Look) -> String {
    let mut told = note.action.clone();
    if let Some(address) = &note.address {
        let _infallible = write!(told, " {address}");
    }
    if let Some(object) = note.object.as_ref().filter(|object| !object.is_empty()) {
        let _infallible = write!(told, " [id={object}]");
    }
    match note.stage {
        Stage::Done => {}
        Stage::Begun => told.push_str(": begun; what became of it is not known"),
        Stage::Failed => told.push_str(": failed"),
    }
    if let Some(code) = &note.code {
        let _infallible = write!(told, " [{code}]");
    }
    if let Some(text) = &note.text {
        let _infallible = write!(told, ": {text}");
    }
    let counts: Vec<String> = note
        .detail
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name, value.as_u64().filter(|value| *value > 0)?)))
        .map(|(name, value)| format!("{} {name}", count::grouped(value)))
        .collect();
    if !counts.is_empty() {
        let _infallible = write!(told, " ({})", counts.join(", "));
    }
    if !note.requests.is_empty() {
        let _infallible = write!(told, " (request {})", note.requests.join(", "));
    }
    let mark = match note.stage {
        Stage::Done => look.faint('-'),
        Stage::Begun => look.changed('?'),
        Stage::Failed => look.removed('✗'),
    };
    look.hang(&format!("    {mark} "), &sanitize::lines(&told))
}

/// Returns a run and its entries for programs, one object each; every entry names its run, so that it may stand alone.
pub fn documents(run: &RunRecord, entries: &[Kept]) -> impl Iterator<Item = Value> {
    let head = json!({
        "type": "run", "run": run.id, "command": run.command, "who": run.who, "host": run.host, "process": run.process,
        "run_address": run.run_address, "environment": run.environment, "version": run.version, "plan": run.plan,
        "started_at": run.started, "ended_at": run.ended, "outcome": run.outcome,
    });
    let entries = entries.iter().map(|Kept { id, note }| {
        json!({
            "type": "entry", "entry": id, "run": note.run, "plan": run.plan, "who": run.who, "at": note.at,
            "action": note.action, "stage": note.stage, "ends": note.ends, "address": note.address, "id": note.object,
            "requests": note.requests, "before": note.before, "after": note.after, "code": note.code,
            "text": note.text, "detail": note.detail,
        })
    });
    std::iter::once(head).chain(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunRecord {
        RunRecord {
            id: "00ff00ff00ff00ff".to_owned(),
            number: 7,
            command: "waform apply".to_owned(),
            who: "ana@desk".to_owned(),
            host: "desk".to_owned(),
            process: 4711,
            run_address: Some("https://ci.example/7".to_owned()),
            environment: None,
            version: "0.1.0".to_owned(),
            plan: Some("abcd".to_owned()),
            started: "2026-05-02T10:00:00Z".parse().unwrap(),
            ended: Some("2026-05-02T10:00:12Z".parse().unwrap()),
            outcome: Some("partial".to_owned()),
        }
    }

    fn kept(id: i64, note: Note) -> Kept {
        Kept { id, note }
    }

    fn entries() -> Vec<Kept> {
        let on = |action: &str, address: &str, stage| Note {
            run: run().id,
            action: action.to_owned(),
            address: Some(address.to_owned()),
            stage,
            ..Note::default()
        };
        vec![
            kept(1, on("create", "template.a[\"en\"]", Stage::Begun)),
            kept(
                2,
                Note {
                    ends: Some(1),
                    object: Some("594".to_owned()),
                    requests: vec!["A1".to_owned()],
                    ..on("create", "template.a[\"en\"]", Stage::Done)
                },
            ),
            kept(3, on("update", "template.b[\"en\"]", Stage::Begun)),
            kept(
                4,
                Note {
                    code: Some("meta::rejected".to_owned()),
                    text: Some("no\n\u{1b}[2J".to_owned()),
                    ..on("delete", "template.c[\"en\"]", Stage::Failed)
                },
            ),
            kept(
                5,
                Note {
                    detail: json!({ "accepted": 1240, "failed": 0 }),
                    ..on("send", "campaign.spring", Stage::Done)
                },
            ),
        ]
    }

    #[test]
    fn a_run_tells_what_it_did_and_what_is_not_known() {
        insta::assert_snapshot!(human(&run(), &entries(), Look::plain(80)), @r#"
        2026-05-02T10:00:00Z  waform apply  partial, took 12 s
          run     00ff00ff00ff00ff
          by      ana@desk (process 4711 on desk)
          at      https://ci.example/7
          plan    abcd
            - create template.a["en"] [id=594] (request A1)
            ? update template.b["en"]: begun; what became of it is not known
            ✗ delete template.c["en"]: failed [meta::rejected]: no
              \u{1b}[2J
            - send campaign.spring (1,240 accepted)
        "#);
    }

    #[test]
    fn every_line_of_an_export_stands_alone() {
        let lines: Vec<Value> = documents(&run(), &entries()).collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(
            (&lines[0]["type"], &lines[1]["type"]),
            (&"run".into(), &"entry".into())
        );
        for line in &lines {
            assert_eq!(line["run"], "00ff00ff00ff00ff");
            assert_eq!(line["who"], "ana@desk");
        }
        assert_eq!(lines[2]["ends"], 1);
    }
}
