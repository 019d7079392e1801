//! The state by hand: looked at, forgotten, renamed, repaired. Nobody is messaged twice by any of it.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use jiff::SignedDuration;
use serde_json::{Value, json};
use waform::clock::Clock;
use waform::store::{LockRequest, sqlite};

use crate::kit::{Project, World, rows};

/// The addresses that are listed, but for that of the number: it is only watched, and there from the first apply on.
async fn listed(project: &Project, world: &World, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["state", "list", "--format", "json"], arguments].concat();
    let list = project.run(world, &arguments).await.succeeds().json();
    let resources = list["resources"].as_array().unwrap().iter();
    resources
        .map(|resource| resource["address"].as_str().unwrap().to_owned())
        .filter(|address| address != "phone.support")
        .collect()
}

const CAMPAIGN: &str = "campaign.spring";
const TEMPLATE: &str = "template.order_update[\"en_US\"]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_can_be_looked_at() {
    let project = Project::new();
    let world = World::start().await;
    assert_eq!(listed(&project, &world, &[]).await, [""; 0]);
    assert!(!project.state().exists(), "looking makes no state");
    project.apply(&world).await.succeeds();
    assert_eq!(listed(&project, &world, &[]).await, [CAMPAIGN, TEMPLATE]);
    for (pattern, expected) in [
        ("template.order_update", TEMPLATE),
        ("*[\"en_US\"]", TEMPLATE),
        ("c*", CAMPAIGN),
        (CAMPAIGN, CAMPAIGN),
    ] {
        assert_eq!(
            listed(&project, &world, &[pattern]).await,
            [expected],
            "{pattern}"
        );
    }
    project
        .run(&world, &["state", "list", "campaign.sprung"])
        .await
        .exits(1)
        .says("state::unknown_address")
        .says(CAMPAIGN);

    let show = ["state", "show", TEMPLATE, "--format", "json"];
    let shown = project.run(&world, &show).await.succeeds().json();
    let live = world.template("order_update").await;
    assert_eq!(
        (&shown["id"], &shown["key"]),
        (&live["id"], &json!("order_update/en_US"))
    );
    assert_eq!(shown["content"]["category"], "UTILITY");
    let journal = ["journal", "--format", "json", "--limit", "1"];
    let run = project
        .run(&world, &journal)
        .await
        .succeeds()
        .json_lines()
        .remove(0);
    assert_eq!(shown["written_by"]["run"], run["run"]);
    assert_eq!(shown["written_by"]["plan"], run["plan"]);
    project
        .run(&world, &show[..3])
        .await
        .succeeds()
        .says("order_update/en_US");

    let whole = project
        .run(&world, &["state", "pull"])
        .await
        .succeeds()
        .json();
    assert_eq!(whole["resources"].as_array().unwrap().len(), 3);
    assert_eq!(whole["campaigns"][0]["name"], "spring");
    assert_eq!(whole["rights_used"][0]["right"], "template.create");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_forgotten_is_adopted_and_nobody_is_messaged_again() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let rm = ["state", "rm", "template.order_update", CAMPAIGN];
    project
        .run(&world, &rm)
        .await
        .exits(1)
        .says("nobody to ask");
    assert_eq!(listed(&project, &world, &[]).await.len(), 2);
    let before = world.latest().await;
    let approved = [&rm[..], &["--auto-approve"]].concat();
    project
        .run(&world, &approved)
        .await
        .succeeds()
        .says("2 objects are forgotten");
    assert_eq!(
        world.requests_after(before).await.len(),
        0,
        "at Meta nothing changes"
    );
    assert_eq!(listed(&project, &world, &[]).await, [""; 0]);
    project
        .plan(&world)
        .await
        .exits(2)
        .says("1 to import, 0 to add");
    project.apply(&world).await.succeeds();
    assert_eq!(listed(&project, &world, &[]).await, [CAMPAIGN, TEMPLATE]);
    assert_eq!(world.accepted().await, 3);
    assert_eq!(world.templates().await.len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_campaign_takes_its_ledger_along() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let mv = ["state", "mv", CAMPAIGN, "campaign.summer", "--auto-approve"];
    // While both could be launched, nothing moves.
    project
        .run(&world, &mv)
        .await
        .exits(1)
        .says("campaign.spring is still declared");
    project.change("[campaign.spring]", "[campaign.summer]");
    let slip = ["state", "mv", CAMPAIGN, "campaign.sumer", "--auto-approve"];
    project
        .run(&world, &slip)
        .await
        .exits(1)
        .says("campaign.sumer is not declared");
    let other = [
        "state",
        "mv",
        CAMPAIGN,
        "template.order_update",
        "--auto-approve",
    ];
    project
        .run(&world, &other)
        .await
        .exits(1)
        .says("not of one kind");
    // This is what it is for.
    project
        .plan(&world)
        .await
        .exits(2)
        .says("campaign.summer will be created")
        .says("3 new");
    project
        .run(&world, &mv)
        .await
        .succeeds()
        .says("with its ledger");
    project.plan(&world).await.succeeds().says("No changes.");
    project.write("customers.csv", rows(0..5));
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 5);
    let history = ["history", "summer", "--format", "json"];
    assert_eq!(
        project
            .run(&world, &history)
            .await
            .succeeds()
            .json_lines()
            .len(),
        5
    );
    project
        .run(&world, &mv)
        .await
        .exits(1)
        .says("state::unknown_address");
    let journal = ["journal", "--address", "campaign.summer"];
    project
        .run(&world, &journal)
        .await
        .succeeds()
        .says("was campaign.spring");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_that_was_launched_anew_is_not_merged() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.change("[campaign.spring]", "[campaign.summer]\nstate = \"paused\"");
    project.apply(&world).await.anyhow();
    let mv = ["state", "mv", CAMPAIGN, "campaign.summer", "--auto-approve"];
    // What left the configuration was forgotten, but its ledger is there.
    project
        .run(&world, &mv)
        .await
        .exits(1)
        .says("ledger of its own");
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_template_block_must_be_the_same_template() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let text = project.read("waform.toml");
    let renamed = text
        .replace("[template.order_update]", "[template.packed]")
        .replace("template = \"order_update\"", "template = \"packed\"");
    project.write("waform.toml", &renamed);
    let mv = [
        "state",
        "mv",
        "template.order_update",
        "template.packed",
        "--auto-approve",
    ];
    project
        .run(&world, &mv)
        .await
        .exits(1)
        .says("is another object at Meta");
    project.change(
        "[template.packed]",
        "[template.packed]\nname = \"order_update\"",
    );
    project.run(&world, &mv).await.succeeds();
    assert_eq!(
        listed(&project, &world, &[]).await,
        [CAMPAIGN, "template.packed[\"en_US\"]"]
    );
    let before = world.latest().await;
    project.apply(&world).await.succeeds();
    assert_eq!(world.writes_after(before).await.len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_remembers_what_lives_and_drops_what_is_gone() {
    let project = Project::new();
    project.append(
        "waform.toml",
        "\n[template.extra]\ncategory = \"utility\"\nlanguage = \"en_US\"\nbody = \"Our shop is closed on Monday.\"\n",
    );
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let repair = ["state", "repair"];
    project
        .run(&world, &repair)
        .await
        .succeeds()
        .says("Nothing is to be repaired.");

    let rm = ["state", "rm", TEMPLATE, "--auto-approve"];
    project.run(&world, &rm).await.succeeds();
    let extra = world.template("extra").await["id"].clone();
    world
        .alter(extra.as_str().unwrap(), json!({ "status": "DELETED" }))
        .await;
    let before = world.latest().await;
    project
        .run(&world, &repair)
        .await
        .exits(1)
        .says(&format!("+ {TEMPLATE}"))
        .says("- template.extra[\"en_US\"]")
        .says("nobody to ask");
    assert_eq!(
        listed(&project, &world, &[]).await,
        [CAMPAIGN, "template.extra[\"en_US\"]"]
    );
    let approved = [&repair[..], &["--auto-approve", "--format", "json"]].concat();
    let told = project.run(&world, &approved).await.succeeds().json();
    assert_eq!(told["remembered"][0]["address"], TEMPLATE);
    assert_eq!(told["dropped"][0]["address"], "template.extra[\"en_US\"]");
    assert_eq!(listed(&project, &world, &[]).await, [CAMPAIGN, TEMPLATE]);
    assert_eq!(world.writes_after(before).await.len(), 0);
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_names_the_claims_of_a_dead_run_and_touches_no_damaged_file() {
    let project = Project::new();
    let world = World::start().await;
    let apply = ["apply", "--auto-approve", "--wait", "--allow", "new_ledger"];
    let point = [("WAFORM_FAILPOINT", "after_claim")];
    let crashed = project.run_with(&world, &point, &apply).await.anyhow();
    assert_eq!(crashed.code, None);
    let state = rusqlite::Connection::open(project.state()).unwrap();
    // As a minute later.
    state.execute("UPDATE lease SET until = 0", []).unwrap();
    project
        .run(&world, &["state", "repair"])
        .await
        .succeeds()
        .says("campaign.spring, from the number")
        .says("whoever claimed them is gone");

    state
        .execute(
            "UPDATE member SET state = 2, due_at = NULL, attempt = 9",
            [],
        )
        .unwrap();
    drop(state);
    let before = world.latest().await;
    project
        .run(&world, &["state", "repair", "--auto-approve"])
        .await
        .exits(1)
        .says("state::broken")
        .says("without an open attempt");
    assert_eq!(world.requests_after(before).await.len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_writes_takes_the_lock() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let store = sqlite::open(&project.state(), sqlite::Mode::ReadWrite).unwrap();
    let now = Clock::system().now();
    let request = LockRequest {
        holder: "somebody@elsewhere".to_owned(),
        host: "elsewhere".to_owned(),
        process: 4711,
        command: "waform apply".to_owned(),
        run_address: None,
        now,
        until: now + SignedDuration::from_mins(5),
    };
    store.lock(&request).await.unwrap();
    let whole = async || -> Value {
        let pull = project.run(&world, &["state", "pull"]).await;
        pull.succeeds().json()["resources"].clone()
    };
    let before = whole().await;
    project.change("[campaign.spring]", "[campaign.summer]");
    for command in [
        &["state", "rm", TEMPLATE][..],
        &["state", "mv", CAMPAIGN, "campaign.summer"],
        &["state", "repair"],
    ] {
        let command = [command, &["--auto-approve"]].concat();
        project
            .run(&world, &command)
            .await
            .exits(1)
            .says("store::locked")
            .says("somebody@elsewhere");
    }
    assert_eq!(whole().await, before);
    world.finish().await;
}
