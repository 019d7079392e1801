//! The file as a list of operations that a request can be held against.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use super::deviations::{DEVIATIONS, Deviation};
use super::drafts::Drafts;
use super::operation::Operation;
use super::{Finding, LoggedRequest, Severity, tell};

/// Where the file is when `META_OPENAPI` does not say, from the crate's root.
const DEFAULT_PATH: &str = "../shared/reference/meta-openapi-v23.0.yaml";

/// Meta's OpenAPI file with our named deviations.
pub(crate) struct Specification {
    operations: Vec<Operation>,
}

impl Specification {
    /// The file, read once in the life of the test binary, or `None` after saying that the checks are skipped.
    ///
    /// # Panics
    /// If the file is absent in CI, or unreadable anywhere.
    pub(crate) fn load() -> Option<&'static Self> {
        static LOADED: OnceLock<Option<Specification>> = OnceLock::new();
        LOADED
            .get_or_init(|| document().map(|document| Self::new(document, DEVIATIONS)))
            .as_ref()
    }

    /// Builds the operations out of a parsed file.
    pub(super) fn new(document: &Value, deviations: &[Deviation]) -> Self {
        let mut drafts = Drafts::read(document);
        drafts.deviate(deviations);
        Self {
            operations: drafts.finish(),
        }
    }

    /// All that the file finds wrong in one request.
    ///
    /// Node paths look alike (`/{Version}/{TEMPLATE_ID}` is `/{Version}/{WABA-ID}`); a request is right if one of the
    /// operations that it can be takes it, and otherwise is judged by the one that knows most of its parameters.
    pub(crate) fn check(&self, request: &LoggedRequest) -> Vec<Finding> {
        let on_path: Vec<&Operation> = self
            .operations
            .iter()
            .filter(|operation| operation.template.matches(&request.path))
            .collect();
        if on_path.is_empty() {
            return vec![Finding::error(format!(
                "{} {}: unknown path",
                request.method, request.path
            ))];
        }
        on_path
            .iter()
            .filter(|operation| operation.method == request.method)
            .map(|operation| (operation.unknown_names(request), operation.check(request)))
            .min_by_key(|(unknown, findings)| {
                let errors = findings
                    .iter()
                    .filter(|finding| finding.severity == Severity::Error)
                    .count();
                (*unknown, errors, findings.len())
            })
            .map_or_else(
                || {
                    let known: BTreeSet<String> =
                        on_path.iter().map(|operation| operation.title()).collect();
                    let known = known.into_iter().collect::<Vec<_>>().join(", ");
                    vec![Finding::error(format!(
                        "{} {}: unknown method; the file has {known}",
                        request.method, request.path
                    ))]
                },
                |(_, findings)| findings,
            )
    }

    /// The operations, for tests of the file itself.
    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

/// The parsed file, or `None` after saying that it is not there.
pub(super) fn document() -> Option<&'static Value> {
    static DOCUMENT: OnceLock<Option<Value>> = OnceLock::new();
    DOCUMENT
        .get_or_init(|| {
            let named = std::env::var_os("META_OPENAPI").unwrap_or_else(|| DEFAULT_PATH.into());
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(named);
            match std::fs::read_to_string(&path) {
                Ok(text) => Some(parse(&text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    let absent = format!("Meta's OpenAPI file is not at {}", path.display());
                    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
                    assert!(!in_ci, "{absent}; set META_OPENAPI");
                    tell(&format!(
                        "{absent}: requests are not checked (set META_OPENAPI)"
                    ));
                    None
                }
                Err(error) => panic!("{}: {error}", path.display()),
            }
        })
        .as_ref()
}

/// Reads YAML.
pub(super) fn parse(text: &str) -> Value {
    serde_yaml_ng::from_str(text)
        .unwrap_or_else(|error| panic!("Meta's OpenAPI file is not readable YAML: {error}"))
}
