//! `waform retry`

use clap::{Args, ValueEnum};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::apply::holder;
use super::args::World;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::history;
use super::ledger::{Ledger, Writable};
use super::recorder::Recorder;
use super::{Context, invocation};
use crate::config::Address;
use crate::render::count;
use crate::store::{CampaignRecord, Note, RetryOf};

const COMMAND: &str = "waform retry";

/// Begin a new round of a campaign: who waits for a retry is due now
///
/// Takes in those that wait for a retry and those that were closed for a passing reason or for want of attempts; attempts
/// are counted anew. Who failed for good stays closed. Nothing is sent here: the next `waform apply` does that, or the
/// `waform serve` that runs.
#[derive(Args, Debug)]
pub(crate) struct RetryArgs {
    /// The campaign, as declared
    campaign: String,
    /// Take in those instead whose message may or may not have been sent: they may be messaged twice
    #[arg(long, value_enum)]
    outcome: Option<Doubt>,
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    #[command(flatten)]
    world: World,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Doubt {
    Uncertain,
}

pub(crate) async fn run(context: &Context, args: &RetryArgs) -> Result<Exit> {
    let ui = &context.ui;
    let ledger = Ledger::read(context, &args.world)?;
    let name = history::name(&args.campaign);
    let launched = ledger.launched(name).await?;
    if launched.is_empty() {
        return history::never_launched(ui, &ledger.project, &*ledger.store, name).await;
    }
    if !context.attended() && !args.auto_approve {
        return Err(Failure::new(
            "cli::unconfirmed",
            "retry asks before contacts become due again, and there is nobody to ask",
        )
        .help("look at `waform history CAMPAIGN --state retry`, then run with --auto-approve")
        .exiting(Exit::Unconfirmed));
    }
    let ledger = ledger.writable(context, &args.world).await?;
    let begun = begin(context, args, &ledger, &launched).await;
    ledger.close().await?;
    let begun = begun?;
    if begun == Begun::Declined {
        ui.say("Nothing was changed.");
        return Ok(Exit::Error);
    }
    if begun == Begun::Round {
        let apply = invocation(&context.directory, "apply", args.world.sandbox);
        ui.hint(
            "the next apply sends to them, or the serve that runs:",
            &[apply],
        );
    }
    Ok(Exit::Done)
}

/// What came of the wish for a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    Round,
    Nobody,
    Declined,
}

/// Counts, asks and begins the round.
async fn begin(
    context: &Context,
    args: &RetryArgs,
    ledger: &Writable,
    launched: &[CampaignRecord],
) -> Result<Begun> {
    let ui = &context.ui;
    let address = Address::new("campaign", history::name(&args.campaign));
    let of = RetryOf {
        passing: args.outcome.is_none(),
        uncertain: args.outcome.is_some(),
    };
    let mut total = 0;
    for CampaignRecord { account, name, .. } in launched {
        let now = ledger.clock.now();
        total += ledger.store.retry_count(account, name, &of, now).await?;
    }
    if total == 0 {
        let whom = if of.uncertain {
            "is uncertain"
        } else {
            "could be tried again"
        };
        ui.out(&format!("Nobody of {address} {whom}."))?;
        return Ok(Begun::Nobody);
    }
    if !args.auto_approve && !agreed(context, &address, &of, total).await? {
        return Ok(Begun::Declined);
    }
    let actor = format!("{} by retry", holder(context, COMMAND).name);
    let (store, clock) = (&ledger.store, &ledger.clock);
    let recorder = Recorder::begin(context, store, clock, COMMAND).await?;
    let mut taken = 0;
    for CampaignRecord { account, name, .. } in launched {
        taken += store.retry(account, name, &of, &actor, clock.now()).await?;
    }
    let whom = if of.uncertain {
        "the uncertain"
    } else {
        "who failed for a passing reason"
    };
    recorder
        .note(&Note {
            address: Some(address.to_string()),
            text: Some(whom.to_owned()),
            detail: json!({ "contacts": taken }),
            ..recorder.done("retry")
        })
        .await?;
    recorder.end(&Ok(Exit::Done)).await;
    let contacts = count::of(taken, "contact is", "contacts are");
    ui.out(&format!(
        "A new round of {address} has begun: {contacts} due now."
    ))?;
    Ok(Begun::Round)
}

async fn agreed(context: &Context, address: &Address, of: &RetryOf, total: u64) -> Result<bool> {
    let contacts = count::of(total, "contact", "contacts");
    let told = if of.uncertain {
        format!(
            "{contacts} of {address} may have been messaged already, and will be messaged, perhaps a second time."
        )
    } else {
        format!("{contacts} of {address} will be due now, with their attempts counted anew.")
    };
    let question = format!("\n{told} Only `yes` is taken for a yes: ");
    Ok(context
        .ui
        .confirm(&question, &CancellationToken::new())
        .await?)
}
