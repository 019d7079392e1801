//! One conversation at a time with each person, whatever campaigns an account has.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::intake::{
    Engine, Hall, PASSING, accepted, failure, message, message_of, person, status,
};
use super::kit::{
    ACCOUNT, CAMPAIGN, DAY, HOUR, House, NUMBER, asking, at, declaration, failed, released,
    uncertain,
};
use crate::store::DeliveryStatus::{self, Delivered, Read, Sent};
use crate::store::{
    CampaignState, Claim, ContactState, Fact, Inbound, Outcome, Receipt, Store, Verdict,
};

const SUMMER: &str = "summer";
const AUTUMN: &str = "autumn";
const CAMPAIGNS: [&str; 3] = [CAMPAIGN, SUMMER, AUTUMN];

async fn waits(hall: &Hall, campaign: &str, now: i64) {
    let claimed = hall.claims_in(campaign, now, 1).await;
    assert_eq!(
        (claimed.claims.len(), claimed.locked),
        (0, 1),
        "{campaign} waits"
    );
    let row = hall.one(campaign).await;
    assert_eq!((row.state, row.due_at), (ContactState::WaitingLock, None));
    let standing = hall
        .ledger
        .standing(ACCOUNT, campaign, at(now))
        .await
        .unwrap();
    assert_eq!(standing.hopper.pending, 1);
}

pub(in crate::store) async fn an_open_interaction_holds_the_other_campaigns_back(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    hall.launch(SUMMER, 1).await;
    let claim = hall.house.claim_one(0).await;
    waits(&hall, SUMMER, 1).await;
    hall.accept(2, &claim).await;
    assert_eq!(hall.one(SUMMER).await.state, ContactState::WaitingLock);
    let taken = hall
        .tell(10, Fact::Inbound(message("in.1", person(0), 10)))
        .await;
    assert!(taken.wakes);
    let row = hall.one(SUMMER).await;
    assert_eq!((row.state, row.due_at), (ContactState::Fresh, Some(at(10))));
    assert_eq!(hall.claims_in(SUMMER, 10, 1).await.claims.len(), 1);
}

pub(in crate::store) async fn whatever_ends_an_interaction_lets_go(engine: Engine) {
    for (way, name) in ["expire", "failed", "released", "receipt"]
        .into_iter()
        .enumerate()
    {
        let hall = Hall::with(&engine, 0).await;
        let (first, second) = (format!("{name}.1"), format!("{name}.2"));
        hall.launch(&first, 1).await;
        hall.launch(&second, 1).await;
        let start = way as i64 * 10 * DAY;
        let claim = hall.claims_in(&first, start, 1).await.claims.remove(0);
        waits(&hall, &second, start).await;
        match name {
            "expire" => {
                hall.accept(start, &claim).await;
                assert_eq!(hall.expire_in(&first, start + DAY).await, 1);
            }
            "failed" => {
                hall.settle(start + 1, &claim, failed(Some(start + HOUR)))
                    .await;
            }
            "released" => hall.settle(start + 1, &claim, released(start + HOUR)).await,
            _ => {
                hall.accept(start, &claim).await;
                hall.tell(start + 2, failure(&claim, 1, start + 1)).await;
            }
        }
        assert_eq!(hall.one(&second).await.state, ContactState::Fresh, "{name}");
        // Whoever is claimed next holds the first one back, if that is to be tried again.
        let claim = hall
            .claims_in(&second, start + 2 * DAY, 1)
            .await
            .claims
            .remove(0);
        if matches!(name, "failed" | "released") {
            waits(&hall, &first, start + 2 * DAY).await;
        }
        hall.settle(start + 2 * DAY, &claim, failed(None)).await;
        if name == "failed" {
            let row = hall.one(&first).await;
            assert_eq!((row.state, row.attempts), (ContactState::RetryDue, 1));
        }
        for campaign in [&first, &second] {
            let mut record = declaration(campaign);
            record.state = CampaignState::Stopped;
            hall.ledger
                .declare(&hall.house.lock, &record)
                .await
                .unwrap();
            hall.expire_in(campaign, start + 3 * DAY).await;
        }
        hall.ledger.unlock(&hall.house.lock).await.unwrap();
    }
}

