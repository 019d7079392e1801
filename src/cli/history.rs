//! `waform history`

use clap::Args;
use futures::TryStreamExt;

use super::Context;
use super::args::{Format, Output, World};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::session;
use super::ui::Ui;
use crate::config::{Address, proposal};
use crate::render;
use crate::resource::Project;
use crate::resource::campaign::Campaign;
use crate::resource::phone::Phone;
use crate::store::sqlite::Mode;
use crate::store::{CampaignRecord, HistoryFilter, Store};

/// List a campaign's contacts with what became of each
///
/// One row a contact, with its latest attempt, oldest first: Time (UTC), Message_From, Message_To, Status, Description.
/// Reads the ledger alone. With --format json it prints one object a line, with the keys Time, Message_From,
/// Message_To, Status and Description, and beside them state, outcome, attempts, message_id, code (Meta's), due_at, list
/// and line.
#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// The campaign, as declared
    campaign: String,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(crate) async fn run(context: &Context, args: &HistoryArgs) -> Result<Exit> {
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    let world = &args.world;
    let project = session::project(ui, environment, directory, &world.variables)?;
    let store = crate::store::sqlite::open(
        &session::state_path(&project, world.sandbox),
        Mode::ReadOnly,
    )?;
    let name = name(&args.campaign);
    let mut launched = store.campaigns().await?;
    launched.retain(|campaign| campaign.name == name);
    if launched.is_empty() {
        return never_launched(ui, &project, &*store, name).await;
    }
    let from = sender(&project, name);
    if args.output.format == Format::Human {
        ui.out(&render::history::header(&from, ui.look_out()))?;
    }
    for campaign in &launched {
        show(ui, &*store, campaign, &from, args.output.format).await?;
    }
    Ok(Exit::Done)
}

async fn show(
    ui: &Ui,
    store: &dyn Store,
    campaign: &CampaignRecord,
    from: &str,
    format: Format,
) -> Result<()> {
    let filter = HistoryFilter {
        account: campaign.account.clone(),
        campaign: campaign.name.clone(),
        limit: None,
    };
    let mut history = store.history(&filter);
    while let Some(rows) = history.try_next().await? {
        let lines = rows.iter().map(|row| match format {
            Format::Human => Ok(render::history::human(row, from)),
            Format::Json => serde_json::to_string(&render::history::document(row, from)),
        });
        let lines: Vec<String> = lines
            .collect::<serde_json::Result<_>>()
            .expect("a document has no keys that are not text");
        ui.out(&lines.join("\n"))?;
    }
    Ok(())
}

/// A campaign may be named as the plan does, `campaign.spring`.
pub(super) fn name(typed: &str) -> &str {
    typed.strip_prefix("campaign.").unwrap_or(typed)
}

/// Returns the number that a campaign is sent from, as declared.
fn sender(project: &Project, campaign: &str) -> String {
    let phone = project
        .get::<Campaign>(campaign)
        .and_then(|campaign| project.get::<Phone>(&campaign.value.from));
    let named = phone.and_then(|phone| phone.value.number.as_ref().or(phone.value.id.as_ref()));
    named.map(|named| named.get().clone()).unwrap_or_default()
}

/// A declared campaign without a history is none; one that nobody knows is a slip.
async fn never_launched(ui: &Ui, project: &Project, store: &dyn Store, name: &str) -> Result<Exit> {
    if project.get::<Campaign>(name).is_some() {
        ui.say(&format!(
            "{} has not been launched yet.",
            Address::new("campaign", name)
        ));
        return Ok(Exit::Done);
    }
    Err(unknown(project, store, name).await?)
}

/// Returns the failure for a campaign that is neither declared nor in the ledger.
pub(super) async fn unknown(project: &Project, store: &dyn Store, name: &str) -> Result<Failure> {
    let launched = store.campaigns().await?;
    let mut known: Vec<&str> = launched
        .iter()
        .map(|campaign| campaign.name.as_str())
        .collect();
    known.extend(project.names("campaign"));
    known.sort_unstable();
    known.dedup();
    let failure = Failure::new(
        "cli::unknown_campaign",
        format!("there is no campaign `{name}`"),
    );
    Ok(match proposal(name, known.iter().copied()) {
        Some(help) => failure.help(help),
        None => failure,
    })
}
