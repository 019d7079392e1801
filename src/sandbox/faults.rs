//! Faults on demand: latency, errors, throttling, hanging up before or after a call was processed.
//!
//! A rule says which calls it is for and how often it strikes; it keeps its place and its counts in the data, so that a
//! fault survives the crash that it provokes.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::core::Turn;
use super::duration;
use super::graph::GraphError;
use super::http::{Call, Reply};

/// What is done to a call.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The answer comes later, in real time.
    Latency(Duration),
    /// The connection is closed and the call was never processed.
    CutBefore,
    /// The call is processed, durably, and the connection closed without an answer.
    CutAfter,
    /// Any answer.
    Answer(Box<Reply>),
    /// A Graph error.
    Error(Box<GraphError>),
    /// The hour's calls, or the number's throughput, are used up for so many minutes.
    Throttle(i64),
}

impl Fault {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Latency(wait) => format!("latency {}ms", wait.as_millis()),
            Self::CutBefore => "cut_before".into(),
            Self::CutAfter => "cut_after".into(),
            Self::Answer(reply) => format!("status {}", reply.status),
            Self::Error(error) => format!("error {}", error.code()),
            Self::Throttle(_) => "throttle".into(),
        }
    }
}

/// What is done to webhooks.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookFault {
    /// Each is delivered twice.
    Duplicate,
    /// They come in the wrong order.
    Disorder,
    /// They wait.
    Hold,
}

/// A rule as it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Rule {
    id: u64,
    method: Option<String>,
    path: Option<String>,
    /// Strikes from the nth matching call on.
    nth: u64,
    /// How often it strikes; none: always.
    times: Option<u64>,
    fault: Value,
    /// Matching calls so far.
    seen: u64,
    /// Strikes so far.
    struck: u64,
}

/// A call that a `refuse_writes` rule refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Violation {
    at: Timestamp,
    method: String,
    path: String,
}

/// All rules.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Faults {
    next_id: u64,
    rules: Vec<Rule>,
    violations: Vec<Violation>,
}

impl Faults {
    /// Whether webhooks are treated so.
    pub(crate) fn webhooks(&self, fault: WebhookFault) -> bool {
        let wanted = serde_json::to_value(fault).unwrap_or_default();
        self.rules.iter().any(|rule| {
            rule.fault["webhooks"] == wanted && rule.times.is_none_or(|times| rule.struck < times)
        })
    }
}

/// Whether `path` has the shape of `pattern`: `*` stands for anything; without one, any part will do.
fn matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.contains(pattern);
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        if index + 1 == parts.len() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

impl Rule {
    fn is_for(&self, call: &Call) -> bool {
        if self.fault.get("webhooks").is_some() {
            return false;
        }
        let writes_only = self.fault["refuse_writes"] == true;
        self.method
            .as_deref()
            .is_none_or(|method| method.eq_ignore_ascii_case(call.method.as_str()))
            && self
                .path
                .as_deref()
                .is_none_or(|path| matches(path, &call.path))
            && !(writes_only && call.method == axum::http::Method::GET)
    }
}

/// Reads what a rule does.
fn read(fault: &Value) -> Result<Option<Fault>, String> {
    let object = match fault {
        Value::String(name) => match name.as_str() {
            "cut_before" => return Ok(Some(Fault::CutBefore)),
            "cut_after" => return Ok(Some(Fault::CutAfter)),
            name => {
                return Err(format!(
                    "unknown fault {name:?}; known: cut_before, cut_after, or an object"
                ));
            }
        },
        Value::Object(object) => object,
        _ => return Err("\"fault\" must be a text or an object".into()),
    };
    if let Some(latency) = object.get("latency") {
        let parsed = latency
            .as_str()
            .and_then(duration::parse)
            .and_then(|wait| Duration::try_from(wait).ok());
        return parsed
            .map(Fault::Latency)
            .map(Some)
            .ok_or_else(|| format!("{latency} is no duration such as \"200ms\""));
    }
    if let Some(status) = object.get("status") {
        let status = status
            .as_u64()
            .and_then(|status| u16::try_from(status).ok())
            .filter(|s| (200..=599).contains(s));
        let status = status.ok_or("\"status\" must be an HTTP status from 200 to 599")?;
        let body = object.get("body").cloned().unwrap_or(Value::Null);
        return Ok(Some(Fault::Answer(Box::new(Reply::status(status, body)))));
    }
    if let Some(error) = object.get("error") {
        let code = error["code"].as_i64().ok_or("\"error\" needs a \"code\"")?;
        let mut graph = match error["message"].as_str() {
            Some(message) => GraphError::new(code, message),
            None => GraphError::message(code, "injected by the sandbox"),
        };
        if let Some(subcode) = error["subcode"].as_i64() {
            graph = graph.subcode(subcode);
        }
        if let Some(details) = error["details"].as_str() {
            graph = graph.with_details(details);
        }
        if let Some(http) = error["http"]
            .as_u64()
            .and_then(|http| u16::try_from(http).ok())
        {
            graph = graph.http(http);
        }
        if let Some(transient) = error["is_transient"].as_bool() {
            graph = graph.transient(transient);
        }
        return Ok(Some(Fault::Error(Box::new(graph))));
    }
    if let Some(throttle) = object.get("throttle") {
        return Ok(Some(Fault::Throttle(
            throttle["minutes"].as_i64().unwrap_or(5).max(1),
        )));
    }
    if object.get("refuse_writes") == Some(&Value::Bool(true)) {
        let error = GraphError::new(1, "the sandbox refuses writes").http(500);
        return Ok(Some(Fault::Error(Box::new(error))));
    }
    if let Some(webhooks) = object.get("webhooks") {
        let parsed: Result<WebhookFault, _> = serde_json::from_value(webhooks.clone());
        return parsed
            .map(|_| None)
            .map_err(|_| format!("{webhooks} is none of duplicate, disorder, hold"));
    }
    Err("unknown fault; known: cut_before, cut_after, latency, status, error, throttle, refuse_writes, webhooks".into())
}

