//! Handing one message over, and saying what is known afterwards.
//!
//! The Cloud API has no idempotency key: a message that may have been taken must never be repeated, and one that was
//! certainly not taken should be. What cannot be told apart counts as taken.

use serde_json::Value;

use super::Error;
use super::call::{Body, Call, Repeat};
use super::classify::Class;
use super::client::Client;
use super::types::SendOutcome;

pub(super) async fn send(client: &Client, phone_id: &str, body: &Value) -> SendOutcome {
    let call = Call::post(&[phone_id, "messages"], Body::Json(body)).repeat(Repeat::Never);
    match client.attempt(&call).await {
        Ok(answer) => accepted(&answer),
        Err(error) => refused(error),
    }
}

fn accepted(answer: &Value) -> SendOutcome {
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let message = &answer["messages"][0];
    match text(&message["id"]) {
        Some(message_id) => SendOutcome::Accepted {
            message_id,
            wa_id: text(&answer["contacts"][0]["wa_id"]),
            message_status: text(&message["message_status"]),
        },
        None => SendOutcome::Uncertain {
            reason: "the answer is a success without a message id".to_owned(),
        },
    }
}

fn refused(error: Error) -> SendOutcome {
    match error {
        Error::Graph { error, .. } if error.class != Class::Uncertain => {
            SendOutcome::Refused(*error)
        }
        // Nothing left this machine: the connection never opened, or the request could not be made.
        Error::Unreachable { .. } | Error::Options { .. } | Error::Id { .. } => {
            SendOutcome::NotSent {
                reason: error.to_string(),
            }
        }
        Error::Graph { .. }
        | Error::Lost { .. }
        | Error::Unreadable { .. }
        | Error::NotDone { .. }
        | Error::LimitReached { .. }
        | Error::EndlessList { .. } => SendOutcome::Uncertain {
            reason: error.to_string(),
        },
    }
}