pub(in crate::store) async fn accounts_do_not_wait_for_each_other(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    let mut record = declaration(SUMMER);
    record.account = "second".to_owned();
    hall.ledger
        .declare(&hall.house.lock, &record)
        .await
        .unwrap();
    let mut audience = hall.ledger.audience("second", SUMMER).await.unwrap();
    audience.add(vec![super::kit::member(0)]).await.unwrap();
    audience.commit(&hall.house.lock, at(0)).await.unwrap();
    hall.send(CAMPAIGN, 0).await;
    let mut request = hall.house.request(1, 1, |_| Verdict::Claim);
    request.account = "second".to_owned();
    request.campaign = SUMMER.to_owned();
    let claimed = hall.ledger.claim(request).await.unwrap();
    assert_eq!((claimed.claims.len(), claimed.locked), (1, 0));
}

pub(in crate::store) async fn a_campaign_that_is_over_closes_who_waits(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    hall.launch(SUMMER, 1).await;
    hall.send(CAMPAIGN, 0).await;
    waits(&hall, SUMMER, 1).await;
    let mut record = declaration(SUMMER);
    record.ends_at = Some(at(HOUR));
    hall.ledger
        .declare(&hall.house.lock, &record)
        .await
        .unwrap();
    assert_eq!(hall.expire_in(SUMMER, HOUR).await, 1);
    assert_eq!(hall.one(SUMMER).await.outcome, Some(Outcome::Expired));
}

pub(in crate::store) async fn who_cannot_be_reopened_beside_another_closes_unanswered(
    engine: Engine,
) {
    let hall = Hall::with(&engine, 1).await;
    hall.launch(SUMMER, 1).await;
    let claim = hall.send(CAMPAIGN, 0).await;
    hall.tell(5, failure(&claim, PASSING, 5)).await;
    hall.send(SUMMER, 10).await;
    hall.tell(20, status(&claim, Delivered, 4)).await;
    assert_eq!(hall.only().await.outcome, Some(Outcome::NoAnswer));
    assert_eq!(hall.one(SUMMER).await.state, ContactState::AwaitingResponse);
    let reply = Inbound {
        context_id: Some(message_of(&claim)),
        ..message("in.1", person(0), 30)
    };
    hall.tell(30, Fact::Inbound(reply)).await;
    assert_eq!(hall.only().await.outcome, Some(Outcome::Answered));
    assert_eq!(hall.one(SUMMER).await.state, ContactState::AwaitingResponse);
}

#[derive(Clone, Debug)]
enum Step {
    Claim(usize, usize),
    Settle(usize, u8),
    Status(usize, u8),
    Write(u64, Option<usize>),
    Wait(i64),
    Expire(usize),
    Stop(usize, bool),
    /// The process ends and another takes its place.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0usize..3, 1usize..4).prop_map(|(campaign, max)| Step::Claim(campaign, max)),
        6 => (0usize..30, 0u8..6).prop_map(|(claim, way)| Step::Settle(claim, way)),
        6 => (0usize..30, 0u8..4).prop_map(|(claim, which)| Step::Status(claim, which)),
        3 => (0u64..4, proptest::option::of(0usize..30)).prop_map(|(who, what)| Step::Write(who, what)),
        3 => (1i64..30).prop_map(|hours| Step::Wait(hours * HOUR)),
        2 => (0usize..3).prop_map(Step::Expire),
        1 => (0usize..3, any::<bool>()).prop_map(|(campaign, stop)| Step::Stop(campaign, stop)),
        1 => Just(Step::Crash),
    ]
}

/// What has become of a claim, by all that was told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Open,
    Taken,
    Reached,
    Failed,
    Released,
}

