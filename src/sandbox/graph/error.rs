//! Errors in Meta's shape.

use serde_json::{Value, json};

use super::codes;

/// What a call is refused with.
#[derive(Clone, Debug)]
pub(crate) struct GraphError(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    http: u16,
    kind: &'static str,
    code: i64,
    subcode: Option<i64>,
    message: String,
    /// `error_data.details`, as messaging errors carry it.
    details: Option<String>,
    /// Title and text for people, as management errors carry them.
    user: Option<(String, String)>,
    transient: bool,
}

impl GraphError {
    /// Returns an error with the code's own HTTP status.
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            http: codes::http(code),
            kind: "OAuthException",
            code,
            subcode: None,
            message: message.into(),
            details: None,
            user: None,
            transient: matches!(code, 2 | 131_000 | 131_016),
        }))
    }

    /// Returns the HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.0.http
    }

    /// Returns the code.
    pub(crate) fn code(&self) -> i64 {
        self.0.code
    }

    /// Returns a messaging error: the code's title, and the details.
    pub(crate) fn message(code: i64, details: impl Into<String>) -> Self {
        let mut error = Self::new(code, format!("(#{code}) {}", codes::title(code)));
        error.0.details = Some(details.into());
        error
    }

    /// Returns "Invalid parameter" (100) of the messages endpoint.
    pub(crate) fn parameter(details: impl Into<String>) -> Self {
        let mut error = Self::new(100, "(#100) Invalid parameter");
        error.0.details = Some(details.into());
        error
    }

    /// Returns "Invalid parameter" (100) of the management endpoints, with a subcode and what people are shown.
    pub(crate) fn template(subcode: i64, title: &str, text: impl Into<String>) -> Self {
        let mut error = Self::new(100, "Invalid parameter");
        error.0.subcode = (subcode != 0).then_some(subcode);
        error.0.user = Some((title.to_owned(), text.into()));
        error
    }

    /// Returns "(#100) ..." without more.
    pub(crate) fn invalid(message: impl std::fmt::Display) -> Self {
        Self::new(100, format!("(#100) {message}"))
    }

    /// Returns the answer for an object that is not there or cannot do this.
    pub(crate) fn unsupported(method: &str, id: &str) -> Self {
        let mut error = Self::new(
            100,
            format!(
                "Unsupported {} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
                 permissions, or does not support this operation. Please read the Graph API documentation at \
                 https://developers.facebook.com/docs/graph-api",
                method.to_lowercase()
            ),
        );
        error.0.subcode = Some(33);
        error.0.kind = "GraphMethodException";
        error
    }

    /// Returns the answer while the sandbox's own data cannot be written.
    pub(crate) fn broken(reason: impl std::fmt::Display) -> Self {
        let mut error = Self::new(2, format!("(#2) Service temporarily unavailable: {reason}"));
        error.0.http = 500;
        error
    }

    pub(crate) fn http(mut self, status: u16) -> Self {
        self.0.http = status;
        self
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn subcode(mut self, subcode: i64) -> Self {
        self.0.subcode = Some(subcode);
        self
    }

    pub(crate) fn transient(mut self, transient: bool) -> Self {
        self.0.transient = transient;
        self
    }

    pub(crate) fn with_details(mut self, details: impl Into<String>) -> Self {
        self.0.details = Some(details.into());
        self
    }

    /// Returns the body of the answer.
    pub(crate) fn body(&self, trace: &str) -> Value {
        let mut error =
            json!({"message": self.0.message, "type": self.0.kind, "code": self.0.code});
        if let Some(details) = &self.0.details {
            error["error_data"] = json!({"messaging_product": "whatsapp", "details": details});
        }
        if let Some(subcode) = self.0.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some((title, text)) = &self.0.user {
            error["is_transient"] = self.0.transient.into();
            error["error_user_title"] = title.as_str().into();
            error["error_user_msg"] = text.as_str().into();
        } else if self.0.transient {
            error["is_transient"] = true.into();
        }
        error["fbtrace_id"] = trace.into();
        json!({"error": error})
    }
}
