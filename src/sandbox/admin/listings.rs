//! What happened: requests and messages; and who the sandbox is.

use serde_json::{Value, json};

use super::Failure;
use crate::sandbox::core::{Core, Turn};
use crate::sandbox::data::{InboundFilter, MessageFilter, RequestFilter, RequestRow};
use crate::sandbox::http::Call;
use crate::sandbox::{inbound, messages, sinks};

/// Entries of an answer at most, and where the call does not say.
const MAX: i64 = 1_000;

/// The identifiers and secrets that everybody may know.
pub(super) fn identity(turn: &mut Turn<'_>) -> Value {
    let identity = &turn.core.identity;
    let accounts: Vec<Value> = turn
        .world
        .accounts
        .keys()
        .map(|waba| {
            let numbers: Vec<Value> = turn
                .world
                .numbers_of(waba)
                .map(|number| json!({"id": number.id, "number": number.e164}))
                .collect();
            json!({"waba_id": waba, "phone_numbers": numbers})
        })
        .collect();
    json!({
        "base_url": turn.core.base_url(),
        "waba_id": identity.waba_id,
        "business_id": identity.business_id,
        "app_id": identity.app_id,
        "app_secret": identity.app_secret,
        "access_token": identity.access_token,
        "expired_token": identity.expired_token,
        "management_only_token": identity.management_only_token,
        "messaging_only_token": identity.messaging_only_token,
        "phone_number_ids": identity.phone_number_ids,
        "accounts": accounts,
    })
}

fn number(call: &Call, name: &str, default: i64) -> Result<i64, Failure> {
    match call.text(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| Failure::Bad(format!("{name}={text:?} is no number"))),
    }
}

fn limit(call: &Call) -> Result<i64, Failure> {
    let limit = number(call, "limit", MAX)?;
    if (1..=MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Failure::Bad(format!("limit is between 1 and {MAX}")))
    }
}

fn shown(row: &RequestRow) -> Value {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let at =
        jiff::Timestamp::from_millisecond(row.at).map_or(Value::Null, |at| at.to_string().into());
    json!({
        "seq": row.seq,
        "at": at,
        "method": row.method,
        "path": row.path,
        "query": json(&row.query),
        "headers": json(&row.headers),
        "body": json(&row.body),
        "status": row.status,
        "response": json(&row.response),
        "fault": row.fault,
    })
}

/// `GET /_sandbox/requests?after=&limit=&method=&path=&writes=true`.
pub(super) async fn requests(core: &Core, call: &Call) -> Result<Value, Failure> {
    let filter = RequestFilter {
        after: number(call, "after", 0)?,
        limit: limit(call)?,
        method: call.text("method").map(|method| method.to_uppercase()),
        path: call.text("path"),
        writes: call.text("writes").as_deref() == Some("true"),
    };
    let listed = core.data.requests(filter).await?;
    let data: Vec<Value> = listed.rows.iter().map(shown).collect();
    Ok(json!({"data": data, "next": listed.next}))
}

/// `GET /_sandbox/messages?after=&limit=&id=&to=&tag=&template=&phone=`.
pub(super) async fn messages(core: &Core, call: &Call) -> Result<Value, Failure> {
    core.catch_up().await?;
    let seq = match call.text("id") {
        None => None,
        Some(id) => Some(
            messages::seq_of(&id)
                .ok_or_else(|| Failure::Bad(format!("{id:?} is no message's id")))?,
        ),
    };
    let filter = MessageFilter {
        after: number(call, "after", 0)?,
        limit: limit(call)?,
        seq,
        wa_id: call
            .text("to")
            .map(|to| to.trim_start_matches(['+', ' ']).to_owned()),
        tag: call.text("tag"),
        template: call.text("template"),
        phone: call.text("phone"),
    };
    let rows = core.data.messages(filter).await?;
    let total = core.data.last_message().await?;
    let seed = core.turn(|turn| turn.world.seed);
    let data: Vec<Value> = rows.iter().map(|row| messages::shown(seed, row)).collect();
    Ok(json!({"total": total, "data": data}))
}

/// `GET /_sandbox/inbound?after=&limit=&from=&to=`: what customers wrote to a number, by its id.
pub(super) async fn inbound(core: &Core, call: &Call) -> Result<Value, Failure> {
    let filter = InboundFilter {
        after: number(call, "after", 0)?,
        limit: limit(call)?,
        wa_id: call
            .text("from")
            .map(|from| from.trim_start_matches(['+', ' ']).to_owned()),
        phone: call.text("to"),
    };
    Ok(inbound::list(core, filter).await?)
}

/// `GET /_sandbox/sink/{name}?after=&limit=`.
pub(super) async fn sink(core: &Core, call: &Call, name: &str) -> Result<Value, Failure> {
    let (after, limit) = (number(call, "after", 0)?, limit(call)?);
    Ok(sinks::list(core, name, after, limit).await?)
}
