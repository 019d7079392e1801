//! All that an apply does under the state lock: it plans, makes sure that this is what was agreed upon, and writes.

use std::collections::BTreeMap;

use super::approval::{Approval, stale};
use super::writing::write;
use super::{ApplyArgs, COMMAND, holder};
use crate::campaign;
use crate::cli::Context;
use crate::cli::error::{self, Result};
use crate::cli::exit::Exit;
use crate::cli::interrupt::{Interrupt, interrupted};
use crate::cli::plan::{options, question};
use crate::cli::progress::Reporter;
use crate::cli::recorder::Recorder;
use crate::cli::session::{self, Session};
use crate::cli::ui::Ui;
use crate::engine::apply::{self, Outcome};
use crate::engine::{self, Prepared};
use crate::meta::GraphWriter;

/// What came of all that is done under the state lock.
pub(super) struct Reconciled {
    pub(super) prepared: Prepared,
    pub(super) outcome: Outcome,
    /// Campaigns whose hoppers are up to date, and that may send.
    pub(super) ready: Vec<campaign::Prepared>,
    pub(super) writers: BTreeMap<String, GraphWriter>,
}

/// Plans, asks and writes. The inner error is how an apply ends that was refused or declined.
pub(super) async fn reconcile(
    context: &Context,
    (args, approval): (&ApplyArgs, &Approval),
    session: &Session,
    lock: &str,
    reporter: &Reporter,
    recorder: &Recorder,
    interrupt: &Interrupt,
) -> Result<std::result::Result<Reconciled, Exit>> {
    let (ui, stop) = (&context.ui, &interrupt.stop);
    let connections = session.connections();
    approval.verify(session).await?;
    let mut options = options(context, session, &approval.planning).await?;
    if approval.is_saved() {
        // Nobody is asked, whether somebody sits there or not.
        options.limits.new_ledger = session::new_ledger(session, false).await?;
    }
    reporter.refreshing(session.accounts.keys(), false);
    let planning = async {
        engine::plan(
            &session.project,
            &connections,
            &*session.store,
            &session.clock,
            &options,
        )
        .await
        .map_err(|error| error::planning(&session.project.sources, error))
    };
    let mut prepared = interrupt.or(planning).await?;
    reporter.refreshing(session.accounts.keys(), true);
    if approval.is_saved() {
        approval.compare(&prepared)?;
    }
    reporter.planned(&prepared.plan)?;
    if !approval.is_saved() {
        approval.compare(&prepared)?;
    }
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
        run: Some(recorder.id()),
        clock: &session.clock,
        observer: reporter,
        stop,
    };
    let asks = !args.auto_approve && !approval.is_saved();
    if prepared.plan.has_differences() && asks {
        let agreed = ui.confirm(&question(&prepared), stop).await?;
        if !agreed || stop.is_cancelled() {
            ui.say("Nothing was changed.");
            return Ok(Err(Exit::Error));
        }
        let moving = async { Ok(apply::moved(&apply, &prepared).await?) };
        let moved = interrupt.or(moving).await?;
        if !moved.is_empty() {
            return Err(stale(&moved));
        }
    }
    if stop.is_cancelled() {
        return Err(interrupted());
    }
    let said = match (approval.is_saved(), args.auto_approve) {
        (true, _) => "a saved plan",
        (false, true) => "--auto-approve",
        (false, false) => "yes, at a terminal",
    };
    let actor = holder(context, COMMAND).name;
    approval.use_up(session, lock, &actor).await?;
    recorder.carries_out(&prepared.plan, said).await?;
    let mut campaigns = std::mem::take(&mut prepared.campaigns);
    if approval.is_given() {
        campaigns.iter_mut().for_each(campaign::Prepared::cap);
    }
    let (outcome, ready) = write(args, &apply, &prepared, campaigns, recorder).await?;
    Ok(Ok(Reconciled {
        prepared,
        outcome,
        ready,
        writers,
    }))
}

/// Says why nothing is applied, where a guard or Meta's rules refuse.
fn refused(ui: &Ui, plan: &engine::plan::Plan) -> Option<Exit> {
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