struct World {
    hall: Hall,
    engine: Engine,
    now: i64,
    writings: u32,
    processes: u32,
    claims: Vec<(usize, Claim)>,
    fates: BTreeMap<String, Fate>,
}

impl World {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Claim(campaign, max) => self.claim(campaign, max).await,
            Step::Settle(which, way) => self.settle(which, way).await,
            Step::Status(which, status) => self.status(which, status).await,
            Step::Write(who, naming) => self.write(who, naming).await,
            Step::Wait(seconds) => self.now += seconds,
            Step::Expire(campaign) => {
                self.hall.expire_in(CAMPAIGNS[campaign], self.now).await;
            }
            Step::Stop(campaign, stop) => {
                let mut record = declaration(CAMPAIGNS[campaign]);
                if stop {
                    record.state = CampaignState::Stopped;
                }
                let lock = &self.hall.house.lock;
                self.hall.ledger.declare(lock, &record).await.unwrap();
            }
            Step::Crash => self.crash().await,
        }
    }

    async fn claim(&mut self, campaign: usize, max: usize) {
        let claimed = self
            .hall
            .claims_in(CAMPAIGNS[campaign], self.now, max)
            .await;
        for claim in claimed.claims {
            // The latest message decides: what is told of an older one comes too late for it.
            let of_the_same =
                |(earlier, old): &&(usize, Claim)| *earlier == campaign && old.phone == claim.phone;
            if let Some((_, old)) = self.claims.iter().rev().find(of_the_same) {
                let fate = self.fates[&old.attempt_id];
                assert!(
                    matches!(fate, Fate::Failed | Fate::Released),
                    "{} is messaged again although the last message is {fate:?}",
                    claim.phone
                );
            }
            self.fates.insert(claim.attempt_id.clone(), Fate::Open);
            self.claims.push((campaign, claim));
        }
    }

    fn pick(&self, which: usize) -> Option<Claim> {
        let (_, claim) = self.claims.get(which % self.claims.len().max(1))?;
        Some(claim.clone())
    }

    async fn settle(&mut self, which: usize, way: u8) {
        let Some(claim) = self.pick(which) else {
            return;
        };
        let (result, becomes) = match way {
            0 | 1 => (accepted(&claim), Fate::Taken),
            2 => (failed(Some(self.now + HOUR)), Fate::Failed),
            3 => (failed(None), Fate::Failed),
            4 => (released(self.now), Fate::Released),
            _ => (uncertain(), Fate::Open),
        };
        self.hall.settle(self.now, &claim, result).await;
        let fate = self.fates.get_mut(&claim.attempt_id).unwrap();
        if *fate == Fate::Open {
            *fate = becomes;
        }
    }

    async fn status(&mut self, which: usize, status: u8) {
        let Some(claim) = self.pick(which) else {
            return;
        };
        let statuses = [Sent, Delivered, Read, DeliveryStatus::Failed];
        let told = statuses[usize::from(status)];
        let fact = match told {
            DeliveryStatus::Failed => failure(&claim, PASSING, self.now),
            told => super::intake::status(&claim, told, self.now),
        };
        self.hall.tell(self.now, fact).await;
        let fate = self.fates.get_mut(&claim.attempt_id).unwrap();
        *fate = match (told, *fate) {
            (Delivered | Read, _) | (_, Fate::Reached) => Fate::Reached,
            (DeliveryStatus::Failed, _) | (_, Fate::Failed) => Fate::Failed,
            _ => Fate::Taken,
        };
    }

    async fn write(&mut self, who: u64, naming: Option<usize>) {
        self.writings += 1;
        let id = format!("in.{}", self.writings);
        let context_id = naming
            .and_then(|which| self.pick(which))
            .map(|claim| message_of(&claim));
        let inbound = Inbound {
            context_id,
            ..message(&id, person(who), self.now)
        };
        self.hall.tell(self.now, Fact::Inbound(inbound)).await;
    }

    async fn crash(&mut self) {
        self.processes += 1;
        let ledger = (self.engine.open)();
        self.hall.house.store = Arc::clone(&ledger) as Arc<dyn Store>;
        self.hall.ledger = ledger;
        let House { store, lease, .. } = &mut self.hall.house;
        store.release_lease(lease).await.unwrap();
        let request = asking(
            &format!("process {}", self.processes),
            self.now,
            self.now + 1000 * HOUR,
        );
        *lease = store.lease(NUMBER, &request).await.unwrap();
        store.recover(lease, at(self.now)).await.unwrap();
    }

    async fn check(&self) {
        let mut open: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut waiting: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for campaign in CAMPAIGNS {
            let standing = self
                .hall
                .ledger
                .standing(ACCOUNT, campaign, at(self.now))
                .await
                .unwrap();
            let hopper = standing.hopper;
            let parts = hopper.fresh + hopper.retry + hopper.pending + hopper.closed;
            assert_eq!(hopper.total, parts);
            assert_eq!(standing.outcome.values().sum::<u64>(), hopper.closed);
            for row in self.hall.history(campaign).await {
                match row.state {
                    ContactState::InFlight
                    | ContactState::Uncertain
                    | ContactState::AwaitingResponse => {
                        open.entry(row.phone).or_default().push(campaign);
                    }
                    ContactState::WaitingLock => {
                        waiting.entry(row.phone).or_default().push(campaign);
                    }
                    ContactState::Fresh | ContactState::RetryDue | ContactState::Closed => {}
                }
            }
        }
        for (phone, campaigns) in &open {
            assert_eq!(
                campaigns.len(),
                1,
                "{phone} has several interactions: {campaigns:?}"
            );
        }
        for (phone, campaigns) in &waiting {
            assert!(
                open.contains_key(phone),
                "{phone} waits for nothing in {campaigns:?}"
            );
        }
    }
}

