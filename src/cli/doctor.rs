//! `waform doctor`

use clap::Args;
use futures::future::join_all;

use super::Context;
use super::args::{Format, Output, World};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::sandboxed::Sandboxed;
use super::session;
use crate::clock::Clock;
use crate::doctor::{self, Check, Level, Patient};
use crate::meta::{self, GraphReader};
use crate::render;
use crate::resource::account::Account;
use crate::resource::phone::Phone;
use crate::resource::{Declared, Project};

/// Check token, account, numbers, limits and state, and say how to mend them
///
/// Reads only. A check that fails stops no other; exits with 1 where any failed, warnings do not count.
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(crate) async fn run(context: &Context, args: &DoctorArgs) -> Result<Exit> {
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    let project = session::project(ui, environment, directory, &args.world.variables)?;
    let sandbox = if args.world.sandbox {
        Some(Sandboxed::join(&project, &directory.join(session::KEPT)).await?)
    } else {
        None
    };
    let checks = checks(context, &project, sandbox.as_ref()).await;
    if let Some(sandbox) = sandbox {
        sandbox.leave().await?;
    }
    let text = match args.output.format {
        Format::Json => format!("{:#}", render::doctor::document(&checks)),
        Format::Human => render::doctor::human(&checks, ui.look_out()),
    };
    ui.out(&text)?;
    let failed = checks.iter().any(|check| check.level == Level::Fail);
    Ok(if failed { Exit::Error } else { Exit::Done })
}

async fn checks(context: &Context, project: &Project, sandbox: Option<&Sandboxed>) -> Vec<Check> {
    let clock = sandbox.map_or_else(Clock::system, |sandbox| sandbox.clock.clone());
    let path = session::state_path(project, sandbox.is_some());
    let accounts = join_all(project.all::<Account>().map(async |account| {
        let subject = account.address().to_string();
        let options = match sandbox {
            Some(sandbox) => Ok(sandbox.options(account)),
            None => session::options(project, &context.environment, account, &clock),
        };
        match options {
            Ok(options) => examine(project, account, subject, options, &clock).await,
            Err(failure) => vec![unreached(&subject, &failure)],
        }
    }));
    let (accounts, state) = futures::join!(accounts, doctor::state(&path, clock.now()));
    let mut checks: Vec<Check> = accounts.into_iter().flatten().collect();
    if checks.is_empty() {
        checks.push(
            Check::warn("account", "account", "no account is declared")
                .help("declare one: [account.main]"),
        );
    }
    checks.extend(state);
    checks
}

async fn examine(
    project: &Project,
    account: &Declared<Account>,
    subject: String,
    mut options: meta::Options,
    clock: &Clock,
) -> Vec<Check> {
    // Somebody waits for the answer: what does not answer soon is a finding.
    options.patience.attempts = 2;
    let api_version = options.api_version.clone();
    let graph = match GraphReader::new(options) {
        Ok(graph) => graph,
        Err(error) => return vec![unreached(&subject, &error.into())],
    };
    let is_its_own = |phone: &&Declared<Phone>| {
        project
            .account_of(phone.value.account.as_ref())
            .is_some_and(|owner| owner.name == account.name)
    };
    let phones = project.all::<Phone>().filter(is_its_own);
    doctor::examine(&Patient {
        subject,
        waba_id: account.value.waba_id.get(),
        api_version: &api_version,
        app_id: account.value.app_id.as_ref().map(|id| id.get().as_str()),
        phones: phones
            .map(|phone| (phone.address().to_string(), &phone.value))
            .collect(),
        graph: &graph,
        now: clock.now(),
    })
    .await
}

/// An account that cannot even be asked.
fn unreached(subject: &str, failure: &Failure) -> Check {
    match failure {
        Failure::Plain {
            code,
            message,
            help,
            ..
        } => {
            let mut check = Check::fail(subject, "token", message).code(code);
            check.help.clone_from(help);
            check
        }
        Failure::Configuration { .. } | Failure::BrokenPipe => {
            Check::fail(subject, "token", "cannot be read")
        }
    }
}
