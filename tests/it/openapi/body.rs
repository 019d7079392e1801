//! What may be in the body of one operation, and how much a violation weighs.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use super::{Finding, Severity};

/// What one operation's body may hold.
#[derive(Default)]
pub(super) struct Body {
    /// Names allowed at the top; `None` when the body is not JSON, or is only looked at by `checks`.
    pub(super) names: Option<BTreeSet<String>>,
    /// Whether a request without a JSON body is an error.
    pub(super) required: bool,
    pub(super) checks: Vec<Check>,
}

impl Body {
    /// Whether `name` may stand at the top.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(name))
    }

    pub(super) fn check(&self, title: &str, body: Option<&Value>) -> Vec<Finding> {
        match body {
            Some(body) => self
                .checks
                .iter()
                .flat_map(|check| check.findings(title, body))
                .collect(),
            None if self.required => vec![Finding::error(format!("{title}: no JSON body"))],
            None => Vec::new(),
        }
    }
}

/// A schema and what it means to violate it.
pub(super) struct Check {
    severity: Severity,
    schema: Value,
    /// Compiled on first use: a test touches a handful of the file's operations.
    validator: OnceLock<Validator>,
}

impl Check {
    pub(super) fn new(severity: Severity, schema: Value) -> Self {
        Self {
            severity,
            schema,
            validator: OnceLock::new(),
        }
    }

    /// The compiled schema.
    pub(super) fn validator(&self) -> &Validator {
        self.validator.get_or_init(|| {
            jsonschema::draft202012::new(&self.schema)
                .unwrap_or_else(|error| panic!("a schema of Meta's file does not compile: {error}"))
        })
    }

    fn findings(&self, title: &str, body: &Value) -> Vec<Finding> {
        self.validator()
            .iter_errors(body)
            .map(|error| {
                // Masked: the value differs from request to request, and equal findings are counted together.
                let what = format!(
                    "{title}: {} (in the body at `{}`)",
                    error.masked(),
                    error.instance_path()
                );
                Finding {
                    severity: self.severity,
                    what,
                }
            })
            .collect()
    }
}
