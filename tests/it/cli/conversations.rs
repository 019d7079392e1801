//! What became of people: history's filters, interactions, one contact, a new round.

use serde_json::{Value, json};

use crate::kit::{Project, World, number, rows};

/// The sandbox refuses this one for good (131021).
const REFUSED: &str = "+14165550110";
/// The sandbox answers this one with 131000, which tells nothing.
const DOUBTFUL: &str = "+14165550111";

/// A campaign that messaged one, was refused for good by one, does not know of one, and waits to try the last again.
async fn after_an_apply(world: &World) -> Project {
    let project = Project::empty();
    let whole = Project::with_customers(1);
    project.write("waform.toml", whole.read("waform.toml"));
    project.write("customers.csv", rows([0]));
    world
        .fault(json!({
            "match": { "method": "POST", "path": "/messages" },
            "fault": { "error": { "code": 131_016, "message": "Service unavailable" } },
        }))
        .await;
    project.apply(world).await.anyhow();
    world.heal().await;
    let line = |phone: &str| format!("{phone},Eve,77,yes\n");
    project.write(
        "customers.csv",
        rows([0, 1]) + &line(REFUSED) + &line(DOUBTFUL),
    );
    project.apply(world).await.anyhow();
    project
}

async fn phones(project: &Project, world: &World, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["history", "spring", "--format", "json"], arguments].concat();
    let rows = project.run(world, &arguments).await.succeeds().json_lines();
    let phone = |row: &Value| row["Message_To"].as_str().unwrap().to_owned();
    rows.iter().map(phone).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_shows_those_who_were_asked_for() {
    let world = World::start().await;
    let project = after_an_apply(&world).await;
    let all = phones(&project, &world, &[]).await;
    assert_eq!(all.len(), 4);
    let retried = phones(&project, &world, &["--state", "retry"]).await;
    assert_eq!(retried, [number(0)]);
    let mut pending = phones(&project, &world, &["--state", "pending"]).await;
    pending.sort();
    assert_eq!(pending, [number(1), DOUBTFUL.to_owned()]);
    let both = ["--state", "retry,closed", "--outcome", "failed"];
    assert_eq!(phones(&project, &world, &both).await, [REFUSED]);
    let codes = ["--code", "131021", "--code", "131016"];
    assert_eq!(
        phones(&project, &world, &codes).await,
        [&number(0), REFUSED]
    );
    let none = phones(&project, &world, &["--outcome", "answered"]).await;
    assert_eq!(none, [""; 0]);
    project
        .run(&world, &["history", "spring", "--state", "retry", "--wide"])
        .await
        .succeeds()
        .says("Attempts")
        .says("customers:2")
        .says("(131016)");
    project
        .run(&world, &["history", "spring", "--outcome", "lost"])
        .await
        .exits(1)
        .says("fell_back");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interactions_are_those_who_may_have_been_reached() {
    let world = World::start().await;
    let project = after_an_apply(&world).await;
    let json = ["interactions", "spring", "--format", "json"];
    let rows = project.run(&world, &json).await.succeeds().json_lines();
    let mut phones: Vec<_> = rows.iter().map(|row| row["phone"].clone()).collect();
    phones.sort_by_key(ToString::to_string);
    assert_eq!(phones, [json!(number(1)), json!(DOUBTFUL)]);
    assert!(rows.iter().all(|row| row["open"] == true), "{rows:#?}");
    project
        .run(&world, &["interactions", "--limit", "1"])
        .await
        .succeeds()
        .says("OPENED")
        .says("there are more");
    project
        .run(&world, &["interactions", "--closed"])
        .await
        .succeeds()
        .says("There are no such interactions");
    project
        .run(&world, &["interactions", "sprang"])
        .await
        .exits(1)
        .says("cli::unknown_campaign")
        .says("spring");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_is_shown_by_its_number_in_any_spelling() {
    let world = World::start().await;
    let project = after_an_apply(&world).await;
    for spelling in ["+1 (416) 555-0110", "0014165550110", "14165550110"] {
        project
            .run(&world, &["contact", spelling])
            .await
            .succeeds()
            .says(REFUSED)
            .says("order_update")
            .says("(131021)");
    }
    let file = project
        .run(&world, &["contact", &number(1), "--format", "json"])
        .await
        .succeeds()
        .json();
    let contact = &file["contacts"][0];
    assert_eq!(contact["campaigns"][0]["state"], "awaiting_response");
    let sent = &contact["timeline"][0];
    assert_eq!(
        (&sent["direction"], &sent["status"]),
        (&json!("out"), &json!("accepted"))
    );
    assert!(
        sent["detail"]["variables"]
            .to_string()
            .contains("Customer 1"),
        "{sent}"
    );
    project
        .run(&world, &["contact", REFUSED, "ack"])
        .await
        .succeeds()
        .says("nothing was held");
    project
        .run(&world, &["contact", "+14165550199"])
        .await
        .exits(1)
        .says("cli::unknown_contact");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_makes_due_now_what_waits_and_the_next_apply_sends_it() {
    let world = World::start().await;
    let project = after_an_apply(&world).await;
    let before = world.accepted().await;
    project.apply(&world).await.anyhow();
    assert_eq!(world.accepted().await, before, "the backoff has not passed");
    project
        .run(&world, &["retry", "spring"])
        .await
        .exits(1)
        .says("cli::unconfirmed");
    project
        .run(&world, &["retry", "spring", "--auto-approve"])
        .await
        .succeeds()
        .says("1 contact is due now")
        .says("apply");
    project.apply(&world).await.anyhow();
    assert_eq!(world.accepted().await, before + 1);
    project
        .run(&world, &["retry", "campaign.spring", "--auto-approve"])
        .await
        .succeeds()
        .says("Nobody of campaign.spring could be tried again");
    assert_eq!(
        phones(&project, &world, &["--state", "retry"]).await,
        [""; 0]
    );
    project
        .run(
            &world,
            &[
                "retry",
                "spring",
                "--outcome",
                "uncertain",
                "--auto-approve",
            ],
        )
        .await
        .succeeds()
        .says("1 contact is due now");
    assert_eq!(
        phones(&project, &world, &["--state", "retry"]).await,
        [DOUBTFUL]
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_campaign_begins_no_round() {
    let world = World::start().await;
    let project = after_an_apply(&world).await;
    project.change(
        "from = \"support\"",
        "from = \"support\"\nstate = \"stopped\"",
    );
    project.apply(&world).await.anyhow();
    project
        .run(&world, &["retry", "spring", "--auto-approve"])
        .await
        .exits(1)
        .says("store::invalid")
        .says("state = \"running\"");
    world.finish().await;
}
