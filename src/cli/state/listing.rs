//! What only reads: list, show, pull.

use super::{ListArgs, PullArgs, ShowArgs, named};
use crate::cli::Context;
use crate::cli::args::Format;
use crate::cli::error::Result;
use crate::cli::exit::Exit;
use crate::cli::ledger::Ledger;
use crate::clock::Clock;
use crate::render;
use crate::store::{Applied, Database, Kept, RunFilter, RunRecord, Stage};

pub(super) async fn list(context: &Context, args: &ListArgs) -> Result<Exit> {
    let ledger = Ledger::read(context, &args.world)?;
    let applied = ledger.store.applied().await?;
    let named = named(&applied, &args.addresses)?;
    let ui = &context.ui;
    match args.output.format {
        Format::Json => ui.out(&format!("{:#}", render::state::list(&named)))?,
        Format::Human if named.is_empty() => ui.say("Nothing is remembered yet."),
        Format::Human => ui.out(&render::state::table(&named, ui.look_out()))?,
    }
    Ok(Exit::Done)
}

pub(super) async fn show(context: &Context, args: &ShowArgs) -> Result<Exit> {
    let ledger = Ledger::read(context, &args.world)?;
    let applied = ledger.store.applied().await?;
    let addresses = [args.address.clone()];
    let ui = &context.ui;
    let mut shown = Vec::new();
    for applied in named(&applied, &addresses)? {
        let written = written(&*ledger.store, applied).await?;
        shown.push(match args.output.format {
            Format::Json => render::state::document(applied, written.as_ref()).to_string(),
            Format::Human => render::state::human(applied, written.as_ref(), ui.look_out()),
        });
    }
    ui.out(&shown.join("\n"))?;
    Ok(Exit::Done)
}

/// Returns the run that last wrote what is remembered, and its entry.
async fn written(store: &dyn Database, applied: &Applied) -> Result<Option<(RunRecord, Kept)>> {
    let address = applied.address.to_string();
    let filter = RunFilter {
        address: Some(address.clone()),
        limit: 1,
        ..RunFilter::default()
    };
    let Some(run) = store.runs(&filter).await?.pop() else {
        return Ok(None);
    };
    let entries = store.entries(&run.id, Some(&address)).await?;
    let done = |kept: &Kept| kept.note.stage == Stage::Done;
    Ok(entries.into_iter().rfind(done).map(|kept| (run, kept)))
}

pub(super) async fn pull(context: &Context, args: &PullArgs) -> Result<Exit> {
    let ledger = Ledger::read(context, &args.world)?;
    let store = &ledger.store;
    let whole = render::state::Whole {
        ledger: store.ledger().await?,
        applied: store.applied().await?,
        rights: store.rights_used(jiff::Timestamp::MIN).await?,
        campaigns: store.campaigns().await?,
        halts: store.halts(None, Clock::system().now()).await?,
        lock: store.lock_holder().await?,
    };
    context
        .ui
        .out(&format!("{:#}", render::state::whole(&whole)))?;
    Ok(Exit::Done)
}
