//! `waform state rm`

use super::{RmArgs, agreed, named};
use crate::cli::Context;
use crate::cli::error::Result;
use crate::cli::exit::Exit;
use crate::cli::interrupt::Interrupt;
use crate::cli::ledger::{Ledger, Writable};
use crate::cli::locking;
use crate::cli::recorder::Recorder;
use crate::render;
use crate::render::count;
use crate::store::{Applied, Note};

const COMMAND: &str = "waform state rm";

pub(super) async fn run(context: &Context, args: &RmArgs) -> Result<Exit> {
    let ledger = Ledger::read(context, &args.world)?;
    // A slip is told before anybody waits for a lock.
    named(&ledger.store.applied().await?, &args.addresses)?;
    let interrupt = Interrupt::watch(context);
    let ledger = ledger.writable(context, &args.world).await?;
    let removed = remove(context, args, &ledger, &interrupt).await;
    ledger.close().await?;
    removed
}

async fn remove(
    context: &Context,
    args: &RmArgs,
    ledger: &Writable,
    interrupt: &Interrupt,
) -> Result<Exit> {
    let Writable { store, clock, .. } = ledger;
    let timeout = &args.writing.lock_timeout;
    let lock = locking::take(context, store, clock, COMMAND, timeout, interrupt).await?;
    let done = async {
        let applied = store.applied().await?;
        let named = named(&applied, &args.addresses)?;
        let question = format!(
            "{}\n{} forgotten. At Meta nothing changes; what is still declared is adopted by the next plan.",
            render::state::table(&named, context.ui.look_err()),
            count::of(named.len() as u64, "object will be", "objects will be"),
        );
        if !agreed(context, &args.writing, interrupt, &question).await? {
            return Ok(Exit::Error);
        }
        let recorder = Recorder::begin(context, store, clock, COMMAND).await?;
        let forgotten = forget(ledger, lock.id(), &recorder, &named).await;
        let done = forgotten.map(|()| Exit::Done);
        recorder.end(&done).await;
        let told = count::of(named.len() as u64, "object is", "objects are");
        done.and_then(|done| {
            context.ui.out(&format!("{told} forgotten."))?;
            Ok(done)
        })
    };
    let done = done.await;
    lock.release().await?;
    done
}

async fn forget(
    ledger: &Writable,
    lock: &str,
    recorder: &Recorder,
    named: &[&Applied],
) -> Result<()> {
    for applied in named {
        let Applied {
            address,
            account,
            key,
            id,
            ..
        } = applied;
        let note = Note {
            address: Some(address.to_string()),
            object: Some(id.clone()),
            ..recorder.done("state rm")
        };
        ledger
            .store
            .forget(lock, &address.kind, account, key, &[], Some(&note))
            .await?;
    }
    Ok(())
}
