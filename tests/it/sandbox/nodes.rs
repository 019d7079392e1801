//! Tokens, accounts, numbers, health.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use waform::sandbox::{DEFAULT_PHONE_ID, DEFAULT_WABA_ID};

use super::kit::{World, options, template};

#[tokio::test]
async fn tokens_say_what_they_may() {
    let world = World::start().await;
    let identity = world.sandbox.identity().clone();
    let with = async |token: &str, path: &str| {
        let url = format!("{}{path}", world.sandbox.base_url());
        world.send(world.client.get(url).bearer_auth(token)).await
    };
    let account = format!("/{DEFAULT_WABA_ID}");
    let none = world
        .send(
            world
                .client
                .get(format!("{}{account}", world.sandbox.base_url())),
        )
        .await;
    assert_eq!((none.status, none.error().0), (401, 104));
    let wrong = with("nonsense", &account).await;
    assert_eq!((wrong.status, wrong.error().0), (401, 190));
    let expired = with(&identity.expired_token, &account).await;
    assert_eq!((expired.status, expired.error()), (401, (190, 463)));
    let message = expired.body["error"]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "Error validating access token: Session has expired on Wednesday, 31-Dec-25 16:00:00 PST. The current time is \
         Monday, 04-May-26 05:00:00 PDT."
    );
    assert_eq!(
        with(&identity.messaging_only_token, &account)
            .await
            .error()
            .0,
        200
    );
    assert_eq!(
        with(&identity.management_only_token, &account).await.status,
        200
    );
    let sending = world
        .client
        .post(format!(
            "{}/{DEFAULT_PHONE_ID}/messages",
            world.sandbox.base_url()
        ))
        .bearer_auth(&identity.management_only_token);
    assert_eq!(world.send(sending).await.error().0, 10);

    let mac = Hmac::<Sha256>::new_from_slice(identity.app_secret.as_bytes()).unwrap();
    let proof = hex::encode(
        mac.chain_update(identity.access_token.as_bytes())
            .finalize()
            .into_bytes(),
    );
    assert_eq!(
        world
            .get(&format!("{account}?appsecret_proof={proof}"))
            .await
            .status,
        200
    );
    assert_eq!(
        world
            .get(&format!("{account}?appsecret_proof=00"))
            .await
            .error()
            .0,
        100
    );

    let debug = world
        .get(&format!(
            "/debug_token?input_token={}",
            identity.access_token
        ))
        .await
        .ok();
    assert_eq!(debug["data"]["is_valid"], true);
    assert_eq!(debug["data"]["app_id"], json!(identity.app_id));
    assert_eq!(
        debug["data"]["granular_scopes"][0]["target_ids"],
        json!([DEFAULT_WABA_ID])
    );
    let debug = world
        .get(&format!(
            "/debug_token?input_token={}",
            identity.expired_token
        ))
        .await
        .ok();
    assert_eq!(
        (
            &debug["data"]["is_valid"],
            &debug["data"]["error"]["subcode"]
        ),
        (&json!(false), &json!(463))
    );
}

#[tokio::test]
async fn fields_are_projected_and_accounts_appear_on_demand() {
    let mut options = options();
    options
        .numbers
        .push(("987654321".into(), "+49 30 901820".into()));
    let world = World::with(options).await;
    let account = world.get(&format!("/v99.0/{DEFAULT_WABA_ID}")).await;
    let usage: Value = serde_json::from_str(account.usage.as_deref().unwrap()).unwrap();
    assert_eq!(
        usage[DEFAULT_WABA_ID][0]["estimated_time_to_regain_access"],
        0
    );
    let keys: Vec<_> = account.body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "id",
            "name",
            "currency",
            "timezone_id",
            "message_template_namespace"
        ]
    );
    let nested = world
        .get(&format!(
            "/{DEFAULT_WABA_ID}?fields=currency,phone_numbers{{display_phone_number}}"
        ))
        .await
        .ok();
    assert_eq!(
        nested,
        json!({"currency": "USD", "id": DEFAULT_WABA_ID,
               "phone_numbers": {"data": [{"display_phone_number": "+1 555-078-3881", "id": DEFAULT_PHONE_ID}]}})
    );
    assert_eq!(
        world
            .get(&format!("/{DEFAULT_WABA_ID}?fields=colour"))
            .await
            .error()
            .0,
        100
    );

    let declared = world
        .get("/987654321/phone_numbers?fields=display_phone_number,status,throughput")
        .await
        .ok();
    assert_eq!(declared["data"][0]["display_phone_number"], "+49 30 901820");
    assert_eq!(
        declared["data"][0]["throughput"],
        json!({"level": "STANDARD"})
    );
    let fresh = world.get("/123456789012345/message_templates").await.ok();
    assert_eq!(fresh, json!({"data": []}));
    // An id that the sandbox might have given is no account, and neither is a word.
    assert_eq!(world.get("/7112345678901234").await.error(), (100, 33));
    assert_eq!(world.get("/me").await.status, 404);
    assert_eq!(world.get("/1/2/3").await.error().0, 2500);
}

