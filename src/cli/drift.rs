//! `waform drift`

use clap::{Args, ValueEnum};

use super::Context;
use super::args::World;
use super::error::{self, Result};
use super::exit::Exit;
use super::session::Session;
use crate::engine::Options;
use crate::engine::drift::{self, Report};
use crate::render::drift::{self as shown, View};
use crate::store::sqlite::Mode;

/// Show what differs from what was last applied, and what is not managed; changes nothing
///
/// Reads the live account and the state, no contact list. Exit codes: 0 no differences, 1 error, 2 something was changed
/// by somebody or is gone. What Meta has moved by itself and what is not managed is shown and does not count.
#[derive(Args, Debug)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    world: World,
    /// Only this resource and what it needs; `*` stands for any text (repeatable)
    #[arg(long = "target", value_name = "ADDRESS")]
    targets: Vec<String>,
    /// Not this resource, nor what needs it; `*` stands for any text (repeatable)
    #[arg(long = "exclude", value_name = "ADDRESS")]
    excludes: Vec<String>,
    /// How the report is printed
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DriftFormat,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftFormat {
    #[default]
    Human,
    Json,
    /// For an issue that a job keeps
    Markdown,
    /// A page of its own, without scripts
    Html,
}

pub(crate) async fn run(context: &Context, args: &DriftArgs) -> Result<Exit> {
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    let session = Session::open(ui, environment, directory, &args.world, Mode::ReadOnly).await?;
    let options = Options {
        targets: args.targets.clone(),
        excludes: args.excludes.clone(),
        ..Options::default()
    };
    let report = {
        let connections = session.connections();
        let report = drift::detect(
            &session.project,
            &connections,
            &*session.store,
            &session.clock,
            &options,
        );
        let report = report.await;
        report.map_err(|error| error::planning(&session.project.sources, error))?
    };
    let exit = match report.has_differences() {
        true => Exit::Pending,
        false => Exit::Done,
    };
    ui.out(&show(context, args, &report, exit))?;
    session.close().await?;
    Ok(exit)
}

fn show(context: &Context, args: &DriftArgs, report: &Report, exit: Exit) -> String {
    let accounts = report.targets.iter().map(|target| target.account.as_str());
    let accounts = accounts.collect::<Vec<_>>().join(", ");
    let command = |what: &str| super::invocation(&context.directory, what, args.world.sandbox);
    let view = View {
        report,
        name: report.environment.as_deref().unwrap_or(&accounts),
        command: &command,
    };
    match args.format {
        DriftFormat::Human => shown::human(&view, context.ui.look_out()),
        DriftFormat::Json => format!("{:#}", shown::document(&view, exit.reason())),
        DriftFormat::Markdown => shown::markdown(&view),
        DriftFormat::Html => shown::html(&view),
    }
}
