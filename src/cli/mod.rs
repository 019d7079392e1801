//! The command line: arguments, exit codes, prompts. One file a command.
//!
//! Commands print through [`ui::Ui`] alone: results to standard output, everything else to standard error. What they do
//! stands in the rooms below; a command reads arguments, calls, and says how it went.

mod apply;
mod args;
mod brake;
mod completions;
mod contact;
mod dead_letters;
mod doctor;
mod drift;
mod environment;
mod error;
mod examine;
mod exit;
mod explain;
mod fmt;
mod follow;
mod github;
mod graph;
mod history;
mod init;
mod interactions;
mod interrupt;
mod journal;
mod ledger;
mod limits;
mod locking;
mod output;
mod pages;
mod plan;
mod progress;
mod recontact;
mod recorder;
mod render;
mod retry;
mod sandbox;
mod sandboxed;
mod saving;
mod schema;
mod serve;
mod session;
mod show;
mod showing;
mod state;
mod status;
mod terraform;
mod ui;
mod unlock;
mod validate;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use args::{Cli, Command};
use environment::Environment;
use error::Failure;
use exit::Exit;
use ui::Ui;

pub use args::command;

/// What every command is given.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    pub(crate) environment: Environment,
    pub(crate) directory: PathBuf,
    /// Whether a person may be asked.
    may_ask: bool,
}

impl Context {
    /// Tells whether somebody can be asked.
    pub(crate) fn attended(&self) -> bool {
        self.may_ask && Environment::is_attended()
    }
}

