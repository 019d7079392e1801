//! Errands against a tiny server and a Meta that does as it is told.

mod failing;

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use futures::FutureExt;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::*;
use crate::campaign::dispatch::Sender;
use crate::campaign::testing;
use crate::meta::SendOutcome;
use crate::secret::SecretString;
use crate::store::{Database, Halt, HaltCause, NewErrand, Scope, sqlite};

type Answer = Arc<dyn Fn(&str) -> StatusCode + Send + Sync>;

/// Notes what it is sent, and answers as it is told to.
#[derive(Clone)]
struct Desk {
    taken: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    came: Arc<Notify>,
    answer: Answer,
}

impl Desk {
    async fn open(answer: impl Fn(&str) -> StatusCode + Send + Sync + 'static) -> (Self, String) {
        let desk = Self {
            taken: Arc::default(),
            came: Arc::default(),
            answer: Arc::new(answer),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/{name}", post(take))
            .with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (desk, base)
    }

    fn keys(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        let key = |(headers, _): &(HeaderMap, String)| {
            headers["idempotency-key"].to_str().unwrap().to_owned()
        };
        taken.iter().map(key).collect()
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    desk.taken.lock().unwrap().push((headers, body));
    desk.came.notify_one();
    (desk.answer)(&key)
}

const DESK: &str =
    "[handoff.desk]\nurl = \"https://desk.example.com/in\"\nsecret = { env = \"DESK\" }\n";

struct Bench {
    store: Arc<dyn Database>,
    clock: Clock,
}

impl Bench {
    fn new() -> Self {
        Self {
            store: sqlite::temporary().unwrap(),
            clock: Clock::frozen(Timestamp::from_second(1_790_000_000).unwrap()),
        }
    }

    async fn errand(&self, kind: ErrandKind, name: &str, key: &str, lane: &str, payload: Value) {
        let errand = NewErrand {
            kind,
            name: name.to_owned(),
            number: Some("555".to_owned()),
            key: key.to_owned(),
            lane: lane.to_owned(),
            payload,
            due_at: self.clock.now(),
        };
        let now = self.clock.now();
        let kept = self.store.errand("main", vec![errand], now).await.unwrap();
        assert_eq!(kept, 1);
    }

    fn deliveries(&self, base: &str) -> Arc<dyn Runner> {
        let mut project = testing::project(DESK);
        project.set_secrets(|_| Ok(SecretString::from("shared")));
        let places = Places::of(&project, Some(base)).unwrap();
        let store = Arc::clone(&self.store);
        Arc::new(Deliveries::new(places, store, self.clock.clone()).unwrap())
    }

    fn errands(&self, kind: ErrandKind, runner: Arc<dyn Runner>) -> Errands {
        Errands {
            store: self.store.clone(),
            clock: self.clock.clone(),
            kind,
            runner,
            reached: Arc::new(|_| {}),
            wakes: Wakes::new(),
        }
    }

    async fn first(&self, kind: ErrandKind) -> Errand {
        let now = self.clock.now();
        self.store
            .errands_due(&[kind], now, 1)
            .await
            .unwrap()
            .remove(0)
    }

    async fn run_first(&self, kind: ErrandKind, runner: &Arc<dyn Runner>) -> Option<Ran> {
        runner.run(&self.first(kind).await).await.unwrap()
    }
}

#[tokio::test]
async fn a_delivery_is_signed_named_and_keyed() {
    let bench = Bench::new();
    let (desk, base) = Desk::open(|_| StatusCode::NO_CONTENT).await;
    let payload = json!({ "event": "inbound", "text": "héllo" });
    bench
        .errand(ErrandKind::Handoff, "desk", "k1", "ana", payload)
        .await;
    let runner = bench.deliveries(&base);
    let ran = bench.run_first(ErrandKind::Handoff, &runner).await;
    assert_eq!(ran, Some(Ran::Done { message_id: None }));
    let taken = desk.taken.lock().unwrap();
    let (headers, body) = &taken[0];
    assert_eq!(headers["x-waform-event"], "inbound");
    assert_eq!(headers["idempotency-key"], "k1");
    let signed = headers["x-waform-signature-256"].to_str().unwrap();
    let verified = crate::meta::webhook::signature::verify(
        &SecretString::from("shared"),
        body.as_bytes(),
        Some(signed),
    );
    assert!(verified.is_ok(), "{signed}");
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap()["text"],
        "héllo"
    );
}

#[tokio::test]
async fn what_is_to_be_signed_and_cannot_be_is_an_error() {
    let project = testing::project(DESK);
    assert!(matches!(
        Places::of(&project, None),
        Err(crate::serve::Error::Unsigned { .. })
    ));
}

#[tokio::test]
async fn a_delivery_that_is_not_taken_waits_longer_each_time_and_is_given_up_after_days() {
    let bench = Bench::new();
    let (_desk, base) = Desk::open(|_| StatusCode::TEMPORARY_REDIRECT).await;
    bench
        .errand(ErrandKind::Handoff, "desk", "k1", "ana", json!({}))
        .await;
    let runner = bench.deliveries(&base);
    let mut waits = Vec::new();
    for _ in 0..7 {
        let errand = bench.first(ErrandKind::Handoff).await;
        let ran = runner.run(&errand).await.unwrap().unwrap();
        let Ran::Again { at, .. } = &ran else {
            panic!("{ran:?}")
        };
        let (now, at) = (bench.clock.now(), *at);
        waits.push(at.duration_since(now).as_secs());
        bench
            .store
            .settle_errand(errand.id, now, ran)
            .await
            .unwrap();
        bench.clock.set(at);
    }
    assert_eq!(waits, [1, 5, 30, 120, 600, 3600, 3600]);
    bench.clock.advance(SignedDuration::from_hours(72));
    let ran = bench.run_first(ErrandKind::Handoff, &runner).await;
    assert!(matches!(ran, Some(Ran::Failed { .. })), "{ran:?}");
    let filter = crate::store::HappeningFilter {
        limit: 1,
        ..Default::default()
    };
    let told = bench.store.happenings(&filter).await.unwrap();
    assert_eq!(told[0].what, "handoff.failed");
}

#[tokio::test]
async fn a_lane_keeps_its_order_and_holds_up_no_other() {
    let bench = Bench::new();
    // The first of Ana's is refused once; Bo's two are not.
    let refused = Arc::new(Mutex::new(false));
    let (desk, base) = Desk::open(move |key| {
        let mut refused = refused.lock().unwrap();
        if key == "ana1" && !std::mem::replace(&mut *refused, true) {
            return StatusCode::BAD_GATEWAY;
        }
        StatusCode::OK
    })
    .await;
    for (key, lane) in [
        ("ana1", "ana"),
        ("ana2", "ana"),
        ("bo1", "bo"),
        ("bo2", "bo"),
    ] {
        bench
            .errand(ErrandKind::Handoff, "desk", key, lane, json!({}))
            .await;
    }
    let stop = CancellationToken::new();
    let errands = bench.errands(ErrandKind::Handoff, bench.deliveries(&base));
    let running = tokio::spawn(errands.run(stop.clone()));
    let delivered = |count: usize| {
        let (desk, store) = (desk.clone(), Arc::clone(&bench.store));
        async move {
            loop {
                let counts = store.errand_counts(ErrandKind::Handoff).await.unwrap();
                if usize::try_from(counts.done).unwrap() >= count {
                    return desk.keys();
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    // The clock stands still: Ana's lane waits for its next try, Bo's does not wait for it.
    let keys = delivered(2).await;
    assert!(!keys.contains(&"ana2".to_owned()), "{keys:?}");
    while bench
        .store
        .next_errand(&[ErrandKind::Handoff])
        .await
        .unwrap()
        <= Some(bench.clock.now())
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.clock.advance(SignedDuration::from_secs(2));
    let keys = delivered(4).await;
    let of = |lane: &str| -> Vec<&str> {
        keys.iter()
            .map(String::as_str)
            .filter(|key| key.starts_with(lane))
            .collect()
    };
    assert_eq!(of("ana"), ["ana1", "ana1", "ana2"]);
    assert_eq!(of("bo"), ["bo1", "bo2"]);
    stop.cancel();
    running.await.unwrap();
}

/// Answers every message in one way.
struct Meta {
    outcome: fn() -> SendOutcome,
    sent: Mutex<Vec<Value>>,
}

impl Sender for Meta {
    fn send<'a>(&'a self, _: &'a str, body: &'a Value) -> BoxFuture<'a, SendOutcome> {
        self.sent.lock().unwrap().push(body.clone());
        std::future::ready((self.outcome)()).boxed()
    }
}

fn replies(bench: &Bench, outcome: fn() -> SendOutcome) -> (Arc<Meta>, Arc<dyn Runner>) {
    let meta = Arc::new(Meta {
        outcome,
        sent: Mutex::default(),
    });
    let sender: Arc<dyn Sender> = meta.clone();
    let runner = ReplyRunner {
        store: Arc::clone(&bench.store),
        clock: bench.clock.clone(),
        senders: BTreeMap::from([("main".to_owned(), sender)]),
        reached: Arc::new(|_| {}),
    };
    (meta, Arc::new(runner))
}

type Outcome = fn() -> SendOutcome;

fn accepted() -> SendOutcome {
    SendOutcome::Accepted {
        message_id: "wamid.reply".to_owned(),
        wa_id: None,
        message_status: None,
    }
}

fn refused(code: i64) -> SendOutcome {
    let body = json!({ "error": { "message": "No", "code": code } });
    SendOutcome::Refused(crate::meta::GraphError::from_answer(400, &body).unwrap())
}

async fn reply(bench: &Bench) {
    let until = bench.clock.now() + SignedDuration::from_hours(24);
    let payload = json!({ "to": "+37255501234", "type": "text", "text": { "body": "hi" }, "window_until": until });
    bench
        .errand(ErrandKind::Reply, "call_me", "k1", "+37255501234", payload)
        .await;
}

#[tokio::test]
async fn a_reply_goes_out_with_its_tag_and_without_what_is_ours() {
    let bench = Bench::new();
    reply(&bench).await;
    let (meta, runner) = replies(&bench, accepted);
    let tag = bench.first(ErrandKind::Reply).await.tag;
    let ran = bench.run_first(ErrandKind::Reply, &runner).await;
    let message_id = Some("wamid.reply".to_owned());
    assert_eq!(ran, Some(Ran::Done { message_id }));
    let sent = meta.sent.lock().unwrap();
    assert_eq!(sent[0]["biz_opaque_callback_data"], tag);
    assert_eq!(sent[0].get("window_until"), None);
}

#[tokio::test]
async fn the_end_of_a_replys_request_says_whether_it_is_tried_again() {
    let table: [(Outcome, &str); 7] = [
        (|| refused(130_429), "again"),
        (|| refused(131_016), "again"),
        (|| refused(131_047), "failed"),
        (|| refused(131_026), "failed"),
        (|| refused(190), "failed"),
        (
            || SendOutcome::NotSent {
                reason: "refused".to_owned(),
            },
            "again",
        ),
        (
            || SendOutcome::Uncertain {
                reason: "cut".to_owned(),
            },
            "uncertain",
        ),
    ];
    for (nth, (outcome, expected)) in table.into_iter().enumerate() {
        let bench = Bench::new();
        reply(&bench).await;
        let (_, runner) = replies(&bench, outcome);
        let word = match bench.run_first(ErrandKind::Reply, &runner).await.unwrap() {
            Ran::Done { .. } => "done",
            Ran::Again { .. } => "again",
            Ran::Failed { .. } => "failed",
            Ran::Uncertain { .. } => "uncertain",
        };
        assert_eq!(word, expected, "{nth}");
    }
}

#[tokio::test]
async fn no_reply_leaves_after_the_window_or_while_the_brake_is_on() {
    let bench = Bench::new();
    reply(&bench).await;
    let (meta, runner) = replies(&bench, accepted);
    let halt = Halt {
        account: "main".to_owned(),
        scope: Scope::Account,
        subject: "main".to_owned(),
        cause: HaltCause::Stopped,
        code: None,
        reason: "wrong price".to_owned(),
        since: bench.clock.now(),
        until: None,
        actor: "ana@desk by stop".to_owned(),
    };
    bench.store.halt(&halt).await.unwrap();
    assert_eq!(bench.run_first(ErrandKind::Reply, &runner).await, None);
    bench.clock.advance(SignedDuration::from_hours(25));
    let ran = bench.run_first(ErrandKind::Reply, &runner).await;
    assert!(
        matches!(
            ran,
            Some(Ran::Failed {
                code: Some(131_047),
                ..
            })
        ),
        "{ran:?}"
    );
    assert_eq!(*meta.sent.lock().unwrap(), Vec::<Value>::new());
}
