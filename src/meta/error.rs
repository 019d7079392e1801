//! What can go wrong with a call, and what to do about it.

use super::classify::{Class, NO_CODE};
use super::graph_error::GraphError;

/// What can go wrong with a call. No text holds a token, a secret or a proof.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Meta refused.
    #[error("{method} {path}: {error}")]
    Graph {
        method: &'static str,
        path: String,
        error: Box<GraphError>,
    },
    /// The connection never opened: no byte of the request left.
    #[error("{method} {path}: {reason}")]
    Unreachable {
        method: &'static str,
        path: String,
        reason: String,
    },
    /// The connection was cut, or too slow, after the request had begun to leave: it may have been carried out.
    #[error("{method} {path}: the answer was lost: {reason}")]
    Lost {
        method: &'static str,
        path: String,
        reason: String,
    },
    /// A success whose body is not what Meta promises.
    #[error(
        "{method} {path}: HTTP {http_status}, but the answer cannot be read: {reason}; it begins with: {body}"
    )]
    Unreadable {
        method: &'static str,
        path: String,
        http_status: u16,
        reason: String,
        /// Its beginning.
        body: String,
    },
    /// Meta carried nothing out, and said so in a success.
    #[error("{method} {path}: not done: {reason}")]
    NotDone {
        method: &'static str,
        path: String,
        reason: String,
    },
    /// Meta's limit on calls would have to be waited for longer than is allowed.
    #[error(
        "{method} {path}: the call limit is reached; Meta lets calls through again in {minutes} min"
    )]
    LimitReached {
        method: &'static str,
        path: String,
        minutes: u64,
    },
    /// A list that does not come to an end.
    #[error("GET {path}: the list leads back to a page that was read before (page {page})")]
    EndlessList { path: String, page: usize },
    /// The connection cannot be made as configured.
    #[error("{reason}")]
    Options { reason: String },
    /// An id that is empty or cannot stand in a path.
    #[error("{text:?} is not an id")]
    Id { text: String },
}

/// Every diagnostic code that [`Error::code`] gives.
pub const CODES: &[&str] = &[
    "meta::account",
    "meta::call_limit",
    "meta::callback",
    "meta::connection_lost",
    "meta::endless_list",
    "meta::invalid_id",
    "meta::not_done",
    "meta::not_found",
    "meta::number",
    "meta::options",
    "meta::permission",
    "meta::rejected",
    "meta::template",
    "meta::throttled",
    "meta::token_expired",
    "meta::token_invalid",
    "meta::unavailable",
    "meta::uncertain",
    "meta::unreachable",
    "meta::unreadable_answer",
    "meta::wrong_answerer",
];

impl Error {
    /// Returns the diagnostic code, one of [`CODES`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Graph { error, .. } => graph_code(error),
            Self::Unreachable { .. } => "meta::unreachable",
            Self::Lost { .. } => "meta::connection_lost",
            Self::Unreadable { .. } => "meta::unreadable_answer",
            Self::NotDone { .. } => "meta::not_done",
            Self::LimitReached { .. } => "meta::call_limit",
            Self::EndlessList { .. } => "meta::endless_list",
            Self::Options { .. } => "meta::options",
            Self::Id { .. } => "meta::invalid_id",
        }
    }

    /// Returns what to do, in full sentences.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        Some(match self {
            Self::Graph { error, .. } => return graph_advice(error),
            Self::Unreachable { .. } => {
                "Check the network, DNS and proxy of this machine, and base_url where one is declared; nothing was sent."
                    .to_owned()
            }
            Self::Lost { .. } => {
                "Run the same command again: what Meta may have carried out is read first.".to_owned()
            }
            Self::Unreadable { .. } => {
                "Check base_url and api_version; something other than the Graph API may have answered."
                    .to_owned()
            }
            Self::LimitReached { minutes, .. } => format!(
                "Run again in {minutes} minutes; what is done already stays done. Accounts with a registered number \
                 have a higher limit."
            ),
            Self::EndlessList { .. } => "Run again; the list may have changed while it was read.".to_owned(),
            Self::NotDone { .. } | Self::Options { .. } | Self::Id { .. } => return None,
        })
    }

    /// Returns Meta's own error, where it gave one.
    #[must_use]
    pub fn graph(&self) -> Option<&GraphError> {
        match self {
            Self::Graph { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Whether what was asked may have been carried out all the same; whoever wrote must read before writing again.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::Graph { error, .. } => error.class == Class::Uncertain,
            Self::Lost { .. } | Self::Unreadable { .. } => true,
            Self::Unreachable { .. }
            | Self::NotDone { .. }
            | Self::LimitReached { .. }
            | Self::EndlessList { .. }
            | Self::Options { .. }
            | Self::Id { .. } => false,
        }
    }
}

