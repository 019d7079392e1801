//! `waform schema`

use clap::Args;

use super::Context;
use super::error::Result;
use super::exit::Exit;
use crate::resource;

/// Print the JSON Schema of the configuration
///
/// Editors use it through a first line such as `#:schema waform.schema.json`.
#[derive(Args, Debug)]
pub(crate) struct SchemaArgs {}

pub(crate) fn run(context: &Context, _: &SchemaArgs) -> Result<Exit> {
    context.ui.out(&format!("{:#}", resource::schema()))?;
    Ok(Exit::Done)
}
