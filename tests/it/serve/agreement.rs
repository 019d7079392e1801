//! What the ledger says and what the sandbox knows, held against each other to the last contact.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::kit::{CAMPAIGN, Scene};

/// The campaign's template, and the one for those whose window has closed.
const TEMPLATE: &str = "delivery_question";
const RECONTACT: &str = "still_there";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn plus(number: &Value) -> String {
    format!("+{}", text(number).trim_start_matches('+'))
}

/// How far a message got, as the sandbox knows it.
fn highest(message: &Value) -> &str {
    let statuses = message["statuses"].as_array().unwrap();
    let has = |wanted: &str| statuses.iter().any(|status| status["status"] == wanted);
    let order = ["read", "delivered", "failed", "sent"];
    order
        .into_iter()
        .find(|status| has(status))
        .unwrap_or("accepted")
}

/// What a row says of an attempt that was accepted.
fn told(row: &Value) -> &str {
    match text(&row["Status"]) {
        status @ ("sent" | "delivered" | "read" | "failed") => status,
        _ => "accepted",
    }
}

/// Holds that history, status, interactions and desk say what happened, once all is quiet. Returns the rows of the
/// history.
pub(super) async fn holds(scene: &Scene) -> Vec<Value> {
    let rows = scene.history().await;
    let messages = scene.world.messages().await;
    messages_are_known(&rows, &messages);
    status_counts(&scene.status().await, &rows, &messages);
    interactions_are(&scene.interactions().await, &rows);
    recontacts_follow(scene, &messages).await;
    desk_was_told(scene).await;
    rows
}

/// Every message that was taken is the ledger's, and got as far as the ledger says.
fn messages_are_known(rows: &[Value], messages: &[Value]) {
    let by_id: BTreeMap<&str, &Value> = messages
        .iter()
        .map(|message| (text(&message["id"]), message))
        .collect();
    let mut templates: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    let of_campaign = |message: &&Value| message["template"] == TEMPLATE;
    for message in messages.iter().filter(of_campaign) {
        templates
            .entry(plus(&message["to"]))
            .or_default()
            .push(message);
    }
    for row in rows {
        let phone = text(&row["Message_To"]);
        let sent = templates.remove(phone).unwrap_or_default();
        let last = sent.last().copied();
        match row["message_id"].as_str() {
            Some(id) => {
                let message = by_id
                    .get(id)
                    .unwrap_or_else(|| panic!("Meta has none: {row:#}"));
                assert_eq!(Some(*message), last, "not the latest: {row:#}");
                assert_eq!(told(row), highest(message), "{row:#}\n{message:#}");
            }
            // An earlier attempt may have come to something, as long as it came to nothing in the end.
            None => assert!(
                last.is_none_or(|message| highest(message) == "failed"),
                "the ledger does not know of it: {row:#}
{last:#?}"
            ),
        }
        let taken = sent.iter().filter(|message| highest(message) != "failed");
        assert!(taken.count() <= 1, "messaged twice: {row:#}\n{sent:#?}");
    }
    assert!(
        templates.is_empty(),
        "nobody asked for these: {templates:#?}"
    );
}

/// The numbers of `status` are those of the rows and of Meta.
fn status_counts(status: &Value, rows: &[Value], messages: &[Value]) {
    let standing = &status["campaigns"][0];
    assert_eq!(standing["campaign"], CAMPAIGN);
    let hopper = &standing["hopper"];
    let count = |key: &str| hopper[key].as_u64().unwrap();
    let parts = ["fresh", "retry", "pending", "closed"].map(count);
    assert_eq!(count("total"), parts.iter().sum::<u64>(), "{hopper}");
    assert_eq!(count("total"), rows.len() as u64, "{hopper}");

    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["state"] == "closed") {
        *outcomes.entry(text(&row["outcome"])).or_default() += 1;
    }
    assert_eq!(standing["outcome"], serde_json::json!(outcomes));

    let by_id: BTreeMap<&str, &Value> = messages
        .iter()
        .map(|message| (text(&message["id"]), message))
        .collect();
    let mut delivery: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        if let Some(message) = row["message_id"].as_str().and_then(|id| by_id.get(id)) {
            *delivery.entry(highest(message)).or_default() += 1;
        }
    }
    for reached in ["accepted", "sent", "delivered", "read"] {
        let expected = delivery.get(reached).copied().unwrap_or_default();
        assert_eq!(
            standing["delivery"][reached], expected,
            "{reached}: {standing:#}"
        );
    }
    // Refused by Meta's answer, or by a status.
    let refused = rows.iter().filter(|row| row["Status"] == "failed").count();
    assert_eq!(
        standing["delivery"]["failed"], refused as u64,
        "{standing:#}"
    );
    for what in ["inbox", "dead_letters"] {
        assert_eq!(status[what], 0, "{what}: {status:#}");
    }
}

