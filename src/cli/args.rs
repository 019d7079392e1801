//! What was typed. No input or output here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::render;

/// WhatsApp campaigns as code: plan, review and apply templates, contact lists and campaigns
#[derive(Debug, Parser)]
#[command(
    name = "waform",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Work in this directory
    #[arg(
        short = 'C',
        value_name = "DIR",
        global = true,
        default_value = ".",
        hide_default_value = true
    )]
    pub(crate) directory: PathBuf,
    /// Work in this environment of the configuration, `[env.NAME]`; required where there are several
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) env: Option<String>,
    /// When to use colour
    #[arg(long, value_enum, global = true, default_value_t)]
    pub(crate) color: Color,
    /// Say more on standard error; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Human,
    Json,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Output {
    /// How results are printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    #[default]
    Human,
    /// Terraform's JSON plan, format 1.2; what is waform's alone under `waform`
    Json,
    /// For a comment on a pull request
    Markdown,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct PlanOutput {
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: PlanFormat,
    /// One line an object
    #[arg(long)]
    pub(crate) summary: bool,
    /// With --format markdown: at most this many bytes, 1000 or more; what is left out is said
    #[arg(long, value_name = "BYTES", default_value_t = render::markdown::MAX_BYTES, value_parser = room)]
    pub(crate) max_bytes: usize,
}

/// Reads the room for a document; with less than the least one needs, nothing could be said.
fn room(text: &str) -> Result<usize, String> {
    let least = render::markdown::MIN_BYTES;
    match text.parse() {
        Ok(bytes) if bytes >= least => Ok(bytes),
        Ok(_) => Err(format!(
            "the least that a plan can be told in is {least} bytes"
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// Values for `${var.name}`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Variables {
    /// Set a variable; wins over files and the environment
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub(crate) variables: Vec<String>,
    /// Read variables from a file of `name = value` lines
    #[arg(long = "var-file", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// Which world to work against.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct World {
    #[command(flatten)]
    pub(crate) variables: Variables,
    /// Use the built-in sandbox, kept in `.waform/sandbox.db`; nothing leaves this machine
    #[arg(long)]
    pub(crate) sandbox: bool,
}

/// What plan and apply have in common.
///
/// A saved plan keeps it, but for what belongs to the place where it is applied.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Planning {
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) world: World,
    /// Only this resource and what it needs; `*` stands for any text (repeatable)
    #[arg(long = "target", value_name = "ADDRESS")]
    pub(crate) targets: Vec<String>,
    /// Not this resource, nor what needs it; `*` stands for any text (repeatable)
    #[arg(long = "exclude", value_name = "ADDRESS")]
    pub(crate) excludes: Vec<String>,
    /// Make this resource anew, where its kind can be (repeatable)
    #[arg(long = "replace", value_name = "ADDRESS", conflicts_with = "destroy")]
    pub(crate) replaces: Vec<String>,
    /// Delete all that this state manages; campaigns stop, and their ledger stays
    #[arg(long)]
    pub(crate) destroy: bool,
    /// Whether to read the live account; with `false`, plan takes what was last applied for live
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_value_t = true,
        default_missing_value = "true",
        hide_default_value = true,
        hide_possible_values = true,
        action = clap::ArgAction::Set
    )]
    pub(crate) refresh: bool,
    /// Override a guard by its name (repeatable)
    #[arg(long = "allow", value_name = "GUARD")]
    pub(crate) allow: Vec<String>,
    /// Tell by the exit code what was found
    #[arg(long)]
    #[serde(skip)]
    pub(crate) detailed_exitcode: bool,
}

impl Default for Planning {
    fn default() -> Self {
        Self {
            world: World::default(),
            targets: Vec::new(),
            excludes: Vec::new(),
            replaces: Vec::new(),
            destroy: false,
            refresh: true,
            allow: Vec::new(),
            detailed_exitcode: false,
        }
    }
}

// No doc comments here: they would take the place of those on the arguments, which say more under --help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(super::init::InitArgs),
    Validate(super::validate::ValidateArgs),
    Fmt(super::fmt::FmtArgs),
    Render(super::render::RenderArgs),
    Graph(super::graph::GraphArgs),
    Plan(super::plan::PlanArgs),
    Apply(super::apply::ApplyArgs),
    Show(super::show::ShowArgs),
    Output(super::output::OutputArgs),
    Drift(super::drift::DriftArgs),
    Doctor(super::doctor::DoctorArgs),
    Status(super::status::StatusArgs),
    History(super::history::HistoryArgs),
    Interactions(super::interactions::InteractionsArgs),
    Contact(super::contact::ContactArgs),
    Retry(super::retry::RetryArgs),
    Serve(super::serve::ServeArgs),
    Recontact(super::recontact::RecontactArgs),
    Stop(super::brake::StopArgs),
    Resume(super::brake::ResumeArgs),
    DeadLetters(super::dead_letters::DeadLettersArgs),
    State(super::state::StateArgs),
    Unlock(super::unlock::UnlockArgs),
    Journal(super::journal::JournalArgs),
    Sandbox(super::sandbox::SandboxArgs),
    Schema(super::schema::SchemaArgs),
    Explain(super::explain::ExplainArgs),
    Completions(super::completions::CompletionsArgs),
}

/// Returns the description of the command line, for completions and generated pages.
#[must_use]
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}
