//! What the tests of webhooks share: a state, a clerk, and facts to be taken in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::TryStreamExt;
use jiff::Timestamp;
use serde_json::json;

use super::kit::{
    ACCOUNT, CAMPAIGN, HOUR, House, NUMBER, TEMPLATE, at, declaration, member, phone,
};
use crate::store::{
    Circumstances, Claim, ClaimRequest, Claimed, Clerk, Conversation, DeliveryStatus, ErrandKind,
    Errands, Events, Fact, Failure, Halts, Happening, HistoryFilter, HistoryRow, Inbound, Inbox,
    Intake, NewErrand, Person, Reading, Receipt, Settled, Settlement, Store, TakenIn, Verdict,
};

/// All that webhooks touch.
pub(in crate::store) trait Ledger:
    Store + Events + Halts + Inbox + Errands
{
}

impl<T: Store + Events + Halts + Inbox + Errands> Ledger for T {}

/// The rows of each table as text, sorted, without what differs from one ledger to the next.
pub(in crate::store) type Dump = BTreeMap<String, Vec<String>>;

/// One state, to be opened again and again and looked into.
pub(in crate::store) struct Engine {
    pub(in crate::store) open: Box<dyn Fn() -> Arc<dyn Ledger> + Send + Sync>,
    pub(in crate::store) dump: Box<dyn Fn() -> Dump + Send + Sync>,
}

/// Tried again an hour after the failure.
pub(super) const PASSING: i64 = 131_049;
/// The customer wants no more.
pub(super) const OPTED_OUT: i64 = 131_050;
pub(super) const UNDELIVERABLE: i64 = 131_026;
pub(super) const OTHER_PERSON: i64 = 137_000;

/// What the clerk was told, for a test to look at.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) conversations: Vec<Conversation>,
    pub(super) circumstances: Vec<Circumstances>,
}

/// Takes a payload for the option; hands every message over; tells of everything.
struct TestClerk(Arc<Mutex<Heard>>);

impl Clerk for TestClerk {
    fn judge(
        &mut self,
        failure: &Failure,
        at: Timestamp,
        circumstances: &Circumstances,
    ) -> Settled {
        let mut heard = self.0.lock().unwrap();
        heard.circumstances.push(circumstances.clone());
        let hour = jiff::SignedDuration::from_secs(HOUR);
        Settled::Failed {
            code: failure.code,
            reason: failure.reason.clone(),
            retry_at: (failure.code == Some(PASSING)).then(|| at + hour),
            suppress: failure.code == Some(OPTED_OUT),
        }
    }

    fn read(&mut self, inbound: &Inbound, conversation: &Conversation) -> Reading {
        let mut heard = self.0.lock().unwrap();
        heard.conversations.push(conversation.clone());
        Reading {
            option: inbound.payload.clone(),
            errands: vec![errand(ErrandKind::Handoff, &inbound.message_id)],
        }
    }

    fn tell(&mut self, _: &str, happening: &Happening) -> Vec<NewErrand> {
        let key = format!("{} {} {}", happening.subject, happening.what, happening.at);
        vec![errand(ErrandKind::Notify, &key)]
    }
}

pub(super) fn errand(kind: ErrandKind, key: &str) -> NewErrand {
    NewErrand {
        kind,
        name: "desk".to_owned(),
        number: None,
        key: key.to_owned(),
        lane: key.to_owned(),
        payload: json!({}),
        due_at: at(0),
    }
}

/// A state with a launched campaign, and somebody who takes in what webhooks say.
pub(super) struct Hall {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) house: House,
    pub(super) heard: Arc<Mutex<Heard>>,
}

impl Hall {
    /// A campaign with the contacts `0..people`.
    pub(super) async fn with(engine: &Engine, people: u64) -> Self {
        let ledger = (engine.open)();
        let store: Arc<dyn Store> = Arc::clone(&ledger) as _;
        Self {
            ledger,
            house: House::with(store, people).await,
            heard: Arc::default(),
        }
    }

    /// Launches another campaign of the account with the contacts `0..people`.
    pub(super) async fn launch(&self, campaign: &str, people: u64) {
        let record = declaration(campaign);
        let House { store, lock, .. } = &self.house;
        store.declare(lock, &record).await.unwrap();
        let members = (0..people).map(member).collect();
        self.house.fill_at(0, campaign, members).await.unwrap();
    }

    pub(super) fn intake(&self, now: i64, facts: Vec<Fact>) -> Intake {
        Intake {
            sources: Vec::new(),
            now: at(now),
            facts: facts
                .into_iter()
                .map(|fact| (ACCOUNT.to_owned(), fact))
                .collect(),
            dead: Vec::new(),
            clerk: Box::new(TestClerk(Arc::clone(&self.heard))),
        }
    }

    pub(super) async fn take(&self, now: i64, facts: Vec<Fact>) -> TakenIn {
        self.ledger.take_in(self.intake(now, facts)).await.unwrap()
    }

