//! What a step of GitHub Actions tells the next ones and shows: only where it is asked for.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::environment::{Environment, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY};
use super::error::{Failure, Result};
use super::exit::Exit;
use crate::engine::plan::Plan;
use crate::render::markdown;

/// What GitHub takes of a step's summary.
const SUMMARY_BYTES: u64 = 1024 * 1024;

/// The files of one step.
pub(super) struct Step {
    output: File,
    summary: File,
    /// What the summary may still hold: other commands of the step write there, too.
    room: usize,
}

impl Step {
    /// Opens the files that the environment names; without them the flag cannot be honoured.
    pub(super) fn open(environment: &Environment) -> Result<Self> {
        let output = append(&named(environment, GITHUB_OUTPUT)?)?;
        let summary = append(&named(environment, GITHUB_STEP_SUMMARY)?)?;
        let room = SUMMARY_BYTES.saturating_sub(summary.metadata()?.len());
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        if room < markdown::MIN_BYTES {
            return Err(Failure::new(
                "cli::github_output",
                "the step's summary is full: GitHub takes 1 MiB",
            )
            .help("let a step of its own make the plan"));
        }
        Ok(Self {
            output,
            summary,
            room,
        })
    }

    /// Writes what was planned: the outputs `plan_id`, `has_changes`, `applyable`, `reason` and `exit`, and the summary.
    pub(super) fn tell(mut self, plan: &Plan, exit: Exit) -> Result<()> {
        let outputs = format!(
            "plan_id={}\nhas_changes={}\napplyable={}\nreason={}\nexit={}\n",
            plan.id,
            plan.has_differences(),
            plan.applyable(),
            exit.reason(),
            exit as u8
        );
        self.output.write_all(outputs.as_bytes())?;
        let summary = markdown::plan(plan, self.room);
        self.summary.write_all(summary.as_bytes())?;
        Ok(())
    }
}

fn named(environment: &Environment, variable: &str) -> Result<PathBuf> {
    environment.get(variable).map(PathBuf::from).ok_or_else(|| {
        let message = format!("--github-output needs {variable}, which is not set");
        Failure::new("cli::github_output", message)
            .help("leave it out elsewhere than in a step of GitHub Actions")
    })
}

fn append(path: &Path) -> Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.map_err(|error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::new("cli::github_output", message).help(
            "--github-output writes to the files that GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name",
        )
    })
}
