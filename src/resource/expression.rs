//! Expressions over a contact's fields: `shipped_at | date('%-d %b')`.
//!
//! The language is Jinja's, without statements, and with the filters below only. Every field is a string; a field whose name
//! is no identifier is reached as `row['First name']`. A field that is missing is an error, never an empty text.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use minijinja::value::Kwargs;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, filters, tests};

use super::moment::Moment;

/// The name under which an expression sees all fields.
const ROW: &str = "row";
/// Instructions that one evaluation may take; a mapping needs a few dozen.
const FUEL: u64 = 20_000;

/// Bytes that an expression may have: the compiler's stack grows with them.
const MAX_LENGTH: usize = 2_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("abs", filters::abs);
    environment.add_filter("date", date);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("float", filters::float);
    environment.add_filter("int", filters::int);
    environment.add_filter("join", filters::join);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("number", number);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("round", filters::round);
    environment.add_filter("split", filters::split);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("truncate", truncate);
    environment.add_filter("upper", filters::upper);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("startingwith", tests::is_startingwith);
    environment
});

/// The filters, for proposals and documentation.
pub const FILTERS: &[&str] = &[
    "abs", "date", "default", "first", "float", "int", "join", "last", "length", "lower", "number",
    "replace", "round", "split", "title", "trim", "truncate", "upper",
];

/// What is wrong with an expression, or went wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub message: String,
    /// The bytes of the expression that are to blame, where known.
    pub range: Option<Range<usize>>,
    /// What may help, where known.
    pub help: Option<String>,
}

/// An expression, ready to be evaluated for any number of rows.
#[derive(Debug)]
pub struct Expression {
    compiled: minijinja::Expression<'static, 'static>,
    fields: BTreeSet<String>,
    whole_row: bool,
}

impl Expression {
    /// Compiles an expression and tries it on made-up rows, since unknown filters show only then.
    ///
    /// # Errors
    /// Where it is not one, or uses a filter, test or function that does not exist.
    pub fn compile(source: &str) -> Result<Self, Error> {
        if source.len() > MAX_LENGTH {
            return Err(Error {
                message: format!("the expression is longer than {MAX_LENGTH} bytes"),
                range: None,
                help: None,
            });
        }
        let compiled = ENVIRONMENT
            .compile_expression_owned(source.to_owned())
            .map_err(|error| explained(&error, source))?;
        let mut fields: BTreeSet<_> = compiled.undeclared_variables(false).into_iter().collect();
        let whole_row = fields.remove(ROW);
        let expression = Self {
            compiled,
            fields,
            whole_row,
        };
        for sample in ["", "1"] {
            if let Err(error) = expression.run(|_| Some(sample), std::iter::empty)
                && is_of_the_expression(&error)
            {
                return Err(explained(&error, source));
            }
        }
        Ok(expression)
    }

    /// Returns the fields that it uses by name, sorted.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// Tells whether the expression fails in a list that does not have `field`: `nick | default('you')` does not.
    #[must_use]
    pub fn needs(&self, field: &str) -> bool {
        // What the other fields hold decides whether it gets that far: one of these suits most filters.
        ["1", "2026-05-02"].iter().all(|sample| {
            let row = |name: &str| (name != field).then_some(*sample);
            let result = self.run(row, std::iter::empty);
            result.map_or(true, |value| value.is_undefined())
        })
    }

