//! Outputs tell other programs what Meta has made of the configuration.

use serde_json::json;

use crate::kit::{Project, World};

const OUTPUTS: &str = r#"
[output.template_id]
value = { of = "template.order_update", attribute = "id" }
description = "For the shop's own integration"

[output.status]
value = { of = "template.order_update[\"en_US\"]", attribute = "status" }

[output.limit]
value = 10

[output.where]
value = "${var.base_url}/x"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outputs_are_known_after_apply_and_read_live() {
    let project = Project::new();
    project.append("waform.toml", OUTPUTS);
    let world = World::start().await;
    let output = async |arguments: &[&str]| {
        let arguments = [&["output"], arguments].concat();
        project.run(&world, &arguments).await
    };
    output(&[])
        .await
        .succeeds()
        .says("limit       = 10")
        .says("status      = (known after apply)");
    output(&["template_id", "--format", "raw"])
        .await
        .exits(1)
        .says("cli::no_value");

    let apply = project.apply(&world).await.succeeds();
    let id = world.template("order_update").await["id"].clone();
    let apply = apply.says("Outputs:").says("status      = \"APPROVED\"");
    assert!(
        apply.stdout.contains(&format!("template_id = {id}")),
        "{apply}"
    );
    let raw = output(&["template_id", "--format", "raw"]).await.succeeds();
    assert_eq!(raw.stdout, format!("{}\n", id.as_str().unwrap()));

    // Live, not remembered.
    let paused = json!({ "status": "PAUSED" });
    world.alter(id.as_str().unwrap(), paused).await;
    let all = output(&["--format", "json"]).await.succeeds().json();
    assert_eq!(all["status"]["value"], "PAUSED");
    assert_eq!(
        all["limit"],
        json!({ "sensitive": false, "type": "number", "value": 10 })
    );
    assert_eq!(
        all["template_id"]["description"],
        "For the shop's own integration"
    );
    assert_eq!(all["where"]["value"], json!("[SANDBOX]/x"));
    output(&["templat_id"])
        .await
        .exits(1)
        .says("did you mean `template_id`?");
    world.finish().await;
}
