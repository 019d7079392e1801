//! The request log: what came in and what went out, without secrets.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Call, Reply};
use crate::sandbox::core::Core;
use crate::sandbox::data::RequestRow;

/// Longer bodies and answers are kept as length and hash.
const KEEP_BYTES: usize = 64 * 1024;
const MASK: &str = "***";
/// Parameters and headers whose values are never kept.
const SECRET: [&str; 17] = [
    "access_token",
    "api_access_token",
    "api_key",
    "apikey",
    "appsecret_proof",
    "authorization",
    "client_secret",
    "cookie",
    "input_token",
    "pin",
    "proxy-authorization",
    "token",
    "verify_token",
    "hub.verify_token",
    "x-api-key",
    "x-auth-token",
    "x-token",
];

/// Returns the value with its secrets masked, at any depth.
pub(crate) fn masked(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(name, value)| {
                    let secret = SECRET.contains(&name.to_ascii_lowercase().as_str());
                    (
                        name.clone(),
                        if secret { MASK.into() } else { masked(value) },
                    )
                })
                .collect(),
        ),
        Value::Array(items) => items.iter().map(masked).collect(),
        value => value.clone(),
    }
}

fn digest(bytes: &[u8]) -> Value {
    json!({"bytes": bytes.len(), "sha256": hex::encode(Sha256::digest(bytes))})
}

fn body(call: &Call) -> Value {
    if call.body.is_empty() {
        return Value::Null;
    }
    if call.raw_body || call.body.len() > KEEP_BYTES {
        return digest(&call.body);
    }
    match serde_json::from_slice::<Value>(&call.body) {
        Ok(value) => masked(&value),
        Err(_) => {
            let in_query = |name: &String| call.query.iter().any(|(query, _)| query == name);
            let form: Map<String, Value> = call
                .params()
                .iter()
                .filter(|(name, _)| !in_query(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            masked(&Value::Object(form))
        }
    }
}

/// Makes the log's entry of a call; none where the log is off.
pub(super) fn entry(
    core: &Core,
    call: &Call,
    reply: Option<&Reply>,
    fault: Option<String>,
) -> Option<Box<RequestRow>> {
    if core.options.log == 0 {
        return None;
    }
    let query: Map<String, Value> = call
        .query
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let headers: Map<String, Value> = call
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into(),
            )
        })
        .collect();
    let version = call
        .version
        .as_ref()
        .map(|version| format!("/{version}"))
        .unwrap_or_default();
    let response = reply.map_or_else(
        || "null".to_owned(),
        |reply| {
            let text = reply.body.to_string();
            if text.len() > KEEP_BYTES {
                digest(text.as_bytes()).to_string()
            } else {
                text
            }
        },
    );
    Some(Box::new(RequestRow {
        at: core.clock.now().as_millisecond(),
        method: call.method.to_string(),
        path: format!("{version}{}", call.path),
        query: masked(&Value::Object(query)).to_string(),
        headers: masked(&Value::Object(headers)).to_string(),
        body: body(call).to_string(),
        status: reply.map(|reply| reply.status),
        response,
        fault,
        keep: i64::from(core.options.log),
        seq: 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_at_any_depth() {
        let value = json!({"a": {"verify_token": "s"}, "b": [{"Authorization": "s"}], "to": "+1"});
        assert_eq!(
            masked(&value),
            json!({"a": {"verify_token": "***"}, "b": [{"Authorization": "***"}], "to": "+1"})
        );
    }
}
