//! What of the state can be told anew from what is live.

use std::collections::BTreeMap;

use super::found::remembering;
use super::planner::{Connections, Error};
use super::refresh::{Snapshot, reconcilers};
use crate::clock::Clock;
use crate::resource::Project;
use crate::store::{Applied, Database, RightUsed};

/// Where the state and the live world say different things, though nothing is to be written anywhere.
#[derive(Clone, Debug, Default)]
pub struct Repair {
    /// Live as declared, and not remembered so.
    pub remember: Vec<(Applied, Vec<RightUsed>)>,
    /// Remembered, and gone.
    pub gone: Vec<Applied>,
}

/// Reads the world and finds what the state should say. Nothing is written; what differs from its declaration is left to a plan.
///
/// # Errors
/// Where something could not be read.
pub async fn repair(
    project: &Project,
    connections: &Connections<'_>,
    store: &dyn Database,
    clock: &Clock,
) -> Result<Repair, Error> {
    let at = clock.now();
    let applied = store.applied().await?;
    let snapshot = Snapshot::read(project, connections, store, clock).await?;
    let mut repair = Repair::default();
    for reconciler in reconcilers() {
        let kind = reconciler.kind();
        let ours = applied.iter().filter(|last| last.address.kind == kind);
        let last: BTreeMap<_, _> = ours
            .map(|last| ((&*last.account, &*last.key), last))
            .collect();
        for last in last.values() {
            // Of an account that is not declared any more nothing was read.
            let was_read = connections.readers.contains_key(&last.account);
            if was_read && snapshot.get(kind, &last.account, &last.key).is_none() {
                repair.gone.push((*last).clone());
            }
        }
        let desired = reconciler
            .desired(project)
            .map_err(|report| Error::Configuration(Box::new(report)))?;
        for desired in &desired {
            let Some(live) = snapshot.get(kind, &desired.account, &desired.key) else {
                continue;
            };
            let last = last.get(&(&*desired.account, &*desired.key)).copied();
            let differs =
                reconciler.compare(&desired.content, last.map(|last| &last.content), live);
            if differs.is_empty() {
                let remembered = remembering(reconciler, desired, last, live, at);
                let unknown = remembered.filter(|found| !found.noted);
                let unknown = unknown.map(|found| (found.applied, found.rights));
                repair.remember.extend(unknown);
            }
        }
    }
    Ok(repair)
}
