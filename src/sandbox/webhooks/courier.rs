//! Delivers webhooks, and tries again what was not taken: quickly at first, then ever less often, for seven days.
//!
//! What waits is in the data, so that it waits also while the sandbox is off. Nothing is promised about order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::{payload, target};
use crate::sandbox::core::Core;
use crate::sandbox::data::{self, Delivery};
use crate::sandbox::faults::{self, WebhookFault};

/// Seconds before each further try; the last one goes on.
const WAITS: [i64; 9] = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600];
/// How long a webhook is tried (webhooks overview; the generic Graph page says 36 hours).
const GIVE_UP: SignedDuration = SignedDuration::from_hours(7 * 24);
const ROUND: i64 = 500;
const AT_ONCE: usize = 4;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Delivers until told to stop.
pub(crate) async fn run(core: Arc<Core>, mut stop: watch::Receiver<bool>) {
    loop {
        let next = tokio::select! {
            next = round(&core) => next,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let next = match next {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "webhooks cannot be delivered");
                return;
            }
        };
        tokio::select! {
            () = core.clock.sleep_until(next) => {}
            () = core.outbox.notified() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Waits until everything that is to be told by now was told once, or for a while.
///
/// Whoever does not take webhooks must not hold up what waits for it.
pub(crate) async fn told_once(core: &Core) -> Result<(), data::Error> {
    let last = core.data.last_delivery().await?;
    let told = async {
        loop {
            let settled = core.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            let held = core.turn(|turn| turn.world.faults.webhooks(WebhookFault::Hold));
            if held || !core.data.untried(last).await? {
                return Ok(());
            }
            settled.await;
        }
    };
    tokio::time::timeout(TIMEOUT, told).await.unwrap_or(Ok(()))
}

/// Delivers what is due; says when there is more to do.
async fn round(core: &Core) -> Result<Timestamp, data::Error> {
    let (held, duplicate, disorder) = core.turn(|turn| {
        let faults = &turn.world.faults;
        (
            faults.webhooks(WebhookFault::Hold),
            faults.webhooks(WebhookFault::Duplicate),
            faults.webhooks(WebhookFault::Disorder),
        )
    });
    if held {
        return Ok(Timestamp::MAX);
    }
    let now = core.clock.now();
    let mut due = core.data.deliveries_due(now, ROUND).await?;
    if disorder && due.len() > 1 {
        due.reverse();
        core.turn(|turn| faults::struck(turn, WebhookFault::Disorder));
    }
    let full = i64::try_from(due.len()) == Ok(ROUND);
    let (numbers, batch, targets) = core.turn(|turn| {
        let mut targets: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
        let mut dropped = Vec::new();
        for delivery in due {
            match target(
                turn.world,
                &delivery.waba,
                delivery.phone.as_deref(),
                &delivery.field,
            ) {
                Some(uri) => targets.entry(uri).or_default().push(delivery),
                // Nobody wants it any more.
                None => dropped.push(delivery.seq),
            }
        }
        (
            turn.world.numbers.clone(),
            turn.world.behaviour.webhook_batch,
            (targets, dropped),
        )
    });
    let (targets, mut done) = targets;
    let mut posts = Vec::new();
    for (uri, deliveries) in targets {
        for chunk in deliveries.chunks(batch) {
            posts.push(deliver(
                core,
                uri.clone(),
                payload::body(chunk, &numbers),
                chunk.to_vec(),
                duplicate,
            ));
        }
    }
    let results: Vec<(Vec<Delivery>, bool)> = futures::stream::iter(posts)
        .buffered(AT_ONCE)
        .collect()
        .await;
    if duplicate && !results.is_empty() {
        core.turn(|turn| faults::struck(turn, WebhookFault::Duplicate));
    }
    let mut again = Vec::new();
    for (chunk, taken) in results {
        for delivery in chunk {
            let since = Timestamp::from_millisecond(delivery.at).unwrap_or(Timestamp::MIN);
            if taken || now.duration_since(since) > GIVE_UP {
                done.push(delivery.seq);
            } else {
                let wait = WAITS[usize::try_from(delivery.attempts)
                    .unwrap_or(usize::MAX)
                    .min(WAITS.len() - 1)];
                let at = now
                    .saturating_add(SignedDuration::from_secs(wait))
                    .unwrap_or(Timestamp::MAX);
                again.push((delivery.seq, at));
            }
        }
    }
    if !done.is_empty() || !again.is_empty() {
        core.data.settle_deliveries(done, again).await?;
        core.settled.notify_waiters();
    }
    if full {
        return Ok(now);
    }
    let next = core.data.next_delivery().await?;
    Ok(next
        .and_then(|at| Timestamp::from_millisecond(at).ok())
        .unwrap_or(Timestamp::MAX))
}

/// Delivers one webhook, twice if so wanted; says whether it was taken.
async fn deliver(
    core: &Core,
    uri: String,
    body: String,
    chunk: Vec<Delivery>,
    twice: bool,
) -> (Vec<Delivery>, bool) {
    if twice {
        post(core, &uri, body.clone()).await;
    }
    let taken = post(core, &uri, body).await;
    (chunk, taken)
}

/// Posts one webhook; says whether it was taken.
async fn post(core: &Core, uri: &str, body: String) -> bool {
    let signature = payload::signature(&core.identity.app_secret, &body);
    let request = core
        .client
        .post(uri)
        .timeout(TIMEOUT)
        .header("content-type", "application/json")
        .header("user-agent", "facebookexternalua")
        .header("x-hub-signature-256", signature)
        .body(body);
    match request.send().await {
        Ok(response) => response.status().as_u16() == 200,
        Err(error) => {
            tracing::debug!(error = %error.without_url(), "a webhook was not taken");
            false
        }
    }
}
