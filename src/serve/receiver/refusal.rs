//! Why a request at a door is refused.

use axum::body::Body;
use axum::http::header::{ALLOW, CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};

use crate::meta::webhook::handshake;
use crate::meta::webhook::signature::Forged;

/// Why a request is refused. The sentences are told to the peer, so that none of them says anything that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("a webhook is sent by POST, and its address is verified by GET")]
    Method,
    #[error(transparent)]
    Handshake(#[from] handshake::Refused),
    #[error("the body is larger than any webhook of Meta's")]
    TooLarge,
    #[error("too much is being received at this moment; try again")]
    Crowded,
    #[error("the body did not come in time")]
    Slow,
    #[error("the body ended before its end")]
    Cut,
    #[error(transparent)]
    Forged(#[from] Forged),
    #[error("the body is not UTF-8 text")]
    NotText,
    #[error("the body is not a JSON object")]
    NotJson,
    #[error("the webhook could not be kept; try again")]
    NotKept,
}

impl Refusal {
    /// All reasons under which refusals are counted.
    pub(super) const REASONS: [&str; 11] = [
        "method",
        "handshake",
        "too_large",
        "crowded",
        "slow",
        "cut",
        "unsigned",
        "forged",
        "not_text",
        "not_json",
        "not_kept",
    ];

    /// Returns the word under which it is counted.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Handshake(_) => "handshake",
            Self::TooLarge => "too_large",
            Self::Crowded => "crowded",
            Self::Slow => "slow",
            Self::Cut => "cut",
            Self::Forged(Forged::Missing) => "unsigned",
            Self::Forged(_) => "forged",
            Self::NotText => "not_text",
            Self::NotJson => "not_json",
            Self::NotKept => "not_kept",
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Handshake(_) => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            // 503 and not 429: Meta is to send it again, and soon.
            Self::Crowded | Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Forged(_) => StatusCode::UNAUTHORIZED,
            Self::Cut | Self::NotText | Self::NotJson => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether bytes of the request may still be under way, so that nothing else can follow on the connection.
    fn ends_connection(self) -> bool {
        matches!(
            self,
            Self::TooLarge | Self::Crowded | Self::Slow | Self::Cut | Self::Method
        )
    }

    pub(super) fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(format!("{self}\n")));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        if self == Self::Method {
            headers.insert(ALLOW, HeaderValue::from_static("GET, POST"));
        }
        if self.ends_connection() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
