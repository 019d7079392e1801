//! Reads all that is live: every kind of every account by list, at the same time.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::Value;

use super::planner::Connections;
use crate::clock::Clock;
use crate::meta::Number;
use crate::resource::{Error, Live, Numbers, Project, Reconciler, World, kinds};
use crate::store::{Applied, Store};

/// The live world at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// By kind, account and key.
    objects: BTreeMap<(&'static str, String, String), Live>,
    /// What an account says of itself: limits, verification, currency.
    accounts: BTreeMap<String, Value>,
    numbers: BTreeMap<String, Vec<Number>>,
}

impl Snapshot {
    /// Reads everything. Lists are read concurrently; what they hold is sorted, so that their order does not matter.
    ///
    /// # Errors
    /// The first read that failed.
    pub async fn read(
        project: &Project,
        connections: &Connections<'_>,
        store: &dyn Store,
        clock: &Clock,
    ) -> Result<Self, Error> {
        Self::of(project, connections, store, clock, |_| true).await
    }

    /// Reads the kinds that are asked for.
    async fn of(
        project: &Project,
        connections: &Connections<'_>,
        store: &dyn Store,
        clock: &Clock,
        wanted: impl Fn(&&'static dyn Reconciler) -> bool,
    ) -> Result<Self, Error> {
        let wanted = &wanted;
        let numbers: BTreeMap<&str, Numbers> = connections
            .readers
            .keys()
            .map(|account| (account.as_str(), Numbers::default()))
            .collect();
        let numbers = &numbers;
        let reads = connections
            .readers
            .iter()
            .flat_map(|(account, connection)| {
                reconcilers()
                    .filter(wanted)
                    .map(move |reconciler| async move {
                        let world = World {
                            project,
                            clock,
                            account,
                            waba_id: &connection.waba_id,
                            graph: connection.graph,
                            store,
                            deletes: connection.deletes,
                            numbers: &numbers[account.as_str()],
                        };
                        Ok::<_, Error>((reconciler.kind(), reconciler.read(&world).await?))
                    })
            });
        let facts = connections
            .readers
            .iter()
            .map(|(account, connection)| async move {
                let facts = async { Ok(connection.graph.account(&connection.waba_id).await?) };
                let numbers = numbers[account.as_str()].read(connection.graph, &connection.waba_id);
                let (facts, numbers) = tokio::try_join!(facts, numbers)?;
                let facts = serde_json::to_value(facts).unwrap_or(Value::Null);
                Ok::<_, Error>((account.clone(), facts, numbers.to_vec()))
            });
        let (lists, facts) = tokio::try_join!(try_join_all(reads), try_join_all(facts))?;

        let mut snapshot = Self::default();
        for (kind, objects) in lists {
            for live in objects {
                snapshot
                    .objects
                    .insert((kind, live.account.clone(), live.key.clone()), live);
            }
        }
        for (account, facts, numbers) in facts {
            snapshot.numbers.insert(account.clone(), numbers);
            snapshot.accounts.insert(account, facts);
        }
        Ok(snapshot)
    }

    /// Takes what was last applied for live, and reads of Meta only what sending depends on: the account's own facts and
    /// its numbers. What is our own ledger's is read as ever.
    ///
    /// # Errors
    /// The first read that failed.
    pub async fn remembered(
        project: &Project,
        connections: &Connections<'_>,
        store: &dyn Store,
        clock: &Clock,
        applied: &[Applied],
    ) -> Result<Self, Error> {
        let ours = |reconciler: &&'static dyn Reconciler| !reconciler.is_elsewhere();
        let mut snapshot = Self::of(project, connections, store, clock, ours).await?;
        for reconciler in reconcilers().filter(|reconciler| reconciler.is_elsewhere()) {
            let kind = reconciler.kind();
            for last in applied.iter().filter(|last| last.address.kind == kind) {
                let live = Live {
                    account: last.account.clone(),
                    key: last.key.clone(),
                    id: last.id.clone(),
                    content: last.content.clone(),
                    facts: Value::Null,
                };
                let place = (kind, live.account.clone(), live.key.clone());
                snapshot.objects.insert(place, live);
            }
        }
        Ok(snapshot)
    }

    #[must_use]
    pub fn get(&self, kind: &'static str, account: &str, key: &str) -> Option<&Live> {
        self.objects
            .get(&(kind, account.to_owned(), key.to_owned()))
    }

    /// Returns all live objects with their kinds, in order.
    pub fn objects(&self) -> impl Iterator<Item = (&'static str, &Live)> {
        self.objects.iter().map(|((kind, ..), live)| (*kind, live))
    }

    /// Returns how many objects each account has of each kind.
    #[must_use]
    pub fn populations(&self) -> BTreeMap<(&'static str, String), usize> {
        let mut populations = BTreeMap::new();
        for (kind, account, _) in self.objects.keys() {
            *populations.entry((*kind, account.clone())).or_default() += 1;
        }
        populations
    }

    /// Returns how many objects there are of each kind whose live side is not our own, over all accounts; also of kinds that
    /// have none.
    #[must_use]
    pub fn live_kinds(&self) -> BTreeMap<&'static str, u64> {
        let elsewhere = reconcilers().filter(|reconciler| reconciler.is_elsewhere());
        let mut kinds: BTreeMap<_, u64> = elsewhere.map(|of| (of.kind(), 0)).collect();
        for (kind, ..) in self.objects.keys() {
            if let Some(number) = kinds.get_mut(kind) {
                *number += 1;
            }
        }
        kinds
    }

    #[must_use]
    pub fn account(&self, account: &str) -> &Value {
        self.accounts.get(account).unwrap_or(&Value::Null)
    }

    #[must_use]
    pub fn numbers(&self, account: &str) -> &[Number] {
        self.numbers.get(account).map_or(&[], Vec::as_slice)
    }
}

/// Returns the ways of all kinds that have a live counterpart.
pub(super) fn reconcilers() -> impl Iterator<Item = &'static dyn Reconciler> {
    kinds().iter().filter_map(|kind| kind.reconciler())
}
