//! Makes the plan: refresh, diff, forecast, guards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::diff::{self, Context, Sides};
use super::fingerprint;
use super::guards::Limits;
use super::plan::{Action, Notice, Plan, Target, Unmanaged, Wait};
use super::refresh::{Snapshot, reconcilers};
use crate::campaign;
use crate::clock::Clock;
use crate::config::{Address, Report};
use crate::meta::GraphRead;
use crate::resource::{self, Desired, Project, Reconciler};
use crate::store::{self, Applied, Database};

/// One account as planning may know it: there is nothing here to write with.
pub struct Connection<'a> {
    pub waba_id: String,
    pub base_url: String,
    pub graph: &'a dyn GraphRead,
    /// Whether what leaves the configuration is deleted, not forgotten.
    pub deletes: bool,
}

/// All declared accounts, by name.
#[derive(Default)]
pub struct Connections<'a> {
    pub readers: BTreeMap<String, Connection<'a>>,
}

/// What a plan is asked for.
#[derive(Clone)]
pub struct Options {
    /// Addresses; empty for all.
    pub targets: Vec<String>,
    pub limits: Limits,
    /// Is told how far the reading of long lists has come.
    pub progress: Arc<dyn Fn(&campaign::Progress) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            limits: Limits::default(),
            progress: Arc::new(|_| ()),
        }
    }
}

