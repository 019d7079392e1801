//! Messages: what is refused at once, what fails later, and the limits.

use serde_json::{Value, json};
use waform::sandbox::DEFAULT_PHONE_ID;

use super::kit::{World, template};

async fn world() -> World {
    let world = World::start().await;
    let marketing = |name: &str| {
        let mut value = template(name, "Our spring offers are here.");
        value["category"] = json!("MARKETING");
        value
    };
    world
        .create(template("hello", "Hello from the sandbox."))
        .await
        .ok();
    world.create(marketing("offer")).await.ok();
    world.advance("2s").await;
    world
}

#[tokio::test]
async fn a_message_is_accepted_sent_delivered_and_read() {
    let world = world().await;
    world
        .post("/_sandbox/behaviour", json!({"read": 1.0}))
        .await
        .ok();
    let answer = world.hello("+1 416-555-0150").await.ok();
    assert_eq!(
        answer["contacts"],
        json!([{"input": "+1 416-555-0150", "wa_id": "14165550150"}])
    );
    let id = answer["messages"][0]["id"].as_str().unwrap();
    assert!(id.starts_with("wamid."));
    assert_eq!(answer["messages"][0]["message_status"], "accepted");
    assert_eq!(world.fate("+14165550150").await, ["accepted"]);
    world.advance("1h").await;
    assert_eq!(
        world.fate("+14165550150").await,
        ["accepted", "sent", "delivered", "read"]
    );
    let found = world.get(&format!("/_sandbox/messages?id={id}")).await.ok();
    let found = &found["data"][0];
    assert_eq!(found["biz_opaque_callback_data"], "tag-+1 416-555-0150");
    assert_eq!(found["text"], "Hello from the sandbox.");
    assert_eq!(found["moving"], false);
    let by_tag = world.get("/_sandbox/messages?tag=nobody").await.ok();
    assert_eq!(by_tag["data"], json!([]));
}

#[tokio::test]
async fn special_numbers_behave_as_the_table_says() {
    let world = world().await;
    let offer = json!({"name": "offer", "language": {"code": "en_US"}});
    for (number, fate) in [
        ("+14165550101", vec!["accepted", "failed 131026"]),
        ("+14165550103", vec!["accepted", "failed 131049"]),
        ("+14165550104", vec!["accepted", "failed 131050"]),
        ("+14165550105", vec!["accepted", "failed 130472"]),
        ("+14165550106", vec!["accepted", "sent"]),
        ("+14165550107", vec!["accepted", "sent", "delivered"]),
        ("+14165550108", vec!["accepted", "sent", "read"]),
        ("+14165550113", vec!["accepted", "failed 137000"]),
        ("+14165550116", vec!["accepted", "sent", "failed 131026"]),
        ("+12025550100", vec!["accepted", "failed 131049"]),
        // No such number can exist.
        ("+447", vec!["accepted", "failed 131026"]),
    ] {
        world.message(number, offer.clone()).await.ok();
        world.advance("1h").await;
        assert_eq!(world.fate(number).await, fate, "{number}");
    }
    for (number, status, code) in [
        ("+14165550109", 400, 131_056),
        ("+14165550110", 400, 131_021),
        ("+14165550111", 500, 131_000),
        ("+14165550114", 403, 130_497),
        ("+14165550117", 400, 130_429),
        ("+15550783881", 400, 131_021),
    ] {
        let answer = world.message(number, offer.clone()).await;
        assert_eq!(
            (answer.status, answer.error().0),
            (status, code),
            "{number}"
        );
    }
    // What is no marketing reaches those who want none.
    world.hello("+14165550103").await.ok();
    world.hello("+12025550100").await.ok();
    world.advance("1h").await;
    for number in ["+14165550103", "+12025550100"] {
        assert_eq!(
            world.fate(number).await[..3],
            ["accepted", "sent", "delivered"],
            "{number}"
        );
    }
}

#[tokio::test]
async fn a_passing_failure_passes_and_an_error_may_hide_an_acceptance() {
    let world = world().await;
    world.hello("+14165550102").await.ok();
    world.advance("1h").await;
    assert_eq!(
        world.fate("+14165550102").await,
        ["accepted", "failed 131000"]
    );
    world.hello("+14165550102").await.ok();
    world.advance("1h").await;
    assert_eq!(world.fate("+14165550102").await[1], "sent");

    let answer = world.hello("+14165550112").await;
    assert_eq!((answer.status, answer.error().0), (500, 131_000));
    assert_eq!(world.fate("+14165550112").await, ["accepted"]);
}

