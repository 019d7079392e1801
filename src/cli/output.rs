//! `waform output`

use clap::{Args, ValueEnum};

use super::Context;
use super::args::{Format, World};
use super::error::{self, Failure, Result};
use super::exit::Exit;
use super::session::Session;
use crate::config::proposal;
use crate::engine;
use crate::engine::plan::Output;
use crate::render;
use crate::store::sqlite::Mode;

/// Print the values of [output.NAME], for scripts
///
/// Attributes of objects are read from the live account each time. A value that nobody has yet (an object that was not
/// applied) is null in JSON, and an error with --format raw.
#[derive(Args, Debug)]
pub(crate) struct OutputArgs {
    /// Only this one
    name: Option<String>,
    #[command(flatten)]
    world: World,
    /// How values are printed; raw prints the value of NAME alone, without quotes
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    #[default]
    Human,
    Json,
    Raw,
}

impl OutputArgs {
    pub(crate) fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }
}

pub(crate) async fn run(context: &Context, args: &OutputArgs) -> Result<Exit> {
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    if args.format == OutputFormat::Raw && args.name.is_none() {
        return Err(
            Failure::new("cli::unknown_output", "--format raw prints one value")
                .help("name the output: waform output NAME --format raw"),
        );
    }
    let session = Session::open(ui, environment, directory, &args.world, Mode::ReadOnly).await?;
    let outputs = now(&session).await;
    session.close().await?;
    let outputs = outputs?;
    match &args.name {
        Some(name) => {
            let Some(output) = outputs.iter().find(|output| output.name == *name) else {
                return Err(unknown(name, &outputs));
            };
            one(context, args, output)?;
        }
        None if args.is_json() => {
            let document = render::outputs::document(&outputs);
            ui.out(&format!("{document:#}"))?;
        }
        None if outputs.is_empty() => ui.say("The configuration declares no outputs."),
        None => ui.out(&render::outputs::human(&outputs, ui.look_out()))?,
    }
    Ok(Exit::Done)
}

fn one(context: &Context, args: &OutputArgs, output: &Output) -> Result<()> {
    let text = match args.format {
        OutputFormat::Human => {
            render::outputs::human(std::slice::from_ref(output), context.ui.look_out())
        }
        OutputFormat::Json => serde_json::json!(output.value).to_string(),
        OutputFormat::Raw => render::outputs::raw(output).ok_or_else(|| {
            Failure::new(
                "cli::no_value",
                format!("the output `{}` has no value yet", output.name),
            )
            .help("its object is not live, or does not have this attribute: apply, then ask again")
        })?,
    };
    Ok(context.ui.out(&text)?)
}

fn unknown(name: &str, outputs: &[Output]) -> Failure {
    let failure = Failure::new(
        "cli::unknown_output",
        format!("the configuration declares no output `{name}`"),
    );
    match proposal(name, outputs.iter().map(|output| output.name.as_str())) {
        Some(help) => failure.help(help),
        None => failure.help(format!("declare it: [output.{name}]")),
    }
}

/// Reads the outputs as they are now.
async fn now(session: &Session) -> Result<Vec<Output>> {
    let outputs = engine::outputs(
        &session.project,
        &session.connections(),
        &*session.store,
        &session.clock,
    )
    .await;
    outputs.map_err(|error| error::planning(&session.project.sources, error))
}

/// Tells the outputs at the end of an apply, where there are any.
pub(crate) async fn after_apply(
    context: &Context,
    format: Format,
    session: &Session,
) -> Result<()> {
    if session.project.names("output").next().is_none() {
        return Ok(());
    }
    let outputs = now(session).await?;
    let ui = &context.ui;
    match format {
        Format::Human => {
            let told = render::outputs::human(&outputs, ui.look_out());
            ui.out(&format!("\nOutputs:\n\n{told}"))?;
        }
        Format::Json => {
            let event = serde_json::json!({
                "@level": "info", "@module": "waform.apply", "type": "outputs",
                "@message": format!("Outputs: {}", outputs.len()),
                "@timestamp": session.clock.now().to_string(),
                "outputs": render::outputs::document(&outputs),
            });
            ui.out(&event.to_string())?;
        }
    }
    Ok(())
}
