//! Lets time pass: reviews end and messages move when their time has come, also while nobody calls.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::core::Core;
use super::data::{self, Delivery, Told};
use super::inbound::{self, Senders};
use super::{messages, webhooks};

const ROUND: usize = 500;
/// Steps that fall due closer together than this are taken together.
const BREATH: Duration = Duration::from_millis(10);

/// Ticks until told to stop.
pub(crate) async fn run(core: Arc<Core>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = core.catch_up().await {
            tracing::error!(%error, "the sandbox's time stands still");
            return;
        }
        let review = core.turn(|turn| turn.world.timers.first().map(|(at, _)| *at));
        let step = Timestamp::from_millisecond(core.next_step.load(Ordering::SeqCst))
            .unwrap_or(Timestamp::MAX);
        let next = review.map_or(step, |review| review.min(step));
        tokio::select! {
            () = core.clock.sleep_until(next) => {}
            () = core.wake.notified() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// Takes all steps of messages that are due.
pub(crate) async fn move_messages(core: &Core) -> Result<(), data::Error> {
    let _one = core.mover.lock().await;
    loop {
        let now = core.clock.now();
        if core.next_step.load(Ordering::SeqCst) > now.as_millisecond() {
            return Ok(());
        }
        // In a turn, so that a message whose first step was noted before is also queued before the look at the data.
        let (audience, senders, seed) = core.turn(|turn| {
            core.next_step.store(i64::MAX, Ordering::SeqCst);
            let audience = webhooks::Audience::of(turn.world);
            (audience, Senders::of(turn.world), turn.world.seed)
        });
        let tell = move |row: &data::MessageRow, step: &data::Step| {
            let listens = audience.listens(&row.phone);
            if step.status == "reply" {
                return senders.answer(row, step, listens);
            }
            let delivery = listens.then(|| Delivery {
                waba: row.waba.clone(),
                phone: Some(row.phone.clone()),
                field: "messages".into(),
                value: messages::status_value(seed, row, step).to_string(),
                at: step.at,
                ..Delivery::default()
            });
            Told {
                delivery,
                inbound: None,
            }
        };
        let advanced = core.data.advance(now, ROUND, tell).await?;
        if !advanced.inbound.is_empty() {
            core.turn(|turn| {
                for row in &advanced.inbound {
                    inbound::note(turn, row);
                }
            });
        }
        core.next_step
            .fetch_min(advanced.next_at.unwrap_or(i64::MAX), Ordering::SeqCst);
        if advanced.told {
            core.outbox.notify_one();
        }
        if advanced.moved < ROUND {
            return Ok(());
        }
    }
}
