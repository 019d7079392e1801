//! `waform stop` and `waform resume`

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::args::{Format, Output, World};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::recorder::Recorder;
use super::session::{self, KEPT};
use super::{Context, apply, history, sandboxed};
use crate::clock::Clock;
use crate::config::{Report, proposal};
use crate::render;
use crate::resource::Project;
use crate::resource::account::Account;
use crate::sandbox;
use crate::store::sqlite::{self, Mode};
use crate::store::{Database, Halt, HaltCause, Note, Scope};

/// Stop sending at once: the emergency brake
///
/// Takes effect within one batch, also in an apply or a serve that runs elsewhere on the same state: what is in flight is
/// finished and recorded, nothing else is claimed. It is held in the ledger until `waform resume`; plan and status show it.
/// Works while the configuration has errors.
#[derive(Args, Debug)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    what: What,
    /// Why, for those who find it
    #[arg(long, value_name = "TEXT", default_value = "stopped by hand")]
    reason: String,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Let sending go on after a stop
///
/// Lifts what halts a campaign, whoever halted it; for an account, whatever halts it, its numbers and its templates. The next
/// apply, or a serve that runs, sends on.
#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

#[derive(Args, Debug)]
struct What {
    /// A campaign, as declared, or a whole account as `account.NAME`
    #[arg(value_name = "CAMPAIGN", required_unless_present = "all")]
    target: Option<String>,
    /// Every account
    #[arg(long, conflicts_with = "target")]
    all: bool,
}

/// What a brake is put on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    account: String,
    scope: Scope,
    subject: String,
}

impl Target {
    fn account(name: &str) -> Self {
        Self {
            account: name.to_owned(),
            scope: Scope::Account,
            subject: name.to_owned(),
        }
    }

    fn shown(&self) -> String {
        match self.scope {
            Scope::Campaign => format!("campaign.{}", self.subject),
            _ => format!("account.{}", self.subject),
        }
    }
}

pub(crate) async fn stop(context: &Context, args: &StopArgs) -> Result<Exit> {
    let ledger = Ledger::open(context, &args.world, Mode::ReadWrite).await?;
    let targets = targets(&ledger, &args.what).await?;
    let actor = format!("{} by stop", apply::holder(context, "waform stop").name);
    let now = ledger.clock.now();
    for target in &targets {
        let halt = Halt {
            account: target.account.clone(),
            scope: target.scope,
            subject: target.subject.clone(),
            cause: HaltCause::Stopped,
            code: None,
            reason: args.reason.clone(),
            since: now,
            until: None,
            actor: actor.clone(),
        };
        let new = ledger.store.halt(&halt).await?;
        let shown = target.shown();
        told(context, &args.output, &shown, "stopped", new, || {
            if new {
                format!("{shown} is stopped. Nothing more is claimed for it until it is resumed.")
            } else {
                format!("{shown} was stopped already.")
            }
        })?;
    }
    // The brake holds already, whatever becomes of this.
    let pulled = targets.iter().map(|target| (target, args.reason.clone()));
    record(context, &ledger, "stop", pulled.collect()).await?;
    let commands: Vec<String> = targets
        .iter()
        .map(|target| again(context, args.world.sandbox, target))
        .collect();
    context.ui.hint("to let it go on:", &commands);
    Ok(Exit::Done)
}

pub(crate) async fn resume(context: &Context, args: &ResumeArgs) -> Result<Exit> {
    let ledger = Ledger::open(context, &args.world, Mode::ReadWrite).await?;
    let targets = targets(&ledger, &args.what).await?;
    let actor = format!("{} by resume", apply::holder(context, "waform resume").name);
    let now = ledger.clock.now();
    let mut released = Vec::new();
    for target in &targets {
        let lifted = lift(&ledger, target, &actor, now).await?;
        let halts: Vec<String> = lifted.iter().map(render::halt::line).collect();
        if !halts.is_empty() {
            released.push((target, halts.join("; ")));
        }
        let shown = target.shown();
        told(
            context,
            &args.output,
            &shown,
            "resumed",
            !lifted.is_empty(),
            || match lifted.is_empty() {
                true => format!("Nothing halts {shown}."),
                false => lifted.iter().map(render::halt::lifted).collect(),
            },
        )?;
        // Whatever is wider holds all the same: said, so that nobody waits in vain.
        for halt in ledger.store.halts(Some(&target.account), now).await? {
            if target.scope == Scope::Campaign && halt.scope != Scope::Campaign {
                context
                    .ui
                    .say(&format!("Still halted: {}", render::halt::line(&halt)));
            }
        }
    }
    record(context, &ledger, "resume", released).await?;
    Ok(Exit::Done)
}

