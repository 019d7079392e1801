//! Projects out of a text, for tests.

use std::path::PathBuf;

use toml::de::DeTable;

use super::{Project, kinds};
use crate::config::{Address, Block, Diagnostics, Source, Spanned};

/// Reads and checks one file. Kinds that are not known count as written but not read, so that they can be referred to.
pub(crate) fn project(text: &str) -> (Project, Diagnostics) {
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    let (mut project, mut diagnostics) = (Project::default(), Diagnostics::default());
    let source = project.sources.add(Source {
        path: PathBuf::from("main.toml"),
        text: text.to_owned(),
        secrets: Vec::new(),
    });
    let root = DeTable::parse(text).unwrap();
    for (kind, table) in root.get_ref() {
        let known = kinds().iter().find(|known| known.name() == kind.get_ref());
        let named = known.is_none_or(|known| known.named());
        let blocks: Vec<_> = if named {
            let names = table.get_ref().as_table().unwrap();
            let block = |(name, value): (&toml::Spanned<_>, &toml::Spanned<_>)| {
                let name: &std::borrow::Cow<'_, str> = name.get_ref();
                (name.to_string(), value.clone())
            };
            names.iter().map(block).collect()
        } else {
            vec![(String::new(), table.clone())]
        };
        for (name, value) in blocks {
            let block = Block {
                inserted: std::collections::BTreeMap::new(),
                kind: Spanned::new(kind.span(), kind.get_ref().to_string()),
                name: Spanned::new(value.span(), name),
                source,
                value,
            };
            match known {
                Some(known) => known.load(&block, &mut project, &mut diagnostics),
                None => project.insert_broken(Address::new(kind.get_ref(), block.name.get())),
            }
        }
    }
    for kind in kinds() {
        kind.check(&project, &mut diagnostics);
    }
    diagnostics.finish();
    (project, diagnostics)
}

/// Returns `code: the words underlined first` for every finding.
pub(crate) fn findings(text: &str) -> Vec<String> {
    let (project, diagnostics) = project(text);
    diagnostics
        .reports()
        .iter()
        .map(|report| {
            let place = &report.labels.first().expect("a finding has a place").place;
            let words = &project.sources.get(place.source).text[place.start..place.end];
            format!("{}: {words}", report.code)
        })
        .collect()
}
