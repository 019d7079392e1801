//! What is sent from a number while the service runs, and what is not.

use std::sync::Mutex;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};

use super::*;
use crate::campaign::dispatch::Identity;
use crate::campaign::halting::Halting;
use crate::campaign::limits::Portfolio;
use crate::campaign::{self, Uploads};
use crate::meta::stub::{Reply, Stub};
use crate::meta::{self, GraphRead, Number, Template, TokenInfo};
use crate::resource::Resource;
use crate::resource::campaign::Campaign;
use crate::serve::Live;
use crate::serve::sender::{Account, Sender};
use crate::serve::timers::Timers;
use crate::store::{Halt, HaltCause, Lease, Scope, Standing};

/// An account at Meta; without numbers it cannot be asked.
#[derive(Default)]
pub(super) struct Graph {
    numbers: Mutex<Option<Vec<Number>>>,
    templates: Mutex<Vec<Template>>,
}

impl Graph {
    pub(super) fn has_numbers(&self, ids: &[&str]) {
        let number = |id: &&str| json!({ "id": id, "display_phone_number": "+1 555-078-3881" });
        let numbers = ids.iter().map(number);
        let numbers = numbers.map(|number| serde_json::from_value(number).unwrap());
        *self.numbers.lock().unwrap() = Some(numbers.collect());
    }

    pub(super) fn says(&self, status: &str) {
        let template =
            json!({ "id": "7", "name": "order_update", "language": "en_US", "status": status });
        *self.templates.lock().unwrap() = vec![serde_json::from_value(template).unwrap()];
    }
}

type Read<'a, T> = BoxFuture<'a, Result<T, meta::Error>>;

fn unreachable_meta() -> meta::Error {
    meta::GraphReader::new(meta::Options {
        api_version: "none".to_owned(),
        ..meta::Options::new("token".to_owned().into(), Clock::system())
    })
    .unwrap_err()
}

impl GraphRead for Graph {
    fn templates<'a>(&'a self, _: &'a str) -> Read<'a, Vec<Template>> {
        ready(Ok(self.templates.lock().unwrap().clone())).boxed()
    }
    fn numbers<'a>(&'a self, _: &'a str) -> Read<'a, Vec<Number>> {
        let numbers = self.numbers.lock().unwrap().clone();
        ready(numbers.ok_or_else(unreachable_meta)).boxed()
    }
    fn template<'a>(&'a self, _: &'a str) -> Read<'a, Template> {
        unreachable!("senders read lists")
    }
    fn account<'a>(&'a self, _: &'a str) -> Read<'a, meta::Account> {
        unreachable!("senders read lists")
    }
    fn token(&self) -> Read<'_, TokenInfo> {
        unreachable!("senders read lists")
    }
    fn subscribed_apps<'a>(&'a self, _: &'a str) -> Read<'a, Vec<Value>> {
        unreachable!("senders read lists")
    }
    fn health<'a>(&'a self, _: &'a str) -> Read<'a, Value> {
        unreachable!("senders read lists")
    }
}

pub(super) fn accepted(nth: usize) -> Reply {
    let answer = json!({ "messaging_product": "whatsapp", "contacts": [], "messages": [{ "id": format!("wamid.{nth}") }] });
    Reply::Json(200, answer)
}

pub(super) fn refused(code: i64) -> Reply {
    let error = json!({ "message": "(#0) no", "type": "OAuthException", "code": code, "fbtrace_id": "AbC" });
    Reply::Json(400, json!({ "error": error }))
}

pub(super) fn identity(holder: &str, host: &str) -> Identity {
    Identity {
        holder: holder.to_owned(),
        host: host.to_owned(),
        process: 7,
        command: "waform serve".to_owned(),
    }
}

/// A launched campaign with Ana in it, who has not been messaged, and a Meta that counts what it is sent.
pub(super) struct Floor {
    pub(super) office: Office,
    project: Arc<Project>,
    pub(super) graph: Arc<Graph>,
    stub: Stub,
    pub(super) numbers: Arc<Numbers>,
    rings: crate::serve::wakes::Listener,
    wakes: Wakes,
}

