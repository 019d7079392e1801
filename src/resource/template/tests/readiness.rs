use serde_json::json;

use crate::resource::Readiness;
use crate::resource::template::readiness::readiness;
use crate::resource::template::testing::{at_meta, live};

fn told(status: &str, more: &serde_json::Value) -> Readiness {
    let mut body =
        json!({ "name": "n", "language": "en", "category": "UTILITY", "components": [] });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    readiness(&live(&at_meta(&body, status)))
}

#[test]
fn only_an_approved_template_is_ready() {
    assert_eq!(told("APPROVED", &json!({})), Readiness::Ready);
    for status in ["PENDING", "IN_APPEAL", "PAUSED", "SOMETHING_NEW"] {
        assert!(
            matches!(told(status, &json!({})), Readiness::Waiting { .. }),
            "{status}"
        );
    }
    for status in ["REJECTED", "DISABLED", "LIMIT_EXCEEDED", "ARCHIVED"] {
        assert!(
            matches!(told(status, &json!({})), Readiness::Broken { .. }),
            "{status}"
        );
    }
}

#[test]
fn the_wait_says_since_when() {
    let since =
        |time: serde_json::Value| match told("PENDING", &json!({ "last_updated_time": time })) {
            Readiness::Waiting { reason } => reason,
            other => panic!("{other:?}"),
        };
    assert_eq!(
        since(json!("2026-11-22T10:00:00+0000")),
        "in review since 2026-11-22T10:00:00+0000"
    );
    assert_eq!(since(json!(0)), "in review since 1970-01-01T00:00:00Z");
}

#[test]
fn a_rejection_says_why_and_what_to_do() {
    let Readiness::Broken { reason, help } = told(
        "REJECTED",
        &json!({
            "rejected_reason": "INVALID_FORMAT",
            "rejection_info": { "reason": "Variables are adjacent", "recommendation": "Separate them" },
        }),
    ) else {
        panic!("a rejected template is broken");
    };
    assert_eq!(
        reason,
        "rejected by Meta: INVALID_FORMAT: Variables are adjacent: Separate them"
    );
    assert!(help.unwrap().contains("variables"));
}
