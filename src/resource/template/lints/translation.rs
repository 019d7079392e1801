//! A translation gives every text that the primary language has, and nothing of another kind.

use super::Block;
use crate::config::{Diagnostics, Report, Spanned, StringOr};
use crate::resource::template::localised::paired;
use crate::resource::template::{Header, LocalButton, Localised, Part, Translation};

fn translations<'a>(
    block: &Block<'a>,
) -> impl Iterator<Item = (&'a Spanned<String>, &'a Translation)> {
    let translations = &block.declared.value.translation;
    translations
        .iter()
        .map(|(language, translation)| (language, translation.get()))
}

fn missing(block: &Block<'_>, language: &Spanned<String>, what: &str) -> Report {
    Report::error(
        "template::translation_missing",
        format!("the translation `{}` has no {what}", language.get()),
    )
    .at(
        block.at(language),
        "must give every text of the primary language",
    )
}

fn other_kind(message: String) -> Report {
    Report::error("template::translation_kind", message)
        .help("what a template is made of is the same in all languages: declare another template")
}

pub(super) fn header(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let primary = block.declared.value.header.as_ref();
    for (language, translation) in translations(block) {
        match (primary, &translation.header) {
            (Some(primary), None) if matches!(primary.get(), Header::Text(_)) => {
                diagnostics.push(missing(block, language, "header"));
            }
            (Some(primary), Some(header)) if primary.word() != header.word() => {
                diagnostics.push(
                    other_kind(
                        "the header is of another kind than in the primary language".to_owned(),
                    )
                    .at(block.declared.at(header.span()), header.word())
                    .at(block.declared.at(primary.span()), primary.word()),
                );
            }
            (None, Some(header)) => diagnostics.push(
                other_kind("the primary language has no header".to_owned())
                    .at(block.declared.at(header.span()), "here only"),
            ),
            _ => {}
        }
    }
}

pub(super) fn footer(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let primary = block.declared.value.footer.as_ref();
    for (language, translation) in translations(block) {
        match (primary, &translation.footer) {
            (Some(_), None) => diagnostics.push(missing(block, language, "footer")),
            (None, Some(footer)) => diagnostics.push(
                other_kind("the primary language has no footer".to_owned())
                    .at(block.at(footer), "here only"),
            ),
            _ => {}
        }
    }
}

pub(super) fn buttons(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let primary = &block.localised[0].buttons;
    let labelled = primary
        .iter()
        .filter(|button| button.label().is_some())
        .count();
    for (language, translation) in translations(block) {
        let written = &translation.buttons;
        if written.len() != labelled && written.len() != primary.len() {
            let report = if written.is_empty() {
                missing(block, language, "button labels")
            } else {
                Report::error(
                    "template::translation_missing",
                    format!("{} of {labelled} buttons are translated", written.len()),
                )
                .at(block.at(language), "")
            };
            diagnostics.push(report.help(format!(
                "write the labels in the same order: {}",
                labels(primary)
            )));
            continue;
        }
        for (index, button) in paired(primary, written.len()).into_iter().zip(written) {
            let kind = match button.get() {
                StringOr::Table(button) => button.word(),
                StringOr::String(_) if primary[index].label().is_none() => "label",
                StringOr::String(_) => continue,
            };
            if kind != primary[index].word() {
                diagnostics.push(
                    other_kind(format!(
                        "button {} is a {} in the primary language",
                        index + 1,
                        primary[index].word()
                    ))
                    .at(block.declared.at(button.span()), kind),
                );
            }
        }
    }
}

fn labels(buttons: &[LocalButton]) -> String {
    let labels: Vec<String> = buttons
        .iter()
        .filter_map(LocalButton::label)
        .map(|label| format!("\"{}\"", label.get()))
        .collect();
    format!("buttons = [{}]", labels.join(", "))
}

/// One mapping fills all languages: a variable that is in one only is likely a slip.
pub(super) fn variables(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let names = |localised: &Localised| -> Vec<String> {
        localised
            .variables()
            .into_iter()
            .filter(|variable| variable.sampled || matches!(variable.part, Part::Button(_)))
            .map(|variable| variable.name)
            .collect()
    };
    let Some((primary, others)) = block.localised.split_first() else {
        return;
    };
    let known = names(primary);
    for localised in others {
        let here = names(localised);
        let mut say = |message: String| {
            diagnostics.push(
                Report::warning("template::translation_variables", message)
                    .at(block.at(&localised.language), ""),
            );
        };
        for name in known.iter().filter(|name| !here.contains(name)) {
            say(format!("the translation does not use `{name}`"));
        }
        for name in here.iter().filter(|name| !known.contains(name)) {
            say(format!("the primary language has no variable `{name}`"));
        }
    }
}
