//! Webhooks: the handshake, the signature, trying again, and who is told of what.

use reqwest::Method;
use serde_json::{Value, json};
use waform::sandbox::{DEFAULT_PHONE_ID, DEFAULT_WABA_ID};

use super::hook::{Receiver, TOKEN};
use super::kit::{World, template};

#[tokio::test]
async fn statuses_are_told_signed_and_tagged() {
    let world = World::start().await;
    let mut hook = Receiver::start(&world).await;
    world
        .post("/_sandbox/behaviour", json!({"read": 1.0}))
        .await
        .ok();
    world.subscribe(&hook.url).await;
    world
        .approved(template("hello", "Grüße aus dem Sandkasten."))
        .await;
    let id = world.hello("+14165550150").await.ok()["messages"][0]["id"].clone();
    world.advance("1h").await;
    let changes = hook.changes(3).await;
    let statuses: Vec<&Value> = changes
        .iter()
        .map(|change| &change["value"]["statuses"][0])
        .collect();
    assert_eq!(
        statuses
            .iter()
            .map(|status| status["status"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["sent", "delivered", "read"]
    );
    for (change, status) in changes.iter().zip(&statuses) {
        assert_eq!(change["field"], "messages");
        assert_eq!(
            change["value"]["metadata"],
            json!({"display_phone_number": "15550783881", "phone_number_id": DEFAULT_PHONE_ID})
        );
        assert_eq!(status["id"], id);
        assert_eq!(status["recipient_id"], "14165550150");
        assert_eq!(status["biz_opaque_callback_data"], "tag-+14165550150");
        assert!(status["timestamp"].is_string());
    }
    let pricing =
        json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "utility"});
    assert_eq!(statuses[0]["pricing"], pricing);
    assert_eq!(statuses[1]["pricing"], pricing);
    assert!(statuses[2].get("pricing").is_none());
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again() {
    let world = World::start().await;
    let mut hook = Receiver::start(&world).await;
    world
        .post("/_sandbox/behaviour", json!({"delivered": 0.0}))
        .await
        .ok();
    world.subscribe(&hook.url).await;
    world
        .approved(template("hello", "Hello from the sandbox."))
        .await;
    hook.answers.lock().unwrap().extend([500, 503]);
    world.hello("+14165550150").await.ok();
    world.advance("1m").await;
    let first = hook.changes(1).await;
    world.advance("1s").await;
    let mut tries = 1;
    while world.get("/_sandbox/webhooks").await.ok()["waiting"] != 0 {
        world.advance("5s").await;
        while let Ok((_, body)) = hook.posts.try_recv() {
            let again: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(again["entry"][0]["changes"], json!(first));
            tries += 1;
        }
    }
    while let Ok((_, body)) = hook.posts.try_recv() {
        assert!(!body.is_empty());
        tries += 1;
    }
    assert_eq!(tries, 3);
}

#[tokio::test]
async fn undelivered_webhooks_wait_while_the_sandbox_is_off() {
    let dir = tempfile::tempdir().unwrap();
    let options = || waform::sandbox::Options {
        data: Some(dir.path().join("sandbox.db")),
        ..waform::sandbox::Options::new(waform::clock::Clock::system())
    };
    let world = World::with(options()).await;
    let mut hook = Receiver::start(&world).await;
    world
        .post("/_sandbox/behaviour", json!({"delivered": 0.0}))
        .await
        .ok();
    world.subscribe(&hook.url).await;
    world
        .post("/_sandbox/faults", json!({"fault": {"webhooks": "hold"}}))
        .await
        .ok();
    world
        .post(
            "/_sandbox/templates",
            template("hello", "Hello from the sandbox."),
        )
        .await
        .ok();
    world.hello("+14165550150").await.ok();
    world.advance("1m").await;
    assert_eq!(world.get("/_sandbox/webhooks").await.ok()["waiting"], 1);
    world.sandbox.shutdown().await.unwrap();
    let world = World::with(options()).await;
    world.delete("/_sandbox/faults").await.ok();
    let changes = hook.changes(1).await;
    assert_eq!(changes[0]["value"]["statuses"][0]["status"], "sent");
    world.sandbox.shutdown().await.unwrap();
}

#[tokio::test]
async fn duplicates_and_disorder_are_injected() {
    let world = World::start().await;
    let mut hook = Receiver::start(&world).await;
    world
        .post("/_sandbox/behaviour", json!({"read": 1.0}))
        .await
        .ok();
    world.subscribe(&hook.url).await;
    world
        .approved(template("hello", "Hello from the sandbox."))
        .await;
    world
        .post(
            "/_sandbox/faults",
            json!({"fault": {"webhooks": "duplicate"}}),
        )
        .await
        .ok();
    world
        .post(
            "/_sandbox/faults",
            json!({"fault": {"webhooks": "disorder"}}),
        )
        .await
        .ok();
    world.hello("+14165550150").await.ok();
    world.advance("1h").await;
    let changes = hook.changes(6).await;
    let seen: Vec<&str> = changes
        .iter()
        .map(|change| change["value"]["statuses"][0]["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        seen,
        ["read", "delivered", "sent", "read", "delivered", "sent"]
    );
}

#[tokio::test]
async fn the_app_hears_of_templates_and_overrides_go_first() {
    let world = World::start().await;
    let mut app = Receiver::start(&world).await;
    let mut number = Receiver::start(&world).await;
    let subscription = |fields: &str| {
        [
            ("object", "whatsapp_business_account"),
            ("callback_url", &app.url),
            ("verify_token", TOKEN),
            ("fields", fields),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let refused = world
        .send(
            world
                .as_app(Method::POST)
                .form(&subscription("messages,colours")),
        )
        .await;
    assert_eq!(refused.error().0, 100);
    let subscription =
        subscription("messages,message_template_status_update,template_category_update");
    world
        .send(world.as_app(Method::POST).form(&subscription))
        .await
        .ok();
    let own = world
        .post(
            &format!("/{}/subscriptions", world.sandbox.identity().app_id),
            json!({}),
        )
        .await;
    assert_eq!(own.error().0, 15, "only the app itself");
    world
        .post(&format!("/{DEFAULT_WABA_ID}/subscribed_apps"), json!({}))
        .await
        .ok();
    let set = json!({"webhook_configuration": {"override_callback_uri": number.url, "verify_token": TOKEN}});
    world.post(&format!("/{DEFAULT_PHONE_ID}"), set).await.ok();

    let id = world
        .approved(template("hello", "Hello [category:MARKETING] from here."))
        .await;
    let changes = app.changes(2).await;
    assert_eq!(changes[0]["field"], "message_template_status_update");
    assert_eq!(changes[0]["value"]["event"], "APPROVED");
    assert_eq!(
        changes[0]["value"]["message_template_id"],
        json!(id.parse::<u64>().unwrap()),
        "a number here"
    );
    assert_eq!(changes[0]["value"]["message_template_language"], "en-US");
    assert_eq!(changes[1]["field"], "template_category_update");
    assert_eq!(changes[1]["value"]["new_category"], "MARKETING");

    world.hello("+14165550106").await.ok();
    world.advance("1h").await;
    assert_eq!(
        number.changes(1).await[0]["value"]["statuses"][0]["status"],
        "sent"
    );
    assert!(app.posts.try_recv().is_err());
    let shown = world
        .get(&format!("/{DEFAULT_PHONE_ID}?fields=webhook_configuration"))
        .await
        .ok();
    assert_eq!(
        shown["webhook_configuration"],
        json!({"phone_number": number.url, "application": app.url})
    );

    let remove = json!({"webhook_configuration": {"override_callback_uri": ""}});
    world
        .post(&format!("/{DEFAULT_PHONE_ID}"), remove)
        .await
        .ok();
    world.hello("+14165550106").await.ok();
    world.advance("1h").await;
    assert_eq!(app.changes(1).await[0]["field"], "messages");
}

#[tokio::test]
async fn a_callback_that_does_not_answer_the_challenge_is_refused() {
    let world = World::start().await;
    let hook = Receiver::start(&world).await;
    let path = format!("/{DEFAULT_WABA_ID}/subscribed_apps");
    let ask = async |url: &str, token: &str| {
        world
            .post(
                &path,
                json!({"override_callback_uri": url, "verify_token": token}),
            )
            .await
            .error()
            .0
    };
    assert_eq!(ask(&hook.url, "wrong").await, 2200);
    assert_eq!(
        ask("https://hooks.example.com/x", TOKEN).await,
        2200,
        "nothing leaves the machine"
    );
    assert_eq!(ask("no address", TOKEN).await, 100);
    assert_eq!(world.get(&path).await.ok()["data"], json!([]));
    world.subscribe(&hook.url).await;
    let shown = world.get(&path).await.ok();
    assert_eq!(shown["data"][0]["override_callback_uri"], json!(hook.url));
    // An empty body keeps the subscription and takes the override away.
    world.post(&path, json!({})).await.ok();
    assert!(
        world.get(&path).await.ok()["data"][0]
            .get("override_callback_uri")
            .is_none()
    );
    world.delete(&path).await.ok();
    assert_eq!(world.get(&path).await.ok()["data"], json!([]));
    let log = world.get("/_sandbox/requests").await.ok().to_string();
    assert!(!log.contains(TOKEN), "verify tokens are not logged");
}
