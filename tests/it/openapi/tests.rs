//! The checker finds what it must find, and takes what Meta itself shows.

use serde_json::{Value, json};

use super::{Finding, LoggedRequest, Severity, Specification, specification};

mod deviations;
mod messages;
mod templates;

const TEMPLATES: &str = "/v25.0/102290129340398/message_templates";
const TEMPLATE: &str = "/v25.0/920070352646140";
const MESSAGES: &str = "/v25.0/106540352242922/messages";

fn create(body: Value) -> LoggedRequest {
    LoggedRequest::new("POST", TEMPLATES).with_body(body)
}

fn edit(body: Value) -> LoggedRequest {
    LoggedRequest::new("POST", TEMPLATE).with_body(body)
}

fn errors(specification: &Specification, request: &LoggedRequest) -> Vec<String> {
    let findings = specification.check(request).into_iter();
    findings
        .filter(|finding| finding.severity == Severity::Error)
        .map(|Finding { what, .. }| what)
        .collect()
}

/// A create body with all that a template can be declared with, positional.
fn positional() -> Value {
    json!({
        "name": "order_confirmation",
        "language": "en_US",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "message_send_ttl_seconds": 3600,
        "allow_category_change": true,
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["#1042"]}},
            {"type": "BODY", "text": "Thanks {{1}}, order {{2}} ships.", "example": {"body_text": [["Ana", "1042"]]}},
            {"type": "FOOTER", "text": "Reply STOP to opt out"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Stop"},
                {"type": "URL", "text": "Track", "url": "https://ex.com/t/{{1}}", "example": ["https://ex.com/t/1042"]},
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "15550051310"},
                {"type": "COPY_CODE", "example": "SAVE10"}
            ]}
        ]
    })
}

#[test]
fn unknown_paths_methods_and_parameters_are_errors() {
    let Some(specification) = Specification::load() else {
        return;
    };
    let wrong = [
        (
            "unknown path",
            LoggedRequest::new("GET", "/v25.0/102290129340398/templates"),
        ),
        ("unknown path", LoggedRequest::new("GET", "/v25.0/me")),
        (
            "unknown path",
            LoggedRequest::new("GET", "/102290129340398"),
        ),
        (
            "unknown path",
            LoggedRequest::new("GET", "/v25.0/102290129340398/message_templates/1"),
        ),
        (
            "unknown path",
            LoggedRequest::new("POST", "/whatsapp/webhooks"),
        ),
        (
            "unknown method",
            LoggedRequest::new("PUT", TEMPLATES).with_body(positional()),
        ),
        ("unknown method", LoggedRequest::new("GET", MESSAGES)),
        (
            "unknown query parameter `feilds`",
            LoggedRequest::new("GET", TEMPLATE).with_query("feilds", "name"),
        ),
        (
            "unknown query parameter `pages`",
            LoggedRequest::new("GET", TEMPLATES).with_query("pages", "2"),
        ),
        (
            "unknown query parameter `fields`",
            LoggedRequest::new("DELETE", TEMPLATES)
                .with_query("name", "n")
                .with_query("fields", "id"),
        ),
        (
            "unknown parameter `name` in the body",
            LoggedRequest::new("DELETE", TEMPLATES).with_body(json!({"name": "n"})),
        ),
        (
            "unknown parameter `override_url` in the body",
            LoggedRequest::new("POST", "/v25.0/102290129340398/subscribed_apps")
                .with_body(json!({"override_url": "x"})),
        ),
    ];
    for (expected, request) in wrong {
        let found = errors(specification, &request);
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "{request:?}: {found:?}"
        );
    }
}

