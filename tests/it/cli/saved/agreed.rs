//! Nobody is messaged beyond those whom a plan shows, and a plan's id stands for all of it.

use serde_json::json;

use super::{apply, recipients, refused, save};
use crate::kit::{Project, World, number, rows};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_recipients_than_were_shown_are_never_messaged() {
    let project = Project::example("quickstart");
    let world = World::beside(&project).await;
    let passing = json!({
        "match": { "method": "POST", "path": "/messages" },
        "fault": { "error": { "code": 131_016, "message": "Service overloaded" } },
    });
    world.fault(passing).await;
    project
        .run(&world, &["apply", "--sandbox", "--auto-approve", "--wait"])
        .await
        .succeeds()
        .says("6 to be tried again");
    world.heal().await;
    let customers = project.read("contacts.csv");
    let first = customers.lines().nth(1).unwrap();
    let phone = first.split(',').find(|cell| cell.starts_with('+')).unwrap();
    let newcomer = first.replace(phone, "+14162000500");
    project.append("contacts.csv", &format!("{newcomer}\n"));
    let (plan, ended) = save(&project, &world, &["--sandbox"]).await;
    ended.exits(2).says("1 contact now");
    // The six fall due again: they were not shown.
    world.advance("2h").await;
    refused(&project, &world, &plan, &["--sandbox"])
        .await
        .says("it would message 7 recipients, and the plan shows 1");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_messaged_since_is_left_out() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.write("customers.csv", rows(0..6));
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2).says("3 contacts now");
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 6);
    let before = world.latest().await;
    apply(&project, &world, &plan, &[]).await.exits(0);
    assert!(world.writes_after(before).await.is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_approved_in_the_meantime_is_no_other_plan() {
    let project = Project::new();
    let world = World::start().await;
    world.pull("reviews", json!({ "status": "PENDING" })).await;
    let arguments = ["apply", "--auto-approve", "--allow", "new_ledger"];
    project.run(&world, &arguments).await.succeeds();
    let (plan, ended) = save(&project, &world, &[]).await;
    ended
        .exits(2)
        .says("3 contacts when the template is approved");
    let id = world.template("order_update").await["id"].clone();
    let approved = json!({ "status": "APPROVED" });
    world.alter(id.as_str().unwrap(), approved).await;
    apply(&project, &world, &plan, &[]).await.exits(0);
    assert_eq!(recipients(&world).await, (0..3).map(number).collect());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_whole_id_of_this_plan_is_its_id() {
    let project = Project::new();
    let world = World::start().await;
    let (plan, ended) = save(&project, &world, &[]).await;
    let shown = ended.exits(2);
    let id = plan.plan_id();
    assert!(shown.stdout.contains(&format!("Plan id: {id}")), "{shown}");
    let approve = ["apply", "--auto-approve", "--allow", "new_ledger"];
    let expecting = |id: &str| {
        let expected = format!("--expect-plan={id}");
        let words = approve.iter().map(|word| (*word).to_owned());
        let more = ["--wait", "--detailed-exitcode"].map(str::to_owned);
        words.chain(more).chain([expected]).collect::<Vec<String>>()
    };
    let other = id.replace(&id[..1], if id.starts_with('0') { "1" } else { "0" });
    let before = world.latest().await;
    for wrong in [
        "",
        &id[..8],
        &id[..31],
        &other,
        &format!("{id} "),
        &id.to_uppercase(),
        "*",
    ] {
        let arguments = expecting(wrong);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        if wrong == id {
            continue;
        }
        project
            .run(&world, &arguments)
            .await
            .exits(4)
            .says("plan::unexpected_id");
        let file = format!("--expect-plan={wrong}");
        refused(&project, &world, &plan, &[&file])
            .await
            .says("plan::unexpected_id");
    }
    assert!(world.writes_after(before).await.is_empty());

    // The same plan by another day, with the blocks elsewhere in their file.
    let text = project.read("waform.toml");
    project.write("waform.toml", format!("# a comment\n\n{text}"));
    let arguments = expecting(&id);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    project.run(&world, &arguments).await.exits(0);
    assert_eq!(world.accepted().await, 3);

    // What was expected then is not what is planned now; a file and an id must both hold.
    project.write("customers.csv", rows(0..4));
    project
        .run(&world, &arguments)
        .await
        .exits(4)
        .says("plan::unexpected_id");
    let (plan, ended) = save(&project, &world, &[]).await;
    ended.exits(2);
    refused(&project, &world, &plan, &["--expect-plan", &id]).await;
    let right = plan.plan_id();
    apply(&project, &world, &plan, &["--expect-plan", &right])
        .await
        .exits(0);
    assert_eq!(world.accepted().await, 4);
    world.finish().await;
}
