//! Planning reads, shows, and changes nothing.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::kit::{Project, World};

/// So many templates more.
fn more_templates(project: &Project, count: usize) {
    let mut text = String::new();
    for index in 0..count {
        write!(
            text,
            "\n[template.notice_{index}]\ncategory = \"utility\"\nlanguage = \"en_US\"\n\
             body = \"Notice number {index}: our shop is closed on the coming Monday.\"\n"
        )
        .unwrap();
    }
    project.append("waform.toml", &text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_makes_no_request_but_get_whatever_it_finds() {
    let project = Project::new();
    let world = World::start().await;
    world.refuse_writes().await;
    project.plan(&world).await.exits(3).says("new_ledger");
    project
        .plan_with(&world, &["--allow", "new_ledger"])
        .await
        .exits(2)
        .says("Plan: 2 to add, 0 to change, 0 to destroy.");
    assert!(
        !project.path().join(".waform").exists(),
        "a plan left files behind"
    );
    world.heal().await;

    project.apply(&world).await.succeeds();
    world.refuse_writes().await;
    project.plan(&world).await.succeeds().says("No changes.");
    // A changed text, an object altered behind our back, one that is gone, one that is not ours.
    project.change("leaves us today", "leaves us tomorrow");
    let id = world.template("order_update").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.alter(&id, json!({ "quality_score": "YELLOW" })).await;
    world
        .foreign_template("somebody_elses", "Nothing to do with us at all.")
        .await;
    project.plan(&world).await.exits(2).says("1 to change");
    project.remove("[template.order_update]");
    project.remove("[mapping.orders]");
    project.remove("[mapping.orders.variables]");
    project.remove("[campaign.spring]");
    project.plan(&world).await.exits(2).says("To forget: 2");
    world.nothing_was_written().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_plans_with_the_live_lists_shuffled_are_byte_equal() {
    let project = Project::new();
    more_templates(&project, 12);
    let world = World::start().await;
    for index in 0..8 {
        let name = format!("foreign_{index}");
        world
            .foreign_template(&name, "Nothing to do with us at all.")
            .await;
    }
    project.apply(&world).await.succeeds();
    // Differences of every kind: changed, to be created, forgotten, altered, gone.
    project.change("Notice number 3:", "Notice number three:");
    project.change("[template.notice_4]", "[template.notice_new]");
    let gone = world.template("notice_5").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.alter(&gone, json!({ "status": "DISABLED" })).await;
    world
        .pull("behaviour", json!({ "shuffle_lists": true }))
        .await;
    world.refuse_writes().await;

    let first = project.plan(&world).await.exits(2);
    let first_json = stable(
        project
            .plan_with(&world, &["--format", "json"])
            .await
            .exits(2)
            .json(),
    );
    assert!(first.stdout.contains("template.notice_new"), "{first}");
    for _ in 0..9 {
        let next = project.plan(&world).await.exits(2);
        assert_eq!(next.stdout, first.stdout);
        let next = project
            .plan_with(&world, &["--format", "json"])
            .await
            .exits(2)
            .json();
        assert_eq!(stable(next), first_json);
    }
    world.nothing_was_written().await;
    world.finish().await;
}

/// The plan's document as bytes, without the one time of day in it.
fn stable(mut plan: Value) -> String {
    assert!(plan["timestamp"].is_string());
    plan["timestamp"] = Value::Null;
    plan.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_text_is_shown_word_by_word() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.change("leaves us today", "leaves us tomorrow morning");
    let plan = project.plan(&world).await.exits(2);
    insta::assert_snapshot!(plan.without_plan_id(), @r#"
    waform will make these changes:

      ~ template.order_update["en_US"] will be changed  waform.toml:13
          body   Hi {{first_name}}, your order {{order_no}} leaves us [-today-]{+tomorrow morning+}. Reply here with any questions.
          (edit 1 of 1 in 24 hours, 1 of 10 in 30 days; the next 24 hours after it)

      1 object is as declared.

    Plan: 0 to add, 1 to change, 0 to destroy.
    Plan id: [ID]
    "#);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_limits_a_run_to_it_and_what_it_needs() {
    let project = Project::new();
    more_templates(&project, 2);
    let world = World::start().await;
    project
        .plan_with(&world, &["--target", "template.notice_0"])
        .await
        .exits(2)
        .says("Plan: 1 to add, 0 to change, 0 to destroy.")
        .does_not_say("notice_1");
    let apply = [
        "apply",
        "--auto-approve",
        "--wait",
        "--target",
        "template.notice_0",
    ];
    project.run(&world, &apply).await.succeeds();
    assert_eq!(world.templates().await.len(), 1);
    assert_eq!(world.accepted().await, 0);

    // A campaign needs its template.
    let target = ["--target", "campaign.spring", "--allow", "new_ledger"];
    project
        .plan_with(&world, &target)
        .await
        .exits(2)
        .says("Plan: 2 to add, 0 to change, 0 to destroy.");
    project
        .plan_with(&world, &["--target", "template.notise_0"])
        .await
        .exits(1)
        .says("no resource is named `template.notise_0`");
    world.finish().await;
}
