//! What stops sending at once, and what lets it go on.

use serde_json::{Value, json};

use super::agreement;
use crate::kit::{CAMPAIGN, Scene, customers, number};

/// The most that is claimed at once: what a number of Meta's usual throughput sends in a second.
const BATCH: i64 = 80;

fn phones(count: usize) -> Vec<String> {
    (0..count).map(number).collect()
}

/// How many messages were claimed to be sent.
fn claims(scene: &Scene) -> i64 {
    scene.count("SELECT count(*) FROM attempt")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_stop_from_elsewhere_lets_at_most_one_batch_go_out() {
    let phones = phones(600);
    let mut scene = Scene::of(&phones).await;
    scene.postpone("1h", "3d");
    scene.serve().await;
    scene.launch().await;
    assert_eq!(
        scene.world.accepted().await,
        0,
        "the start is still to come"
    );
    // Answers take so long that whoever stops it comes in time, however busy the machine is.
    let latency = json!({ "match": { "path": "/messages" }, "fault": { "latency": "3s" } });
    scene.world.fault(latency).await;
    scene.world.advance("1h").await;
    let sending = async || scene.world.accepted().await > 0;
    scene.until("serve sends", sending).await;

    let stop = ["stop", CAMPAIGN, "--reason", "a wrong price"];
    scene.run(&stop).await.succeeds().says("is stopped");
    // One batch may be under way then, and one be claimed that follows it.
    let (claimed, under_way) = (claims(&scene), scene.in_flight());
    let all = i64::try_from(phones.len()).unwrap();
    assert!(claimed < all - BATCH, "stopped too late to show anything");
    assert!(under_way <= 2 * BATCH, "{under_way} were under way");
    scene.world.heal().await;
    scene.until_quiet().await;
    assert_eq!(claims(&scene), claimed, "claimed after the stop");
    let after = scene.world.accepted().await;
    let status = scene.status().await;
    let halt = &status["halts"][0];
    assert_eq!(halt["subject"], CAMPAIGN, "{status:#}");
    assert_eq!(halt["reason"], "a wrong price", "{status:#}");
    let fresh = status["campaigns"][0]["hopper"]["fresh"].as_u64();
    assert_eq!(
        fresh,
        u64::try_from(phones.len() - after).ok(),
        "{status:#}"
    );

    // It holds whatever comes: another start of serve, an apply.
    scene.kill().await;
    scene.serve().await;
    scene.apply().await.anyhow().says("a wrong price");
    assert_eq!(scene.world.accepted().await, after);

    scene.run(&["resume", CAMPAIGN]).await.succeeds();
    let done = async || scene.world.accepted().await >= phones.len();
    scene.until("everybody is sent to", done).await;
    scene.until_quiet().await;
    agreement::holds(&scene).await;
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_ledger_stops_the_account_until_somebody_resumes_it() {
    let mut scene = Scene::of(&phones(5)).await;
    scene.serve().await;
    scene.launch().await;
    scene.until_quiet().await;
    scene.stop().await;
    let older = scene.project.path().join("older.db");
    scene.copy_ledger(&older);

    // Five more are messaged; what becomes of them is told only when the older copy is there.
    scene.project.write("customers.csv", customers(&phones(10)));
    scene
        .world
        .fault(json!({ "fault": { "webhooks": "hold" } }))
        .await;
    scene.launch().await;
    assert_eq!(scene.world.accepted().await, 10);
    scene.put_ledger(&older);
    scene.world.heal().await;
    scene.serve().await;
    let mut status = Value::Null;
    scene
        .until("the account is halted", async || {
            status = scene.status().await;
            status["halts"] != json!([])
        })
        .await;
    let halt = &status["halts"][0];
    assert_eq!(halt["scope"], "account", "{status:#}");
    assert_eq!(halt["cause"], "restored", "{status:#}");
    let told = scene.run(&["status"]).await.succeeds();
    told.says("older copy").says("waform resume");
    scene.apply().await.anyhow().says("older copy");
    assert_eq!(scene.world.accepted().await, 10, "nobody is messaged twice");

    // Somebody has looked, and accepts that the five are messaged again.
    scene.run(&["resume", "account.main"]).await.succeeds();
    scene.launch().await;
    scene.until_quiet().await;
    assert_eq!(scene.world.accepted().await, 15);
    assert_eq!(scene.status().await["halts"], json!([]));
    scene.finish().await;
}
