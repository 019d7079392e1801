//! A run may be limited to a part of the project, look at nothing, or take everything away.

use std::collections::HashMap;

use axum::Router;
use axum::extract::Query;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::kit::{Project, World};

/// Two templates more: one with a translation, and one that nothing needs.
const MORE: &str = r#"
[template.notice]
category = "utility"
language = "en_US"
body = "Our shop is closed on the coming Monday, as every year."
[template.notice.translation.es]
body = "Nuestra tienda cierra el lunes que viene, como cada año."

[template.other]
category = "utility"
language = "en_US"
body = "Our other shop is closed on the coming Tuesday."
"#;

/// A webhook that answers Meta's challenge, as its block.
async fn webhook() -> String {
    let greet = async |Query(query): Query<HashMap<String, String>>| query["hub.challenge"].clone();
    let router = Router::new().route("/hook", get(greet).post(async || ()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!(
        "
[webhook.main]
url = \"http://{address}/hook\"
verify_token = {{ env = \"WAFORM_VERIFY_TOKEN\" }}
"
    )
}

const VERIFY: (&str, &str) = ("WAFORM_VERIFY_TOKEN", "a-token-of-ours");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patterns_select_blocks_and_objects() {
    let project = Project::new();
    project.append("waform.toml", MORE);
    let world = World::start().await;
    let plan = async |arguments: &[&str]| {
        let arguments = [arguments, &["--format", "json"]].concat();
        let plan = project.plan_with(&world, &arguments).await.anyhow().json();
        let addresses = plan["resource_changes"].as_array().unwrap().iter();
        let addresses: Vec<String> = addresses
            .map(|change| change["address"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(plan["complete"], arguments.len() == 2, "{plan:#}");
        addresses
    };
    // The number is among them: it is watched, never changed.
    assert_eq!(plan(&[]).await.len(), 6);
    assert_eq!(
        plan(&["--target", "template.no*"]).await,
        ["template.notice[\"en_US\"]", "template.notice[\"es\"]"]
    );
    assert_eq!(
        plan(&["--target", "*[\"es\"]"]).await,
        ["template.notice[\"es\"]"]
    );
    // What it needs comes with it.
    assert_eq!(
        plan(&["--target", "campaign.*"]).await,
        [
            "template.order_update[\"en_US\"]",
            "campaign.spring",
            "phone.support"
        ]
    );
    assert_eq!(
        plan(&["--target", "template.*", "--exclude", "*[\"en_US\"]"]).await,
        ["template.notice[\"es\"]"]
    );
    for (arguments, says) in [
        (
            ["--target", "template.notise"],
            "did you mean template.notice?",
        ),
        (
            ["--exclude", "template.x*"],
            "no resource is named `template.x*` (--exclude)",
        ),
        (
            ["--target", "list.customers"],
            "selects nothing that could be planned",
        ),
        (["--exclude", "template.{a"], "cannot be read"),
    ] {
        project
            .plan_with(&world, &arguments)
            .await
            .exits(1)
            .says(says);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_something_excluded_is_left_out_and_does_not_send() {
    let project = Project::new();
    project.append("waform.toml", MORE);
    let world = World::start().await;
    let exclude = [
        "--exclude",
        "template.order_update",
        "--allow",
        "new_ledger",
    ];
    project
        .plan_with(&world, &exclude)
        .await
        .exits(2)
        .says("campaign.spring is left out as well: it needs template.order_update")
        .says("Plan: 3 to add")
        .says("apply --exclude template.order_update");
    let apply = [&["apply", "--auto-approve", "--wait"][..], &exclude].concat();
    project.run(&world, &apply).await.succeeds();
    assert_eq!(world.templates().await.len(), 3);
    assert_eq!(world.accepted().await, 0);
    project.apply(&world).await.succeeds();
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_refresh_nothing_is_listed_and_nothing_applied() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    let id = world.template("order_update").await["id"].clone();
    let id = id.as_str().unwrap();
    world
        .alter(id, serde_json::json!({ "status": "PAUSED" }))
        .await;

    let before = world.latest().await;
    for spelling in ["--refresh=false", "-refresh=false"] {
        project
            .plan_with(&world, &[spelling])
            .await
            .succeeds()
            .says("the live account was not read");
    }
    let asked: Vec<String> = world
        .requests_after(before)
        .await
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert!(!asked.is_empty());
    assert!(
        !asked.iter().any(|path| path.contains("message_templates")),
        "{asked:?}"
    );
    // A change of the configuration is seen all the same, with what it uses up.
    project.change("leaves us today", "leaves us tomorrow");
    let plan = ["--refresh=false", "--format", "json"];
    let plan = project.plan_with(&world, &plan).await.exits(2).json();
    assert_eq!(
        plan["resource_changes"][0]["change"]["actions"][0],
        "update"
    );
    assert_eq!(plan["applyable"], false);
    // Live, it is something else: a paused template may be edited at no cost.
    project
        .plan(&world)
        .await
        .exits(2)
        .does_not_say("edit 1 of 1")
        .says("1 to change");

    let before = world.latest().await;
    for spelling in ["--refresh=false", "-refresh=false"] {
        project
            .run(&world, &["apply", "--auto-approve", spelling])
            .await
            .exits(1)
            .says("cli::unrefreshed");
    }
    assert!(world.requests_after(before).await.is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_replaced_says_so_and_what_can_is_made_anew() {
    let project = Project::new();
    project.append("waform.toml", &webhook().await);
    let world = World::start().await;
    let apply = ["apply", "--auto-approve", "--wait", "--allow", "new_ledger"];
    project.run_with(&world, &[VERIFY], &apply).await.succeeds();

    for (address, code) in [
        ("template.order_update", "template::replace"),
        ("campaign.spring", "campaign::replace"),
    ] {
        let plan = ["plan", "--replace", address];
        project
            .run_with(&world, &[VERIFY], &plan)
            .await
            .exits(1)
            .says(code);
    }
    let plan = ["plan", "-replace=webhook.main", "-json"];
    let plan = project
        .run_with(&world, &[VERIFY], &plan)
        .await
        .succeeds()
        .json();
    let change = &plan["resource_changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["address"] == "webhook.main")
        .unwrap();
    assert_eq!(change["action_reason"], "replace_by_request");
    assert_eq!(
        change["change"]["actions"],
        serde_json::json!(["delete", "create"])
    );

    let before = world.latest().await;
    let apply = ["apply", "--auto-approve", "--replace", "webhook.*"];
    project
        .run_with(&world, &[VERIFY], &apply)
        .await
        .succeeds()
        .says("Resources: 1 added, 0 changed, 1 destroyed");
    let written: Vec<String> = world
        .writes_after(before)
        .await
        .into_iter()
        .map(|request| request.method)
        .collect();
    assert!(written.contains(&"DELETE".to_owned()), "{written:?}");
    assert_eq!(written.last().map(String::as_str), Some("POST"));
    project
        .run_with(&world, &[VERIFY], &["plan", "--detailed-exitcode"])
        .await
        .succeeds();
    let outside = [
        "plan",
        "--replace",
        "webhook.main",
        "--target",
        "template.*",
    ];
    project
        .run_with(&world, &[VERIFY], &outside)
        .await
        .exits(1)
        .says("is not selected");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_managed_is_destroyed_and_nothing_else() {
    let project = Project::new();
    project.append("waform.toml", MORE);
    project.append("waform.toml", &webhook().await);
    let world = World::start().await;
    world
        .foreign_template("somebody_elses", "Nothing to do with us at all.")
        .await;
    let run = async |arguments: &[&str]| project.run_with(&world, &[VERIFY], arguments).await;
    let wait = ["apply", "--auto-approve", "--wait", "--allow", "new_ledger"];
    run(&wait).await.succeeds();
    assert_eq!(world.accepted().await, 3);
    // What has left the configuration is destroyed with the rest, also where its account would let it be.
    project.remove("[webhook.main]");

    project.append("waform.toml", "\n[guard]\nmax_deletes = 3\n");
    let destroy = [
        "apply",
        "--destroy",
        "--auto-approve",
        "--detailed-exitcode",
    ];
    project
        .run(&world, &destroy)
        .await
        .exits(3)
        .says("guard::max_deletes");
    // A part of it, first.
    let one = [&destroy[..], &["--target", "template.other"]].concat();
    project
        .run(&world, &one)
        .await
        .succeeds()
        .says("Resources: 0 added, 0 changed, 1 destroyed.");
    project.write("customers.csv", crate::kit::rows(0..9));
    let plan = project.plan_with(&world, &["--destroy"]).await.exits(3);
    plan.says("3 × template will be deleted")
        .says("template.order_update[\"en_US\"]")
        .says("locks the name for 30 days, until ")
        .says("campaign.spring is stopped")
        .says("webhook.main will be deleted")
        .does_not_say("somebody_elses will")
        .does_not_say("contacts");

    let before = world.latest().await;
    let all = [&destroy[..], &["--allow", "max_deletes"]].concat();
    project
        .run(&world, &all)
        .await
        .succeeds()
        .says("Resources: 0 added, 0 changed, 4 destroyed.");
    // Meta lets messages under way be delivered before a template goes.
    let mut left = world.templates().await;
    left.retain(|template| template["status"] != "PENDING_DELETION");
    assert_eq!(left.len(), 1, "{left:#?}");
    assert_eq!(left[0]["name"], "somebody_elses");
    assert_eq!(world.accepted().await, 3, "destroying sends nothing");
    assert!(!world.writes_after(before).await.is_empty());

    let before = world.latest().await;
    project
        .run(&world, &all)
        .await
        .succeeds()
        .says("Nothing is left that this state manages");
    assert!(world.writes_after(before).await.is_empty());
    // Its ledger stays: the campaign is stopped, and going on is a change that shows.
    project
        .run(&world, &["history", "spring"])
        .await
        .succeeds()
        .says(&crate::kit::number(2));
    project
        .plan_with(&world, &["--target", "campaign.spring"])
        .await
        .exits(1)
        .says("stopped → running")
        .says("template::name_locked");
    world.finish().await;
}
