//! `[list.name]`: contacts, where they come from and what they agreed to.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::{Declared, Project, Resource};
use crate::config::{Diagnostics, Report, Spanned};

/// A list of contacts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub source: Spanned<ListSource>,
    /// The field that holds the phone number.
    pub phone: Spanned<String>,
    /// The region of numbers that are written without a prefix: two letters, `EE`.
    pub default_region: Option<Spanned<String>>,
    /// The proof that the contact agreed to be messaged on WhatsApp. Without it nobody on the list is messaged.
    pub opt_in: Option<Spanned<OptIn>>,
    /// The contact's IANA time zone; else it is told from the number.
    pub timezone: Option<FieldRef>,
    /// The contact's language, matched with the template's translations.
    pub language: Option<FieldRef>,
}

/// Where contacts are read from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ListSource {
    /// A CSV file, relative to the project's directory: a header line, then a line a contact. Comma, semicolon or tab.
    Csv(PathBuf),
}

/// A proof of consent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptIn {
    /// The field: a time that is not in the future, or `true`, `yes`, `1`.
    pub field: Spanned<String>,
    /// How consent was given: `opt_in_form`.
    pub source: Option<String>,
}

/// A field of a list, by the name in its header.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldRef {
    pub field: Spanned<String>,
}

impl Resource for List {
    const KIND: &'static str = "list";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

const CHECKS: &[Check<List>] = &[
    source_is_named,
    region_is_known,
    fields_are_named,
    somebody_agreed,
];

fn source_is_named(this: &Declared<List>, _: &Project, diagnostics: &mut Diagnostics) {
    check_source(this, "list::source", &this.value.source, diagnostics);
}

fn region_is_known(this: &Declared<List>, _: &Project, diagnostics: &mut Diagnostics) {
    let region = this.value.default_region.as_ref();
    check::region(this, "list::region", region, diagnostics);
}

fn fields_are_named(this: &Declared<List>, _: &Project, diagnostics: &mut Diagnostics) {
    let list = &this.value;
    let fields = [
        Some(&list.phone),
        list.opt_in.as_ref().map(|opt_in| &opt_in.field),
        list.timezone.as_ref().map(|timezone| &timezone.field),
        list.language.as_ref().map(|language| &language.field),
    ];
    for field in fields.into_iter().flatten() {
        check::field(this, "list::field", field, diagnostics);
    }
}

fn somebody_agreed(this: &Declared<List>, _: &Project, diagnostics: &mut Diagnostics) {
    if this.value.opt_in.is_none() {
        diagnostics.push(
            Report::warning(
                "list::no_opt_in",
                format!(
                    "nobody on {} will be messaged: it shows no consent",
                    this.address()
                ),
            )
            .at(this.name_place.clone(), "without opt_in")
            .help("name the column that proves consent: opt_in = { field = \"opted_in_at\" }"),
        );
    }
}

/// Checks where contacts are read from; what the file holds is seen when it is read.
pub(super) fn check_source<R: Resource>(
    this: &Declared<R>,
    code: &'static str,
    source: &Spanned<ListSource>,
    diagnostics: &mut Diagnostics,
) {
    let ListSource::Csv(path) = source.get();
    if path.as_os_str().is_empty() {
        diagnostics.push(
            Report::error(code, "the path of the file is empty")
                .at(this.at(source.span()), "")
                .help("write it relative to this directory: { csv = \"customers.csv\" }"),
        );
    }
}
