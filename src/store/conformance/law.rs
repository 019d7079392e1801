//! Whatever happens, in whatever order: the counters add up, and nobody is messaged twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::TryStreamExt;
use proptest::prelude::*;

use super::kit::{
    ACCOUNT, CAMPAIGN, HOUR, House, NUMBER, Opener, accepted, asking, at, failed, member, released,
    skipped, uncertain,
};
use crate::store::{CampaignState, Claim, HistoryFilter, Standing, Verdict};

#[derive(Clone, Debug)]
enum Step {
    /// The lists name these, the second lot as skipped.
    Lists(BTreeSet<u64>, BTreeSet<u64>),
    /// Claims up to so many, deciding by the contact's number and this.
    Claim(usize, u64),
    /// Settles one of the claims in one of the ways.
    Settle(usize, u8),
    Wait(i64),
    Expire,
    Declare(bool),
    /// The process ends and another takes its place.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let people = || proptest::collection::btree_set(0u64..12, 0..12);
    prop_oneof![
        2 => (people(), people()).prop_map(|(listed, skipped)| Step::Lists(listed, skipped)),
        4 => (1usize..5, 0u64..12).prop_map(|(max, salt)| Step::Claim(max, salt)),
        5 => (0usize..20, 0u8..6).prop_map(|(claim, way)| Step::Settle(claim, way)),
        2 => (1i64..20).prop_map(|hours| Step::Wait(hours * HOUR)),
        1 => Just(Step::Expire),
        1 => any::<bool>().prop_map(Step::Declare),
        1 => Just(Step::Crash),
    ]
}

/// What must be so, kept beside the store.
#[derive(Default)]
struct Witness {
    ids: BTreeSet<String>,
    /// Whose last message may have left and has not failed: none of them may ever be claimed again.
    messaged: BTreeSet<String>,
    claims: Vec<Claim>,
    settled: BTreeMap<String, bool>,
}

impl Witness {
    fn claimed(&mut self, claims: Vec<Claim>) {
        for claim in claims {
            assert!(
                self.ids.insert(claim.attempt_id.clone()),
                "an id came twice"
            );
            assert!(
                self.messaged.insert(claim.phone.clone()),
                "{} would be messaged twice",
                claim.phone
            );
            self.claims.push(claim);
        }
    }

    /// Notes an answer that was recorded: one that is final is not changed by a later one.
    fn settled(&mut self, claim: &Claim, is_final: bool, may_be_claimed_again: bool) {
        let id = claim.attempt_id.clone();
        if self.settled.get(&id) == Some(&true) {
            return;
        }
        self.settled.insert(id, is_final);
        if may_be_claimed_again {
            self.messaged.remove(&claim.phone);
        }
    }
}

struct World {
    open: Opener,
    house: House,
    now: i64,
    processes: u32,
    witness: Witness,
}

impl World {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Lists(listed, without) => {
                let people = listed.iter().map(|number| {
                    if without.contains(number) {
                        skipped(*number, "no_opt_in")
                    } else {
                        member(*number)
                    }
                });
                let people = people.collect();
                self.house
                    .fill_at(self.now, CAMPAIGN, people)
                    .await
                    .unwrap();
            }
            Step::Claim(max, salt) => {
                let later = at(self.now + HOUR);
                let mut turn = salt;
                let claimed = self.house.decide(self.now, max, move |_| {
                    turn += 1;
                    match turn % 6 {
                        0 => Verdict::Postpone(later),
                        1 => Verdict::Skip("no_common_hour".to_owned()),
                        2 => Verdict::Pass,
                        _ => Verdict::Claim,
                    }
                });
                let claimed = claimed.await;
                assert!(claimed.claims.len() <= max);
                self.witness.claimed(claimed.claims);
            }
            Step::Settle(which, way) => self.settle(which, way).await,
            Step::Wait(seconds) => self.now += seconds,
            Step::Expire => {
                self.house.expire(self.now).await;
            }
            Step::Declare(stopped) => {
                let state = if stopped {
                    CampaignState::Paused
                } else {
                    CampaignState::Running
                };
                self.house
                    .redeclare(|campaign| campaign.state = state)
                    .await;
            }
            Step::Crash => self.crash().await,
        }
    }

    async fn settle(&mut self, which: usize, way: u8) {
        if self.witness.claims.is_empty() {
            return;
        }
        let claim = self.witness.claims[which % self.witness.claims.len()].clone();
        let (result, is_final, again) = match way {
            0 | 1 => (accepted(), true, false),
            2 => (failed(Some(self.now + HOUR)), true, true),
            3 => (failed(None), true, false),
            4 => (released(self.now), true, true),
            _ => (uncertain(), false, false),
        };
        self.house.settle(self.now, &claim, result).await;
        self.witness.settled(&claim, is_final, again);
    }

    async fn crash(&mut self) {
        self.processes += 1;
        self.now += 10 * HOUR;
        let store = (self.open)();
        drop(std::mem::replace(&mut self.house.store, store));
        let holder = format!("process {}", self.processes);
        let store = Arc::clone(&self.house.store);
        store.release_lease(&self.house.lease).await.unwrap();
        let request = asking(&holder, self.now, self.now + 1000 * HOUR);
        self.house.lease = store.lease(NUMBER, &request).await.unwrap();
        store
            .recover(&self.house.lease, at(self.now))
            .await
            .unwrap();
    }

    async fn check(&self) {
        let Standing {
            hopper,
            delivery,
            outcome,
            skipped,
            uncertain,
            due,
            next_due: _,
        } = self.house.standing(self.now).await;
        let parts = hopper.fresh + hopper.retry + hopper.pending + hopper.closed;
        assert_eq!(hopper.total, parts);
        assert_eq!(outcome.values().sum::<u64>(), hopper.closed);
        let closed_as_skipped = outcome.get("skipped").copied().unwrap_or(0);
        assert_eq!(skipped.values().sum::<u64>(), closed_as_skipped);
        assert!(uncertain <= hopper.pending);
        assert!(due <= hopper.fresh + hopper.retry);
        assert!(delivery.accepted + delivery.failed <= hopper.total);
        let filter = HistoryFilter {
            account: ACCOUNT.to_owned(),
            campaign: CAMPAIGN.to_owned(),
            ..HistoryFilter::default()
        };
        let history = self
            .house
            .store
            .history(&filter)
            .try_concat()
            .await
            .unwrap();
        assert_eq!(history.len() as u64, hopper.total);
        let people: BTreeSet<_> = history.iter().map(|row| &row.phone).collect();
        assert_eq!(people.len(), history.len());
        assert!(history.is_sorted_by_key(|row| row.at.is_none()));
    }
}

/// Runs random histories against states that `fresh` makes, each new.
pub(in crate::store) fn the_hopper_keeps_its_law(fresh: impl Fn() -> Opener) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let configuration = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = proptest::collection::vec(step(), 1..40);
    proptest::test_runner::TestRunner::new(configuration)
        .run(&steps, |steps| {
            runtime.block_on(async {
                let open = fresh();
                let house = House::with(open(), 8).await;
                let mut world = World {
                    open,
                    house,
                    now: 0,
                    processes: 0,
                    witness: Witness::default(),
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
