//! What the numbers answer that answer by themselves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{PREFERENCES, Profile, content, message, message_value, preference};
use crate::sandbox::data::{Delivery, InboundRow, MessageRow, Step, Told};
use crate::sandbox::messages::{self, Fate, Reply};
use crate::sandbox::webhooks;
use crate::sandbox::world::World;

/// What answers need to know of the world while messages move.
pub(crate) struct Senders {
    seed: u64,
    /// The digits of each business number, by id.
    digits: BTreeMap<String, String>,
    /// Numbers of which somebody wants to hear preferences.
    preferences: Vec<String>,
}

impl Senders {
    pub(crate) fn of(world: &World) -> Self {
        let digits = world.numbers.values().map(|number| {
            let digits = number.e164.trim_start_matches('+').to_owned();
            (number.id.clone(), digits)
        });
        let wanted = world.numbers.values().filter(|number| {
            webhooks::target(world, &number.waba, Some(&number.id), PREFERENCES).is_some()
        });
        Self {
            seed: world.seed,
            digits: digits.collect(),
            preferences: wanted.map(|number| number.id.clone()).collect(),
        }
    }

    /// Returns what the recipient of a message answers; `listens`: whether somebody wants to hear of messages.
    pub(crate) fn answer(&self, row: &MessageRow, step: &Step, listens: bool) -> Told {
        let Some(Fate::Answers(reply)) = messages::magic_of(&row.wa_id) else {
            return Told::default();
        };
        let at = Timestamp::from_millisecond(step.at).unwrap_or(Timestamp::MAX);
        let (kind, kept, value) = match reply {
            Reply::Stop => self.stop(row, at),
            _ => match self.words(row, reply, at) {
                Some(words) => words,
                None => return Told::default(),
            },
        };
        let field = if kind == PREFERENCES {
            PREFERENCES
        } else {
            "messages"
        };
        let wanted = if kind == PREFERENCES {
            self.preferences.contains(&row.phone)
        } else {
            listens
        };
        Told {
            delivery: wanted.then(|| Delivery {
                waba: row.waba.clone(),
                phone: Some(row.phone.clone()),
                field: field.into(),
                value: value.to_string(),
                at: step.at,
                ..Delivery::default()
            }),
            inbound: Some(InboundRow {
                id: self.id(row),
                waba: row.waba.clone(),
                phone: row.phone.clone(),
                wa_id: row.wa_id.clone(),
                kind,
                value: kept.to_string(),
                at: step.at,
                ..InboundRow::default()
            }),
        }
    }

    fn id(&self, row: &MessageRow) -> String {
        messages::inbound_wamid(self.seed, &format!("reply {}", row.seq), &row.wa_id)
    }

    fn stop(&self, row: &MessageRow, at: Timestamp) -> (String, Value, Value) {
        let profile = Profile::default();
        let kept = preference::preference(self.seed, &row.wa_id, &profile, "stop", at);
        let value = preference::value(self.seed, &row.wa_id, &profile, &kept);
        (PREFERENCES.into(), kept, value)
    }

    /// None: the message has nothing that could be tapped.
    fn words(
        &self,
        row: &MessageRow,
        reply: Reply,
        at: Timestamp,
    ) -> Option<(String, Value, Value)> {
        let (said, with_context) = match reply {
            Reply::FirstButton { context } => {
                (content::choice(row.details.answers.first()?), context)
            }
            Reply::Text(text) => (content::text(text), false),
            Reply::Stop => return None,
        };
        let profile = Profile::default();
        let mut shown = message(self.seed, &row.wa_id, &profile, &self.id(row), at);
        if with_context {
            let sender = self.digits.get(&row.phone)?;
            let id = messages::wamid(self.seed, row.seq, &row.wa_id);
            shown["context"] = json!({"from": sender, "id": id});
        }
        said.put(&mut shown);
        let value = message_value(self.seed, &row.wa_id, &profile, &shown);
        Some((said.kind, shown, value))
    }
}
