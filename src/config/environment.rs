//! `WAFORM_*` variables that nobody reads: a misspelt one would be ignored in silence.

use std::collections::BTreeSet;

use toml::de::DeValue;

use super::block::Block;
use super::diagnostic::{Diagnostics, Report};
use super::load::Inputs;
use super::nearest::nearest;
use super::variable::{ENVIRONMENT_PREFIX, Variables};

const PREFIX: &str = "WAFORM_";

/// Reports `WAFORM_*` variables that neither the program nor the configuration know.
pub(super) fn check(
    inputs: &Inputs,
    blocks: &[&Block],
    variables: &Variables,
    diagnostics: &mut Diagnostics,
) {
    let mut known: BTreeSet<String> = inputs.known_environment.clone();
    known.extend(
        variables
            .names()
            .map(|name| format!("{ENVIRONMENT_PREFIX}{name}")),
    );
    for block in blocks.iter().copied() {
        named(block.value.get_ref(), &mut known);
    }
    for name in inputs.environment.keys() {
        if !name.starts_with(PREFIX) || known.contains(name) {
            continue;
        }
        let near = nearest(name, known.iter().map(String::as_str));
        let help = match (near, name.strip_prefix(ENVIRONMENT_PREFIX)) {
            (Some(near), _) => format!("did you mean `{near}`? Otherwise unset it"),
            (None, Some(variable)) => {
                format!("declare `[variable.{variable}]`, or unset it")
            }
            (None, None) => "unset it; names that begin with WAFORM_ are waform's own".to_owned(),
        };
        diagnostics.push(
            Report::error(
                "config::unknown_environment",
                format!("the environment variable `{name}` is set, and nothing reads it"),
            )
            .help(help),
        );
    }
}

/// Collects the names in `{ env = "NAME" }`.
fn named(value: &DeValue<'_>, known: &mut BTreeSet<String>) {
    match value {
        DeValue::Table(table) => {
            for (key, value) in table {
                match value.get_ref().as_str() {
                    Some(name) if key.get_ref() == "env" => {
                        known.insert(name.to_owned());
                    }
                    _ => named(value.get_ref(), known),
                }
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| named(item.get_ref(), known)),
        _ => {}
    }
}
