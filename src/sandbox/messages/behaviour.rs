//! How messages fare on the whole, and which limits hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::magic::Fate;
use crate::sandbox::data::Step;
use crate::sandbox::duration;
use crate::sandbox::random::{fraction, mix};

/// Which limits are enforced.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Enforce {
    /// Messages per second and number.
    pub throughput: bool,
    /// Messages to one person.
    pub pair: bool,
    /// Different people in 24 hours.
    pub portfolio: bool,
    /// Management calls an hour.
    pub management_calls: bool,
    /// Template creations an hour.
    pub creations: bool,
    /// Edits of approved templates.
    pub edits: bool,
}

impl Default for Enforce {
    fn default() -> Self {
        Self {
            throughput: true,
            pair: true,
            portfolio: true,
            management_calls: true,
            creations: true,
            edits: true,
        }
    }
}

/// How long after the step before a status comes, give or take a half.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Delays {
    pub sent: String,
    pub delivered: String,
    pub read: String,
    /// Until an answer, by the numbers that answer.
    pub reply: String,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            sent: "200ms".into(),
            delivered: "800ms".into(),
            read: "4s".into(),
            reply: "3s".into(),
        }
    }
}

/// How marketing templates that are not green are paced.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pacing {
    /// How many messages go out before the others are held.
    pub after: u32,
    /// How long they are held.
    pub decision: String,
    /// Whether they are released then; otherwise they are dropped and the template paused.
    pub good: bool,
}

/// Everything that can be set under `/_sandbox/behaviour`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Behaviour {
    /// The share of messages that fail, by code.
    pub fail: BTreeMap<i64, f64>,
    /// The share of the others that is delivered.
    pub delivered: f64,
    /// The share of those that is read.
    pub read: f64,
    pub delays: Delays,
    /// Whether answers carry `message_status`.
    pub message_status: bool,
    /// Whether marketing to the United States fails.
    pub us_marketing_paused: bool,
    pub enforce: Enforce,
    /// Whether each listing has an order of its own.
    pub shuffle_lists: bool,
    /// Whether and how marketing templates are paced.
    pub pacing: Option<Pacing>,
    /// How many changes a webhook carries at most.
    pub webhook_batch: usize,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            fail: BTreeMap::new(),
            delivered: 1.0,
            read: 0.7,
            delays: Delays::default(),
            message_status: true,
            us_marketing_paused: true,
            enforce: Enforce::default(),
            shuffle_lists: false,
            pacing: None,
            webhook_batch: 20,
        }
    }
}

impl Behaviour {
    /// Returns this behaviour with some of it changed.
    pub(crate) fn changed(&self, change: &Value) -> Result<Self, String> {
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let change = change
            .as_object()
            .ok_or("the behaviour must be an object")?;
        for (name, value) in change {
            match (&mut whole[name.as_str()], value) {
                // The shares of failures are replaced, not added to.
                (Value::Object(old), Value::Object(new)) if name != "fail" => {
                    old.extend(new.clone());
                }
                (old, new) => *old = new.clone(),
            }
        }
        let changed: Self = serde_json::from_value(whole).map_err(|error| error.to_string())?;
        let delays = [
            &changed.delays.sent,
            &changed.delays.delivered,
            &changed.delays.read,
            &changed.delays.reply,
        ];
        if let Some(delay) = delays
            .into_iter()
            .find(|delay| duration::parse(delay).is_none())
        {
            return Err(format!("{delay:?} is no duration such as \"200ms\""));
        }
        let decision = changed
            .pacing
            .as_ref()
            .map(|pacing| pacing.decision.as_str());
        if decision.is_some_and(|decision| duration::parse(decision).is_none()) {
            return Err("pacing's decision must be a duration such as \"1h\"".into());
        }
        let share = |share: &f64| (0.0..=1.0).contains(share);
        let fair =
            changed.fail.values().all(share) && share(&changed.delivered) && share(&changed.read);
        if !fair || changed.fail.values().sum::<f64>() > 1.0 {
            return Err(
                "shares are between 0 and 1, and those of all failures together no more than 1"
                    .into(),
            );
        }
        if changed.webhook_batch == 0 || changed.webhook_batch > 1_000 {
            return Err("webhook_batch is between 1 and 1000".into());
        }
        Ok(changed)
    }

