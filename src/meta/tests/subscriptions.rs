use serde_json::json;

use super::error;
use crate::meta::stub::{Reply, SECRET, Stub, TOKEN};
use crate::meta::{AppCallback, Connection, GraphRead as _, Options};

#[tokio::test]
async fn the_app_reads_its_own_callback_under_the_id_that_the_token_tells() {
    let stub = Stub::start(|_, request| match request.path.as_str() {
        "/v25.0/debug_token" => Reply::Json(200, json!({ "data": { "app_id": 77, "is_valid": true } })),
        "/v25.0/77/subscriptions" => Reply::Json(
            200,
            json!({ "data": [{ "object": "whatsapp_business_account", "callback_url": "https://a.example",
                               "active": false, "fields": ["security", { "name": "messages" }] }] }),
        ),
        "/v25.0/10/subscribed_apps" => Reply::Json(
            200,
            json!({ "data": [
                { "whatsapp_business_api_data": { "id": "78" }, "override_callback_uri": "https://other.example" },
                { "whatsapp_business_api_data": { "id": 77 } },
            ] }),
        ),
        path => panic!("{path}"),
    })
    .await;
    let webhooks = stub.connect().reader().webhooks("10").await.unwrap();
    assert_eq!(webhooks.app_id, "77");
    assert!(webhooks.subscribed);
    assert_eq!(webhooks.override_url, None);
    let AppCallback::Set(app) = webhooks.app else {
        panic!("{:?}", webhooks.app);
    };
    assert_eq!(
        (app.callback_url.as_str(), app.active),
        ("https://a.example", false)
    );
    assert!(app.fields.iter().eq(["messages", "security"]));
    for request in stub.requests() {
        let token = match request.path.ends_with("/subscriptions") {
            true => format!("Bearer 77|{SECRET}"),
            false => format!("Bearer {TOKEN}"),
        };
        assert_eq!(request.headers["authorization"], token, "{}", request.path);
    }
}

#[tokio::test]
async fn without_the_apps_secret_the_callback_is_not_asked_for() {
    let stub = Stub::start(|_, request| {
        assert_eq!(request.path, "/v25.0/10/subscribed_apps");
        Reply::Json(200, json!({ "data": [] }))
    })
    .await;
    let connection = Connection::new(Options {
        app_id: Some("77".to_owned()),
        app_secret: None,
        ..stub.options()
    })
    .unwrap();
    assert!(!connection.writer().has_app_secret());
    let webhooks = connection.reader().webhooks("10").await.unwrap();
    assert_eq!(webhooks.app, AppCallback::Unknown);
    assert!(!webhooks.subscribed);
}

#[tokio::test]
async fn a_subscription_whose_answer_was_lost_is_sent_again() {
    let stub = Stub::start(|index, _| match index {
        0 => Reply::Cut,
        1 => error(503, 2, "Service temporarily unavailable"),
        _ => Reply::Json(200, json!({ "success": true })),
    })
    .await;
    let writer = stub.connect().writer();
    let address = Some(("https://a.example", &"a verify token".into()));
    writer.subscribe_account("10", address).await.unwrap();
    assert_eq!(stub.requests().len(), 3);
}
