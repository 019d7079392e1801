//! `waform state repair`

use super::{RepairArgs, agreed, unattended};
use crate::cli::Context;
use crate::cli::args::Format;
use crate::cli::error::{self, Failure, Result};
use crate::cli::exit::Exit;
use crate::cli::interrupt::Interrupt;
use crate::cli::locking;
use crate::cli::recorder::Recorder;
use crate::cli::session::Session;
use crate::engine::{self, Repair};
use crate::render;
use crate::store::sqlite::Mode;
use crate::store::{Applied, Note};

const COMMAND: &str = "waform state repair";

pub(super) async fn run(context: &Context, args: &RepairArgs) -> Result<Exit> {
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    let session = Session::open(ui, environment, directory, &args.world, Mode::ReadWrite).await?;
    let interrupt = Interrupt::watch(context);
    let repaired = repair(context, args, &session, &interrupt).await;
    session.close().await?;
    repaired
}

async fn repair(
    context: &Context,
    args: &RepairArgs,
    session: &Session,
    interrupt: &Interrupt,
) -> Result<Exit> {
    let faults = session.store.check().await?;
    if !faults.is_empty() {
        return Err(broken(&faults));
    }
    let (store, clock) = (&session.store, &session.clock);
    let timeout = &args.writing.lock_timeout;
    let lock = locking::take(context, store, clock, COMMAND, timeout, interrupt).await?;
    let repaired = under_lock(context, args, session, lock.id(), interrupt).await;
    lock.release().await?;
    repaired
}

fn broken(faults: &[String]) -> Failure {
    Failure::new("state::broken", faults.join("\n")).help(
        "nothing was changed. Restore the latest copy: the ledger of who was messaged is in it",
    )
}

async fn under_lock(
    context: &Context,
    args: &RepairArgs,
    session: &Session,
    lock: &str,
    interrupt: &Interrupt,
) -> Result<Exit> {
    let ui = &context.ui;
    let connections = session.connections();
    let examining = async {
        engine::repair(
            &session.project,
            &connections,
            &*session.store,
            &session.clock,
        )
        .await
        .map_err(|error| error::planning(&session.project.sources, error))
    };
    let repair = interrupt.or(examining).await?;
    let claims = session.store.open_claims(session.clock.now()).await?;
    let found = repair.remember.len() + repair.gone.len() > 0;
    if args.output.format == Format::Json {
        if found && !args.writing.auto_approve {
            return Err(unattended());
        }
    } else {
        ui.out(&render::state::repair(&repair, &claims, ui.look_out()))?;
    }
    if found {
        let question = "\nShall the state say so?";
        if !agreed(context, &args.writing, interrupt, question).await? {
            return Ok(Exit::Error);
        }
        let recorder = Recorder::begin(context, &session.store, &session.clock, COMMAND).await?;
        let done = write(session, lock, &recorder, &repair).await;
        let done = done.map(|()| Exit::Done);
        recorder.end(&done).await;
        done?;
    }
    if args.output.format == Format::Json {
        let document = render::state::repair_document(&repair, &claims);
        ui.out(&format!("{document:#}"))?;
    } else if found {
        ui.out("The state is repaired.")?;
    }
    Ok(Exit::Done)
}

async fn write(session: &Session, lock: &str, recorder: &Recorder, repair: &Repair) -> Result<()> {
    let store = &session.store;
    let note = |applied: &Applied, text: &str| Note {
        address: Some(applied.address.to_string()),
        object: Some(applied.id.clone()),
        text: Some(text.to_owned()),
        ..recorder.done("state repair")
    };
    for (applied, rights) in &repair.remember {
        let note = Note {
            after: Some(engine::fingerprint::of(&applied.content)),
            ..note(applied, "live as declared")
        };
        store.remember(lock, applied, rights, Some(&note)).await?;
    }
    for gone in &repair.gone {
        let note = note(gone, "not there any more");
        let Applied {
            address,
            account,
            key,
            ..
        } = gone;
        store
            .forget(lock, &address.kind, account, key, &[], Some(&note))
            .await?;
    }
    Ok(())
}
