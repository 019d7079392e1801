//! What a call is answered with.

use serde_json::{Value, json};

use crate::sandbox::graph::GraphError;

/// An answer: status, headers of its own, JSON body.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

impl Reply {
    pub(crate) fn json(body: Value) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body,
        }
    }

    pub(crate) fn success() -> Self {
        Self::json(json!({"success": true}))
    }

    pub(crate) fn status(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    pub(crate) fn error(error: &GraphError, trace: &str) -> Self {
        let mut reply = Self::status(error.status(), error.body(trace));
        if error.status() == 401 {
            reply.headers.push((
                "www-authenticate",
                "OAuth \"Facebook Platform\" \"invalid_token\"".into(),
            ));
        }
        reply
    }
}
