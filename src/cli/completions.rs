//! `waform completions`

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Context;
use super::args::Cli;
use super::error::Result;
use super::exit::Exit;

/// Print a shell's completion script
///
/// For bash: waform completions bash > ~/.local/share/bash-completion/completions/waform
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell that the script is for
    shell: Shell,
}

pub(crate) fn run(context: &Context, args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "waform", &mut script);
    context.ui.out(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
