//! What Meta tells of templates, numbers and accounts; and who is told which field.

use reqwest::Method;
use serde_json::{Value, json};
use waform::sandbox::{DEFAULT_PHONE_ID, DEFAULT_WABA_ID};

use super::hook::{Receiver, TOKEN};
use super::kit::{World, template};

const PERSON: &str = "+14165550150";
const FIELDS: &str = "account_alerts,account_review_update,account_update,business_capability_update,messages,\
                      message_template_components_update,message_template_quality_update,\
                      message_template_status_update,phone_number_name_update,phone_number_quality_update,security,\
                      template_category_update";

async fn world() -> (World, Receiver, String) {
    let world = World::start().await;
    let hook = Receiver::start(&world).await;
    world.subscribe_app(&hook.url, FIELDS).await;
    let hello = template("hello", "Hello from the sandbox.");
    let added = world.post("/_sandbox/templates", hello).await.ok();
    let id = added["ids"][0].as_str().unwrap().to_owned();
    (world, hook, id)
}

impl Receiver {
    async fn change(&mut self) -> (String, Value) {
        let change = self.changes(1).await.remove(0);
        (
            change["field"].as_str().unwrap().to_owned(),
            change["value"].clone(),
        )
    }
}

#[tokio::test]
async fn statuses_of_templates_come_with_what_explains_them() {
    let (world, mut hook, id) = world().await;
    let path = format!("/_sandbox/templates/{id}");
    let mut told = async |change: Value| {
        world
            .send(world.request(Method::PATCH, &path).json(&change))
            .await
            .ok();
        let (field, value) = hook.change().await;
        assert_eq!(field, "message_template_status_update");
        value
    };
    let paused = told(json!({"status": "PAUSED"})).await;
    assert_eq!(
        (&paused["event"], &paused["other_info"]["title"]),
        (&json!("PAUSED"), &json!("FIRST_PAUSE"))
    );
    assert_eq!(paused["message_template_category"], "UTILITY");
    let resumed = told(json!({"status": "APPROVED"})).await;
    assert_eq!(
        (&resumed["event"], &resumed["other_info"]["title"]),
        (&json!("APPROVED"), &json!("UNPAUSE"))
    );
    let date = json!({"disable_date": 1_777_982_400});
    let flagged = told(json!({"event": "FLAGGED", "disable_info": date})).await;
    assert_eq!(
        (&flagged["event"], &flagged["disable_info"]),
        (&json!("FLAGGED"), &date)
    );
    let rejection = json!({"reason": "Variables stand side by side.", "recommendation": "Put words between them."});
    let rejected = told(json!({"status": "REJECTED", "rejected_reason": "INVALID_FORMAT", "rejection_info": rejection})).await;
    assert_eq!(
        (&rejected["reason"], &rejected["rejection_info"]),
        (&json!("INVALID_FORMAT"), &rejection)
    );
    let disabled = told(json!({"status": "DISABLED"})).await;
    assert_eq!(
        (&disabled["event"], &disabled["other_info"]["title"]),
        (&json!("DISABLED"), &json!("DISABLED"))
    );
    assert_eq!(world.hello(PERSON).await.error().0, 132_016);
    let shown = world.template(&id).await;
    assert_eq!(
        shown["status"], "DISABLED",
        "an event alone changes nothing, a status does"
    );
}

