//! What an apply shows while it runs: lines for people, one JSON event a line for programs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::Result;
use super::ui::Ui;
use crate::campaign::dispatch::{self, Failpoint, Halt, Progress};
use crate::clock::Clock;
use crate::engine::apply::{Event, Observer};
use crate::engine::plan::{Action, Plan};
use crate::meta;
use crate::render::{self, count};
use crate::sanitize;

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
    })
}

/// Shows an apply.
pub(crate) struct Reporter {
    sending: Arc<Sending>,
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
        }
    }

    /// Shows the plan that is about to be applied.
    pub(crate) fn planned(&self, plan: &Plan) -> Result<()> {
        let ui = &self.sending.ui;
        if !self.sending.json {
            return Ok(ui.out(&render::plan::human(plan, ui.look_out()))?);
        }
        for change in plan
            .changes
            .iter()
            .filter(|change| change.action != Action::NoOp)
        {
            let message = format!("{}: Plan to {}", change.address, verb(change.action));
            let change = json!({ "resource": resource(&change.address), "action": change.action });
            self.sending
                .event("planned_change", &message, "change", change);
        }
        for guard in &plan.guards {
            self.sending
                .event("guard", &guard.text, "guard", json!(guard));
        }
        let counts = plan.counts();
        let changes = json!({
            "add": counts.add, "change": counts.change, "import": counts.import, "remove": counts.destroy,
            "operation": "plan",
        });
        let message = render::plan::summary(plan, render::style::Look::plain(100));
        self.sending.event(
            "change_summary",
            message.lines().next().unwrap_or_default(),
            "changes",
            changes,
        );
        Ok(())
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
}

impl Observer for Reporter {
    fn event(&self, event: Event<'_>) {
        let sending = &self.sending;
        let hook = |address: &crate::config::Address, action: Action| json!({ "resource": resource(address), "action": action });
        match event {
            Event::Started { address, action } => {
                let message = format!("{address}: {}...", capitalised(gerund(action)));
                sending.tell("apply_start", &message, "hook", hook(address, action));
                sending.crash("before_write");
            }
            Event::Done {
                address,
                action,
                id,
            } => {
                sending.crash("after_write");
                let suffix = if id.is_empty() {
                    String::new()
                } else {
                    format!(" [id={id}]")
                };
                let message = format!("{address}: {}{suffix}", past(action));
                sending.tell("apply_complete", &message, "hook", hook(address, action));
            }
            Event::Failed {
                address,
                action,
                reason,
            } => {
                let message = format!(
                    "{address}: {} failed: {reason}",
                    capitalised(gerund(action))
                );
                sending.tell("apply_errored", &message, "hook", hook(address, action));
            }
            Event::Waiting(wait) => {
                let message = format!("{}: {}", wait.address, wait.reason);
                sending.tell("review_pending", &message, "wait", json!(wait));
            }
            Event::Ready { address } => {
                let hook = json!({ "resource": resource(address) });
                sending.tell(
                    "review_complete",
                    &format!("{address}: Approved"),
                    "hook",
                    hook,
                );
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
    fn tell(&self, kind: &str, message: &str, key: &str, details: Value) {
        if self.json {
            return self.event(kind, message, key, details);
        }
        let message = sanitize::lines(message);
        match &*lock(&self.bar) {
            Some(bar) => bar.suspend(|| self.ui.say(&message)),
            None => self.ui.say(&message),
        }
    }

    fn event(&self, kind: &str, message: &str, key: &str, details: Value) {
        let mut event = json!({
            "@level": if kind == "apply_errored" { "error" } else { "info" },
            "@message": message,
            "@module": "waform.apply",
            "@timestamp": self.clock.now().to_string(),
            "type": kind,
        });
        if let Some(event) = event.as_object_mut() {
            event.insert(key.to_owned(), details);
        }
        // A reader that has gone does not stop an apply: the ledger has it all.
        let _gone = self.ui.out(&event.to_string());
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
            let details = json!({
                "accepted": progress.accepted, "failed": progress.failed, "in_flight": progress.in_flight,
                "remaining": progress.remaining,
            });
            self.tell("send_progress", &message, "progress", details);
        }
    }

    fn throttled(&self, rate: f64, pause: Duration, reason: &str) {
        let message = format!("slowed down to {rate:.0}/s after a pause of {pause:.1?}: {reason}");
        self.tell(
            "rate_limited",
            &message,
            "rate",
            json!({ "per_second": rate }),
        );
    }

    fn halted(&self, campaign: Option<&str>, halt: &Halt) {
        let who = campaign.map_or_else(|| "sending".to_owned(), |name| format!("campaign.{name}"));
        self.tell(
            "send_halted",
            &format!("{who} stopped: {halt}"),
            "halt",
            json!(halt),
        );
    }

    fn waiting(&self, until: Timestamp) {
        let message = format!("nothing is due before {until}; waiting");
        self.tell("send_waiting", &message, "until", json!(until.to_string()));
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

fn resource(address: &crate::config::Address) -> Value {
    json!({
        "addr": address.to_string(), "resource_type": address.kind, "resource_name": address.name,
        "resource_key": address.index,
    })
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt => "import",
        Action::Forget => "forget",
        Action::NoOp => "leave",
    }
}

fn gerund(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "changing",
        Action::Replace => "replacing",
        Action::Delete => "deleting",
        Action::Adopt => "adopting",
        Action::Forget => "forgetting",
        Action::NoOp => "leaving",
    }
}

fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "Created",
        Action::Update => "Changed",
        Action::Replace => "Replaced",
        Action::Delete => "Deleted",
        Action::Adopt => "Adopted",
        Action::Forget => "Forgotten",
        Action::NoOp => "Left as it is",
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
