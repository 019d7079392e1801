//! `waform schema`

use clap::{Args, ValueEnum};

use super::Context;
use super::error::Result;
use super::exit::Exit;
use crate::{render, resource};

/// Print the JSON Schema of the configuration, or of what waform prints for programs
///
/// Editors use the configuration's through a first line such as `#:schema waform.schema.json`.
#[derive(Args, Debug)]
pub(crate) struct SchemaArgs {
    /// Of what
    #[arg(value_enum, default_value_t)]
    of: Document,
}

/// A document that has a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Document {
    /// The files of a project
    #[default]
    Config,
    /// What `plan --format json` prints
    Plan,
    /// A line of what `apply --format json` prints
    Events,
    /// What `status --format json` prints
    Status,
}

pub(crate) fn run(context: &Context, args: &SchemaArgs) -> Result<Exit> {
    let schema = match args.of {
        Document::Config => resource::schema(),
        Document::Plan => render::schemas::plan(),
        Document::Events => render::schemas::events(),
        Document::Status => render::schemas::status(),
    };
    context.ui.out(&format!("{schema:#}"))?;
    Ok(Exit::Done)
}
