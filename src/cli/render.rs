//! `waform render`

use clap::Args;

use super::Context;
use super::args::Variables;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::session;
use crate::render::configuration;
use crate::resource;

/// Print the configuration as one JSON document, without network and without secrets
///
/// All files merged, variables inserted, keys and addresses in order: the same configuration gives the same bytes. `blocks` are
/// the tables as written, `objects` what they ask for at Meta. References to secrets stay references. A job that builds an
/// untrusted pull request can hand this to one that has the token, and policy tools can read it.
#[derive(Args, Debug)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    variables: Variables,
}

pub(crate) fn run(context: &Context, args: &RenderArgs) -> Result<Exit> {
    let project = session::project(
        &context.ui,
        &context.environment,
        &context.directory,
        &args.variables,
    )?;
    // The same files and variables once more, as they were before the kinds read them.
    let inputs = session::inputs(&context.environment, &args.variables)?;
    let loaded = resource::blocks(&context.directory, &inputs);
    let mut objects = Vec::new();
    for reconciler in resource::kinds()
        .iter()
        .filter_map(|kind| kind.reconciler())
    {
        let desired = reconciler.desired(&project);
        objects.extend(desired.map_err(|report| Failure::report(&project.sources, report))?);
    }
    let document = configuration::document(
        &loaded.sources,
        &loaded.blocks,
        &resource::references(&project),
        &objects,
    );
    context.ui.out(&format!("{document:#}"))?;
    Ok(Exit::Done)
}
