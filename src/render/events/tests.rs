//! What programs read of an apply.

use super::*;
use crate::render::{fixtures, schemas};

fn lines(plan: &crate::engine::plan::Plan) -> Vec<String> {
    planned(plan)
        .map(|(message, event)| event.line(&message, Timestamp::UNIX_EPOCH))
        .collect()
}

#[test]
fn a_plan_is_told_event_by_event() {
    let (message, version) = Event::version();
    let first = version.line(&message, Timestamp::UNIX_EPOCH);
    let lines = [vec![first], lines(&fixtures::everything())].concat();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_event_is_one_line_that_fits_the_schema() {
    let validator = jsonschema::draft202012::new(&schemas::events()).unwrap();
    let address = Address::with_index("template", "order_update", "en_US");
    let outcome = Outcome {
        failed: vec![Failure {
            address: address.clone(),
            action: Action::Create,
            reason: "no".to_owned(),
            code: None,
            help: Some("yes".to_owned()),
        }],
        waiting: fixtures::everything().waits,
        held: vec![address.clone()],
        ..Outcome::default()
    };
    let sent = dispatch::Summary {
        campaigns: vec![dispatch::CampaignSummary {
            failed: [(131_026, 2)].into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let point = Point {
        line: 1,
        column: 1,
        byte: 0,
    };
    let hook = || {
        Hook::new(&address)
            .doing(Action::Create)
            .with_id("7")
            .after(3)
    };
    let halt = dispatch::Halt {
        cause: dispatch::Cause::Stopped,
        code: None,
        reason: "stopped".to_owned(),
    };
    let wait = &fixtures::everything().waits[0];
    let events = [
        Event::version().1,
        Event::RefreshStart {
            hook: Hook::new(&address),
        },
        Event::RefreshComplete { hook: hook() },
        Event::ApplyStart { hook: hook() },
        Event::ApplyProgress { hook: hook() },
        Event::ApplyComplete { hook: hook() },
        Event::ApplyErrored { hook: hook() },
        Event::ReviewPending { wait },
        Event::ReviewComplete { hook: hook() },
        Event::RateLimited {
            rate: Rate { per_second: 0.5 },
        },
        Event::SendProgress {
            progress: Sending {
                accepted: 1,
                failed: 0,
                in_flight: 2,
                remaining: 3,
            },
        },
        Event::SendWaiting {
            until: Timestamp::UNIX_EPOCH,
        },
        Event::SendHalted {
            campaign: Some("spring"),
            halt: &halt,
        },
        Event::Diagnostic {
            diagnostic: Diagnostic {
                severity: Severity::Warning,
                summary: "a\nb",
                detail: "",
                code: "x::y",
                address: None,
                range: Some(Range {
                    filename: "a.toml".to_owned(),
                    start: point,
                    end: point,
                }),
            },
        },
        Event::Summary(Summary::because("guarded")),
        Event::Summary(Summary::of("partial", &outcome, [&sent].into_iter())),
    ];
    let own = events
        .iter()
        .map(|event| event.line("a\nmessage", Timestamp::UNIX_EPOCH));
    let plans = [
        fixtures::everything(),
        fixtures::hostile("\n\r\u{2028}"),
        fixtures::nothing(),
    ];
    for line in plans.iter().flat_map(lines).chain(own) {
        assert!(!line.contains('\n'), "{line}");
        let event: Value = serde_json::from_str(&line).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&event)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{line}");
    }
    let unknown = serde_json::json!({
        "@level": "info", "@message": "", "@module": "", "@timestamp": "1970-01-01T00:00:00Z", "type": "apply_start",
    });
    assert!(!validator.is_valid(&unknown));
}
