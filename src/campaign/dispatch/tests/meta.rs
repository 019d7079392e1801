//! A Meta that does as it is told.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::{Notify, Semaphore};

use crate::campaign::dispatch::Sender;
use crate::campaign::dispatch::judge::tests::refusal;
use crate::meta::{Class, SendOutcome};

/// What is to happen to a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Accept,
    Refuse(Class),
    NotSent,
    Uncertain,
    Hang,
    Panic,
}

type Script = Box<dyn Fn(usize, &str) -> Reply + Send + Sync>;

pub(super) struct Meta {
    /// Asked with the number of the request, from zero, and the phone.
    script: Script,
    /// Closed, requests are under way until a permit is given.
    gate: Option<Semaphore>,
    requests: Mutex<Vec<Value>>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    pub(super) arrived: Notify,
}

impl Meta {
    pub(super) fn new(script: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            script: Box::new(script),
            gate: None,
            requests: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
            arrived: Notify::new(),
        }
    }

    pub(super) fn accepting() -> Self {
        Self::new(|_, _| Reply::Accept)
    }

    /// Lets nobody through until [`Self::open`].
    pub(super) fn gated(mut self) -> Self {
        self.gate = Some(Semaphore::new(0));
        self
    }

    pub(super) fn open(&self, permits: usize) {
        self.gate.as_ref().unwrap().add_permits(permits);
    }

    pub(super) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub(super) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    pub(super) fn most_under_way(&self) -> usize {
        self.most_under_way.load(Ordering::SeqCst)
    }

    /// How many requests each value of a field was seen in.
    pub(super) fn by(&self, field: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in self.requests() {
            let key = request[field].as_str().unwrap().to_owned();
            *counts.entry(key).or_default() += 1;
        }
        counts
    }

    /// Waits until so many requests have arrived.
    pub(super) async fn wait_for(&self, count: usize) {
        while self.count() < count {
            self.arrived.notified().await;
        }
    }

    async fn answer(&self, body: &Value) -> SendOutcome {
        let phone = body["to"].as_str().unwrap();
        let nth = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(body.clone());
            requests.len() - 1
        };
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::SeqCst);
        self.arrived.notify_one();
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        } else {
            tokio::task::yield_now().await;
        }
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        match (self.script)(nth, phone) {
            Reply::Accept => SendOutcome::Accepted {
                message_id: format!("wamid.{nth}"),
                wa_id: None,
                message_status: None,
            },
            Reply::Refuse(class) => refusal(class),
            Reply::NotSent => SendOutcome::NotSent {
                reason: "connection refused".to_owned(),
            },
            Reply::Uncertain => SendOutcome::Uncertain {
                reason: "cut".to_owned(),
            },
            Reply::Hang => std::future::pending().await,
            Reply::Panic => std::panic::resume_unwind(Box::new("a mistake in the sender")),
        }
    }
}

impl Sender for Meta {
    fn send<'a>(&'a self, number_id: &'a str, body: &'a Value) -> BoxFuture<'a, SendOutcome> {
        assert_eq!(number_id, "555");
        self.answer(body).boxed()
    }
}
