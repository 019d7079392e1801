//! Makes the plan: refresh, diff, forecast, guards.

mod identity;
mod selection;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::diff::{self, Context, Sides};
use super::drift;
use super::guards::{self, Limits};
use super::outputs;
use super::plan::{Action, Change, Notice, Plan, Selection, Target, Unmanaged, Wait};
use super::plan_id;
use super::refresh::{Snapshot, reconcilers};
use crate::campaign;
use crate::clock::Clock;
use crate::config::{Address, Report};
use crate::meta::GraphRead;
use crate::resource::{self, Desired, Project, Reconciler};
use crate::store::{self, Applied, Database};

pub use identity::check_state;
use selection::Selected;

/// One account as planning may know it: there is nothing here to write with.
#[derive(Clone)]
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

impl Connections<'_> {
    /// Returns the accounts as a plan sees them: one that destroys deletes, whatever the accounts say.
    pub(super) fn of(&self, destroys: bool) -> Self {
        let mut readers = self.readers.clone();
        for connection in readers.values_mut() {
            connection.deletes |= destroys;
        }
        Self { readers }
    }

    /// Returns the accounts as a plan names them.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let target = |(account, connection): (&String, &Connection<'_>)| Target {
            account: account.clone(),
            waba_id: connection.waba_id.clone(),
            base_url: connection.base_url.clone(),
        };
        self.readers.iter().map(target).collect()
    }
}

/// What a plan is asked for.
#[derive(Clone)]
pub struct Options {
    /// Patterns of addresses; empty for all.
    pub targets: Vec<String>,
    /// Patterns of addresses that are left out, with what needs them.
    pub excludes: Vec<String>,
    /// Patterns of addresses that are made anew.
    pub replaces: Vec<String>,
    /// Whether the live account is read; otherwise what was last applied is taken for live.
    pub refresh: bool,
    /// Whether all that is managed is deleted, whatever is declared.
    pub destroy: bool,
    pub limits: Limits,
    /// Is told how far the reading of long lists has come.
    pub progress: Arc<dyn Fn(&campaign::Progress) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            excludes: Vec::new(),
            replaces: Vec::new(),
            refresh: true,
            destroy: false,
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
    #[error("no resource is named `{pattern}` ({option})")]
    UnknownTarget {
        option: &'static str,
        pattern: String,
        /// The nearest address that is known.
        near: Option<String>,
    },
    #[error("{option} `{pattern}` cannot be read: {reason}")]
    Pattern {
        option: &'static str,
        pattern: String,
        reason: String,
    },
    /// The token does not reach the declared account, and Meta says which it does reach.
    #[error(
        "{declared} is the account {waba_id}, and its token does not reach that: it reaches {reached}"
    )]
    OtherAccount {
        declared: String,
        waba_id: String,
        /// Ids, with names as far as Meta tells them.
        reached: String,
        /// What Meta answered.
        answer: String,
    },
    /// The state knows another account by this name.
    #[error("this state belongs to the account {bound}, and {declared} is the account {waba_id}")]
    OtherState {
        declared: String,
        waba_id: String,
        bound: String,
    },
    /// It is declared, but is no object of its own (a list, a mapping).
    #[error("--target `{0}` selects nothing that could be planned")]
    NoObject(String),
    #[error("{0} is to be replaced, and is not selected")]
    NotSelected(Address),
}

/// What was found by comparing, before anybody is thought of who would be messaged.
pub(super) struct Surveyed {
    pub(super) plan: Plan,
    /// Of the plan's drift, one each.
    pub(super) traces: Vec<drift::Trace>,
    pub(super) selected: Selected,
    pub(super) desired: Vec<Desired>,
    pub(super) applied: Vec<Applied>,
    pub(super) snapshot: Snapshot,
}

