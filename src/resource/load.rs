//! From a directory to a project: every block read by its kind, checked beside the others, and put in order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::graph::{self, Edges};
use super::kind::Kind;
use super::kinds::kinds;
use super::project::Project;
use super::state;
use crate::config::{self, Address, Diagnostics, Inputs, KindShape, Loaded, Place, Report};

/// Reads the blocks of the project in `directory`, before their kinds have read them.
#[must_use]
pub fn blocks(directory: &Path, inputs: &Inputs) -> Loaded {
    let shapes: Vec<KindShape> = kinds()
        .iter()
        .map(|kind| KindShape {
            name: kind.name(),
            named: kind.named(),
            apart: kind.apart(),
        })
        .collect();
    config::load(directory, inputs, &shapes)
}

/// Returns all resources with those that each refers to, declared or not.
#[must_use]
pub fn references(project: &Project) -> Edges {
    kinds()
        .iter()
        .flat_map(|kind| kind.references(project))
        .map(|(address, needs)| (address, BTreeSet::from_iter(needs)))
        .collect()
}

/// Reads and checks the project in `directory`, offline.
///
/// The diagnostics are complete, sorted and free of secrets; a project with errors is for showing them only.
#[must_use]
pub fn load(directory: &Path, inputs: &Inputs) -> (Project, Diagnostics) {
    let loaded = blocks(directory, inputs);
    let mut diagnostics = loaded.diagnostics;
    let mut project = Project::default();
    project.directory = directory.to_owned();
    project.sources = loaded.sources;
    project.environment = loaded.environment;
    project.environments = loaded
        .environments
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    state::check_apart(&project, &loaded.environments, &mut diagnostics);
    for address in loaded.broken {
        project.insert_broken(address);
    }
    let by_name: BTreeMap<&str, &dyn Kind> =
        kinds().iter().map(|kind| (kind.name(), *kind)).collect();
    let mut places = BTreeMap::new();
    for block in &loaded.blocks {
        places.insert(block.address(), block.header());
        project.note(block.address(), config::digest(block));
        if let Some(kind) = by_name.get(block.kind.get().as_str()) {
            kind.load(block, &mut project, &mut diagnostics);
        }
    }
    for kind in kinds() {
        kind.check(&project, &mut diagnostics);
    }
    set_order(&mut project, &places, &mut diagnostics);
    project.sources.conceal(&mut diagnostics);
    diagnostics.finish();
    (project, diagnostics)
}

fn set_order(
    project: &mut Project,
    places: &BTreeMap<Address, Place>,
    diagnostics: &mut Diagnostics,
) {
    match graph::order(&references(project)) {
        Ok(order) => project.set_order(order),
        Err(cycles) => {
            for cycle in cycles {
                diagnostics.push(cycle_report(&cycle, places));
            }
        }
    }
}

fn cycle_report(cycle: &[Address], places: &BTreeMap<Address, Place>) -> Report {
    let names: Vec<_> = cycle
        .iter()
        .chain(cycle.first())
        .map(|address| format!("`{address}`"))
        .collect();
    let mut report = Report::error(
        "config::cycle",
        format!("references in a circle: {}", names.join(" needs ")),
    )
    .help("no order exists in which these could be created; take one of the references out");
    for (at, address) in cycle.iter().enumerate() {
        let next = &cycle[(at + 1) % cycle.len()];
        if let Some(place) = places.get(address) {
            report = report.at(place.clone(), format!("needs `{next}`"));
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourceId;

    #[test]
    fn a_cycle_names_all_its_members_with_their_places() {
        let cycle = [Address::new("a", "x"), Address::new("b", "y")];
        let places = cycle
            .iter()
            .cloned()
            .zip([3, 9].map(|at| Place::new(SourceId(0), at..at + 1)))
            .collect();
        let report = cycle_report(&cycle, &places);
        assert_eq!(
            report.message,
            "references in a circle: `a.x` needs `b.y` needs `a.x`"
        );
        let labels: Vec<_> = report
            .labels
            .iter()
            .map(|label| (label.place.start, label.text.as_str()))
            .collect();
        assert_eq!(labels, [(3, "needs `b.y`"), (9, "needs `a.x`")]);
    }
}
