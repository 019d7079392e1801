//! Session messages: the service window, what may be sent in it, and marks of reading.

use serde_json::{Value, json};
use waform::sandbox::DEFAULT_PHONE_ID;

use super::hook::Receiver;
use super::kit::{Answer, World, template};

const PERSON: &str = "+14165550150";

async fn world() -> World {
    let world = World::start().await;
    let hello = template("hello", "Hello from the sandbox.");
    world.post("/_sandbox/templates", hello).await.ok();
    world
}

impl World {
    async fn session(&self, kind: &str, body: Value) -> Answer {
        let whole = json!({"messaging_product": "whatsapp", "to": PERSON, "type": kind, kind: body,
                           "biz_opaque_callback_data": "session-1"});
        self.post(&format!("/{DEFAULT_PHONE_ID}/messages"), whole)
            .await
    }
}

#[tokio::test]
async fn the_window_is_open_for_a_day_from_each_message() {
    let world = world().await;
    let sent = async || {
        world.session("text", json!({"body": "Hello"})).await.ok();
        world.advance("1m").await;
        world.fate(PERSON).await[1].clone()
    };
    assert_eq!(sent().await, "failed 131047");
    world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    assert_eq!(sent().await, "sent");
    world.advance("23h").await;
    assert_eq!(sent().await, "sent");
    world
        .inbound(json!({"from": PERSON, "reaction": "👍"}))
        .await
        .ok();
    world.advance("23h").await;
    assert_eq!(sent().await, "sent", "it is renewed");
    world.advance("1h").await;
    assert_eq!(sent().await, "failed 131047");
    // A message that is told late opens it for what is left of the day.
    let late = json!({"from": PERSON, "text": "Hi", "at": "2026-05-05T11:30:00Z"});
    world.inbound(late).await.ok();
    assert_eq!(sent().await, "sent");
    world.advance("30m").await;
    assert_eq!(sent().await, "failed 131047");
    // It is the window of one number and one person.
    let other = world
        .post("/_sandbox/numbers", json!({"number": "+15550783882"}))
        .await
        .ok();
    world
        .inbound(json!({"from": PERSON, "to": "+15550783882", "text": "Hi"}))
        .await
        .ok();
    assert_eq!(sent().await, "failed 131047");
    let text = json!({"messaging_product": "whatsapp", "to": PERSON, "type": "text", "text": {"body": "Hello"}});
    world
        .post(
            &format!("/{}/messages", other["id"].as_str().unwrap()),
            text,
        )
        .await
        .ok();
    world.advance("1m").await;
    assert_eq!(world.fate(PERSON).await[1], "sent");
}

#[tokio::test]
async fn every_kind_is_taken_and_its_limits_hold() {
    let world = world().await;
    world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    let link = json!({"link": "https://example.com/file"});
    let reply = |id: usize| json!({"type": "reply", "reply": {"id": id.to_string(), "title": format!("Button {id}")}});
    let buttons = |count: usize| {
        let buttons: Vec<Value> = (0..count).map(reply).collect();
        json!({"type": "button", "body": {"text": "Which?"}, "action": {"buttons": buttons}})
    };
    let rows = |count: usize| {
        let rows: Vec<Value> = (0..count)
            .map(|id| json!({"id": id.to_string(), "title": "Row"}))
            .collect();
        let action = json!({"button": "Choose", "sections": [{"rows": rows}]});
        json!({"type": "list", "body": {"text": "Which?"}, "action": action})
    };
    let address = json!({"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://example.com"}});
    let product = json!({"catalog_id": "1", "product_retailer_id": "2"});
    let products = json!({"catalog_id": "1", "sections": [{"title": "A", "product_items": [{"product_retailer_id": "2"}]}]});
    for (kind, body) in [
        ("text", json!({"body": "Hello"})),
        ("image", link.clone()),
        ("video", link.clone()),
        ("audio", link.clone()),
        ("document", link.clone()),
        ("sticker", link),
        ("location", json!({"latitude": 59.4, "longitude": 24.7})),
        (
            "contacts",
            json!([{"name": {"formatted_name": "Bo", "first_name": "Bo"}}]),
        ),
        ("reaction", json!({"message_id": "wamid.x", "emoji": "👍"})),
        ("interactive", buttons(3)),
        ("interactive", rows(10)),
        (
            "interactive",
            json!({"type": "cta_url", "body": {"text": "Look"}, "action": address}),
        ),
        ("interactive", json!({"type": "product", "action": product})),
        (
            "interactive",
            json!({"type": "product_list", "header": {"type": "text", "text": "A"},
                               "body": {"text": "Look"}, "action": products}),
        ),
    ] {
        world.session(kind, body.clone()).await.ok();
        world.advance("10s").await;
        assert_eq!(world.fate(PERSON).await[1], "sent", "{kind} {body}");
    }
    for (kind, body, code) in [
        ("text", json!({"body": "x".repeat(4_097)}), 100),
        ("image", json!({}), 131_008),
        ("image", json!({"id": "123"}), 100),
        ("interactive", buttons(4), 131_009),
        ("interactive", rows(11), 131_009),
        ("interactive", json!({"type": "button"}), 131_008),
        ("poll", json!({}), 131_051),
    ] {
        assert_eq!(
            world.session(kind, body.clone()).await.error().0,
            code,
            "{kind} {body}"
        );
    }
}