#[tokio::test]
async fn health_is_that_of_the_worst_part() {
    let world = World::start().await;
    let id = world
        .create(template("hello", "Hello from the sandbox."))
        .await
        .ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let health = async |id: &str| {
        world.get(&format!("/{id}?fields=health_status")).await.ok()["health_status"].clone()
    };
    let pending = health(&id).await;
    assert_eq!(pending["can_send_message"], "BLOCKED");
    assert_eq!(pending["entities"][0]["errors"][0]["error_code"], 141_002);
    world.advance("2s").await;
    assert_eq!(health(&id).await["can_send_message"], "AVAILABLE");
    world
        .post(
            "/_sandbox/numbers",
            json!({"id": DEFAULT_PHONE_ID, "status": "FLAGGED"}),
        )
        .await
        .ok();
    let number = health(DEFAULT_PHONE_ID).await;
    assert_eq!(number["can_send_message"], "LIMITED");
    assert_eq!(number["entities"].as_array().unwrap().len(), 4);
    assert_eq!(
        health(DEFAULT_WABA_ID).await["can_send_message"],
        "AVAILABLE"
    );
}

#[tokio::test]
async fn the_hours_calls_run_out() {
    let world = World::start().await;
    // Without a number there are 200.
    for _ in 0..200 {
        world.get("/55555/message_templates?limit=1").await.ok();
    }
    let refused = world.get("/55555/message_templates?limit=1").await;
    assert_eq!((refused.status, refused.error().0), (400, 80_007));
    let usage: Value = serde_json::from_str(refused.usage.as_deref().unwrap()).unwrap();
    assert_eq!(usage["55555"][0]["estimated_time_to_regain_access"], 60);
    assert_eq!(world.get(&format!("/{DEFAULT_WABA_ID}")).await.status, 200);
    world.advance("1h").await;
    world.get("/55555/message_templates?limit=1").await.ok();
}

#[tokio::test]
async fn the_clock_and_the_identity_are_told() {
    let world = World::start().await;
    assert_eq!(
        world.get("/_sandbox/clock").await.ok()["now"],
        "2026-05-04T12:00:00Z"
    );
    world
        .post("/_sandbox/clock", json!({"set": "2026-06-01T00:00:00Z"}))
        .await
        .ok();
    assert_eq!(
        world.sandbox.clock().now().to_string(),
        "2026-06-01T00:00:00Z"
    );
    for bad in [
        json!({}),
        json!({"advance": "soon"}),
        json!({"set": "never"}),
        json!({"advance": "1h", "set": "x"}),
    ] {
        assert_eq!(world.post("/_sandbox/clock", bad).await.status, 400);
    }
    let identity = world.get("/_sandbox/identity").await.ok();
    assert_eq!(
        identity["access_token"],
        json!(world.sandbox.identity().access_token)
    );
    let magic = world.get("/_sandbox/numbers").await.ok();
    assert!(magic["magic"].as_array().unwrap().len() > 10);
    let post = world
        .request(Method::POST, "/_sandbox/clock")
        .header("content-type", "application/json")
        .body("{");
    assert_eq!(world.send(post).await.status, 400);
    // As curl -d sends it.
    let typed = world.request(Method::POST, "/_sandbox/clock");
    let typed = typed.header("content-type", "application/x-www-form-urlencoded");
    let clock = world.send(typed.body(r#"{"advance": "1h"}"#)).await.ok();
    assert_eq!(clock["now"], "2026-06-01T01:00:00Z");
    assert_eq!(world.get("/_sandbox/nothing").await.status, 404);
}

#[tokio::test]
async fn numbers_are_listed_by_id_or_shuffled() {
    let world = World::start().await;
    for n in 0..9 {
        let body = json!({"number": format!("+1555078400{n}")});
        world.post("/_sandbox/numbers", body).await.ok();
    }
    let listing = async || {
        let mut ids: Vec<u64> = Vec::new();
        let mut path = format!("/{DEFAULT_WABA_ID}/phone_numbers?fields=id&limit=4");
        loop {
            let page = world.get(&path).await.ok();
            let of_page = page["data"].as_array().unwrap().iter();
            ids.extend(
                of_page.map(|number| number["id"].as_str().unwrap().parse::<u64>().unwrap()),
            );
            let Some(next) = page["paging"]["next"].as_str() else {
                return ids;
            };
            path = next
                .strip_prefix(&world.sandbox.base_url())
                .unwrap()
                .to_owned();
        }
    };
    let ordered = listing().await;
    assert_eq!(ordered.len(), 10);
    assert!(ordered.is_sorted());
    let shuffle = json!({"shuffle_lists": true});
    world.post("/_sandbox/behaviour", shuffle).await.ok();
    let (mut one, other) = (listing().await, listing().await);
    assert_ne!(one, other);
    one.sort_unstable();
    assert_eq!(one, ordered, "each once, through all pages");
}
