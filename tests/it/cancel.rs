//! A run that is ended from outside, at every phase: it says so, leaves no lock behind and records nothing by halves; the
//! next run goes on from there.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::{Value, json};
use waform::clock::Clock;
use waform::store::{LockInfo, LockRequest, sqlite};

use crate::cli::terminal::on_a_terminal;
use crate::kit::{Project, World, number};

const APPLY: [&str; 5] = [
    "apply",
    "--auto-approve",
    "--allow",
    "new_ledger",
    "--detailed-exitcode",
];
/// Longer than any run waits that was asked to end.
const NEVER: Duration = Duration::from_secs(20);

const ANOTHER: &str = "\n[template.another]\ncategory = \"utility\"\nlanguage = \"en_US\"\nbody = \"Our shop is closed on Sunday.\"\n";

fn state(project: &Project) -> Connection {
    Connection::open(project.state()).unwrap()
}

fn is_locked(project: &Project) -> bool {
    let held = "SELECT EXISTS (SELECT 1 FROM lock)";
    state(project)
        .query_row(held, [], |row| row.get(0))
        .unwrap()
}

async fn until(what: impl AsyncFn() -> bool) {
    let waiting = async {
        while !what().await {
            tokio::task::yield_now().await;
        }
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, waiting).await.unwrap();
}

/// A state that exists, as after a first run.
async fn prepared(project: &Project, world: &World) {
    let refused = ["apply", "--auto-approve", "--detailed-exitcode"];
    project.run(world, &refused).await.exits(3);
}

/// The journal's latest run and its entries.
async fn journal(project: &Project, world: &World) -> (Value, Vec<Value>) {
    let latest = ["journal", "--limit", "1", "--format", "json"];
    let mut lines = project.run(world, &latest).await.succeeds().json_lines();
    (lines.remove(0), lines)
}

/// How many messages each contact got.
async fn received(world: &World) -> BTreeMap<String, usize> {
    let mut received = BTreeMap::new();
    for message in world.messages().await {
        let to = message["to"].as_str().unwrap().trim_start_matches('+');
        *received.entry(format!("+{to}")).or_default() += 1;
    }
    received
}

