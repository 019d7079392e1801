//! What an apply writes: the changes, and the hoppers of the campaigns that can send.

use super::ApplyArgs;
use crate::campaign;
use crate::cli::error::Result;
use crate::cli::recorder::Recorder;
use crate::config::Address;
use crate::engine::Prepared;
use crate::engine::apply::{self, Outcome, Run};

/// Writes what can be written, waits where asked to, and brings the hoppers of the campaigns that can send up to date.
pub(super) async fn write(
    args: &ApplyArgs,
    session: &apply::Session<'_>,
    prepared: &Prepared,
    campaigns: Vec<campaign::Prepared>,
    recorder: &Recorder,
) -> Result<(Outcome, Vec<campaign::Prepared>)> {
    let mut run = Run::new(session, prepared);
    let written = write_and_launch(args, session, &mut run, campaigns, recorder).await;
    let outcome = run.finish();
    match written {
        Ok(launched) => Ok((outcome, launched)),
        Err(failure) if !outcome.done.is_empty() => Err(failure.after_writing()),
        Err(failure) => Err(failure),
    }
}

async fn write_and_launch(
    args: &ApplyArgs,
    session: &apply::Session<'_>,
    run: &mut Run<'_>,
    campaigns: Vec<campaign::Prepared>,
    recorder: &Recorder,
) -> Result<Vec<campaign::Prepared>> {
    run.write().await?;
    if let Some(wait) = args.wait {
        let now = session.clock.now();
        let until = now.saturating_add(wait.0).unwrap_or(now);
        run.wait(until).await?;
    }
    let unready: Vec<Address> = run.unready().cloned().collect();
    let ready = |campaign: &campaign::Prepared| {
        let send = &campaign.send;
        let needs: Vec<String> = [&send.address]
            .into_iter()
            .chain(&send.needs)
            .map(ToString::to_string)
            .collect();
        !unready
            .iter()
            .any(|address| needs.iter().any(|need| address.is_named_by(need)))
    };
    let mut launched = Vec::new();
    for mut campaign in campaigns.into_iter().filter(ready) {
        if session.stop.is_cancelled() {
            break;
        }
        campaign.commit(session.lock, session.clock.now()).await?;
        recorder.launched(&campaign.send).await?;
        launched.push(campaign);
    }
    Ok(launched)
}
