//! Drift: what differs from what was last applied, what it means, and what is not ours.
//!
//! What differs is found by the one comparison that planning makes; here it is dated from what the ledger heard and put
//! into words by its kind. No list is read, nobody is messaged, nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::plan::{Action, Drift, DriftClass, Plan, Selection, Target};
use super::planner::{self, Connections, Error, Options, Surveyed};
use super::refresh::{Snapshot, reconcilers};
use crate::campaign;
use crate::clock::Clock;
use crate::config::{Address, Location};
use crate::resource::{Desired, Drifted, Live, Meaning, Next, Project, Reconciler};
use crate::store::{self, Applied, Database, Happening, HappeningFilter};

/// How many objects' pasts are asked for at once.
const ASKED_AT_ONCE: usize = 16;
/// How much of an object's past is looked through.
const PAST: usize = 200;

/// All that differs and all that is not ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub targets: Vec<Target>,
    pub environment: Option<String>,
    pub selection: Selection,
    /// When it was read.
    pub read_at: Timestamp,
    /// By class, then by address.
    pub differences: Vec<Difference>,
    pub unmanaged: Vec<Stranger>,
    /// Live objects that are declared and that this state has never applied: an apply would adopt them.
    pub unapplied: u64,
}

/// One drift and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub drift: Drift,
    pub account: String,
    /// Whether its owner told when it happened; else `since` was read off the object.
    pub told: bool,
    /// When it was last applied: where nothing else is known, it happened after that.
    pub applied_at: Timestamp,
    /// None for what has left the configuration.
    pub declared_at: Option<Location>,
}

/// A live object that no declaration names and no state remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    pub kind: String,
    pub account: String,
    pub key: String,
    pub id: String,
    /// As its owner says it.
    pub status: Option<String>,
}

/// How much there is of each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub edited: u64,
    pub missing: u64,
    pub moved: u64,
    pub unmanaged: u64,
}

impl Report {
    /// Returns the differences of one class.
    pub fn of(&self, class: DriftClass) -> impl Iterator<Item = &Difference> {
        let is_it = move |difference: &&Difference| difference.drift.class == class;
        self.differences.iter().filter(is_it)
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |class| self.of(class).count() as u64;
        Counts {
            edited: count(DriftClass::Edited),
            missing: count(DriftClass::Missing),
            moved: count(DriftClass::Moved),
            unmanaged: self.unmanaged.len() as u64,
        }
    }

    /// Tells whether anything differs that somebody must put right: what Meta has moved and what is not ours does not count.
    #[must_use]
    pub fn has_differences(&self) -> bool {
        let counts = self.counts();
        counts.edited + counts.missing > 0
    }
}

/// What is known of a drift beside itself.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    account: String,
    told: bool,
    applied_at: Timestamp,
}

/// Reads the world and says how it differs from what was last applied.
///
/// # Errors
/// Where something could not be read.
pub async fn detect(
    project: &Project,
    connections: &Connections<'_>,
    store: &dyn Database,
    clock: &Clock,
    options: &Options,
) -> Result<Report, Error> {
    let Surveyed {
        plan,
        traces,
        selected: _,
        desired,
        applied,
        snapshot,
    } = planner::survey(project, connections, store, clock, options).await?;
    let places: BTreeMap<&Address, Location> = desired
        .iter()
        .map(|desired| (&desired.address, project.sources.locate(&desired.place)))
        .collect();
    let differences = plan
        .drift
        .into_iter()
        .zip(traces)
        .map(|(drift, trace)| Difference {
            declared_at: places.get(&drift.address).cloned(),
            drift,
            account: trace.account,
            told: trace.told,
            applied_at: trace.applied_at,
        });
    let mut differences: Vec<Difference> = differences.collect();
    differences.sort_by(|one, other| {
        let rank = |difference: &Difference| match difference.drift.class {
            DriftClass::Missing => 0,
            DriftClass::Edited => 1,
            DriftClass::Moved => 2,
        };
        (rank(one), &one.drift.address).cmp(&(rank(other), &other.drift.address))
    });
    let (unmanaged, unapplied) = strangers(&desired, &applied, &snapshot);
    Ok(Report {
        targets: plan.targets,
        environment: plan.environment,
        // What is not ours cannot be selected.
        unmanaged: match plan.selection.is_all() {
            true => unmanaged,
            false => Vec::new(),
        },
        selection: plan.selection,
        read_at: plan.made_at,
        differences,
        unapplied,
    })
}

/// Returns what is live and neither declared nor remembered, and how much is declared and not remembered.
fn strangers(
    desired: &[Desired],
    applied: &[Applied],
    snapshot: &Snapshot,
) -> (Vec<Stranger>, u64) {
    let declared: BTreeSet<_> = desired
        .iter()
        .map(|desired| (&*desired.address.kind, &*desired.account, &*desired.key))
        .collect();
    let remembered: BTreeSet<_> = applied
        .iter()
        .map(|last| (&*last.address.kind, &*last.account, &*last.key))
        .collect();
    let (mut unmanaged, mut unapplied) = (Vec::new(), 0);
    for reconciler in reconcilers().filter(|reconciler| reconciler.is_elsewhere()) {
        let kind = reconciler.kind();
        for (_, live) in snapshot.objects().filter(|(of, _)| *of == kind) {
            let name = (kind, &*live.account, &*live.key);
            if remembered.contains(&name) {
                continue;
            }
            if declared.contains(&name) {
                unapplied += 1;
                continue;
            }
            unmanaged.push(Stranger {
                kind: kind.to_owned(),
                account: live.account.clone(),
                key: live.key.clone(),
                id: live.id.clone(),
                status: reconciler.standing(live),
            });
        }
    }
    (unmanaged, unapplied)
}

