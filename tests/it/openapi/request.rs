//! A request as the sandbox remembers it. Does not know what is right or wrong about it.

use serde_json::Value;

/// One request that reached the sandbox.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LoggedRequest {
    /// The HTTP method in upper case.
    pub(crate) method: String,
    /// The path from the version on, for example `/v25.0/102290129340398/message_templates`.
    pub(crate) path: String,
    /// The decoded query, in the order in which it was sent.
    pub(crate) query: Vec<(String, String)>,
    /// The JSON body; of any other body nothing is known here.
    pub(crate) body: Option<Value>,
}

impl LoggedRequest {
    /// A request without query and body.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            ..Self::default()
        }
    }

    /// The same request with one more query parameter.
    pub(crate) fn with_query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same request with a JSON body.
    pub(crate) fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Reads one entry of the answer of `GET /_sandbox/requests`.
    ///
    /// The query may be an object (whose values may be lists), a raw query string, or part of the path.
    ///
    /// # Panics
    /// If the entry has no method or path, because then the log itself is broken.
    pub(crate) fn from_json(entry: &Value) -> Self {
        let text = |key: &str| {
            entry[key]
                .as_str()
                .unwrap_or_else(|| panic!("a logged request has no text under `{key}`: {entry}"))
        };
        let target = text("path");
        let (path, in_path) = target.split_once('?').unwrap_or((target, ""));
        let mut query = decode_query(in_path);
        match &entry["query"] {
            Value::Null => {}
            Value::String(raw) => query.extend(decode_query(raw)),
            Value::Object(pairs) => {
                for (name, value) in pairs {
                    match value {
                        Value::Array(values) => {
                            query.extend(values.iter().map(|value| (name.clone(), plain(value))));
                        }
                        value => query.push((name.clone(), plain(value))),
                    }
                }
            }
            other => panic!("a logged request's query is neither an object nor a string: {other}"),
        }
        let body = match &entry["body"] {
            Value::Null => None,
            // Bytes are logged as their digest.
            Value::Object(body) if body.contains_key("sha256") => None,
            Value::String(raw) => serde_json::from_str(raw).ok(),
            body => Some(body.clone()),
        };
        Self {
            method: text("method").to_ascii_uppercase(),
            path: path.to_owned(),
            query,
            body,
        }
    }

    /// The names of the query's parameters.
    pub(crate) fn query_names(&self) -> impl Iterator<Item = &str> {
        self.query.iter().map(|(name, _)| name.as_str())
    }

    /// The names at the top of the body, which Graph treats as parameters too.
    pub(crate) fn body_names(&self) -> impl Iterator<Item = &str> {
        self.body
            .as_ref()
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|body| body.keys().map(String::as_str))
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn decode_query(raw: &str) -> Vec<(String, String)> {
    let raw = raw.trim_start_matches('?');
    let url = reqwest::Url::parse(&format!("http://localhost/?{raw}"))
        .expect("any text is a query of a valid address");
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
