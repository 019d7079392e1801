//! `waform apply`

mod approval;
mod finish;
mod reconcile;
mod sending;
mod writing;

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::args::{Format, Output, Planning};
use super::environment;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::follow;
use super::interrupt::Interrupt;
use super::locking::{self, Locked};
use super::progress::{self, Reporter};
use super::recorder::Recorder;
use super::session::Session;
use crate::config::Interval;
use crate::engine::Holder;
use crate::store::sqlite::Mode;
use approval::Approval;
use finish::finish;
use reconcile::{Reconciled, reconcile};
pub(super) use sending::sending;

const COMMAND: &str = "waform apply";

/// Make the account match the configuration and send what is due
///
/// Shows the plan, asks, writes, and sends until nothing more is due within a minute; what is in review, or due later,
/// goes on with the next run. A saved plan is planned anew and carried out without asking, exactly as it was shown and once,
/// or not at all. With --detailed-exitcode: 0 everything done, 1 error and nothing written, 2 done and
/// something in review or waiting, 3 a guard refuses, 4 the plan is stale or not the expected one and nothing was written, 5 another run
/// holds the lock, 6 some done and some failed, 7 confirmation needed and nobody to ask.
#[derive(Args, Debug)]
pub(crate) struct ApplyArgs {
    /// A plan that `waform plan -o FILE` saved
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) planning: Planning,
    /// Apply only where this is the plan's id, all of it
    #[arg(long, value_name = "ID")]
    expect_plan: Option<String>,
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
    if args.output.format == Format::Json {
        progress::begun(&context.ui);
    }
    let approval = Approval::read(args)?;
    approval.planning.must_refresh()?;
    let asks = !args.auto_approve && !approval.is_saved();
    if asks && !context.attended() {
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
    let interrupt = Interrupt::watch(context);
    let result = converge(context, (args, &approval), &session, &interrupt).await;
    let closed = session.close().await;
    let exit = result?;
    closed?;
    Ok(exit)
}

async fn converge(
    context: &Context,
    given: (&ApplyArgs, &Approval),
    session: &Session,
    interrupt: &Interrupt,
) -> Result<Exit> {
    let (store, clock) = (&session.store, &session.clock);
    let lock = locking::take(
        context,
        store,
        clock,
        COMMAND,
        &given.0.lock_timeout,
        interrupt,
    )
    .await?;
    let recorder = match Recorder::begin(context, store, clock, COMMAND).await {
        Ok(recorder) => recorder,
        Err(failure) => {
            lock.release().await?;
            return Err(failure);
        }
    };
    let result = carry_out(context, given, session, lock, &recorder, interrupt).await;
    recorder.end(&result).await;
    result
}

/// What is done under the lock, and the sending after it.
async fn carry_out(
    context: &Context,
    (args, approval): (&ApplyArgs, &Approval),
    session: &Session,
    lock: Locked<'_>,
    recorder: &Recorder,
    interrupt: &Interrupt,
) -> Result<Exit> {
    let stop = &interrupt.stop;
    let reporter = Reporter::new(
        context.ui.clone(),
        session.clock.clone(),
        args.output.format == Format::Json,
        context.environment.get(environment::FAILPOINT),
    );
    let reconciled = reconcile(
        context,
        (args, approval),
        session,
        lock.id(),
        &reporter,
        recorder,
        interrupt,
    )
    .await;
    // However it went: nobody else is kept waiting for a lease to run out.
    let released = lock.release().await;
    let Reconciled {
        prepared,
        outcome,
        ready,
        writers,
    } = match reconciled? {
        Ok(reconciled) => reconciled,
        Err(exit) => {
            reporter.ended(exit);
            return Ok(exit);
        }
    };
    released?;
    let wrote = !outcome.done.is_empty();
    let sent = match args.detach {
        true => sending::detach(context, session, &ready)
            .await
            .map(|()| Vec::new()),
        false => {
            let holder = holder(context, COMMAND);
            let sent =
                sending::send(context, session, &writers, &holder, ready, &reporter, stop).await;
            if let Ok(sent) = &sent {
                recorder.sent(sent).await?;
            }
            sent
        }
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
    let exit = finish(
        context,
        args,
        &reporter,
        &prepared,
        &outcome,
        &sent,
        interrupted,
    )?;
    if !prepared.plan.destroy && !interrupted {
        super::output::after_apply(context, args.output.format, session).await?;
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
    Holder {
        name: format!("{}@{host}", environment.user()),
        host,
        process: std::process::id(),
        command: command.to_owned(),
        run_address: environment.run_address(),
    }
}
