//! Samples of variables, for Meta's reviewers.

use super::{Block, Subject, nearest};
use crate::config::{Diagnostics, Place, Report};
use crate::resource::template::text::Text;
use crate::resource::template::variables::{Part, header_name, url_name};
use crate::resource::template::{LocalButton, Localised, Variable};

/// Meta reviews no variable without a sample (error 2388043).
pub(super) fn missing(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let localised = subject.localised;
    let primary = &subject.block.localised[0];
    let mut said: Vec<String> = Vec::new();
    for variable in localised.variables() {
        // What the primary language lacks too is said there.
        let inherited = !localised.is_primary && primary.variables().contains(&variable);
        if !variable.sampled
            || localised.example.contains_key(&variable.name)
            || inherited
            || said.contains(&variable.name)
        {
            continue;
        }
        let report = Report::error(
            "template::example_missing",
            format!("`{}` has no sample", variable.name),
        );
        let report = match place(subject, &variable) {
            Some(place) => report.at(place, "Meta's reviewers want to see a value"),
            None => report.at(subject.at(&localised.body), ""),
        };
        diagnostics.push(report.help(help(&variable.name)));
        said.push(variable.name);
    }
}

fn help(name: &str) -> String {
    let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let key = if is_bare {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    };
    format!("add it: example = {{ {key} = \"...\" }}")
}

fn place(subject: &Subject<'_>, variable: &Variable) -> Option<Place> {
    let localised = subject.localised;
    let words = match variable.part {
        Part::Header => localised.header.as_ref()?.text()?,
        Part::Body => &localised.body,
        Part::Button(index) => match &localised.buttons[index] {
            LocalButton::Url { url, .. } => url,
            _ => return None,
        },
    };
    let name = |placeholder: &str| match variable.part {
        Part::Header => header_name(placeholder),
        Part::Body => placeholder.to_owned(),
        Part::Button(index) => url_name(index, placeholder),
    };
    let text = Text::parse(words);
    let found = text
        .placeholders()
        .find(|placeholder| name(&placeholder.name) == variable.name)?;
    Some(subject.within(words, found.range.clone()))
}

/// A sample of nothing is a slip.
pub(super) fn unknown(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let variables: Vec<Variable> = block
        .localised
        .iter()
        .flat_map(Localised::variables)
        .collect();
    let template = &block.declared.value;
    let translated = template
        .translation
        .values()
        .flat_map(|translation| translation.example.keys());
    for name in template.example.keys().chain(translated) {
        if variables.iter().any(|variable| variable.name == **name) {
            continue;
        }
        let report = Report::error(
            "template::example_unknown",
            format!("there is no variable `{}`", name.get()),
        )
        .at(block.at(name), "a sample of nothing");
        let known = variables.iter().map(|variable| variable.name.as_str());
        diagnostics.push(match nearest(name, known) {
            Some(nearest) => report.help(format!("did you mean `{nearest}`?")),
            None => report,
        });
    }
}

/// A sample shows something.
pub(super) fn empty(block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let template = &block.declared.value;
    let translated = template
        .translation
        .values()
        .flat_map(|translation| &translation.example);
    for (name, sample) in template.example.iter().chain(translated) {
        if sample.trim().is_empty() {
            diagnostics.push(
                Report::error(
                    "template::example_empty",
                    format!("the sample of `{}` is empty", name.get()),
                )
                .at(block.at(sample), "Meta's reviewers want to see a value"),
            );
        }
    }
}
