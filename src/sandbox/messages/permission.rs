//! Whether an account and its number may send at all.

use crate::sandbox::core::Turn;
use crate::sandbox::graph::GraphError;
use crate::sandbox::world::{Account, Category, Number, NumberStatus, Restriction};

fn locked() -> GraphError {
    GraphError::message(
        131_031,
        "The WhatsApp Business account associated with the phone number has been restricted or disabled.",
    )
}

/// Refuses everything while the account is disabled or the number cannot send.
pub(super) fn able(account: &Account, number: &Number) -> Result<(), GraphError> {
    if account.status != "ACTIVE" {
        return Err(locked());
    }
    match number.status {
        NumberStatus::Connected | NumberStatus::Flagged | NumberStatus::Unknown => Ok(()),
        NumberStatus::Banned | NumberStatus::Restricted => Err(locked()),
        NumberStatus::RateLimited => Err(GraphError::message(
            131_048,
            "Message failed to send because there are restrictions on how many messages can be sent from this phone \
             number.",
        )),
        _ => Err(GraphError::message(
            133_010,
            "The phone number is not registered on the WhatsApp Business Platform.",
        )),
    }
}

/// Refuses what the account's restrictions are for.
///
/// Within an open service window the customer has begun the conversation, outside it the business does. `category` is none
/// for what is no template.
pub(super) fn restrictions(
    turn: &Turn<'_>,
    account: &Account,
    outside: bool,
    category: Option<Category>,
) -> Result<(), GraphError> {
    let restricted = |kind: Restriction| account.is_restricted(kind, turn.now);
    let initiated = if outside {
        Restriction::BizInitiatedMessaging
    } else {
        Restriction::CustomerInitiatedMessaging
    };
    if restricted(initiated) {
        return Err(GraphError::message(
            368,
            "The WhatsApp Business account is restricted from messaging because it violated a policy.",
        ));
    }
    if category == Some(Category::Utility) && restricted(Restriction::UtilityTemplates) {
        return Err(GraphError::message(
            131_064,
            "The WhatsApp Business account may not send utility templates for now: they were misused.",
        ));
    }
    Ok(())
}
