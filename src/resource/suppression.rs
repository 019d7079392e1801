//! `[suppression.name]`: who must not be messaged.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::list::{self, ListSource};
use super::{Declared, Project, Resource};
use crate::config::{Diagnostics, Report, Spanned};

/// People who must not be messaged, whatever the lists say.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    pub source: Option<Spanned<ListSource>>,
    /// The field that holds the phone number; `phone` where left out.
    pub phone: Option<Spanned<String>>,
    /// The region of numbers that are written without a prefix.
    pub default_region: Option<Spanned<String>>,
}

impl Resource for Suppression {
    const KIND: &'static str = "suppression";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

const CHECKS: &[Check<Suppression>] = &[source_is_named, region_is_known, field_is_named];

fn source_is_named(this: &Declared<Suppression>, _: &Project, diagnostics: &mut Diagnostics) {
    match &this.value.source {
        Some(source) => list::check_source(this, "suppression::source", source, diagnostics),
        None => diagnostics.push(
            Report::warning(
                "suppression::empty",
                format!(
                    "{} has no source and keeps nobody from being messaged",
                    this.address()
                ),
            )
            .at(this.name_place.clone(), "")
            .help("name the file: source = { csv = \"do-not-contact.csv\" }"),
        ),
    }
}

fn region_is_known(this: &Declared<Suppression>, _: &Project, diagnostics: &mut Diagnostics) {
    let region = this.value.default_region.as_ref();
    check::region(this, "suppression::region", region, diagnostics);
}

fn field_is_named(this: &Declared<Suppression>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(field) = &this.value.phone {
        check::field(this, "suppression::field", field, diagnostics);
    }
}
