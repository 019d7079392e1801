//! What is counted, for Prometheus: `/metrics`.
//!
//! Labels name accounts, campaigns, kinds and codes, and numbers by Meta's id: never a telephone number, a name or a message.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::campaign::Sent;
use crate::campaign::dispatch::CampaignSummary;
use crate::store::{ErrandCounts, ErrandKind, Halt, HaltCause, Scope, TakenIn};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds: Meta wants half of its answers within 0.25 and 99 % within 1.
const DURABLE_WITHIN: [f64; 12] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge>;

/// All counters and gauges of one service.
#[derive(Debug)]
pub struct Meters {
    registry: Registry,
    received: Counter,
    refused: Counters,
    bytes: Counter,
    durable: Histogram,
    connections: Gauge,
    unread: Gauge,
    taken_in: Counters,
    buried: Counter,
    sends: Counters,
    retries_due: Gauges,
    errands: Gauges,
    leases: Gauges,
    halts: Gauges,
    unbroken: Gauges,
    /// Held while halts are replaced, and while all is written out.
    replacing: Mutex<()>,
}

impl Meters {
    /// Begins to count.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let mut registry = Registry::with_prefix("waform");
        let began = Gauge::<i64>::default();
        began.set(now.as_second());
        registry.register_with_unit(
            "start_time",
            "When this process began, since 1970",
            Unit::Seconds,
            began,
        );
        let durable = Histogram::new(DURABLE_WITHIN);
        registry.register_with_unit(
            "webhook_durable",
            "From the last byte of a webhook until it was kept durably",
            Unit::Seconds,
            durable.clone(),
        );
        let bytes = Counter::default();
        registry.register_with_unit(
            "webhook",
            "Size of the webhooks that were kept",
            Unit::Bytes,
            bytes.clone(),
        );
        let mut room = Room(&mut registry);
        Self {
            received: room.counter(
                "webhooks_received",
                "Webhooks that were kept and answered with 200",
            ),
            refused: room.counters(
                "webhooks_refused",
                "Requests at a webhook's address that were refused, by reason",
            ),
            connections: room.gauge("connections", "Open connections"),
            unread: room.gauge("inbox_unread", "Webhooks that were kept and not read yet"),
            taken_in: room.counters(
                "taken_in",
                "What webhooks said, by kind; duplicates changed nothing, orphans are statuses of messages that are nobody's",
            ),
            buried: room.counter(
                "dead_letters",
                "Webhooks, or parts of one, that nobody could read",
            ),
            sends: room.counters(
                "sends",
                "Contacts that sending came to, by campaign and result; code is Meta's",
            ),
            retries_due: room.gauges(
                "contacts_due",
                "Fresh and retry contacts that are due now, by campaign",
            ),
            errands: room.gauges("errands", "Replies, handoffs and notifications, by state"),
            leases: room.gauges(
                "lease_held",
                "1 where this process sends from the number, by Meta's id of it",
            ),
            halts: room.gauges("halts", "Halts that hold now, by account, scope and cause"),
            unbroken: room.gauges(
                "receiver_unbroken_since_seconds",
                "Since when the account's webhooks are received without a gap, since 1970",
            ),
            replacing: Mutex::default(),
            durable,
            bytes,
            registry,
        }
    }

    /// A webhook was kept, this long after its last byte had come.
    pub fn received(&self, bytes: usize, took: Duration) {
        self.received.inc();
        self.bytes.inc_by(bytes as u64);
        self.durable.observe(took.as_secs_f64());
    }

    /// A request at a door was refused. Returns how many were for this reason.
    pub fn refused(&self, reason: &'static str) -> u64 {
        self.refusals(reason).inc() + 1
    }

    /// Shows a reason from the beginning, so that its first time is seen as an increase.
    pub fn expect_refusals(&self, reason: &'static str) {
        drop(self.refusals(reason));
    }

    fn refusals(&self, reason: &'static str) -> Counter {
        let labels = vec![("reason", reason.to_owned())];
        self.refused.get_or_create_owned(&labels)
    }

    /// Counts a connection for as long as the answer lives.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.connections.inc();
        Connection(self.connections.clone())
    }

    /// Sets how many webhooks wait to be read.
    pub fn unread(&self, count: u64) {
        self.unread.set(whole(count));
    }

    /// Counts what an intake changed.
    pub fn taken_in(&self, taken: &TakenIn) {
        let TakenIn {
            receipts,
            inbound,
            answers,
            opt_outs,
            duplicates,
            orphans,
            errands,
            wakes: _,
        } = *taken;
        for (kind, count) in [
            ("receipt", receipts),
            ("inbound", inbound),
            ("answer", answers),
            ("opt_out", opt_outs),
            ("duplicate", duplicates),
            ("orphan", orphans),
            ("errand", errands),
        ] {
            let labels = vec![("kind", kind.to_owned())];
            self.taken_in.get_or_create_owned(&labels).inc_by(count);
        }
    }

    /// Counts dead letters.
    pub fn buried(&self, count: u64) {
        self.buried.inc_by(count);
    }

    /// Counts what a run of sending came to.
    pub fn sent(&self, sent: &Sent) {
        for campaign in &sent.summary.campaigns {
            self.sent_of(&sent.account, campaign);
        }
    }

    fn sent_of(&self, account: &str, summary: &CampaignSummary) {
        let CampaignSummary {
            campaign,
            accepted,
            failed,
            retried,
            released,
            uncertain,
            skipped,
            postponed,
            expired,
            locked,
            limited: _,
            capped: _,
            next_due: _,
            halted: _,
        } = summary;
        let count = |result: &str, code: Option<i64>, count: u64| {
            if count > 0 {
                let labels = vec![
                    ("account", account.to_owned()),
                    ("campaign", campaign.clone()),
                    ("result", result.to_owned()),
                    (
                        "code",
                        code.map(|code| code.to_string()).unwrap_or_default(),
                    ),
                ];
                self.sends.get_or_create_owned(&labels).inc_by(count);
            }
        };
        count("accepted", None, *accepted);
        for (code, times) in failed {
            count("failed", Some(*code), *times);
        }
        for (code, times) in retried {
            count("retried", Some(*code), *times);
        }
        count("released", None, *released);
        count("uncertain", None, *uncertain);
        count("skipped", None, skipped.values().sum());
        count("postponed", None, *postponed);
        count("expired", None, *expired);
        count("locked", None, *locked);
    }

    /// Sets how many contacts of a campaign are due now.
    pub fn due(&self, account: &str, campaign: &str, count: u64) {
        let labels = vec![
            ("account", account.to_owned()),
            ("campaign", campaign.to_owned()),
        ];
        let gauge = self.retries_due.get_or_create_owned(&labels);
        gauge.set(whole(count));
    }

    /// Sets how many errands of a kind stand where.
    pub fn errands(&self, kind: ErrandKind, counts: &ErrandCounts) {
        let ErrandCounts {
            waiting,
            done,
            failed,
            uncertain,
        } = *counts;
        let kind = match kind {
            ErrandKind::Reply => "reply",
            ErrandKind::Handoff => "handoff",
            ErrandKind::Notify => "notify",
        };
        for (state, count) in [
            ("waiting", waiting),
            ("done", done),
            ("failed", failed),
            ("uncertain", uncertain),
        ] {
            let labels = vec![("kind", kind.to_owned()), ("state", state.to_owned())];
            self.errands.get_or_create_owned(&labels).set(whole(count));
        }
    }

    /// Sets whether this process sends from a number, by Meta's id of it.
    pub fn lease(&self, account: &str, number_id: &str, held: bool) {
        let labels = vec![
            ("account", account.to_owned()),
            ("number_id", number_id.to_owned()),
        ];
        self.leases
            .get_or_create_owned(&labels)
            .set(i64::from(held));
    }

    /// Sets the halts that hold now, of all accounts.
    pub fn halts(&self, halts: &[Halt]) {
        let mut counts: BTreeMap<(&str, Scope, HaltCause), u64> = BTreeMap::new();
        for halt in halts {
            *counts
                .entry((&halt.account, halt.scope, halt.cause))
                .or_default() += 1;
        }
        let _replacing = self.replace();
        self.halts.clear();
        for ((account, scope, cause), count) in counts {
            let labels = vec![
                ("account", account.to_owned()),
                ("scope", scope_word(scope).to_owned()),
                ("cause", cause.to_string()),
            ];
            self.halts.get_or_create_owned(&labels).set(whole(count));
        }
    }

    /// Sets since when an account's webhooks are received without a gap.
    pub fn unbroken_since(&self, account: &str, since: Timestamp) {
        let labels = vec![("account", account.to_owned())];
        let gauge = self.unbroken.get_or_create_owned(&labels);
        gauge.set(since.as_second());
    }

    /// Writes all out in OpenMetrics' text form, which Prometheus reads.
    ///
    /// # Errors
    /// Where a name or a value cannot be written; all of ours can.
    pub fn exposition(&self) -> Result<String, std::fmt::Error> {
        let _replacing = self.replace();
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Returns the page; it belongs behind [`super::receiver::Guarded`].
    pub fn routes(self: Arc<Self>) -> Router {
        let page = move || {
            let exposition = self.exposition();
            async move { answer(exposition) }
        };
        Router::new().route("/metrics", get(page))
    }

    fn replace(&self) -> std::sync::MutexGuard<'_, ()> {
        self.replacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(exposition: Result<String, std::fmt::Error>) -> Response {
    match exposition {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// An open connection; counted until it is dropped.
#[derive(Debug)]
pub struct Connection(Gauge);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Makes what is counted known to the registry.
struct Room<'a>(&'a mut Registry);

impl Room<'_> {
    fn counter(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::default();
        self.0.register(name, help, counter.clone());
        counter
    }

    fn counters(&mut self, name: &str, help: &str) -> Counters {
        let counters = Counters::default();
        self.0.register(name, help, counters.clone());
        counters
    }

    fn gauge(&mut self, name: &str, help: &str) -> Gauge {
        let gauge = Gauge::default();
        self.0.register(name, help, gauge.clone());
        gauge
    }

    fn gauges(&mut self, name: &str, help: &str) -> Gauges {
        let gauges = Gauges::default();
        self.0.register(name, help, gauges.clone());
        gauges
    }
}

fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Account => "account",
        Scope::Number => "number",
        Scope::Template => "template",
        Scope::Campaign => "campaign",
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
