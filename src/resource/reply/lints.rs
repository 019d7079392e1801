//! Meta's rules for session messages, checked before Meta sees anything.

use std::ops::Range;

use reqwest::Url;

use super::message::{Message, Part};
use super::{Reply, limits};
use crate::config::{Diagnostics, Place, Report, Spanned, proposal};
use crate::resource::campaign::Campaign;
use crate::resource::template::{Piece, Template, Text};
use crate::resource::{Declared, Project};

/// A reply beside all else.
struct Subject<'a> {
    this: &'a Declared<Reply>,
    project: &'a Project,
    message: &'a Message,
}

type Lint = fn(&Subject<'_>, &mut Diagnostics);

const LINTS: &[Lint] = &[
    lengths,
    variables,
    buttons,
    rows,
    products,
    section_titles,
    file,
    addresses,
];

pub(super) fn check(this: &Declared<Reply>, project: &Project, diagnostics: &mut Diagnostics) {
    let subject = Subject {
        this,
        project,
        message: &this.value.message,
    };
    for lint in LINTS {
        lint(&subject, diagnostics);
    }
}

impl Subject<'_> {
    fn at<T>(&self, words: &Spanned<T>) -> Place {
        self.this.at(words.span())
    }

    fn within(&self, words: &Spanned<String>, range: Range<usize>) -> Place {
        let string = self.at(words);
        self.project.sources.inside(&string, words, range)
    }

    /// Reports a list that is empty or too long.
    fn count<T>(
        &self,
        what: &str,
        found: usize,
        most: usize,
        list: &Spanned<T>,
        diagnostics: &mut Diagnostics,
    ) {
        if found == 0 || found > most {
            diagnostics.push(
                Report::error(
                    "reply::count",
                    format!("{found} {what}, 1 to {most} are allowed"),
                )
                .at(self.at(list), ""),
            );
        }
    }

    /// Reports what stands twice, where Meta wants every one to differ.
    fn differ<'w>(
        &self,
        what: &str,
        all: impl Iterator<Item = &'w Spanned<String>>,
        diagnostics: &mut Diagnostics,
    ) {
        let mut seen: Vec<&Spanned<String>> = Vec::new();
        for words in all {
            if let Some(first) = seen.iter().find(|first| first.get() == words.get()) {
                diagnostics.push(
                    Report::error(
                        "reply::twice",
                        format!("two of them have the {what} `{}`", words.get()),
                    )
                    .at(self.at(words), "again here")
                    .at(self.at(*first), "first here"),
                );
            }
            seen.push(words);
        }
    }
}

fn length(subject: &Subject<'_>, part: &Part<'_>, diagnostics: &mut Diagnostics) {
    let Part {
        words, what, most, ..
    } = part;
    let length = words.chars().count();
    let problem = if words.trim().is_empty() {
        format!("{what} is empty")
    } else if length > *most {
        format!("{what} has {length} characters, {most} are allowed")
    } else {
        return;
    };
    diagnostics.push(Report::error("reply::length", problem).at(subject.at(words), ""));
}

fn lengths(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for part in subject.message.parts() {
        length(subject, &part, diagnostics);
    }
}

/// Only what the campaign's message was filled with is known, and only texts are filled.
fn variables(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let known = known_variables(subject);
    for part in subject.message.parts() {
        for piece in Text::parse(part.words).pieces() {
            let (problem, range, help) = match piece {
                Piece::Literal { .. } => continue,
                Piece::Malformed { text, range } => (
                    format!("`{text}` is not a variable"),
                    range,
                    "a variable is lower-case letters, digits and underscores in double braces: `{{first_name}}`".to_owned(),
                ),
                Piece::Placeholder(placeholder) if !part.is_filled => (
                    format!("{} is not filled", part.what),
                    &placeholder.range,
                    "variables stand in texts, headers, bodies, footers and captions".to_owned(),
                ),
                Piece::Placeholder(placeholder) => match &known {
                    Known::Unsure => continue,
                    Known::Nobody => (
                        format!("nothing says what `{}` is", placeholder.name),
                        &placeholder.range,
                        "name the campaign whose message is answered: on = { campaign = \"...\", ... }".to_owned(),
                    ),
                    Known::Names(names) if names.contains(&placeholder.name) => continue,
                    Known::Names(names) => (
                        format!("the campaign's template has no variable `{}`", placeholder.name),
                        &placeholder.range,
                        proposal(&placeholder.name, names.iter().map(String::as_str))
                            .unwrap_or_else(|| "the template has no variables".to_owned()),
                    ),
                },
            };
            diagnostics.push(
                Report::error("reply::variable", problem)
                    .at(subject.within(part.words, range.clone()), "")
                    .help(help),
            );
        }
    }
}

/// Which values there will be.
enum Known {
    Names(Vec<String>),
    /// No campaign is named.
    Nobody,
    /// The campaign or its template could not be read, which is said elsewhere.
    Unsure,
}

