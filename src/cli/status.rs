//! `waform status`

pub(super) mod ledger;
pub(super) mod live;
pub(super) mod refreshed;
mod watch;

use std::sync::Arc;

use clap::Args;
use futures::future::join_all;

use self::live::{Scope, Source};
use super::Context;
use super::args::{Format, Output, World};
use super::error::Result;
use super::exit::Exit;
use super::history;
use super::session::Session;
use crate::config::Address;
use crate::meta;
use crate::render;
use crate::render::status::Status;
use crate::resource::Project;
use crate::resource::campaign::Campaign;
use crate::store::sqlite::Mode;
use crate::store::{self, Database};

/// Show campaigns, templates and numbers
///
/// Campaigns come from the ledger: total = fresh + retry + pending + closed. So do halts, the receiver, webhooks that wait
/// and errands. Templates and numbers are read from Meta; where it cannot be reached, a warning says so and the rest is
/// shown all the same.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// Only this campaign, with its template and its number
    campaign: Option<String>,
    /// Draw it again every 2 seconds, until Ctrl-C; needs a terminal
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(crate) async fn run(context: &Context, args: &StatusArgs) -> Result<Exit> {
    if args.watch {
        watch::check(args)?;
    }
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    let session = Session::open(ui, environment, directory, &args.world, Mode::ReadOnly).await?;
    let shown = show(context, &session, args).await;
    session.close().await?;
    shown?;
    Ok(Exit::Done)
}

async fn show(context: &Context, session: &Session, args: &StatusArgs) -> Result<()> {
    let only = args.campaign.as_deref().map(history::name);
    if let Some(name) = only {
        is_known(session, name).await?;
    }
    if args.watch {
        return watch::run(context, session, only).await;
    }
    let status = gather(context, session, only).await?;
    let text = match args.output.format {
        Format::Json => format!("{:#}", render::status::document(&status)),
        Format::Human => render::status::human(&status, context.ui.look_out()),
    };
    Ok(context.ui.out(&text)?)
}

/// Fails for a campaign that is neither declared nor in the ledger.
async fn is_known(session: &Session, name: &str) -> Result<()> {
    let launched = session.store.campaigns().await?;
    if session.project.get::<Campaign>(name).is_some()
        || launched.iter().any(|campaign| campaign.name == name)
    {
        return Ok(());
    }
    Err(history::unknown(&session.project, &*session.store, name).await?)
}

/// How each account is read.
pub(super) fn sources(session: &Session) -> impl Iterator<Item = Source> {
    session.accounts.iter().map(|(account, reached)| Source {
        account: account.clone(),
        waba_id: reached.waba_id.clone(),
        reader: Arc::new(reached.reader.clone()),
    })
}

async fn gather(context: &Context, session: &Session, only: Option<&str>) -> Result<Status> {
    let (project, now) = (&session.project, session.clock.now());
    let scope = Scope::of(project, only);
    let mut status = ledger::read(project, &*session.store, only, now).await?;
    let reads = sources(session).map(async |source| {
        let read = source.read().await;
        (source.account, read)
    });
    for (account, read) in join_all(reads).await {
        match read {
            Ok(live) => live.show(project, &account, &scope, &mut status),
            Err(error) => warn(context, &account, &error),
        }
    }
    finish(project, &*session.store, &mut status).await?;
    Ok(status)
}

/// Brings templates, which have come account by account, into their order, with what the ledger knows of them.
pub(super) async fn finish(
    project: &Project,
    store: &dyn Database,
    status: &mut Status,
) -> store::Result<()> {
    let templates = &mut status.templates;
    templates.sort_by(|one, other| one.address.cmp(&other.address));
    ledger::recommend(project, store, templates).await
}

fn warn(context: &Context, account: &str, error: &meta::Error) {
    let account = Address::new("account", account);
    let message = format!("the templates and numbers of {account} could not be read: {error}");
    context
        .ui
        .warning(&message, error.code(), error.advice().as_deref());
}
