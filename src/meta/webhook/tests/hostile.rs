use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::envelope::parse_bytes;
use super::super::{Content, Delivery, NotAWebhook};
use super::*;

const BEGINNING: &str = r#"{"object":"whatsapp_business_account","entry":["#;

#[test]
fn a_body_that_is_no_webhook_is_refused_with_the_reason() {
    for (body, reason) in [
        ("", "no object"),
        ("[]", "no object"),
        ("null", "no object"),
        ("{", "EOF"),
        (
            r#"{"object":"whatsapp_business_account","entry":[]} x"#,
            "trailing",
        ),
        ("{}", "no `object`"),
        (r#"{"entry":[]}"#, "no `object`"),
        (r#"{"object":"whatsapp_business_account"}"#, "no `entry`"),
        (
            r#"{"object":"whatsapp_business_account","entry":{}}"#,
            "no `entry`",
        ),
        (r#"{"object":"page","entry":[]}"#, "`page`"),
    ] {
        let error = parse(body).unwrap_err().to_string();
        assert!(error.contains(reason), "{body}: {error}");
    }
    assert_eq!(
        parse_bytes(b"{\"object\":\"\xff\"}").unwrap_err(),
        NotAWebhook::NotText
    );
}

#[test]
fn an_empty_envelope_tells_nothing() {
    let body = format!(" \r\n{BEGINNING}]}}\n");
    assert!(parse_bytes(body.as_bytes()).unwrap().is_empty());
    let body = format!("{BEGINNING}{{\"id\":\"1\",\"changes\":[]}}]}}");
    assert!(parse(&body).unwrap().is_empty());
}

#[test]
fn deep_nesting_is_refused_wherever_it_stands() {
    for bracket in ["[", "{\"a\":"] {
        let deep = bracket.repeat(100_000);
        for body in [
            deep.clone(),
            format!("{{\"x\":{deep}"),
            format!("{BEGINNING}{deep}"),
            format!("{BEGINNING}{{\"changes\":[{{\"field\":\"messages\",\"value\":{deep}"),
        ] {
            assert_eq!(parse(&body).unwrap_err(), NotAWebhook::TooDeep);
        }
    }
}

#[test]
fn nesting_inside_of_a_flows_response_stays_text() {
    let response = "[".repeat(100_000);
    let body = format!(
        r#"{BEGINNING}{{"changes":[{{"field":"messages","value":{{"messages":[{{"id":"m","timestamp":"1","type":"interactive",
        "interactive":{{"type":"nfm_reply","nfm_reply":{{"response_json":"{response}"}}}}}}]}}}}]}}]}}"#
    );
    let Event::Message(message) = parse(&body).unwrap().remove(0).event else {
        panic!("the message was not read");
    };
    let Content::FlowReply { response: kept, .. } = message.content else {
        panic!("the reply was not read");
    };
    assert_eq!(kept, Value::String(response));
}

/// Meta's largest body: 1,000 changes and 3 MB.
#[test]
fn the_largest_batch_is_read_whole_and_in_order() {
    let details = "d".repeat(2_700);
    let changes: Vec<String> = (0..1_000)
        .map(|number| {
            format!(
                r#"{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{NUMBER}"}},"statuses":[{{"id":"wamid.{number}","status":"failed",
                "timestamp":"{}","recipient_id":"37255500101","errors":[{{"code":131026,"title":"t","error_data":{{"details":"{details}"}}}}]}}]}}}}"#,
                1_788_300_000 + number
            )
        })
        .collect();
    let body = format!(
        "{BEGINNING}{{\"id\":\"{WABA}\",\"changes\":[{}]}}]}}",
        changes.join(",")
    );
    assert!(
        body.len() > 2_900_000 && body.len() < 3 << 20,
        "{}",
        body.len()
    );
    let changes = parse(&body).unwrap();
    assert_eq!(changes.len(), 1_000);
    for (number, change) in changes.iter().enumerate() {
        let Event::Status(status) = &change.event else {
            panic!("{:?}", change.event);
        };
        assert_eq!(status.message_id, format!("wamid.{number}"));
        assert_eq!(status.status, Delivery::Failed);
        assert_eq!(status.errors[0].code, 131_026);
        assert_eq!(change.phone_number_id, some(NUMBER));
    }
}

