//! What an apply shows while it runs: lines for people, one JSON event a line for programs.

mod failing;
mod verbs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use tokio::task::AbortHandle;

use super::error::Result;
use super::exit::Exit;
use super::ui::Ui;
use crate::campaign::dispatch::{self, Failpoint, Halt, Progress};
use crate::clock::Clock;
use crate::config::Address;
use crate::engine::apply::{self, Observer, Outcome};
use crate::engine::plan::{Action, Plan};
use crate::meta;
use crate::render::events::{self, Event, Hook};
use crate::render::{self, count};
use crate::sanitize;
use verbs::{capitalised, gerund, past};

pub(crate) use failing::{begun, failed};

/// How often it is said that a write is still under way.
const STILL: Duration = Duration::from_secs(10);

/// How many recorded messages pass between two lines where no bar can be drawn.
const LINE_EVERY: u64 = 1_000;

/// How many rows pass between two words about the reading of a list.
const ROWS_EVERY: u64 = 200_000;

/// Returns who is told how far the reading of long lists has come.
pub(crate) fn reading(ui: &Ui) -> Arc<dyn Fn(&crate::campaign::Progress) + Send + Sync> {
    let (ui, told) = (ui.clone(), Mutex::new((String::new(), 0)));
    Arc::new(move |progress| {
        let mut told = lock(&told);
        if told.0 != progress.list {
            *told = (progress.list.clone(), 0);
        }
        if progress.rows >= told.1 + ROWS_EVERY {
            told.1 = progress.rows;
            ui.say(&format!(
                "reading list.{}: {} rows",
                progress.list,
                count::grouped(progress.rows)
            ));
        }
    })
}

/// Returns who is told what Meta's limits on calls make us wait for.
pub(crate) fn patience(ui: &Ui) -> meta::Observer {
    let ui = ui.clone();
    meta::Observer::new(move |event| match event {
        meta::Event::RateLimited { wait, .. } => {
            let wait = jiff::SignedDuration::try_from(*wait).unwrap_or_default();
            ui.say(&format!(
                "Meta limits our calls: going on in {}",
                count::roughly(wait)
            ));
        }
        meta::Event::Retrying {
            attempt, reason, ..
        } => {
            let reason = sanitize::line(reason);
            ui.say(&format!("trying again (attempt {}): {reason}", attempt + 1));
        }
        meta::Event::LongRead {
            objects,
            requests,
            used,
            path,
        } => {
            let what = path.rsplit('/').next().unwrap_or(path);
            let used = used
                .map(|used| format!("; {used} % of Meta's limit on calls is used"))
                .unwrap_or_default();
            ui.say(&format!(
                "reading {} {} takes {requests} requests{used}",
                count::grouped(*objects),
                what.replace('_', " ")
            ));
        }
    })
}

/// Shows an apply.
pub(crate) struct Reporter {
    sending: Arc<Sending>,
    /// Writes under way: since when, and who tells that they take long.
    running: Mutex<BTreeMap<Address, (Timestamp, AbortHandle)>>,
}

impl Reporter {
    pub(crate) fn new(ui: Ui, clock: Clock, json: bool, failpoint: Option<&str>) -> Self {
        let sending = Sending {
            ui,
            clock,
            json,
            failpoint: failpoint.map(str::to_owned),
            bar: Mutex::default(),
            told: Mutex::default(),
        };
        Self {
            sending: Arc::new(sending),
            running: Mutex::default(),
        }
    }

