//! Somebody changes where Meta sends its webhooks, behind our back.

use axum::Router;
use axum::extract::Query;
use axum::routing::get;
use serde_json::{Value, json};
use waform::sandbox::{DEFAULT_WABA_ID, Identity};

use crate::kit::{Scene, client, number};

/// A receiver that agrees to whatever it is asked.
async fn another_receiver() -> String {
    let agree = async |Query(query): Query<Vec<(String, String)>>| {
        let mut pairs = query.into_iter();
        let challenge = pairs.find(|(key, _)| key == "hub.challenge");
        challenge
            .map(|(_, challenge)| challenge)
            .unwrap_or_default()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/theirs", get(agree));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/theirs")
}

/// Speaks to Meta as the app's owner does.
async fn as_owner(scene: &Scene, method: reqwest::Method, path: &str, body: Value) {
    let identity = Identity::default();
    let token = match path.ends_with("/subscribed_apps") {
        true => identity.access_token.clone(),
        false => format!("{}|{}", identity.app_id, identity.app_secret),
    };
    let url = format!("{}/v25.0/{path}", scene.world.base_url());
    let request = client().request(method, url).bearer_auth(token);
    let answer = request.json(&body).send().await.unwrap();
    let status = answer.status();
    assert!(
        status.is_success(),
        "{path}: {}",
        answer.text().await.unwrap()
    );
}

async fn subscription(scene: &Scene) -> Value {
    let identity = Identity::default();
    let token = format!("{}|{}", identity.app_id, identity.app_secret);
    let path = format!("v25.0/{}/subscriptions", identity.app_id);
    let url = format!("{}/{path}", scene.world.base_url());
    let answer = client().get(url).bearer_auth(token).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["data"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_somebody_changed_is_shown_by_plan_and_mended_by_apply() {
    let mut scene = Scene::of(&[number(0)]).await;
    scene.serve().await;
    scene.launch().await;
    scene.until_quiet().await;
    let ours = subscription(&scene).await;
    let url = scene.url("/waform");
    assert_eq!(ours[0]["callback_url"], url, "{ours:#}");

    let identity = Identity::default();
    let app = format!("{}/subscriptions", identity.app_id);
    let object = "whatsapp_business_account";
    let fewer = json!({ "object": object, "callback_url": url, "fields": "messages", "verify_token": "sandbox" });
    let theirs = another_receiver().await;
    let elsewhere = json!({ "object": object, "callback_url": theirs, "fields": "messages", "verify_token": "theirs" });
    let gone = json!({ "object": object });
    let account = format!("{DEFAULT_WABA_ID}/subscribed_apps");
    for (what, method, path, body) in [
        ("fewer fields", reqwest::Method::POST, &app, fewer),
        ("another callback", reqwest::Method::POST, &app, elsewhere),
        ("no callback", reqwest::Method::DELETE, &app, gone),
        ("no account", reqwest::Method::DELETE, &account, json!({})),
    ] {
        as_owner(&scene, method, path, body).await;
        let drift = scene.run(&["drift"]).await.exits(2).says("webhook.main");
        let told = match what {
            "fewer fields" => "Nothing is heard of",
            "another callback" => "/theirs instead of",
            _ => "statuses and answers are being lost",
        };
        drift
            .says(told)
            .says("apply --target webhook.main --sandbox");
        let plan = ["plan", "--detailed-exitcode"];
        let run = scene.run(&plan).await.exits(2).says("webhook.main");
        assert!(
            run.stdout.contains("1 to change") || run.stdout.contains("1 to add"),
            "{what}: {run}"
        );
        scene.apply().await.succeeds();
        assert_eq!(subscription(&scene).await, ours, "{what}");
        let before = scene.world.latest().await;
        scene.apply().await.succeeds().says("No changes.");
        scene
            .run(&["drift"])
            .await
            .exits(0)
            .does_not_say("webhook.main");
        let writes = scene.world.writes_after(before).await;
        assert!(writes.is_empty(), "{what}: {writes:#?}");
    }
    // What customers write comes to us again.
    scene.says(&number(0), json!({ "button": 0 })).await;
    let heard = |row: &Value| row["outcome"] == "answered";
    scene
        .until_row("a customer is heard", &number(0), heard)
        .await;
    scene.finish().await;
}