/// Reads the world but for lists, and compares it.
pub(super) async fn survey(
    project: &Project,
    connections: &Connections<'_>,
    store: &dyn Database,
    clock: &Clock,
    options: &Options,
) -> Result<Surveyed, Error> {
    let now = clock.now();
    let mut desired =
        outputs::desired(project).map_err(|report| Error::Configuration(Box::new(report)))?;
    let applied = store.applied().await?;
    let selected = Selected::resolve(options, project, &desired, &applied)?;
    check_state(project, connections, store).await?;
    let connections = &connections.of(options.destroy);
    let read = if options.refresh {
        Snapshot::read(project, connections, store, clock).await
    } else {
        Snapshot::remembered(project, connections, store, clock, &applied).await
    };
    let snapshot = match read {
        Ok(snapshot) => snapshot,
        Err(error) => return Err(identity::explain(error, project, connections).await),
    };
    if options.destroy {
        // What is declared as well as what is not.
        desired.clear();
    }
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
        replaced: false,
    };
    let mut plan = decide_all(&desired, &applied, &snapshot, &selected, &mut context);
    plan.environment.clone_from(&project.environment);
    plan.selection = selection::as_given(options);
    plan.refreshed = options.refresh;
    plan.destroy = options.destroy;
    plan.notices.extend(selected.notices());
    plan.notices.extend(notices(&plan));
    if !options.destroy {
        plan.outputs = outputs::planned(project, &desired, &snapshot, &plan);
    }
    // Destructive changes come first, so that nobody overlooks them; then what others need.
    plan.changes.sort_by_cached_key(|change| {
        (
            change.action,
            order(project, change),
            change.address.clone(),
        )
    });
    plan.targets = connections.targets();
    let sides = drift::Sides::new(&desired, &applied, &snapshot);
    let traces = drift::explain(project, store, now, &sides, &mut plan).await?;
    Ok(Surveyed {
        plan,
        traces,
        selected,
        desired,
        applied,
        snapshot,
    })
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
    let Surveyed {
        mut plan,
        selected,
        desired,
        applied,
        snapshot,
        ..
    } = survey(project, connections, store, clock, options).await?;
    // Whoever takes everything away sends nothing.
    let wanted = |address: &Address| !options.destroy && selected.includes(address);
    let mut campaigns = campaign::prepare(
        project,
        campaign::LiveWorld {
            numbers: &|account| snapshot.numbers(account).to_vec(),
            object: &|kind, account, key| snapshot.get(kind, account, key),
        },
        store,
        clock,
        &wanted,
        &*options.progress,
    )
    .await?;
    for campaign in &mut campaigns {
        campaign.hold_for(unready(&plan, &campaign.send.needs));
        if options.limits.allows(guards::MAX_FAILURE_RATE) {
            campaign.tolerate_failures();
        }
    }
    plan.sends = campaigns
        .iter()
        .map(|campaign| campaign.send.clone())
        .collect();
    plan.guards = options.limits.check(&guards::Facts {
        now: plan.made_at,
        changes: &plan.changes,
        sends: campaigns
            .iter()
            .map(|campaign| (&campaign.send, &campaign.health))
            .collect(),
        population: snapshot.live_kinds(),
    });
    plan.id = plan_id::of(&plan);
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
    selected: &Selected,
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
            decide_one(reconciler, sides, selected, context, &mut plan);
        }
    }
    plan
}

fn decide_one(
    reconciler: &'static dyn Reconciler,
    sides: Sides<'_>,
    selected: &Selected,
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
    if !selected.includes(address) {
        return;
    }
    context.replaced = selected.replaces(address);
    let decided = diff::decide(reconciler, sides, context);
    plan.changes.extend(decided.change);
    plan.refused.extend(decided.refused);
    plan.waits.extend(decided.wait);
    plan.drift.extend(decided.drift);
}

/// Says what a plan of this kind does not show, or does beside what it shows.
fn notices(plan: &Plan) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut say = |code: &str, message: String| {
        notices.push(Notice {
            code: code.to_owned(),
            message,
        });
    };
    if !plan.refreshed {
        say(
            "plan::unrefreshed",
            "the live account was not read: what was last applied is taken for it, so that reviews, pauses, quality and \
             changes by others are not seen. Numbers and their limits were read. Such a plan cannot be applied"
                .to_owned(),
        );
    }
    let ours = |change: &&Change| {
        change.action == Action::Forget
            && reconcilers().any(|kind| kind.kind() == change.address.kind && !kind.is_elsewhere())
    };
    if plan.destroy {
        for change in plan.changes.iter().filter(ours) {
            say(
                "plan::ended",
                format!(
                    "{} is stopped: nothing more is sent for it, and its ledger stays, so that nobody is messaged twice \
                     if it is declared again",
                    change.address
                ),
            );
        }
    }
    notices
}

/// Returns where a change stands in the order of writing: what others need comes first, and goes last.
pub(super) fn order(project: &Project, change: &Change) -> usize {
    let position = project.position(&change.address);
    match change.action {
        Action::Delete | Action::Forget => usize::MAX - position,
        _ => position,
    }
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

impl Plan {
    pub(super) fn new(made_at: Timestamp) -> Self {
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
            selection: Selection::default(),
            refreshed: true,
            destroy: false,
            environment: None,
            outputs: Vec::new(),
        }
    }
}