/// Adds a rule.
pub(crate) fn add(turn: &mut Turn<'_>, body: &Value) -> Result<Value, String> {
    let fault = body.get("fault").ok_or("\"fault\" is missing")?;
    read(fault)?;
    let text = |name: &str| body["match"][name].as_str().map(str::to_owned);
    let nth = body["match"]["nth"].as_u64();
    let times = body["times"].as_u64().or(nth.map(|_| 1));
    let faults = &mut turn.world.faults;
    faults.next_id += 1;
    let rule = Rule {
        id: faults.next_id,
        method: text("method"),
        path: text("path"),
        nth: nth.unwrap_or(1).max(1),
        times,
        fault: fault.clone(),
        seen: 0,
        struck: 0,
    };
    let shown = json!(rule);
    faults.rules.push(rule);
    keep(turn);
    Ok(shown)
}

/// Lists rules and violations.
pub(crate) fn list(turn: &Turn<'_>) -> Value {
    let faults = &turn.world.faults;
    json!({"data": faults.rules, "violations": faults.violations})
}

/// Removes one rule, or everything.
pub(crate) fn remove(turn: &mut Turn<'_>, id: Option<u64>) -> bool {
    let faults = &mut turn.world.faults;
    let before = faults.rules.len();
    match id {
        Some(id) => faults.rules.retain(|rule| rule.id != id),
        None => (faults.rules.clear(), faults.violations.clear()).0,
    }
    let removed = before != faults.rules.len();
    keep(turn);
    removed || id.is_none()
}

/// Notes that a webhook fault struck.
pub(crate) fn struck(turn: &mut Turn<'_>, fault: WebhookFault) {
    let wanted = serde_json::to_value(fault).unwrap_or_default();
    for rule in turn
        .world
        .faults
        .rules
        .iter_mut()
        .filter(|rule| rule.fault["webhooks"] == wanted)
    {
        rule.struck += 1;
    }
    keep(turn);
}

fn keep(turn: &mut Turn<'_>) {
    let faults = turn.world.faults.clone();
    turn.keep("faults", "", &faults);
}

/// Returns what is to be done to a call, and counts it.
pub(crate) fn pick(turn: &mut Turn<'_>, call: &Call) -> Vec<Fault> {
    strike(turn, call, |_| true)
}

/// Returns what is to be done to a call by rules that name a path, and counts it.
pub(crate) fn pick_named(turn: &mut Turn<'_>, call: &Call) -> Vec<Fault> {
    strike(turn, call, |rule| rule.path.is_some())
}

fn strike(turn: &mut Turn<'_>, call: &Call, wanted: impl Fn(&Rule) -> bool) -> Vec<Fault> {
    let mut picked = Vec::new();
    let mut changed = false;
    let now = turn.now;
    let faults = &mut turn.world.faults;
    let rules = faults.rules.iter_mut();
    for rule in rules.filter(|rule| wanted(rule) && rule.is_for(call)) {
        changed = true;
        rule.seen += 1;
        if rule.seen < rule.nth || rule.times.is_some_and(|times| rule.struck >= times) {
            continue;
        }
        rule.struck += 1;
        if rule.fault["refuse_writes"] == true {
            let violation = Violation {
                at: now,
                method: call.method.to_string(),
                path: call.path.clone(),
            };
            faults.violations.push(violation);
        }
        // Rules were read when they were added.
        picked.extend(read(&rule.fault).ok().flatten());
    }
    if changed {
        keep(turn);
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_parts_or_whole_paths() {
        assert!(matches("messages", "/106/messages"));
        assert!(matches("/*/messages", "/106/messages"));
        assert!(!matches("/*/messages", "/106/messages/x"));
        assert!(!matches("/*/message_templates", "/106/messages"));
        assert!(matches("*/102*", "/v/102/x"));
    }

    #[test]
    fn unknown_faults_are_refused() {
        for fault in [
            json!("cut"),
            json!({"latency": "soon"}),
            json!({"status": 99}),
            json!({}),
            json!({"webhooks": "x"}),
        ] {
            assert!(read(&fault).is_err(), "{fault}");
        }
    }
}