    /// Says that live accounts are read, and, with what is done, that they have been.
    pub(crate) fn refreshing<'a>(&self, accounts: impl Iterator<Item = &'a String>, done: bool) {
        for account in accounts.filter(|_| self.sending.json) {
            let address = Address::new("account", account);
            let hook = Hook::new(&address);
            let (told, event) = match done {
                false => ("Refreshing state...", Event::RefreshStart { hook }),
                true => ("Refresh complete", Event::RefreshComplete { hook }),
            };
            self.sending.event(&format!("{address}: {told}"), &event);
        }
    }

    /// Shows the plan that is about to be applied.
    pub(crate) fn planned(&self, plan: &Plan) -> Result<()> {
        let ui = &self.sending.ui;
        if !self.sending.json {
            return Ok(ui.out(&render::plan::human(plan, ui.look_out()))?);
        }
        for (message, event) in events::planned(plan) {
            self.sending.event(&message, &event);
        }
        Ok(())
    }

    /// Tells programs how an apply ended that was refused or declined. People are told where it happens.
    pub(crate) fn ended(&self, exit: Exit) {
        if self.sending.json {
            let summary = Event::Summary(events::Summary::because(exit.reason()));
            self.sending
                .event("Apply ended, nothing was written", &summary);
        }
    }

    /// Tells programs what was done.
    pub(crate) fn finished<'a>(
        &self,
        exit: Exit,
        outcome: &'a Outcome,
        counted: impl Fn(&Address) -> bool,
        sent: impl Iterator<Item = &'a dispatch::Summary>,
    ) {
        let changes = render::apply::changes(outcome, counted);
        let message = render::apply::closing(outcome, changes);
        let waform = None;
        self.sending
            .event(&message, &Event::ChangeSummary { changes, waform });
        let summary = events::Summary::of(exit.reason(), outcome, sent);
        self.sending
            .event("Apply finished", &Event::Summary(summary));
    }

    /// Returns who is told of the sending.
    pub(crate) fn observer(&self) -> Arc<dyn dispatch::Observer> {
        Arc::clone(&self.sending) as Arc<dyn dispatch::Observer>
    }

    /// Takes the progress bar away.
    pub(crate) fn sent(&self) {
        if let Some(bar) = lock(&self.sending.bar).take() {
            bar.finish_and_clear();
        }
    }

    /// Remembers when a write began, and tells from time to time that it goes on.
    fn began(&self, address: &Address, action: Action) {
        let sending = Arc::clone(&self.sending);
        let (whose, since) = (address.clone(), sending.clock.now());
        let telling = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(STILL);
            ticks.tick().await;
            loop {
                ticks.tick().await;
                let elapsed = sending.seconds(since);
                let message = format!("{whose}: Still {}... [{elapsed}s elapsed]", gerund(action));
                let hook = Hook::new(&whose).doing(action).after(elapsed);
                sending.tell(&message, &Event::ApplyProgress { hook });
            }
        });
        let before = lock(&self.running).insert(address.clone(), (since, telling.abort_handle()));
        if let Some((_, telling)) = before {
            telling.abort();
        }
    }

    /// Returns how many seconds a write took that has ended.
    fn took(&self, address: &Address) -> u64 {
        let Some((since, telling)) = lock(&self.running).remove(address) else {
            return 0;
        };
        telling.abort();
        self.sending.seconds(since)
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        for (_, telling) in lock(&self.running).values() {
            telling.abort();
        }
    }
}

impl Observer for Reporter {
    fn event(&self, event: apply::Event<'_>) {
        let sending = &self.sending;
        match event {
            apply::Event::Started { address, action } => {
                let message = format!("{address}: {}...", capitalised(gerund(action)));
                let hook = Hook::new(address).doing(action);
                sending.tell(&message, &Event::ApplyStart { hook });
                self.began(address, action);
                sending.crash("before_write");
            }
            apply::Event::Done {
                address,
                action,
                id,
            } => {
                sending.crash("after_write");
                let elapsed = self.took(address);
                let suffix = match id {
                    "" => String::new(),
                    id => format!(" [id={id}]"),
                };
                let message = format!("{address}: {}{suffix}", past(action));
                let hook = Hook::new(address).doing(action).with_id(id).after(elapsed);
                sending.tell(&message, &Event::ApplyComplete { hook });
            }
            apply::Event::Failed {
                address,
                action,
                reason,
            } => {
                let elapsed = self.took(address);
                let doing = capitalised(gerund(action));
                let message = format!("{address}: {doing} failed: {reason}");
                let hook = Hook::new(address).doing(action).after(elapsed);
                sending.tell(&message, &Event::ApplyErrored { hook });
            }
            apply::Event::Waiting(wait) => {
                let message = format!("{}: {}", wait.address, wait.reason);
                sending.tell(&message, &Event::ReviewPending { wait });
            }
            apply::Event::Ready { address } => {
                let hook = Hook::new(address);
                let message = format!("{address}: Approved");
                sending.tell(&message, &Event::ReviewComplete { hook });
            }
        }
    }
}

