//! Somebody at a terminal is asked, and what was shown is what is done.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::kit::{Project, World};

/// The same run on a terminal of its own.
pub(crate) fn on_a_terminal(command: &Command) -> Command {
    let quoted: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut script = Command::new("script");
    script
        .args([
            "--quiet",
            "--return",
            "--command",
            // In the shell's place: Ctrl-C is for the command alone.
            &format!("exec {}", quoted.join(" ")),
            "/dev/null",
        ])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            script.env(name, value);
        }
    }
    script
}

/// Starts an apply and waits until it has planned, which is when it asks.
async fn asked(project: &Project, world: &World) -> (crate::kit::Child, std::process::ChildStdin) {
    let before = world.latest().await;
    let command = project.command(
        world,
        &["apply", "--wait", "--detailed-exitcode", "--color", "never"],
    );
    let mut child = project.start(world, on_a_terminal(&command));
    let stdin = child.stdin();
    child.has_said("Do you want to make these changes?");
    assert_eq!(world.writes_after(before).await.len(), 0);
    (child, stdin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_yes_applies_and_anything_else_does_not() {
    let project = Project::new();
    let world = World::start().await;
    let (child, mut stdin) = asked(&project, &world).await;
    stdin.write_all(b"y\n").unwrap();
    child.ended().await.exits(1).says("Nothing was changed.");
    assert_eq!(world.templates().await.len(), 0);

    // Somebody is there, so that a new ledger may send.
    let (child, mut stdin) = asked(&project, &world).await;
    stdin.write_all(b"yes\n").unwrap();
    child.ended().await.succeeds();
    assert_eq!(world.accepted().await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moved_while_the_plan_was_read_is_not_written() {
    let project = Project::new();
    let world = World::start().await;
    project.apply(&world).await.succeeds();
    project.change("leaves us today", "leaves us tomorrow");
    let (child, mut stdin) = asked(&project, &world).await;
    let id = world.template("order_update").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let components = json!([{
        "type": "BODY", "text": "Somebody else, {{first_name}}, wrote of {{order_no}} here.",
        "example": { "body_text_named_params": [
            { "param_name": "first_name", "example": "Ana" }, { "param_name": "order_no", "example": "1" },
        ] },
    }]);
    world.alter(&id, json!({ "components": components })).await;
    let before = world.latest().await;
    stdin.write_all(b"yes\n").unwrap();
    child
        .ended()
        .await
        .exits(4)
        .says("the account has moved since the plan was shown")
        .says("template.order_update");
    assert_eq!(world.writes_after(before).await.len(), 0);
    world.finish().await;
}