    /// Draws the steps of a message.
    pub(super) fn steps(
        &self,
        seed: u64,
        seq: i64,
        accepted_at: i64,
        fate: Option<Fate>,
    ) -> Vec<Step> {
        let bits = |salt: u64| {
            mix(
                seed ^ salt.wrapping_mul(0x5851_f42d_4c95_7f2d),
                seq.unsigned_abs(),
            )
        };
        let chance = |salt: u64| fraction(bits(salt));
        let mut at = accepted_at;
        let mut steps = Vec::with_capacity(3);
        let mut step = |delay: &str, salt: u64, status: &str, error: Option<i64>| {
            let millis = duration::parse(delay).map_or(0, |delay| {
                i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)
            });
            // From a half to one and a half of it.
            let jitter = if millis > 0 {
                i64::try_from(bits(salt) % millis.unsigned_abs()).unwrap_or(0)
            } else {
                0
            };
            at = at.saturating_add(millis / 2).saturating_add(jitter);
            steps.push(Step {
                at,
                status: status.into(),
                error,
            });
        };
        let drawn = fate.or_else(|| {
            let mut share = chance(1);
            let code = self.fail.iter().find(|(_, part)| {
                share -= **part;
                share < 0.0
            });
            code.map(|(code, _)| Fate::Fails(*code))
        });
        let delays = &self.delays;
        match drawn {
            Some(Fate::Fails(code)) => step(&delays.sent, 2, "failed", Some(code)),
            Some(Fate::FailsAfterSent(code)) => {
                step(&delays.sent, 2, "sent", None);
                step(&delays.delivered, 3, "failed", Some(code));
            }
            Some(Fate::NeverDelivered) => step(&delays.sent, 2, "sent", None),
            Some(Fate::ReadAtOnce) => {
                step(&delays.sent, 2, "sent", None);
                step(&delays.read, 4, "read", None);
            }
            Some(Fate::Answers(_)) => {
                step(&delays.sent, 2, "sent", None);
                step(&delays.delivered, 3, "delivered", None);
                step(&delays.reply, 7, "reply", None);
                if chance(6) < self.read {
                    step(&delays.read, 4, "read", None);
                }
            }
            _ => {
                // Told before the answer: it happens at once.
                let at_once = drawn == Some(Fate::ToldFirst);
                step(if at_once { "0s" } else { &delays.sent }, 2, "sent", None);
                if chance(5) < self.delivered {
                    step(&delays.delivered, 3, "delivered", None);
                    if drawn != Some(Fate::NeverRead) && chance(6) < self.read {
                        step(&delays.read, 4, "read", None);
                    }
                }
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_fate_and_the_shares_hold() {
        let behaviour = Behaviour::default()
            .changed(&json!({"fail": {"131026": 0.2}, "read": 0.5}))
            .unwrap();
        let all: Vec<_> = (1..=2_000)
            .map(|seq| behaviour.steps(7, seq, 0, None))
            .collect();
        assert_eq!(
            all,
            (1..=2_000)
                .map(|seq| behaviour.steps(7, seq, 0, None))
                .collect::<Vec<_>>()
        );
        let share = |status: &str| {
            let count = all
                .iter()
                .filter(|steps| steps.iter().any(|step| step.status == status))
                .count();
            count as f64 / 2_000.0
        };
        assert!((share("failed") - 0.2).abs() < 0.03, "{}", share("failed"));
        assert!((share("read") - 0.4).abs() < 0.03, "{}", share("read"));
        assert!(
            all.iter()
                .all(|steps| steps.windows(2).all(|pair| pair[0].at <= pair[1].at))
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let behaviour = Behaviour::default();
        for change in [
            json!({"raed": 1}),
            json!({"delays": {"sent": "soon"}}),
            json!({"read": 1.5}),
            json!({"fail": {"1": 0.6, "2": 0.6}}),
            json!({"enforce": {"pears": false}}),
            json!({"webhook_batch": 0}),
            json!([]),
        ] {
            assert!(behaviour.changed(&change).is_err(), "{change}");
        }
        assert!(
            !behaviour
                .changed(&json!({"enforce": {"pair": false}}))
                .unwrap()
                .enforce
                .pair
        );
    }
}