fn graph_code(error: &GraphError) -> &'static str {
    match (error.code, error.subcode) {
        (NO_CODE, _) if error.http_status.is_some_and(|status| status >= 500) => {
            return "meta::unavailable";
        }
        (NO_CODE, _) => return "meta::wrong_answerer",
        (190, Some(463)) => return "meta::token_expired",
        (0 | 102 | 104 | 190, _) => return "meta::token_invalid",
        (3 | 10 | 200..=299 | 131_005, _) => return "meta::permission",
        (2200, _) => return "meta::callback",
        (33 | 803, _) | (100, Some(33)) => return "meta::not_found",
        _ => {}
    }
    match error.class {
        Class::Temporary if error.verdict().known => "meta::unavailable",
        Class::Throttled | Class::ThrottledPair => "meta::throttled",
        Class::Uncertain => "meta::uncertain",
        Class::Account => "meta::account",
        Class::Number => "meta::number",
        Class::Template => "meta::template",
        Class::Temporary
        | Class::ContactLater
        | Class::Contact
        | Class::ContactSuppress
        | Class::Country
        | Class::Request => "meta::rejected",
    }
}

fn graph_advice(error: &GraphError) -> Option<String> {
    let advice = error.verdict().advice.map(str::to_owned);
    match (expiry(error), advice) {
        (Some(when), Some(advice)) => Some(format!("The token expired on {when}. {advice}")),
        (None, Some(advice)) => Some(advice),
        (_, None) if error.class == Class::Throttled => {
            Some("Run again in some minutes; what is done already stays done.".to_owned())
        }
        (_, None) if error.class == Class::Temporary && error.verdict().known => {
            Some("Run again later; see metastatus.com for known outages.".to_owned())
        }
        (_, None) => None,
    }
}

/// When the token expired. Meta says it only in the message: "Session has expired on Friday, 01-May-26 04:00:00 PDT. The
/// current time is ...".
fn expiry(error: &GraphError) -> Option<&str> {
    if (error.code, error.subcode) != (190, Some(463)) {
        return None;
    }
    let (_, rest) = error.message.split_once("has expired on ")?;
    let end = rest.find(". ").unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph(body: &serde_json::Value) -> Error {
        Error::Graph {
            method: "GET",
            path: "/v25.0/1".to_owned(),
            error: Box::new(GraphError::from_answer(400, &json!({ "error": body })).unwrap()),
        }
    }

    #[test]
    fn an_expired_token_says_when_and_how_to_get_a_lasting_one() {
        let error = graph(
            &json!({"code": 190, "error_subcode": 463, "fbtrace_id": "A",
            "message": "Error validating access token: Session has expired on Friday, 01-May-26 04:00:00 PDT. \
                        The current time is Saturday, 02-May-26 01:39:32 PDT."}),
        );
        assert_eq!(error.code(), "meta::token_expired");
        let advice = error.advice().unwrap();
        assert!(
            advice.starts_with("The token expired on Friday, 01-May-26 04:00:00 PDT. "),
            "{advice}"
        );
        assert!(
            advice.contains("system-user token that does not expire"),
            "{advice}"
        );
    }

    #[test]
    fn a_missing_permission_is_named() {
        for code in [10, 200, 294] {
            let error = graph(&json!({"code": code, "message": "no"}));
            assert_eq!(error.code(), "meta::permission");
            assert!(
                error
                    .advice()
                    .unwrap()
                    .contains("whatsapp_business_management")
            );
        }
    }

    #[test]
    fn every_code_that_is_given_is_listed() {
        let mut sorted = CODES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted, CODES);
        for code in [
            -1, 0, 2, 4, 10, 33, 100, 190, 131_000, 131_026, 131_042, 131_045, 132_016, 999_999,
        ] {
            let error = graph(&json!({"code": code, "message": "no"}));
            assert!(CODES.contains(&error.code()), "{code}: {}", error.code());
        }
    }
}
