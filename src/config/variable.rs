//! Declared variables and their values.
//!
//! `--var` wins over `--var-file`, which wins over `WAFORM_VAR_name`, which wins over the value of the environment
//! (`[env.staging.variable]`), which wins over the declared default.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use toml::de::DeTable;

use super::block::Block;
use super::deserialize::deserialize;
use super::diagnostic::{Diagnostics, Report};
use super::load::Inputs;
use super::nearest::proposal;
use super::overlay;
use super::place::{Place, Sources};
use super::scalar::{Scalar, Type};
use super::spanned::Spanned;

/// The kind of blocks that declare variables.
pub(super) const KIND: &str = "variable";

/// The beginning of environment variables that give values.
pub const ENVIRONMENT_PREFIX: &str = "WAFORM_VAR_";

/// A variable, inserted anywhere into a string as `${var.name}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// What its values must be; text where left out.
    #[serde(default)]
    pub r#type: Type,
    /// The value where none is given; without it, one must be given.
    pub default: Option<Spanned<Scalar>>,
    /// What it is for.
    pub description: Option<String>,
}

/// All variables of a project with their values.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    declared: BTreeMap<String, Place>,
    values: BTreeMap<String, Scalar>,
    /// Declared or given wrongly, which has been reported.
    broken: BTreeSet<String>,
}

impl Variables {
    /// Returns the value of a variable that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Scalar> {
        self.values.get(name)
    }

    /// Returns the names of all declared variables, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.declared.keys().map(String::as_str)
    }

    pub(super) fn declaration(&self, name: &str) -> Option<&Place> {
        self.declared.get(name)
    }

    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }
}

/// Reads the declarations and finds the value of each variable.
pub(super) fn resolve(
    declarations: Vec<Block>,
    given_there: &[overlay::Given],
    inputs: &Inputs,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Variables {
    let mut variables = Variables::default();
    let mut types: BTreeMap<String, Type> = BTreeMap::new();
    for block in declarations {
        let name = block.name.get().clone();
        variables.declared.insert(name.clone(), block.header());
        let Some(declared) = deserialize::<Variable>(&block, diagnostics) else {
            variables.broken.insert(name);
            continue;
        };
        types.insert(name.clone(), declared.r#type);
        let Some(default) = declared.default else {
            continue;
        };
        let place = block.place(default.span());
        match declared.r#type.accept(default.into_inner()) {
            Some(Scalar::Text(text)) if text.contains("${") => {
                variables.broken.insert(name.clone());
                diagnostics.push(
                    Report::error(
                        "variable::syntax",
                        format!("the default of `{name}` uses a variable"),
                    )
                    .at(place, "taken as it stands")
                    .help("a default is a plain value; put the variables together where they are used"),
                );
            }
            Some(value) => {
                variables.values.insert(name, value);
            }
            None => {
                diagnostics.push(
                    Report::error(
                        "variable::type",
                        format!(
                            "the default of `{name}` is not {}",
                            declared.r#type.wanted()
                        ),
                    )
                    .at(place, format!("expected {}", declared.r#type.wanted())),
                );
                variables.broken.insert(name);
            }
        }
    }
    let mut given = Given {
        variables: &mut variables,
        types: &types,
        diagnostics,
    };
    for value in given_there {
        given.here(value);
    }
    for (name, value) in &inputs.environment {
        // One that is not declared is reported with all unknown variables of the environment.
        if let Some(name) = name.strip_prefix(ENVIRONMENT_PREFIX)
            && given.types.contains_key(name)
        {
            given.text(name, value, &format!("{ENVIRONMENT_PREFIX}{name}"));
        }
    }
    for path in &inputs.variable_files {
        given.file(path, sources);
    }
    for (name, value) in &inputs.variables {
        given.text(name, value, &format!("--var {name}"));
    }
    variables
}

/// Takes values in, the later over the earlier.
struct Given<'a> {
    variables: &'a mut Variables,
    types: &'a BTreeMap<String, Type>,
    diagnostics: &'a mut Diagnostics,
}

impl Given<'_> {
    /// Takes in the value of an environment.
    fn here(&mut self, given: &overlay::Given) {
        let overlay::Given {
            name,
            at,
            value,
            source,
        } = given;
        let Some(wanted) = self.declared(name, "the environment", Some(at.clone())) else {
            return;
        };
        let place = Place::new(*source, value.span());
        let read = Scalar::deserialize(toml::de::ValueDeserializer::from(value.clone())).ok();
        let accepted = read.and_then(|value| wanted.accept(value));
        self.set(name, accepted, wanted, "the environment", Some(place));
    }

    fn text(&mut self, name: &str, text: &str, from: &str) {
        let Some(wanted) = self.declared(name, from, None) else {
            return;
        };
        let value = wanted.parse(text);
        self.set(name, value, wanted, from, None);
    }

    fn file(&mut self, path: &std::path::Path, sources: &mut Sources) {
        let Some(source) = super::files::file(path, path, sources, self.diagnostics) else {
            return;
        };
        let text = sources.get(source).text.clone();
        let (tree, errors) = DeTable::parse_recoverable(&text);
        for error in &errors {
            let place = Place::new(source, error.span().unwrap_or(0..0));
            self.diagnostics
                .push(super::syntax::report(error, place, &text));
        }
        if !errors.is_empty() {
            return;
        }
        for (key, value) in tree.into_inner() {
            let place = Place::new(source, value.span());
            let from = path.display().to_string();
            let name = key.get_ref().to_string();
            let at = Place::new(source, key.span());
            let Some(wanted) = self.declared(&name, &from, Some(at)) else {
                continue;
            };
            let read = Scalar::deserialize(toml::de::ValueDeserializer::from(value)).ok();
            let accepted = read.and_then(|value| wanted.accept(value));
            self.set(&name, accepted, wanted, &from, Some(place));
        }
    }

    fn declared(&mut self, name: &str, from: &str, at: Option<Place>) -> Option<Type> {
        if let Some(found) = self.types.get(name) {
            return Some(*found);
        }
        if !self.variables.is_broken(name) {
            let mut report = Report::error(
                "variable::undeclared",
                format!("{from}: no variable `{name}` is declared"),
            );
            if let Some(at) = at {
                report = report.at(at, "");
            }
            report.help = proposal(name, self.variables.names())
                .or_else(|| Some(format!("declare it: `[variable.{name}]`")));
            self.diagnostics.push(report);
        }
        None
    }

    fn set(
        &mut self,
        name: &str,
        value: Option<Scalar>,
        wanted: Type,
        from: &str,
        at: Option<Place>,
    ) {
        if let Some(value) = value {
            self.variables.values.insert(name.to_owned(), value);
            self.variables.broken.remove(name);
            return;
        }
        self.variables.values.remove(name);
        self.variables.broken.insert(name.to_owned());
        // The value itself is not repeated: people pass secrets this way too.
        let mut report = Report::error(
            "variable::type",
            format!("{from}: the value is not {}", wanted.wanted()),
        );
        if let Some(at) = at {
            report = report.at(at, "");
        }
        if let Some(declared) = self.variables.declaration(name).cloned() {
            report = report.at(declared, "declared here");
        }
        self.diagnostics.push(report);
    }
}
