//! From a directory to blocks: reading, parsing, merging, inserting variables.
//!
//! Everything that is wrong in any file is reported in one run; a block that could not be read is remembered as broken,
//! so that references to it are no second error.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::address::Address;
use super::block::Block;
use super::diagnostic::{Diagnostics, Report};
use super::overlay::{self, Overlays};
use super::place::{Place, SourceId, Sources};
use super::split::Splitter;
use super::variable::{self, Variables};
use super::{environment, files, insert};

/// What comes from outside of the directory.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// `--var name=value`, in order; the last of a name counts.
    pub variables: Vec<(String, String)>,
    /// `--var-file`, in order; later files win.
    pub variable_files: Vec<PathBuf>,
    /// The process's environment, or the `WAFORM_*` part of it.
    pub environment: BTreeMap<String, String>,
    /// The `WAFORM_*` names that the program itself reads.
    pub known_environment: BTreeSet<String>,
    /// The environment (`[env.NAME]`) to read for; the only one where left out.
    pub chosen: Option<String>,
}

/// What loading must know of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindShape {
    pub name: &'static str,
    /// Whether its tables have names: `[campaign.spring]`, but `[guard]`.
    pub named: bool,
    /// Whether no two environments may have the same: its blocks are read for each of them.
    pub apart: bool,
}

/// A directory as blocks.
#[derive(Debug, Default)]
pub struct Loaded {
    pub sources: Sources,
    /// In the order of files and lines.
    pub blocks: Vec<Block>,
    /// Blocks that were written but could not be read.
    pub broken: Vec<Address>,
    pub variables: Variables,
    /// The environment that was read for.
    pub environment: Option<String>,
    /// All declared environments, each with its blocks of the kinds that are to be apart.
    pub environments: Vec<(String, Vec<Block>)>,
    pub diagnostics: Diagnostics,
}

/// Reads the project in `directory`.
#[must_use]
pub fn load(directory: &Path, inputs: &Inputs, kinds: &[KindShape]) -> Loaded {
    let mut loaded = Loaded::default();
    let mut overlays = Overlays::default();
    let files = files::read(directory, &mut loaded.sources, &mut loaded.diagnostics);
    for source in files {
        parse(source, kinds, &mut overlays, &mut loaded);
    }
    merge(&mut loaded);
    loaded.environment = overlays.choose(inputs.chosen.as_deref(), &mut loaded.diagnostics);
    loaded.environments = overlays
        .names()
        .map(|name| {
            (
                name.to_owned(),
                apart(name, &overlays, inputs, kinds, &loaded),
            )
        })
        .collect();
    let overlay = match loaded.environment.as_deref() {
        Some(name) => overlays.get(name),
        None if overlays.is_empty() => None,
        // What only an environment gives is missing, and that is no second error.
        None => {
            let blocks = loaded.blocks.iter().chain(overlays.blocks());
            loaded.broken.extend(blocks.map(Block::address));
            loaded.blocks.clear();
            loaded.sources.conceal(&mut loaded.diagnostics);
            return loaded;
        }
    };
    if let Some(overlay) = overlay {
        overlay::lay(&mut loaded.blocks, overlay);
    }
    let mut insertion = Insertion {
        inputs,
        values: overlay.map_or(&[], |overlay| &overlay.values),
        sources: &mut loaded.sources,
        diagnostics: &mut loaded.diagnostics,
    };
    let blocks = std::mem::take(&mut loaded.blocks);
    (loaded.blocks, loaded.variables) = insertion.insert(blocks, &mut loaded.broken);
    let broken: BTreeSet<_> = loaded.broken.iter().cloned().collect();
    loaded
        .blocks
        .retain(|block| !broken.contains(&block.address()));
    // What another environment reads is no misspelt name.
    let everywhere: Vec<&Block> = loaded.blocks.iter().chain(overlays.blocks()).collect();
    environment::check(
        inputs,
        &everywhere,
        &loaded.variables,
        &mut loaded.diagnostics,
    );
    loaded.sources.conceal(&mut loaded.diagnostics);
    loaded
}

/// How variables come into blocks.
struct Insertion<'a> {
    inputs: &'a Inputs,
    /// Those of the environment.
    values: &'a [overlay::Given],
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
}

