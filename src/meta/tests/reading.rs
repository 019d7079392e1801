use serde_json::json;

use super::error;
use crate::meta::stub::{Reply, Request, SECRET, Stub, TOKEN, options_at};
use crate::meta::{Connection, Error, GraphRead as _};

fn page(ids: &[u64], after: &str, has_next: bool) -> Reply {
    let data: Vec<_> = ids
        .iter()
        .map(|id| json!({ "id": id.to_string() }))
        .collect();
    let mut paging = json!({"cursors": {"before": "x", "after": after}});
    if has_next {
        paging["next"] = json!(format!(
            "https://elsewhere.example/?access_token=t&after={after}"
        ));
    }
    Reply::Json(200, json!({"data": data, "paging": paging}))
}

#[tokio::test]
async fn a_list_is_read_until_next_is_missing() {
    let stub = Stub::start(|index, _| match index {
        0 => page(&[1, 2], "a", true),
        1 => page(&[], "b", true),
        // An object that moved is returned once, and the cursor of the last page is not followed.
        _ => page(&[2, 3], "c", false),
    })
    .await;
    let templates = stub.connect().reader().templates("10").await.unwrap();
    let ids: Vec<_> = templates
        .iter()
        .map(|template| template.id.as_str())
        .collect();
    assert_eq!(ids, ["1", "2", "3"]);
    let requests = stub.requests();
    assert_eq!(requests.len(), 3);
    assert!(
        requests
            .iter()
            .all(|request| request.path == "/v25.0/10/message_templates")
    );
    assert_eq!(requests[2].query["after"], "b");
}

#[tokio::test]
async fn every_call_is_signed_and_keeps_the_token_out_of_the_query() {
    let stub = Stub::start(|_, _| Reply::Json(200, json!({"id": 10}))).await;
    stub.connect().reader().account("10").await.unwrap();
    let Request { headers, query, .. } = &stub.requests()[0];
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    // echo -n EAAG-token-of-the-test | openssl dgst -sha256 -hmac app-secret-of-the-test
    assert_eq!(query["appsecret_proof"], PROOF);
    assert!(
        !query
            .values()
            .any(|value| value.contains(TOKEN) || value.contains(SECRET))
    );
}

const PROOF: &str = "e005903e8b0fe537d1fbbacd0a3f170009b3322709bf764380ebc31462b132c5";

