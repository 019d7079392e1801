//! What comes back, from the webhook as it was kept to the ledger, the desk and the customer.

mod answers;
mod happenings;
mod late;
mod offices;
mod people;
mod running;
mod sending;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::clerk::Clerk;
use super::facts::Interpreter;
use super::numbers::Numbers;
use super::reader::Reader;
use super::wakes::Wakes;
use crate::campaign::testing::{self, SPRING};
use crate::clock::Clock;
use crate::resource::Project;
use crate::resource::suppression::Keywords;
use crate::store::{
    CampaignAnswer, CampaignRecord, CampaignState, ClaimRequest, ContactFile, Database, Errand,
    ErrandKind, LockRequest, Member, Ran, Settled, Settlement, Verdict, sqlite,
};

const WABA: &str = "102290129340398";
const ANA: &str = "+37255501234";
const MORE: &str = r#"
[handoff.desk]
url = "https://desk.example.com/inbound"
[reply.call_me]
on = { campaign = "spring", answer = "phone_call" }
message = { text = "Thank you, {{first_name}}. A person will call you today about order {{order_no}}." }
[reply.hours]
on = { keyword = "hours" }
message = { text = "Nine to five." }
[reply.anything]
on = { any = true }
message = { text = "A person reads this soon." }
[notify.ops]
url = "https://hooks.example.com/ops"
events = ["template", "account"]
[suppression.stop]
keywords = ["STOP"]
resume_keywords = ["START"]
"#;

fn noon() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

/// An office with a ledger on disk, in which Ana was sent the campaign's message at noon.
struct Office {
    store: Arc<dyn Database>,
    clock: Clock,
    project: Project,
}

impl Office {
    async fn new() -> Self {
        let office = Self {
            store: sqlite::temporary().unwrap(),
            clock: Clock::frozen(noon()),
            project: testing::project(&format!("{SPRING}{MORE}")),
        };
        office.launch().await;
        office.send().await;
        office
    }

    fn asking(&self) -> LockRequest {
        LockRequest {
            holder: "ana@desk".to_owned(),
            host: "desk".to_owned(),
            process: 7,
            command: "waform serve".to_owned(),
            run_address: None,
            now: noon(),
            until: noon() + hours(1),
        }
    }

    async fn launch(&self) {
        let lock = self.store.lock(&self.asking()).await.unwrap();
        let record = CampaignRecord {
            account: "main".to_owned(),
            name: "spring".to_owned(),
            declaration: json!({}),
            state: CampaignState::Running,
            first_applied_at: noon(),
            starts_at: noon(),
            ends_at: None,
            response_timeout: hours(24),
            max_attempts: 4,
        };
        self.store.declare(&lock.id, &record).await.unwrap();
        let mut audience = self.store.audience("main", "spring").await.unwrap();
        let sent = json!([
            { "type": "header", "parameters": [{ "type": "text", "parameter_name": "order_no", "text": "1042" }] },
            { "type": "body", "parameters": [
                { "type": "text", "parameter_name": "first_name", "text": "Ana" },
                { "type": "text", "parameter_name": "order_no", "text": "1042" },
            ] },
            { "type": "button", "sub_type": "quick_reply", "index": "0",
              "parameters": [{ "type": "payload", "payload": "phone_call" }] },
            { "type": "button", "sub_type": "url", "index": "3", "parameters": [{ "type": "text", "text": "a%20b" }] },
        ]);
        let member = Member {
            phone: ANA.to_owned(),
            language: "en_US".to_owned(),
            zones: Vec::new(),
            variables: sent.to_string(),
            country: None,
            opt_in: Some("yes".to_owned()),
            skip: None,
            list: "customers".to_owned(),
            line: 1,
        };
        audience.add(vec![member]).await.unwrap();
        audience.commit(&lock.id, noon()).await.unwrap();
        self.store.unlock(&lock.id).await.unwrap();
    }

