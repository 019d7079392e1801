//! `waform plan`

use clap::Args;

use super::Context;
use super::args::{Format, Output, Planning};
use super::error::{self, Result};
use super::exit::Exit;
use super::session::{self, Session};
use crate::config::Spanned;
use crate::engine::plan::Plan;
use crate::engine::{self, Limits, Options};
use crate::render;
use crate::resource::guard::Guard;
use crate::store::sqlite::Mode;

/// Show what apply would change and who would be messaged; changes nothing
///
/// Reads the live account and the state, which is opened to be read only. With --detailed-exitcode: 0 no differences,
/// 1 error, 2 differences, 3 a guard refuses.
#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    planning: Planning,
    #[command(flatten)]
    pub(super) output: Output,
}

impl PlanArgs {
    pub(crate) fn detailed(&self) -> bool {
        self.planning.detailed_exitcode
    }
}

pub(crate) async fn run(context: &Context, args: &PlanArgs) -> Result<Exit> {
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
        Mode::ReadOnly,
    )
    .await?;
    let options = options(context, &session, &args.planning).await?;
    let plan = {
        let connections = session.connections();
        let prepared = engine::plan(
            &session.project,
            &connections,
            &*session.store,
            &session.clock,
            &options,
        )
        .await;
        prepared
            .map_err(|error| error::planning(&session.project.sources, error))?
            .plan
    };
    let text = match args.output.format {
        Format::Json => format!("{:#}", render::plan_json::document(&plan)),
        Format::Human => render::plan::human(&plan, ui.look_out()),
    };
    ui.out(&text)?;
    if plan.has_differences() && args.output.format == Format::Human && plan.applyable() {
        let command = super::invocation(directory, "apply", args.planning.world.sandbox);
        ui.hint("this carries it out:", &[command]);
    }
    session.close().await?;
    Ok(exit(&plan))
}

/// Returns what planning is asked for.
pub(crate) async fn options(
    context: &Context,
    session: &Session,
    planning: &Planning,
) -> Result<Options> {
    for name in &planning.allow {
        if !engine::GUARDS.contains(&name.as_str()) {
            return Err(error::Failure::new(
                "cli::unknown_guard",
                format!("no guard is named `{name}`"),
            )
            .help(format!("the guards are {}", engine::GUARDS.join(", "))));
        }
    }
    let guard = session
        .project
        .all::<Guard>()
        .next()
        .map(|guard| guard.value.clone())
        .unwrap_or_default();
    let limits = Limits {
        max_recipients: guard.max_recipients.map(Spanned::into_inner),
        max_deletes: guard.max_deletes.map(Spanned::into_inner),
        adopt_edits: guard.adopt_edits.map_or(0, Spanned::into_inner),
        new_ledger: session::new_ledger(session, context.attended()).await?,
        allowed: planning.allow.iter().cloned().collect(),
    };
    Ok(Options {
        targets: planning.targets.clone(),
        limits,
        progress: super::progress::reading(&context.ui),
    })
}

/// Returns how a plan ends.
pub(crate) fn exit(plan: &Plan) -> Exit {
    if !plan.refused.is_empty() {
        Exit::Error
    } else if plan.refusing_guards().next().is_some() {
        Exit::Guarded
    } else if plan.has_differences() {
        Exit::Pending
    } else {
        Exit::Done
    }
}