/// Runs the program on its arguments, the first being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(exit) = completions::answer(&Environment::read(None), &arguments) {
        return exit;
    }
    let terraform::Translated { arguments, may_ask } = terraform::translate(arguments);
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results, usage errors are not; clap knows which goes where.
            let _gone = error.print();
            return if error.use_stderr() {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let environment = Environment::read(cli.global.env.clone());
    let ui = Ui::new(&cli.global, &environment);
    log(&ui, &environment, &cli.command);
    let context = Context {
        ui,
        environment,
        directory: cli.global.directory,
        may_ask,
    };
    let detailed = detailed(&cli.command);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            context.ui.alarm(&format!("error: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(dispatch(&context, &cli.command)) {
        Ok(exit) => exit.code(detailed),
        Err(failure) => {
            show(&context.ui, &failure);
            if wants_json(&cli.command) && matches!(cli.command, Command::Apply(_)) {
                progress::failed(&context.ui, &failure);
            } else if wants_json(&cli.command) && !matches!(failure, Failure::BrokenPipe) {
                // Where standard output is gone, standard error has said it.
                let _gone = context.ui.out(&failure_document(&failure).to_string());
            }
            failure.exit().code(detailed)
        }
    }
}

/// Returns a command line that works on the same project, to be copied.
fn invocation(directory: &Path, what: &str, sandbox: bool) -> String {
    let place = match directory {
        directory if directory == Path::new(".") => String::new(),
        directory => format!(" -C {}", directory.display()),
    };
    let sandbox = if sandbox { " --sandbox" } else { "" };
    format!("waform{place} {what}{sandbox}")
}

async fn dispatch(context: &Context, command: &Command) -> error::Result<Exit> {
    match command {
        Command::Init(args) => init::run(context, args),
        Command::Validate(args) => validate::run(context, args),
        Command::Fmt(args) => fmt::run(context, args),
        Command::Render(args) => render::run(context, args),
        Command::Graph(args) => graph::run(context, args),
        Command::Plan(args) => plan::run(context, args).await,
        Command::Apply(args) => apply::run(context, args).await,
        Command::Output(args) => output::run(context, args).await,
        Command::Drift(args) => drift::run(context, args).await,
        Command::Show(args) => show::run(context, args),
        Command::Doctor(args) => doctor::run(context, args).await,
        Command::Status(args) => status::run(context, args).await,
        Command::History(args) => history::run(context, args).await,
        Command::Interactions(args) => interactions::run(context, args).await,
        Command::Contact(args) => contact::run(context, args).await,
        Command::Retry(args) => retry::run(context, args).await,
        Command::Serve(args) => Box::pin(serve::run_command(context, args)).await,
        Command::Recontact(args) => recontact::run(context, args).await,
        Command::Stop(args) => brake::stop(context, args).await,
        Command::Resume(args) => brake::resume(context, args).await,
        Command::DeadLetters(args) => dead_letters::run(context, args).await,
        Command::State(args) => state::run(context, args).await,
        Command::Unlock(args) => unlock::run(context, args).await,
        Command::Journal(args) => journal::run(context, args).await,
        Command::Sandbox(args) => sandbox::run(context, args).await,
        Command::Schema(args) => schema::run(context, args),
        Command::Explain(args) => explain::run(context, args),
        Command::Completions(args) => completions::run(context, args),
    }
}

/// Tells whether a program reads the results: then it reads of a failure, too.
fn wants_json(command: &Command) -> bool {
    let output = match command {
        Command::Plan(args) => return args.output.format == args::PlanFormat::Json,
        Command::Output(args) => return args.is_json(),
        Command::Drift(args) => return args.format == drift::DriftFormat::Json,
        Command::Show(args) => return args.output.format == args::PlanFormat::Json,
        Command::Validate(args) => return args.format == validate::ValidateFormat::Json,
        Command::Apply(args) => &args.output,
        Command::Doctor(args) => &args.output,
        Command::Status(args) => &args.output,
        Command::History(args) => &args.output,
        Command::Stop(args) => &args.output,
        Command::Resume(args) => &args.output,
        Command::DeadLetters(args) => &args.output,
        Command::State(args) => return args.wants_json(),
        Command::Unlock(args) => &args.output,
        Command::Journal(args) => &args.output,
        Command::Interactions(args) => &args.output,
        Command::Contact(args) => &args.output,
        _ => return false,
    };
    output.format == args::Format::Json
}

fn detailed(command: &Command) -> bool {
    match command {
        Command::Plan(args) => args.detailed(),
        Command::Apply(args) => args.detailed(),
        Command::Drift(_) => true,
        Command::Fmt(_) => true,
        _ => false,
    }
}

fn log(ui: &Ui, environment: &Environment, command: &Command) {
    let serving = match command {
        Command::Serve(args) => Some(args.log_format),
        _ => None,
    };
    let default = match (ui.verbose, serving) {
        (0, None) => "off",
        // A service says what it does.
        (0, Some(_)) | (1, _) => "waform=info",
        _ => "waform=debug",
    };
    let filter = EnvFilter::new(environment.get(environment::LOG).unwrap_or(default));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(ui.color_err)
        .with_target(false);
    // A second run in one process keeps the first one's log.
    let _already = match serving {
        Some(serve::LogFormat::Json) => log.json().flatten_event(true).try_init(),
        _ => log.try_init(),
    };
}

fn show(ui: &Ui, failure: &Failure) {
    match failure {
        Failure::BrokenPipe => {}
        Failure::Configuration {
            sources,
            diagnostics,
        } => {
            let mut diagnostics = diagnostics.clone();
            diagnostics.finish();
            for report in diagnostics.reports() {
                ui.alarm(&format!("{}\n", ui.report(sources, report)));
            }
            let mut errors = diagnostics
                .reports()
                .iter()
                .filter(|report| report.severity == crate::config::Severity::Error)
                .peekable();
            let first = errors.peek().map_or("CODE", |report| report.code);
            let explain = format!("`waform explain {first}` says more.");
            let errors = crate::render::count::of(errors.count() as u64, "error", "errors");
            let told = format!(
                "{errors} in the configuration; nothing was read or written beyond it. {explain}"
            );
            ui.alarm(&ui.look_err().hang("", &told));
        }
        Failure::Plain {
            code,
            message,
            help,
            ..
        } => {
            ui.error(message, code, help.as_deref());
        }
    }
}

/// One line of JSON for a failure, where a command prints JSON.
fn failure_document(failure: &Failure) -> serde_json::Value {
    match failure {
        Failure::Plain {
            exit,
            code,
            message,
            help,
        } => {
            json!({ "reason": exit.reason(), "code": code, "message": message, "help": help })
        }
        Failure::Configuration {
            sources,
            diagnostics,
        } => {
            let findings = diagnostics
                .reports()
                .iter()
                .map(|report| crate::config::to_json(sources, report));
            json!({ "reason": Exit::Error.reason(), "diagnostics": findings.collect::<Vec<_>>() })
        }
        Failure::BrokenPipe => serde_json::Value::Null,
    }
}
