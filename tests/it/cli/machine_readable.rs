//! What programs read: documents in Terraform's shape, one event a line.

use serde_json::Value;

use crate::kit::{Project, World};

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_as_json_has_the_keys_that_tools_for_terraform_read() {
    let project = Project::new();
    let world = World::start().await;
    let json = ["--format", "json", "--allow", "new_ledger"];
    let plan = project.plan_with(&world, &json).await.exits(2).json();
    assert_eq!(plan["format_version"], "1.2");
    for key in [
        "terraform_version",
        "planned_values",
        "configuration",
        "resource_changes",
        "resource_drift",
        "applyable",
        "complete",
        "errored",
        "waform",
    ] {
        assert!(
            plan.get(key).is_some(),
            "{key} is missing in {:?}",
            keys(&plan)
        );
    }
    assert_eq!(plan["applyable"], true);
    assert_eq!(plan["errored"], false);
    let changes = plan["resource_changes"].as_array().unwrap();
    let template = changes
        .iter()
        .find(|change| change["type"] == "template")
        .unwrap();
    assert_eq!(template["address"], "template.order_update[\"en_US\"]");
    assert_eq!(template["name"], "order_update");
    assert_eq!(template["index"], "en_US");
    assert_eq!(template["mode"], "managed");
    assert!(template["provider_name"].is_string());
    assert_eq!(template["change"]["actions"], serde_json::json!(["create"]));
    for key in [
        "before",
        "after",
        "after_unknown",
        "before_sensitive",
        "after_sensitive",
    ] {
        assert!(template["change"].get(key).is_some(), "{key}");
    }
    for key in ["plan_id", "targets", "sends", "waits", "guards"] {
        assert!(plan["waform"].get(key).is_some(), "{key}");
    }
    assert_eq!(plan["waform"]["sends"][0]["when_ready"], 3);

    project.apply(&world).await.succeeds();
    let empty = project
        .plan_with(&world, &["--format", "json"])
        .await
        .succeeds()
        .json();
    assert_eq!(empty["applyable"], false);
    for change in empty["resource_changes"].as_array().unwrap() {
        assert_eq!(
            change["change"]["actions"],
            serde_json::json!(["no-op"]),
            "{change}"
        );
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adoption_is_an_import_in_json() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.forget_state();
    let json = ["--format", "json", "--allow", "new_ledger"];
    let plan = project.plan_with(&world, &json).await.exits(2).json();
    let id = world.template("order_update").await["id"].clone();
    let changes = plan["resource_changes"].as_array().unwrap();
    let template = changes
        .iter()
        .find(|change| change["type"] == "template")
        .unwrap();
    assert_eq!(template["change"]["actions"], serde_json::json!(["no-op"]));
    assert_eq!(template["change"]["importing"]["id"], id);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_as_json_is_one_event_a_line() {
    let project = Project::new();
    let world = World::start().await;
    let apply = [
        "apply",
        "--auto-approve",
        "--wait",
        "--allow",
        "new_ledger",
        "--format",
        "json",
    ];
    let events = project.run(&world, &apply).await.succeeds().json_lines();
    for event in &events {
        for key in ["@level", "@message", "@module", "@timestamp", "type"] {
            assert!(event[key].is_string(), "{key} in {event}");
        }
    }
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    for kind in [
        "planned_change",
        "change_summary",
        "apply_start",
        "apply_complete",
        "send_progress",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    let last = events.last().unwrap();
    assert_eq!(last["type"], "summary");
    assert_eq!(last["reason"], "done");
    assert_eq!(last["sent"][0]["campaigns"][0]["accepted"], 3);
    world.finish().await;
}