/// Replaces one of the characters that make the syntax, so that a mutation hits what matters.
fn spoil(body: &str, place: usize, with: &str) -> String {
    let places: Vec<usize> = body
        .char_indices()
        .filter(|(_, c)| "\"{}[]:,0123456789nutf\\".contains(*c))
        .map(|(at, _)| at)
        .collect();
    let at = places[place % places.len()];
    format!("{}{with}{}", &body[..at], &body[at + 1..])
}

/// Replaces the `place`th value of the tree; tells whether there is one.
fn replace(value: &mut Value, place: &mut usize, with: &Value) -> bool {
    if *place == 0 {
        *value = with.clone();
        return true;
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| replace(item, place, with)),
        Value::Object(fields) => fields
            .iter_mut()
            .any(|(_, field)| replace(field, place, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(parse_bytes(&bytes));
        let mut body = BEGINNING.as_bytes().to_vec();
        body.extend(bytes);
        drop(parse_bytes(&body));
    }

    #[test]
    fn no_text_of_json_pieces_makes_it_fail(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\"id\"", "\"changes\":[", "\"field\":\"messages\"", "\"value\":{", "null",
            "-1", "1e99", "\\ud83d", "\\", "\"statuses\":[{", "\"timestamp\":\"99999999999999999999\"", "true",
        ]), 0..60),
    ) {
        drop(parse(&pieces.concat()));
        drop(parse(&format!("{BEGINNING}{}", pieces.concat())));
    }

    #[test]
    fn no_spoilt_body_makes_it_fail(
        fixture in 0..FIXTURES.len(),
        place in any::<usize>(),
        with in proptest::sample::select(vec![
            "", "{", "[", "\"", "\\", "9", "-", "null", "\\u", "\\ud83d", "e9", "\u{0}", "é", "[[[[", "}]}]}",
        ]),
        cut in any::<Option<proptest::sample::Index>>(),
    ) {
        let body = spoil(FIXTURES[fixture].1, place, with);
        let end = cut.map_or(body.len(), |cut| cut.index(body.len()));
        drop(parse_bytes(&body.as_bytes()[..end]));
    }

    #[test]
    fn a_value_of_another_kind_costs_its_own_change_at_most(
        (change, values) in any_change(),
        place in any::<proptest::sample::Index>(),
        with in proptest::sample::select(vec![
            "null", "true", "-3", "1e300", "\"\"", "\"x\"", "[]", "[null]", "{}", "{\"a\":{}}",
        ]),
    ) {
        let mut spoilt = change;
        let with = serde_json::from_str(with).unwrap();
        prop_assert!(replace(&mut spoilt, &mut place.index(values), &with));
        let review = |decision: &str| json!({"field": "account_review_update", "value": {"decision": decision}});
        let entries = json!([{"id": WABA, "changes": [review("APPROVED"), spoilt, review("REJECTED")]}]);
        let body = json!({"object": "whatsapp_business_account", "entry": entries});
        let found = parse(&body.to_string()).unwrap();
        let decision = |change: &Change| match &change.event {
            Event::AccountReview(review) => Some(review.decision.clone()),
            _ => None,
        };
        prop_assert!(found.len() >= 3, "nothing is left of the change between");
        prop_assert_eq!(decision(&found[0]), some("APPROVED"));
        prop_assert_eq!(decision(&found[found.len() - 1]), some("REJECTED"));
        for change in &found {
            prop_assert_eq!(change.waba_id.as_str(), WABA);
            prop_assert!(serde_json::from_str::<Value>(change.raw.get()).is_ok());
        }
    }
}

/// Returns a change of the fixtures, and how many values it holds.
fn any_change() -> impl Strategy<Value = (Value, usize)> {
    let changes: Vec<(Value, usize)> = FIXTURES
        .iter()
        .flat_map(|(_, body)| {
            let body: Value = serde_json::from_str(body).unwrap();
            let entries = body["entry"].as_array().unwrap().clone();
            entries.into_iter().flat_map(|entry| {
                let changes = entry.get("changes").and_then(Value::as_array).cloned();
                changes.unwrap_or_default()
            })
        })
        .map(|change| {
            let values = count(&change);
            (change, values)
        })
        .collect();
    proptest::sample::select(changes)
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
