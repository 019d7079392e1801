//! `[state.engine]`: where state and ledger live.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::{Declared, Project, Resource};
use crate::config::{Diagnostics, Report, proposal};

/// The state's database, by engine: `[state.sqlite]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The file, relative to the project's directory; `.waform/state.db` where left out.
    pub path: Option<PathBuf>,
}

impl Resource for State {
    const KIND: &'static str = "state";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

/// The engines that keep a state.
const ENGINES: &[&str] = &["sqlite"];

const CHECKS: &[Check<State>] = &[engine_is_known, declared_once, path_is_named];

fn engine_is_known(this: &Declared<State>, _: &Project, diagnostics: &mut Diagnostics) {
    if !ENGINES.contains(&this.name.as_str()) {
        diagnostics.push(
            Report::error(
                "state::engine",
                format!("no engine is called `{}`", this.name),
            )
            .at(this.name_place.clone(), "not an engine")
            .help(proposal(&this.name, ENGINES.iter().copied()).unwrap_or_default()),
        );
    }
}

fn declared_once(this: &Declared<State>, project: &Project, diagnostics: &mut Diagnostics) {
    let first = project.all::<State>().next();
    if let Some(first) = first.filter(|first| first.name != this.name) {
        diagnostics.push(
            Report::error("state::several", "a project has one state")
                .at(this.name_place.clone(), "the second")
                .at(first.name_place.clone(), "the first")
                .help("keep the one that holds your ledger; contacts of the other would be messaged again"),
        );
    }
}

fn path_is_named(this: &Declared<State>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(path) = &this.value.path
        && path.as_os_str().is_empty()
    {
        diagnostics.push(
            Report::error("state::path", "the path of the state is empty")
                .at(this.name_place.clone(), "")
                .help("leave it out for .waform/state.db"),
        );
    }
}
