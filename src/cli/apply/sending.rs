//! What an apply sends, or leaves to a serve.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::campaign;
use crate::cli::Context;
use crate::cli::error::{self, Result};
use crate::cli::follow;
use crate::cli::progress::Reporter;
use crate::cli::session::Session;
use crate::engine::Holder;
use crate::meta::GraphWriter;

/// Leaves the sending to the serve that runs, or will.
pub(super) async fn detach(
    context: &Context,
    session: &Session,
    ready: &[campaign::Prepared],
) -> Result<()> {
    if !ready.iter().any(campaign::Prepared::sends) {
        return Ok(());
    }
    session.store.confirm_ledger(session.clock.now()).await?;
    for campaign in ready {
        if !follow::is_served(session, &campaign.send.account).await? {
            context.ui.warning(
                &format!(
                    "no serve runs for account.{}: nothing is sent until one does",
                    campaign.send.account
                ),
                "cli::nobody_serves",
                Some("start `waform serve`, or apply without --detach"),
            );
        }
    }
    Ok(())
}

pub(super) async fn send(
    context: &Context,
    session: &Session,
    writers: &BTreeMap<String, GraphWriter>,
    holder: &Holder,
    ready: Vec<campaign::Prepared>,
    reporter: &Reporter,
    stop: &CancellationToken,
) -> Result<Vec<campaign::Sent>> {
    if stop.is_cancelled() || !ready.iter().any(campaign::Prepared::sends) {
        return Ok(Vec::new());
    }
    // Whoever came this far was asked, said so beforehand, or allowed it by name.
    session.store.confirm_ledger(session.clock.now()).await?;
    let sending = sending(session, writers, holder);
    let sent = campaign::send(&sending, ready, reporter.observer(), stop.clone()).await;
    reporter.sent();
    sent.map_err(|error| error::campaigning(&session.project.sources, error))
        .inspect_err(|_| {
            context.ui.say("What was sent before is recorded.");
        })
}

/// What is sent with.
pub(in crate::cli) fn sending<'a>(
    session: &'a Session,
    writers: &'a BTreeMap<String, GraphWriter>,
    holder: &Holder,
) -> campaign::Sending<'a> {
    campaign::Sending {
        project: &session.project,
        store: Arc::clone(&session.store) as Arc<dyn crate::store::Database>,
        clock: session.clock.clone(),
        identity: campaign::Identity {
            holder: holder.name.clone(),
            host: holder.host.clone(),
            process: holder.process,
            command: holder.command.clone(),
        },
        writers,
        uploads: campaign::Uploads::default(),
        tell: campaign::news::Notices::of(&session.project).tell(),
    }
}
