//! Reads and checks a project offline, in the environment that was chosen or in all of them.

use std::path::Path;

use crate::campaign;
use crate::config::{Diagnostics, Inputs, Report};
use crate::resource::{self, Project};

/// Returns the project and all that is wrong with it. Where it has several environments and none is chosen, it is read in
/// each of them; what is wrong in some alone says in which.
pub(crate) fn examine(directory: &Path, inputs: &Inputs) -> (Project, Diagnostics) {
    let (project, mut diagnostics) = resource::load(directory, inputs);
    if inputs.chosen.is_some() || project.environments.len() < 2 {
        campaign::check_sources(&project, &mut diagnostics);
        diagnostics.finish();
        return (project, diagnostics);
    }
    let mut whole: Option<Project> = None;
    let mut found: Vec<(Report, Vec<&str>)> = Vec::new();
    for environment in &project.environments {
        let inputs = Inputs {
            chosen: Some(environment.clone()),
            ..inputs.clone()
        };
        let (project, mut diagnostics) = resource::load(directory, &inputs);
        campaign::check_sources(&project, &mut diagnostics);
        diagnostics.finish();
        for report in diagnostics.reports() {
            match found.iter_mut().find(|(known, _)| known == report) {
                Some((_, environments)) => environments.push(environment),
                None => found.push((report.clone(), vec![environment])),
            }
        }
        match &mut whole {
            Some(whole) => whole.sources.hide_as(&project.sources),
            None => whole = Some(project),
        }
    }
    let mut diagnostics = Diagnostics::default();
    for (mut report, environments) in found {
        if environments.len() < project.environments.len() {
            let names: Vec<String> = environments
                .iter()
                .map(|environment| format!("`{environment}`"))
                .collect();
            let noun = match names.len() {
                1 => "environment",
                _ => "environments",
            };
            report.message = format!("{} (in the {noun} {})", report.message, names.join(", "));
        }
        diagnostics.push(report);
    }
    diagnostics.finish();
    (whole.unwrap_or(project), diagnostics)
}
