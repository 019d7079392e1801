//! `waform completions`, and the answers that its script asks for.
//!
//! The script asks the program itself, at every press of the key: `COMPLETE=bash waform -- waform plan --target te`. So the
//! candidates are those of the project that the line is about. Only the configuration is read: no secret, no state, no
//! network; and whatever is wrong with it, nothing is said, for the answer lands in somebody's command line.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, Args, Command, CommandFactory as _, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{EnvCompleter, Shells};

use super::Context;
use super::args::{Cli, Variables};
use super::environment::{self, Environment};
use super::error::Result;
use super::exit::Exit;
use super::{session, terraform};
use crate::config::{Address, Inputs};
use crate::resource::account::Account;
use crate::resource::campaign::Campaign;
use crate::resource::{self, Resource};
use crate::{engine, explain};

/// Print a shell's completion script
///
/// The script completes the project's own names too: addresses, campaigns, guards. It asks waform itself, so it is best made
/// anew by every shell; for bash, put this line into ~/.bashrc:
///
///   source <(waform completions bash)
///
/// zsh: the same with zsh in ~/.zshrc. fish: waform completions fish | source
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct CompletionsArgs {
    /// The shell that the script is for
    shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    fn completer(self) -> &'static dyn EnvCompleter {
        use clap_complete::env;
        match self {
            Self::Bash => &env::Bash,
            Self::Elvish => &env::Elvish,
            Self::Fish => &env::Fish,
            Self::Powershell => &env::Powershell,
            Self::Zsh => &env::Zsh,
        }
    }
}

/// The program, as the script calls it: found on the path, as it is by whoever types it.
const PROGRAM: &str = "waform";

