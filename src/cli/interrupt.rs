//! Ctrl-C, and what a supervisor or a cancelled CI job says instead of it.
//!
//! The first signal asks for the end: what is in flight is finished and recorded. The second one ends the process at once; it
//! loses nothing, since whatever leaves is in the ledger before it leaves, and the state lock is given back so that the next
//! run need not wait for it to run out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Context;
use super::error::{Failure, Result};
use crate::store::{self, Store};

/// How long an impatient end may take. CI systems kill a few seconds after they have asked twice.
const LAST_ACT: Duration = Duration::from_secs(2);
/// How a shell tells that a process was interrupted.
const INTERRUPTED: i32 = 130;

/// A run that can be ended from outside.
#[derive(Clone)]
pub(super) struct Interrupt {
    /// Cancelled by the first signal.
    pub(super) stop: CancellationToken,
    last_act: Arc<Mutex<Option<LastAct>>>,
}

type LastAct = Box<dyn FnOnce() -> BoxFuture<'static, store::Result<()>> + Send>;

impl Interrupt {
    /// Watches for signals from here on: none that comes during the start is lost.
    pub(super) fn watch(context: &Context) -> Self {
        let interrupt = Self {
            stop: CancellationToken::new(),
            last_act: Arc::default(),
        };
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let signals: std::io::Result<Vec<Signal>> = kinds.into_iter().map(signal).collect();
        if let Ok(signals) = signals {
            tokio::spawn(listen(interrupt.clone(), signals, context.ui.clone()));
        }
        interrupt
    }

    /// Has a lock given back where the process is to end at once.
    pub(super) fn holds(&self, store: Arc<dyn Store>, lock: String) {
        let unlock: LastAct = Box::new(|| Box::pin(async move { store.unlock(&lock).await }));
        *self.last_act() = Some(unlock);
    }

    /// The lock is given back already.
    pub(super) fn holds_nothing(&self) {
        self.last_act().take();
    }

    /// Does what writes nothing, until it is done or the run is to end.
    ///
    /// # Errors
    /// That of the work, or that it was interrupted.
    pub(super) async fn or<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            done = work => done,
            () = self.stop.cancelled() => Err(interrupted()),
        }
    }

    fn last_act(&self) -> std::sync::MutexGuard<'_, Option<LastAct>> {
        self.last_act.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that was asked to end before it changed anything.
pub(super) fn interrupted() -> Failure {
    Failure::new("cli::interrupted", "interrupted: nothing was changed")
}

async fn listen(interrupt: Interrupt, mut signals: Vec<Signal>, ui: super::ui::Ui) {
    asked(&mut signals).await;
    interrupt.stop.cancel();
    ui.alarm(&ui.look_err().hang(
        "\nStopping: ",
        "what is in flight is finished and recorded. Ctrl-C again ends at once; nothing is lost.",
    ));
    asked(&mut signals).await;
    let last_act = interrupt.last_act().take();
    if let Some(act) = last_act {
        // Whatever becomes of it: a lock that is not given back runs out.
        let _gone = tokio::time::timeout(LAST_ACT, act()).await;
    }
    #[expect(
        clippy::exit,
        reason = "asked for twice; the ledger is written so that this loses nothing"
    )]
    std::process::exit(INTERRUPTED);
}

async fn asked(signals: &mut [Signal]) {
    let each = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures::future::select_all(each).await;
}
