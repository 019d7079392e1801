//! `waform state`

mod forgetting;
mod listing;
mod moving;
mod repairing;

use clap::{Args, Subcommand};

use super::Context;
use super::args::{Format, Output, World};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::interrupt::Interrupt;
use crate::config::proposal;
use crate::store::Applied;

/// Look at what is remembered of the account, and mend it by hand
///
/// State is what was last applied; the ledger of who was messaged is kept beside it and is never taken apart here. Whatever
/// writes takes the state lock, asks first, and stands in `waform journal`.
#[derive(Args, Debug)]
pub(crate) struct StateArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(ListArgs),
    Show(ShowArgs),
    Rm(RmArgs),
    Mv(MvArgs),
    Pull(PullArgs),
    Repair(RepairArgs),
}

/// List the addresses that are remembered
#[derive(Args, Debug)]
struct ListArgs {
    /// Only these: an address, a block for all that it declares, or a pattern with `*` and `?`
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<String>,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    output: Output,
}

/// Show what is remembered of one object, and which run wrote it
#[derive(Args, Debug)]
struct ShowArgs {
    address: String,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    output: Output,
}

/// Forget objects; they stay as they are at Meta
///
/// What is still declared is adopted by the next plan. The ledger of a campaign stays, so that nobody is messaged again.
#[derive(Args, Debug)]
struct RmArgs {
    #[arg(value_name = "ADDRESS", required = true)]
    addresses: Vec<String>,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    world: World,
}

/// Tell that a block was renamed
///
/// For a block that has another name in the configuration now and is the same object. A campaign takes its ledger with it:
/// without this, the new name would be a new campaign, and everybody would be messaged again.
#[derive(Args, Debug)]
struct MvArgs {
    /// The old address, which is not declared any more
    from: String,
    /// The new address, as declared
    to: String,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    world: World,
}

/// Print the whole state as JSON: no secret, and nobody's number
#[derive(Args, Debug)]
struct PullArgs {
    #[command(flatten)]
    world: World,
}

/// Check the state's file, and remember again what can be told from the live account
///
/// Objects that are live as declared are remembered; those that are remembered and gone are listed and, if you say so,
/// dropped. Messages that were claimed by a process that died are named. Nothing is written to Meta, and nobody is messaged.
#[derive(Args, Debug)]
struct RepairArgs {
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    output: Output,
}

/// How the state is written to.
#[derive(Args, Debug)]
struct Writing {
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    /// How long to wait for another run's lock
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    lock_timeout: crate::config::Interval,
}

impl StateArgs {
    pub(super) fn wants_json(&self) -> bool {
        let output = match &self.action {
            Action::List(args) => &args.output,
            Action::Show(args) => &args.output,
            Action::Repair(args) => &args.output,
            Action::Pull(_) => return true,
            Action::Rm(_) | Action::Mv(_) => return false,
        };
        output.format == Format::Json
    }
}

pub(crate) async fn run(context: &Context, args: &StateArgs) -> Result<Exit> {
    match &args.action {
        Action::List(args) => listing::list(context, args).await,
        Action::Show(args) => listing::show(context, args).await,
        Action::Pull(args) => listing::pull(context, args).await,
        Action::Rm(args) => forgetting::run(context, args).await,
        Action::Mv(args) => moving::run(context, args).await,
        Action::Repair(args) => repairing::run(context, args).await,
    }
}

/// Asks before the state is changed; an error where nobody can be asked.
async fn agreed(
    context: &Context,
    writing: &Writing,
    interrupt: &Interrupt,
    question: &str,
) -> Result<bool> {
    if writing.auto_approve {
        return Ok(true);
    }
    if !context.attended() {
        return Err(unattended());
    }
    let question = format!("{question} Only `yes` is taken for a yes: ");
    let agreed = context.ui.confirm(&question, &interrupt.stop).await?;
    if !agreed {
        context.ui.say("Nothing was changed.");
    }
    Ok(agreed)
}

fn unattended() -> Failure {
    Failure::new(
        "cli::unconfirmed",
        "this asks before it changes the state, and there is nobody to ask",
    )
    .help("run with --auto-approve where you are sure")
    .exiting(Exit::Unconfirmed)
}

/// Tells whether a pattern names an address.
fn names(pattern: &str, applied: &Applied) -> bool {
    applied.address.is_named_by(pattern)
        || (pattern.contains(['*', '?']) && matches(pattern, &applied.address.to_string()))
}

/// Whether a text is of a pattern's form: `*` stands for any text, `?` for one character, brackets for themselves.
fn matches(pattern: &str, text: &str) -> bool {
    let mut literal = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '*' | '?' => literal.push(character),
            other => literal.extend(['[', other, ']']),
        }
    }
    globset::Glob::new(&literal).is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

/// Returns the failure for an address that nothing is remembered of.
fn unknown(address: &str, applied: &[Applied]) -> Failure {
    let failure = Failure::new(
        "state::unknown_address",
        format!("nothing is remembered of `{address}`"),
    );
    let known: Vec<String> = applied
        .iter()
        .map(|applied| applied.address.to_string())
        .collect();
    match proposal(address, known.iter().map(String::as_str)) {
        Some(help) => failure.help(help),
        None => failure.help("`waform state list` shows all addresses"),
    }
}

/// Returns what is remembered under these addresses, each of which must name something; all of it where none is given.
fn named<'a>(applied: &'a [Applied], addresses: &[String]) -> Result<Vec<&'a Applied>> {
    for address in addresses {
        if !applied.iter().any(|applied| names(address, applied)) {
            return Err(unknown(address, applied));
        }
    }
    let wanted = |applied: &&Applied| {
        addresses.is_empty() || addresses.iter().any(|address| names(address, applied))
    };
    let mut named: Vec<&Applied> = applied.iter().filter(wanted).collect();
    named.sort_by(|one, other| (&one.address, &one.account).cmp(&(&other.address, &other.account)));
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_brackets_for_what_they_are() {
        let address = "template.order_update[\"en_US\"]";
        for pattern in [
            "template.*",
            "*[\"en_US\"]",
            "template.order_?pdate*",
            address,
        ] {
            assert!(matches(pattern, address), "{pattern}");
        }
        for pattern in ["template", "*[en]", "template.{order_update}*", ""] {
            assert!(!matches(pattern, address), "{pattern}");
        }
    }
}