#[tokio::test]
async fn statuses_of_session_messages_carry_tag_price_and_context() {
    let world = world().await;
    let mut hook = Receiver::start(&world).await;
    world.subscribe(&hook.url).await;
    let told = world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    hook.message().await;
    let reply = json!({"messaging_product": "whatsapp", "to": PERSON, "type": "text", "text": {"body": "Hello"},
                       "context": {"message_id": told["id"]}, "biz_opaque_callback_data": "session-1"});
    let path = format!("/{DEFAULT_PHONE_ID}/messages");
    world.post(&path, reply).await.ok();
    world.advance("1m").await;
    let status = hook.next_with("statuses").await["value"]["statuses"][0].clone();
    assert_eq!(status["biz_opaque_callback_data"], "session-1");
    let free = json!({"billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"});
    assert_eq!(status["pricing"], free);
    let listed = world.get("/_sandbox/messages?tag=session-1").await.ok();
    assert_eq!(listed["data"][0]["context"], told["id"]);
    // Since October 2026 it costs.
    world
        .post("/_sandbox/clock", json!({"set": "2026-10-01T00:00:00Z"}))
        .await
        .ok();
    world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    hook.message().await;
    world.hello(PERSON).await.ok();
    world.advance("1m").await;
    let status = hook.next_with("statuses").await["value"]["statuses"][0].clone();
    assert_eq!(status["pricing"]["type"], "regular");
}

#[tokio::test]
async fn who_wrote_does_not_count_against_the_portfolios_limit() {
    let world = world().await;
    world
        .post("/_sandbox/account", json!({"messaging_limit": "TIER_50"}))
        .await
        .ok();
    for person in 0..50 {
        world.hello(&format!("+160455501{person:02}")).await.ok();
    }
    assert_eq!(world.hello(PERSON).await.error().0, 131_048);
    world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    world.hello(PERSON).await.ok();
}

#[tokio::test]
async fn marks_of_reading_are_kept() {
    let world = world().await;
    let first = world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    let second = world
        .inbound(json!({"from": PERSON, "text": "Hello?"}))
        .await
        .ok();
    world
        .inbound(json!({"from": PERSON, "text": "Anybody?"}))
        .await
        .ok();
    let mark = async |id: &Value, typing: Value| {
        let mut body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": id});
        if !typing.is_null() {
            body["typing_indicator"] = typing;
        }
        world
            .post(&format!("/{DEFAULT_PHONE_ID}/messages"), body)
            .await
    };
    assert_eq!(
        mark(&second["id"], json!({"type": "text"})).await.ok(),
        json!({"success": true})
    );
    let read: Vec<bool> = world.get("/_sandbox/inbound").await.ok()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| !row["read_at"].is_null())
        .collect();
    assert_eq!(read, [true, true, false], "what came before is read, too");
    assert_eq!(mark(&json!("5"), Value::Null).await.error().0, 131_009);
    assert_eq!(
        mark(&first["id"], json!({"type": "audio"})).await.error().0,
        100
    );
    let none = json!({"messaging_product": "whatsapp", "status": "read"});
    assert_eq!(
        world
            .post(&format!("/{DEFAULT_PHONE_ID}/messages"), none)
            .await
            .error()
            .0,
        131_008
    );
}
