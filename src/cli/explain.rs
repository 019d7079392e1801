//! `waform explain`

use clap::Args;

use super::Context;
use super::error::{Failure, Result};
use super::exit::Exit;
use crate::config::nearest;
use crate::explain;

/// Explain a diagnostic code
///
/// Every error and warning carries a code in square brackets. Without a code, all of them are listed.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The code, such as template::variable_gap
    code: Option<String>,
}

pub(crate) fn run(context: &Context, args: &ExplainArgs) -> Result<Exit> {
    let Some(code) = &args.code else {
        let codes: Vec<&str> = explain::codes().collect();
        context.ui.out(&codes.join("\n"))?;
        let hint = "`waform explain CODE` tells what a code means and what to do";
        context.ui.hint(hint, &[]);
        return Ok(Exit::Done);
    };
    // People copy the code with what stands around it.
    let code = code.trim_matches(['[', ']', '`', ' ']);
    let Some(page) = explain::page(code) else {
        let failure = Failure::new(
            "cli::unknown_code",
            format!("no diagnostic has the code `{code}`"),
        );
        return Err(failure.help(match nearest(code, explain::codes()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`waform explain` lists all codes".to_owned(),
        }));
    };
    context.ui.out(page)?;
    Ok(Exit::Done)
}
