//! `waform apply`

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Context;
use super::args::{Format, Output, Planning};
use super::environment;
use super::error::{self, Failure, Result};
use super::exit::Exit;
use super::follow;
use super::plan::options;
use super::progress::Reporter;
use super::session::Session;
use crate::campaign;
use crate::config::{Address, Interval};
use crate::engine::apply::{self, Outcome, Run};
use crate::engine::{self, Holder, Prepared, StateLock};
use crate::meta::GraphWriter;
use crate::render;
use crate::store::sqlite::Mode;

/// Make the account match the configuration and send what is due
///
/// Shows the plan, asks, writes, and sends until nothing more is due within a minute; what is in review, or due later,
/// goes on with the next run. With --detailed-exitcode: 0 everything done, 1 error and nothing written, 2 done and
/// something in review or waiting, 3 a guard refuses, 4 the account has moved since the plan was shown, 5 another run
/// holds the lock, 6 some done and some failed, 7 confirmation needed and nobody to ask.
#[derive(Args, Debug)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    planning: Planning,
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    /// Wait for reviews, at most this long, and then send
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "72h")]
    wait: Option<Interval>,
    /// Only launch, and leave the sending to `waform serve`
    #[arg(long)]
    detach: bool,
    /// How long to wait for another run's lock
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    lock_timeout: Interval,
    #[command(flatten)]
    pub(super) output: Output,
}

impl ApplyArgs {
    pub(crate) fn detailed(&self) -> bool {
        self.planning.detailed_exitcode
    }
}

pub(crate) async fn run(context: &Context, args: &ApplyArgs) -> Result<Exit> {
    let attended = context.attended();
    if !attended && !args.auto_approve {
        return Err(Failure::new(
            "cli::unconfirmed",
            "apply asks before it writes, and there is nobody to ask",
        )
        .help("review the plan, then run with --auto-approve")
        .exiting(Exit::Unconfirmed));
    }
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    let session = Session::open(
        ui,
        environment,
        directory,
        &args.planning.world,
        Mode::ReadWrite,
    )
    .await?;
    let stop = interruptible(context);
    let result = converge(context, args, &session, &stop).await;
    let closed = session.close().await;
    let exit = result?;
    closed?;
    Ok(exit)
}

/// Returns a token that the first Ctrl-C cancels; the second ends the process, since nothing is lost by that.
pub(super) fn interruptible(context: &Context) -> CancellationToken {
    let stop = CancellationToken::new();
    let (token, ui) = (stop.clone(), context.ui.clone());
    // Watched for from here on, so that none that comes during the start is lost. A supervisor says SIGTERM.
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupted), Ok(mut terminated)) = signals else {
        return stop;
    };
    let mut asked = async move || {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    };
    tokio::spawn(async move {
        asked().await;
        token.cancel();
        ui.alarm(&ui.look_err().hang(
            "\nStopping: ",
            "what is in flight is finished and recorded. Ctrl-C again ends at once; nothing is lost.",
        ));
        asked().await;
        #[expect(
            clippy::exit,
            reason = "asked for twice; the ledger is written so that this loses nothing"
        )]
        std::process::exit(130);
    });
    stop
}

async fn converge(
    context: &Context,
    args: &ApplyArgs,
    session: &Session,
    stop: &CancellationToken,
) -> Result<Exit> {
    let holder = holder(context, "waform apply");
    let timeout = Duration::try_from(args.lock_timeout.0).unwrap_or_default();
    let lock = StateLock::take(session.store.clone(), &holder, &session.clock, timeout).await?;
    let reporter = Reporter::new(
        context.ui.clone(),
        session.clock.clone(),
        args.output.format == Format::Json,
        context.environment.get(environment::FAILPOINT),
    );
    let reconciled = reconcile(context, args, session, lock.id(), &reporter, stop).await;
    // However it went: nobody else is kept waiting for a lease to run out.
    let released = lock.release().await;
    let Reconciled {
        prepared,
        outcome,
        ready,
        writers,
    } = match reconciled? {
        Ok(reconciled) => reconciled,
        Err(exit) => return Ok(exit),
    };
    released?;
    let wrote = !outcome.done.is_empty();
    let sent = match args.detach {
        true => detach(context, session, &ready).await.map(|()| Vec::new()),
        false => send(context, session, &writers, &holder, ready, &reporter, stop).await,
    };
    let sent = sent.map_err(|failure| {
        if wrote {
            failure.after_writing()
        } else {
            failure
        }
    })?;
    let sent = follow::run(context, session, sent, stop).await?;
    let interrupted = stop.is_cancelled();
    finish(
        context,
        args,
        session,
        &prepared,
        &outcome,
        &sent,
        interrupted,
    )
}

