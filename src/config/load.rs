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
}

/// What loading must know of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindShape {
    pub name: &'static str,
    /// Whether its tables have names: `[campaign.spring]`, but `[guard]`.
    pub named: bool,
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
    pub diagnostics: Diagnostics,
}

/// Reads the project in `directory`.
#[must_use]
pub fn load(directory: &Path, inputs: &Inputs, kinds: &[KindShape]) -> Loaded {
    let mut loaded = Loaded::default();
    let files = files::read(directory, &mut loaded.sources, &mut loaded.diagnostics);
    for source in files {
        parse(source, kinds, &mut loaded);
    }
    merge(&mut loaded);
    let (declarations, others) = loaded
        .blocks
        .into_iter()
        .partition(|block| block.kind.get() == variable::KIND);
    loaded.blocks = others;
    loaded.variables = variable::resolve(
        declarations,
        inputs,
        &mut loaded.sources,
        &mut loaded.diagnostics,
    );
    for block in &mut loaded.blocks {
        let sound = insert::variables(
            block,
            &loaded.variables,
            &loaded.sources,
            &mut loaded.diagnostics,
        );
        if !sound {
            loaded.broken.push(block.address());
        }
    }
    let broken: BTreeSet<_> = loaded.broken.iter().cloned().collect();
    loaded
        .blocks
        .retain(|block| !broken.contains(&block.address()));
    environment::check(
        inputs,
        &loaded.blocks,
        &loaded.variables,
        &mut loaded.diagnostics,
    );
    loaded.sources.conceal(&mut loaded.diagnostics);
    loaded
}

fn parse(source: SourceId, kinds: &[KindShape], loaded: &mut Loaded) {
    let text = loaded.sources.get(source).text.clone();
    let (tree, errors) = DeTable::parse_recoverable(&text);
    let table = super::own::table(tree.into_inner());
    let mut splitter = Splitter {
        source,
        text: &text,
        kinds,
        diagnostics: &mut loaded.diagnostics,
    };
    let blocks = splitter.split(table);
    // After a syntax error the parser invents values; the block that holds it cannot be believed.
    let suspects: BTreeSet<usize> = errors
        .iter()
        .filter_map(|error| {
            let at = error.span()?.start;
            blocks.iter().rposition(|block| block.header().start <= at)
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
    for (at, block) in blocks.into_iter().enumerate() {
        if suspects.contains(&at) {
            loaded.broken.push(block.address());
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