impl Insertion<'_> {
    /// Takes the declarations out of the blocks and inserts their values into the others.
    fn insert(&mut self, blocks: Vec<Block>, broken: &mut Vec<Address>) -> (Vec<Block>, Variables) {
        let (declarations, mut blocks): (Vec<Block>, Vec<Block>) = blocks
            .into_iter()
            .partition(|block| block.kind.get() == variable::KIND);
        let variables = variable::resolve(
            declarations,
            self.values,
            self.inputs,
            self.sources,
            self.diagnostics,
        );
        for block in &mut blocks {
            if !insert::variables(block, &variables, self.sources, self.diagnostics) {
                broken.push(block.address());
            }
        }
        (blocks, variables)
    }
}

/// Returns an environment's blocks of the kinds that no two environments may share. What is wrong in them is reported when
/// the environment itself is read.
fn apart(
    environment: &str,
    overlays: &Overlays,
    inputs: &Inputs,
    kinds: &[KindShape],
    loaded: &Loaded,
) -> Vec<Block> {
    let is_apart = |block: &&Block| {
        kinds
            .iter()
            .any(|shape| shape.apart && shape.name == block.kind.get())
            || block.kind.get() == variable::KIND
    };
    let mut blocks: Vec<Block> = loaded.blocks.iter().filter(is_apart).cloned().collect();
    let mut values: &[overlay::Given] = &[];
    if let Some(overlay) = overlays.get(environment) {
        overlay::lay(&mut blocks, overlay);
        values = &overlay.values;
    }
    blocks.retain(|block| is_apart(&block));
    let (mut sources, mut unsaid) = (loaded.sources.clone(), Diagnostics::default());
    let mut insertion = Insertion {
        inputs,
        values,
        sources: &mut sources,
        diagnostics: &mut unsaid,
    };
    let mut broken = Vec::new();
    let (mut blocks, _) = insertion.insert(blocks, &mut broken);
    blocks.retain(|block| !broken.contains(&block.address()));
    blocks
}

fn parse(source: SourceId, kinds: &[KindShape], overlays: &mut Overlays, loaded: &mut Loaded) {
    let text = loaded.sources.get(source).text.clone();
    let (tree, errors) = DeTable::parse_recoverable(&text);
    let mut table = super::own::table(tree.into_inner());
    let environments = table
        .keys()
        .find(|key| key.get_ref() == overlay::KEY)
        .cloned();
    let environments = environments.and_then(|key| Some((key.span(), table.remove(&key)?)));
    let mut splitter = Splitter {
        source,
        text: &text,
        kinds,
        environment: None,
        diagnostics: &mut loaded.diagnostics,
    };
    let blocks = splitter.split(table);
    let mut blocks: Vec<(Option<String>, Block)> =
        blocks.into_iter().map(|block| (None, block)).collect();
    if let Some(environments) = environments {
        let read = overlays.read(environments, source, &text, kinds, &mut loaded.diagnostics);
        blocks.extend(read.into_iter().map(|(name, block)| (Some(name), block)));
        blocks.sort_by_key(|(_, block)| block.header().start);
    }
    // After a syntax error the parser invents values; the block that holds it cannot be believed.
    let suspects: BTreeSet<usize> = errors
        .iter()
        .filter_map(|error| {
            let at = error.span()?.start;
            blocks
                .iter()
                .rposition(|(_, block)| block.header().start <= at)
        })
        .collect();
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        loaded.diagnostics.push(super::syntax::report(
            error,
            Place::new(source, span),
            &text,
        ));
    }
    for (at, (environment, block)) in blocks.into_iter().enumerate() {
        if suspects.contains(&at) {
            loaded.broken.push(block.address());
        } else if let Some(environment) = environment {
            overlays.add(&environment, block, &mut loaded.diagnostics);
        } else {
            loaded.blocks.push(block);
        }
    }
}

/// Reports addresses that are declared twice, and keeps the first of each.
fn merge(loaded: &mut Loaded) {
    let mut first: BTreeMap<Address, Place> = BTreeMap::new();
    let diagnostics = &mut loaded.diagnostics;
    loaded.blocks.retain(|block| {
        let address = block.address();
        let Some(earlier) = first.get(&address) else {
            first.insert(address, block.header());
            return true;
        };
        diagnostics.push(
            Report::error(
                "config::duplicate",
                format!("`{address}` is declared twice"),
            )
            .at(block.header(), "declared again here")
            .at(earlier.clone(), "first declared here")
            .help("a block stands in one file as a whole; rename one of the two or join them"),
        );
        false
    });
}
