//! What outputs tell: from the plan as far as it can be known, from the live account once it is applied.

use super::plan::{Action, Output, Plan};
use super::planner::{self, Connections};
use super::refresh::{Snapshot, reconcilers};
use crate::clock::Clock;
use crate::config::{Address, Report};
use crate::resource::output::{self, Told};
use crate::resource::{Desired, Project};
use crate::store::Store;

/// Returns all outputs as they are now.
///
/// # Errors
/// Where the live account could not be read.
pub async fn outputs(
    project: &Project,
    connections: &Connections<'_>,
    store: &dyn Store,
    clock: &Clock,
) -> Result<Vec<Output>, planner::Error> {
    let mut declared = project.all::<output::Output>();
    let asks = declared.any(|output| matches!(output.value.value.get(), Told::Attribute(_)));
    if !asks {
        return Ok(tell(project, &[], &Snapshot::default(), |_, _| true));
    }
    let desired =
        desired(project).map_err(|report| planner::Error::Configuration(Box::new(report)))?;
    let snapshot = Snapshot::read(project, connections, store, clock).await?;
    Ok(tell(project, &desired, &snapshot, |_, _| true))
}

/// Returns all outputs as far as a plan knows them: what it changes is known after it.
pub(super) fn planned(
    project: &Project,
    desired: &[Desired],
    snapshot: &Snapshot,
    plan: &Plan,
) -> Vec<Output> {
    tell(project, desired, snapshot, |address, attribute| {
        plan.changes
            .iter()
            .filter(|change| change.address == *address && change.writes())
            .all(|change| {
                let stays = matches!(change.action, Action::Update | Action::Adopt);
                stays && output::is_lasting(attribute)
            })
    })
}

/// Returns all objects that a configuration asks for.
pub(super) fn desired(project: &Project) -> Result<Vec<Desired>, Report> {
    let mut desired = Vec::new();
    for reconciler in reconcilers() {
        desired.extend(reconciler.desired(project)?);
    }
    Ok(desired)
}

fn tell(
    project: &Project,
    desired: &[Desired],
    snapshot: &Snapshot,
    is_settled: impl Fn(&Address, &str) -> bool,
) -> Vec<Output> {
    let tell = |declared: &crate::resource::Declared<output::Output>| {
        let value = match declared.value.value.get() {
            Told::Plain(value) => Some(output::plain(value)),
            Told::Attribute(asked) => desired
                .iter()
                .find(|desired| desired.address.is_named_by(&asked.of))
                .filter(|desired| is_settled(&desired.address, &asked.attribute))
                .and_then(|desired| {
                    let kind = &desired.address.kind;
                    let reconciler = reconcilers().find(|known| known.kind() == kind)?;
                    let live = snapshot.get(reconciler.kind(), &desired.account, &desired.key)?;
                    output::attribute(reconciler, live, &asked.attribute)
                }),
        };
        Output {
            name: declared.name.clone(),
            value,
            description: declared.value.description.clone(),
        }
    };
    project.all::<output::Output>().map(tell).collect()
}
