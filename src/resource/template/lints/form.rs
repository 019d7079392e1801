//! Lengths, empty texts, the footer, the time to live.

use super::{Block, Subject};
use crate::config::{Diagnostics, Report, Spanned};
use crate::resource::template::limits;
use crate::resource::template::text::{Text, normalised};

fn parts<'a>(subject: &Subject<'a>) -> Vec<(&'static str, &'a Spanned<String>, usize)> {
    let localised = subject.localised;
    let header = localised.header.as_ref().and_then(|header| header.text());
    header
        .map(|header| ("header", header, limits::HEADER))
        .into_iter()
        .chain([("body", &localised.body, limits::BODY)])
        .chain(
            localised
                .footer
                .as_ref()
                .map(|footer| ("footer", footer, limits::FOOTER)),
        )
        .collect()
}

/// A part that is there says something.
pub(super) fn empty(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (part, words, _) in parts(subject) {
        if words.trim().is_empty() {
            let help = if part == "body" {
                "every template has a body"
            } else {
                "leave it out"
            };
            diagnostics.push(
                Report::error("template::empty", format!("the {part} is empty"))
                    .at(subject.at(words), "")
                    .help(help),
            );
        }
    }
}

/// Meta counts the text as it is written, placeholders included.
pub(super) fn length(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (part, words, limit) in parts(subject) {
        let text = normalised(words);
        let length = text.chars().count();
        if length <= limit {
            continue;
        }
        // What was trimmed at the start stands before the part that is too much.
        let trimmed = words.len() - words.trim_start().len();
        let from = text
            .char_indices()
            .nth(limit)
            .map_or(text.len(), |(at, _)| at)
            + trimmed;
        let place = if from < words.len() && words.is_char_boundary(from) {
            subject.within(words, from..words.len())
        } else {
            subject.at(words)
        };
        diagnostics.push(
            Report::error(
                "template::too_long",
                format!("the {part} has {length} characters, {limit} are allowed"),
            )
            .at(place, "too much"),
        );
    }
}

/// A footer is the same for everybody.
pub(super) fn footer_variables(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let Some(footer) = &subject.localised.footer else {
        return;
    };
    for placeholder in Text::parse(footer).placeholders() {
        diagnostics.push(
            Report::error("template::footer_variable", "a footer has no variables")
                .at(
                    subject.within(footer, placeholder.range.clone()),
                    "not allowed here",
                )
                .help("say it in the body"),
        );
    }
}

/// What Meta allows differs by category.
pub(super) fn time_to_live(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let template = &block.declared.value;
    let Some(seconds) = &template.message_send_ttl_seconds else {
        return;
    };
    let category = *template.category.get();
    let (least, most) = limits::time_to_live(category);
    let unlimited = *seconds.get() == limits::UNLIMITED_TIME_TO_LIVE
        && limits::default_time_to_live(category.at_meta()) == limits::UNLIMITED_TIME_TO_LIVE;
    if unlimited || (least..=most).contains(seconds.get()) {
        return;
    }
    diagnostics.push(
        Report::error(
            "template::time_to_live",
            format!(
                "a {} message lives {least} to {most} seconds",
                category.word()
            ),
        )
        .at(
            block.declared.at(seconds.span()),
            format!("{} is outside", seconds.get()),
        )
        .help("left out, Meta tries to deliver for 30 days"),
    );
}