/// Shows the sending; shared with the task that sends.
struct Sending {
    ui: Ui,
    clock: Clock,
    json: bool,
    failpoint: Option<String>,
    bar: Mutex<Option<ProgressBar>>,
    /// How many messages the last line told of.
    told: Mutex<u64>,
}

impl Sending {
    /// Says something to people, or to programs as an event.
    fn tell(&self, message: &str, event: &Event<'_>) {
        if self.json {
            return self.event(message, event);
        }
        let message = sanitize::lines(message);
        match &*lock(&self.bar) {
            Some(bar) => bar.suspend(|| self.ui.say(&message)),
            None => self.ui.say(&message),
        }
    }

    fn event(&self, message: &str, event: &Event<'_>) {
        // A reader that has gone does not stop an apply: the ledger has it all.
        let _gone = self.ui.out(&event.line(message, self.clock.now()));
    }

    fn seconds(&self, since: Timestamp) -> u64 {
        let elapsed = self.clock.now().duration_since(since).as_secs();
        u64::try_from(elapsed).unwrap_or_default()
    }

    fn draw(&self, progress: &Progress) {
        let done = progress.accepted + progress.failed;
        let mut bar = lock(&self.bar);
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(
                Some(done + progress.remaining),
                ProgressDrawTarget::stderr(),
            );
            let style = ProgressStyle::with_template("sending {bar:30} {pos}/{len}  {msg}  {eta}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_length(done + progress.remaining);
        bar.set_position(done);
        bar.set_message(format!(
            "at most {:.0}/s, {} failed",
            progress.rate,
            count::grouped(progress.failed)
        ));
    }

    /// Ends the process at a named point, as a crash would: for tests, in builds with debug assertions only.
    fn crash(&self, point: &str) {
        if cfg!(debug_assertions) && self.failpoint.as_deref() == Some(point) {
            std::process::abort();
        }
    }
}

impl dispatch::Observer for Sending {
    fn progress(&self, progress: &Progress) {
        if self.ui.live && !self.json {
            return self.draw(progress);
        }
        let done = progress.accepted + progress.failed;
        let mut told = lock(&self.told);
        if done >= *told + LINE_EVERY || (done > *told && progress.remaining == 0) {
            *told = done;
            drop(told);
            let message = format!(
                "sending: {} accepted, {} failed",
                count::grouped(progress.accepted),
                progress.failed
            );
            let progress = events::Sending {
                accepted: progress.accepted,
                failed: progress.failed,
                in_flight: progress.in_flight,
                remaining: progress.remaining,
            };
            self.tell(&message, &Event::SendProgress { progress });
        }
    }

    fn throttled(&self, rate: f64, pause: Duration, reason: &str) {
        let message = format!("slowed down to {rate:.0}/s after a pause of {pause:.1?}: {reason}");
        let rate = events::Rate { per_second: rate };
        self.tell(&message, &Event::RateLimited { rate });
    }

    fn halted(&self, campaign: Option<&str>, halt: &Halt) {
        let who = campaign.map_or_else(|| "sending".to_owned(), |name| format!("campaign.{name}"));
        let message = format!("{who} stopped: {halt}");
        self.tell(&message, &Event::SendHalted { campaign, halt });
    }

    fn waiting(&self, until: Timestamp) {
        let message = format!("nothing is due before {until}; waiting");
        self.tell(&message, &Event::SendWaiting { until });
    }

    fn reached(&self, point: Failpoint) {
        self.crash(match point {
            Failpoint::AfterClaim => "after_claim",
            Failpoint::BeforeSend => "before_send",
            Failpoint::AfterSendBeforeSettle => "after_send_before_settle",
            Failpoint::AfterSettle => "after_settle",
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
