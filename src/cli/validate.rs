//! `waform validate`

use clap::Args;
use serde_json::{Value, json};

use super::Context;
use super::args::{Format, Output, Variables};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::session;
use crate::campaign;
use crate::config::to_json;

/// Check everything that can be checked offline: syntax, references, Meta's rules, the lists' columns
///
/// Reads no secret and no network, and of the lists only the first line. Exits with 0 where nothing is wrong; warnings do not count.
#[derive(Args, Debug)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(crate) fn run(context: &Context, args: &ValidateArgs) -> Result<Exit> {
    let inputs = session::inputs(&context.environment, &args.variables)?;
    let (project, mut diagnostics) = crate::resource::load(&context.directory, &inputs);
    campaign::check_sources(&project, &mut diagnostics);
    diagnostics.finish();
    match args.output.format {
        Format::Json => {
            let findings: Vec<Value> = diagnostics
                .reports()
                .iter()
                .map(|report| to_json(&project.sources, report))
                .collect();
            let document = json!({ "format_version": "1.0", "valid": !diagnostics.has_errors(), "diagnostics": findings });
            context.ui.out(&format!("{document:#}"))?;
            Ok(if diagnostics.has_errors() {
                Exit::Error
            } else {
                Exit::Done
            })
        }
        Format::Human if diagnostics.has_errors() => Err(Failure::Configuration {
            sources: project.sources,
            diagnostics,
        }),
        Format::Human => {
            for report in diagnostics.reports() {
                context.ui.say(&context.ui.report(&project.sources, report));
            }
            context.ui.out("The configuration is valid.")?;
            Ok(Exit::Done)
        }
    }
}
