//! `waform recontact`

use clap::Args;

use super::apply::{self, holder};
use super::args::World;
use super::error::{self, Failure, Result};
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::progress::Reporter;
use super::recorder::Recorder;
use super::session::Session;
use super::{Context, environment, history};
use crate::campaign::{self, Ready, Recontact};
use crate::config::Address;
use crate::meta::GraphRead as _;
use crate::render;
use crate::render::count;
use crate::store::CampaignRecord;
use crate::store::sqlite::Mode;

const COMMAND: &str = "waform recontact";

/// Send a campaign's recontact template to conversations whose service window has closed
///
/// Goes to those who wrote since the campaign messaged them, and to whom only a template may be sent since 24 hours have
/// passed; to each once a window. Suppression, quiet hours, gaps and limits hold. `waform serve` does the same by itself.
#[derive(Args, Debug)]
pub(crate) struct RecontactArgs {
    /// The campaign, as declared
    campaign: String,
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    #[command(flatten)]
    world: World,
}

pub(crate) async fn run(context: &Context, args: &RecontactArgs) -> Result<Exit> {
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    if !context.attended() && !args.auto_approve {
        return Err(Failure::new(
            "cli::unconfirmed",
            "recontact asks before it messages anybody, and there is nobody to ask",
        )
        .help("look at `waform interactions CAMPAIGN`, then run with --auto-approve")
        .exiting(Exit::Unconfirmed));
    }
    let session = Session::open(ui, environment, directory, &args.world, Mode::ReadWrite).await?;
    let exit = recorded(context, args, &session).await;
    let closed = session.close().await;
    let exit = exit?;
    closed?;
    Ok(exit)
}

async fn recorded(context: &Context, args: &RecontactArgs, session: &Session) -> Result<Exit> {
    let (store, clock) = (&session.store, &session.clock);
    let recorder = Recorder::begin(context, store, clock, COMMAND).await?;
    let exit = send(context, args, session, &recorder).await;
    recorder.end(&exit).await;
    exit
}

async fn send(
    context: &Context,
    args: &RecontactArgs,
    session: &Session,
    recorder: &Recorder,
) -> Result<Exit> {
    let ui = &context.ui;
    let name = history::name(&args.campaign);
    let launched = session.store.campaigns().await?;
    let mut records = launched
        .iter()
        .filter(|record| record.name == name)
        .peekable();
    if records.peek().is_none() {
        return history::never_launched(ui, &session.project, &*session.store, name).await;
    }
    let mut exit = Exit::Done;
    for record in records {
        let ready = ready(session, record, &launched).await?;
        let recontact = Recontact::of(&session.project, &ready)
            .map_err(|report| Failure::report(&session.project.sources, report))?;
        let Some(recontact) = recontact else {
            let message = format!(
                "{} declares no recontact template",
                Address::new("campaign", name)
            );
            return Err(Failure::new("cli::no_recontact", message)
                .help("add recontact = \"NAME\" with the name of a declared template"));
        };
        let now = session.clock.now();
        let waiting = session
            .store
            .recontact_count(&record.account, name, now)
            .await?;
        if waiting == 0 {
            ui.out("Nobody waits: no service window of a conversation has closed.")?;
            continue;
        }
        let stop = Interrupt::watch(context).stop;
        let question = format!(
            "{} will be sent the recontact template. Only `yes` is taken for a yes: ",
            count::of(waiting, "contact", "contacts")
        );
        if !args.auto_approve && !ui.confirm(&question, &stop).await? {
            ui.say("Nobody was messaged.");
            return Ok(Exit::Error);
        }
        let writers = session.writers()?;
        let holder = holder(context, COMMAND);
        let reporter = Reporter::new(
            ui.clone(),
            session.clock.clone(),
            false,
            context.environment.get(environment::FAILPOINT),
        );
        let sending = apply::sending(session, &writers, &holder);
        let sent = campaign::recontact(&sending, recontact, reporter.observer(), &stop)
            .await
            .map_err(|error| error::campaigning(&session.project.sources, error))?;
        reporter.sent();
        if let Some(sent) = sent {
            recorder.sent(std::slice::from_ref(&sent)).await?;
            if sent.is_halted() {
                exit = Exit::Partial;
            }
            ui.out(&render::apply::sent(&sent.summary, ui.look_out()))?;
        }
    }
    Ok(exit)
}

async fn ready(
    session: &Session,
    record: &CampaignRecord,
    launched: &[CampaignRecord],
) -> Result<Ready> {
    let not_ready = |reason: String| {
        let message = format!(
            "{} cannot send: {reason}",
            Address::new("campaign", &record.name)
        );
        Failure::new("cli::not_ready", message)
    };
    let Some(reached) = session.accounts.get(&record.account) else {
        return Err(not_ready("its account is not declared any more".to_owned()));
    };
    let numbers = reached.reader.numbers(&reached.waba_id).await?;
    let (ready, unready) = campaign::resume(&session.project, &record.account, &numbers, launched)
        .map_err(|error| error::campaigning(&session.project.sources, error))?;
    let found = ready.into_iter().find(|ready| ready.name == record.name);
    found.ok_or_else(|| {
        let reason = unready
            .into_iter()
            .find(|unready| unready.campaign == record.name);
        not_ready(reason.map_or_else(
            || "it is not running, or has left the configuration".to_owned(),
            |unready| unready.reason,
        ))
    })
}
