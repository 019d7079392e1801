//! Stand-ins for other services: a desk, a notification receiver, anything that is told by HTTP.
//!
//! A sink takes whatever it is sent and keeps it. Faults strike here, too, where their `path` names the sink; one without a
//! path is meant for the Graph API.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::core::Core;
use super::data::{Error, SinkRow, Write};
use super::faults::Fault;
use super::http::{Call, Reply, masked};

/// Longer bodies are cut off.
const KEEP_BYTES: usize = 1024 * 1024;

/// Returns the sink that a call is for, and the path behind its name; reading and emptying it is not.
pub(crate) fn named(call: &Call) -> Option<(&str, &str)> {
    let rest = call.path.strip_prefix("/_sandbox/sink/")?;
    let name = rest.split('/').next()?;
    let taken = !matches!(call.method, Method::GET | Method::DELETE);
    (taken && !name.is_empty()).then_some((name, &rest[name.len()..]))
}

/// Takes a call; none: the connection is to be cut.
pub(crate) async fn take(
    core: &Core,
    call: &Call,
    (name, path): (&str, &str),
    faults: Vec<Fault>,
) -> Result<Option<Reply>, Error> {
    let names: Vec<String> = faults.iter().map(Fault::name).collect();
    let (mut taken, mut cut) = (true, false);
    let mut reply = Reply::success();
    for fault in faults {
        match fault {
            Fault::Latency(wait) => tokio::time::sleep(wait).await,
            Fault::CutBefore => (taken, cut) = (false, true),
            Fault::CutAfter => cut = true,
            Fault::Answer(answer) => {
                taken &= answer.status < 300;
                reply = *answer;
            }
            Fault::Error(error) => {
                taken = false;
                reply = Reply::error(&error, "");
            }
            Fault::Throttle(minutes) => {
                taken = false;
                reply = Reply::status(429, json!({"error": "too many requests"}));
                reply
                    .headers
                    .push(("retry-after", (minutes * 60).to_string()));
            }
        }
    }
    let row = SinkRow {
        name: name.to_owned(),
        at: core.clock.now().as_millisecond(),
        method: call.method.to_string(),
        path: path.to_owned(),
        query: masked(&Value::Object(query(call))).to_string(),
        headers: masked(&Value::Object(headers(call))).to_string(),
        body: body(call).to_string(),
        status: (!cut).then_some(reply.status),
        taken,
        fault: (!names.is_empty()).then(|| names.join(",")),
        seq: 0,
    };
    core.data.commit(vec![Write::Sink(Box::new(row))]).await?;
    Ok((!cut).then_some(reply))
}

fn query(call: &Call) -> Map<String, Value> {
    let pairs = call.query.iter();
    pairs
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect()
}

fn headers(call: &Call) -> Map<String, Value> {
    let pairs = call.headers.iter();
    pairs
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into())
        })
        .collect()
}

/// Returns the body as JSON where it is, else as text.
fn body(call: &Call) -> Value {
    let kept = &call.body[..call.body.len().min(KEEP_BYTES)];
    serde_json::from_slice(kept).unwrap_or_else(|_| String::from_utf8_lossy(kept).into())
}

/// `GET /_sandbox/sink/{name}?after=&limit=`.
pub(crate) async fn list(core: &Core, name: &str, after: i64, limit: i64) -> Result<Value, Error> {
    let rows = core.data.sink(name.to_owned(), after, limit).await?;
    let next = rows.last().map_or(after, |row| row.seq);
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let shown = rows.iter().map(|row| {
        let at = jiff::Timestamp::from_millisecond(row.at);
        json!({
            "seq": row.seq,
            "at": at.map_or(Value::Null, |at| at.to_string().into()),
            "method": row.method,
            "path": row.path,
            "query": json(&row.query),
            "headers": json(&row.headers),
            "body": json(&row.body),
            "status": row.status,
            "taken": row.taken,
            "fault": row.fault,
        })
    });
    Ok(json!({"data": shown.collect::<Vec<_>>(), "next": next}))
}

/// `GET /_sandbox/sink`.
pub(crate) async fn names(core: &Core) -> Result<Value, Error> {
    let named = core.data.sinks().await?.into_iter();
    let shown: Vec<Value> = named
        .map(|(name, count)| json!({"name": name, "count": count}))
        .collect();
    Ok(json!({"data": shown}))
}
