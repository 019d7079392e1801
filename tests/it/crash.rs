//! At most once, whatever happens to the process: `kill -9` at any moment, and an end at every named point.
//!
//! The sandbox lives in this process, so that its log survives every kill: what Meta took is known, whatever the ledger
//! says.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kit::{Child, Project, Random, World, number, rows, size};

const APPLY: [&str; 5] = ["apply", "--auto-approve", "--wait", "--allow", "new_ledger"];

/// How many contacts come to the list before each kill.
const MORE: usize = 20;

/// Answers take so long that a kill finds messages in flight.
async fn slow(world: &World) {
    let latency = json!({ "match": { "path": "/messages" }, "fault": { "latency": "40ms" } });
    world.fault(latency).await;
}

/// Lets a run go on until so many more requests were made, then ends it. Tells whether it was still alive.
async fn kill_after(world: &World, mut child: Child, requests: usize) -> bool {
    let before = child.started_at;
    while !world.has_seen(before, requests).await {
        if child.has_ended() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let alive = !child.has_ended();
    if alive {
        child.kill();
    }
    let run = child.ended().await.anyhow();
    assert!(run.code.is_none() || run.code == Some(0), "{run}");
    alive
}

/// Holds the law: every contact has exactly one message at Meta, or is named as uncertain and has at most one.
async fn exactly_once(project: &Project, world: &World, contacts: usize) {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for message in world.messages().await {
        let to = message["to"].as_str().unwrap().trim_start_matches('+');
        *taken.entry(format!("+{to}")).or_default() += 1;
    }
    let history = project
        .run(world, &["history", "spring", "--format", "json"])
        .await
        .succeeds()
        .json_lines();
    assert_eq!(history.len(), contacts);
    let rows: BTreeMap<&str, &Value> = history
        .iter()
        .map(|row| (row["Message_To"].as_str().unwrap(), row))
        .collect();
    let mut uncertain = 0;
    for index in 0..contacts {
        let number = number(index);
        let row = rows[number.as_str()];
        let times = taken.remove(&number).unwrap_or_default();
        if row["state"] == "uncertain" || row["outcome"] == "uncertain" {
            uncertain += 1;
            assert!(times <= 1, "{number} has {times} messages: {row}");
        } else {
            assert_eq!(times, 1, "{row}");
            assert!(row["message_id"].is_string(), "{row}");
        }
    }
    assert!(taken.is_empty(), "nobody asked for these: {taken:?}");
    let status = project
        .run(world, &["status", "--format", "json"])
        .await
        .succeeds()
        .json();
    assert_eq!(status["campaigns"][0]["uncertain"], uncertain, "{status:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_moments_nobody_is_messaged_twice_or_lost() {
    let mut random = Random::new("kills");
    let kills = size("FULL_KILLS", 10);
    let project = Project::new();
    project.change("from = \"support\"", "from = \"support\"\nrate = \"20/s\"");
    let world = World::start().await;
    slow(&world).await;
    let mut killed = 0;
    let contacts = MORE * kills;
    for round in 1..=kills {
        // There is always somebody left to be messaged.
        project.write("customers.csv", rows(0..MORE * round));
        let child = project.begin(&world, &APPLY).await;
        // Some die while they plan and write, most while they send.
        let moment = 1 + random.below(5 + MORE);
        killed += usize::from(kill_after(&world, child, moment).await);
    }
    assert!(
        killed * 2 > kills,
        "only {killed} of {kills} runs were killed under way"
    );
    world.heal().await;
    project.run(&world, &APPLY).await.succeeds();
    exactly_once(&project, &world, contacts).await;
    project.plan(&world).await.succeeds().says("No changes.");
    assert_eq!(world.templates().await.len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_at_every_named_point_loses_and_doubles_nothing() {
    for point in [
        "before_write",
        "after_write",
        "after_claim",
        "before_send",
        "after_send_before_settle",
        "after_settle",
    ] {
        let project = Project::with_customers(6);
        let world = World::start().await;
        let crashed = project
            .run_with(&world, &[("WAFORM_FAILPOINT", point)], &APPLY)
            .await
            .anyhow();
        assert_eq!(crashed.code, None, "{point} was not reached\n{crashed}");
        project.run(&world, &APPLY).await.succeeds();
        exactly_once(&project, &world, 6).await;
        let created = world.requests_after(0).await;
        let created = created
            .iter()
            .filter(|request| request.created_template().is_some());
        assert_eq!(created.count(), 1, "{point}: a template was made twice");
        project.plan(&world).await.succeeds().says("No changes.");
        world.finish().await;
    }
}

/// With the sandbox inside the command both sides die at once; both come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sandbox_inside_the_command_survives_the_same_kill() {
    let project = Project::with_customers(40);
    let elsewhere = World::start().await;
    let apply = ["apply", "--sandbox", "--auto-approve", "--wait"];
    for point in ["after_write", "after_claim", "after_send_before_settle"] {
        let crashed = project
            .run_with(&elsewhere, &[("WAFORM_FAILPOINT", point)], &apply)
            .await
            .anyhow();
        assert_eq!(crashed.code, None, "{point} was not reached\n{crashed}");
    }
    project.run(&elsewhere, &apply).await.succeeds();
    let history = project
        .run(
            &elsewhere,
            &["history", "spring", "--sandbox", "--format", "json"],
        )
        .await
        .succeeds()
        .json_lines();
    let uncertain: Vec<&str> = history
        .iter()
        .filter(|row| row["state"] == "uncertain" || row["outcome"] == "uncertain")
        .map(|row| row["Message_To"].as_str().unwrap())
        .collect();
    let world = World::beside(&project).await;
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for message in world.messages().await {
        let to = message["to"].as_str().unwrap().trim_start_matches('+');
        *taken.entry(format!("+{to}")).or_default() += 1;
    }
    for index in 0..40 {
        let number = number(index);
        let times = taken.get(&number).copied().unwrap_or_default();
        let allowed = if uncertain.contains(&number.as_str()) {
            0..=1
        } else {
            1..=1
        };
        assert!(allowed.contains(&times), "{number} has {times} messages");
    }
    world.finish().await;
    elsewhere.finish().await;
}