    pub(super) async fn tell(&self, now: i64, fact: Fact) -> TakenIn {
        self.take(now, vec![fact]).await
    }

    pub(super) async fn claims_in(&self, campaign: &str, now: i64, max: usize) -> Claimed {
        let request = ClaimRequest {
            campaign: campaign.to_owned(),
            ..self.house.request(now, max, |candidate| {
                if candidate.suppressed || candidate.held {
                    Verdict::Skip("not wanted".to_owned())
                } else {
                    Verdict::Claim
                }
            })
        };
        self.ledger.claim(request).await.unwrap()
    }

    /// Claims the one contact and has its message accepted, both at this time.
    pub(super) async fn send(&self, campaign: &str, now: i64) -> Claim {
        let mut claims = self.claims_in(campaign, now, 2).await.claims;
        assert_eq!(claims.len(), 1, "one contact is due");
        let claim = claims.remove(0);
        self.accept(now, &claim).await;
        claim
    }

    pub(super) async fn accept(&self, now: i64, claim: &Claim) {
        self.settle(now, claim, accepted(claim)).await;
    }

    pub(super) async fn settle(&self, now: i64, claim: &Claim, result: Settled) {
        self.house.settle(now, claim, result).await;
    }

    pub(super) async fn expire_in(&self, campaign: &str, now: i64) -> u64 {
        self.ledger
            .expire(ACCOUNT, campaign, at(now))
            .await
            .unwrap()
    }

    pub(super) async fn history(&self, campaign: &str) -> Vec<HistoryRow> {
        let filter = HistoryFilter {
            account: ACCOUNT.to_owned(),
            campaign: campaign.to_owned(),
            ..HistoryFilter::default()
        };
        self.ledger.history(&filter).try_concat().await.unwrap()
    }

    /// The one contact of a campaign.
    pub(super) async fn one(&self, campaign: &str) -> HistoryRow {
        let mut rows = self.history(campaign).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// The one contact of the first campaign.
    pub(super) async fn only(&self) -> HistoryRow {
        self.one(CAMPAIGN).await
    }
}

/// The message id that Meta gives a claim: after campaign, contact and number, as they stand in its tag.
pub(super) fn message_of(claim: &Claim) -> String {
    let place: Vec<_> = claim.tag.split('.').skip(1).take(3).collect();
    format!("wamid.{}", place.join("."))
}

/// Accepts a claim under a message id of its own.
pub(super) fn accepted(claim: &Claim) -> Settled {
    Settled::Accepted {
        message_id: message_of(claim),
        wa_id: None,
        message_status: None,
    }
}

pub(super) fn person(number: u64) -> Person {
    Person {
        wa_id: Some(phone(number)),
        ..Person::default()
    }
}

/// Somebody who hides the number.
pub(super) fn hidden(user_id: &str) -> Person {
    Person {
        user_id: Some(user_id.to_owned()),
        ..Person::default()
    }
}

pub(super) fn settlement(now: i64, claim: &Claim, result: Settled) -> Settlement {
    Settlement {
        attempt_id: claim.attempt_id.clone(),
        at: at(now),
        result,
    }
}

/// A status that says nothing of a price and nothing of a reason.
pub(super) fn receipt(claim: &Claim, status: DeliveryStatus, seconds: i64) -> Receipt {
    Receipt {
        message_id: message_of(claim),
        tag: Some(claim.tag.clone()),
        status,
        at: at(seconds),
        person: Person {
            wa_id: Some(claim.phone.clone()),
            ..Person::default()
        },
        pricing: None,
        identity_hash: None,
        failure: None,
    }
}

pub(super) fn status(claim: &Claim, status: DeliveryStatus, seconds: i64) -> Fact {
    Fact::Receipt(receipt(claim, status, seconds))
}

pub(super) fn failure(claim: &Claim, code: i64, seconds: i64) -> Fact {
    Fact::Receipt(Receipt {
        failure: Some(Failure {
            code: Some(code),
            reason: "Meta says no".to_owned(),
        }),
        ..receipt(claim, DeliveryStatus::Failed, seconds)
    })
}

/// A message that names nothing.
pub(super) fn message(id: &str, person: Person, seconds: i64) -> Inbound {
    Inbound {
        message_id: id.to_owned(),
        number: NUMBER.to_owned(),
        person,
        at: at(seconds),
        context_id: None,
        kind: "text".to_owned(),
        text: Some("Please call me".to_owned()),
        payload: None,
        raw: "{}".to_owned(),
    }
}

pub(super) fn happening(subject: &str, what: &str, seconds: i64) -> Happening {
    Happening {
        at: at(seconds),
        actor: "Meta".to_owned(),
        account: ACCOUNT.to_owned(),
        subject: subject.to_owned(),
        what: what.to_owned(),
        text: format!("It happened to {TEMPLATE}"),
        detail: json!({ "event": what }),
    }
}