/// Records what was stopped or resumed, and why, in the journal.
async fn record(
    context: &Context,
    ledger: &Ledger,
    action: &str,
    done: Vec<(&Target, String)>,
) -> Result<()> {
    if done.is_empty() {
        return Ok(());
    }
    let command = format!("waform {action}");
    let recorder = Recorder::begin(context, &ledger.store, &ledger.clock, &command).await?;
    for (target, text) in done {
        recorder
            .note(&Note {
                address: Some(target.shown()),
                text: Some(text),
                ..recorder.done(action)
            })
            .await?;
    }
    recorder.end(&Ok(Exit::Done)).await;
    Ok(())
}

async fn lift(ledger: &Ledger, target: &Target, actor: &str, now: Timestamp) -> Result<Vec<Halt>> {
    const ALL: [HaltCause; 6] = [
        HaltCause::Stopped,
        HaltCause::Restored,
        HaltCause::Late,
        HaltCause::Meta,
        HaltCause::Refused,
        HaltCause::Failures,
    ];
    let mut lifted = Vec::new();
    for halt in ledger.store.halts(Some(&target.account), now).await? {
        let covered = match target.scope {
            Scope::Campaign => halt.scope == Scope::Campaign && halt.subject == target.subject,
            // A campaign that was stopped by its name is resumed by its name.
            _ => halt.scope != Scope::Campaign,
        };
        if covered {
            let store = &ledger.store;
            lifted.extend(
                store
                    .lift(&halt.account, halt.scope, &halt.subject, &ALL, actor, now)
                    .await?,
            );
        }
    }
    Ok(lifted)
}

async fn targets(ledger: &Ledger, what: &What) -> Result<Vec<Target>> {
    let launched = ledger.store.campaigns().await?;
    let mut accounts: BTreeSet<&str> = launched
        .iter()
        .map(|campaign| campaign.account.as_str())
        .collect();
    accounts.extend(
        ledger
            .project
            .all::<Account>()
            .map(|account| account.name.as_str()),
    );
    let Some(typed) = &what.target else {
        return Ok(accounts.into_iter().map(Target::account).collect());
    };
    if let Some(name) = typed.strip_prefix("account.") {
        if accounts.contains(name) {
            return Ok(vec![Target::account(name)]);
        }
        let failure = Failure::new(
            "cli::unknown_account",
            format!("there is no account `{name}`"),
        );
        return Err(match proposal(name, accounts.iter().copied()) {
            Some(help) => failure.help(help),
            None => failure,
        });
    }
    let name = history::name(typed);
    let targets: Vec<Target> = launched
        .iter()
        .filter(|campaign| campaign.name == name)
        .map(|campaign| Target {
            account: campaign.account.clone(),
            scope: Scope::Campaign,
            subject: campaign.name.clone(),
        })
        .collect();
    if targets.is_empty() {
        return Err(history::unknown(&ledger.project, &*ledger.store, name).await?);
    }
    Ok(targets)
}

fn told(
    context: &Context,
    output: &Output,
    target: &str,
    what: &str,
    changed: bool,
    text: impl FnOnce() -> String,
) -> Result<()> {
    let text = match output.format {
        Format::Json => json!({ "target": target, "done": what, "changed": changed }).to_string(),
        Format::Human => text(),
    };
    Ok(context.ui.out(&text)?)
}

fn again(context: &Context, sandbox: bool, target: &Target) -> String {
    let what = match target.scope {
        Scope::Campaign => format!("resume {}", target.subject),
        _ => format!("resume {}", target.shown()),
    };
    super::invocation(&context.directory, &what, sandbox)
}

/// State and ledger of a project that may be wrong otherwise: an emergency waits for no typing error.
pub(super) struct Ledger {
    project: Project,
    pub(super) clock: Clock,
    pub(super) store: Arc<dyn Database>,
}

impl Ledger {
    pub(super) async fn open(context: &Context, world: &World, mode: Mode) -> Result<Self> {
        let inputs = session::inputs(&context.environment, &world.variables)?;
        let (project, mut diagnostics) = crate::resource::load(&context.directory, &inputs);
        diagnostics.finish();
        // Which ledger it is must be known.
        let astray = |report: &Report| report.code.starts_with("environment::");
        if diagnostics.reports().iter().any(astray) {
            return Err(Failure::Configuration {
                sources: project.sources,
                diagnostics,
            });
        }
        if diagnostics.has_errors() {
            context.ui.warning(
                "the configuration has errors; its state is opened all the same",
                "cli::broken_configuration",
                Some("`waform validate` shows them"),
            );
        }
        let path = session::state_path(&project, world.sandbox);
        let store = sqlite::open(&path, mode)?;
        let running = match world.sandbox {
            true => sandbox::running(&project.path(KEPT).join("sandbox.db")),
            false => None,
        };
        let clock = match running {
            Some(base_url) => sandboxed::remote_clock(&base_url).await?,
            None => Clock::system(),
        };
        Ok(Self {
            project,
            clock,
            store,
        })
    }
}
