//! Queueing what subscribers are to be told.

use jiff::Timestamp;
use serde_json::Value;

use super::target;
use crate::sandbox::core::Turn;
use crate::sandbox::data::{Delivery, Write};

/// A change that subscribers may want to hear of.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub waba: &'a str,
    /// The id of the number that it is about: decides the override, and adds the number's metadata.
    pub phone: Option<&'a str>,
    pub field: &'a str,
    pub value: &'a Value,
    pub at: Timestamp,
}

/// Queues a change if somebody wants to hear of it; says whether.
pub(crate) fn tell(turn: &mut Turn<'_>, change: &Change<'_>) -> bool {
    let wanted = target(turn.world, change.waba, change.phone, change.field).is_some();
    if wanted {
        turn.writes.push(Write::Webhook(Box::new(Delivery {
            waba: change.waba.to_owned(),
            phone: change.phone.map(str::to_owned),
            field: change.field.to_owned(),
            value: change.value.to_string(),
            at: change.at.as_millisecond(),
            ..Delivery::default()
        })));
    }
    wanted
}