#[tokio::test]
async fn a_list_that_leads_back_is_not_read_for_ever() {
    let stub =
        Stub::start(|index, _| page(&[1], if index % 2 == 0 { "a" } else { "b" }, true)).await;
    let error = stub.connect().reader().templates("10").await.unwrap_err();
    assert!(
        matches!(error, Error::EndlessList { page: 3, .. }),
        "{error}"
    );
    assert_eq!(stub.requests().len(), 3);
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_again_in_halves() {
    let stub = Stub::start(|_, request| {
        if request.query["limit"].parse::<u32>().unwrap() > 100 {
            error(
                500,
                1,
                "Please reduce the amount of data you're asking for, then retry your request",
            )
        } else {
            page(&[1], "a", false)
        }
    })
    .await;
    assert_eq!(
        stub.connect().reader().templates("10").await.unwrap().len(),
        1
    );
    let limits: Vec<_> = stub
        .requests()
        .into_iter()
        .map(|request| request.query["limit"].clone())
        .collect();
    assert_eq!(limits, ["250", "125", "62"]);
}

#[tokio::test]
async fn a_field_that_the_version_does_not_have_is_left_out() {
    let stub = Stub::start(|_, request| {
        if request.query["fields"].contains("ownership_type") {
            error(
                400,
                100,
                "(#100) Tried accessing nonexisting field (ownership_type) on node type (X)",
            )
        } else {
            Reply::Json(200, json!({"id": "10", "currency": "EUR"}))
        }
    })
    .await;
    let account = stub.connect().reader().account("10").await.unwrap();
    assert_eq!(account.currency.as_deref(), Some("EUR"));
    assert_eq!(stub.requests().len(), 2);
}

#[tokio::test]
async fn odd_answers_are_understood() {
    let stub = Stub::start(|_, _| {
        Reply::Json(200, json!({"data": [
            {"id": 9_007_199_254_740_993_u64, "name": "a", "language": "en_US", "status": "A_NEW_STATUS",
             "category": null, "components": null, "message_send_ttl_seconds": "60", "rejected_reason": null,
             "quality_score": {"score": "GREEN"}, "a_new_field": {"x": [1]}},
            {"id": "2", "components": {"type": "BODY", "text": "x"}},
        ]}))
    })
    .await;
    let templates = stub.connect().reader().templates("10").await.unwrap();
    assert_eq!(templates[0].id, "9007199254740993");
    assert_eq!(templates[0].status, "A_NEW_STATUS");
    assert_eq!(templates[0].category, "");
    assert_eq!(templates[0].message_send_ttl_seconds, Some(60));
    assert_eq!(templates[0].other["a_new_field"], json!({"x": [1]}));
    assert!(templates[0].components.is_empty());
    assert_eq!(
        templates[1].components,
        [json!({"type": "BODY", "text": "x"})]
    );
}

#[tokio::test]
async fn an_object_without_an_id_is_an_error_that_shows_it() {
    let stub = Stub::start(|_, _| Reply::Json(200, json!({"data": [{"name": "nameless"}]}))).await;
    let error = stub.connect().reader().numbers("10").await.unwrap_err();
    assert_eq!(error.code(), "meta::unreadable_answer");
    assert!(error.to_string().contains("nameless"), "{error}");
}

#[tokio::test]
async fn a_read_outlives_a_bad_gateway_a_cut_and_a_cut_in_the_body() {
    let stub = Stub::start(|index, _| match index {
        0 => Reply::Raw(
            502,
            vec![("content-type", "text/html".to_owned())],
            "<html>Bad".to_owned(),
        ),
        1 => Reply::Cut,
        2 => Reply::CutInBody,
        3 => error(500, 2, "Service temporarily unavailable"),
        _ => Reply::Json(200, json!({"id": "10"})),
    })
    .await;
    stub.connect().reader().account("10").await.unwrap();
    assert_eq!(stub.requests().len(), 5);
}

#[tokio::test]
async fn a_token_that_meta_repeats_is_not_printed() {
    let stub =
        Stub::start(|_, _| error(401, 190, &format!("Malformed access token {TOKEN}"))).await;
    let error = stub.connect().reader().account("10").await.unwrap_err();
    let text = format!("{error} {error:?} {:?}", stub.connect());
    assert!(!text.contains(TOKEN) && !text.contains(SECRET), "{text}");
    assert!(error.to_string().contains("fbtrace_id AbC"), "{error}");
    assert_eq!(error.code(), "meta::token_invalid");
    assert_eq!(stub.requests().len(), 1);
}

#[tokio::test]
async fn no_network_is_named_without_the_address_query() {
    let stub = Stub::start(|_, _| Reply::Cut).await;
    let base_url = format!("http://{}", stub.address);
    drop(stub);
    let mut options = options_at(&base_url);
    options.patience.attempts = 2;
    let error = Connection::new(options)
        .unwrap()
        .reader()
        .account("10")
        .await
        .unwrap_err();
    assert_eq!(error.code(), "meta::unreachable");
    assert!(
        !format!("{error:?}").contains("appsecret_proof"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let stub = Stub::start(|_, _| {
        Reply::Raw(
            302,
            vec![("location", "https://elsewhere.example/".to_owned())],
            String::new(),
        )
    })
    .await;
    let error = stub.connect().reader().account("10").await.unwrap_err();
    assert_eq!(error.code(), "meta::wrong_answerer");
    assert_eq!(stub.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_without_a_body_keeps_the_trace_of_its_header() {
    let stub = Stub::start(|_, _| {
        Reply::Raw(
            404,
            vec![("x-fb-trace-id", "Tr4ce".to_owned())],
            String::new(),
        )
    })
    .await;
    let error = stub.connect().reader().account("10").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /v25.0/10: an answer that is not the Graph API's: the answer is empty (HTTP 404, fbtrace_id Tr4ce)"
    );
}

#[tokio::test]
async fn an_expired_token_is_asked_about_by_the_app() {
    let stub = Stub::start(|_, request| {
        if request.headers["authorization"] == format!("Bearer 77|{SECRET}") {
            Reply::Json(
                200,
                json!({"data": {"app_id": 77, "is_valid": false, "expires_at": 1_700_000_000,
                "scopes": null}}),
            )
        } else {
            let mut body = super::error_body(190, "Session has expired on Monday.");
            body["error"]["error_subcode"] = json!(463);
            Reply::Json(401, body)
        }
    })
    .await;
    let error = stub.connect().reader().token().await.unwrap_err();
    assert_eq!(error.code(), "meta::token_expired");
    let mut options = stub.options();
    options.app_id = Some("77".to_owned());
    let token = Connection::new(options)
        .unwrap()
        .reader()
        .token()
        .await
        .unwrap();
    assert_eq!(
        (token.app_id.as_str(), token.expires_at, token.is_valid),
        ("77", 1_700_000_000, false)
    );
}

#[tokio::test]
async fn the_quota_is_read_with_one_call() {
    let stub = Stub::start(|_, _| {
        Reply::Json(200, json!({"data": [], "summary": {"message_template_count": 12, "message_template_limit": "250"}}))
    })
    .await;
    let summary = stub
        .connect()
        .reader()
        .templates_summary("10")
        .await
        .unwrap();
    assert_eq!(summary.message_template_count, Some(12));
    assert_eq!(summary.message_template_limit, Some(250));
}

#[tokio::test]
async fn an_id_cannot_lead_to_another_place() {
    let stub = Stub::start(|_, _| Reply::Cut).await;
    for id in ["", "..", "1/2", "1?fields=x", "1#", "%2e%2e", "1 2"] {
        let error = stub.connect().reader().account(id).await.unwrap_err();
        assert_eq!(error.code(), "meta::invalid_id", "{id}");
    }
    assert!(stub.requests().is_empty());
}
