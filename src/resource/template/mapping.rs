//! Whether a mapping fills what a template needs.

use super::declaration::Template;
use super::variables::Variable;
use crate::config::{Diagnostics, Report};
use crate::resource::Declared;
use crate::resource::mapping::Mapping;

/// Reports variables of the template that the mapping does not fill, and entries that the template has no variable for.
pub fn check_mapping(
    template: &Declared<Template>,
    mapping: &Declared<Mapping>,
    diagnostics: &mut Diagnostics,
) {
    let variables = template.value.variables();
    let filled = &mapping.value.variables;
    for variable in variables.iter().filter(|variable| variable.required) {
        if !filled.keys().any(|name| **name == variable.name) {
            diagnostics.push(missing(template, mapping, &variable.name));
        }
    }
    for name in filled.keys() {
        if !variables.iter().any(|variable| variable.name == **name) {
            diagnostics.push(
                Report::error(
                    "mapping::variable_unknown",
                    format!(
                        "template.{} has no variable `{}`",
                        template.name,
                        name.get()
                    ),
                )
                .at(mapping.at(name.span()), "fills nothing")
                .help(known(name, &variables)),
            );
        }
    }
}

fn missing(template: &Declared<Template>, mapping: &Declared<Mapping>, name: &str) -> Report {
    Report::error(
        "mapping::variable_missing",
        format!("`{name}` of template.{} is not filled", template.name),
    )
    .at(mapping.name_place.clone(), "fills the others")
    .help(format!(
        "add under [mapping.{}.variables]: {} = {{ field = \"...\" }}",
        mapping.name,
        key(name)
    ))
}

/// Writes a name as a key of TOML.
fn key(name: &str) -> String {
    let is_bare = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if is_bare {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

/// Proposes the nearest variable, else names all.
fn known(name: &str, variables: &[Variable]) -> String {
    let nearest = variables
        .iter()
        .map(|variable| (strsim::osa_distance(&variable.name, name), &variable.name))
        .filter(|(distance, variable)| *distance <= variable.len().max(3) / 3)
        .min();
    match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`?"),
        None if variables.is_empty() => "the template has no variables at all".to_owned(),
        None => {
            let names: Vec<String> = variables
                .iter()
                .map(|variable| format!("`{}`", variable.name))
                .collect();
            format!("it has {}", names.join(", "))
        }
    }
}
