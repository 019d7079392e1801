//! `waform dead-letters`

use clap::{Args, Subcommand};

use super::Context;
use super::args::{Format, Output, World};
use super::error::Result;
use super::exit::Exit;
use super::ledger::Ledger;
use crate::render;
use crate::render::count;

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
    match action {
        Action::Replay(which) => {
            let number = ledger.store.replay(&which.ids, ledger.clock.now()).await?;
            let letters = count::of(number, "dead letter waits", "dead letters wait");
            context.ui.out(&format!("{letters} to be read again."))?;
        }
        Action::Drop(which) => {
            let number = ledger.store.drop_dead(&which.ids).await?;
            let letters = count::of(number, "dead letter is", "dead letters are");
            context.ui.out(&format!("{letters} forgotten."))?;
        }
    }
    Ok(Exit::Done)
}

async fn list(context: &Context, args: &DeadLettersArgs, ledger: &Ledger) -> Result<()> {
    let letters = ledger.store.dead_letters(args.limit).await?;
    let ui = &context.ui;
    if args.output.format == Format::Json {
        for letter in &letters {
            ui.out(&serde_json::json!(letter).to_string())?;
        }
        return Ok(());
    }
    if letters.is_empty() {
        ui.say("No dead letters.");
        return Ok(());
    }
    Ok(ui.out(&render::dead_letters::human(&letters, ui.look_out()))?)
}
