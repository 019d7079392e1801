//! Who is messaged, and who is not messaged again.

use std::collections::BTreeSet;

use serde_json::json;

use crate::kit::{Project, World, number, rows};

/// Whom the accepted messages went to.
async fn recipients(world: &World) -> Vec<String> {
    let messages = world.messages().await;
    let to = messages
        .iter()
        .map(|message| message["to"].as_str().unwrap());
    to.map(|to| format!("+{}", to.trim_start_matches('+')))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rows_added_are_two_messages() {
    let project = Project::with_customers(4);
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 4);

    project.write("customers.csv", rows(0..6));
    project
        .plan(&world)
        .await
        .exits(2)
        .says("sends template.order_update to 2 contacts");
    project
        .apply(&world)
        .await
        .succeeds()
        .says("2 messages accepted");
    let recipients = recipients(&world).await;
    assert_eq!(
        recipients[4..].iter().collect::<BTreeSet<_>>(),
        [number(4), number(5)].iter().collect()
    );
    assert_eq!(recipients.len(), 6);
    project.plan(&world).await.succeeds().says("No changes.");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_word_edits_in_place_and_the_campaign_waits_for_the_approval() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let id = world.template("order_update").await["id"].clone();

    project.change("leaves us today", "leaves us tomorrow");
    project.write("customers.csv", rows(0..5));
    world.pull("reviews", json!({ "status": "PENDING" })).await;
    let before = world.latest().await;
    project
        .run(&world, &["apply", "--auto-approve", "--detailed-exitcode"])
        .await
        .exits(2)
        .says("in review");
    let template = world.template("order_update").await;
    assert_eq!(template["id"], id, "the template was not edited in place");
    assert_eq!(template["status"], "PENDING");
    let writes = world.writes_after(before).await;
    assert_eq!(writes.len(), 1, "{writes:#?}");
    assert!(
        writes[0].path.ends_with(id.as_str().unwrap()),
        "{writes:#?}"
    );
    assert_eq!(world.accepted().await, 3, "a text in review was sent");
    project.plan(&world).await.succeeds().says("2 contacts");

    world
        .alter(id.as_str().unwrap(), json!({ "status": "APPROVED" }))
        .await;
    project
        .apply(&world)
        .await
        .succeeds()
        .says("2 messages accepted");
    let texts = world.messages().await;
    assert_eq!(texts.len(), 5);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_state_a_run_without_a_terminal_sends_nothing_and_says_why() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 3);

    project.forget_state();
    let before = world.latest().await;
    project
        .run(
            &world,
            &["apply", "--auto-approve", "--wait", "--detailed-exitcode"],
        )
        .await
        .exits(3)
        .says("this ledger is new")
        .says("--allow new_ledger");
    assert_eq!(world.writes_after(before).await.len(), 0);
    assert_eq!(world.accepted().await, 3);
    // Whoever says that it may, may.
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 6);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_row_never_stops_the_good_ones() {
    let project = Project::new();
    let [no_cells, says_no, in_the_future, no_order, twice] =
        [number(2), number(3), number(4), number(5), number(0)];
    let list = rows(0..2)
        + &format!(
            "not a number,Eve,1,yes\n{no_cells},Zoe\n{says_no},Max,77,false\n\
             {in_the_future},Ada,78,2999-01-01T00:00:00Z\n{no_order},Uma,,yes\n{twice},Twice,79,yes\n"
        );
    project.write("customers.csv", &list);
    let world = World::start().await;
    let plan = project
        .plan_with(&world, &["--allow", "new_ledger"])
        .await
        .exits(2);
    let messages = plan.stdout.split("Messages:").nth(1).unwrap();
    let messages = messages.split("Guards:").next().unwrap();
    insta::assert_snapshot!(messages, @r#"


    → campaign.spring sends template.order_update to 2 contacts from +1 555-078-3881
        waits for    template.order_update["en_US"] to be approved
        takes        about 1 s at 80/s
        hopper       2 new, 1 duplicate
        skipped      2 no_opt_in: the list shows no consent: the proof is empty, says no, or lies in the future
                     1 variable_missing:order_no: a variable of the template has no value and no default
        unusable     2 rows are no contacts
                     customers.csv:4: it is not a phone number
                     customers.csv:5: the row has 2 cells, the header has 4
    "#);
    project.apply(&world).await.succeeds();
    let recipients: BTreeSet<String> = recipients(&world).await.into_iter().collect();
    assert_eq!(recipients, [number(0), number(1)].into());
    assert_eq!(world.accepted().await, 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_campaign_claims_nothing_until_it_runs_again() {
    let project = Project::new();
    project.change(
        "from = \"support\"",
        "from = \"support\"\nstate = \"paused\"",
    );
    let world = World::start().await;
    project.apply(&world).await.anyhow();
    assert_eq!(world.accepted().await, 0);
    project.plan(&world).await.succeeds();
    project.change("state = \"paused\"", "state = \"running\"");
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 3);
    project.change("state = \"running\"", "state = \"stopped\"");
    project.write("customers.csv", rows(0..9));
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 3);
    project.plan(&world).await.succeeds();
    world.finish().await;
}
