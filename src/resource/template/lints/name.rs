//! The name at Meta.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Block;
use crate::config::{Diagnostics, Report};
use crate::resource::template::reconcile::name_at_meta as name_of;
use crate::resource::template::{Template, account, content, limits};
use crate::resource::{Declared, Project};

/// Lower-case letters, digits and underscores.
pub(super) fn form(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let name = name_of(block.declared);
    let wrong = name
        .char_indices()
        .find(|(_, c)| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_'));
    let length = name.chars().count();
    if wrong.is_none() && (1..=limits::NAME).contains(&length) {
        return;
    }
    let place = match (&block.declared.value.name, wrong) {
        (Some(name), Some((at, c))) => block.within(name, at..at + c.len_utf8()),
        (Some(name), None) => block.at(name),
        (None, _) => block.declared.name_place.clone(),
    };
    let message = match wrong {
        Some((_, c)) => format!("`{c}` cannot stand in a template's name"),
        None => format!(
            "a template's name has 1 to {} characters, this one {length}",
            limits::NAME
        ),
    };
    let proposal: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(limits::NAME)
        .collect();
    diagnostics.push(
        Report::error("template::name_form", message)
            .at(place, "not allowed at Meta")
            .help(format!(
                "lower-case letters, digits and underscores: name = \"{proposal}\""
            )),
    );
}

/// Two blocks that are one object at Meta.
pub(super) fn collision(project: &Project, diagnostics: &mut Diagnostics) {
    let mut known: BTreeMap<_, &Declared<Template>> = BTreeMap::new();
    for declared in project.all::<Template>() {
        let account = account::name_of(project, &declared.value);
        let languages =
            std::iter::once(&declared.value.language).chain(declared.value.translation.keys());
        for language in languages {
            let key = content::key(name_of(declared), language);
            let first = match known.entry((account, key)) {
                Entry::Vacant(free) => {
                    free.insert(declared);
                    continue;
                }
                Entry::Occupied(taken) => taken,
            };
            // One language twice in one block is told by another rule.
            if first.get().name == declared.name {
                continue;
            }
            diagnostics.push(
                Report::error(
                    "template::name_collision",
                    format!("`{}` is declared twice", first.key().1),
                )
                .at(declared.at(language.span()), "the same name and language")
                .at(first.get().name_place.clone(), "as here")
                .help("give one of them another `name`, or make it a translation of the other"),
            );
        }
    }
}
