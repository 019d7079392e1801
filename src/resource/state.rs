//! `[state.engine]`: where state and ledger live.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::{Declared, Project, Resource};
use crate::config::{self, Block, Diagnostics, Place, Report, proposal};

/// The state's database, by engine: `[state.sqlite]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The file, relative to the project's directory; `.waform/state.db` where left out.
    pub path: Option<PathBuf>,
}

impl Resource for State {
    const KIND: &'static str = "state";
    const APART: bool = true;

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

/// The directory of what waform keeps beside a project.
pub const KEPT: &str = ".waform";

/// Returns the state's file where none is declared. Each environment has its own: two accounts in one ledger would each take
/// the other's objects for theirs.
#[must_use]
pub fn default_file(environment: Option<&str>) -> PathBuf {
    kept(environment).join("state.db")
}

/// Returns the file of state and ledger of what is played in the sandbox.
#[must_use]
pub fn sandbox_file(environment: Option<&str>) -> PathBuf {
    kept(environment).join("sandbox-state.db")
}

fn kept(environment: Option<&str>) -> PathBuf {
    match environment {
        Some(environment) => Path::new(KEPT).join(environment),
        None => PathBuf::from(KEPT),
    }
}

/// Reports environments that keep the same state.
pub(super) fn check_apart(
    project: &Project,
    environments: &[(String, Vec<Block>)],
    diagnostics: &mut Diagnostics,
) {
    let mut files: BTreeMap<PathBuf, (&str, PathBuf, Option<Place>)> = BTreeMap::new();
    for (environment, blocks) in environments {
        // What is wrong with it is reported where the environment itself is read.
        let mut unsaid = Diagnostics::default();
        let block = blocks.iter().find(|block| *block.kind.get() == State::KIND);
        let declared = block.and_then(|block| config::deserialize::<State>(block, &mut unsaid));
        let path = declared.and_then(|state| state.path);
        let place = block.and_then(path_place);
        let path = path.unwrap_or_else(|| default_file(Some(environment)));
        let key = plain(&project.path(&path));
        let Some((other, _, theirs)) = files.get(&key) else {
            files.insert(key, (environment.as_str(), path, place));
            continue;
        };
        let mut report = Report::error(
            "environment::same_state",
            format!(
                "the environments `{other}` and `{environment}` keep the same state: {}",
                path.display()
            ),
        )
        .help(format!(
            "leave `path` out for {}, or give each environment its own: [env.{environment}.state.sqlite]",
            default_file(Some(environment)).display()
        ));
        for place in [
            place.as_ref(),
            theirs
                .as_ref()
                .filter(|theirs| Some(*theirs) != place.as_ref()),
        ]
        .into_iter()
        .flatten()
        {
            report = report.at(place.clone(), "");
        }
        diagnostics.push(report);
    }
}

/// Returns where a block says where its file is.
fn path_place(block: &Block) -> Option<Place> {
    let path = block.value.get_ref().get("path")?;
    Some(block.place(path.span()))
}

/// Returns a path without the detours in it: two names of one file are one.
fn plain(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
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
