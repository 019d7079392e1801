//! `[mapping.name]`: how a template's variables are filled from a contact's fields.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::expression::Expression;
use super::template::{Template, check_mapping};
use super::{Declared, Project, Resource, references};
use crate::config::{Address, Diagnostics, Report, Spanned};

/// A mapping from contact fields to a template's variables.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The `[template.name]` whose variables are filled.
    pub template: Spanned<String>,
    /// One entry a variable: its name, or its number in templates with positional variables.
    #[serde(default)]
    pub variables: BTreeMap<Spanned<String>, Spanned<Fill>>,
}

/// Where a variable's value comes from: exactly one of `field`, `value` and `expr`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// A field of the list.
    pub field: Option<Spanned<String>>,
    /// The same for everybody.
    pub value: Option<Spanned<String>>,
    /// An expression over the contact's fields: `shipped_at | date('%-d %b')`.
    pub expr: Option<Spanned<String>>,
    /// Used where the field or the expression gives nothing.
    pub default: Option<Spanned<String>>,
}

impl Resource for Mapping {
    const KIND: &'static str = "mapping";

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }

    fn references(this: &Declared<Self>) -> Vec<Address> {
        vec![references::address("template", &this.value.template)]
    }
}

const CHECKS: &[Check<Mapping>] = &[
    template_is_known,
    variables_are_the_templates,
    one_origin_each,
    constants_can_be_sent,
    expressions_compile,
];

fn template_is_known(this: &Declared<Mapping>, project: &Project, diagnostics: &mut Diagnostics) {
    references::check(this, "template", &this.value.template, project, diagnostics);
}

fn variables_are_the_templates(
    this: &Declared<Mapping>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    if let Some(template) = project.get::<Template>(&this.value.template) {
        check_mapping(template, this, diagnostics);
    }
}

fn one_origin_each(this: &Declared<Mapping>, _: &Project, diagnostics: &mut Diagnostics) {
    for (variable, fill) in &this.value.variables {
        let origins: Vec<_> = [
            ("field", &fill.field),
            ("value", &fill.value),
            ("expr", &fill.expr),
        ]
        .into_iter()
        .filter_map(|(key, origin)| origin.as_ref().map(|origin| (key, origin.span())))
        .collect();
        if let [(key, _)] = origins.as_slice() {
            if let Some(default) = fill.default.as_ref().filter(|_| *key == "value") {
                diagnostics.push(
                    Report::warning(
                        "mapping::default_unused",
                        format!("the default of `{}` is never used", variable.get()),
                    )
                    .at(this.at(default.span()), "")
                    .help("a constant is always there: leave out the default"),
                );
            }
            continue;
        }
        let mut report = Report::error(
            "mapping::origin",
            format!(
                "`{}` needs exactly one of field, value and expr",
                variable.get()
            ),
        );
        for (key, span) in &origins {
            report = report.at(this.at(span.clone()), format!("`{key}`"));
        }
        if origins.is_empty() {
            report = report.at(this.at(fill.span()), "has none");
        }
        diagnostics.push(report.help(
            "write `{ field = \"first_name\" }`, with `default` where the field may be empty",
        ));
    }
}

fn constants_can_be_sent(this: &Declared<Mapping>, _: &Project, diagnostics: &mut Diagnostics) {
    for fill in this.value.variables.values() {
        for constant in [&fill.value, &fill.default].into_iter().flatten() {
            let reason = if constant.trim().is_empty() {
                "Meta takes no empty variable"
            } else if let Some(reason) = unsendable(constant) {
                reason
            } else {
                continue;
            };
            diagnostics.push(
                Report::error("mapping::constant", reason)
                    .at(this.at(constant.span()), "")
                    .help("every message with this value would be refused"),
            );
        }
        if let Some(field) = &fill.field {
            check::field(this, "mapping::field", field, diagnostics);
        }
    }
}

fn expressions_compile(this: &Declared<Mapping>, _: &Project, diagnostics: &mut Diagnostics) {
    for fill in this.value.variables.values() {
        let Some(source) = &fill.expr else { continue };
        let Err(error) = Expression::compile(source) else {
            continue;
        };
        let mut report = Report::error("mapping::expression", error.message)
            .at(this.at(inside(source, error.range)), "");
        if let Some(help) = error.help {
            report = report.help(help);
        }
        diagnostics.push(report);
    }
}

/// Returns the place of a part of a string; of the whole string where the file's text is not the string's own (escapes,
/// several lines).
fn inside(text: &Spanned<String>, part: Option<Range<usize>>) -> Range<usize> {
    let whole = text.span();
    match part {
        Some(part) if whole.len() == text.len() + 2 => {
            whole.start + 1 + part.start..whole.start + 1 + part.end
        }
        _ => whole,
    }
}

/// Says why Meta would refuse a variable's value, if it would: "Param text cannot have new-line/tab characters or more than
/// 4 consecutive spaces" (the Cloud API's answer to such a send; no page of Meta's states it, 2025).
#[must_use]
pub fn unsendable(value: &str) -> Option<&'static str> {
    if value.contains(['\n', '\r', '\t']) {
        Some("Meta takes no line break and no tab in a variable")
    } else if value.contains("     ") {
        Some("Meta takes no more than four spaces in a row in a variable")
    } else {
        None
    }
}
