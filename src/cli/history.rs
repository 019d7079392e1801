//! `waform history`

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use futures::TryStreamExt;

use super::Context;
use super::args::{Format, Output, World};
use super::error::{Failure, Result};
use super::exit::Exit;
use super::ledger::Ledger;
use super::ui::Ui;
use crate::config::{Address, proposal};
use crate::render;
use crate::resource::Project;
use crate::resource::campaign::Campaign;
use crate::resource::phone::Phone;
use crate::store::{CampaignRecord, ContactState, Database, HistoryFilter, Outcome, Store};

/// List a campaign's contacts with what became of each
///
/// One row a contact, with its latest attempt, oldest first: Time (UTC), Message_From, Message_To, Status, Description.
/// Reads the ledger alone. With --format json it prints one object a line, with the keys Time, Message_From,
/// Message_To, Status and Description, and beside them state, outcome, attempts, message_id, code (Meta's), due_at, by,
/// answer, list and line.
#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// The campaign, as declared
    campaign: String,
    /// Only contacts that stand here: fresh, retry, pending or closed (repeatable)
    #[arg(
        long = "state",
        value_enum,
        value_name = "STATE",
        value_delimiter = ','
    )]
    states: Vec<Shown>,
    /// Only contacts that were closed so: answered, no_answer, failed and so on (repeatable)
    #[arg(long = "outcome", value_name = "OUTCOME", value_delimiter = ',', value_parser = outcome())]
    outcomes: Vec<Outcome>,
    /// Only contacts whose latest attempt met this error of Meta's (repeatable)
    #[arg(long = "code", value_name = "CODE", value_delimiter = ',')]
    codes: Vec<i64>,
    /// Show more of each: attempts, who made the latest, list and line, the message's id, the answer
    #[arg(long)]
    wide: bool,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Where a contact stands, as people count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shown {
    /// Never tried
    Fresh,
    /// Failed for a passing reason, due again
    Retry,
    /// Sent, waiting for the response or for another campaign's interaction to end
    Pending,
    Closed,
}

impl Shown {
    fn states(self) -> &'static [ContactState] {
        match self {
            Self::Fresh => &[ContactState::Fresh],
            Self::Retry => &[ContactState::RetryDue],
            Self::Pending => &[
                ContactState::InFlight,
                ContactState::Uncertain,
                ContactState::AwaitingResponse,
                ContactState::WaitingLock,
            ],
            Self::Closed => &[ContactState::Closed],
        }
    }
}

const OUTCOMES: [Outcome; 8] = [
    Outcome::Answered,
    Outcome::NoAnswer,
    Outcome::Failed,
    Outcome::FellBack,
    Outcome::Skipped,
    Outcome::Expired,
    Outcome::Stopped,
    Outcome::Uncertain,
];

fn outcome() -> impl TypedValueParser<Value = Outcome> {
    PossibleValuesParser::new(OUTCOMES.map(Outcome::as_str)).map(|word| {
        let named = OUTCOMES
            .into_iter()
            .find(|outcome| outcome.as_str() == word);
        named.expect("the words are those of the outcomes")
    })
}

pub(crate) async fn run(context: &Context, args: &HistoryArgs) -> Result<Exit> {
    let ui = &context.ui;
    let ledger = Ledger::read(context, &args.world)?;
    let name = name(&args.campaign);
    let launched = ledger.launched(name).await?;
    if launched.is_empty() {
        return never_launched(ui, &ledger.project, &*ledger.store, name).await;
    }
    let from = sender(&ledger.project, name);
    if args.output.format == Format::Human {
        let header = render::history::header(&from, args.wide, ui.look_out());
        ui.out(&header)?;
    }
    for campaign in &launched {
        show(ui, &*ledger.store, campaign, &from, args).await?;
    }
    Ok(Exit::Done)
}

async fn show(
    ui: &Ui,
    store: &dyn Database,
    campaign: &CampaignRecord,
    from: &str,
    args: &HistoryArgs,
) -> Result<()> {
    let states = args.states.iter().flat_map(|shown| shown.states());
    let filter = HistoryFilter {
        account: campaign.account.clone(),
        campaign: campaign.name.clone(),
        states: states.copied().collect(),
        outcomes: args.outcomes.clone(),
        codes: args.codes.clone(),
        limit: None,
    };
    let mut history = store.history(&filter);
    while let Some(rows) = history.try_next().await? {
        let lines = rows.iter().map(|row| match args.output.format {
            Format::Human => Ok(render::history::human(row, from, args.wide)),
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
pub(super) async fn never_launched(
    ui: &Ui,
    project: &Project,
    store: &dyn Database,
    name: &str,
) -> Result<Exit> {
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
