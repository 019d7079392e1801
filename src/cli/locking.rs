//! Taking the state lock, as a person or a CI job waits for it.

use std::sync::Arc;
use std::time::Duration;

use super::Context;
use super::apply::holder;
use super::error::Result;
use super::interrupt::{Interrupt, interrupted};
use crate::clock::Clock;
use crate::config::Interval;
use crate::engine::{StateLock, Waiting};
use crate::render;
use crate::store::{Database, Error};

/// The held lock. A second Ctrl-C gives it back, too.
pub(super) struct Locked<'a> {
    lock: StateLock,
    interrupt: &'a Interrupt,
}

impl Locked<'_> {
    pub(super) fn id(&self) -> &str {
        self.lock.id()
    }

    /// Gives the lock back.
    pub(super) async fn release(self) -> Result<()> {
        self.interrupt.holds_nothing();
        Ok(self.lock.release().await?)
    }
}

/// Takes the lock, saying who is waited for where another run holds it.
pub(super) async fn take<'a>(
    context: &Context,
    store: &Arc<dyn Database>,
    clock: &Clock,
    command: &str,
    timeout: &Interval,
    interrupt: &'a Interrupt,
) -> Result<Locked<'a>> {
    let ui = &context.ui;
    let waiting = Waiting {
        timeout: Duration::try_from(timeout.0).unwrap_or_default(),
        stop: &interrupt.stop,
        tell: &|held| {
            let told = format!(
                "Another run holds the lock; waiting for it, at most {timeout}. Ctrl-C ends the waiting.\n{}",
                render::lock::human(held, None, ui.look_err())
            );
            ui.say(told.trim_end());
        },
    };
    let store = Arc::clone(store);
    let holder = holder(context, command);
    let taken = StateLock::take(store.clone(), &holder, clock, &waiting).await;
    match taken {
        Err(Error::Locked(_)) if interrupt.stop.is_cancelled() => Err(interrupted()),
        taken => {
            let lock = taken?;
            interrupt.holds(store, lock.id().to_owned());
            Ok(Locked { lock, interrupt })
        }
    }
}
