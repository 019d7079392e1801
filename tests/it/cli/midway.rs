//! What happens while a run is under way: nothing goes out that the plan did not show, and nobody is kept waiting.

use serde_json::json;

use crate::kit::{Project, World, rows};

const EXTRA: &str = "\n[template.extra]\ncategory = \"utility\"\nlanguage = \"en_US\"\nbody = \"Our shop is closed on Monday.\"\n";
const ANOTHER: &str = "\n[template.another]\ncategory = \"utility\"\nlanguage = \"en_US\"\nbody = \"Our shop is closed on Sunday.\"\n";

async fn until(what: impl AsyncFn() -> bool) {
    let waiting = async {
        while !what().await {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, waiting).await.unwrap();
}

fn held_locks(project: &Project) -> i64 {
    let state = rusqlite::Connection::open(project.state()).unwrap();
    state
        .query_row("SELECT count(*) FROM lock", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_does_not_send_the_old_text_of_a_template_that_was_not_tried() {
    let project = Project::new();
    project.append("waform.toml", ANOTHER);
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let first = world.template("another").await["id"].clone();

    project.change("on Sunday", "on Tuesday");
    project.change("leaves us today", "leaves us tomorrow");
    project.write("customers.csv", rows(0..5));
    let locked = json!({
        "match": { "method": "POST", "path": first.as_str().unwrap(), "times": 1 },
        "fault": { "error": { "code": 131_031, "message": "Business account has been locked" } },
    });
    world.fault(locked).await;
    project
        .apply(&world)
        .await
        .exits(1)
        .says("template.order_update[\"en_US\"]: not tried");
    assert_eq!(world.accepted().await, 3, "the old text was sent");
    world.heal().await;
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 5);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_gives_the_lock_back() {
    let project = Project::new();
    let world = World::start().await;
    std::fs::remove_file(project.path().join("customers.csv")).unwrap();
    project.apply(&world).await.exits(1);
    assert_eq!(held_locks(&project), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_lost_its_lock_writes_nothing_more() {
    let project = Project::new();
    let world = World::start().await;
    project
        .run(&world, &["apply", "--auto-approve"])
        .await
        .exits(1)
        .says("new_ledger");
    let slow = json!({ "match": { "method": "GET", "path": "message_templates" }, "fault": { "latency": "2s" } });
    world.fault(slow).await;
    let apply = [
        "apply",
        "--auto-approve",
        "--allow",
        "new_ledger",
        "--detailed-exitcode",
    ];
    let child = project.start(&world, project.command(&world, &apply));
    until(async || held_locks(&project) == 1).await;
    let state = rusqlite::Connection::open(project.state()).unwrap();
    state
        .execute(
            "UPDATE lock SET id = 'another', holder = 'ben@elsewhere'",
            [],
        )
        .unwrap();
    child.ended().await.exits(1).says("ben@elsewhere");
    assert_eq!(world.writes_after(0).await.len(), 0);
    assert_eq!(
        held_locks(&project),
        1,
        "another run's lock is not ours to give back"
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_waits_for_a_review_holds_its_campaign_when_the_review_ends() {
    let project = Project::new();
    let world = World::start().await;
    world.pull("reviews", json!({ "status": "PENDING" })).await;
    let apply = [
        "apply",
        "--auto-approve",
        "--allow",
        "new_ledger",
        "--detailed-exitcode",
    ];
    project.run(&world, &apply).await.exits(2);
    let id = world.template("order_update").await["id"].clone();

    project.change("leaves us today", "leaves us tomorrow");
    let waiting = [&apply[..], &["--wait=60s"]].concat();
    let child = project.start(&world, project.command(&world, &waiting));
    child.has_said("the edit waits for Meta's review");
    world
        .alter(id.as_str().unwrap(), json!({ "status": "APPROVED" }))
        .await;
    child.ended().await.exits(2);
    assert_eq!(world.accepted().await, 0, "the old text was sent");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_edits_during_the_wait_is_not_sent() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let id = world.template("order_update").await["id"].clone();
    project.append("waform.toml", EXTRA);
    project.write("customers.csv", rows(0..5));
    world.pull("reviews", json!({ "status": "PENDING" })).await;
    let waiting = [
        "apply",
        "--auto-approve",
        "--detailed-exitcode",
        "--wait=60s",
        "--format",
        "json",
    ];
    let child = project.start(&world, project.command(&world, &waiting));
    child.has_said("apply_complete");
    let mut components = world.template("order_update").await["components"].clone();
    components[0]["text"] =
        "Hi {{first_name}}, forget your order {{order_no}} today. Reply here with any questions."
            .into();
    world
        .alter(id.as_str().unwrap(), json!({ "components": components }))
        .await;
    let extra = world.template("extra").await["id"].clone();
    world
        .alter(extra.as_str().unwrap(), json!({ "status": "APPROVED" }))
        .await;
    child
        .ended()
        .await
        .exits(2)
        .says("what is live is not what is declared");
    assert_eq!(world.accepted().await, 3, "somebody else's text was sent");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_no_record_tells_of_uses_up_the_days_edit() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    // As after a crash between the edit and its record: live is what is declared, and last applied is not.
    let template = world.template("order_update").await;
    let mut components = template["components"].clone();
    let text = components[0]["text"].as_str().unwrap();
    components[0]["text"] = text.replace("leaves us today", "leaves us tomorrow").into();
    world
        .alter(
            template["id"].as_str().unwrap(),
            json!({ "components": components }),
        )
        .await;
    project.change("leaves us today", "leaves us tomorrow");
    project.apply(&world).await.succeeds();
    project.change("leaves us tomorrow", "leaves us soon");
    project
        .plan(&world)
        .await
        .exits(1)
        .says("1 edit in 24 hours");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creations_beyond_a_hundred_an_hour_wait_and_the_next_run_goes_on() {
    let project = Project::new();
    let more: String = (0..100)
        .map(|index| {
            let extra = EXTRA.replace("extra", &format!("z{index:03}"));
            extra.replace("Monday", &format!("day {index} of the sale"))
        })
        .collect();
    project.append("waform.toml", &more);
    let world = World::beside(&project).await;
    let apply = [
        "apply",
        "--sandbox",
        "--auto-approve",
        "--wait",
        "--detailed-exitcode",
    ];
    project
        .plan_with(&world, &["--sandbox"])
        .await
        .exits(2)
        .says("100 new templates an hour");
    project.run(&world, &apply).await.exits(2);
    assert_eq!(world.templates().await.len(), 100);
    assert_eq!(
        world.accepted().await,
        3,
        "what does not need the rest goes on"
    );
    world.advance("61m").await;
    project.run(&world, &apply).await.succeeds();
    assert_eq!(world.templates().await.len(), 101);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_that_is_over_promises_nobody_a_message() {
    let project = Project::new();
    project.change(
        "from = \"support\"",
        "from = \"support\"\nduration = \"1h\"",
    );
    let world = World::beside(&project).await;
    let apply = [
        "apply",
        "--sandbox",
        "--auto-approve",
        "--wait",
        "--detailed-exitcode",
    ];
    project.run(&world, &apply).await.succeeds();
    world.advance("2h").await;
    project.write("customers.csv", rows(0..5));
    project
        .plan_with(&world, &["--sandbox"])
        .await
        .succeeds()
        .says("2 contacts will not be messaged");
    project.run(&world, &apply).await.succeeds();
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_uploads_no_picture_for_nobody() {
    let project = Project::example("media-template");
    let world = World::beside(&project).await;
    let apply = ["apply", "--sandbox", "--auto-approve", "--wait"];
    project.change("quiet_hours = ", "# quiet_hours = ");
    let run = async || {
        let mut command = project.command(&world, &apply);
        command.env_remove("WAFORM_VAR_base_url");
        project.start(&world, command).ended().await.succeeds();
    };
    run().await;
    assert!(world.accepted().await > 0);
    let before = world.latest().await;
    run().await;
    let writes = world.writes_after(before).await;
    assert!(writes.is_empty(), "{writes:#?}");
    world.finish().await;
}
