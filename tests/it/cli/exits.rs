//! Exit codes: a contract with scripts. Code 4 stands with what is asked at a terminal and with saved plans.

use serde_json::json;
use waform::clock::Clock;
use waform::store::{LockRequest, sqlite};

use crate::kit::{Project, World};

/// Runs once for each way of asking: all is told with `--detailed-exitcode`, and only success or failure without.
async fn plan_exits(project: &Project, world: &World, arguments: &[&str], code: i32) {
    project.plan_with(world, arguments).await.exits(code);
    let plain = [&["plan"], arguments].concat();
    let failed = matches!(code, 1 | 3);
    project.run(world, &plain).await.exits(i32::from(failed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_tells_what_it_found_by_its_code() {
    let project = Project::new();
    let world = World::start().await;
    plan_exits(&project, &world, &["--allow", "new_ledger"], 2).await;
    plan_exits(&project, &world, &[], 3).await;
    plan_exits(&project, &world, &["--target", "template.unknown"], 1).await;
    project.apply(&world).await.succeeds();
    plan_exits(&project, &world, &[], 0).await;
    project.append("waform.toml", "\n[tamplate.x]\n");
    plan_exits(&project, &world, &[], 1).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_that_is_not_through_yet_is_no_failure() {
    let project = Project::new();
    let world = World::start().await;
    world.pull("reviews", json!({ "status": "PENDING" })).await;
    let apply = ["apply", "--auto-approve", "--allow", "new_ledger"];
    project
        .run(&world, &apply)
        .await
        .succeeds()
        .says("in review");
    let detailed = [&apply[..], &["--detailed-exitcode"]].concat();
    project.run(&world, &detailed).await.exits(2);
    // The wait has an end, too.
    let waiting = [&detailed[..], &["--wait=1s"]].concat();
    project.run(&world, &waiting).await.exits(2);
    assert_eq!(world.accepted().await, 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_a_yes_is_not_done_where_nobody_can_say_it() {
    let project = Project::new();
    let world = World::start().await;
    project
        .run(&world, &["apply", "--detailed-exitcode"])
        .await
        .exits(7)
        .says("--auto-approve");
    project.run(&world, &["apply"]).await.exits(1);
    assert!(world.requests_after(0).await.is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_runs_lock_is_respected_and_its_holder_named() {
    let project = Project::new();
    let world = World::start().await;
    let store = sqlite::open(&project.state(), sqlite::Mode::ReadWrite).unwrap();
    let now = Clock::system().now();
    let lock = store
        .lock(&LockRequest {
            holder: "somebody@elsewhere".to_owned(),
            host: "elsewhere".to_owned(),
            process: 4711,
            command: "waform apply".to_owned(),
            run_address: None,
            now,
            until: now
                .saturating_add(jiff::SignedDuration::from_mins(5))
                .unwrap(),
        })
        .await
        .unwrap();
    project
        .apply(&world)
        .await
        .exits(5)
        .says("somebody@elsewhere")
        .says("4711")
        .says("--lock-timeout");
    assert!(world.requests_after(0).await.is_empty());
    // A plan takes no lock.
    project
        .plan_with(&world, &["--allow", "new_ledger"])
        .await
        .exits(2);

    // Whoever waits for it gets it.
    let waiting = [
        "apply",
        "--auto-approve",
        "--wait",
        "--allow",
        "new_ledger",
        "--lock-timeout",
        "2m",
        "--detailed-exitcode",
    ];
    let child = project.start(&world, project.command(&world, &waiting));
    store.unlock(&lock.id).await.unwrap();
    child.ended().await.succeeds();
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_fails_is_listed_and_the_rest_is_done() {
    let project = Project::new();
    project.append(
        "waform.toml",
        "\n[template.extra]\ncategory = \"utility\"\nlanguage = \"en_US\"\nbody = \"Our shop is closed on Monday.\"\n",
    );
    let world = World::start().await;
    let error = json!({
        "match": { "method": "POST", "path": "message_templates", "nth": 1 },
        "fault": { "error": { "code": 100, "subcode": 2_388_040, "message": "Invalid parameter" } },
    });
    world.fault(error).await;
    project
        .apply(&world)
        .await
        .exits(6)
        .says("Invalid parameter");
    assert_eq!(world.templates().await.len(), 1);
    project.apply(&world).await.succeeds();
    assert_eq!(world.templates().await.len(), 2);
    assert_eq!(world.accepted().await, 3);
    project.plan(&world).await.succeeds();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_after_something_was_written_is_not_told_as_nothing_written() {
    let project = Project::example("media-template");
    let world = World::beside(&project).await;
    let refused = json!({
        "match": { "method": "POST", "path": "/media" },
        "fault": { "error": { "code": 131_053, "message": "Media upload error" } },
    });
    world.fault(refused).await;
    let apply = [
        "apply",
        "--sandbox",
        "--auto-approve",
        "--wait",
        "--detailed-exitcode",
    ];
    project
        .run(&world, &apply)
        .await
        .exits(6)
        .says("Media upload error");
    assert_eq!(world.templates().await.len(), 1);
    assert_eq!(world.accepted().await, 0);
    world.finish().await;
}
