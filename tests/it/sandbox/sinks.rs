//! Stand-ins for other services: they keep what they are sent, and fail on demand.

use serde_json::{Value, json};
use waform::sandbox::Options;

use super::kit::World;

impl World {
    async fn sink(&self, name: &str) -> Vec<Value> {
        let listed = self.get(&format!("/_sandbox/sink/{name}")).await.ok();
        listed["data"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_sink_keeps_what_it_is_sent_without_secrets() {
    let world = World::start().await;
    let url = format!("{}/_sandbox/sink/desk", world.sandbox.base_url());
    let call = world
        .client
        .post(&url)
        .query(&[("token", "secret-1"), ("room", "7")])
        .header("authorization", "Bearer secret-2")
        .header("api_access_token", "secret-3")
        .header("x-signature", "abc")
        .json(&json!({"contact": "Ana", "text": "Grüße"}));
    assert_eq!(call.send().await.unwrap().status(), 200);
    // Anything goes: a list, a form, bytes, another method.
    for (kind, body) in [
        ("application/json", "[1, 2]"),
        ("text/plain", "hello"),
        ("application/json", "{not json"),
    ] {
        let sent = world
            .client
            .post(&url)
            .header("content-type", kind)
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(sent.status(), 200, "{body}");
    }
    world
        .client
        .put(&url)
        .body(vec![0xff, 0xfe])
        .send()
        .await
        .unwrap();
    let kept = world.sink("desk").await;
    assert_eq!(kept.len(), 5);
    // What follows the name is kept, too: services have more than one address.
    let deep = world.client.post(format!(
        "{}/_sandbox/sink/helpdesk/contacts/7",
        world.sandbox.base_url()
    ));
    deep.send().await.unwrap();
    assert_eq!(world.sink("helpdesk").await[0]["path"], "/contacts/7");
    world.delete("/_sandbox/sink/helpdesk").await.ok();
    assert_eq!(kept[0]["body"], json!({"contact": "Ana", "text": "Grüße"}));
    assert_eq!(kept[0]["query"], json!({"token": "***", "room": "7"}));
    assert_eq!(kept[0]["headers"]["x-signature"], "abc");
    assert_eq!(kept[0]["headers"]["authorization"], "***");
    assert_eq!(
        (&kept[0]["status"], &kept[0]["taken"], &kept[0]["fault"]),
        (&json!(200), &json!(true), &Value::Null)
    );
    assert!(!json!(kept).to_string().contains("secret-"));
    assert_eq!(
        (&kept[1]["body"], &kept[2]["body"]),
        (&json!([1, 2]), &json!("hello"))
    );
    assert_eq!(
        (&kept[3]["body"], &kept[4]["method"]),
        (&json!("{not json"), &json!("PUT"))
    );
    assert!(world.sink("other").await.is_empty());
    let after = world.get("/_sandbox/sink/desk?after=2&limit=2").await.ok();
    assert_eq!(
        (after["data"].as_array().unwrap().len(), &after["next"]),
        (2, &json!(4))
    );
    assert_eq!(
        world.get("/_sandbox/sink").await.ok()["data"],
        json!([{"name": "desk", "count": 5}])
    );
    assert_eq!(world.delete("/_sandbox/sink/desk").await.ok()["deleted"], 5);
    assert!(world.sink("desk").await.is_empty());
}

#[tokio::test]
async fn faults_strike_a_sink_that_they_name() {
    let world = World::start().await;
    let url = format!("{}/_sandbox/sink/desk", world.sandbox.base_url());
    let fault = async |path: Value, fault: Value| {
        let rule = json!({"match": {"path": path}, "times": 1, "fault": fault});
        world.post("/_sandbox/faults", rule).await.ok();
    };
    let call = async |number: u64| {
        let sent = world
            .client
            .post(&url)
            .json(&json!({"number": number}))
            .send()
            .await;
        sent.map_or(0, |answer| answer.status().as_u16())
    };
    // A fault without a path is the Graph API's.
    fault(Value::Null, json!("cut_before")).await;
    assert_eq!(call(1).await, 200);
    world.delete("/_sandbox/faults").await.ok();
    fault(
        json!("sink/desk"),
        json!({"status": 500, "body": {"error": "no"}}),
    )
    .await;
    assert_eq!(call(2).await, 500);
    fault(json!("sink/desk"), json!("cut_before")).await;
    assert_eq!(call(3).await, 0);
    fault(json!("sink/desk"), json!("cut_after")).await;
    assert_eq!(call(4).await, 0);
    fault(json!("sink/desk"), json!({"throttle": {"minutes": 1}})).await;
    assert_eq!(call(5).await, 429);
    fault(json!("sink/other"), json!("cut_before")).await;
    assert_eq!(call(6).await, 200);
    let seen: Vec<Value> = world
        .sink("desk")
        .await
        .iter()
        .map(|row| {
            json!([
                row["body"]["number"],
                row["status"],
                row["taken"],
                row["fault"]
            ])
        })
        .collect();
    assert_eq!(
        json!(seen),
        json!([
            [1, 200, true, null],
            [2, 500, false, "status 500"],
            [3, null, false, "cut_before"],
            [4, null, true, "cut_after"],
            [5, 429, false, "throttle"],
            [6, 200, true, null],
        ])
    );
}

#[tokio::test]
async fn a_sink_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let kept = || Options {
        data: Some(dir.path().join("sandbox.db")),
        ..Options::new(waform::clock::Clock::system())
    };
    let world = World::with(kept()).await;
    let url = format!("{}/_sandbox/sink/desk", world.sandbox.base_url());
    world.client.post(&url).body("one").send().await.unwrap();
    world.sandbox.shutdown().await.unwrap();
    let world = World::with(kept()).await;
    assert_eq!(world.sink("desk").await[0]["body"], "one");
    world.sandbox.shutdown().await.unwrap();
}