/// What came of all that is done under the state lock.
struct Reconciled {
    prepared: Prepared,
    outcome: Outcome,
    /// Campaigns whose hoppers are up to date, and that may send.
    ready: Vec<campaign::Prepared>,
    writers: BTreeMap<String, GraphWriter>,
}

/// Plans, asks and writes. The inner error is how an apply ends that was refused or declined.
async fn reconcile(
    context: &Context,
    args: &ApplyArgs,
    session: &Session,
    lock: &str,
    reporter: &Reporter,
    stop: &CancellationToken,
) -> Result<std::result::Result<Reconciled, Exit>> {
    let ui = &context.ui;
    let connections = session.connections();
    let options = options(context, session, &args.planning).await?;
    let mut prepared = engine::plan(
        &session.project,
        &connections,
        &*session.store,
        &session.clock,
        &options,
    )
    .await
    .map_err(|error| error::planning(&session.project.sources, error))?;
    reporter.planned(&prepared.plan)?;
    if let Some(exit) = refused(ui, &prepared.plan) {
        return Ok(Err(exit));
    }
    let writers = session.writers()?;
    let apply = apply::Session {
        project: &session.project,
        connections: &connections,
        writers: &writers,
        store: &*session.store,
        lock,
        clock: &session.clock,
        observer: reporter,
        stop,
    };
    if prepared.plan.has_differences() && !args.auto_approve {
        let agreed = ui
            .confirm(
                "\nDo you want to make these changes? Only `yes` is taken for a yes: ",
                stop,
            )
            .await?;
        if !agreed || stop.is_cancelled() {
            ui.say("Nothing was changed.");
            return Ok(Err(Exit::Error));
        }
        let moved = apply::moved(&apply, &prepared).await?;
        if !moved.is_empty() {
            return Err(stale(&moved));
        }
    }
    let campaigns = std::mem::take(&mut prepared.campaigns);
    let (outcome, ready) = write(args, &apply, &prepared, campaigns).await?;
    Ok(Ok(Reconciled {
        prepared,
        outcome,
        ready,
        writers,
    }))
}

/// Writes what can be written, waits where asked to, and brings the hoppers of the campaigns that can send up to date.
async fn write(
    args: &ApplyArgs,
    session: &apply::Session<'_>,
    prepared: &Prepared,
    campaigns: Vec<campaign::Prepared>,
) -> Result<(Outcome, Vec<campaign::Prepared>)> {
    let mut run = Run::new(session, prepared);
    let written = write_and_launch(args, session, &mut run, campaigns).await;
    let outcome = run.finish();
    match written {
        Ok(launched) => Ok((outcome, launched)),
        Err(failure) if !outcome.done.is_empty() => Err(failure.after_writing()),
        Err(failure) => Err(failure),
    }
}

