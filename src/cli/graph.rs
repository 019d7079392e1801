//! `waform graph`

use clap::{Args, ValueEnum};

use super::Context;
use super::args::Variables;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::session;
use crate::config::proposal;
use crate::render;
use crate::resource;

/// Draw which resource needs which
///
/// An arrow points to what is needed, which is dealt with first. Mermaid stands in Markdown as it is, between ```mermaid and
/// ```; DOT becomes a picture by `waform graph --format dot | dot -Tsvg > graph.svg`.
#[derive(Args, Debug)]
pub(crate) struct GraphArgs {
    /// How the graph is written
    #[arg(long, value_enum, default_value_t)]
    format: Drawing,
    /// Only this resource and what it needs (repeatable)
    #[arg(long = "target", value_name = "ADDRESS")]
    targets: Vec<String>,
    #[command(flatten)]
    variables: Variables,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Drawing {
    #[default]
    Mermaid,
    Dot,
}

pub(crate) fn run(context: &Context, args: &GraphArgs) -> Result<Exit> {
    let project = session::project(
        &context.ui,
        &context.environment,
        &context.directory,
        &args.variables,
    )?;
    let mut references = resource::references(&project);
    for target in &args.targets {
        if !references.keys().any(|address| address.is_named_by(target)) {
            let known: Vec<String> = references.keys().map(ToString::to_string).collect();
            let failure = Failure::new(
                "cli::unknown_target",
                format!("no resource has the address `{target}`"),
            );
            return Err(failure.help(
                proposal(target, known.iter().map(String::as_str)).unwrap_or_else(|| {
                    "write it as the plan does: template.order_update".to_owned()
                }),
            ));
        }
    }
    if !args.targets.is_empty() {
        references = resource::needed(&references, |address| {
            args.targets
                .iter()
                .any(|target| address.is_named_by(target))
        });
    }
    let drawn = match args.format {
        Drawing::Mermaid => render::graph::mermaid(&references),
        Drawing::Dot => render::graph::dot(&references),
    };
    context.ui.out(&drawn)?;
    Ok(Exit::Done)
}
