//! `waform dead-letters`

use clap::{Args, Subcommand};
use serde_json::json;

use super::Context;
use super::args::{Format, Output, World};
use super::error::Result;
use super::exit::Exit;
use super::ledger::{Ledger, Writable};
use super::recorder::Recorder;
use crate::render;
use crate::render::count;
use crate::store::Note;

/// List webhooks that could not be read, and read them again
///
/// A webhook that names an unknown account, or that cannot be understood, is kept here with the reason and is lost to
/// nobody. `replay` puts it back among what a serve reads; whatever was taken in before changes nothing the second time.
#[derive(Args, Debug)]
pub(crate) struct DeadLettersArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read them again
    Replay(Which),
    /// Forget them
    Drop(Which),
}

#[derive(Args, Debug)]
struct Which {
    /// The ids, as listed
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<i64>,
    /// All of them
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

pub(crate) async fn run(context: &Context, args: &DeadLettersArgs) -> Result<Exit> {
    let ledger = Ledger::read(context, &args.world)?;
    let Some(action) = &args.action else {
        list(context, args, &ledger).await?;
        return Ok(Exit::Done);
    };
    let ledger = ledger.writable(context, &args.world).await?;
    let command = match action {
        Action::Replay(_) => "waform dead-letters replay",
        Action::Drop(_) => "waform dead-letters drop",
    };
    let (store, clock) = (&ledger.store, &ledger.clock);
    let recorder = Recorder::begin(context, store, clock, command).await?;
    let changed = change(context, action, &ledger).await;
    if let Ok(letters) = &changed {
        recorder
            .note(&Note {
                detail: json!({ "letters": letters }),
                ..recorder.done(command.trim_start_matches("waform "))
            })
            .await?;
    }
    let exit = changed.map(|_| Exit::Done);
    recorder.end(&exit).await;
    ledger.close().await?;
    exit
}

/// Returns how many letters it was done to.
async fn change(context: &Context, action: &Action, ledger: &Writable) -> Result<u64> {
    let number = match action {
        Action::Replay(which) => {
            let number = ledger.store.replay(&which.ids, ledger.clock.now()).await?;
            let letters = count::of(number, "dead letter waits", "dead letters wait");
            context.ui.out(&format!("{letters} to be read again."))?;
            number
        }
        Action::Drop(which) => {
            let number = ledger.store.drop_dead(&which.ids).await?;
            let letters = count::of(number, "dead letter is", "dead letters are");
            context.ui.out(&format!("{letters} forgotten."))?;
            number
        }
    };
    Ok(number)
}

async fn list(context: &Context, args: &DeadLettersArgs, ledger: &Ledger) -> Result<()> {
    let letters = ledger.store.dead_letters(args.limit).await?;
    let ui = &context.ui;
    if args.output.format == Format::Json {
        for letter in &letters {
            ui.out(&json!(letter).to_string())?;
        }
        return Ok(());
    }
    if letters.is_empty() {
        ui.say("No dead letters.");
        return Ok(());
    }
    Ok(ui.out(&render::dead_letters::human(&letters, ui.look_out()))?)
}