impl Floor {
    /// `more` goes on with the campaign's table.
    pub(super) async fn new(
        more: &str,
        reply: impl Fn(usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let toml = format!("{SPRING}{more}");
        let clock = Clock::frozen(noon());
        let graph = Arc::new(Graph::default());
        graph.has_numbers(&["555"]);
        let live = Live {
            waba_id: WABA.to_owned(),
            reader: graph.clone(),
        };
        let wakes = Wakes::new();
        let floor = Self {
            numbers: Arc::new(Numbers::new(
                clock.clone(),
                [("main".to_owned(), live)].into(),
            )),
            office: Office {
                store: sqlite::temporary().unwrap(),
                clock,
                project: testing::project(&toml),
            },
            project: Arc::new(testing::project(&toml)),
            graph,
            stub: Stub::start(move |nth, _| reply(nth)).await,
            rings: wakes.listen(),
            wakes,
        };
        floor.launch().await;
        floor
    }

    async fn launch(&self) {
        let store = &self.office.store;
        let lock = store.lock(&self.office.asking()).await.unwrap();
        let desired = Campaign::reconciler().unwrap().desired(&self.project);
        let record = CampaignRecord {
            account: "main".to_owned(),
            name: "spring".to_owned(),
            declaration: desired.unwrap().remove(0).content,
            state: CampaignState::Running,
            first_applied_at: noon(),
            starts_at: noon(),
            ends_at: None,
            response_timeout: hours(24),
            max_attempts: 4,
        };
        store.declare(&lock.id, &record).await.unwrap();
        let mut audience = store.audience("main", "spring").await.unwrap();
        let member = Member {
            phone: ANA.to_owned(),
            language: "en_US".to_owned(),
            zones: Vec::new(),
            variables: "[]".to_owned(),
            country: None,
            opt_in: Some("yes".to_owned()),
            skip: None,
            list: "customers".to_owned(),
            line: 1,
        };
        audience.add(vec![member]).await.unwrap();
        audience.commit(&lock.id, noon()).await.unwrap();
        store.unlock(&lock.id).await.unwrap();
    }

    pub(super) fn sender(&self, is_trial: bool) -> Sender {
        let writers = [("main".to_owned(), self.stub.connect().writer())];
        let account = Account {
            name: "main".to_owned(),
            project: Arc::clone(&self.project),
            store: Arc::clone(&self.office.store),
            clock: self.office.clock.clone(),
            identity: identity("ana@desk", "desk"),
            writers: Arc::new(writers.into()),
            uploads: Uploads::default(),
            tell: Arc::new(|_, _| Vec::new()),
            numbers: Arc::clone(&self.numbers),
            portfolio: Arc::new(Portfolio::unlimited()),
            observer: Arc::new(()),
            tally: Arc::new(()),
            wakes: self.wakes.clone(),
            is_trial,
        };
        Sender::new(Arc::new(account), "support".to_owned())
    }

    pub(super) fn timers(&self) -> Timers {
        Timers {
            account: "main".to_owned(),
            project: Arc::clone(&self.project),
            store: Arc::clone(&self.office.store),
            clock: self.office.clock.clone(),
            numbers: Arc::clone(&self.numbers),
            wakes: self.wakes.clone(),
            actor: "ana@desk by serve".to_owned(),
        }
    }

    /// One turn of a sender; when it wants the next.
    pub(super) async fn turn(
        &mut self,
        sender: &mut Sender,
    ) -> Result<Option<Timestamp>, campaign::Error> {
        let stop = CancellationToken::new();
        sender.turn(&mut self.rings, &stop).await
    }

    /// The names of the templates that were sent, in order.
    pub(super) fn sent(&self) -> Vec<String> {
        let requests = self.stub.requests().into_iter();
        let sends = requests.filter(|request| request.path.ends_with("/555/messages"));
        sends
            .map(|request| {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                body["template"]["name"].as_str().unwrap().to_owned()
            })
            .collect()
    }

    pub(super) async fn standing(&self) -> Standing {
        let (store, now) = (&self.office.store, self.office.clock.now());
        store.standing("main", "spring", now).await.unwrap()
    }

    pub(super) async fn halts(&self) -> Vec<(Scope, HaltCause)> {
        let (store, now) = (&self.office.store, self.office.clock.now());
        let halts = store.halts(None, now).await.unwrap().into_iter();
        halts.map(|halt| (halt.scope, halt.cause)).collect()
    }

    /// Another process takes the number's lease.
    pub(super) async fn leased_elsewhere(&self) -> Lease {
        let now = self.office.clock.now();
        let other = LockRequest {
            holder: "bo@shed".to_owned(),
            host: "shed".to_owned(),
            command: "waform apply".to_owned(),
            run_address: None,
            now,
            until: now + hours(1),
            ..self.office.asking()
        };
        self.office.store.lease("555", &other).await.unwrap()
    }

    fn halting(&self) -> Halting {
        Halting::new(
            Arc::clone(&self.office.store),
            self.office.clock.clone(),
            &identity("ana@desk", "desk"),
            Arc::new(|_, _| Vec::new()),
        )
    }

    async fn ready(&self) -> Vec<campaign::Ready> {
        let numbers = self.numbers.of("main").await.unwrap();
        let launched = self.office.store.campaigns().await.unwrap();
        let (ready, unready) =
            campaign::resume(&self.project, "main", &numbers, &launched).unwrap();
        assert_eq!(unready, []);
        ready
    }
}

fn paused() -> Halt {
    Halt {
        account: "main".to_owned(),
        scope: Scope::Template,
        subject: "order_update/en_US".to_owned(),
        cause: HaltCause::Meta,
        code: None,
        reason: "Meta has paused it".to_owned(),
        since: noon(),
        until: None,
        actor: "Meta".to_owned(),
    }
}

#[tokio::test]
async fn a_retry_is_sent_when_the_clock_has_reached_it_and_not_before() {
    let temporary = |nth| {
        if nth == 0 {
            refused(131_016)
        } else {
            accepted(nth)
        }
    };
    let mut floor = Floor::new("", temporary).await;
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(
        (floor.sent().len(), floor.standing().await.hopper.retry),
        (1, 1)
    );
    let due = floor.standing().await.next_due.unwrap();
    floor.office.clock.set(due - SignedDuration::from_secs(1));
    assert_eq!(floor.turn(&mut sender).await.unwrap(), Some(due));
    assert_eq!(floor.sent().len(), 1);
    floor.office.clock.set(due);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 2);
    assert_eq!(floor.standing().await.delivery.accepted, 1);
}

