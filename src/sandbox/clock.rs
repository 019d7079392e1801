//! The sandbox's clock, kept in its data: a sandbox that starts again goes on in the time that it was moved to.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::core::{Core, Turn};
use super::data;
use super::duration;
use crate::clock::Clock;

/// How far ahead of the machine's clock the sandbox's is.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Offset {
    millis: i64,
}

impl Offset {
    /// Moves a clock to where it was left. One that stands still is its owner's.
    pub(crate) fn restore(&self, clock: &Clock) {
        if !clock.is_frozen() {
            clock.advance(SignedDuration::from_millis(self.millis).saturating_sub(clock.offset()));
        }
    }
}

/// Says what time it is.
pub(crate) fn shown(clock: &Clock) -> Value {
    json!({"now": clock.now().to_string(), "offset_seconds": clock.offset().as_secs(), "frozen": clock.is_frozen()})
}

/// Moves the clock and lets everything happen that is due by then.
pub(crate) async fn change(core: &Core, body: &Value) -> Result<Value, String> {
    match (body["advance"].as_str(), body["set"].as_str()) {
        (Some(by), None) => {
            let by = duration::parse(by)
                .ok_or_else(|| format!("{by:?} is no duration such as \"24h\""))?;
            core.clock.advance(by);
        }
        (None, Some(at)) => {
            let at: Timestamp = at
                .parse()
                .map_err(|error| format!("{at:?} is no time: {error}"))?;
            core.clock.set(at);
        }
        _ => return Err("either \"advance\" or \"set\" is needed".into()),
    }
    core.turn(keep);
    settle(core).await.map_err(|error| error.to_string())?;
    Ok(shown(&core.clock))
}

async fn settle(core: &Core) -> Result<(), data::Error> {
    core.catch_up().await?;
    core.data.commit(Vec::new()).await
}

fn keep(turn: &mut Turn<'_>) {
    let clock = &turn.core.clock;
    if !clock.is_frozen() {
        let millis = i64::try_from(clock.offset().as_millis()).unwrap_or(i64::MAX);
        turn.keep("clock", "", &Offset { millis });
    }
}
