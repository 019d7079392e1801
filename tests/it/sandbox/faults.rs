//! Faults, and the request log that shows what came of them.

use serde_json::{Value, json};
use waform::sandbox::{DEFAULT_PHONE_ID, DEFAULT_WABA_ID};

use super::kit::{World, template};

impl World {
    async fn fault(&self, body: Value) -> u64 {
        self.post("/_sandbox/faults", body).await.ok()["id"]
            .as_u64()
            .unwrap()
    }

    /// Sends `hello` on a connection of its own; says whether an answer came.
    async fn answered(&self, to: &str) -> bool {
        let body = json!({"messaging_product": "whatsapp", "to": to, "type": "template",
                          "template": {"name": "hello", "language": {"code": "en_US"}}});
        let request = self.request(
            reqwest::Method::POST,
            &format!("/v24.0/{DEFAULT_PHONE_ID}/messages"),
        );
        request.json(&body).send().await.is_ok()
    }

    async fn total(&self) -> Value {
        self.get("/_sandbox/messages").await.ok()["total"].clone()
    }
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_message_was_taken() {
    let world = World::start().await;
    world
        .approved(template("hello", "Hello from the sandbox."))
        .await;
    world
        .fault(json!({"match": {"path": "/messages"}, "times": 1, "fault": "cut_before"}))
        .await;
    assert!(!world.answered("+14165550150").await);
    assert_eq!(world.total().await, 0);
    world.fault(json!({"match": {"method": "POST", "path": "/*/messages", "nth": 2}, "fault": "cut_after"})).await;
    assert!(world.answered("+14165550151").await);
    assert!(!world.answered("+14165550152").await);
    assert!(world.answered("+14165550153").await);
    assert_eq!(world.total().await, 3);
    let log = world.get("/_sandbox/requests?path=messages").await.ok();
    let entries: Vec<_> = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["body"]["to"].clone(),
                entry["status"].clone(),
                entry["fault"].clone(),
            )
        })
        .collect();
    assert_eq!(
        entries,
        [
            (json!("+14165550150"), json!(null), json!("cut_before")),
            (json!("+14165550151"), json!(200), json!(null)),
            (json!("+14165550152"), json!(null), json!("cut_after")),
            (json!("+14165550153"), json!(200), json!(null)),
        ]
    );
}

#[tokio::test]
async fn a_message_is_taken_though_its_sender_gave_up_waiting() {
    let world = World::start().await;
    world
        .approved(template("hello", "Hello from the sandbox."))
        .await;
    world
        .fault(json!({"match": {"path": "/messages"}, "times": 1, "fault": {"latency": "300ms"}}))
        .await;
    let body = json!({"messaging_product": "whatsapp", "to": "+14165550150", "type": "template",
                      "template": {"name": "hello", "language": {"code": "en_US"}}});
    let request = world.request(
        reqwest::Method::POST,
        &format!("/{DEFAULT_PHONE_ID}/messages"),
    );
    let impatient = request
        .json(&body)
        .timeout(std::time::Duration::from_millis(50));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    let taken = async { while world.total().await != 1 {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), taken)
        .await
        .expect("it is taken in the end");
}

#[tokio::test]
async fn answers_errors_and_throttling_are_injected() {
    let world = World::start().await;
    let path = format!("/{DEFAULT_WABA_ID}/message_templates");
    let rule = |fault: Value| json!({"match": {"method": "GET", "path": "message_templates"}, "times": 1, "fault": fault});
    world
        .fault(rule(json!({"status": 503, "body": {"down": true}})))
        .await;
    let down = world.get(&path).await;
    assert_eq!((down.status, &down.body["down"]), (503, &json!(true)));
    world
        .fault(rule(json!({"error": {"code": 2, "is_transient": true}})))
        .await;
    let transient = world.get(&path).await;
    assert_eq!((transient.status, transient.error().0), (503, 2));
    assert_eq!(transient.body["error"]["is_transient"], true);
    world.fault(rule(json!({"throttle": {"minutes": 7}}))).await;
    let throttled = world.get(&path).await;
    assert_eq!(throttled.error().0, 80_007);
    assert!(
        throttled
            .usage
            .unwrap()
            .contains("\"estimated_time_to_regain_access\":7")
    );
    world.get(&path).await.ok();
    for bad in [
        json!({}),
        json!({"fault": "explode"}),
        json!({"fault": {"latency": 5}}),
    ] {
        assert_eq!(world.post("/_sandbox/faults", bad).await.status, 400);
    }
}

#[tokio::test]
async fn writes_are_refused_and_noted() {
    let world = World::start().await;
    let id = world.fault(json!({"fault": {"refuse_writes": true}})).await;
    world
        .get(&format!("/{DEFAULT_WABA_ID}/message_templates"))
        .await
        .ok();
    assert_eq!(
        world.get("/_sandbox/faults").await.ok()["violations"],
        json!([])
    );
    assert_eq!(
        world
            .create(template("order", "Your order is packed."))
            .await
            .status,
        500
    );
    let violations = world.get("/_sandbox/faults").await.ok()["violations"].clone();
    assert_eq!(violations[0]["method"], "POST");
    let writes = world.get("/_sandbox/requests?writes=true").await.ok();
    assert_eq!(writes["data"].as_array().unwrap().len(), 1);
    world.delete(&format!("/_sandbox/faults/{id}")).await.ok();
    world
        .create(template("order", "Your order is packed."))
        .await
        .ok();
    world.delete("/_sandbox/requests").await.ok();
    assert_eq!(
        world.get("/_sandbox/requests").await.ok()["data"],
        json!([])
    );
}

#[tokio::test]
async fn who_follows_the_log_reads_no_entry_twice() {
    let world = World::start().await;
    let follow = async |after: u64, filter: &str| {
        let path = format!("/_sandbox/requests?after={after}{filter}");
        let log = world.get(&path).await.ok();
        let seen: Vec<u64> = log["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["seq"].as_u64().unwrap())
            .collect();
        (seen, log["next"].as_u64().unwrap())
    };
    let account = format!("/{DEFAULT_WABA_ID}");
    for _ in 0..5 {
        world.get(&account).await.ok();
    }
    assert_eq!(follow(0, "&limit=2").await, (vec![1, 2], 2));
    assert_eq!(follow(2, "&limit=2").await, (vec![3, 4], 4));
    assert_eq!(follow(4, "&limit=2").await, (vec![5], 5));
    assert_eq!(follow(5, "").await, (vec![], 5));
    // What was looked at and not wanted is not looked at again.
    assert_eq!(follow(0, "&writes=true").await, (vec![], 5));
    world.hello("+14165550150").await;
    assert_eq!(follow(5, "&writes=true").await, (vec![6], 6));
    // An emptied log starts no new count.
    world.delete("/_sandbox/requests").await.ok();
    assert_eq!(follow(6, "").await, (vec![], 6));
    world.get(&account).await.ok();
    assert_eq!(follow(6, "").await, (vec![7], 7));
}
