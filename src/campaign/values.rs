//! A contact's values for the variables of a template.

use std::collections::BTreeMap;

use super::contacts::{Header, Row};
use super::skip::{self, Skip};
use crate::config::{Place, Report, proposal};
use crate::resource::Declared;
use crate::resource::expression::{self, Expression};
use crate::resource::mapping::{Mapping, unsendable};

/// A mapping, ready to fill any number of messages.
#[derive(Debug, Default)]
pub struct Values {
    fills: Vec<Fill>,
}

#[derive(Debug)]
struct Fill {
    variable: String,
    origin: Origin,
    default: Option<String>,
    place: Place,
}

#[derive(Debug)]
enum Origin {
    Field(String),
    Constant(String),
    Expression(Expression),
}

impl Values {
    /// Prepares a mapping that has passed its checks. Entries without an origin fill nothing.
    ///
    /// # Errors
    /// Where an expression does not compile.
    pub fn new(mapping: &Declared<Mapping>) -> Result<Self, expression::Error> {
        let mut fills = Vec::new();
        for (variable, fill) in &mapping.value.variables {
            let (origin, span) = if let Some(field) = &fill.field {
                (Origin::Field(field.get().clone()), field.span())
            } else if let Some(value) = &fill.value {
                (Origin::Constant(value.get().clone()), value.span())
            } else if let Some(source) = &fill.expr {
                (
                    Origin::Expression(Expression::compile(source)?),
                    source.span(),
                )
            } else {
                continue;
            };
            fills.push(Fill {
                variable: variable.get().clone(),
                origin,
                default: fill.default.as_ref().map(|default| default.get().clone()),
                place: mapping.at(span),
            });
        }
        Ok(Self { fills })
    }

    /// Returns what a list's columns lack for this mapping: an error for a field that every contact would miss, a warning
    /// for one that has a default.
    #[must_use]
    pub fn missing_columns(&self, header: &Header, file: &str) -> Vec<Report> {
        let mut reports = Vec::new();
        for fill in &self.fills {
            let fields: Vec<&str> = match &fill.origin {
                Origin::Field(field) => vec![field],
                Origin::Constant(_) => Vec::new(),
                Origin::Expression(expression) => expression
                    .fields()
                    .filter(|field| expression.needs(field))
                    .collect(),
            };
            for field in fields {
                if header.position(field).is_none() {
                    let report = missing_column(field, header, file, &fill.place);
                    reports.push(match &fill.default {
                        None => report,
                        Some(default) => Report {
                            severity: crate::config::Severity::Warning,
                            message: format!(
                                "{}: every contact of it gets the default `{default}`",
                                report.message
                            ),
                            ..report
                        },
                    });
                }
            }
        }
        reports
    }

    /// Returns the values of one contact, by variable. What has no value and no default is left out.
    ///
    /// # Errors
    /// Where a value cannot be reckoned, or Meta would not take it.
    pub fn fill(&self, header: &Header, row: &Row) -> Result<BTreeMap<String, String>, Skip> {
        let cell = |field: &str| header.position(field).map(|column| row.cell(column));
        let mut values = BTreeMap::new();
        for fill in &self.fills {
            let value = match &fill.origin {
                Origin::Field(field) => cell(field)
                    .filter(|value| !value.is_empty())
                    .map(str::to_owned),
                Origin::Constant(value) => Some(value.clone()),
                Origin::Expression(expression) => {
                    let all = || header.names().iter().map(String::as_str).zip(row.cells());
                    match expression.evaluate(cell, all) {
                        Ok(value) => value,
                        // An empty cell is what a default is for; `'' | date('%d')` fails on it.
                        Err(_) if fill.default.is_some() => None,
                        Err(_) => return Err(Skip::of(skip::VARIABLE_FAILED, &fill.variable)),
                    }
                }
            };
            let Some(value) = value.or_else(|| fill.default.clone()) else {
                continue;
            };
            if unsendable(&value).is_some() {
                return Err(Skip::of(skip::VARIABLE_FORMAT, &fill.variable));
            }
            values.insert(fill.variable.clone(), value);
        }
        Ok(values)
    }
}

/// Says that a file lacks a column that the configuration names.
pub(super) fn missing_column(column: &str, header: &Header, file: &str, place: &Place) -> Report {
    let known: Vec<_> = header
        .names()
        .iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    let report = Report::error(
        "contacts::missing_column",
        format!("{file} has no column `{column}`"),
    )
    .at(place.clone(), "not in the header line");
    if header.looks_like_a_contact() {
        return report.help("the first line seems to be a contact: begin the file with a line that names its columns");
    }
    match proposal(column, known.iter().copied()) {
        Some(help) => report.help(help),
        None => report,
    }
}
