//! What a saved plan is bound to: whatever has moved since is named, and nothing is written.

use serde_json::json;

use super::{apply, recipients, refused, save};
use crate::kit::{Project, World, number, rows};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_came_and_went_is_counted() {
    let project = Project::with_customers(20);
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.write("customers.csv", rows(0..40));
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2).says("20 contacts now");
    // Twelve come, three go, ten have another order, and the order of the rows does not count.
    let others = rows((30..52).rev()).replace(",1003", ",7003");
    let others = others.split_once('\n').unwrap().1;
    project.write("customers.csv", rows(3..30) + others);
    refused(&project, &world, &plan, &[])
        .await
        .says("campaign.spring: 12 contacts came, 3 went, 10 have other values")
        .says("plan::stale");
    // As it was: as good as new.
    project.write("customers.csv", rows((0..40).rev()));
    apply(&project, &world, &plan, &[]).await.exits(0);
    assert_eq!(recipients(&world).await, (0..40).map(number).collect());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_ledger_the_numbers_before_and_after_are_told() {
    let project = Project::with_customers(3);
    let world = World::start().await;
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);
    project.write("customers.csv", rows(0..5));
    refused(&project, &world, &plan, &[])
        .await
        .says("campaign.spring: its contacts or their values changed: 3 before, 5 now")
        .says("it would message 5 recipients, and the plan shows 3");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_did_to_the_account_is_named() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let id = world.template("order_update").await["id"].clone();
    let id = id.as_str().unwrap();
    project.change("leaves us today", "leaves us tomorrow");
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);
    world
        .alter(id, json!({ "quality_score": { "score": "RED" } }))
        .await;
    refused(&project, &world, &plan, &[])
        .await
        .says("template.order_update[\"en_US\"]: its live")
        .says("plan::stale");
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);
    project.change("leaves us tomorrow", "leaves us today");
    refused(&project, &world, &plan, &[])
        .await
        .says("plan::other_configuration")
        .says("template.order_update: it says something else");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_came_in_the_meantime_is_not_written_over() {
    let project = Project::new();
    let world = World::start().await;
    let (plan, ended) = save(&project, &world, &["--target", "template.order_update"]).await;
    ended.exits(2);
    world
        .foreign_template(
            "order_update",
            "Hello {{1}}, this is {{2}} and somebody else's.",
        )
        .await;
    refused(&project, &world, &plan, &[])
        .await
        .says("template.order_update[\"en_US\"]: it exists now; a creation was planned");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_account_ledger_or_configuration_is_refused() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.write("customers.csv", rows(0..5));
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);

    let kept = std::fs::read(project.state()).unwrap();
    project.change("102290129340398", "102290129340399");
    // Where the state knows its account, it says so before any plan is looked at.
    apply(&project, &world, &plan, &[])
        .await
        .exits(1)
        .says("state::other_account");
    project.forget_state();
    refused(&project, &world, &plan, &[])
        .await
        .says("plan::other_account")
        .says("account.main: planned for 102290129340398");
    project.change("102290129340399", "102290129340398");
    project.forget_state();
    std::fs::write(project.state(), &kept).unwrap();

    project.append("waform.toml", "\n[guard]\nmax_recipients = 100\n");
    refused(&project, &world, &plan, &[])
        .await
        .says("plan::other_configuration")
        .says("guard: it was not there");
    project.remove("[guard]");

    project.forget_state();
    refused(&project, &world, &plan, &["--allow", "new_ledger"])
        .await
        .says("plan::other_ledger")
        .says("this one is new");
    project.forget_state();
    std::fs::write(project.state(), &kept).unwrap();

    // Comments and layout are no difference, nor is where a block stands.
    let text = project.read("waform.toml");
    let spaced = text.replace('\n', "\n\n");
    project.write("waform.toml", format!("# moved down\n\n{spaced}"));
    apply(&project, &world, &plan, &[]).await.exits(0);
    assert_eq!(world.accepted().await, 5);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_a_place_without_a_ledger_is_not_for_one_that_was_used() {
    let project = Project::new();
    let world = World::start().await;
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);
    // A ledger that has done nothing is as good as none.
    project
        .run(&world, &["apply", "--auto-approve"])
        .await
        .exits(1);
    let other = Project::new();
    other.apply(&world).await.succeeds();
    refused(&other, &world, &plan, &["--allow", "new_ledger"])
        .await
        .says("plan::other_ledger");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_good_for_a_day() {
    let project = Project::example("quickstart");
    let world = World::beside(&project).await;
    for (more, by) in [(&[][..], "25h"), (&["--expires", "2h"], "121m")] {
        let more = [&["--sandbox"], more].concat();
        let (plan, ended) = save(&project, &world, &more).await;
        ended.exits(2);
        world.advance(by).await;
        refused(&project, &world, &plan, &["--sandbox"])
            .await
            .says("plan::expired");
    }
    let (plan, ended) = save(&project, &world, &["--sandbox"]).await;
    ended.exits(2);
    world.advance("23h").await;
    // The sandbox is no other account wherever it runs, and Meta is not the sandbox.
    refused(&project, &world, &plan, &[])
        .await
        .says("plan::other_account");
    apply(&project, &world, &plan, &["--sandbox", "--wait"])
        .await
        .exits(0);
    world.finish().await;
}