#[test]
fn the_calls_of_a_client_are_taken() {
    let Some(specification) = Specification::load() else {
        return;
    };
    let node = "/v25.0/102290129340398";
    let override_ = json!({"override_callback_uri": "https://ex.com/hook", "verify_token": "t"});
    let right = [
        LoggedRequest::new("GET", TEMPLATES)
            .with_query("fields", "id,name")
            .with_query("limit", "100"),
        LoggedRequest::new("GET", TEMPLATE)
            .with_query("fields", "id,status")
            .with_query("appsecret_proof", "0"),
        LoggedRequest::new("DELETE", TEMPLATES)
            .with_query("name", "n")
            .with_query("hsm_id", "1"),
        LoggedRequest::new("GET", node).with_query("fields", "id,currency"),
        LoggedRequest::new("GET", &format!("{node}/phone_numbers"))
            .with_query("limit", "100")
            .with_query("after", "x"),
        LoggedRequest::new("GET", &format!("{node}/subscribed_apps")),
        LoggedRequest::new("POST", &format!("{node}/subscribed_apps")),
        LoggedRequest::new("POST", &format!("{node}/subscribed_apps")).with_body(override_.clone()),
        LoggedRequest::new("DELETE", &format!("{node}/subscribed_apps")),
        LoggedRequest::new("POST", node).with_body(json!({"webhook_configuration": override_})),
        LoggedRequest::new("GET", "/v25.0/debug_token")
            .with_query("input_token", "t")
            .with_query("appsecret_proof", "0"),
        LoggedRequest::from_json(&json!({
            "method": "POST",
            "path": "/v25.0/upload:MTphdHRhY2htZW50==",
            "query": {},
            "body": {"bytes": 5, "sha256": "00"}
        })),
        LoggedRequest::from_json(&json!({
            "method": "POST",
            "path": "/v25.0/106540352242922/media",
            "query": {},
            "body": {"bytes": 5, "sha256": "00"}
        })),
        LoggedRequest::new("GET", "/v25.0/2621233374848975")
            .with_query("phone_number_id", "106540352242922"),
        LoggedRequest::new("DELETE", "/v25.0/2621233374848975"),
    ];
    for request in right {
        assert_eq!(errors(specification, &request), [""; 0], "{request:?}");
    }
}

#[test]
fn every_schema_of_the_file_compiles() {
    let Some(specification) = Specification::load() else {
        return;
    };
    let mut compiled = 0;
    for operation in specification.operations() {
        for check in &operation.body.checks {
            check.validator();
            compiled += 1;
        }
    }
    assert!(compiled > 20, "{compiled}");
}

#[test]
#[should_panic(expected = "unknown query parameter `feilds` (2 of 3 requests)")]
fn a_log_with_an_error_fails_and_counts_equal_findings() {
    let document = specification::parse(
        r#"{"paths": {"/{Version}/{WABA-ID}": {"get": {"parameters": [{"in": "query", "name": "fields"}]}}}}"#,
    );
    let right = LoggedRequest::new("GET", "/v25.0/1").with_query("fields", "id");
    let wrong = LoggedRequest::new("GET", "/v25.0/1").with_query("feilds", "id");
    Specification::new(&document, &[]).check_log(&[right, wrong.clone(), wrong]);
}

#[test]
fn a_log_without_errors_passes() {
    super::check_log(&[
        create(positional()),
        LoggedRequest::new("POST", MESSAGES).with_body(messages::template_message()),
    ]);
}

#[test]
fn a_log_entry_is_read_in_each_of_its_forms() {
    let expected = LoggedRequest::new("GET", TEMPLATES)
        .with_query("fields", "id,name")
        .with_query("after", "a b");
    for entry in [
        json!({"method": "get", "path": TEMPLATES, "query": {"fields": "id,name", "after": "a b"}, "body": null}),
        json!({"method": "GET", "path": TEMPLATES, "query": "fields=id%2Cname&after=a+b"}),
        json!({"method": "GET", "path": TEMPLATES, "query": "?fields=id%2Cname&after=a%20b", "status": 200}),
        json!({"method": "GET", "path": format!("{TEMPLATES}?fields=id,name&after=a+b")}),
    ] {
        assert_eq!(LoggedRequest::from_json(&entry), expected, "{entry}");
    }
    let lists = json!({"method": "GET", "path": TEMPLATES, "query": {"limit": [1, "2"]}, "body": "{\"a\":1}"});
    let expected = LoggedRequest::new("GET", TEMPLATES)
        .with_query("limit", "1")
        .with_query("limit", "2");
    assert_eq!(
        LoggedRequest::from_json(&lists),
        expected.with_body(json!({"a": 1}))
    );
}
