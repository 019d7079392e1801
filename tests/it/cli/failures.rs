//! What the world can do to a run: each has its own error, with what to do, and nothing is left half done.

use serde_json::json;

use crate::kit::{Project, World};

const APPLY: [&str; 5] = [
    "apply",
    "--auto-approve",
    "--allow",
    "new_ledger",
    "--detailed-exitcode",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_says_when_it_expired_and_how_to_get_a_lasting_one() {
    let project = Project::new();
    let world = World::start().await;
    let environment = [("WHATSAPP_ACCESS_TOKEN", "waform-sandbox-token-expired")];
    for command in [&["plan", "--detailed-exitcode"][..], &APPLY] {
        project
            .run_with(&world, &environment, command)
            .await
            .exits(1)
            .says("meta::token_expired")
            .says("The token expired on Wednesday, 31-Dec-25 16:00:00 PST.")
            .says("system-user token")
            .says("fbtrace_id");
    }
    assert!(
        world
            .requests_after(0)
            .await
            .iter()
            .all(|request| request.method == "GET")
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_permission_is_named() {
    let project = Project::new();
    let world = World::start().await;
    let messaging_only = [(
        "WHATSAPP_ACCESS_TOKEN",
        "waform-sandbox-token-messaging-only",
    )];
    project
        .run_with(&world, &messaging_only, &["plan", "--detailed-exitcode"])
        .await
        .exits(1)
        .says("meta::permission")
        .says("whatsapp_business_management");

    // Templates may be made, but nobody messaged: said, and everybody stays to be messaged.
    let management_only = [(
        "WHATSAPP_ACCESS_TOKEN",
        "waform-sandbox-token-management-only",
    )];
    let apply = [&APPLY[..], &["--wait"]].concat();
    project
        .run_with(&world, &management_only, &apply)
        .await
        .exits(6)
        .says("permission");
    assert_eq!(world.accepted().await, 0);
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_is_not_there_is_named_before_anything_happens() {
    let project = Project::new();
    let world = World::start().await;
    let mut command = project.command(&world, &["plan"]);
    command.env_remove("WHATSAPP_ACCESS_TOKEN");
    project
        .start(&world, command)
        .ended()
        .await
        .exits(1)
        .says("the environment variable `WHATSAPP_ACCESS_TOKEN` is not set");
    assert!(world.requests_after(0).await.is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_network_is_told_from_a_refusal() {
    let project = Project::new();
    let world = World::start().await;
    // Nobody listens on the port of a listener that has gone.
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let nowhere = format!("http://{address}");
    project
        .run_with(
            &world,
            &[("WAFORM_VAR_base_url", &nowhere)],
            &["plan", "--detailed-exitcode"],
        )
        .await
        .exits(1)
        .says("meta::unreachable")
        .says("Check the network");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_of_a_newer_version_is_left_alone() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let database = rusqlite::Connection::open(project.state()).unwrap();
    database.pragma_update(None, "user_version", 4_711).unwrap();
    drop(database);
    let before = world.latest().await;
    for command in [&["plan", "--detailed-exitcode"][..], &APPLY, &["status"]] {
        project
            .run(&world, command)
            .await
            .exits(1)
            .says("store::newer")
            .says("written by a newer version");
    }
    assert_eq!(world.writes_after(before).await.len(), 0);
    let database = rusqlite::Connection::open(project.state()).unwrap();
    let version: i64 = database
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 4_711);
    drop(database);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_state_is_not_written_over() {
    let project = Project::new();
    let world = World::start().await;
    std::fs::create_dir(project.path().join(".waform")).unwrap();
    let text = "These are somebody's notes, and no database at all.\n".repeat(100);
    project.write(".waform/state.db", &text);
    project.apply(&world).await.exits(1).says("store::foreign");
    assert_eq!(project.read(".waform/state.db"), text);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_is_not_there_stops_before_meta_is_touched() {
    let project = Project::new();
    std::fs::remove_file(project.path().join("customers.csv")).unwrap();
    let world = World::start().await;
    project.apply(&world).await.exits(1).says("customers.csv");
    assert_eq!(world.writes_after(0).await.len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_in_trouble_stops_the_writing_and_says_so() {
    let project = Project::new();
    let world = World::start().await;
    // 131031: the account is locked. Nothing more is tried after the first refusal.
    let locked = json!({
        "match": { "method": "POST" },
        "fault": { "error": { "code": 131_031, "message": "Business account has been locked" } },
    });
    world.fault(locked).await;
    project
        .apply(&world)
        .await
        .exits(1)
        .says("Business account has been locked")
        .says("fbtrace_id");
    assert_eq!(world.writes_after(0).await.len(), 1);
    world.finish().await;
}
