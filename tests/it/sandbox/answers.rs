//! Numbers that answer by themselves, and what is remembered of it all.

use reqwest::Method;
use serde_json::{Value, json};
use waform::sandbox::{DEFAULT_PHONE_ID, Options};

use super::inbound::{PERSON, with, world};
use super::kit::{World, options};

#[tokio::test]
async fn some_numbers_answer_by_themselves() {
    let (world, mut hook) = world().await;
    let mut answered = async |to: &str| {
        let id = world.ask(to).await;
        world.advance("1m").await;
        (id, hook.message().await.0)
    };
    let (id, button) = answered("+14165550118").await;
    assert_eq!(
        button["button"],
        json!({"payload": "phone_call", "text": "Phone call"})
    );
    assert_eq!(button["context"], json!({"from": "15550783881", "id": id}));
    let (_, bare) = answered("+14165550119").await;
    assert_eq!(bare["button"]["payload"], "phone_call");
    assert!(bare.get("context").is_none());
    let (_, free) = answered("+14165550120").await;
    assert_eq!(free["text"]["body"], "Please contact me by Phone call");
    let (_, stop) = answered("+14165550121").await;
    assert_eq!(stop["text"]["body"], "STOP");
    let delivered = world.fate("+14165550121").await;
    assert_eq!(delivered[..3], ["accepted", "sent", "delivered"]);
    let heard = world.get("/_sandbox/inbound?from=14165550121").await.ok();
    assert_eq!(heard["data"][0]["value"], stop);
    // Who stops does so without a word.
    let offer = json!({"name": "offer", "language": {"code": "en_US"}});
    world.message("+14165550122", offer.clone()).await.ok();
    world.advance("1m").await;
    let told = hook.next_with("user_preferences").await["value"]["user_preferences"][0].clone();
    assert_eq!(
        (&told["wa_id"], &told["value"]),
        (&json!("14165550122"), &json!("stop"))
    );
    world.message("+14165550122", offer).await.ok();
    world.advance("1m").await;
    assert_eq!(
        world.fate("+14165550122").await,
        ["accepted", "failed 131050"]
    );
    // An answer opens the window, and what is sent in it is not answered again.
    let text = json!({"messaging_product": "whatsapp", "to": "+14165550120", "type": "text", "text": {"body": "Fine"}});
    world
        .post(&format!("/{DEFAULT_PHONE_ID}/messages"), text)
        .await
        .ok();
    world.advance("1m").await;
    assert_eq!(world.fate("+14165550120").await[1], "sent");
    let heard = world.get("/_sandbox/inbound?from=14165550120").await.ok();
    assert_eq!(heard["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_may_come_before_the_call_is_answered() {
    let (world, mut hook) = world().await;
    let id = world.ask("+14165550124").await;
    // Already there when the call returned.
    let body = hook.posts.try_recv().unwrap().1;
    let told: Value = serde_json::from_slice(&body).unwrap();
    let status = &told["entry"][0]["changes"][0]["value"]["statuses"][0];
    assert_eq!(
        (&status["id"], &status["status"]),
        (&json!(id), &json!("sent"))
    );
    // Nobody waits for webhooks that are held back, or that nobody wants.
    world
        .post("/_sandbox/faults", json!({"fault": {"webhooks": "hold"}}))
        .await
        .ok();
    world.ask("+14165550124").await;
    world.delete("/_sandbox/faults").await.ok();
    world.send(world.as_app(Method::DELETE)).await.ok();
    world.ask("+14165550124").await;
}

#[tokio::test]
async fn a_refusal_may_pass() {
    let (world, _hook) = world().await;
    let sent = json!({"name": "question", "language": {"code": "en_US"}});
    let refused = world.message("+14165550123", sent.clone()).await;
    assert_eq!((refused.status, refused.error().0), (500, 131_016));
    assert_eq!(world.get("/_sandbox/messages").await.ok()["total"], 0);
    world.message("+14165550123", sent).await.ok();
    world.advance("1m").await;
    assert_eq!(world.fate("+14165550123").await[1], "sent");
}

#[tokio::test]
async fn what_was_written_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let kept = || Options {
        data: Some(dir.path().join("sandbox.db")),
        ..Options::new(waform::clock::Clock::system())
    };
    let (world, _hook) = with(kept()).await;
    world.ask(PERSON).await;
    let first = world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    world
        .inbound(json!({"from": "+14165550152", "system": {"type": "customer_identity_changed", "hash": "abc="}}))
        .await
        .ok();
    world
        .post(
            "/_sandbox/preferences",
            json!({"from": PERSON, "value": "stop"}),
        )
        .await
        .ok();
    world.sandbox.shutdown().await.unwrap();

    let world = World::with(kept()).await;
    let text = json!({"messaging_product": "whatsapp", "to": PERSON, "type": "text", "text": {"body": "Hello"}});
    world
        .post(&format!("/{DEFAULT_PHONE_ID}/messages"), text)
        .await
        .ok();
    world.advance("1m").await;
    assert_eq!(world.fate(PERSON).await[1], "sent", "the window is open");
    world
        .message(
            PERSON,
            json!({"name": "offer", "language": {"code": "en_US"}}),
        )
        .await
        .ok();
    world.advance("1m").await;
    assert_eq!(world.fate(PERSON).await[1], "failed 131050");
    let next = world
        .inbound(json!({"from": PERSON, "button": 0}))
        .await
        .ok();
    assert_ne!(next["id"], first["id"]);
    let changed = json!({"messaging_product": "whatsapp", "to": "+14165550152", "type": "template",
                         "recipient_identity_key_hash": "abc=",
                         "template": {"name": "question", "language": {"code": "en_US"}}});
    world
        .post(&format!("/{DEFAULT_PHONE_ID}/messages"), changed)
        .await
        .ok();
    world.advance("1m").await;
    assert_eq!(world.fate("+14165550152").await[1], "sent");
    let listed = world.get("/_sandbox/inbound").await.ok();
    assert_eq!(listed["data"].as_array().unwrap().len(), 4);
    world.sandbox.shutdown().await.unwrap();
}

#[tokio::test]
async fn the_same_seed_gives_the_same_answers() {
    let heard = async |seed: u64| {
        let (world, _hook) = with(Options { seed, ..options() }).await;
        world
            .inbound(json!({"from": PERSON, "text": "Hi"}))
            .await
            .ok();
        for number in ["+14165550118", "+14165550121", "+14165550122"] {
            world.ask(number).await;
        }
        world.advance("1h").await;
        world.get("/_sandbox/inbound").await.ok()["data"].clone()
    };
    let first = heard(3).await;
    assert_eq!(first.as_array().unwrap().len(), 4);
    assert_eq!(first, heard(3).await);
    assert_ne!(first, heard(4).await);
}
