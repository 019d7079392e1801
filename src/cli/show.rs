//! `waform show`

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::args::{PlanFormat, PlanOutput};
use super::error::Result;
use super::exit::Exit;
use super::{saving, showing};
use crate::render;

/// Show a saved plan
///
/// Shows what `waform plan -o FILE` saved. Needs no project, no network and no secret: all of it is in the file.
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The plan file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    pub(super) output: PlanOutput,
}

pub(crate) fn run(context: &Context, args: &ShowArgs) -> Result<Exit> {
    let ui = &context.ui;
    let saved = saving::read(&args.file)?;
    let shown = match args.output.format {
        PlanFormat::Json => format!("{:#}", render::saved::document(&saved)),
        PlanFormat::Markdown => showing::plan(&saved.plan, &args.output, ui),
        PlanFormat::Human => {
            let plan = showing::plan(&saved.plan, &args.output, ui);
            plan + &render::saved::good_until(&saved, ui.look_out())
        }
    };
    ui.out(&shown)?;
    Ok(Exit::Done)
}