pub(crate) fn run(context: &Context, args: &CompletionsArgs) -> Result<Exit> {
    let script = registration(args.shell.completer())?;
    context.ui.out(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

fn registration(shell: &dyn EnvCompleter) -> std::io::Result<Vec<u8>> {
    let mut script = Vec::new();
    shell.write_registration(
        environment::COMPLETE,
        PROGRAM,
        PROGRAM,
        PROGRAM,
        &mut script,
    )?;
    Ok(script)
}

/// Answers a completion script; none where this run is no question of one.
///
/// The variable alone makes no question: a shell that exports it must not turn an apply into a completion.
pub(crate) fn answer(environment: &Environment, arguments: &[OsString]) -> Option<ExitCode> {
    let shell = environment.get(environment::COMPLETE)?;
    let shells = Shells::builtins();
    let shell = shells.completer(shell)?;
    let answer = match arguments {
        [_] => registration(shell),
        [_, dashes, line @ ..] if dashes == "--" => answer_to(shell, environment, line),
        _ => return None,
    };
    let written = answer.and_then(|answer| std::io::stdout().lock().write_all(&answer));
    Some(match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn answer_to(
    shell: &dyn EnvCompleter,
    environment: &Environment,
    line: &[OsString],
) -> std::io::Result<Vec<u8>> {
    let inputs = session::inputs(environment, &Variables::default()).unwrap_or_default();
    let project = Arc::new(Names {
        directory: directory(line),
        inputs,
    });
    let mut command = knowing(Cli::command(), &project);
    command.build();
    let mut answer = Vec::new();
    let here = std::env::current_dir().ok();
    shell.write_complete(&mut command, line.to_vec(), here.as_deref(), &mut answer)?;
    Ok(answer)
}

/// Returns the directory that a line works in: what stands behind its last -C.
fn directory(line: &[OsString]) -> PathBuf {
    let line = terraform::translate(line.iter().cloned()).arguments;
    let mut directory = None;
    let mut words = line.iter().skip(1);
    while let Some(word) = words.next() {
        match word.to_str().and_then(|word| word.strip_prefix("-C")) {
            Some("") => directory = words.next().map(PathBuf::from).or(directory),
            Some(attached) => directory = Some(attached.trim_start_matches('=').into()),
            None => {}
        }
    }
    directory.unwrap_or_else(|| ".".into())
}

/// Gives the command line its candidates: what a value is called says which of them.
fn knowing(command: Command, project: &Arc<Names>) -> Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|arg| match candidates(&name, &arg) {
        Some(which) => {
            let project = Arc::clone(project);
            let complete = move |typed: &OsStr| project.beginning_with(typed, which);
            arg.add(ArgValueCompleter::new(complete))
        }
        None => arg,
    });
    command.mut_subcommands(|command| knowing(command, project))
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Candidates {
    Addresses,
    Campaigns,
    /// A campaign, or a whole account as `account.NAME`.
    Brakes,
    Guards,
    Codes,
}

fn candidates(command: &str, arg: &Arg) -> Option<Candidates> {
    let value = arg.get_value_names()?.first()?.as_str();
    match (command, value) {
        ("stop" | "resume", "CAMPAIGN") => Some(Candidates::Brakes),
        (_, "CAMPAIGN") => Some(Candidates::Campaigns),
        (_, "ADDRESS") => Some(Candidates::Addresses),
        (_, "GUARD") => Some(Candidates::Guards),
        ("explain", "CODE") => Some(Candidates::Codes),
        _ => None,
    }
}

/// Where the project's names are read, when they are asked for.
struct Names {
    directory: PathBuf,
    inputs: Inputs,
}

impl Names {
    fn beginning_with(&self, typed: &OsStr, which: Candidates) -> Vec<CompletionCandidate> {
        let typed = typed.to_string_lossy();
        let mut names = self.all(which);
        names.retain(|(name, _)| name.starts_with(&*typed));
        names
            .into_iter()
            .map(|(name, place)| CompletionCandidate::new(name).help(place.map(Into::into)))
            .collect()
    }

    fn all(&self, which: Candidates) -> Vec<(String, Option<String>)> {
        let plain = |name: &str| (name.to_owned(), None);
        match which {
            Candidates::Guards => engine::GUARDS.into_iter().map(plain).collect(),
            Candidates::Codes => explain::codes().map(plain).collect(),
            Candidates::Addresses => self.declared(|address| Some(address.to_string())),
            Candidates::Campaigns => self.declared(campaign),
            Candidates::Brakes => self.declared(|address| {
                let account = || (address.kind == Account::KIND).then(|| address.to_string());
                campaign(address).or_else(account)
            }),
        }
    }

    /// Returns how declared resources are called, each with its place. A block with errors is there all the same: it can be
    /// typed, too.
    fn declared(&self, name: impl Fn(&Address) -> Option<String>) -> Vec<(String, Option<String>)> {
        let loaded = resource::blocks(Path::new(&self.directory), &self.inputs);
        let sound = loaded.blocks.iter().map(|block| {
            let place = loaded.sources.locate(&block.header());
            let place = format!("{}:{}", place.file, place.line);
            (
                block.address(),
                Some(crate::sanitize::line(&place).into_owned()),
            )
        });
        let broken = loaded.broken.iter().map(|address| (address.clone(), None));
        let mut names: Vec<_> = sound
            .chain(broken)
            .filter_map(|(address, place)| Some((name(&address)?, place)))
            .collect();
        names.sort_unstable();
        names
    }
}

fn campaign(address: &Address) -> Option<String> {
    (address.kind == Campaign::KIND).then(|| address.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_the_one_behind_the_last_option() {
        for (line, expected) in [
            ("waform plan --target", "."),
            ("waform -C a plan", "a"),
            ("waform -Ca plan -C b -C", "b"),
            ("waform -chdir=a plan", "a"),
            ("waform -C=a plan", "a"),
        ] {
            let line: Vec<OsString> = line.split(' ').map(Into::into).collect();
            assert_eq!(directory(&line), Path::new(expected));
        }
    }

    #[test]
    fn every_value_that_names_something_of_ours_is_completed() {
        let mut known = Vec::new();
        let command = Cli::command();
        for command in command.get_subcommands() {
            for arg in command.get_arguments() {
                if let Some(which) = candidates(command.get_name(), arg) {
                    known.push(format!("{} {} {which:?}", command.get_name(), arg.get_id()));
                }
            }
        }
        for expected in [
            "plan targets Addresses",
            "plan allow Guards",
            "apply targets Addresses",
            "apply allow Guards",
            "graph targets Addresses",
            "status campaign Campaigns",
            "history campaign Campaigns",
            "interactions campaign Campaigns",
            "retry campaign Campaigns",
            "recontact campaign Campaigns",
            "stop target Brakes",
            "resume target Brakes",
            "explain code Codes",
        ] {
            assert!(
                known.iter().any(|known| known == expected),
                "{expected} in {known:?}"
            );
        }
        // What Meta calls an error's code is none of ours.
        assert!(!known.iter().any(|known| known.starts_with("history code")));
    }
}