async fn slow(world: &World, path: &str, method: &str, latency: &str) {
    let fault =
        json!({ "match": { "method": method, "path": path }, "fault": { "latency": latency } });
    world.fault(fault).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_plans_a_run_ends_at_once_and_has_changed_nothing() {
    let project = Project::new();
    let world = World::start().await;
    prepared(&project, &world).await;
    slow(&world, "message_templates", "GET", "20s").await;
    for signal in ["TERM", "INT", "HUP"] {
        let child = project.start(&world, project.command(&world, &APPLY));
        until(async || is_locked(&project)).await;
        let asked = Instant::now();
        child.signal(signal);
        child
            .ended()
            .await
            .exits(1)
            .says("interrupted: nothing was changed");
        assert!(asked.elapsed() < NEVER, "{signal} was not heard");
        assert!(!is_locked(&project), "{signal}");
        let (run, entries) = journal(&project, &world).await;
        assert_eq!(run["outcome"], "error", "{run}");
        assert_eq!(entries[0]["code"], "cli::interrupted", "{entries:?}");
    }
    assert_eq!(world.writes_after(0).await.len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_question_ctrl_c_is_a_no() {
    let project = Project::new();
    let world = World::start().await;
    let command = project.command(
        &world,
        &["apply", "--detailed-exitcode", "--color", "never"],
    );
    let mut child = project.start(&world, on_a_terminal(&command));
    let mut stdin = child.stdin();
    child.has_said("Do you want to make these changes?");
    assert!(is_locked(&project));
    stdin.write_all(b"\x03").unwrap();
    child.ended().await.exits(1).says("Nothing was changed.");
    assert!(!is_locked(&project));
    assert_eq!(world.writes_after(0).await.len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_writes_the_write_under_way_is_finished_and_no_other_begun() {
    let project = Project::new();
    project.append("waform.toml", ANOTHER);
    let world = World::start().await;
    slow(&world, "message_templates", "POST", "1s").await;
    let child = project.start(&world, project.command(&world, &APPLY));
    child.has_told("template.another[\"en_US\"]: Creating...");
    child.terminate();
    child
        .ended()
        .await
        .exits(2)
        .says("template.another[\"en_US\"]: Created")
        .says("template.order_update[\"en_US\"]: not tried");
    assert!(!is_locked(&project));
    assert_eq!(world.templates().await.len(), 1);
    let (run, entries) = journal(&project, &world).await;
    assert_eq!(run["outcome"], "pending", "{run}");
    let created = entries.iter().filter(|entry| entry["action"] == "create");
    let stages: Vec<_> = created.map(|entry| entry["stage"].clone()).collect();
    assert_eq!(stages, ["begun", "done"], "{entries:#?}");

    world.heal().await;
    project.apply(&world).await.succeeds();
    let created = world.requests_after(0).await;
    let created = created
        .iter()
        .filter(|request| request.created_template().is_some());
    assert_eq!(created.count(), 2, "one is made twice");
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_twice_a_run_ends_at_once_and_still_leaves_no_lock() {
    let project = Project::new();
    let world = World::start().await;
    slow(&world, "message_templates", "POST", "20s").await;
    let child = project.start(&world, project.command(&world, &APPLY));
    child.has_told("template.order_update[\"en_US\"]: Creating...");
    until(async || {
        let begun = "SELECT EXISTS (SELECT 1 FROM entry WHERE stage = 0)";
        let begun = state(&project).query_row(begun, [], |row| row.get(0));
        begun.unwrap()
    })
    .await;
    child.signal("INT");
    child.has_told("Stopping");
    let asked = Instant::now();
    child.signal("TERM");
    child.ended().await.exits(130);
    assert!(asked.elapsed() < NEVER);
    assert!(!is_locked(&project));
    // What became of the write is not known, and the journal says so.
    project
        .run(&world, &["journal"])
        .await
        .succeeds()
        .says("no end recorded")
        .says("create template.order_update[\"en_US\"]: begun; what became of it is not known");
    world.heal().await;
    project.apply(&world).await.succeeds();
    assert_eq!(world.templates().await.len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_waits_for_a_review_a_run_leaves_and_the_next_one_goes_on() {
    let project = Project::new();
    let world = World::start().await;
    world.pull("reviews", json!({ "status": "PENDING" })).await;
    let waiting = [&APPLY[..], &["--wait"]].concat();
    let child = project.start(&world, project.command(&world, &waiting));
    child.has_told("template.order_update[\"en_US\"]: in review");
    child.terminate();
    child.ended().await.exits(2).says("in review");
    assert!(!is_locked(&project));
    assert_eq!(world.accepted().await, 0);
    let id = world.template("order_update").await["id"].clone();
    let approved = json!({ "status": "APPROVED" });
    world.alter(id.as_str().unwrap(), approved).await;
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_sends_what_is_in_flight_is_settled_and_the_rest_is_sent_later() {
    let project = Project::with_customers(40);
    project.change("from = \"support\"", "from = \"support\"\nrate = \"20/s\"");
    let world = World::start().await;
    slow(&world, "/messages", "POST", "40ms").await;
    let waiting = [&APPLY[..], &["--wait"]].concat();
    let child = project.start(&world, project.command(&world, &waiting));
    until(async || world.accepted().await >= 5).await;
    assert!(!is_locked(&project), "the lock is for reconciling alone");
    child.terminate();
    child.ended().await.exits(2);
    let sent = world.accepted().await;
    assert!((5..40).contains(&sent), "{sent} messages");
    let (run, entries) = journal(&project, &world).await;
    assert_eq!(run["outcome"], "pending", "{run}");
    let told = entries.iter().find(|entry| entry["action"] == "send");
    assert_eq!(told.unwrap()["detail"]["accepted"], sent, "{entries:#?}");
    assert_eq!(told.unwrap()["detail"]["uncertain"], 0);
    let open: i64 = state(&project)
        .query_row(
            "SELECT count(*) FROM attempt WHERE state IN (0, 3)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(open, 0, "something is in flight, or uncertain");

    world.heal().await;
    project.apply(&world).await.succeeds();
    let received = received(&world).await;
    assert_eq!(received.len(), 40);
    for index in 0..40 {
        assert_eq!(received[&number(index)], 1, "{}", number(index));
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_runs_lock_is_taken_over_here_at_once_and_elsewhere_after_its_lease() {
    let project = Project::new();
    let world = World::start().await;
    slow(&world, "message_templates", "POST", "20s").await;
    let mut child = project.start(&world, project.command(&world, &APPLY));
    child.has_told("template.order_update[\"en_US\"]: Creating...");
    child.kill();
    assert_eq!(child.ended().await.anyhow().code, None);
    assert!(is_locked(&project), "nobody was there to give it back");
    world.heal().await;

    // As another machine sees it: the process may live, so that its lease is waited for.
    let soon = Clock::system().now() + SignedDuration::from_secs(4);
    state(&project)
        .execute(
            "UPDATE lock SET host = 'elsewhere', until = ?1",
            [soon.as_microsecond()],
        )
        .unwrap();
    project.run(&world, &APPLY).await.exits(5).says("elsewhere");
    let patient = [&APPLY[..], &["--wait", "--lock-timeout", "1m"]].concat();
    project
        .run(&world, &patient)
        .await
        .succeeds()
        .says("Another run holds the lock");
    assert!(
        Clock::system().now() >= soon,
        "the lease was not waited for"
    );
    assert_eq!(world.templates().await.len(), 1);

    // On its own machine a dead process holds nothing.
    project.change("leaves us today", "leaves us tomorrow");
    let id = world.template("order_update").await["id"].clone();
    slow(&world, id.as_str().unwrap(), "POST", "20s").await;
    let mut child = project.start(&world, project.command(&world, &APPLY));
    child.has_told("Changing...");
    child.kill();
    assert_eq!(child.ended().await.anyhow().code, None);
    assert!(is_locked(&project));
    world.heal().await;
    project.apply(&world).await.succeeds();
    assert!(!is_locked(&project));
    world.finish().await;
}

/// Another run's lock, as it would be taken in CI.
async fn taken(project: &Project) -> LockInfo {
    let store = sqlite::open(&project.state(), sqlite::Mode::ReadWrite).unwrap();
    let now = Clock::system().now();
    let request = LockRequest {
        holder: "somebody@elsewhere".to_owned(),
        host: "elsewhere".to_owned(),
        process: 4711,
        command: "waform apply".to_owned(),
        run_address: Some("https://ci.example/runs/7".to_owned()),
        now,
        until: now + SignedDuration::from_mins(5),
    };
    store.lock(&request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_waits_for_a_lock_a_run_says_for_whom_and_ends_at_once() {
    let project = Project::new();
    let world = World::start().await;
    taken(&project).await;
    let patient = [&APPLY[..], &["--lock-timeout", "5m"]].concat();
    let child = project.start(&world, project.command(&world, &patient));
    child.has_told("https://ci.example/runs/7");
    let asked = Instant::now();
    child.signal("INT");
    child
        .ended()
        .await
        .exits(1)
        .says("waiting for it, at most 5m")
        .says("somebody@elsewhere")
        .says("4711 on elsewhere")
        .says("interrupted: nothing was changed");
    assert!(asked.elapsed() < NEVER);
    assert!(
        is_locked(&project),
        "another run's lock is not ours to give back"
    );
    assert!(world.requests_after(0).await.is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_is_taken_away_by_its_own_id_alone() {
    let project = Project::new();
    let world = World::start().await;
    prepared(&project, &world).await;
    project
        .run(&world, &["unlock"])
        .await
        .succeeds()
        .says("The state is not locked.");
    let held = taken(&project).await;
    let shown = ["unlock", "--format", "json"];
    let shown = project.run(&world, &shown).await.succeeds().json();
    assert_eq!(shown["locked"], true);
    assert_eq!(shown["lock"]["id"], held.id);
    assert_eq!(shown["lock"]["run_address"], "https://ci.example/runs/7");

    let wrong = ["unlock", "0123456789abcdef", "--auto-approve"];
    project
        .run(&world, &wrong)
        .await
        .exits(1)
        .says("somebody@elsewhere")
        .says(&held.id);
    project
        .run(&world, &["unlock", &held.id])
        .await
        .exits(1)
        .says("nobody to ask");
    assert!(is_locked(&project));

    // A configuration with errors is no reason to leave a state locked.
    project.append("waform.toml", "\n[tamplate.x]\n");
    project
        .run(&world, &["unlock", &held.id, "--auto-approve"])
        .await
        .succeeds()
        .says("somebody@elsewhere");
    assert!(!is_locked(&project));
    let text = project.read("waform.toml").replace("\n[tamplate.x]\n", "");
    project.write("waform.toml", text);
    let (run, entries) = journal(&project, &world).await;
    assert_eq!(run["command"], "waform unlock");
    assert!(entries[0]["text"].as_str().unwrap().contains(&held.id));
    project.apply(&world).await.succeeds();
    world.finish().await;
}
