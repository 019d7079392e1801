//! What every part of the sandbox hangs on: the world behind its lock, the data, the clock.
//!
//! A [`Turn`] is one change of the world: short, without waiting, kept in the order in which it happened. Whatever fell
//! due by the clock happens first, so that nobody ever sees a world behind its time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Notify;

use super::data::{self, Data, Write};
use super::options::{Identity, Options};
use super::world::World;
use super::{templates, ticker};
use crate::clock::Clock;

/// The shared heart of a sandbox.
pub(crate) struct Core {
    pub clock: Clock,
    pub options: Options,
    pub identity: Identity,
    pub data: Data,
    pub base_url: OnceLock<String>,
    /// Speaks to subscribers.
    pub client: reqwest::Client,
    /// Wakes the ticker: something falls due earlier than it knew.
    pub wake: Notify,
    /// Wakes the courier: there is something to deliver.
    pub outbox: Notify,
    /// Says that the courier has settled a round.
    pub settled: Notify,
    /// When the next message moves, in milliseconds of Unix time.
    pub next_step: AtomicI64,
    /// One who moves messages at a time.
    pub mover: tokio::sync::Mutex<()>,
    world: Mutex<World>,
}

/// One change of the world.
pub(crate) struct Turn<'a> {
    pub core: &'a Core,
    pub world: &'a mut World,
    pub now: Timestamp,
    pub writes: Vec<Write>,
}

impl Turn<'_> {
    /// Keeps an object that has no type of its own in the world.
    pub(crate) fn keep(&mut self, kind: &'static str, id: &str, object: &impl Serialize) {
        self.writes.push(Write::put(kind, id, object));
    }
}

impl Core {
    pub(crate) fn new(options: Options, data: Data, world: World, client: reqwest::Client) -> Self {
        Self {
            clock: options.clock.clone(),
            options,
            identity: Identity::default(),
            data,
            base_url: OnceLock::new(),
            client,
            wake: Notify::new(),
            outbox: Notify::new(),
            settled: Notify::new(),
            // Unknown at first: the ticker looks.
            next_step: AtomicI64::new(i64::MIN),
            mover: tokio::sync::Mutex::new(()),
            world: Mutex::new(world),
        }
    }

    /// Changes the world. What it wrote is queued when this returns; [`Data::commit`] waits for it.
    pub(crate) fn turn<T>(&self, change: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let timer = world.timers.first().copied();
        let mut turn = Turn {
            core: self,
            world: &mut world,
            now: self.clock.now(),
            writes: Vec::new(),
        };
        templates::settle(&mut turn);
        let value = change(&mut turn);
        let writes = std::mem::take(&mut turn.writes);
        let told = writes
            .iter()
            .any(|write| matches!(write, Write::Webhook(_)));
        // Queued under the lock, so that the data sees changes in the world's order.
        self.data.queue(writes);
        if world.timers.first().copied() != timer {
            self.wake.notify_one();
        }
        drop(world);
        if told {
            self.outbox.notify_one();
        }
        value
    }

    /// Says that a message will move at `at`.
    pub(crate) fn step_at(&self, at: i64) {
        if at < self.next_step.fetch_min(at, Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }

    /// Lets everything happen that is due by now: reviews end, messages move.
    pub(crate) async fn catch_up(&self) -> Result<(), data::Error> {
        self.turn(|_| ());
        ticker::move_messages(self).await
    }

    /// Where the sandbox is reached.
    pub(crate) fn base_url(&self) -> &str {
        self.base_url.get().map_or("", String::as_str)
    }
}
