//! What holds whatever happens to any process at any moment, once everything has come to its end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::agreement;
use crate::kit::{CAMPAIGN, Scene};

/// Lets everything come to its end undisturbed: what waits is delivered, retried, answered or timed out.
pub(super) async fn come_to_rest(scene: &mut Scene, contacts: usize) {
    scene.world.heal().await;
    if !scene.is_served() {
        scene.serve().await;
    }
    scene.run(&["resume", "--all"]).await.succeeds();
    scene.run(&["resume", CAMPAIGN]).await.succeeds();
    // Whatever the last apply had no time for.
    scene.launch().await;
    // Longer than any wait of a webhook or an errand that is tried again.
    for _ in 0..40 {
        scene.world.advance("7h").await;
        scene.until_caught_up().await;
        let status = scene.status().await;
        if status["campaigns"][0]["hopper"]["closed"] == contacts {
            return;
        }
    }
    panic!("some are not closed: {:#}", scene.status().await);
}

/// Holds all laws, and returns the rows of the history. `opted_out` are those who asked to be left alone.
pub(super) async fn hold(scene: &Scene, opted_out: &BTreeSet<String>) -> Vec<Value> {
    // Nobody has two messages of one attempt to reach them, nothing that was told is lost.
    let rows = agreement::holds(scene).await;
    let messages = scene.world.messages().await;
    every_message_is_known(scene, &messages);
    no_claim_is_used_twice(&messages);
    whoever_got_nothing_has_a_reason(&rows, &messages);
    opt_outs_are_kept(scene, opted_out);
    nothing_is_lost_in_the_ledger(scene);
    rows
}

fn ledger(scene: &Scene) -> rusqlite::Connection {
    rusqlite::Connection::open(scene.ledger()).unwrap()
}

fn texts(ledger: &rusqlite::Connection, sql: &str) -> BTreeSet<String> {
    let mut statement = ledger.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Everything that Meta took is in the ledger, with the id that Meta gave it.
fn every_message_is_known(scene: &Scene, messages: &[Value]) {
    let sql = "SELECT message_id FROM attempt WHERE message_id IS NOT NULL
        UNION SELECT message_id FROM errand WHERE message_id IS NOT NULL";
    let known = texts(&ledger(scene), sql);
    for message in messages {
        let id = message["id"].as_str().unwrap();
        assert!(known.contains(id), "the ledger does not know {message:#}");
    }
}

/// What was claimed once was taken at most once.
fn no_claim_is_used_twice(messages: &[Value]) {
    let mut tags: BTreeMap<&str, &Value> = BTreeMap::new();
    for message in messages {
        let tag = message["biz_opaque_callback_data"].as_str().unwrap();
        if let Some(other) = tags.insert(tag, message) {
            panic!("taken twice: {other:#}\n{message:#}");
        }
    }
}

fn whoever_got_nothing_has_a_reason(rows: &[Value], messages: &[Value]) {
    let reached: BTreeSet<&str> = messages
        .iter()
        .filter(|message| ["delivered", "read"].contains(&message["status"].as_str().unwrap()))
        .map(|message| message["id"].as_str().unwrap())
        .collect();
    for row in rows {
        assert_eq!(row["state"], "closed", "{row:#}");
        let got = row["message_id"]
            .as_str()
            .is_some_and(|id| reached.contains(id));
        let reason = row["Description"].as_str().unwrap();
        assert!(row["outcome"].is_string(), "{row:#}");
        assert!(got || !reason.is_empty(), "no reason: {row:#}");
    }
}

fn opt_outs_are_kept(scene: &Scene, opted_out: &BTreeSet<String>) {
    let sql = "SELECT '+' || c.phone FROM suppressed s JOIN contact c ON c.id = s.contact";
    let kept = texts(&ledger(scene), sql);
    let lost: Vec<_> = opted_out.difference(&kept).collect();
    assert!(lost.is_empty(), "lost opt-outs: {lost:?}");
}

/// Nothing waits for ever, and nothing was given up.
fn nothing_is_lost_in_the_ledger(scene: &Scene) {
    for (what, sql) in [
        ("webhooks wait", "SELECT count(*) FROM inbox"),
        (
            "webhooks were not understood",
            "SELECT count(*) FROM dead_letter",
        ),
        // A status of a message that the ledger came to know is no orphan any more.
        ("statuses are nobody's", "SELECT count(*) FROM orphan"),
        (
            "errands wait",
            "SELECT count(*) FROM errand WHERE state < 2",
        ),
        (
            "the desk was not told",
            "SELECT count(*) FROM errand WHERE kind > 0 AND state <> 2",
        ),
    ] {
        assert_eq!(scene.count(sql), 0, "{what}");
    }
}