async fn write_and_launch(
    args: &ApplyArgs,
    session: &apply::Session<'_>,
    run: &mut Run<'_>,
    campaigns: Vec<campaign::Prepared>,
) -> Result<Vec<campaign::Prepared>> {
    run.write().await?;
    if let Some(wait) = args.wait {
        let now = session.clock.now();
        let until = now.saturating_add(wait.0).unwrap_or(now);
        run.wait(until).await?;
    }
    let unready: Vec<Address> = run.unready().cloned().collect();
    let ready = |campaign: &campaign::Prepared| {
        let send = &campaign.send;
        let needs: Vec<String> = [&send.address]
            .into_iter()
            .chain(&send.needs)
            .map(ToString::to_string)
            .collect();
        !unready
            .iter()
            .any(|address| needs.iter().any(|need| address.is_named_by(need)))
    };
    let mut launched = Vec::new();
    for mut campaign in campaigns.into_iter().filter(ready) {
        if session.stop.is_cancelled() {
            break;
        }
        campaign.commit(session.lock, session.clock.now()).await?;
        launched.push(campaign);
    }
    Ok(launched)
}

/// Leaves the sending to the serve that runs, or will.
async fn detach(context: &Context, session: &Session, ready: &[campaign::Prepared]) -> Result<()> {
    if !ready.iter().any(campaign::Prepared::sends) {
        return Ok(());
    }
    session.store.confirm_ledger(session.clock.now()).await?;
    for campaign in ready {
        if !follow::is_served(session, &campaign.send.account).await? {
            context.ui.warning(
                &format!(
                    "no serve runs for account.{}: nothing is sent until one does",
                    campaign.send.account
                ),
                "cli::nobody_serves",
                Some("start `waform serve`, or apply without --detach"),
            );
        }
    }
    Ok(())
}

async fn send(
    context: &Context,
    session: &Session,
    writers: &BTreeMap<String, GraphWriter>,
    holder: &Holder,
    ready: Vec<campaign::Prepared>,
    reporter: &Reporter,
    stop: &CancellationToken,
) -> Result<Vec<campaign::Sent>> {
    if stop.is_cancelled() || !ready.iter().any(campaign::Prepared::sends) {
        return Ok(Vec::new());
    }
    // Whoever came this far was asked, said so beforehand, or allowed it by name.
    session.store.confirm_ledger(session.clock.now()).await?;
    let sending = sending(session, writers, holder);
    let sent = campaign::send(&sending, ready, reporter.observer(), stop.clone()).await;
    reporter.sent();
    sent.map_err(|error| error::campaigning(&session.project.sources, error))
        .inspect_err(|_| {
            context.ui.say("What was sent before is recorded.");
        })
}

/// What is sent with.
pub(super) fn sending<'a>(
    session: &'a Session,
    writers: &'a BTreeMap<String, GraphWriter>,
    holder: &Holder,
) -> campaign::Sending<'a> {
    campaign::Sending {
        project: &session.project,
        store: Arc::clone(&session.store) as Arc<dyn crate::store::Database>,
        clock: session.clock.clone(),
        identity: campaign::Identity {
            holder: holder.name.clone(),
            host: holder.host.clone(),
            process: holder.process,
            command: holder.command.clone(),
        },
        writers,
        uploads: campaign::Uploads::default(),
        tell: campaign::news::Notices::of(&session.project).tell(),
    }
}

/// Says why nothing is applied, where a guard or Meta's rules refuse.
fn refused(ui: &super::ui::Ui, plan: &engine::plan::Plan) -> Option<Exit> {
    if !plan.refused.is_empty() {
        let message = "Meta would refuse a part of this plan; nothing was changed";
        let help = "what is refused, and the way out, stands in the plan above";
        ui.error(message, "plan::refused", Some(help));
        return Some(Exit::Error);
    }
    let guards: Vec<&str> = plan
        .refusing_guards()
        .map(|guard| guard.name.as_str())
        .collect();
    if guards.is_empty() {
        return None;
    }
    let help = format!(
        "nothing was changed or sent. Where this is right, run again with --allow {}",
        guards.join(" --allow ")
    );
    let mut refusing = plan.refusing_guards().peekable();
    while let Some(guard) = refusing.next() {
        let message = format!("the guard `{}` refuses: {}", guard.name, guard.text);
        let last = refusing.peek().is_none();
        let help = last.then_some(help.as_str());
        ui.error(&message, &format!("guard::{}", guard.name), help);
    }
    Some(Exit::Guarded)
}

