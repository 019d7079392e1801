//! Meta's rules for templates, checked before Meta sees anything.
//!
//! Each rule is a small function in one of three tables: rules about all blocks together, about a block as a whole, and
//! about the template in one language. All run; each has its code.

mod button;
mod content;
mod example;
mod form;
mod header;
mod language;
mod name;
mod style;
#[cfg(test)]
mod tests;
mod translation;
mod url;
mod variable;

use std::ops::Range;

use super::declaration::Template;
use super::localised::Localised;
use super::text::Text;
use crate::config::{Diagnostics, Place, Spanned};
use crate::resource::{Declared, Project};

/// A block, beside the others.
pub(super) struct Block<'a> {
    pub project: &'a Project,
    pub declared: &'a Declared<Template>,
    /// All languages, the primary one first.
    pub localised: &'a [Localised],
}

/// The template in one language.
pub(super) struct Subject<'a> {
    pub block: &'a Block<'a>,
    pub localised: &'a Localised,
}

type TogetherLint = fn(&Project, &mut Diagnostics);
type BlockLint = fn(&Block<'_>, &mut Diagnostics);
type Lint = fn(&Subject<'_>, &mut Diagnostics);

const TOGETHER: &[TogetherLint] = &[name::collision, content::duplicate];

const BLOCK: &[BlockLint] = &[
    name::form,
    language::form,
    language::unknown,
    language::twice,
    form::time_to_live,
    example::unknown,
    example::empty,
    translation::header,
    translation::footer,
    translation::buttons,
    translation::variables,
];

const EACH: &[Lint] = &[
    form::empty,
    form::length,
    form::footer_variables,
    header::variables,
    header::plain,
    header::file,
    variable::malformed,
    variable::digits,
    variable::mixed,
    variable::gap,
    variable::repeated,
    variable::at_edge,
    variable::adjacent,
    variable::density,
    example::missing,
    button::count,
    button::label,
    button::grouping,
    button::duplicates,
    button::phone_number,
    button::copy_code,
    url::length,
    url::variable,
    url::address,
    url::sample,
    style::emoji,
    style::white_space,
];

/// Runs all rules over one block.
pub(super) fn check(
    declared: &Declared<Template>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let localised = declared.value.localised();
    let block = Block {
        project,
        declared,
        localised: &localised,
    };
    for lint in BLOCK {
        lint(&block, diagnostics);
    }
    for localised in &localised {
        let subject = Subject {
            block: &block,
            localised,
        };
        for lint in EACH {
            lint(&subject, diagnostics);
        }
    }
}

/// Runs the rules about all blocks together.
pub(super) fn check_together(project: &Project, diagnostics: &mut Diagnostics) {
    for lint in TOGETHER {
        lint(project, diagnostics);
    }
}

impl Block<'_> {
    /// Returns the place of a whole string.
    fn at(&self, words: &Spanned<String>) -> Place {
        self.declared.at(words.span())
    }

    /// Returns the place of some bytes of a string, or of the whole of it where escapes or inserted variables have
    /// shifted them.
    fn within(&self, words: &Spanned<String>, range: Range<usize>) -> Place {
        let whole = self.at(words);
        let source = self.project.sources.get(whole.source);
        let shift = source
            .text
            .get(whole.start..whole.end)
            .and_then(|raw| inner_start(raw, words))
            .map(|inner| whole.start + inner);
        match shift {
            Some(shift) => Place::new(whole.source, shift + range.start..shift + range.end),
            None => whole,
        }
    }
}

/// Returns where a string's value begins in its source, where it stands there letter by letter.
fn inner_start(raw: &str, value: &str) -> Option<usize> {
    for quotes in ["\"\"\"", "'''", "\"", "'"] {
        let Some(inner) = raw
            .strip_prefix(quotes)
            .and_then(|raw| raw.strip_suffix(quotes))
        else {
            continue;
        };
        // A line break right after three quotes does not count.
        let trimmed = if quotes.len() == 3 {
            inner
                .strip_prefix("\r\n")
                .or_else(|| inner.strip_prefix('\n'))
                .unwrap_or(inner)
        } else {
            inner
        };
        return (trimmed == value).then(|| quotes.len() + inner.len() - trimmed.len());
    }
    None
}

impl<'a> Subject<'a> {
    fn at(&self, words: &Spanned<String>) -> Place {
        self.block.at(words)
    }

    fn within(&self, words: &Spanned<String>, range: Range<usize>) -> Place {
        self.block.within(words, range)
    }

    /// Returns header and body, cut where their variables are, with their names.
    fn texts(&self) -> Vec<(&'static str, &'a Spanned<String>, Text)> {
        let header = self
            .localised
            .header
            .as_ref()
            .and_then(|header| header.text());
        header
            .map(|header| ("header", header))
            .into_iter()
            .chain([("body", &self.localised.body)])
            .map(|(part, words)| (part, words, Text::parse(words)))
            .collect()
    }
}

/// Returns the known name that is nearest to a misspelt one.
fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|known| (strsim::osa_distance(known, name), known))
        .filter(|(distance, known)| *distance <= known.len().max(3) / 3)
        .min()
        .map(|(_, known)| known)
}
