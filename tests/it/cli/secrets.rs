//! Secrets are seen by nobody: not on a terminal, not in a log, not in the state, not in the account's own log.

use std::path::Path;

use serde_json::json;

use crate::kit::{APP_SECRET, Project, TOKEN, World, rows};

/// Holds that no file below a directory has any of the secrets in it.
fn search(directory: &Path, secrets: &[String]) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += search(&path, secrets);
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).unwrap();
        for secret in secrets {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{} holds a secret", path.display());
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_appear_nowhere_whatever_happens() {
    let project = Project::new();
    let world = World::start().await;
    let secrets = [TOKEN.to_owned(), APP_SECRET.to_owned()];
    let allow = ["--allow", "new_ledger"];
    let error = |code: i64| json!({ "error": { "code": code, "message": "injected" } });
    let faults = [
        None,
        Some(json!({ "match": { "method": "POST", "nth": 1 }, "fault": error(100) })),
        Some(json!({ "match": { "nth": 3 }, "fault": "cut_before" })),
        Some(json!({ "match": { "method": "POST", "nth": 1 }, "fault": "cut_after" })),
        Some(
            json!({ "match": { "path": "message_templates", "nth": 1 }, "fault": { "status": 502, "body": "<html>" } }),
        ),
        Some(json!({ "match": { "path": "messages", "nth": 1 }, "fault": error(131_000) })),
        Some(json!({ "match": { "nth": 1 }, "fault": error(190) })),
    ];
    let mut said = String::new();
    for (index, fault) in faults.into_iter().enumerate() {
        if let Some(fault) = fault {
            world.fault(fault).await;
        }
        for command in [
            &["-vv", "plan"][..],
            &["-vv", "plan", "--format", "json"],
            &["-vv", "apply", "--auto-approve", "--wait"],
            &[
                "-vv",
                "apply",
                "--auto-approve",
                "--wait",
                "--format",
                "json",
            ],
        ] {
            let run = project
                .run(&world, &[command, &allow].concat())
                .await
                .anyhow();
            said.push_str(&run.to_string());
        }
        world.heal().await;
        project.write("customers.csv", rows(0..4 + index));
    }
    for command in [
        &["-vv", "doctor"][..],
        &["-vv", "status"],
        &["-vv", "history", "spring"],
        &["validate"],
        &["apply", "--auto-approve", "--target", "template.unknown"],
    ] {
        said.push_str(&project.run(&world, command).await.anyhow().to_string());
    }
    let wrong = [("WHATSAPP_APP_SECRET", "waform-marked-secret")];
    let refused = project
        .run_with(&world, &wrong, &["-vv", "plan"])
        .await
        .exits(1);
    said.push_str(&refused.to_string());

    assert!(
        said.contains("DEBUG"),
        "the log was not on, so nothing is shown:\n{said}"
    );
    for secret in secrets
        .iter()
        .map(String::as_str)
        .chain(["waform-marked-secret"])
    {
        assert!(!said.contains(secret), "{secret} was said:\n{said}");
    }
    assert!(search(&project.path().join(".waform"), &secrets) > 0);
    let log = world.requests_after(0).await;
    assert!(log.iter().any(|request| request.is_write()));
    for request in &log {
        let text = request.whole.to_string();
        assert!(
            !secrets.iter().any(|secret| text.contains(secret)),
            "{text}"
        );
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sandbox_needs_no_secret_and_calls_nobody_else() {
    let project = Project::new();
    let elsewhere = World::start().await;
    let world = World::beside(&project).await;
    // The project says that Meta is elsewhere, and no secret can be read.
    let mut command = project.command(
        &elsewhere,
        &["apply", "--sandbox", "--auto-approve", "--wait"],
    );
    command
        .env_remove("WHATSAPP_ACCESS_TOKEN")
        .env_remove("WHATSAPP_APP_SECRET");
    project.start(&world, command).ended().await.succeeds();
    assert_eq!(world.accepted().await, 3);
    assert!(elsewhere.requests_after(0).await.is_empty());
    assert!(!project.state().exists(), "a trial marked real customers");
    world.finish().await;
    elsewhere.finish().await;
}
