//! What Meta would refuse is refused in the plan, with the way out; what Meta's reviewers refuse is told in their words.

use serde_json::json;

use crate::kit::{Project, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_edit_within_a_day_waits_in_the_plan_until_the_day_is_over() {
    let project = Project::new();
    let world = World::beside(&project).await;
    let apply = [
        "apply",
        "--sandbox",
        "--auto-approve",
        "--wait",
        "--detailed-exitcode",
    ];
    project.run(&world, &apply).await.succeeds();
    project.change("leaves us today", "leaves us tomorrow");
    project.run(&world, &apply).await.succeeds();

    project.change("leaves us tomorrow", "leaves us soon");
    let before = world.latest().await;
    project
        .plan_with(&world, &["--sandbox"])
        .await
        .exits(1)
        .says("1 edit in 24 hours");
    project
        .run(&world, &apply)
        .await
        .exits(1)
        .says("nothing was changed");
    assert_eq!(world.writes_after(before).await.len(), 0);

    world.advance("25h").await;
    project.run(&world, &apply).await.succeeds();
    project
        .plan_with(&world, &["--sandbox"])
        .await
        .succeeds()
        .says("No changes.");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_category_of_an_approved_template_cannot_be_changed() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.change("category = \"utility\"", "category = \"marketing\"");
    let before = world.latest().await;
    project
        .plan(&world)
        .await
        .exits(1)
        .says("category")
        .says("another name");
    project.apply(&world).await.exits(1);
    assert_eq!(world.writes_after(before).await.len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_was_deleted_is_locked() {
    let extra = "\n[template.extra]\ncategory = \"utility\"\nlanguage = \"en_US\"\nbody = \"Our shop is closed on Monday.\"\n";
    let project = Project::new();
    project.change("base_url = ", "deletion = \"delete\"\nbase_url = ");
    project.append("waform.toml", extra);
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.remove("[template.extra]");
    project.apply(&world).await.succeeds();
    project.append("waform.toml", extra);
    let before = world.latest().await;
    project
        .plan(&world)
        .await
        .exits(1)
        .says("Meta locks the name of a deleted template for 30 days: `extra");
    project.apply(&world).await.exits(1);
    assert_eq!(world.writes_after(before).await.len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_shows_metas_reason_and_the_way_out_and_nobody_is_messaged() {
    let project = Project::new();
    let world = World::start().await;
    let rule = json!({ "status": "REJECTED", "rejected_reason": "INVALID_FORMAT", "times": 1 });
    world.pull("reviews", rule).await;
    project
        .apply(&world)
        .await
        .exits(2)
        .says("INVALID_FORMAT")
        .says("look at the variables");
    assert_eq!(world.accepted().await, 0);
    // A rejected template may be edited at once; then the campaign goes out.
    project.change("leaves us today", "is leaving our house today");
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}