#[tokio::test]
async fn a_new_ledger_sends_nothing_until_somebody_allows_it() {
    let mut floor = Floor::new("", accepted).await;
    let mut sender = floor.sender(false);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 0);
    floor.office.store.confirm_ledger(noon()).await.unwrap();
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 1);
}

#[tokio::test]
async fn in_a_trial_a_new_ledger_sends() {
    let mut floor = Floor::new("", accepted).await;
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent(), ["order_update"]);
}

#[tokio::test]
async fn a_campaign_whose_template_is_halted_is_sent_when_it_is_lifted() {
    let mut floor = Floor::new("", accepted).await;
    let mut sender = floor.sender(true);
    floor.office.store.halt(&paused()).await.unwrap();
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 0);
    let store = Arc::clone(&floor.office.store);
    let subject = paused().subject;
    let lifted = store.lift(
        "main",
        Scope::Template,
        &subject,
        &[HaltCause::Meta],
        "ben",
        noon(),
    );
    assert_eq!(lifted.await.unwrap().len(), 1);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 1);
}

#[tokio::test]
async fn what_meta_refused_is_not_sent_again_until_an_apply_lifts_it() {
    let refuse = |nth| {
        if nth == 0 {
            refused(132_015)
        } else {
            accepted(nth)
        }
    };
    let mut floor = Floor::new("", refuse).await;
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.halts().await, [(Scope::Template, HaltCause::Refused)]);
    floor.office.clock.advance(hours(2));
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 1, "nothing is sent while it is halted");
    // What else halts is no refusal, and stays.
    floor.office.store.halt(&paused()).await.unwrap();
    let ready = floor.ready().await;
    let lifted = floor.halting().lift_refused(&ready).await.unwrap();
    assert_eq!(lifted.len(), 1);
    assert_eq!(floor.halting().lift_refused(&ready).await.unwrap(), []);
    assert_eq!(floor.halts().await, [(Scope::Template, HaltCause::Meta)]);
    let lift = [HaltCause::Meta];
    let store = Arc::clone(&floor.office.store);
    let (subject, now) = (paused().subject, floor.office.clock.now());
    store
        .lift("main", Scope::Template, &subject, &lift, "ben", now)
        .await
        .unwrap();
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 2);
}

#[tokio::test]
async fn an_apply_that_holds_the_lease_is_waited_out() {
    let mut floor = Floor::new("", accepted).await;
    let mut sender = floor.sender(true);
    let lease = floor.leased_elsewhere().await;
    assert_eq!(floor.turn(&mut sender).await.unwrap(), None);
    assert_eq!(floor.sent().len(), 0);
    floor.office.store.release_lease(&lease).await.unwrap();
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 1);
}

#[tokio::test]
async fn a_declaration_that_nobody_applied_is_not_sent() {
    let floor = Floor::new("", accepted).await;
    let numbers = floor.numbers.of("main").await.unwrap();
    let launched = floor.office.store.campaigns().await.unwrap();
    let changed = testing::project(&format!("{SPRING}response_timeout = \"2h\"\n"));
    let (ready, unready) = campaign::resume(&changed, "main", &numbers, &launched).unwrap();
    assert_eq!((ready.len(), unready.len()), (0, 1));
    assert!(unready[0].reason.contains("not the one that was applied"));
    let elsewhere = campaign::resume(&floor.project, "other", &numbers, &launched).unwrap();
    assert_eq!((elsewhere.0.len(), elsewhere.1.len()), (0, 0));
    assert_eq!(floor.ready().await[0].number(), "555");
}

#[tokio::test]
async fn while_meta_does_not_tell_the_numbers_nothing_is_sent() {
    let mut floor = Floor::new("", accepted).await;
    *floor.graph.numbers.lock().unwrap() = None;
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap_err();
    // One that is not the account's is no number to send from.
    floor.graph.has_numbers(&["777"]);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 0);
    floor.graph.has_numbers(&["555"]);
    floor.office.clock.advance(hours(1));
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(floor.sent().len(), 1);
}

#[tokio::test]
async fn a_number_that_is_not_known_is_asked_about_once_a_minute() {
    let floor = Floor::new("", accepted).await;
    assert!(
        floor.numbers.knows("main", "777").await,
        "nothing is known yet"
    );
    floor.numbers.of("main").await.unwrap();
    assert!(floor.numbers.knows("main", "555").await);
    assert!(!floor.numbers.knows("main", "777").await);
    floor.graph.has_numbers(&["555", "777"]);
    assert!(
        !floor.numbers.knows("main", "777").await,
        "it was asked just now"
    );
    floor.office.clock.advance(SignedDuration::from_mins(1));
    assert!(floor.numbers.knows("main", "777").await);
}
