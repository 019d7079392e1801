//! `[env.NAME]`: one configuration for several accounts.
//!
//! An environment lays tables over those of the project: `[env.staging.account.main]` over `[account.main]`. The keys that
//! it gives take the place of the base's as a whole, the others stay; a table that lies over nothing is one more. This
//! happens before variables are inserted and before a kind reads its tables, so that no kind knows of it.
//!
//! Where a project declares environments, every run is in one of them: the base alone is no world of its own.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::address::Address;
use super::block::Block;
use super::diagnostic::{Diagnostics, Report};
use super::load::KindShape;
use super::nearest::proposal;
use super::place::{Place, SourceId};
use super::split::{Splitter, is_name};
use super::variable;

type Value = toml::Spanned<DeValue<'static>>;

/// The key that environments stand below.
pub(super) const KEY: &str = "env";

/// A value of a variable in one environment.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) value: Value,
    pub(super) source: SourceId,
}

/// What one environment lays over the base.
#[derive(Default)]
pub(super) struct Overlay {
    /// Where it is first named.
    place: Option<Place>,
    pub(super) blocks: Vec<Block>,
    pub(super) values: Vec<Given>,
}

/// All declared environments, by name.
#[derive(Default)]
pub(super) struct Overlays(BTreeMap<String, Overlay>);

impl Overlays {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Overlay> {
        self.0.get(name)
    }

    /// Returns the blocks of all environments.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.0.values().flat_map(|overlay| &overlay.blocks)
    }

    /// Takes in the blocks of one file that could be read.
    pub(super) fn add(&mut self, environment: &str, block: Block, diagnostics: &mut Diagnostics) {
        let overlay = self.0.entry(environment.to_owned()).or_default();
        let address = block.address();
        match overlay
            .blocks
            .iter()
            .find(|earlier| earlier.address() == address)
        {
            Some(earlier) => diagnostics.push(
                Report::error(
                    "config::duplicate",
                    format!("`{address}` is declared twice in the environment `{environment}`"),
                )
                .at(block.header(), "declared again here")
                .at(earlier.header(), "first declared here")
                .help("a block stands in one file as a whole; join the two"),
            ),
            None => overlay.blocks.push(block),
        }
    }

    /// Reads what stands below `env` in one file: the values of variables are taken in, the blocks are returned.
    pub(super) fn read(
        &mut self,
        (key, value): (Range<usize>, Value),
        source: SourceId,
        text: &str,
        kinds: &[KindShape],
        diagnostics: &mut Diagnostics,
    ) -> Vec<(String, Block)> {
        let at = |span| Place::new(source, span);
        let mut blocks = Vec::new();
        let DeValue::Table(environments) = value.into_inner() else {
            diagnostics.push(not_a_table(at(key)));
            return blocks;
        };
        for (name, value) in environments {
            let place = at(name.span());
            let name = name.into_inner().into_owned();
            let DeValue::Table(mut table) = value.into_inner() else {
                diagnostics.push(not_a_table(place));
                continue;
            };
            if !is_name(&name) {
                diagnostics.push(
                    Report::error("config::name", format!("`{name}` cannot be a name"))
                        .at(place, "")
                        .help("a name consists of letters, digits, `_` and `-`, and does not begin with `-`"),
                );
                continue;
            }
            let overlay = self.0.entry(name.clone()).or_default();
            overlay.place.get_or_insert(place);
            let variables = table.keys().find(|key| key.get_ref() == variable::KIND);
            if let Some(variables) = variables.cloned()
                && let Some(values) = table.remove(&variables)
            {
                overlay.give(variables.span(), values, source, diagnostics);
            }
            let mut splitter = Splitter {
                source,
                text,
                kinds,
                environment: Some(&name),
                diagnostics: &mut *diagnostics,
            };
            let split = splitter.split(table);
            blocks.extend(split.into_iter().map(|block| (name.clone(), block)));
        }
        blocks
    }

    /// Says which environment a run is in; none where none is declared, or where it cannot be told, which is reported.
    pub(super) fn choose(
        &self,
        chosen: Option<&str>,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let mut names = self.names();
        match (chosen, names.clone().count()) {
            (None, 0) => None,
            (None, 1) => names.next().map(str::to_owned),
            (None, _) => {
                let first = names.next().unwrap_or_default();
                let mut report = Report::error(
                    "environment::required",
                    "the configuration has several environments, and none is chosen",
                );
                for (name, overlay) in &self.0 {
                    if let Some(place) = &overlay.place {
                        report = report.at(place.clone(), format!("`{name}`"));
                    }
                }
                diagnostics
                    .push(report.help(format!("name one: `--env {first}`, or WAFORM_ENV={first}")));
                None
            }
            (Some(name), 0) => {
                diagnostics.push(
                    Report::error(
                        "environment::none",
                        format!("the environment `{name}` is chosen, and the configuration declares none"),
                    )
                    .help(format!(
                        "declare it, `[env.{name}.account.main]`, or leave out --env and unset WAFORM_ENV"
                    )),
                );
                None
            }
            (Some(name), _) if self.0.contains_key(name) => Some(name.to_owned()),
            (Some(name), _) => {
                let mut report = Report::error(
                    "environment::unknown",
                    format!("there is no environment `{name}`"),
                );
                report.help = proposal(name, names);
                diagnostics.push(report);
                None
            }
        }
    }
}