/// A plan, and what it was made from: what an apply in the same process goes on with.
pub struct Prepared {
    pub plan: Plan,
    pub desired: Vec<Desired>,
    pub applied: Vec<Applied>,
    pub snapshot: Snapshot,
    pub campaigns: Vec<campaign::Prepared>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Resource(#[from] resource::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Campaign(#[from] campaign::Error),
    /// Found only by reading what the configuration points to.
    #[error("{}", .0.message)]
    Configuration(Box<Report>),
    #[error("no resource is named `{0}`")]
    UnknownTarget(String),
}

/// Reads the world and says what an apply would do.
///
/// # Errors
/// Where something could not be read; nothing has been written then, nor otherwise.
pub async fn plan(
    project: &Project,
    connections: &Connections<'_>,
    store: &dyn Database,
    clock: &Clock,
    options: &Options,
) -> Result<Prepared, Error> {
    let now = clock.now();
    let mut desired = Vec::new();
    for reconciler in reconcilers() {
        desired.extend(
            reconciler
                .desired(project)
                .map_err(|report| Error::Configuration(Box::new(report)))?,
        );
    }
    let applied = store.applied().await?;
    let targets = Targets::resolve(&options.targets, &desired, &applied)?;
    let snapshot = Snapshot::read(project, connections, store, clock).await?;
    // Edits are limited over 30 days; a day more covers clocks that disagree.
    let used = store
        .rights_used(
            now.saturating_sub(SignedDuration::from_hours(31 * 24))
                .unwrap_or(now),
        )
        .await?;

    let mut context = Context {
        now,
        sources: &project.sources,
        account_facts: &connections
            .readers
            .keys()
            .map(|name| (name.clone(), snapshot.account(name).clone()))
            .collect(),
        deleting: &|account| {
            connections
                .readers
                .get(account)
                .is_some_and(|connection| connection.deletes)
        },
        used: used.into_iter().collect(),
        population: snapshot.populations(),
    };
    let mut plan = decide_all(&desired, &applied, &snapshot, &targets, &mut context);
    // Destructive changes come first, so that nobody overlooks them; then what others need.
    plan.changes.sort_by_cached_key(|change| {
        (
            change.action,
            project.position(&change.address),
            change.address.clone(),
        )
    });
    plan.targets = connections
        .readers
        .iter()
        .map(|(account, connection)| Target {
            account: account.clone(),
            waba_id: connection.waba_id.clone(),
            base_url: connection.base_url.clone(),
        })
        .collect();

    let wanted = |address: &Address| targets.include(address);
    let mut campaigns = campaign::prepare(
        project,
        &|account| snapshot.numbers(account).to_vec(),
        store,
        clock,
        &wanted,
        &*options.progress,
    )
    .await?;
    for campaign in &mut campaigns {
        campaign.hold_for(unready(&plan, &campaign.send.needs));
    }
    plan.sends = campaigns
        .iter()
        .map(|campaign| campaign.send.clone())
        .collect();
    plan.guards = options.limits.check(&plan.changes, &plan.sends);
    plan.id = id(&plan);
    Ok(Prepared {
        plan,
        desired,
        applied,
        snapshot,
        campaigns,
    })
}

/// Decides every object; the result lacks targets, sends and guards.
fn decide_all(
    desired: &[Desired],
    applied: &[Applied],
    snapshot: &Snapshot,
    targets: &Targets,
    context: &mut Context<'_>,
) -> Plan {
    let mut plan = Plan::new(context.now);
    for reconciler in reconcilers() {
        let kind = reconciler.kind();
        let mut sides: BTreeMap<(&str, &str), Sides<'_>> = BTreeMap::new();
        let none = Sides {
            desired: None,
            last: None,
            live: None,
        };
        for desired in desired
            .iter()
            .filter(|desired| desired.address.kind == kind)
        {
            sides
                .entry((&desired.account, &desired.key))
                .or_insert(none)
                .desired = Some(desired);
        }
        for last in applied.iter().filter(|last| last.address.kind == kind) {
            sides.entry((&last.account, &last.key)).or_insert(none).last = Some(last);
        }
        for (_, live) in snapshot.objects().filter(|(of, _)| *of == kind) {
            sides.entry((&live.account, &live.key)).or_insert(none).live = Some(live);
        }
        for sides in sides.into_values() {
            decide_one(reconciler, sides, targets, context, &mut plan);
        }
    }
    plan
}

fn decide_one(
    reconciler: &'static dyn Reconciler,
    sides: Sides<'_>,
    targets: &Targets,
    context: &mut Context<'_>,
    plan: &mut Plan,
) {
    let address = sides
        .desired
        .map(|desired| &desired.address)
        .or(sides.last.map(|last| &last.address));
    let Some(address) = address else {
        if let Some(live) = sides.live.filter(|_| reconciler.is_elsewhere()) {
            plan.unmanaged.push(Unmanaged {
                kind: reconciler.kind().to_owned(),
                account: live.account.clone(),
                key: live.key.clone(),
                id: live.id.clone(),
            });
        }
        return;
    };
    if !targets.include(address) {
        return;
    }
    let decided = diff::decide(reconciler, sides, context);
    plan.changes.extend(decided.change);
    plan.refused.extend(decided.refused);
    plan.waits.extend(decided.wait);
    plan.drift.extend(decided.drift);
}

/// Returns which of the needed objects are not ready, now or after this plan's writes.
fn unready(plan: &Plan, needs: &[Address]) -> Vec<Address> {
    let writes = plan
        .changes
        .iter()
        .filter(|change| change.writes())
        .map(|change| &change.address);
    let waits = plan.waits.iter().map(|Wait { address, .. }| address);
    let refused = plan.refused.iter().map(|refused| &refused.address);
    let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
    let named = |address: &&Address| needs.iter().any(|need| address.is_named_by(need));
    let unready: BTreeSet<Address> = writes
        .chain(waits)
        .chain(refused)
        .filter(named)
        .cloned()
        .collect();
    unready.into_iter().collect()
}

/// The hash of all that a plan would do, free of timestamps.
fn id(plan: &Plan) -> String {
    // Each for itself: a plan of thousands of changes would be held once more as a tree and once more as a text.
    let changes: Vec<String> = plan
        .changes
        .iter()
        .filter(|change| change.action != Action::NoOp)
        .map(fingerprint::of)
        .collect();
    fingerprint::of(&serde_json::json!({
        "targets": plan.targets, "changes": changes, "refused": plan.refused, "sends": plan.sends
    }))
}

impl Plan {
    fn new(made_at: Timestamp) -> Self {
        Self {
            format_version: "1.0".to_owned(),
            id: String::new(),
            targets: Vec::new(),
            changes: Vec::new(),
            refused: Vec::new(),
            waits: Vec::new(),
            drift: Vec::new(),
            unmanaged: Vec::new(),
            sends: Vec::new(),
            guards: Vec::new(),
            notices: Vec::<Notice>::new(),
            made_at,
        }
    }
}

/// Which addresses a run is limited to: those named and all that they need.
struct Targets(Option<BTreeSet<Address>>);

impl Targets {
    fn resolve(named: &[String], desired: &[Desired], applied: &[Applied]) -> Result<Self, Error> {
        if named.is_empty() {
            return Ok(Self(None));
        }
        let known: Vec<&Address> = desired
            .iter()
            .map(|desired| &desired.address)
            .chain(applied.iter().map(|last| &last.address))
            .collect();
        let mut included = BTreeSet::new();
        for name in named {
            let before = included.len();
            included.extend(
                known
                    .iter()
                    .filter(|address| address.is_named_by(name))
                    .map(|address| (*address).clone()),
            );
            if included.len() == before {
                return Err(Error::UnknownTarget(name.clone()));
            }
        }
        loop {
            let needs: BTreeSet<String> = desired
                .iter()
                .filter(|desired| included.contains(&desired.address))
                .flat_map(|desired| &desired.depends_on)
                .map(ToString::to_string)
                .collect();
            let before = included.len();
            let more: Vec<Address> = known
                .iter()
                .filter(|address| needs.iter().any(|need| address.is_named_by(need)))
                .map(|address| (*address).clone())
                .collect();
            included.extend(more);
            if included.len() == before {
                return Ok(Self(Some(included)));
            }
        }
    }

    fn include(&self, address: &Address) -> bool {
        self.0
            .as_ref()
            .is_none_or(|included| included.contains(address))
    }
}