fn stale(moved: &[Address]) -> Failure {
    let moved: Vec<String> = moved.iter().map(ToString::to_string).collect();
    Failure::new(
        "plan::stale",
        format!(
            "the account has moved since the plan was shown: {}",
            moved.join(", ")
        ),
    )
    .help("nothing was changed; run again to see the new plan")
    .exiting(Exit::Stale)
}

fn finish(
    context: &Context,
    args: &ApplyArgs,
    session: &Session,
    prepared: &Prepared,
    outcome: &Outcome,
    sent: &[campaign::Sent],
    interrupted: bool,
) -> Result<Exit> {
    let ui = &context.ui;
    let changes = prepared.plan.changes.iter();
    let counted: BTreeSet<&Address> = changes
        .filter(|change| change.counts)
        .map(|change| &change.address)
        .collect();
    let counts = |address: &Address| counted.contains(address);
    let halted = sent.iter().any(campaign::Sent::is_halted);
    let eventful: Vec<&campaign::Sent> = sent.iter().filter(|sent| sent.is_eventful()).collect();
    let quiet =
        !prepared.plan.has_differences() && eventful.is_empty() && outcome.failed.is_empty();
    let later = sent.iter().any(campaign::Sent::goes_on);
    let unmade = !outcome.held.is_empty() || !outcome.left.is_empty();
    let exit = match () {
        () if !outcome.failed.is_empty() && outcome.done.is_empty() && sent.is_empty() => {
            Exit::Error
        }
        () if !outcome.failed.is_empty() || halted => Exit::Partial,
        () if !outcome.waiting.is_empty() || unmade || later || interrupted => Exit::Pending,
        () => Exit::Done,
    };
    if args.output.format == Format::Json {
        let summary = json!({
            "@level": "info", "@module": "waform.apply", "type": "summary", "@message": "apply finished",
            "@timestamp": session.clock.now().to_string(), "reason": exit.reason(),
            "failed": outcome.failed.iter().map(|failure| json!({
                "address": failure.address.to_string(), "reason": failure.reason, "code": failure.code,
                "help": failure.help,
            })).collect::<Vec<_>>(),
            "waiting": outcome.waiting, "held": outcome.held.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "left": outcome.left.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "sent": sent.iter().map(|sent| &sent.summary).collect::<Vec<_>>(),
        });
        ui.out(&summary.to_string())?;
        return Ok(exit);
    }
    let mut text = String::new();
    if !quiet || !outcome.waiting.is_empty() {
        text = render::apply::human(outcome, counts, ui.look_out());
    }
    for sent in &eventful {
        text.push_str(&render::apply::sent(&sent.summary, ui.look_out()));
    }
    if !text.is_empty() {
        ui.out(&text)?;
    }
    let sandbox = args.planning.world.sandbox;
    let again = |what: &str| super::invocation(&context.directory, what, sandbox);
    let mut campaigns = eventful.iter().flat_map(|sent| &sent.summary.campaigns);
    if let Some(campaign) = campaigns.next() {
        let history = format!("history {}", campaign.campaign);
        ui.hint(
            "where the campaign stands, and what became of each contact:",
            &[again("status"), again(&history)],
        );
    } else if outcome.waiting.iter().any(|wait| !wait.broken) && args.wait.is_none() {
        ui.hint(
            "run apply again when the review is through, or wait for it:",
            &[again("apply --wait")],
        );
    }
    Ok(exit)
}

pub(super) fn holder(context: &Context, command: &str) -> Holder {
    let environment = &context.environment;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host
        .as_deref()
        .map(str::trim)
        .or(environment.get("HOSTNAME"))
        .unwrap_or("unknown-host")
        .to_owned();
    let user = environment
        .get("USER")
        .or(environment.get("LOGNAME"))
        .unwrap_or("unknown");
    Holder {
        name: format!("{user}@{host}"),
        host,
        process: std::process::id(),
        command: command.to_owned(),
    }
}