impl Overlay {
    fn give(
        &mut self,
        key: Range<usize>,
        values: Value,
        source: SourceId,
        diagnostics: &mut Diagnostics,
    ) {
        let DeValue::Table(values) = values.into_inner() else {
            diagnostics.push(not_a_table(Place::new(source, key)));
            return;
        };
        for (name, value) in values {
            self.values.push(Given {
                at: Place::new(source, name.span()),
                name: name.into_inner().into_owned(),
                value,
                source,
            });
        }
    }
}

fn not_a_table(place: Place) -> Report {
    Report::error("config::not_a_table", "an environment is a table of tables")
        .at(place, "")
        .help("write `[env.staging.account.main]`, and below it the keys that differ there; variables stand in `[env.staging.variable]`")
}

/// Lays an environment's blocks over those of the base.
pub(super) fn lay(blocks: &mut Vec<Block>, overlay: &Overlay) {
    let mut places: BTreeMap<Address, usize> = BTreeMap::new();
    for (at, block) in blocks.iter().enumerate() {
        places.entry(block.address()).or_insert(at);
    }
    for over in &overlay.blocks {
        match places.get(&over.address()) {
            Some(at) => cover(&mut blocks[*at], over),
            None => blocks.push(over.clone()),
        }
    }
}

fn cover(base: &mut Block, over: &Block) {
    let (DeValue::Table(below), DeValue::Table(above)) =
        (base.value.get_mut(), over.value.get_ref())
    else {
        return;
    };
    // The places of another file stay its own.
    let elsewhere = (over.source != base.source).then_some(over.source);
    for (key, value) in above.clone() {
        let (key, value) = match elsewhere {
            Some(source) => (
                toml::Spanned::new(source.mark(key.span()), key.into_inner()),
                marked(value, source),
            ),
            None => (key, value),
        };
        // Taken out first: a key that stays would keep its old place.
        below.remove(&key);
        below.insert(key, value);
    }
}

fn marked(value: Value, source: SourceId) -> Value {
    let span = source.mark(value.span());
    let value = match value.into_inner() {
        DeValue::Table(table) => {
            let entries = table.into_iter().map(|(key, value)| {
                let at = source.mark(key.span());
                (
                    toml::Spanned::new(at, key.into_inner()),
                    marked(value, source),
                )
            });
            DeValue::Table(entries.collect::<DeTable<'static>>())
        }
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| marked(item, source)).collect())
        }
        other => other,
    };
    toml::Spanned::new(span, value)
}
