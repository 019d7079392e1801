//! What was typed. No input or output here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Planning {
    #[command(flatten)]
    pub(crate) world: World,
    /// Only this resource and what it needs (repeatable)
    #[arg(long = "target", value_name = "ADDRESS")]
    pub(crate) targets: Vec<String>,
    /// Override a guard by its name (repeatable)
    #[arg(long = "allow", value_name = "GUARD")]
    pub(crate) allow: Vec<String>,
    /// Tell by the exit code what was found
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

// No doc comments here: they would take the place of those on the arguments, which say more under --help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(super::init::InitArgs),
    Validate(super::validate::ValidateArgs),
    Plan(super::plan::PlanArgs),
    Apply(super::apply::ApplyArgs),
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