    /// Evaluates the expression for one row; nothing where it gives an empty text.
    ///
    /// # Errors
    /// Where a field is missing or a filter cannot use what the field holds.
    pub fn evaluate<'r, I>(
        &self,
        field: impl Fn(&str) -> Option<&'r str>,
        row: impl Fn() -> I,
    ) -> Result<Option<String>, Error>
    where
        I: Iterator<Item = (&'r str, &'r str)>,
    {
        let failed = |message: String| Error {
            message,
            range: None,
            help: None,
        };
        let value = self
            .run(&field, row)
            .map_err(|error| failed(message(&error)))?;
        // A condition that is not met and has no `else` gives nothing, as does a field alone that is not there.
        if value.is_undefined()
            && let Some(missing) = self.fields().find(|name| field(name).is_none())
        {
            return Err(failed(format!("the field `{missing}` is missing")));
        }
        if value.is_undefined() || value.is_none() {
            return Ok(None);
        }
        if value.as_str().is_none() && !value.is_number() {
            return Err(failed(format!(
                "the expression gives a {}, not a text or a number",
                value.kind()
            )));
        }
        Ok(Some(value.to_string()).filter(|text| !text.trim().is_empty()))
    }

    fn run<'r, I>(
        &self,
        field: impl Fn(&str) -> Option<&'r str>,
        row: impl Fn() -> I,
    ) -> Result<Value, minijinja::Error>
    where
        I: Iterator<Item = (&'r str, &'r str)>,
    {
        let named = self
            .fields
            .iter()
            .filter_map(|name| field(name).map(|value| (name.clone(), Value::from(value))));
        let whole = self
            .whole_row
            .then(|| {
                let fields: BTreeMap<_, _> = row()
                    .map(|(name, value)| (name.to_owned(), Value::from(value)))
                    .collect();
                (ROW.to_owned(), Value::from(fields))
            })
            .into_iter();
        let context: BTreeMap<String, Value> = named.chain(whole).collect();
        self.compiled.eval(Value::from(context))
    }
}

/// Tells whether an error is there for every row: a filter that does not exist, or a date format that is none.
fn is_of_the_expression(error: &minijinja::Error) -> bool {
    match error.kind() {
        ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction
        | ErrorKind::MissingArgument
        | ErrorKind::TooManyArguments => true,
        // A function that does not exist is taken for a field, and a text cannot be called.
        ErrorKind::InvalidOperation => error
            .detail()
            .is_some_and(|detail| detail.contains("not callable")),
        _ => false,
    }
}

fn explained(error: &minijinja::Error, source: &str) -> Error {
    let named = source
        .get(error.range().unwrap_or_default())
        .unwrap_or_default()
        .rsplit(['|', ' '])
        .next()
        .unwrap_or_default();
    let word = named.split('(').next().unwrap_or_default().trim();
    Error {
        message: message(error),
        range: error
            .range()
            .filter(|range| !range.is_empty() && range.end <= source.len()),
        help: (error.kind() == ErrorKind::UnknownFilter)
            .then(|| crate::config::proposal(word, FILTERS.iter().copied()))
            .flatten(),
    }
}

fn message(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

fn refused(message: String) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, message)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that minijinja calls"
)]
/// `shipped_at | date('%-d %b')`, or in another time zone: `date('%H:%M', tz='Europe/Tallinn')`.
fn date(text: &str, format: &str, options: Kwargs) -> Result<String, minijinja::Error> {
    let zone: Option<&str> = options.get("tz")?;
    options.assert_all_used()?;
    let moment = Moment::parse(text).ok_or_else(|| refused(format!("`{text}` is not a date")))?;
    let written = match zone {
        None => strtime::format(format, moment.civil),
        Some(zone) => {
            let zone = TimeZone::get(zone).map_err(|error| refused(error.to_string()))?;
            let instant = moment
                .timestamp()
                .ok_or_else(|| refused(format!("`{text}` is out of range")))?;
            strtime::format(format, &instant.to_zoned(zone))
        }
    };
    written.map_err(|error| refused(format!("`{format}` cannot be written: {error}")))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that minijinja calls"
)]
/// `amount | number(2)` gives `1234.50`; `number(2, sep=' ', point=',')` gives `1 234,50`.
fn number(
    value: &Value,
    decimals: Option<u8>,
    options: Kwargs,
) -> Result<String, minijinja::Error> {
    let separator: Option<&str> = options.get("sep")?;
    let point: Option<&str> = options.get("point")?;
    options.assert_all_used()?;
    let text = value.to_string();
    let number: f64 = text
        .trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| refused(format!("`{text}` is not a number")))?;
    let decimals = usize::from(decimals.unwrap_or(0).min(9));
    let written = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = written.split_once('.').unwrap_or((written.as_str(), ""));
    let mut result = String::new();
    if number < 0.0 && written.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        result.push('-');
    }
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            result.push_str(separator.unwrap_or_default());
        }
        result.push(digit);
    }
    if !fraction.is_empty() {
        result.push_str(point.unwrap_or("."));
        result.push_str(fraction);
    }
    Ok(result)
}

/// `title | truncate(40)`: at most so many characters, the last of them `…` where something was cut.
fn truncate(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(length.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

#[cfg(test)]
#[path = "expression/tests.rs"]
mod unit;