    async fn send(&self) {
        let lease = self.store.lease("555", &self.asking()).await.unwrap();
        let claimed = self
            .store
            .claim(ClaimRequest {
                account: "main".to_owned(),
                campaign: "spring".to_owned(),
                template: "order_update".to_owned(),
                now: noon(),
                max: 10,
                worker: "ana@desk".to_owned(),
                lease: lease.clone(),
                decide: Box::new(|_| Verdict::Claim),
            })
            .await
            .unwrap();
        let settlement = Settlement {
            attempt_id: claimed.claims[0].attempt_id.clone(),
            at: noon(),
            result: Settled::Accepted {
                message_id: "wamid.out".to_owned(),
                wa_id: None,
                message_status: None,
            },
        };
        self.store.settle(vec![settlement]).await.unwrap();
        self.store.release_lease(&lease).await.unwrap();
    }

    fn reader(&self) -> Reader {
        let accounts = [(WABA.to_owned(), "main".to_owned())];
        Reader {
            store: Arc::clone(&self.store),
            clock: self.clock.clone(),
            interpreter: Interpreter::new(accounts.into(), Keywords::of(&self.project)),
            numbers: Arc::new(Numbers::new(self.clock.clone(), BTreeMap::new())),
            clerk: Clerk::new(&self.project, self.clock.clone()),
            tally: Arc::new(()),
            reached: Arc::new(|_| {}),
            received: Arc::new(Notify::new()),
            wakes: Wakes::new(),
            told: BTreeMap::new(),
        }
    }

    /// Keeps a webhook and reads all that waits.
    async fn told(&self, body: &Value) {
        let body = body.to_string();
        self.store.receive(self.clock.now(), body).await.unwrap();
        self.read().await;
    }

    async fn read(&self) {
        let mut reader = self.reader();
        reader.read_all(&CancellationToken::new()).await.unwrap();
        assert_eq!(self.store.unread_count().await.unwrap(), 0);
    }

    async fn due(&self, kind: ErrandKind) -> Vec<Errand> {
        let now = self.clock.now();
        self.store.errands_due(&[kind], now, 100).await.unwrap()
    }

    /// Takes all that is due, one after the other.
    async fn take_all(&self, kind: ErrandKind) -> Vec<Errand> {
        let mut all = Vec::new();
        loop {
            let due = self.due(kind).await;
            if due.is_empty() {
                return all;
            }
            for errand in due {
                let done = Ran::Done { message_id: None };
                let now = self.clock.now();
                self.store
                    .settle_errand(errand.id, now, done)
                    .await
                    .unwrap();
                all.push(errand);
            }
        }
    }

    async fn ana(&self) -> ContactFile {
        self.store.contact("main", ANA).await.unwrap().unwrap()
    }

    async fn answer(&self) -> Option<CampaignAnswer> {
        self.ana().await.campaigns[0].answer.clone()
    }
}

/// A webhook of one change.
fn change(field: &str, value: &Value) -> Value {
    json!({ "object": "whatsapp_business_account", "entry": [
        { "id": WABA, "time": noon().as_second(), "changes": [{ "field": field, "value": value }] }
    ] })
}

/// A message of Ana's: what it says stands in `content`.
fn message(id: &str, at: Timestamp, content: &Value) -> Value {
    let mut message =
        json!({ "from": "37255501234", "id": id, "timestamp": at.as_second().to_string() });
    for (key, value) in content.as_object().unwrap() {
        message[key] = value.clone();
    }
    change(
        "messages",
        &json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "15550783881", "phone_number_id": "555" },
            "contacts": [{ "profile": { "name": "Ana" }, "wa_id": "37255501234" }],
            "messages": [message],
        }),
    )
}

fn text(id: &str, at: Timestamp, body: &str) -> Value {
    message(id, at, &json!({ "type": "text", "text": { "body": body } }))
}

fn tapped(id: &str, at: Timestamp, payload: Option<&str>, title: &str) -> Value {
    let button = json!({ "payload": payload, "text": title });
    message(id, at, &json!({ "type": "button", "button": button }))
}
