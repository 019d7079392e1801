//! `waform validate`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Context;
use super::args::Variables;
use super::environment::{Environment, GITHUB_WORKSPACE};
use super::error::{Failure, Result};
use super::examine::examine;
use super::exit::Exit;
use super::session;
use crate::config::{Finding, to_json};
use crate::render;

/// Check everything that can be checked offline: syntax, references, Meta's rules, the lists' columns
///
/// In all environments, or in the one that --env names. Reads no secret and no network, and of the lists only the first line. Exits with 0 where nothing is wrong; warnings do not count.
#[derive(Args, Debug)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    variables: Variables,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ValidateFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValidateFormat {
    #[default]
    Human,
    Json,
    /// Workflow commands: GitHub shows them beside the lines they speak of
    Github,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
}

pub(crate) fn run(context: &Context, args: &ValidateArgs) -> Result<Exit> {
    let inputs = session::inputs(&context.environment, &args.variables)?;
    let (project, diagnostics) = examine(&context.directory, &inputs);
    let valid = !diagnostics.has_errors();
    let reports = diagnostics.reports().iter();
    let sources = &project.sources;
    let findings = || {
        let root = root(context);
        let findings = diagnostics.reports().iter();
        let finding = findings.map(|report| in_repository(Finding::new(sources, report), &root));
        finding.collect::<Vec<_>>()
    };
    match args.format {
        ValidateFormat::Json => {
            let findings: Vec<Value> = reports.map(|report| to_json(sources, report)).collect();
            let document =
                json!({ "format_version": "1.0", "valid": valid, "diagnostics": findings });
            context.ui.out(&format!("{document:#}"))?;
        }
        ValidateFormat::Github => {
            let commands = render::github::annotations(&findings());
            // An empty line is no command, and no result either.
            if !commands.is_empty() {
                context.ui.out(&commands)?;
            }
        }
        ValidateFormat::Sarif => {
            let log = render::sarif::document(&findings());
            context.ui.out(&format!("{log:#}"))?;
        }
        ValidateFormat::Human if valid => {
            for report in reports {
                context.ui.say(&context.ui.report(sources, report));
            }
            context.ui.out("The configuration is valid.")?;
        }
        ValidateFormat::Human => {
            return Err(Failure::Configuration {
                sources: project.sources,
                diagnostics,
            });
        }
    }
    Ok(if valid { Exit::Done } else { Exit::Error })
}

/// Returns the project's directory as seen from the repository's root: where GitHub checked it out, else where we work.
fn root(context: &Context) -> PathBuf {
    let directory = &context.directory;
    let repository = repository(&context.environment).and_then(|root| root.canonicalize().ok());
    let within = |root: PathBuf| {
        Some(
            directory
                .canonicalize()
                .ok()?
                .strip_prefix(root)
                .ok()?
                .to_owned(),
        )
    };
    let shortened = || directory.strip_prefix(".").unwrap_or(directory).to_owned();
    repository.and_then(within).unwrap_or_else(shortened)
}

fn repository(environment: &Environment) -> Option<PathBuf> {
    let checkout = environment.get(GITHUB_WORKSPACE).map(PathBuf::from);
    checkout.or_else(|| std::env::current_dir().ok())
}

fn in_repository(mut finding: Finding, directory: &Path) -> Finding {
    for mark in &mut finding.marks {
        for place in [&mut mark.start, &mut mark.end] {
            place.file = directory.join(&place.file).display().to_string();
        }
    }
    finding
}
