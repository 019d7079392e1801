//! `waform interactions`

use clap::Args;

use super::Context;
use super::args::{Format, Output, World};
use super::error::Result;
use super::exit::Exit;
use super::history;
use super::ledger::Ledger;
use crate::render;
use crate::store::InteractionFilter;

/// List the conversations that campaigns opened
///
/// The latest first: when each was opened (UTC), with whom, whether it is open still or how it ended, the answer, and until
/// when free-form messages are allowed. Reads the ledger alone. With --format json it prints one object a line.
#[derive(Args, Debug)]
pub(crate) struct InteractionsArgs {
    /// Only this campaign's
    campaign: Option<String>,
    /// Only those that are open
    #[arg(long, conflicts_with = "closed")]
    open: bool,
    /// Only those that are closed
    #[arg(long)]
    closed: bool,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    pub(super) output: Output,
}

pub(crate) async fn run(context: &Context, args: &InteractionsArgs) -> Result<Exit> {
    let ui = &context.ui;
    let ledger = Ledger::read(context, &args.world)?;
    let campaign = args.campaign.as_deref().map(history::name);
    if let Some(name) = campaign
        && ledger.launched(name).await?.is_empty()
    {
        return history::never_launched(ui, &ledger.project, &*ledger.store, name).await;
    }
    let filter = InteractionFilter {
        account: None,
        campaign: campaign.map(str::to_owned),
        open: (args.open || args.closed).then_some(args.open),
        // One more, so that it shows whether there are more.
        limit: Some(u64::from(args.limit) + 1),
    };
    let mut rows = ledger.store.interactions(&filter).await?;
    let wanted = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let is_cut = rows.len() > wanted;
    rows.truncate(wanted);
    match args.output.format {
        Format::Json => {
            for row in &rows {
                ui.out(&render::interactions::document(row).to_string())?;
            }
        }
        Format::Human if rows.is_empty() => ui.say("There are no such interactions."),
        Format::Human => ui.out(&render::interactions::human(&rows, ui.look_out()))?,
    }
    if is_cut {
        let told = format!(
            "These are the latest {}; there are more: --limit says how many.",
            args.limit
        );
        ui.say(&ui.look_err().hang("", &told));
    }
    Ok(Exit::Done)
}
