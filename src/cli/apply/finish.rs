//! How an apply ends: what it says, and its code.

use std::collections::BTreeSet;

use super::ApplyArgs;
use crate::campaign;
use crate::cli::Context;
use crate::cli::args::Format;
use crate::cli::error::Result;
use crate::cli::exit::Exit;
use crate::cli::progress::Reporter;
use crate::config::Address;
use crate::engine::Prepared;
use crate::engine::apply::Outcome;
use crate::render;

/// Says what was done and what is left.
pub(super) fn finish(
    context: &Context,
    args: &ApplyArgs,
    reporter: &Reporter,
    prepared: &Prepared,
    outcome: &Outcome,
    sent: &[campaign::Sent],
    interrupted: bool,
) -> Result<Exit> {
    let ui = &context.ui;
    let changes = prepared.plan.changes.iter();
    let counted: BTreeSet<&Address> = changes
        .filter(|change| change.counts)
        .map(|change| &change.address)
        .collect();
    let counts = |address: &Address| counted.contains(address);
    let halted = sent.iter().any(campaign::Sent::is_halted);
    let eventful: Vec<&campaign::Sent> = sent.iter().filter(|sent| sent.is_eventful()).collect();
    let quiet =
        !prepared.plan.has_differences() && eventful.is_empty() && outcome.failed.is_empty();
    let later = sent.iter().any(campaign::Sent::goes_on);
    let unmade = !outcome.held.is_empty() || !outcome.left.is_empty();
    let exit = match () {
        () if !outcome.failed.is_empty() && outcome.done.is_empty() && sent.is_empty() => {
            Exit::Error
        }
        () if !outcome.failed.is_empty() || halted => Exit::Partial,
        () if !outcome.waiting.is_empty() || unmade || later || interrupted => Exit::Pending,
        () => Exit::Done,
    };
    if args.output.format == Format::Json {
        let sent = sent.iter().map(|sent| &sent.summary);
        reporter.finished(exit, outcome, counts, sent);
        return Ok(exit);
    }
    let mut text = String::new();
    if !quiet || !outcome.waiting.is_empty() {
        text = render::apply::human(outcome, counts, ui.look_out());
    }
    for sent in &eventful {
        text.push_str(&render::apply::sent(&sent.summary, ui.look_out()));
    }
    if !text.is_empty() {
        ui.out(&text)?;
    }
    let sandbox = args.planning.world.sandbox;
    let again = |what: &str| crate::cli::invocation(&context.directory, what, sandbox);
    let mut campaigns = eventful.iter().flat_map(|sent| &sent.summary.campaigns);
    if let Some(campaign) = campaigns.next() {
        let history = format!("history {}", campaign.campaign);
        ui.hint(
            "where the campaign stands, and what became of each contact:",
            &[again("status"), again(&history)],
        );
    } else if outcome.waiting.iter().any(|wait| !wait.broken) && args.wait.is_none() {
        ui.hint(
            "run apply again when the review is through, or wait for it:",
            &[again("apply --wait")],
        );
    }
    Ok(exit)
}
