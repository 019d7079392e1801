//! Limits stop a change before it goes out, and each is overridden by its own name alone.

use crate::kit::{Project, World, rows};

const SECOND: &str = r#"
[template.extra]
category = "utility"
language = "en_US"
body = "Our shop is closed on the coming Monday."
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_recipients_are_refused_before_anything_is_written() {
    let project = Project::with_customers(4);
    project.append("waform.toml", "\n[guard]\nmax_recipients = 3\n");
    let world = World::start().await;
    project
        .apply(&world)
        .await
        .exits(3)
        .says("4 of at most 3 recipients")
        .says("--allow max_recipients");
    assert_eq!(world.templates().await.len(), 0);
    assert_eq!(world.writes_after(0).await.len(), 0);

    let apply = [
        "apply",
        "--auto-approve",
        "--wait",
        "--allow",
        "new_ledger",
        "--allow",
        "max_recipients",
    ];
    project.run(&world, &apply).await.succeeds();
    assert_eq!(world.accepted().await, 4);
    // What was sent counts no more.
    project.write("customers.csv", rows(0..7));
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 7);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_the_configuration_stays_at_meta() {
    let project = Project::new();
    project.append("waform.toml", SECOND);
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.remove("[template.extra]");
    let before = world.latest().await;
    project
        .plan(&world)
        .await
        .exits(2)
        .says("template.extra[\"en_US\"] has left the configuration")
        .says("To forget: 1");
    project.apply(&world).await.succeeds();
    assert_eq!(world.writes_after(before).await.len(), 0);
    assert_eq!(world.template("extra").await["status"], "APPROVED");
    project.plan(&world).await.succeeds().says("No changes.");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletion_happens_only_where_it_is_asked_for_and_within_its_limit() {
    let project = Project::new();
    project.append("waform.toml", SECOND);
    project.append("waform.toml", "\n[guard]\nmax_deletes = 0\n");
    project.change("base_url = ", "deletion = \"delete\"\nbase_url = ");
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let foreign = world
        .foreign_template("somebody_elses", "Nothing to do with us at all.")
        .await;

    project.remove("[template.extra]");
    project
        .apply(&world)
        .await
        .exits(3)
        .says("1 of at most 0 deletions");
    assert_eq!(world.templates().await.len(), 3);
    let apply = ["apply", "--auto-approve", "--allow", "max_deletes"];
    project
        .run(&world, &apply)
        .await
        .succeeds()
        .says("Apply complete! Resources: 0 added, 0 changed, 1 destroyed.");
    let left = world.templates().await;
    assert_eq!(left.len(), 2);
    assert!(
        left.iter().any(|template| template["id"] == foreign),
        "somebody else's went, too"
    );
    project.plan(&world).await.succeeds();
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_that_does_not_exist_cannot_be_overridden() {
    let project = Project::new();
    let world = World::start().await;
    project
        .run(
            &world,
            &["apply", "--auto-approve", "--allow", "max_recipient"],
        )
        .await
        .exits(1)
        .says("no guard is named `max_recipient`")
        .says("max_recipients, max_deletes, adopt_edits, new_ledger");
    assert_eq!(world.writes_after(0).await.len(), 0);
    world.finish().await;
}