#[tokio::test]
async fn quality_category_and_content_of_templates_are_told() {
    let (world, mut hook, id) = world().await;
    let path = format!("/_sandbox/templates/{id}");
    let patch = async |change: Value| {
        world
            .send(world.request(Method::PATCH, &path).json(&change))
            .await
            .ok();
    };
    patch(json!({"quality_score": "YELLOW"})).await;
    let (field, value) = hook.change().await;
    assert_eq!(field, "message_template_quality_update");
    assert_eq!(
        (
            &value["previous_quality_score"],
            &value["new_quality_score"]
        ),
        (&json!("UNKNOWN"), &json!("YELLOW"))
    );
    assert_eq!(
        value["message_template_id"],
        json!(id.parse::<u64>().unwrap())
    );
    patch(json!({"correct_category": "MARKETING"})).await;
    let (field, value) = hook.change().await;
    assert_eq!(field, "template_category_update");
    assert_eq!(
        (
            &value["new_category"],
            &value["correct_category"],
            &value["category_update_timestamp"]
        ),
        (
            &json!("UTILITY"),
            &json!("MARKETING"),
            &json!(1_777_982_400)
        )
    );
    patch(json!({"category": "MARKETING"})).await;
    let (field, value) = hook.change().await;
    assert_eq!(field, "template_category_update");
    assert_eq!(
        (&value["previous_category"], &value["new_category"]),
        (&json!("UTILITY"), &json!("MARKETING"))
    );
    let parts = json!([{"type": "BODY", "text": "Other words."}, {"type": "FOOTER", "text": "Bye"},
                       {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Ok"}]}]);
    patch(json!({"components": parts})).await;
    let (field, value) = hook.change().await;
    assert_eq!(field, "message_template_components_update");
    assert_eq!(
        (
            &value["message_template_element"],
            &value["message_template_footer"],
            &value["message_template_buttons"]
        ),
        (
            &json!("Other words."),
            &json!("Bye"),
            &json!([{"message_template_button_type": "QUICK_REPLY", "message_template_button_text": "Ok"}])
        )
    );
}

#[tokio::test]
async fn what_happens_to_numbers_is_told() {
    let (world, mut hook, _) = world().await;
    let number = async |change: Value| {
        let mut body = json!({"id": DEFAULT_PHONE_ID});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        world.post("/_sandbox/numbers", body).await.ok();
    };
    number(json!({"throughput": "HIGH"})).await;
    let (field, value) = hook.change().await;
    assert_eq!(
        (field.as_str(), &value["event"]),
        ("phone_number_quality_update", &json!("THROUGHPUT_UPGRADE"))
    );
    assert_eq!(value["display_phone_number"], "15550783881");
    assert!(value.get("metadata").is_none());
    number(json!({"event": "FLAGGED", "quality_rating": "RED"})).await;
    assert_eq!(hook.change().await.1["event"], "FLAGGED");
    number(json!({"verified_name": "Lucky", "name_status": "DECLINED", "rejection_reason": "NAME_NOT_CONSISTENT"})).await;
    let (field, value) = hook.change().await;
    assert_eq!(field, "phone_number_name_update");
    assert_eq!(
        (
            &value["decision"],
            &value["requested_verified_name"],
            &value["rejection_reason"]
        ),
        (
            &json!("REJECTED"),
            &json!("Lucky"),
            &json!("NAME_NOT_CONSISTENT")
        )
    );
    number(json!({"security": "PIN_CHANGED"})).await;
    let (field, value) = hook.change().await;
    assert_eq!(
        (field.as_str(), &value["event"]),
        ("security", &json!("PIN_CHANGED"))
    );
}

#[tokio::test]
async fn what_happens_to_accounts_is_told_and_enforced() {
    let (world, mut hook, _) = world().await;
    let account = async |change: Value| world.post("/_sandbox/account", change).await;
    let text = async || {
        let body = json!({"messaging_product": "whatsapp", "to": PERSON, "type": "text", "text": {"body": "Hello"}});
        world
            .post(&format!("/{DEFAULT_PHONE_ID}/messages"), body)
            .await
    };
    let type_ = "RESTRICTED_BIZ_INITIATED_MESSAGING";
    account(json!({"restrictions": [{"type": type_, "for": "72h"}]}))
        .await
        .ok();
    let (field, value) = hook.change().await;
    assert_eq!(field, "account_update");
    assert_eq!(
        value,
        json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": type_, "expiration": 1_778_155_200}]})
    );
    let refused = world.hello(PERSON).await;
    assert_eq!((refused.status, refused.error().0), (403, 368));
    let health = world
        .get(&format!("/{DEFAULT_WABA_ID}?fields=health_status"))
        .await
        .ok();
    assert_eq!(health["health_status"]["can_send_message"], "LIMITED");
    // Customers may still be answered.
    world
        .inbound(json!({"from": PERSON, "text": "Hi"}))
        .await
        .ok();
    hook.message().await;
    text().await.ok();
    account(json!({"restrictions": ["RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "RESTRICTED_UTILITY_TEMPLATES"]})).await.ok();
    assert_eq!(
        hook.next_with("restriction_info").await["value"]["restriction_info"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(text().await.error().0, 368);
    assert_eq!(
        world.hello("+14165550151").await.error().0,
        131_064,
        "utility"
    );
    account(json!({"restrictions": [{"type": type_, "for": "1h"}]}))
        .await
        .ok();
    hook.next_with("restriction_info").await;
    assert_eq!(world.hello("+14165550151").await.error().0, 368);
    world.advance("1h").await;
    world.hello("+14165550151").await.ok();

    account(json!({"ban": "disable"})).await.ok();
    let info = hook.next_with("ban_info").await["value"].clone();
    assert_eq!(
        info,
        json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "May 4, 2026"}})
    );
    let refused = world.hello(PERSON).await;
    assert_eq!((refused.status, refused.error().0), (403, 131_031));
    account(json!({"ban": "REINSTATE"})).await.ok();
    assert_eq!(
        hook.next_with("ban_info").await["value"]["ban_info"]["waba_ban_state"],
        "REINSTATE"
    );
    world.hello(PERSON).await.ok();

    account(json!({"violation": "SPAM"})).await.ok();
    assert_eq!(
        hook.next_with("violation_info").await["value"]["violation_info"]["violation_type"],
        "SPAM"
    );
    account(json!({"account_review_status": "REJECTED"}))
        .await
        .ok();
    assert_eq!(
        hook.next_with("decision").await["field"],
        "account_review_update"
    );
    account(json!({"alert": {"severity": "CRITICAL", "type": "OBA_REJECTED"}}))
        .await
        .ok();
    let alert = hook.next_with("alert_info").await;
    assert_eq!(
        (
            &alert["field"],
            &alert["value"]["alert_info"]["alert_severity"]
        ),
        (&json!("account_alerts"), &json!("CRITICAL"))
    );
    account(json!({"messaging_limit": "TIER_2K"})).await.ok();
    let value = hook.next_with("max_daily_conversations_per_business").await;
    assert_eq!(value["field"], "business_capability_update");
    assert_eq!(
        value["value"]["max_daily_conversations_per_business"],
        "TIER_2K"
    );
    // Nonsense changes nothing.
    let before = world.get("/_sandbox/account").await.ok();
    for change in [
        json!({"ban": "FOREVER"}),
        json!({"restrictions": ["RESTRICTED_FUN"]}),
        json!({"name": "x", "restrictions": 5}),
    ] {
        assert_eq!(account(change.clone()).await.status, 400, "{change}");
    }
    assert_eq!(world.get("/_sandbox/account").await.ok(), before);
}

#[tokio::test]
async fn anything_can_be_sent_as_a_webhook() {
    let (world, mut hook, _) = world().await;
    let send = async |body: Value| world.post("/_sandbox/webhooks", body).await;
    let value = json!({"event": "MM_LITE_TERMS_SIGNED", "new": {"é": [1, null]}});
    assert_eq!(
        send(json!({"field": "account_update", "value": value}))
            .await
            .ok()["told"],
        true
    );
    assert_eq!(hook.change().await, ("account_update".into(), value));
    for value in [json!("text"), json!([1]), Value::Bool(true)] {
        send(json!({"field": "security", "value": value}))
            .await
            .ok();
        assert_eq!(hook.change().await, ("security".into(), value));
    }
    let odd = json!({"messages": [{"type": "hologram"}]});
    send(json!({"field": "messages", "value": odd, "number": "+15550783881"}))
        .await
        .ok();
    let (_, told) = hook.change().await;
    assert_eq!(told["messages"], odd["messages"]);
    assert_eq!(told["metadata"]["phone_number_id"], DEFAULT_PHONE_ID);
    // Nobody is subscribed to it.
    assert_eq!(
        send(json!({"field": "flows", "value": {}})).await.ok()["told"],
        false
    );
    for body in [
        json!({"value": {}}),
        json!({"field": "flows"}),
        json!({"field": "flows", "value": {}, "number": "5"}),
    ] {
        assert_eq!(send(body.clone()).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn fields_are_told_where_they_are_wanted_and_overridden_where_they_can_be() {
    let world = World::start().await;
    let mut app = Receiver::start(&world).await;
    let mut account = Receiver::start(&world).await;
    let mut number = Receiver::start(&world).await;
    world
        .subscribe_app(&app.url, "messages,user_preferences,account_update")
        .await;
    let shown = world.send(world.as_app(Method::GET)).await.ok();
    let fields: Vec<&str> = shown["data"][0]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["account_update", "messages", "user_preferences"]);
    assert_eq!(shown["data"][0]["callback_url"], app.url);
    world.subscribe(&account.url).await;
    let hi = json!({"from": PERSON, "text": "Hi"});
    world.inbound(hi.clone()).await.ok();
    account.message().await;
    let set = json!({"webhook_configuration": {"override_callback_uri": number.url, "verify_token": TOKEN}});
    world.post(&format!("/{DEFAULT_PHONE_ID}"), set).await.ok();
    world.inbound(hi.clone()).await.ok();
    number.message().await;
    // Preferences are none of the fields that can be overridden.
    world
        .post(
            "/_sandbox/preferences",
            json!({"from": PERSON, "value": "stop"}),
        )
        .await
        .ok();
    app.next_with("user_preferences").await;
    world
        .post("/_sandbox/account", json!({"violation": "SPAM"}))
        .await
        .ok();
    app.next_with("violation_info").await;
    // A field that is given back is told to nobody, overrides or not.
    world
        .send(
            world
                .as_app(Method::DELETE)
                .query(&[("fields", "messages")]),
        )
        .await
        .ok();
    assert_eq!(world.inbound(hi.clone()).await.ok()["told"], false);
    world
        .post("/_sandbox/account", json!({"violation": "SPAM"}))
        .await
        .ok();
    app.next_with("violation_info").await;
    world.send(world.as_app(Method::DELETE)).await.ok();
    assert_eq!(
        world.send(world.as_app(Method::GET)).await.ok()["data"],
        json!([])
    );
    // Without an app's callback an override alone is enough for messages.
    world.inbound(hi.clone()).await.ok();
    number.message().await;
    world
        .delete(&format!("/{DEFAULT_WABA_ID}/subscribed_apps"))
        .await
        .ok();
    assert_eq!(world.inbound(hi).await.ok()["told"], false);
}
