//! What we send validates against Meta's OpenAPI file.
//!
//! Any test that keeps the sandbox's request log calls [`check_log`] with it. Paths, methods, parameter names and the
//! bodies that create or edit a template are checked hard; the bodies of `/messages` only warn, because there the file
//! refuses its own examples. Where the fact sheet says that the file is wrong or silent, the difference stands by name
//! in [`deviations`]. Answers, status codes, headers and the values of query parameters are not checked: the file is
//! not trustworthy there.
//!
//! The file is Meta's and does not live in this repository. `META_OPENAPI` names it (relative to the crate's root);
//! without it the checks say that they were skipped, except in CI, where they fail.

mod body;
mod deviations;
mod drafts;
mod operation;
mod relaxations;
mod request;
mod schema;
mod shape;
mod specification;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;

pub(crate) use request::LoggedRequest;
pub(crate) use specification::Specification;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The file disagrees in a part where it is known to be wrong about itself.
    Warning,
    /// We send what Meta's file does not know.
    Error,
}

/// One disagreement between a request and the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// How much it weighs.
    pub(crate) severity: Severity,
    /// What is wrong and where, without the ids of the single request, so that equal findings can be counted.
    pub(crate) what: String,
}

impl Finding {
    fn error(what: String) -> Self {
        Self {
            severity: Severity::Error,
            what,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(formatter, "{severity}: {}", self.what)
    }
}

/// Fails with every distinct error that Meta's file finds in `requests`, shows the warnings, and does nothing where
/// the file is absent.
///
/// # Panics
/// If a request disagrees with the file, or if the file is absent in CI.
pub(crate) fn check_log(requests: &[LoggedRequest]) {
    if let Some(specification) = Specification::load() {
        specification.check_log(requests);
    }
}

impl Specification {
    fn check_log(&self, requests: &[LoggedRequest]) {
        let mut counted: BTreeMap<Finding, usize> = BTreeMap::new();
        for request in requests {
            for finding in self.check(request) {
                *counted.entry(finding).or_default() += 1;
            }
        }
        let describe = |severity: Severity| -> Vec<String> {
            counted
                .iter()
                .filter(|(finding, _)| finding.severity == severity)
                .map(|(finding, times)| {
                    format!("{finding} ({times} of {} requests)", requests.len())
                })
                .collect()
        };
        for warning in describe(Severity::Warning) {
            tell(&warning);
        }
        let errors = describe(Severity::Error);
        assert!(
            errors.is_empty(),
            "Meta's OpenAPI file refuses what was sent:\n{}",
            errors.join("\n")
        );
    }
}

/// Writes a line to standard error itself: the test harness swallows what the print macros write when a test passes,
/// and a check that was skipped must be seen.
fn tell(line: &str) {
    writeln!(std::io::stderr(), "openapi: {line}").expect("standard error takes a line");
}
