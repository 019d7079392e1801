//! What somebody else changed is one issue.

use serde_json::json;

use super::Job;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_issue_is_opened_edited_and_closed() {
    let job = Job::new().await;
    job.project.apply(&job.world).await.succeeds();
    let project = job.project();
    let drift = async || job.run("drift.sh", &["main", &project]).await.succeeds();
    drift().await.says("No drift.");
    assert!(job.forge.issues().is_empty());

    let template = job.world.template("order_update").await;
    let id = template["id"].as_str().unwrap();
    let edit = async |text: &str| {
        let mut components = template["components"].clone();
        let body = components
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .find(|part| part["type"] == "BODY");
        body.unwrap()["text"] = text.into();
        job.world
            .alter(id, json!({ "components": components }))
            .await;
    };
    edit("Hi {{1}}, buy {{2}} at once, says @team.").await;
    drift().await.says("Opened an issue.");
    edit("Hi {{1}}, buy {{2}} tomorrow, says @team.").await;
    drift().await.says("is up to date.");
    let issues = job.forge.issues();
    assert_eq!(issues.len(), 1, "{issues:#?}");
    let body = issues[0]["body"].as_str().unwrap();
    assert!(body.starts_with("<!-- waform:drift main -->\n"), "{body}");
    assert!(body.contains("tomorrow"), "{body}");

    let before = template["components"].clone();
    job.world.alter(id, json!({ "components": before })).await;
    drift().await.says("Closed issue");
    assert_eq!(job.forge.issues()[0]["state"], "closed");
    drift().await.says("No drift.");
    assert_eq!(job.forge.issues().len(), 1);
    job.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_fails_leaves_the_issue_alone() {
    let job = Job::new().await;
    job.project
        .change("category = \"utility\"", "category = \"useful\"");
    job.run("drift.sh", &["main", &job.project()])
        .await
        .exits(1);
    assert_eq!(job.forge.calls(), 0);
    job.finish().await;
}