/// Runs random histories of three campaigns against states that `fresh` makes, each new.
pub(in crate::store) fn nobody_has_two_interactions_and_nobody_waits_for_nothing(
    fresh: impl Fn() -> Engine,
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let configuration = ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = proptest::collection::vec(step(), 1..60);
    proptest::test_runner::TestRunner::new(configuration)
        .run(&steps, |steps| {
            runtime.block_on(async {
                let engine = fresh();
                let hall = Hall::with(&engine, 4).await;
                hall.launch(SUMMER, 4).await;
                hall.launch(AUTUMN, 3).await;
                let mut world = World {
                    hall,
                    engine,
                    now: 0,
                    writings: 0,
                    processes: 0,
                    claims: Vec::new(),
                    fates: BTreeMap::new(),
                };
                for step in steps {
                    world.take(step).await;
                    world.check().await;
                }
            });
            Ok(())
        })
        .unwrap();
}

/// What came without a tag is found, too, whichever campaign has the floor.
pub(in crate::store) async fn the_newest_open_interaction_is_answered(engine: Engine) {
    let hall = Hall::with(&engine, 1).await;
    hall.launch(SUMMER, 1).await;
    let first = hall.send(CAMPAIGN, 0).await;
    assert_eq!(hall.house.expire(DAY).await, 1);
    let second = hall.send(SUMMER, 2 * DAY).await;
    hall.tell(
        2 * DAY + 1,
        Fact::Inbound(message("in.1", person(0), 2 * DAY + 1)),
    )
    .await;
    assert_eq!(hall.one(SUMMER).await.outcome, Some(Outcome::Answered));
    assert_eq!(hall.only().await.outcome, Some(Outcome::NoAnswer));
    for claim in [first, second] {
        let untagged = Receipt {
            tag: None,
            ..super::intake::receipt(&claim, Read, 2 * DAY)
        };
        assert_eq!(
            hall.tell(3 * DAY, Fact::Receipt(untagged)).await.receipts,
            1
        );
    }
}
