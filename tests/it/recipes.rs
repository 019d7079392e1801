//! The recipes of `examples/ci`: their scripts with the real binary, a sandbox for Meta and a small GitHub that remembers.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod applying;
mod candidates;
mod drifting;
mod forge;
mod planning;
mod workflows;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use forge::Forge;

use crate::kit::{Child, Ended, Project, World};

fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci")
}

/// A job of a workflow: a project, Meta, GitHub, and a directory for what steps hand on.
struct Job {
    project: Project,
    world: World,
    forge: Forge,
    directory: tempfile::TempDir,
}

impl Job {
    async fn new() -> Self {
        let directory = tempfile::TempDir::new().unwrap();
        let binary = directory.path().join("waform");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_waform"), binary).unwrap();
        Self {
            project: Project::new(),
            world: World::start().await,
            forge: Forge::start().await,
            directory,
        }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn project(&self) -> String {
        self.project.path().display().to_string()
    }

    /// A script in the environment of a step.
    fn step(&self, script: &str, arguments: &[&str]) -> Command {
        let waform = self.project.command(&self.world, &[]);
        let mut command = Command::new(recipes().join("shell").join(script));
        command.env_clear();
        for (name, value) in waform.get_envs() {
            command.env(name, value.unwrap());
        }
        let path = std::env::var("PATH").unwrap();
        command
            .env(
                "PATH",
                format!("{}:{path}", self.directory.path().display()),
            )
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_API_URL", self.forge.url())
            .env("GITHUB_REPOSITORY", forge::REPOSITORY)
            .env("GITHUB_TOKEN", forge::TOKEN)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn start(&self, script: &str, arguments: &[&str]) -> Child {
        self.project
            .start(&self.world, self.step(script, arguments))
    }

    async fn run(&self, script: &str, arguments: &[&str]) -> Ended {
        self.start(script, arguments).ended().await
    }

    /// Plans as the workflow does, on a ledger that somebody has allowed; what it leaves is in `out`.
    async fn plan(&self) -> Ended {
        let (project, out) = (self.project(), self.path("out"));
        let plan = ["main", &project, &out, "--allow", "new_ledger"];
        self.run("plan.sh", &plan).await
    }

    async fn comment(&self, number: &str) -> Ended {
        self.run("comment.sh", &[number, &self.path("out")]).await
    }

    fn left(&self, name: &str) -> String {
        let path = self.directory.path().join("out").join(name);
        std::fs::read_to_string(path).unwrap()
    }

    /// The id of what is planned now.
    async fn planned(&self) -> String {
        self.plan().await.succeeds();
        self.left("id").trim().to_owned()
    }

    async fn finish(self) {
        self.world.finish().await;
    }
}
