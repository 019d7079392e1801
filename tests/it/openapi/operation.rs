//! One operation of the file: which paths it answers, which parameter names it takes. Does not look into bodies beyond
//! the names at their top.

use std::collections::BTreeSet;

use super::body::Body;
use super::{Finding, LoggedRequest};

/// A method on a path template.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) template: PathTemplate,
    /// Names allowed in the query.
    pub(super) query: BTreeSet<String>,
    pub(super) body: Body,
}

impl Operation {
    /// How the operation is called in findings.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.method, self.template.text)
    }

    /// How many of the request's parameters this operation has never heard of.
    pub(super) fn unknown_names(&self, request: &LoggedRequest) -> usize {
        self.unknown_query(request).count() + self.unknown_body(request).count()
    }

    /// What this operation finds wrong in `request`, whose path and method fit already.
    pub(super) fn check(&self, request: &LoggedRequest) -> Vec<Finding> {
        let title = self.title();
        let mut findings: Vec<Finding> = self
            .unknown_query(request)
            .map(|name| Finding::error(format!("{title}: unknown query parameter `{name}`")))
            .chain(self.unknown_body(request).map(|name| {
                Finding::error(format!("{title}: unknown parameter `{name}` in the body"))
            }))
            .collect();
        findings.extend(self.body.check(&title, request.body.as_ref()));
        findings
    }

    fn unknown_query<'a>(&'a self, request: &'a LoggedRequest) -> impl Iterator<Item = &'a str> {
        request
            .query_names()
            .filter(|name| !self.query.contains(*name))
    }

    fn unknown_body<'a>(&'a self, request: &'a LoggedRequest) -> impl Iterator<Item = &'a str> {
        request.body_names().filter(|name| !self.body.takes(name))
    }
}

/// A path of the file, `/{Version}/{WABA-ID}/message_templates`.
#[derive(Clone, Debug)]
pub(super) struct PathTemplate {
    pub(super) text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
enum Segment {
    Fixed(String),
    Version,
    /// A node. All Graph ids are decimal; without that rule `/{Version}/{Media-ID}` would take every mistake.
    Id,
    /// The 14 characters of a QR code, the one parameter in the file that is not a node.
    Code,
    /// A fixed start and something opaque, which the file itself never has: `upload:{session}`.
    Prefixed(String),
}

impl PathTemplate {
    pub(super) fn new(text: &str) -> Self {
        let segments = text
            .trim_matches('/')
            .split('/')
            .map(|segment| match segment.split_once('{') {
                None => Segment::Fixed(segment.to_owned()),
                Some(("", "Version}")) => Segment::Version,
                Some(("", "QR-Code-ID}")) => Segment::Code,
                Some(("", _)) => Segment::Id,
                Some((prefix, _)) => Segment::Prefixed(prefix.to_owned()),
            })
            .collect();
        Self {
            text: text.to_owned(),
            segments,
        }
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix('/') else {
            return false;
        };
        let mut concrete = path.split('/');
        self.segments
            .iter()
            .all(|segment| concrete.next().is_some_and(|part| segment.matches(part)))
            && concrete.next().is_none()
    }
}

impl Segment {
    fn matches(&self, part: &str) -> bool {
        let decimal =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Fixed(name) => part == name,
            Self::Version => part
                .strip_prefix('v')
                .and_then(|version| version.split_once('.'))
                .is_some_and(|(major, minor)| decimal(major) && decimal(minor)),
            Self::Id => decimal(part),
            Self::Code => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            Self::Prefixed(prefix) => part
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| !rest.is_empty()),
        }
    }
}
