//! Limits stop a change before it goes out, and each is overridden by its own name alone.

use serde_json::json;

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
        .says("max_recipients, max_cost, max_deletes, max_replaces, max_edits, adopt_edits")
        .says("max_failure_rate, min_quality, sending_hours, countries, new_ledger");
    assert_eq!(world.writes_after(0).await.len(), 0);
    world.finish().await;
}

const APPLY: [&str; 4] = ["apply", "--auto-approve", "--wait", "--detailed-exitcode"];

/// Applies with these guards overridden, and the ledger's.
async fn allowing(project: &Project, world: &World, guards: &[&str]) -> crate::kit::Ended {
    let allowed = guards
        .iter()
        .chain(&["new_ledger"])
        .flat_map(|name| ["--allow", *name]);
    let arguments: Vec<&str> = APPLY.into_iter().chain(allowed).collect();
    project.run(world, &arguments).await
}

/// Holds that a guard refuses before anything is written, and that its own name lets the same apply through.
async fn refuses(guard: &str, declared: &str, says: &str, world: &World) {
    let project = Project::new();
    project.append("waform.toml", &format!("\n[guard]\n{declared}\n"));
    let before = (world.latest().await, world.accepted().await);
    allowing(&project, world, &[])
        .await
        .exits(3)
        .says(says)
        .says(&format!("--allow {guard}"));
    assert_eq!(world.writes_after(before.0).await.len(), 0, "{guard}");
    assert_eq!(world.accepted().await, before.1);
    allowing(&project, world, &[guard]).await.succeeds();
    assert_eq!(world.accepted().await, before.1 + 3, "{guard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_messaged_when_and_from_where_is_guarded() {
    let world = World::start().await;
    world
        .pull(
            "numbers",
            json!({ "number": "+15550783881", "quality_rating": "RED" }),
        )
        .await;
    refuses(
        "min_quality",
        "min_quality = \"yellow\"",
        "is rated red; at least yellow is asked for",
        &world,
    )
    .await;
    refuses(
        "countries",
        "countries = [\"EE\", \"FI\"]",
        "3 of other regions (CA 3)",
        &world,
    )
    .await;
    let hour = world.clock().now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    let hours = format!(
        "sending_hours = {{ from = \"{:02}:00\", to = \"{:02}:00\" }}",
        (hour + 2) % 24,
        (hour + 4) % 24
    );
    refuses(
        "sending_hours",
        &hours,
        "3 contacts would be messaged now",
        &world,
    )
    .await;
    refuses(
        "max_recipients",
        "max_recipients = { percent = 50, at_least = 3 }",
        "3 of the 3 members of the lists would be messaged (100 %)",
        &world,
    )
    .await;
    world.finish().await;
}

const CARD: &str = "\u{feff}\"Cost per message in USD\",,,,,,
Market,Currency,Marketing,Utility,Authentication,\"Authentication-
International\",Service
Brazil,USD,0.0625,0.0068,0.0068,n/a,n/a
North America,USD,0.0250,0.0034,0.0034,n/a,n/a
";

fn with_card(card: &str, guard: &str) -> Project {
    let project = Project::new();
    project.write("card.csv", card);
    project.append(
        "waform.toml",
        &format!("\n[rate_card.july]\ncsv = \"card.csv\"\nfrom = 2026-07-01\n\n[guard]\n{guard}\n"),
    );
    project
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_says_what_it_costs_and_what_is_too_dear_is_refused() {
    let world = World::start().await;
    let project = with_card(CARD, "max_cost = { amount = 0.01, currency = \"USD\" }");
    let plan = project.plan_with(&world, &["--format", "json"]).await;
    let plan = plan.exits(3).json();
    let send = &plan["waform"]["sends"][0];
    assert_eq!(send["category"], "UTILITY");
    assert_eq!(
        send["cost"],
        json!({
            "currency": "USD", "amount": 0.0102, "card": "july", "unpriced": 0,
            "markets": [{ "market": "North America", "recipients": 3, "price": 0.0034, "amount": 0.0102 }],
        })
    );
    let today = world.clock().now().strftime("%Y-%m-%d").to_string();
    assert_eq!(send["reach"], json!([{ "date": today, "contacts": 3 }]));
    allowing(&project, &world, &[])
        .await
        .exits(3)
        .says("USD 0.02 of at most USD 0.01")
        .says("--allow max_cost");
    assert_eq!(world.writes_after(0).await.len(), 0);
    allowing(&project, &world, &["max_cost"]).await.succeeds();
    assert_eq!(world.accepted().await, 3);

    // What Meta calls marketing is billed as marketing, whatever is declared.
    let template = world.template("order_update").await;
    let id = template["id"].as_str().unwrap();
    world.alter(id, json!({ "category": "MARKETING" })).await;
    project.write("customers.csv", rows(0..5));
    let plan = project.plan_with(&world, &["--format", "json"]).await;
    let plan = plan.exits(3).json();
    let send = &plan["waform"]["sends"][0];
    assert_eq!(send["category"], "MARKETING");
    assert_eq!(send["cost"]["amount"], 0.05);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cost_that_cannot_be_told_is_refused() {
    let world = World::start().await;
    let usd = "max_cost = { amount = 1000, currency = \"USD\" }";
    let euro = "max_cost = { amount = 1000, currency = \"EUR\" }";
    let brazil_alone = "Market,Currency,Utility\nBrazil,$US,0.0350\n";
    let nothing_there = "Market,Currency,Marketing,Utility\nNorth America,USD,0.0250,n/a\n";
    for (card, guard, says) in [
        (
            brazil_alone,
            usd,
            "3 recipients of campaign.spring have no price in rate_card.july",
        ),
        (
            nothing_there,
            usd,
            "3 recipients of campaign.spring have no price in rate_card.july",
        ),
        (
            CARD,
            euro,
            "campaign.spring is priced in USD (rate_card.july)",
        ),
    ] {
        let project = with_card(card, guard);
        let run = allowing(&project, &world, &[]).await.exits(3);
        run.says("what this apply costs cannot be told").says(says);
    }
    let future = with_card(CARD, usd);
    future.change("from = 2026-07-01", "from = 2999-07-01");
    allowing(&future, &world, &[])
        .await
        .exits(3)
        .says("no rate card covers campaign.spring");
    let broken = with_card("Market,Currency,Utility\nBrazil,USD,cheap\n", usd);
    allowing(&broken, &world, &[])
        .await
        .exits(1)
        .says("rate_card::price")
        .says("card.csv:2: `cheap` is not a price (utility of Brazil)");
    assert_eq!(world.writes_after(0).await.len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_are_counted_apart_from_deletions() {
    let project = Project::new();
    project.append(
        "waform.toml",
        "\n[guard]\nmax_edits = { per_kind = { template = 0 } }\nmax_replaces = 0\nmax_deletes = 0\n",
    );
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.change("leaves us today", "leaves us tomorrow morning");
    let before = world.latest().await;
    project
        .apply(&world)
        .await
        .exits(3)
        .says("1 of at most 0 edits of kind template")
        .says("--allow max_edits");
    assert_eq!(world.writes_after(before).await.len(), 0);
    allowing(&project, &world, &["max_edits"]).await.succeeds();
    assert_eq!(world.writes_after(before).await.len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_of_which_too_much_fails_is_halted_until_it_is_resumed() {
    let project = Project::with_customers(300);
    project.append(
        "waform.toml",
        "\n[guard]\nmax_failure_rate = { percent = 20, at_least = 10 }\n",
    );
    let world = World::start().await;
    world
        .fault(json!({
            "match": { "method": "POST", "path": "/messages" },
            "fault": { "error": { "code": 131026, "message": "Message undeliverable" } },
        }))
        .await;
    let run = allowing(&project, &world, &[]).await.anyhow();
    assert_ne!(run.code, Some(0), "{run}");
    run.says("sends of this run failed, most with 131026; max_failure_rate allows 20 %");
    assert_eq!(world.accepted().await, 0);
    world.heal().await;

    // Mended or not: another apply sends nothing until a person has looked.
    let again = project.plan(&world).await.anyhow();
    again
        .says("max_failure_rate allows 20 %")
        .says("until `waform resume`");
    drop(project.apply(&world).await.anyhow());
    assert_eq!(world.accepted().await, 0);
    project.run(&world, &["resume", "spring"]).await.succeeds();
    project.apply(&world).await.succeeds();
    let sent = world.accepted().await;
    assert!((1..300).contains(&sent), "{sent} of 300 were left");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_so_sends_on_however_many_fail() {
    let project = Project::with_customers(60);
    project.append(
        "waform.toml",
        "\n[guard]\nmax_failure_rate = { percent = 0, at_least = 1 }\n",
    );
    let world = World::start().await;
    world
        .fault(json!({
            "match": { "method": "POST", "path": "/messages" },
            "times": 30,
            "fault": { "error": { "code": 131026, "message": "Message undeliverable" } },
        }))
        .await;
    allowing(&project, &world, &["max_failure_rate"])
        .await
        .anyhow()
        .does_not_say("max_failure_rate allows");
    assert_eq!(world.accepted().await, 30);
    world.finish().await;
}
