//! What a request asks for.
//!
//! Graph takes parameters from the query, a form (of either encoding) or a JSON object alike; here they are one map.

use axum::http::{HeaderMap, Method, Uri};
use bytes::Bytes;
use reqwest::Url;
use serde_json::{Map, Value};

use super::multipart::{self, FilePart, Part};
use crate::sandbox::graph::GraphError;

/// A request, read.
#[derive(Debug)]
pub(crate) struct Call {
    pub method: Method,
    /// The `vNN.N` that the path began with.
    pub version: Option<String>,
    /// The path, without the version.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    params: Map<String, Value>,
    /// The files of a multipart form.
    files: Vec<FilePart>,
    /// Whether the body was neither JSON nor a form in an address's encoding.
    pub raw_body: bool,
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| {
            let digits =
                |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits(major) && digits(minor)
        })
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let Ok(url) = Url::parse(&format!("http://sandbox/?{query}")) else {
        return Vec::new();
    };
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

impl Call {
    /// Reads a request; only a body that claims to be JSON or a multipart form and is not brings an error.
    pub(crate) fn read(
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> (Self, Option<GraphError>) {
        let path = uri.path();
        let mut segments = path.trim_start_matches('/').splitn(2, '/');
        let first = segments.next().unwrap_or_default();
        let (version, path) = if is_version(first) {
            (
                Some(first.to_owned()),
                format!("/{}", segments.next().unwrap_or_default()),
            )
        } else {
            (None, path.to_owned())
        };
        let query = pairs(uri.query().unwrap_or_default());
        let mut params: Map<String, Value> = query
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.clone())))
            .collect();
        let kind = headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        // People type curl without a content type; behind the scenes that is good enough.
        let typed = path.starts_with("/_sandbox") && body.starts_with(b"{");
        let (json, form) = if typed {
            (true, false)
        } else {
            (
                kind.contains("json"),
                kind.contains("x-www-form-urlencoded"),
            )
        };
        let mut failure = None;
        let mut files = Vec::new();
        if form {
            let text = String::from_utf8_lossy(&body);
            params.extend(
                pairs(&text)
                    .into_iter()
                    .map(|(name, value)| (name, Value::String(value))),
            );
        } else if json && !body.is_empty() {
            match serde_json::from_slice(&body) {
                Ok(Value::Object(object)) => params.extend(object),
                Ok(_) => {
                    failure = Some(GraphError::invalid(
                        "The request's body must be a JSON object",
                    ));
                }
                Err(error) => {
                    failure = Some(GraphError::invalid(format_args!(
                        "The request's body is no valid JSON: {error}"
                    )));
                }
            }
        } else if let Some(boundary) = multipart::boundary(kind) {
            match multipart::parts(&body, &boundary) {
                Some(parts) => {
                    for part in parts {
                        match part {
                            Part::Text { name, value } => {
                                params.insert(name, Value::String(value));
                            }
                            Part::File(file) => files.push(file),
                        }
                    }
                }
                None => {
                    failure = Some(GraphError::invalid(
                        "The request's body is no valid multipart form",
                    ));
                }
            }
        }
        let raw_body = !json && !form;
        let call = Self {
            method,
            version,
            path,
            query,
            headers,
            body,
            params,
            files,
            raw_body,
        };
        (call, failure)
    }

    /// The path's parts.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect()
    }

    /// Returns a header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The caller's token, from wherever Graph takes it.
    pub(crate) fn token(&self) -> Option<String> {
        let from_header = self.header("authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            matches!(scheme.to_ascii_lowercase().as_str(), "bearer" | "oauth")
                .then(|| token.trim().to_owned())
        });
        from_header.or_else(|| self.text("access_token"))
    }

    /// All parameters.
    pub(crate) fn params(&self) -> &Map<String, Value> {
        &self.params
    }

    /// Returns a parameter as it came.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.params.get(name).filter(|value| !value.is_null())
    }

    /// Returns a parameter as text; numbers and truth values are written out.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// Returns the file of this name, as a multipart form carries it.
    pub(crate) fn file(&self, name: &str) -> Option<&FilePart> {
        self.files.iter().find(|file| file.name == name)
    }

    /// Refuses a call to an endpoint of messaging that does not say which product it is for.
    pub(crate) fn need_whatsapp(&self) -> Result<(), GraphError> {
        match self.text("messaging_product").as_deref() {
            Some("whatsapp") => Ok(()),
            None => Err(GraphError::invalid(
                "The parameter messaging_product is required.",
            )),
            Some(product) => Err(GraphError::invalid(format_args!(
                "Param messaging_product must be one of {{WHATSAPP}} - got \"{product}\"."
            ))),
        }
    }

    /// Returns a parameter that is JSON, be it as text (query, form) or as it is.
    pub(crate) fn json(&self, name: &str) -> Option<Value> {
        match self.get(name)? {
            Value::String(text) => serde_json::from_str(text)
                .ok()
                .or_else(|| Some(Value::String(text.clone()))),
            value => Some(value.clone()),
        }
    }

    /// Returns a parameter that is a list: an array, a JSON array as text, or parts between commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        match self.json(name) {
            Some(Value::Array(items)) => items.iter().map(text).collect(),
            Some(value) => text(&value)
                .split(',')
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty())
                .collect(),
            None => Vec::new(),
        }
    }

    /// Returns path and query of this call with one parameter set and the secrets and the other cursor left out.
    pub(crate) fn uri_with(&self, name: &str, value: &str) -> String {
        let version = self
            .version
            .as_ref()
            .map(|version| format!("/{version}"))
            .unwrap_or_default();
        let kept = self.query.iter().filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "after" | "before" | "access_token" | "appsecret_proof"
            )
        });
        let mut url = Url::parse("http://sandbox/").expect("a constant address is valid");
        url.query_pairs_mut()
            .extend_pairs(kept)
            .append_pair(name, value);
        format!("{version}{}?{}", self.path, url.query().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(uri: &str, kind: &'static str, body: &'static str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        Call::read(
            Method::POST,
            &uri.parse().unwrap(),
            headers,
            Bytes::from_static(body.as_bytes()),
        )
        .0
    }

    #[test]
    fn query_form_and_json_are_one() {
        let json = call(
            "/v24.0/1/x?a=1",
            "application/json",
            r#"{"b": [1, "2"], "c": true}"#,
        );
        assert_eq!(
            (json.version.as_deref(), json.path.as_str()),
            (Some("v24.0"), "/1/x")
        );
        assert_eq!(
            (json.text("a").as_deref(), json.text("c").as_deref()),
            (Some("1"), Some("true"))
        );
        assert_eq!(json.list("b"), ["1", "2"]);
        let form = call(
            "/1?q=x%20y",
            "application/x-www-form-urlencoded",
            "b=%5B1%2C2%5D&c=x%2Cy&d=%7B%22k%22%3A1%7D",
        );
        assert_eq!(form.list("b"), ["1", "2"]);
        assert_eq!(form.list("c"), ["x", "y"]);
        assert_eq!(form.json("d").unwrap()["k"], 1);
        assert_eq!(form.text("q").as_deref(), Some("x y"));
        assert_eq!(form.version, None);
    }

    #[test]
    fn the_next_page_keeps_the_query_and_no_secret() {
        let call = call(
            "/v1.0/1/x?limit=2&access_token=s&after=old",
            "text/plain",
            "",
        );
        assert_eq!(call.uri_with("after", "new"), "/v1.0/1/x?limit=2&after=new");
    }
}