#[tokio::test]
async fn templates_must_be_there_and_their_parameters_right() {
    let world = World::start().await;
    let declared = json!({
        "name": "order", "language": "en_US", "category": "UTILITY", "parameter_format": "NAMED",
        "components": [
            {"type": "header", "format": "text", "text": "Order {{order_no}}",
             "example": {"header_text_named_params": [{"param_name": "order_no", "example": "1"}]}},
            {"type": "body", "text": "Hi {{first_name}}, your order is packed.",
             "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Ana"}]}},
            {"type": "buttons", "buttons": [
                {"type": "quick_reply", "text": "Stop"},
                {"type": "url", "text": "Track", "url": "https://example.com/{{1}}", "example": "https://example.com/1"},
            ]},
        ],
    });
    world.approved(declared).await;
    let header = |text: &str| json!({"type": "header", "parameters": [{"type": "text", "parameter_name": "order_no", "text": text}]});
    let body = |name: &str, text: &str| json!({"type": "body", "parameters": [{"type": "text", "parameter_name": name, "text": text}]});
    let button = json!({"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "1042"}]});
    let send = async |name: &str, language: &str, components: Value| {
        let payload =
            json!({"name": name, "language": {"code": language}, "components": components});
        world.message("+14165550150", payload).await
    };
    let good = json!([header("1042"), body("first_name", "Ana"), button]);
    send("order", "en_US", good.clone()).await.ok();
    let listed = world.get("/_sandbox/messages").await.ok();
    assert_eq!(
        listed["data"][0]["text"],
        "Order 1042\nHi Ana, your order is packed."
    );
    for (what, answer, code) in [
        ("unknown name", send("nothing", "en_US", good.clone()).await, 132_001),
        ("unknown language", send("order", "en", good.clone()).await, 132_001),
        ("no body", send("order", "en_US", json!([header("1"), button])).await, 132_000),
        ("other name", send("order", "en_US", json!([header("1"), body("name", "Ana"), button])).await, 100),
        ("no name", send("order", "en_US", json!([header("1"), {"type": "body", "parameters": [{"type": "text", "text": "A"}]}, button])).await, 100),
        ("empty", send("order", "en_US", json!([header("1"), body("first_name", ""), button])).await, 131_008),
        ("newline", send("order", "en_US", json!([header("1"), body("first_name", "a\nb"), button])).await, 100),
        ("too long", send("order", "en_US", json!([header("1"), body("first_name", &"x".repeat(1100)), button])).await, 132_005),
        ("header too long", send("order", "en_US", json!([header(&"1".repeat(60)), body("first_name", "A"), button])).await, 132_005),
        ("no button", send("order", "en_US", json!([header("1"), body("first_name", "A")])).await, 131_008),
        ("wrong kind", send("order", "en_US", json!([{"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]}, body("first_name", "A"), button])).await, 132_012),
    ] {
        assert_eq!(answer.error().0, code, "{what}: {}", answer.body);
        assert_eq!(answer.status, if code == 132_001 { 404 } else { 400 }, "{what}");
    }
    let listed = world.get("/_sandbox/messages").await.ok();
    assert_eq!(listed["total"], 1, "what is refused is not kept");
}

#[tokio::test]
async fn the_envelope_is_checked() {
    let world = world().await;
    let post = async |body: Value| {
        world
            .post(&format!("/v24.0/{DEFAULT_PHONE_ID}/messages"), body)
            .await
    };
    let good = json!({"messaging_product": "whatsapp", "to": "+14165550150", "type": "template",
                      "template": {"name": "hello", "language": {"code": "en_US"}}});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (name, value, code) in [
        ("messaging_product", json!("sms"), 100),
        ("to", json!(""), 100),
        ("to", json!("hello"), 131_009),
        ("type", json!("carrier_pigeon"), 131_051),
        ("template", json!(null), 131_008),
        ("template", json!({"name": "hello"}), 131_008),
        ("biz_opaque_callback_data", json!("x".repeat(513)), 100),
        ("recipient_type", json!("crowd"), 100),
    ] {
        assert_eq!(
            post(with(name, value.clone())).await.error().0,
            code,
            "{name}: {value}"
        );
    }
    // Without a plus the sender's country code goes in front.
    let answer = post(with("to", json!("2025550123"))).await.ok();
    assert_eq!(answer["contacts"][0]["wa_id"], "12025550123");
    // Free text is taken, and fails: nobody has written to us.
    post(json!({"messaging_product": "whatsapp", "to": "+14165550151", "type": "text", "text": {"body": "hi"}})).await.ok();
    world.advance("1m").await;
    assert_eq!(
        world.fate("+14165550151").await,
        ["accepted", "failed 131047"]
    );
}

#[tokio::test]
async fn what_outlives_its_time_is_dropped_in_silence() {
    let world = World::start().await;
    let mut brief = template("hello", "Hello from the sandbox.");
    brief["message_send_ttl_seconds"] = json!(30);
    world.approved(brief).await;
    world.hello("+14165550150").await.ok();
    world
        .post(
            "/_sandbox/behaviour",
            json!({"delays": {"delivered": "10m"}}),
        )
        .await
        .ok();
    world.hello("+14165550151").await.ok();
    world.advance("1h").await;
    assert_eq!(
        world.fate("+14165550150").await[..3],
        ["accepted", "sent", "delivered"]
    );
    assert_eq!(world.fate("+14165550151").await, ["accepted", "sent"]);
}

#[tokio::test]
async fn pacing_holds_messages_and_then_releases_or_drops_them() {
    let world = world().await;
    let offer = json!({"name": "offer", "language": {"code": "en_US"}});
    for good in [false, true] {
        let pacing = json!({"after": 1, "decision": "1h", "good": good});
        world
            .post("/_sandbox/behaviour", json!({"pacing": pacing}))
            .await
            .ok();
        let (first, second) = (
            format!("+1416555016{}", u8::from(good)),
            format!("+1416555017{}", u8::from(good)),
        );
        let status = async |to: &str| {
            world.message(to, offer.clone()).await.ok()["messages"][0]["message_status"].clone()
        };
        assert_eq!(status(&first).await, "accepted");
        assert_eq!(status(&second).await, "held_for_quality_assessment");
        world.advance("30m").await;
        assert_eq!(world.fate(&second).await, ["accepted"]);
        world.advance("31m").await;
        let listed = world.get("/_sandbox/templates?name=offer").await.ok();
        if good {
            assert_eq!(
                world.fate(&second).await[..3],
                ["accepted", "sent", "delivered"]
            );
            assert_eq!(
                status(&second).await,
                "accepted",
                "green templates are not paced"
            );
        } else {
            assert_eq!(world.fate(&second).await, ["accepted", "failed 132015"]);
            assert_eq!(listed["data"][0]["status"], "PAUSED");
            let id = listed["data"][0]["id"].as_str().unwrap();
            assert_eq!(
                world.post(&format!("/{id}/unpause"), json!({})).await.ok()["success"],
                true
            );
        }
    }
}

#[tokio::test]
async fn limits_hold() {
    let world = world().await;
    // One person: 45 at once, then one in six seconds.
    for _ in 0..45 {
        world.hello("+14165550150").await.ok();
    }
    assert_eq!(world.hello("+14165550150").await.error().0, 131_056);
    world.advance("6s").await;
    world.hello("+14165550150").await.ok();
    assert_eq!(world.hello("+14165550150").await.error().0, 131_056);
    // One number: 80 a second.
    world.advance("1s").await;
    let mut taken = 0;
    for person in 0..100 {
        let answer = world.hello(&format!("+160455501{person:02}")).await;
        match answer.status {
            200 => taken += 1,
            _ => assert_eq!(answer.error().0, 130_429),
        }
    }
    assert_eq!(taken, 80);
    // The portfolio: so many people a day.
    world.advance("1m").await;
    world
        .post("/_sandbox/account", json!({"messaging_limit": "TIER_50"}))
        .await
        .ok();
    assert_eq!(world.hello("+15145550100").await.error().0, 131_048);
    world.hello("+16045550100").await.ok();
    world.advance("24h").await;
    world.hello("+15145550100").await.ok();
    // A number that is not connected does not send.
    world
        .post(
            "/_sandbox/numbers",
            json!({"id": DEFAULT_PHONE_ID, "status": "banned"}),
        )
        .await
        .ok();
    assert_eq!(world.hello("+16045550100").await.error().0, 131_031);
}
