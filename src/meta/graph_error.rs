//! An error as Meta words it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::classify::{Class, NO_CODE, Phase, Verdict, classify};
use super::lenient::integer_of;

/// An error as Meta words it, in an answer or in a webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphError {
    /// Negative where something in front of the Graph API answered, without a code.
    pub code: i64,
    pub subcode: Option<i64>,
    pub http_status: Option<u16>,
    pub title: Option<String>,
    pub message: String,
    /// All that Meta adds to the message.
    pub details: Option<String>,
    pub fbtrace_id: Option<String>,
    /// An object or a text.
    pub error_data: Option<Value>,
    pub class: Class,
}

impl GraphError {
    /// Reads the `error` of an answer's body; nothing where there is no readable one.
    #[must_use]
    pub fn from_answer(http_status: u16, body: &Value) -> Option<Self> {
        Self::read(body.get("error")?, Some(http_status), Phase::Answer)
    }

    /// Reads one of the `errors` of a webhook's status or message; nothing where it has no code.
    #[must_use]
    pub fn from_status(error: &Value) -> Option<Self> {
        Self::read(error, None, Phase::Status)
    }

    /// An answer without a readable Graph error.
    pub(super) fn without_code(http_status: u16, beginning: &str) -> Self {
        Self {
            code: NO_CODE,
            subcode: None,
            http_status: Some(http_status),
            title: None,
            message: if beginning.is_empty() {
                "the answer is empty".to_owned()
            } else {
                format!("the answer begins with: {beginning}")
            },
            details: None,
            fbtrace_id: None,
            error_data: None,
            class: classify(NO_CODE, None, Some(http_status), Phase::Answer).class,
        }
    }

    fn read(error: &Value, http_status: Option<u16>, phase: Phase) -> Option<Self> {
        let text = |value: Option<&Value>| {
            let text = value?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let code = integer_of(error.get("code")?)?;
        let subcode = error.get("error_subcode").and_then(integer_of);
        let error_data = error.get("error_data").filter(|data| !data.is_null());
        let title = text(error.get("error_user_title")).or_else(|| text(error.get("title")));
        let message = text(error.get("message"))
            .or_else(|| title.clone())
            .unwrap_or_else(|| "without a message".to_owned());
        let mut details: Vec<String> = Vec::new();
        let explanations = [
            error_data.and_then(|data| text(Some(data)).or_else(|| text(data.get("details")))),
            text(error.get("error_user_msg")),
        ];
        for explanation in explanations.into_iter().flatten() {
            if !message.contains(&explanation) && !details.contains(&explanation) {
                details.push(explanation);
            }
        }
        Some(Self {
            code,
            subcode,
            http_status,
            title,
            message: without_prefix(&message, code).to_owned(),
            details: (!details.is_empty()).then(|| details.join(" ")),
            fbtrace_id: text(error.get("fbtrace_id")),
            error_data: error_data.cloned(),
            class: classify(code, subcode, http_status, phase).class,
        })
    }

    /// Returns all that is known of the code. An error without an HTTP status comes from a webhook.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let phase = match self.http_status {
            Some(_) => Phase::Answer,
            None => Phase::Status,
        };
        classify(self.code, self.subcode, self.http_status, phase)
    }

    /// Whether an answer became too large for Meta, so that a smaller page helps (code 1, in either text).
    pub(super) fn asks_for_less(&self) -> bool {
        let asks = |text: &str| text.contains("reduce the amount of data");
        self.code == 1
            && (asks(&self.message)
                || self.title.as_deref().is_some_and(asks)
                || self.details.as_deref().is_some_and(asks))
    }

    /// The field that the API version in use does not have, by Meta's words: the code (100) is shared by all.
    pub(super) fn unknown_field(&self) -> Option<&str> {
        let (_, rest) = self.message.split_once("nonexisting field (")?;
        let (field, _) = rest.split_once(')')?;
        (self.code == 100).then_some(field)
    }
}

/// Meta repeats the code in front of most messages.
fn without_prefix(message: &str, code: i64) -> &str {
    message
        .strip_prefix(&format!("(#{code})"))
        .map_or(message, str::trim_start)
}

/// `the token has expired: Session has ... [title: details] (code 190, subcode 463, HTTP 401, fbtrace_id A...)`.
impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = self.verdict();
        if verdict.known {
            write!(f, "{}: ", verdict.meaning)?;
        }
        f.write_str(self.message.trim_end_matches('.'))?;
        let title = self
            .title
            .as_ref()
            .filter(|title| **title != self.message && !self.message.contains(*title));
        if let Some(title) = title {
            write!(f, "; {}", title.trim_end_matches('.'))?;
        }
        if let Some(details) = &self.details {
            write!(f, "; {}", details.trim_end_matches('.'))?;
        }
        f.write_str(" (")?;
        if self.code != NO_CODE {
            write!(f, "code {}, ", self.code)?;
        }
        if let Some(subcode) = self.subcode {
            write!(f, "subcode {subcode}, ")?;
        }
        if let Some(http_status) = self.http_status {
            write!(f, "HTTP {http_status}, ")?;
        }
        match &self.fbtrace_id {
            Some(id) => write!(f, "fbtrace_id {id})"),
            None => f.write_str("no fbtrace_id)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_come_from_an_object_or_a_text_and_from_the_users_message() {
        let read = |error: Value| GraphError::from_answer(400, &json!({ "error": error })).unwrap();
        let object = read(json!({"code": 100, "message": "(#100) Invalid parameter",
            "error_data": {"details": "one"}, "error_user_msg": "two"}));
        assert_eq!(object.details.as_deref(), Some("one two"));
        assert_eq!(object.message, "Invalid parameter");
        let text = read(
            json!({"code": "100", "message": "Invalid parameter", "error_data": "one",
            "error_subcode": "2388293"}),
        );
        assert_eq!(text.details.as_deref(), Some("one"));
        assert_eq!((text.code, text.subcode), (100, Some(2_388_293)));
    }

    #[test]
    fn a_body_without_a_code_is_no_graph_error() {
        for body in [
            json!({"error": "nope"}),
            json!({"error": {"message": "x"}}),
            json!([]),
            json!({}),
        ] {
            assert_eq!(GraphError::from_answer(400, &body), None, "{body}");
        }
    }

    #[test]
    fn a_status_is_definitive() {
        let error = json!({"code": 131_000, "title": "Something went wrong", "error_data": {"details": "d"},
            "href": "https://developers.facebook.com/"});
        let error = GraphError::from_status(&error).unwrap();
        assert_eq!(error.class, Class::Temporary);
        assert_eq!(error.message, "Something went wrong");
        assert_eq!(error.verdict().class, Class::Temporary);
    }

    #[test]
    fn the_text_names_everything_that_support_asks_for() {
        let body = json!({"error": {"message": "(#100) Invalid parameter", "code": 100,
            "error_subcode": 2_388_299, "error_user_title": "Leading variable",
            "error_user_msg": "Variables can't be at the start.", "fbtrace_id": "A1b2"}});
        assert_eq!(
            GraphError::from_answer(400, &body).unwrap().to_string(),
            "a variable stands at the start or the end of the text: Invalid parameter; Leading variable; \
             Variables can't be at the start (code 100, subcode 2388299, HTTP 400, fbtrace_id A1b2)"
        );
    }
}
