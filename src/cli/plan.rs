//! `waform plan`

use clap::Args;

use super::Context;
use super::args::{PlanFormat, PlanOutput, Planning};
use super::error::{self, Failure, Result};
use super::exit::Exit;
use super::github;
use super::limits;
use super::saving::Saving;
use super::session::{self, Session};
use super::showing;
use crate::engine::plan::Plan;
use crate::engine::{self, Limits, Options, Prepared};
use crate::sanitize;
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
    saving: Saving,
    #[command(flatten)]
    pub(super) output: PlanOutput,
    /// In a step of GitHub Actions: write plan_id, has_changes, applyable, reason and exit as its outputs, and the plan as its
    /// summary
    #[arg(long)]
    github_output: bool,
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
    args.saving.check()?;
    let step = match args.github_output {
        true => Some(github::Step::open(environment)?),
        false => None,
    };
    let session = Session::open(
        ui,
        environment,
        directory,
        &args.planning.world,
        Mode::ReadOnly,
    )
    .await?;
    let mut options = options(context, &session, &args.planning).await?;
    if args.saving.out.is_some() {
        // A saved plan is applied without asking.
        options.limits.new_ledger = session::new_ledger(&session, false).await?;
    }
    let prepared = {
        let connections = session.connections();
        let prepared = engine::plan(
            &session.project,
            &connections,
            &*session.store,
            &session.clock,
            &options,
        )
        .await;
        prepared.map_err(|error| error::planning(&session.project.sources, error))?
    };
    let plan = &prepared.plan;
    ui.out(&showing::plan(plan, &args.output, ui))?;
    let saved = args
        .saving
        .save(&session, &args.planning, &prepared, ui)
        .await?;
    if let Some(step) = step {
        step.tell(plan, exit(plan))?;
    }
    if plan.has_differences() && args.output.format == PlanFormat::Human && plan.applyable() {
        let apply = |what: &str| super::invocation(directory, what, args.planning.world.sandbox);
        match saved {
            Some(path) => {
                let command = apply(&format!("apply {}", path.display()));
                ui.hint("to apply exactly this:", &[command]);
            }
            None => {
                let command = apply(&format!("apply{}", args.planning.limited()));
                ui.hint("this carries it out:", &[command]);
            }
        }
    }
    let exit = exit(plan);
    session.close().await?;
    Ok(exit)
}

impl Planning {
    /// Returns the options that say what is planned, to be copied: without them an apply would do more than was shown.
    fn limited(&self) -> String {
        let mut options = String::new();
        let several = [
            ("--target", &self.targets),
            ("--exclude", &self.excludes),
            ("--replace", &self.replaces),
            ("--allow", &self.allow),
        ];
        for (option, values) in several {
            for value in values {
                // An address has quotes and stars that a shell would read.
                let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                let value = match value.chars().all(plain) {
                    true => value.clone(),
                    false => format!("'{}'", value.replace('\'', r"'\''")),
                };
                options.extend([" ", option, " ", &value]);
            }
        }
        if self.destroy {
            options.push_str(" --destroy");
        }
        options
    }

    /// Refuses to write on what was only remembered: every change is made only while the live object is what its plan was
    /// made against, and such a plan has not looked.
    pub(crate) fn must_refresh(&self) -> Result<()> {
        if self.refresh {
            return Ok(());
        }
        Err(Failure::new(
            "cli::unrefreshed",
            "apply reads the live account before it writes: --refresh=false is for plan alone",
        )
        .help("leave --refresh=false out; nothing was read or written"))
    }
}

/// Returns the question before anything is written.
pub(crate) fn question(prepared: &Prepared) -> String {
    let Prepared { plan, snapshot, .. } = prepared;
    if !plan.destroy {
        return "\nDo you want to make these changes? Only `yes` is taken for a yes: ".to_owned();
    }
    let accounts: Vec<String> = plan
        .targets
        .iter()
        .map(|target| {
            let name = snapshot.account(&target.account)["name"].as_str();
            let name = name.map(|name| format!("{}, ", sanitize::line(name)));
            format!(
                "account.{} ({}{})",
                target.account,
                name.unwrap_or_default(),
                target.waba_id
            )
        })
        .collect();
    let of = match &plan.environment {
        Some(environment) => format!(" of the environment {environment}"),
        None => String::new(),
    };
    format!(
        "\nDo you want to destroy what is shown above in {}{of}? Only `yes` is taken for a yes: ",
        accounts.join(", ")
    )
}

/// Returns what planning is asked for.
pub(crate) async fn options(
    context: &Context,
    session: &Session,
    planning: &Planning,
) -> Result<Options> {
    for name in &planning.allow {
        if !engine::GUARDS.contains(&name.as_str()) {
            return Err(
                Failure::new("cli::unknown_guard", format!("no guard is named `{name}`"))
                    .help(format!("the guards are {}", engine::GUARDS.join(", "))),
            );
        }
    }
    let limits = Limits {
        new_ledger: session::new_ledger(session, context.attended()).await?,
        allowed: planning.allow.iter().cloned().collect(),
        ..limits::declared(&session.project)
    };
    Ok(Options {
        targets: planning.targets.clone(),
        excludes: planning.excludes.clone(),
        replaces: planning.replaces.clone(),
        refresh: planning.refresh,
        destroy: planning.destroy,
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
