//! A plan that was saved is applied exactly as it was shown, once, or not at all.

mod agreed;
mod bound;
mod once;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::kit::{Ended, Project, Run, World};

/// Where a test's plan is saved: not in the project, as an artifact would not be.
struct Artifact {
    directory: tempfile::TempDir,
}

impl Artifact {
    fn new() -> Self {
        Self {
            directory: tempfile::TempDir::new().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("plan.json")
    }

    fn argument(&self) -> String {
        self.path().display().to_string()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    fn content(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    fn plan_id(&self) -> String {
        self.content()["plan"]["id"].as_str().unwrap().to_owned()
    }
}

/// Plans, saves, and holds that nothing was written but the file.
async fn save(project: &Project, world: &World, more: &[&str]) -> (Artifact, Ended) {
    let artifact = Artifact::new();
    let path = artifact.argument();
    let arguments = [&["-o", &path, "--allow", "new_ledger"], more].concat();
    let ended = project.plan_with(world, &arguments).await;
    (artifact, ended)
}

/// Applies a saved plan as a job without a terminal does.
async fn apply(project: &Project, world: &World, plan: &Artifact, more: &[&str]) -> Ended {
    let path = plan.argument();
    let arguments = [&["apply", &path, "--detailed-exitcode"], more].concat();
    project.run(world, &arguments).await
}

/// Applies a plan that must be refused as stale, and holds that nothing was written.
async fn refused(project: &Project, world: &World, plan: &Artifact, more: &[&str]) -> Run {
    let before = world.latest().await;
    let run = apply(project, world, plan, more).await.exits(4);
    let writes = world.writes_after(before).await;
    assert!(writes.is_empty(), "a refused plan wrote: {writes:#?}");
    run
}

/// Whom the accepted messages went to.
async fn recipients(world: &World) -> BTreeSet<String> {
    let messages = world.messages().await;
    let to = messages.iter().map(|message| message["to"].as_str());
    to.map(|to| format!("+{}", to.unwrap().trim_start_matches('+')))
        .collect()
}

/// Shows a plan where there is nothing: no project, no environment.
fn show(file: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let nowhere = tempfile::TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_waform"))
        .env_clear()
        .current_dir(nowhere.path())
        .arg("show")
        .arg(file)
        .args(more)
        .output()
        .unwrap();
    let left = std::fs::read_dir(nowhere.path()).unwrap().count();
    assert_eq!(left, 0, "showing a plan made a file");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}