/// The three sides of all objects, to be found by address.
pub(super) struct Sides<'a> {
    applied: BTreeMap<&'a Address, &'a Applied>,
    desired: &'a [Desired],
    snapshot: &'a Snapshot,
}

impl<'a> Sides<'a> {
    pub(super) fn new(
        desired: &'a [Desired],
        applied: &'a [Applied],
        snapshot: &'a Snapshot,
    ) -> Self {
        Self {
            applied: applied.iter().map(|last| (&last.address, last)).collect(),
            desired,
            snapshot,
        }
    }

    /// Returns what is declared and needs an address.
    fn needing(&self, address: &Address) -> Vec<&'a Address> {
        let needs = |desired: &&Desired| {
            let mut needs = desired.depends_on.iter().map(ToString::to_string);
            needs.any(|need| address.is_named_by(&need))
        };
        self.desired
            .iter()
            .filter(needs)
            .map(|desired| &desired.address)
            .collect()
    }
}

/// Dates and explains all drift of a plan. Returns a trace for each.
///
/// # Errors
/// Where the ledger could not be read.
pub(super) async fn explain(
    project: &Project,
    store: &dyn Database,
    now: Timestamp,
    sides: &Sides<'_>,
    plan: &mut Plan,
) -> Result<Vec<Trace>, store::Error> {
    let explained = {
        let planned = &Planned::new(plan);
        let one = |drift: &Drift| explain_one(project, store, now, sides, planned, drift.clone());
        let all: Vec<_> = plan.drift.iter().map(one).collect();
        let all = stream::iter(all).buffered(ASKED_AT_ONCE);
        let known = all.try_filter_map(async |explained| Ok(explained));
        known.try_collect::<Vec<_>>().await?
    };
    let (drift, traces) = explained.into_iter().unzip();
    plan.drift = drift;
    Ok(traces)
}

async fn explain_one(
    project: &Project,
    store: &dyn Database,
    now: Timestamp,
    sides: &Sides<'_>,
    planned: &Planned<'_>,
    mut drift: Drift,
) -> Result<Option<(Drift, Trace)>, store::Error> {
    let kind = &drift.address.kind;
    let reconciler = reconcilers().find(|reconciler| reconciler.kind() == kind);
    let (Some(reconciler), Some(last)) = (reconciler, sides.applied.get(&drift.address).copied())
    else {
        return Ok(None);
    };
    let live = sides
        .snapshot
        .get(reconciler.kind(), &last.account, &last.key);
    let happened = past(reconciler, store, last, live).await?;
    let meaning = reconciler.explain_drift(
        &Drifted {
            class: drift.class,
            fields: &drift.fields,
            last,
            live,
            next: planned.next(&drift.address),
            needed_by: &sides.needing(&drift.address),
            happened: &happened,
            now,
        },
        project,
    );
    let Meaning {
        sentences,
        mend,
        since,
    } = meaning;
    drift.since = since.map(|since| since.at);
    drift.meaning = sentences;
    if let Some(price) = price_move(project, &last.account, now, &drift) {
        // What it is billed as comes first.
        drift.meaning.insert(drift.meaning.len().min(1), price);
    }
    drift.mend = mend;
    let trace = Trace {
        account: last.account.clone(),
        told: since.is_some_and(|since| since.told),
        applied_at: last.at,
    };
    Ok(Some((drift, trace)))
}

/// Says what becomes of the price where its owner bills it otherwise now.
fn price_move(project: &Project, account: &str, now: Timestamp, drift: &Drift) -> Option<String> {
    let field = drift
        .fields
        .iter()
        .find(|field| field.field == "category")?;
    let before = field.before.as_ref()?.as_str()?;
    let after = field.after.as_ref()?.as_str()?;
    let today = now.to_zoned(TimeZone::UTC).date();
    campaign::price_move(project, account, today, (before, after))
}

/// Returns what happened to an object since it was applied, latest first.
async fn past(
    reconciler: &dyn Reconciler,
    store: &dyn Database,
    last: &Applied,
    live: Option<&Live>,
) -> Result<Vec<Happening>, store::Error> {
    let mut happened = Vec::new();
    for subject in reconciler.names_in_ledger(last, live) {
        let filter = HappeningFilter {
            account: Some(last.account.clone()),
            subject: Some(subject),
            // Meta tells whole seconds.
            since: Some(Timestamp::from_second(last.at.as_second()).unwrap_or(last.at)),
            limit: PAST,
            ..HappeningFilter::default()
        };
        happened.extend(store.happenings(&filter).await?);
    }
    happened.sort_by_key(|happening| std::cmp::Reverse(happening.at));
    Ok(happened)
}

/// What a plan does, by address.
struct Planned<'p>(BTreeMap<&'p Address, Next<'p>>);

impl<'p> Planned<'p> {
    fn new(plan: &'p Plan) -> Self {
        let changes = plan.changes.iter().map(|change| {
            let next = match change.action {
                Action::Forget | Action::Delete => Next::Forget,
                _ if change.writes() => Next::Write(&change.budgets),
                _ => Next::Nothing,
            };
            (&change.address, next)
        });
        let waits = plan.waits.iter().filter(|wait| wait.unwritten);
        let waits = waits.map(|wait| (&wait.address, Next::Waits(&wait.reason)));
        let refused = plan.refused.iter();
        let refused = refused.map(|refused| (&refused.address, Next::Refused(&refused.refusal)));
        Self(changes.chain(waits).chain(refused).collect())
    }

    fn next(&self, address: &Address) -> Next<'p> {
        self.0.get(address).copied().unwrap_or(Next::Nothing)
    }
}
