//! `/{PHONE}/settings`: what a number does beside sending.

use serde_json::{Value, json};

use super::core::Turn;
use super::graph::GraphError;
use super::http::{Call, Reply};

/// Features that can be asked for and that the sandbox does not play.
const OTHERS: [&str; 3] = ["calling", "payload_encryption", "storage_configuration"];

/// `GET /{PHONE}/settings`.
pub(super) fn show(turn: &Turn<'_>, call: &Call, phone: &str) -> Result<Reply, GraphError> {
    let number = turn
        .world
        .numbers
        .get(phone)
        .ok_or_else(|| GraphError::unsupported(call.method.as_str(), phone))?;
    Ok(Reply::json(json!({
        "calling": {"status": "DISABLED"},
        "storage_configuration": {"status": "DEFAULT"},
        "user_identity_change": {"enable_identity_key_check": number.identity_check},
    })))
}

/// `POST /{PHONE}/settings`: one feature a call.
pub(super) fn change(turn: &mut Turn<'_>, call: &Call, phone: &str) -> Result<Reply, GraphError> {
    let given = |name: &str| call.json(name).filter(Value::is_object);
    if let Some(other) = OTHERS.iter().find(|name| given(name).is_some()) {
        return Err(GraphError::invalid(format_args!(
            "The sandbox does not play the setting {other}"
        )));
    }
    let Some(change) = given("user_identity_change") else {
        return Err(GraphError::invalid(
            "The parameter user_identity_change is required",
        ));
    };
    let on = match &change["enable_identity_key_check"] {
        Value::Bool(on) => *on,
        _ => {
            return Err(GraphError::invalid(
                "Param user_identity_change['enable_identity_key_check'] must be a boolean",
            ));
        }
    };
    let Some(number) = turn.world.numbers.get_mut(phone) else {
        return Err(GraphError::unsupported(call.method.as_str(), phone));
    };
    number.identity_check = on;
    turn.keep_number(phone);
    Ok(Reply::success())
}
