//! `waform unlock`

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::args::{Format, Output, World};
use super::brake::Ledger;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::recorder::Recorder;
use super::{Context, apply};
use crate::render;
use crate::store::sqlite::Mode;
use crate::store::{Broken, LockInfo, Note};

const COMMAND: &str = "waform unlock";

/// Show who holds the state's lock, or take it away from a run that is gone
///
/// A run that has died needs none of this: on the same machine the next run takes over at once, from another one after a
/// minute. Taking the lock from a run that lives ends it: its next write to the state is refused, and it stops. The id must be
/// that of the lock, so that nobody takes away another one than was looked at. Works while the configuration has errors.
#[derive(Args, Debug)]
pub(crate) struct UnlockArgs {
    /// The lock's id; left out, its holder is shown and nothing is changed
    id: Option<String>,
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(crate) async fn run(context: &Context, args: &UnlockArgs) -> Result<Exit> {
    let ui = &context.ui;
    let Some(id) = &args.id else {
        let ledger = Ledger::open(context, &args.world, Mode::ReadOnly).await?;
        let (lock, now) = (ledger.store.lock_holder().await?, ledger.clock.now());
        match (args.output.format, &lock) {
            (Format::Json, lock) => {
                ui.out(&format!("{:#}", render::lock::document(lock.as_ref(), now)))?;
            }
            (Format::Human, None) => ui.out("The state is not locked.")?,
            (Format::Human, Some(lock)) => {
                ui.out("The state is locked:")?;
                ui.out(&render::lock::human(lock, Some(now), ui.look_out()))?;
                let unlock = format!("unlock {}", lock.id);
                ui.hint(
                    "where that run is gone, and only then:",
                    &[super::invocation(
                        &context.directory,
                        &unlock,
                        args.world.sandbox,
                    )],
                );
            }
        }
        return Ok(Exit::Done);
    };
    let ledger = Ledger::open(context, &args.world, Mode::ReadWrite).await?;
    let now = ledger.clock.now();
    let lock = match ledger.store.lock_holder().await? {
        Some(lock) if lock.id == *id => lock,
        other => return Err(another(id, other.as_ref())),
    };
    let shown = render::lock::human(&lock, Some(now), ui.look_err());
    ui.say(shown.trim_end());
    if is_alive(context, &lock) {
        ui.warning(
            &format!(
                "process {} runs on this machine: if it is that run, it will be stopped midway",
                lock.process
            ),
            "cli::lock_in_use",
            Some("wait for it, or end it with Ctrl-C: it gives the lock back by itself"),
        );
    }
    if !args.auto_approve {
        if !context.attended() {
            return Err(Failure::new(
                "cli::unconfirmed",
                "unlock asks before it takes a lock away, and there is nobody to ask",
            )
            .help("look at who holds it with `waform unlock`, then run with --auto-approve")
            .exiting(Exit::Unconfirmed));
        }
        let question = "Take the lock away? Only `yes` is taken for a yes: ";
        let stop = Interrupt::watch(context).stop;
        if !ui.confirm(question, &stop).await? {
            ui.say("Nothing was changed.");
            return Ok(Exit::Error);
        }
    }
    let recorder = Recorder::begin(context, &ledger.store, &ledger.clock, COMMAND).await?;
    let note = Note {
        text: Some(format!("was held by {lock}")),
        ..recorder.done("unlock")
    };
    let unlocked = match ledger.store.break_lock(id, &note).await {
        Ok(Broken::Lock(_)) => Ok(Exit::Done),
        Ok(Broken::Other(other)) => Err(another(id, Some(&other))),
        Ok(Broken::None) => Err(another(id, None)),
        Err(error) => Err(error.into()),
    };
    recorder.end(&unlocked).await;
    let exit = unlocked?;
    match args.output.format {
        Format::Json => ui.out(&json!({ "unlocked": id }).to_string())?,
        Format::Human => ui.out("The lock is taken away.")?,
    }
    Ok(exit)
}

/// The lock is not the one that was meant.
fn another(id: &str, held: Option<&LockInfo>) -> Failure {
    match held {
        Some(held) => Failure::new(
            "cli::other_lock",
            format!("the lock is not `{id}`: it is held by {held}"),
        )
        .help("nothing was changed; that run may be at work"),
        None => Failure::new("cli::other_lock", "the state is not locked")
            .help("nothing is to be done: the next run takes the lock by itself"),
    }
}

/// Whether the process that took a lock may be at work, as far as it can be seen from here.
fn is_alive(context: &Context, lock: &LockInfo) -> bool {
    lock.host == apply::holder(context, COMMAND).host
        && Path::new("/proc").join(lock.process.to_string()).exists()
}
