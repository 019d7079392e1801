//! Follows what a `serve` sends, where it has the number.

use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::Context;
use super::error::Result;
use super::session::Session;
use crate::campaign::{self, dispatch::Cause};
use crate::render::count;

/// How often the ledger is asked.
const EVERY: Duration = Duration::from_millis(500);
/// Who has been silent for longer serves nobody.
const SILENCE: SignedDuration = SignedDuration::from_secs(60);
/// How long nothing may move before it is not followed any more.
const PATIENCE: Duration = Duration::from_mins(1);

/// Tells whether a `serve` of this account is alive.
pub(super) async fn is_served(session: &Session, account: &str) -> Result<bool> {
    let receiver = session.store.receiver(account).await?;
    let now = session.clock.now();
    Ok(receiver.is_some_and(|(_, last)| now.duration_since(last).abs() <= SILENCE))
}

/// Follows what a serve sends from the numbers that it has, until nothing of them is due, nothing moves, or Ctrl-C ends the
/// following; the sending goes on. Returns what this run sent itself.
pub(super) async fn run(
    context: &Context,
    session: &Session,
    sent: Vec<campaign::Sent>,
    stop: &CancellationToken,
) -> Result<Vec<campaign::Sent>> {
    let mut own = Vec::new();
    for sent in sent {
        let stopped = sent.summary.stopped.as_ref();
        let taken = stopped.is_some_and(|halt| halt.cause == Cause::LeaseLost);
        if !taken || !is_served(session, &sent.account).await? {
            own.push(sent);
            continue;
        }
        context.ui.say(
            "The serve that runs has the number and sends; following it (Ctrl-C ends the following alone).",
        );
        follow(context, session, &sent.account, stop).await?;
    }
    Ok(own)
}

async fn follow(
    context: &Context,
    session: &Session,
    account: &str,
    stop: &CancellationToken,
) -> Result<()> {
    let mut before = None;
    let mut moved = tokio::time::Instant::now();
    loop {
        let (mut due, mut accepted, mut failed) = (0, 0, 0);
        for campaign in session.store.campaigns().await? {
            if campaign.account != account {
                continue;
            }
            let now = session.clock.now();
            let standing = session.store.standing(account, &campaign.name, now).await?;
            due += standing.due;
            let delivery = standing.delivery;
            accepted += delivery.accepted + delivery.sent + delivery.delivered + delivery.read;
            failed += delivery.failed;
        }
        if before != Some((due, accepted, failed)) {
            before = Some((due, accepted, failed));
            moved = tokio::time::Instant::now();
            context.ui.say(&format!(
                "sending: {} accepted, {failed} failed, {} due",
                count::grouped(accepted),
                count::grouped(due)
            ));
        }
        if due == 0 || moved.elapsed() > PATIENCE {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}
