//! Live objects of the same name and language become ours, and nothing of theirs is changed unasked.

use crate::kit::{Project, World};

/// No campaign, so that nobody's ledger is in question.
fn templates_only() -> Project {
    let project = Project::new();
    for block in [
        "[mapping.orders]",
        "[mapping.orders.variables]",
        "[campaign.spring]",
    ] {
        project.remove(block);
    }
    project
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_equal_live_template_is_adopted_without_a_write() {
    let project = templates_only();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.forget_state();
    let before = world.latest().await;
    project
        .plan(&world)
        .await
        .exits(2)
        .says("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.");
    project.apply(&world).await.succeeds();
    assert_eq!(world.writes_after(before).await.len(), 0);
    project.plan(&world).await.succeeds().says("No changes.");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_template_that_differs_is_edited_only_when_allowed() {
    let project = templates_only();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.forget_state();
    project.change("leaves us today", "leaves us tomorrow");
    let before = world.latest().await;
    project
        .apply(&world)
        .await
        .exits(3)
        .says("adopting would edit 1 live object")
        .says("--allow adopt_edits");
    assert_eq!(world.writes_after(before).await.len(), 0);
    project
        .plan_with(&world, &["--allow", "adopt_edits"])
        .await
        .exits(2)
        .says("Plan: 1 to import, 0 to add, 1 to change, 0 to destroy.");
    let apply = [
        "apply",
        "--auto-approve",
        "--wait",
        "--allow",
        "adopt_edits",
    ];
    project.run(&world, &apply).await.succeeds();
    let template = world.template("order_update").await;
    assert!(
        template["components"]
            .to_string()
            .contains("leaves us tomorrow"),
        "{template:#}"
    );
    project.plan(&world).await.succeeds().says("No changes.");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_edited_or_deleted_at_meta_is_shown_and_put_right() {
    let project = templates_only();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let template = world.template("order_update").await;
    let id = template["id"].as_str().unwrap();
    let mut components = template["components"].clone();
    components[0]["text"] =
        "Hi {{first_name}}, your parcel {{order_no}} was changed by somebody else.".into();
    world
        .alter(id, serde_json::json!({ "components": components }))
        .await;
    project.plan(&world).await.exits(2).says("1 to change");
    project.apply(&world).await.succeeds();
    let template = world.template("order_update").await;
    assert!(
        template["components"]
            .to_string()
            .contains("leaves us today")
    );
    project.plan(&world).await.succeeds().says("No changes.");
    world.finish().await;
}