fn known_variables(subject: &Subject<'_>) -> Known {
    let Some(campaign) = &subject.this.value.on.campaign else {
        return Known::Nobody;
    };
    let template = subject
        .project
        .get::<Campaign>(campaign)
        .and_then(|campaign| subject.project.get::<Template>(&campaign.value.template));
    template.map_or(Known::Unsure, |template| {
        let required = template.value.variables().into_iter();
        Known::Names(
            required
                .filter(|variable| variable.required)
                .map(|variable| variable.name)
                .collect(),
        )
    })
}

fn buttons(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let Message::Buttons(message) = subject.message else {
        return;
    };
    let pairs = message.pairs();
    let list = &message.buttons;
    subject.count("buttons", pairs.len(), limits::BUTTONS, list, diagnostics);
    subject.differ("title", pairs.iter().map(|(title, _)| title), diagnostics);
    // A title that stands twice is often its own id both times: one report is enough.
    let ids = pairs.iter().enumerate().filter_map(|(index, (title, id))| {
        let stands_before = pairs[..index]
            .iter()
            .any(|(other, _)| other.get() == title.get());
        (!stands_before).then_some(id)
    });
    subject.differ("id", ids, diagnostics);
    for (title, id) in &pairs {
        let part = |what, most, words| Part {
            words,
            what,
            most,
            is_filled: false,
        };
        length(
            subject,
            &part("the button's title", limits::BUTTON_TITLE, title),
            diagnostics,
        );
        if title.span() != id.span() {
            let id = part("the button's id", limits::BUTTON_ID, id);
            length(subject, &id, diagnostics);
        }
    }
}

fn rows(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let Message::List(list) = subject.message else {
        return;
    };
    let sections = &list.sections;
    let count = sections.len();
    subject.count("sections", count, limits::SECTIONS, sections, diagnostics);
    let rows = list.rows().count();
    if count > 0 {
        subject.count("rows in all", rows, limits::ROWS, sections, diagnostics);
    }
    for section in sections.iter().filter(|section| section.rows.is_empty()) {
        if rows > 0 {
            subject.count("rows", 0, limits::ROWS, &section.rows, diagnostics);
        }
    }
    subject.differ("id", list.rows().map(|row| &row.id), diagnostics);
}

fn products(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let Message::Products(message) = subject.message else {
        return;
    };
    let sections = &message.sections;
    let count = sections.len();
    subject.count("sections", count, limits::SECTIONS, sections, diagnostics);
    let all = || sections.iter().flat_map(|shelf| shelf.products.iter());
    let found = all().count();
    if count > 0 {
        subject.count(
            "products in all",
            found,
            limits::PRODUCTS,
            sections,
            diagnostics,
        );
    }
    for shelf in sections.iter().filter(|shelf| shelf.products.is_empty()) {
        if found > 0 {
            subject.count(
                "products",
                0,
                limits::PRODUCTS,
                &shelf.products,
                diagnostics,
            );
        }
    }
}

/// With several sections, each says what it holds.
fn section_titles(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let untitled: Vec<Place> = match subject.message {
        Message::List(list) if list.sections.len() > 1 => list
            .sections
            .iter()
            .filter(|section| section.title.is_none())
            .map(|section| subject.at(&section.rows))
            .collect(),
        Message::Products(products) if products.sections.len() > 1 => products
            .sections
            .iter()
            .filter(|shelf| shelf.title.is_none())
            .map(|shelf| subject.at(&shelf.products))
            .collect(),
        _ => return,
    };
    for place in untitled {
        diagnostics.push(
            Report::error("reply::section_title", "the section has no title")
                .at(place, "")
                .help("with several sections, Meta wants a title for each"),
        );
    }
}

/// From the web or from Meta's store.
fn file(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let problem = match subject.message.file() {
        None | Some((Some(_), None) | (None, Some(_))) => return,
        Some((Some(_), Some(_))) => "a file has a link or an id, not both",
        Some((None, None)) => "the message has no file",
    };
    diagnostics.push(
        Report::error("reply::file", problem)
            .at(subject.at(&subject.this.value.message), "")
            .help(
                "write `link = \"https://...\"`, or the `id` of a file that was uploaded to Meta",
            ),
    );
}

/// Meta fetches files over HTTPS; a link may be any web page.
fn addresses(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let link = match subject.message {
        Message::CtaUrl(link) => Some(&link.url),
        message => message.file().and_then(|(link, _)| link),
    };
    let Some(link) = link.filter(|link| !link.trim().is_empty()) else {
        return;
    };
    let url = Url::parse(link).ok().filter(Url::has_host);
    if url.is_none_or(|url| url.scheme() != "https") {
        diagnostics.push(
            Report::error("reply::url", "this is not an address over HTTPS")
                .at(subject.at(link), "")
                .help("write it in full: `https://example.com/...`"),
        );
    }
}