/// Whoever may have got a message has a conversation, as open as the contact.
fn interactions_are(interactions: &[Value], rows: &[Value]) {
    let by_phone: BTreeMap<&str, &Value> = interactions
        .iter()
        .map(|interaction| (text(&interaction["phone"]), interaction))
        .collect();
    assert_eq!(by_phone.len(), interactions.len(), "a conversation twice");
    for row in rows {
        let phone = text(&row["Message_To"]);
        let reached = row["message_id"].is_string() && row["Status"] != "failed";
        match by_phone.get(phone) {
            Some(interaction) => {
                assert_eq!(
                    interaction["open"],
                    row["state"] != "closed",
                    "{interaction:#}"
                );
                assert_eq!(interaction["outcome"], row["outcome"], "{interaction:#}");
                assert_eq!(interaction["answer"], row["answer"], "{interaction:#}");
            }
            None => assert!(!reached, "a conversation is missing: {row:#}"),
        }
    }
}

/// What each person wrote, by number: the ids of the messages, in order.
type Written = BTreeMap<String, Vec<String>>;

/// The ids of what customers wrote, but for what they said to be left alone.
async fn written(scene: &Scene) -> Written {
    let mut written = Written::new();
    for inbound in scene.customers_wrote().await {
        let is_message = inbound["kind"] != "user_preferences";
        if is_message && inbound["value"]["text"]["body"] != "STOP" {
            let id = text(&inbound["id"]).to_owned();
            let from = plus(&inbound["wa_id"]);
            written.entry(from).or_default().push(id);
        }
    }
    written
}

/// Only who wrote is written to after their window has closed, once each time.
async fn recontacts_follow(scene: &Scene, messages: &[Value]) {
    let mut wrote: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for inbound in scene.customers_wrote().await {
        let at = text(&inbound["at"]).parse().unwrap();
        wrote.entry(plus(&inbound["wa_id"])).or_default().push(at);
    }
    let mut recontacted: BTreeMap<String, Timestamp> = BTreeMap::new();
    let recontact =
        |message: &&Value| message["template"] == RECONTACT && highest(message) != "failed";
    for message in messages.iter().filter(recontact) {
        let phone = plus(&message["to"]);
        let at: Timestamp = text(&message["accepted_at"]).parse().unwrap();
        let before = recontacted
            .insert(phone.clone(), at)
            .unwrap_or(Timestamp::MIN);
        let mut wrote = wrote.get(&phone).into_iter().flatten();
        let has_written = wrote.any(|wrote| (before..at).contains(wrote));
        assert!(has_written, "has not written since {before}: {message:#}");
    }
}

/// What the desk was told that each person wrote. What is told again is the same, and nobody need act on it twice.
async fn told_to_desk(scene: &Scene) -> Written {
    let (mut keys, mut told) = (BTreeSet::new(), Written::new());
    for row in scene.sink("handoff.desk").await {
        let key = text(&row["headers"]["idempotency-key"]).to_owned();
        if keys.insert(key) {
            let phone = text(&row["body"]["contact"]["phone"]).to_owned();
            let id = text(&row["body"]["message"]["id"]).to_owned();
            told.entry(phone).or_default().push(id);
        }
    }
    told
}

/// The desk has everything that customers wrote, each message once.
async fn desk_was_told(scene: &Scene) {
    let sorted = |mut written: Written| {
        written.values_mut().for_each(|ids| ids.sort());
        written
    };
    let written = written(scene).await;
    assert_eq!(sorted(told_to_desk(scene).await), sorted(written));
}

/// Holds that the desk heard everybody in the order in which they wrote, and every message by one request; so it is where
/// nothing went wrong on the way.
pub(super) async fn desk_heard_in_order(scene: &Scene) {
    assert_eq!(told_to_desk(scene).await, written(scene).await);
    let mut keys = BTreeSet::new();
    for row in scene.sink("handoff.desk").await {
        let key = text(&row["headers"]["idempotency-key"]).to_owned();
        assert!(keys.insert(key), "told twice: {row:#}");
    }
}
