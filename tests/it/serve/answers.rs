//! The scenario that campaigns are for: a template asks, a customer answers in time, too late or in other words, and a
//! person goes on from there.

use serde_json::{Value, json};

use crate::kit::{Scene, number};

/// A campaign that has just reached one customer.
async fn asked() -> (Scene, String) {
    let phone = number(0);
    let mut scene = Scene::of(std::slice::from_ref(&phone)).await;
    scene.serve().await;
    scene.apply().await.succeeds();
    let delivered = |row: &Value| ["delivered", "read"].contains(&row["Status"].as_str().unwrap());
    let what = "the template is delivered";
    scene.until_row(what, &phone, delivered).await;
    (scene, phone)
}

async fn until_closed(scene: &Scene, phone: &str) -> Value {
    let closed = |row: &Value| row["state"] == "closed";
    scene.until_row("the contact closes", phone, closed).await
}

async fn until_told(scene: &Scene, phone: &str, times: usize) -> Vec<Value> {
    let mut told = Vec::new();
    scene
        .until("the desk is told", async || {
            told = scene.told_of(phone).await;
            told.len() >= times
        })
        .await;
    told
}

/// The whole of the window that a message opens, from when it was written.
fn is_a_day(from: &Value, until: &Value) -> bool {
    let time = |value: &Value| -> jiff::Timestamp { value.as_str().unwrap().parse().unwrap() };
    time(until).duration_since(time(from)) == jiff::SignedDuration::from_hours(24)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x56_the_template_offers_phone_call_whatsapp_message_and_email() {
    let (scene, phone) = asked().await;
    let template = scene.world.template("delivery_question").await;
    let components = template["components"].as_array().unwrap();
    let buttons = components.iter().find(|part| part["type"] == "BUTTONS");
    let buttons = buttons.unwrap()["buttons"].as_array().unwrap();
    let offered: Vec<_> = buttons
        .iter()
        .map(|button| (button["type"].clone(), button["text"].clone()))
        .collect();
    let quick = |text: &str| (json!("QUICK_REPLY"), json!(text));
    assert_eq!(
        offered,
        [
            quick("Phone call"),
            quick("WhatsApp message"),
            quick("Email")
        ]
    );
    // Each of them can be chosen, and is known by its id however its label reads.
    for (button, option) in [(0, "phone_call"), (1, "chat"), (2, "email")] {
        scene.says(&phone, json!({ "button": button })).await;
        let told = until_told(&scene, &phone, button + 1).await;
        assert_eq!(told[button]["body"]["message"]["payload"], option);
    }
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x57_an_answer_within_the_timeout_closes_with_the_option() {
    let (scene, phone) = asked().await;
    assert_eq!(scene.interaction(&phone).await["open"], true);
    scene
        .says(&phone, json!({ "button": 1, "context": false }))
        .await;
    let row = until_closed(&scene, &phone).await;
    assert_eq!(row["outcome"], "answered", "{row:#}");
    assert_eq!(row["answer"]["kind"], "option", "{row:#}");
    assert_eq!(row["answer"]["option"], "chat", "{row:#}");
    assert_eq!(row["answer"]["text"], "WhatsApp message", "{row:#}");
    let interaction = scene.interaction(&phone).await;
    assert_eq!(interaction["open"], false, "{interaction:#}");
    assert_eq!(interaction["outcome"], "answered", "{interaction:#}");
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x58_the_answer_opens_an_inbound_conversation_for_the_window_of_24_hours() {
    let (scene, phone) = asked().await;
    scene.says(&phone, json!({ "button": "phone_call" })).await;
    let told = until_told(&scene, &phone, 1).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    let body = &told[0]["body"];
    assert_eq!(body["event"], "inbound", "{body:#}");
    assert!(
        is_a_day(&body["message"]["at"], &body["window_until"]),
        "{body:#}"
    );
    let interaction = scene.interaction(&phone).await;
    assert!(is_a_day(
        &body["message"]["at"],
        &interaction["window_until"]
    ));
    // What the desk writes inside of it arrives, and so does the automatic reply.
    let mut replies = Vec::new();
    scene
        .until("the reply is delivered", async || {
            replies = scene.messages_to(&phone).await;
            replies.retain(|message| message["type"] != "template");
            replies
                .iter()
                .any(|message| message["status"] == "delivered" || message["status"] == "read")
        })
        .await;
    assert_eq!(replies.len(), 1, "{replies:#?}");
    assert_eq!(
        replies[0]["text"],
        "Thank you, Customer 0. A person will call you today about order 10000."
    );
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x59_the_agent_reads_the_template_and_the_customers_answer() {
    let (scene, phone) = asked().await;
    scene.says(&phone, json!({ "button": "Email" })).await;
    let told = until_told(&scene, &phone, 1).await;
    let body = &told[0]["body"];
    let campaign = &body["campaign"];
    assert_eq!(campaign["name"], "deliveries", "{body:#}");
    assert_eq!(campaign["template"], "delivery_question", "{body:#}");
    assert_eq!(campaign["language"], "en_US", "{body:#}");
    let values = json!({ "first_name": "Customer 0", "order_no": "10000" });
    assert_eq!(campaign["values"], values, "{body:#}");
    let answer = json!({ "kind": "option", "option": "email", "text": "Email" });
    assert_eq!(campaign["answer"], answer, "{body:#}");
    assert_eq!(body["contact"]["phone"], phone, "{body:#}");
    assert_eq!(body["message"]["text"], "Email", "{body:#}");
    // The same can be read in the conversation with that person.
    let contact = scene.run(&["contact", &phone, "--format", "json"]).await;
    let contact = contact.succeeds().json();
    let kinds: Vec<&str> = contact["contacts"][0]["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["kind"].as_str())
        .collect();
    assert!(
        kinds.contains(&"template") && kinds.contains(&"button"),
        "{contact:#}"
    );
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x60_an_answer_after_the_timeout_is_late_and_goes_to_the_agent_alone() {
    let (scene, phone) = asked().await;
    scene.world.advance("25h").await;
    let row = until_closed(&scene, &phone).await;
    assert_eq!(row["outcome"], "no_answer", "{row:#}");
    scene.says(&phone, json!({ "button": 0 })).await;
    let told = until_told(&scene, &phone, 1).await;
    let body = &told[0]["body"];
    assert_eq!(body["campaign"]["answer"]["kind"], "late", "{body:#}");
    assert_eq!(
        body["campaign"]["template"], "delivery_question",
        "{body:#}"
    );
    assert!(
        is_a_day(&body["message"]["at"], &body["window_until"]),
        "{body:#}"
    );
    let row = scene.row(&phone).await;
    assert_eq!(
        row["outcome"], "no_answer",
        "not valid for the campaign: {row:#}"
    );
    assert_eq!(row["answer"]["kind"], "late", "{row:#}");
    assert_eq!(scene.interaction(&phone).await["open"], false);
    let status = scene.status().await;
    let outcome = &status["campaigns"][0]["outcome"];
    assert_eq!(outcome, &json!({ "no_answer": 1 }), "{status:#}");
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x61_a_free_text_answer_ends_the_campaign_and_goes_to_the_agent() {
    let (scene, phone) = asked().await;
    let said = "Please contact me by Phone call";
    scene.says(&phone, json!({ "text": said })).await;
    let row = until_closed(&scene, &phone).await;
    assert_eq!(row["outcome"], "answered", "{row:#}");
    assert_eq!(row["answer"]["kind"], "other", "{row:#}");
    assert_eq!(row["answer"]["option"], Value::Null, "{row:#}");
    assert_eq!(row["answer"]["text"], said, "{row:#}");
    let told = until_told(&scene, &phone, 1).await;
    let answer = json!({ "kind": "other", "option": null, "text": said });
    assert_eq!(told[0]["body"]["campaign"]["answer"], answer);
    let interaction = scene.interaction(&phone).await;
    assert_eq!(interaction["open"], false, "{interaction:#}");
    // No button was tapped: nobody is answered as if one had been.
    scene.until_quiet().await;
    assert_eq!(scene.messages_to(&phone).await.len(), 1);
    scene.finish().await;
}
