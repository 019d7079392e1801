//! `/_sandbox`: looking behind the scenes and pulling the strings.
//!
//! Not part of Meta's API, not in the request log, without a token: the sandbox listens on loopback and holds no secrets.

mod account;
mod behind;
mod events;
mod listings;

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use super::core::Core;
use super::graph::GraphError;
use super::http::{Call, Reply};
use super::{clock, faults, inbound, media, sinks};

/// Why a call of this kind fails.
enum Failure {
    Bad(String),
    Missing,
    Broken(super::data::Error),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Bad(message)
    }
}

impl From<super::data::Error> for Failure {
    fn from(error: super::data::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let body = error.body("");
        let error = &body["error"];
        let text = error["error_user_msg"]
            .as_str()
            .or(error["message"].as_str());
        Self::Bad(text.unwrap_or("refused").to_owned())
    }
}

impl From<inbound::Failure> for Failure {
    fn from(failure: inbound::Failure) -> Self {
        match failure {
            inbound::Failure::Bad(message) => Self::Bad(message),
            inbound::Failure::Broken(error) => Self::Broken(error),
        }
    }
}

/// Answers a call.
pub(crate) async fn answer(core: &Arc<Core>, call: &Call, failure: Option<GraphError>) -> Reply {
    let result = match failure {
        Some(error) => Err(error.into()),
        None => route(core, call).await,
    };
    // Nothing is answered before its effects are durable.
    let result = match result {
        Ok(body) => core
            .data
            .commit(Vec::new())
            .await
            .map(|()| body)
            .map_err(Failure::from),
        error => error,
    };
    let failed = |status: u16, message: String| {
        Reply::status(status, json!({"error": {"message": message}}))
    };
    match result {
        Ok(body) => Reply::json(body),
        Err(Failure::Bad(message)) => failed(400, message),
        Err(Failure::Missing) => failed(404, format!("there is no {} {}", call.method, call.path)),
        Err(Failure::Broken(error)) => failed(500, error.to_string()),
    }
}

async fn route(core: &Arc<Core>, call: &Call) -> Result<Value, Failure> {
    let segments = call.segments();
    let body = Value::Object(call.params().clone());
    let method = &call.method;
    let (get, post) = (method == Method::GET, method == Method::POST);
    let (patch, delete) = (method == Method::PATCH, method == Method::DELETE);
    match segments.get(1..).unwrap_or_default() {
        ["health"] if get => Ok(json!({"status": "ok", "now": core.clock.now().to_string()})),
        ["identity"] if get => Ok(core.turn(listings::identity)),
        ["clock"] if get => Ok(clock::shown(&core.clock)),
        ["clock"] if post => Ok(clock::change(core, &body).await?),
        ["requests"] if get => listings::requests(core, call).await,
        ["requests"] if delete => Ok(json!({"deleted": core.data.clear_requests().await?})),
        ["media"] if get => Ok(core.turn(media::list)),
        ["messages"] if get => listings::messages(core, call).await,
        ["inbound"] if get => listings::inbound(core, call).await,
        ["inbound"] if post => Ok(inbound::play(core, &body).await?),
        ["preferences"] if post => Ok(core.turn(|turn| inbound::prefer(turn, &body))?),
        ["sink"] if get => Ok(sinks::names(core).await?),
        ["sink", name] if get => listings::sink(core, call, name).await,
        ["sink", name] if delete => {
            let deleted = core.data.clear_sink((*name).to_owned()).await?;
            Ok(json!({"deleted": deleted}))
        }
        ["webhooks"] if post => Ok(core.turn(|turn| events::send(turn, &body))?),
        ["webhooks"] if get => Ok(json!({"waiting": core.data.count_deliveries().await?})),
        ["behaviour"] if get => Ok(core.turn(|turn| json!(turn.world.behaviour))),
        ["behaviour"] if post => Ok(core.turn(|turn| account::change_behaviour(turn, &body))?),
        ["account"] if get => {
            Ok(core.turn(|turn| account::shown(turn, call.text("waba_id").as_deref())))
        }
        ["account"] if post => account::change(core, &body).await,
        ["numbers"] if get => Ok(core.turn(account::numbers)),
        ["numbers"] if post => Ok(core.turn(|turn| account::change_number(turn, &body))?),
        ["reviews"] if get => Ok(core.turn(|turn| json!({"data": turn.world.reviews}))),
        ["reviews"] if post => Ok(core.turn(|turn| behind::add_review(turn, &body))?),
        ["reviews"] if delete => Ok(core.turn(behind::clear_reviews)),
        ["templates"] if get => Ok(core.turn(|turn| behind::list(turn, call))),
        ["templates"] if post => core.turn(|turn| behind::add(turn, &body)),
        ["templates", id] if get => core.turn(|turn| behind::show(turn, id)),
        ["templates", id] if post || patch => core.turn(|turn| behind::change(turn, id, &body)),
        ["templates", id] if delete => core.turn(|turn| behind::remove(turn, id)),
        ["faults"] if get => Ok(core.turn(|turn| faults::list(turn))),
        ["faults"] if post => Ok(core.turn(|turn| faults::add(turn, &body))?),
        ["faults"] if delete => {
            core.turn(|turn| faults::remove(turn, None));
            core.outbox.notify_one();
            Ok(json!({"success": true}))
        }
        ["faults", id] if delete => {
            let removed = id
                .parse()
                .is_ok_and(|id| core.turn(|turn| faults::remove(turn, Some(id))));
            core.outbox.notify_one();
            if removed {
                Ok(json!({"success": true}))
            } else {
                Err(Failure::Missing)
            }
        }
        _ => Err(Failure::Missing),
    }
}
