//! Customers who write, and what is told of it.

use serde_json::{Value, json};
use waform::sandbox::{DEFAULT_PHONE_ID, Options};

use super::hook::Receiver;
use super::kit::{Answer, World, and, options, template};

pub(super) const PERSON: &str = "+14165550150";
const FIELDS: &str = "messages,user_preferences";

/// A template with two quick replies, between which others may stand.
fn question(name: &str, category: &str) -> Value {
    let buttons = json!({"type": "BUTTONS", "buttons": [
        {"type": "QUICK_REPLY", "text": "Phone call"},
        {"type": "QUICK_REPLY", "text": "WhatsApp message"},
        {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+14165550199"},
    ]});
    let mut whole = and(template(name, "How shall we reach you today?"), buttons);
    whole["category"] = json!(category);
    whole
}

pub(super) async fn world() -> (World, Receiver) {
    with(options()).await
}

pub(super) async fn with(options: Options) -> (World, Receiver) {
    let world = World::with(options).await;
    let hook = Receiver::start(&world).await;
    world.subscribe_app(&hook.url, FIELDS).await;
    let templates = [
        question("question", "UTILITY"),
        question("offer", "MARKETING"),
    ];
    world
        .post("/_sandbox/templates", json!({"templates": templates}))
        .await
        .ok();
    (world, hook)
}

impl World {
    pub(super) async fn ask(&self, to: &str) -> String {
        let payload = json!({"type": "payload", "payload": "phone_call"});
        let button = json!({"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [payload]});
        let sent =
            json!({"name": "question", "language": {"code": "en_US"}, "components": [button]});
        let answer = self.message(to, sent).await.ok();
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn inbound(&self, body: Value) -> Answer {
        self.post("/_sandbox/inbound", body).await
    }
}

impl Receiver {
    /// Waits for the next change that holds `name`, past what else is told.
    pub(super) async fn next_with(&mut self, name: &str) -> Value {
        loop {
            let changes = self.next().await;
            if let Some(change) = changes
                .iter()
                .find(|change| !change["value"][name].is_null())
            {
                return change.clone();
            }
        }
    }

    /// Waits for the next message of a customer; returns the message and its sender.
    pub(super) async fn message(&mut self) -> (Value, Value) {
        let value = self.next_with("messages").await["value"].clone();
        (value["messages"][0].clone(), value["contacts"][0].clone())
    }
}

#[tokio::test]
async fn a_text_arrives_as_meta_tells_it() {
    let (world, mut hook) = world().await;
    let answer = world
        .inbound(json!({"from": PERSON, "text": "Grüße!", "name": "Ana"}))
        .await
        .ok();
    let change = hook.next_with("messages").await;
    assert_eq!(change["field"], "messages");
    let user_id = answer["user_id"].as_str().unwrap();
    assert_eq!(
        change["value"],
        json!({
            "messaging_product": "whatsapp",
            "contacts": [{"profile": {"name": "Ana"}, "wa_id": "14165550150", "user_id": user_id}],
            "messages": [{
                "from": "14165550150", "from_user_id": user_id, "id": answer["id"], "timestamp": "1777896000",
                "type": "text", "text": {"body": "Grüße!"},
            }],
            "metadata": {"display_phone_number": "15550783881", "phone_number_id": DEFAULT_PHONE_ID},
        })
    );
    assert!(user_id.starts_with("US.") && !user_id.contains("4165550150"));
    assert_eq!(answer["told"], true);
    // The same person has the same id, another one another.
    let again = world
        .inbound(json!({"from": "14165550150", "text": "Me"}))
        .await
        .ok();
    assert_eq!(again["user_id"], user_id);
    assert_ne!(again["id"], answer["id"]);
    let other = world
        .inbound(json!({"from": "+14165550151", "text": "Me"}))
        .await
        .ok();
    assert_ne!(other["user_id"], user_id);
}

#[tokio::test]
async fn a_quick_reply_carries_payload_text_and_the_message_that_it_answers() {
    let (world, mut hook) = world().await;
    let id = world.ask(PERSON).await;
    let context = json!({"from": "15550783881", "id": id});
    let cases = [
        (
            json!("Phone call"),
            json!({"payload": "phone_call", "text": "Phone call"}),
        ),
        (
            json!("phone_call"),
            json!({"payload": "phone_call", "text": "Phone call"}),
        ),
        // Without a payload at the send, the text is the payload.
        (
            json!(1),
            json!({"payload": "WhatsApp message", "text": "WhatsApp message"}),
        ),
    ];
    for (button, expected) in cases {
        world
            .inbound(json!({"from": PERSON, "button": button}))
            .await
            .ok();
        let (message, _) = hook.message().await;
        assert_eq!(message["type"], "button");
        assert_eq!(message["button"], expected, "{button}");
        assert_eq!(message["context"], context);
    }
    // It can be missing, as it is at Meta.
    world
        .inbound(json!({"from": PERSON, "button": 0, "context": false}))
        .await
        .ok();
    assert!(hook.message().await.0.get("context").is_none());
    world
        .inbound(json!({"from": PERSON, "button": 0, "context": "none"}))
        .await
        .ok();
    assert!(hook.message().await.0.get("context").is_none());
    // A text is about nothing unless it says so.
    world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    assert!(hook.message().await.0.get("context").is_none());
    world
        .inbound(json!({"from": PERSON, "text": "Hi", "context": "last"}))
        .await
        .ok();
    assert_eq!(hook.message().await.0["context"], context);
    // The message can be named.
    world.advance("1m").await;
    world
        .message(
            PERSON,
            json!({"name": "offer", "language": {"code": "en_US"}}),
        )
        .await
        .ok();
    world
        .inbound(json!({"from": PERSON, "button": 0, "context": id}))
        .await
        .ok();
    let (message, _) = hook.message().await;
    assert_eq!(
        (&message["context"]["id"], &message["button"]["payload"]),
        (&json!(id), &json!("phone_call"))
    );
    world
        .inbound(json!({"from": PERSON, "button": 0}))
        .await
        .ok();
    assert_eq!(hook.message().await.0["button"]["payload"], "Phone call");
    for body in [
        json!({"from": PERSON, "button": "Fax"}),
        json!({"from": PERSON, "button": 2}),
        json!({"from": "+14165550151", "button": 0}),
    ] {
        assert_eq!(world.inbound(body.clone()).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn buttons_and_rows_of_a_session_message_come_back_as_interactive() {
    let (world, mut hook) = world().await;
    world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    hook.message().await;
    let send = async |interactive: Value| {
        let body = json!({"messaging_product": "whatsapp", "to": PERSON, "type": "interactive", "interactive": interactive});
        world
            .post(&format!("/{DEFAULT_PHONE_ID}/messages"), body)
            .await
            .ok()["messages"][0]["id"]
            .clone()
    };
    let reply =
        |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let buttons = json!({"buttons": [reply("yes", "Yes, please"), reply("no", "No")]});
    let id =
        send(json!({"type": "button", "body": {"text": "Shall we?"}, "action": buttons})).await;
    world
        .inbound(json!({"from": PERSON, "button": "no"}))
        .await
        .ok();
    let (message, _) = hook.message().await;
    assert_eq!(message["type"], "interactive");
    assert_eq!(
        message["interactive"],
        json!({"type": "button_reply", "button_reply": {"id": "no", "title": "No"}})
    );
    assert_eq!(message["context"]["id"], id);
    let rows = json!([{"id": "am", "title": "Morning", "description": "9 to 12"}, {"id": "pm", "title": "Afternoon"}]);
    let list = json!({"button": "Times", "sections": [{"title": "Monday", "rows": rows}]});
    send(json!({"type": "list", "body": {"text": "When?"}, "action": list})).await;
    world
        .inbound(json!({"from": PERSON, "button": "Morning"}))
        .await
        .ok();
    let row = json!({"id": "am", "title": "Morning", "description": "9 to 12"});
    assert_eq!(
        hook.message().await.0["interactive"],
        json!({"type": "list_reply", "list_reply": row})
    );
    // One of one's own making.
    let own = json!({"nfm_reply": {"response_json": "{}", "body": "Sent", "name": "flow"}});
    world
        .inbound(json!({"from": PERSON, "interactive": own}))
        .await
        .ok();
    assert_eq!(hook.message().await.0["interactive"]["type"], "nfm_reply");
}

#[tokio::test]
async fn every_kind_of_message_can_be_written() {
    let (world, mut hook) = world().await;
    let sent = world.ask(PERSON).await;
    let mut write = async |name: &str, value: Value| {
        world
            .inbound(json!({"from": PERSON, name: value}))
            .await
            .ok();
        hook.message().await.0
    };
    let image = write("image", json!({"caption": "Broken"})).await;
    assert_eq!(
        (&image["image"]["caption"], &image["image"]["mime_type"]),
        (&json!("Broken"), &json!("image/jpeg"))
    );
    let reaction = write("reaction", json!("👍")).await;
    assert_eq!(
        reaction["reaction"],
        json!({"emoji": "👍", "message_id": sent})
    );
    assert!(reaction.get("context").is_none());
    let location = write("location", json!({"latitude": 59.4, "longitude": 24.7})).await;
    assert_eq!(location["location"]["latitude"], 59.4);
    let contacts = write("contacts", json!([{"name": {"formatted_name": "Bo"}}])).await;
    assert_eq!(contacts["contacts"][0]["name"]["formatted_name"], "Bo");
    let item =
        json!({"product_retailer_id": "7", "quantity": 2, "item_price": 9.5, "currency": "EUR"});
    let order = write(
        "order",
        json!({"catalog_id": "1", "text": "", "product_items": [item]}),
    )
    .await;
    assert_eq!(
        (
            &order["type"],
            &order["order"]["product_items"][0]["quantity"]
        ),
        (&json!("order"), &json!(2))
    );
    let unsupported = write("unsupported", json!({"type": "poll_creation"})).await;
    assert_eq!(unsupported["errors"][0]["code"], 131_051);
    assert_eq!(unsupported["unsupported"]["type"], "poll_creation");
    let raw = write(
        "raw",
        json!({"id": "wamid.own", "type": "edit", "edit": {"original_message_id": "wamid.x"}}),
    )
    .await;
    assert_eq!(
        (&raw["id"], &raw["edit"]["original_message_id"]),
        (&json!("wamid.own"), &json!("wamid.x"))
    );
    for kind in ["video", "audio", "document", "sticker"] {
        let file = write(kind, json!(true)).await;
        assert_eq!(file["type"], kind);
        let id = file[kind]["id"].as_str().unwrap().to_owned();
        // It can be asked for, like any file.
        assert_eq!(
            world.get(&format!("/{id}")).await.ok()["sha256"],
            file[kind]["sha256"]
        );
    }
    for body in [
        json!({"from": PERSON}),
        json!({"from": PERSON, "text": "a", "reaction": "👍"}),
        json!({"from": PERSON, "txt": "a"}),
        json!({"text": "a"}),
        json!({"from": "nobody", "text": "a"}),
        json!({"from": PERSON, "to": "+4912", "text": "a"}),
        json!({"from": PERSON, "text": 5}),
        json!({"from": PERSON, "text": "a", "at": "noon"}),
    ] {
        assert_eq!(world.inbound(body.clone()).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn who_has_a_username_comes_without_a_number_and_can_be_answered() {
    let (world, mut hook) = world().await;
    let body = json!({"from": PERSON, "text": "Hi", "hide_number": true, "username": "ana"});
    let user_id = world.inbound(body).await.ok()["user_id"].clone();
    let (message, contact) = hook.message().await;
    assert_eq!(
        contact,
        json!({"profile": {"name": "Sandbox", "username": "ana"}, "user_id": user_id})
    );
    assert_eq!(
        (message.get("from"), &message["from_user_id"]),
        (None, &user_id)
    );
    let text = json!({"messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": {"body": "Hello"}});
    let path = format!("/{DEFAULT_PHONE_ID}/messages");
    let answer = world.post(&path, text).await.ok();
    assert_eq!(
        answer["contacts"],
        json!([{"input": user_id, "user_id": user_id}])
    );
    world.advance("1m").await;
    let status = hook.next_with("statuses").await["value"].clone();
    assert_eq!(status["statuses"][0]["recipient_user_id"], user_id);
    assert!(!status.to_string().contains("14165550150"), "{status}");
    // The window that was opened without a number is the person's.
    assert_eq!(world.fate(PERSON).await[1], "sent");
    let nobody = json!({"messaging_product": "whatsapp", "recipient": "US.1", "type": "text", "text": {"body": "Hello"}});
    assert_eq!(world.post(&path, nobody).await.error().0, 131_009);
    // Codes need a number.
    let code = json!({"messaging_product": "whatsapp", "recipient": user_id, "type": "template",
                      "template": {"name": "code", "language": {"code": "en_US"}}});
    let otp = json!({"name": "code", "language": "en_US", "category": "AUTHENTICATION", "components": [
        {"type": "BODY"}, {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}]});
    world.post("/_sandbox/templates", otp).await.ok();
    let mut filled = code.clone();
    let text = json!([{"type": "text", "text": "1234"}]);
    filled["template"]["components"] = json!([
        {"type": "body", "parameters": text},
        {"type": "button", "sub_type": "url", "index": 0, "parameters": text},
    ]);
    assert_eq!(world.post(&path, filled).await.error().0, 131_062);
}

#[tokio::test]
async fn who_stops_gets_no_marketing_until_they_resume() {
    let (world, mut hook) = world().await;
    let prefer = async |value: &str| {
        let body = json!({"from": PERSON, "value": value});
        world.post("/_sandbox/preferences", body).await
    };
    let offer = json!({"name": "offer", "language": {"code": "en_US"}});
    let user_id = prefer("stop").await.ok()["user_id"].clone();
    let change = hook.next_with("user_preferences").await;
    assert_eq!(change["field"], "user_preferences");
    assert_eq!(
        change["value"]["user_preferences"],
        json!([{
            "wa_id": "14165550150", "user_id": user_id, "detail": "User requested to stop marketing messages",
            "category": "marketing_messages", "value": "stop", "timestamp": 1_777_896_000,
        }])
    );
    world.message(PERSON, offer.clone()).await.ok();
    world.advance("1m").await;
    assert_eq!(world.fate(PERSON).await, ["accepted", "failed 131050"]);
    // Utility is not concerned, and neither is anybody else.
    world.ask(PERSON).await;
    world.message("+14165550151", offer.clone()).await.ok();
    world.advance("1m").await;
    assert_eq!(world.fate(PERSON).await[1], "sent");
    assert_eq!(world.fate("+14165550151").await[1], "sent");
    prefer("resume").await.ok();
    world.message(PERSON, offer).await.ok();
    world.advance("1m").await;
    assert_eq!(world.fate(PERSON).await[1], "sent");
    assert_eq!(prefer("perhaps").await.status, 400);
}

#[tokio::test]
async fn a_person_moves_to_another_number_or_another_device() {
    let (world, mut hook) = world().await;
    let path = format!("/{DEFAULT_PHONE_ID}/settings");
    assert_eq!(
        world.get(&path).await.ok()["user_identity_change"]["enable_identity_key_check"],
        false
    );
    let on = |on: Value| json!({"user_identity_change": {"enable_identity_key_check": on}});
    world.post(&path, on(json!(true))).await.ok();
    assert_eq!(world.post(&path, on(json!("yes"))).await.error().0, 100);
    assert_eq!(
        world.get(&path).await.ok()["user_identity_change"]["enable_identity_key_check"],
        true
    );
    world.ask(PERSON).await;
    world.advance("1m").await;
    let status = hook.next_with("statuses").await["value"]["statuses"][0].clone();
    let old = status["recipient_identity_key_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    world
        .inbound(json!({"from": "+14165550153", "text": "Hi"}))
        .await
        .ok();
    let (message, _) = hook.message().await;
    assert_eq!(message["identity"]["acknowledged"], true);
    assert_ne!(message["identity"]["hash"], old, "everybody has their own");
    let send = async |hash: &str| {
        let body = json!({"messaging_product": "whatsapp", "to": PERSON, "type": "template",
                          "recipient_identity_key_hash": hash,
                          "template": {"name": "question", "language": {"code": "en_US"}}});
        world
            .post(&format!("/{DEFAULT_PHONE_ID}/messages"), body)
            .await
            .ok();
        world.advance("1m").await;
        world.fate(PERSON).await[1].clone()
    };
    assert_eq!(send(&old).await, "sent");
    world
        .inbound(json!({"from": PERSON, "system": {"type": "customer_identity_changed"}}))
        .await
        .ok();
    let (message, _) = hook.message().await;
    assert_eq!(message["system"]["type"], "customer_identity_changed");
    let new = message["identity"]["hash"].as_str().unwrap();
    assert_ne!(new, old);
    assert_eq!(send(&old).await, "failed 137000");
    assert_eq!(send(new).await, "sent");
    // WhatsApp's own words open no window.
    assert_eq!(last(&world, PERSON).await["outside_window"], true);
    let system = json!({"type": "user_changed_number", "wa_id": "+14165550159"});
    world
        .inbound(json!({"from": PERSON, "system": system}))
        .await
        .ok();
    let (message, _) = hook.message().await;
    assert_eq!(
        (&message["from"], &message["system"]["wa_id"]),
        (&json!("14165550150"), &json!("14165550159"))
    );
    assert_eq!(send(new).await, "failed 131026");
}

async fn last(world: &World, to: &str) -> Value {
    let listed = world
        .get(&format!("/_sandbox/messages?to={}", &to[1..]))
        .await
        .ok();
    listed["data"].as_array().unwrap().last().unwrap().clone()
}
