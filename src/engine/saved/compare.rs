//! What is not as the plan showed it, now that it was planned anew.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::Saved;
use super::error::Moved;
use crate::campaign::{Cost, Send};
use crate::config::Address;
use crate::engine::plan::{Action, Change, Plan};
use crate::engine::plan_id;
use crate::engine::planner::Prepared;
use crate::store::{Difference, Sketch, Told};

/// Returns all that would be done otherwise than the saved plan shows; nothing where it can be carried out. Fewer recipients
/// are as shown, more never.
#[must_use]
pub fn moved(saved: &Saved, prepared: &Prepared) -> Vec<Moved> {
    let (before, now) = (&saved.plan, &prepared.plan);
    let campaigns = prepared.campaigns.iter();
    let campaigns: Vec<_> = campaigns
        .map(|campaign| (&campaign.send, campaign.sketch()))
        .collect();
    let mut moved = changes(before, now);
    moved.extend(sends(saved, &campaigns));
    if moved.is_empty() && plan_id::core(now) != saved.binding.core {
        moved.push(Moved {
            what: "the plan".to_owned(),
            reason: "what would be done is not what it shows".to_owned(),
        });
    }
    moved
}

fn by_address(plan: &Plan) -> BTreeMap<&Address, &Change> {
    let changes = plan.changes.iter();
    changes.map(|change| (&change.address, change)).collect()
}

pub(super) fn changes(before: &Plan, now: &Plan) -> Vec<Moved> {
    let (before, now) = (by_address(before), by_address(now));
    let addresses: BTreeSet<&Address> = before.keys().chain(now.keys()).copied().collect();
    let moved = addresses.into_iter().filter_map(|address| {
        let reason = difference(before.get(address).copied(), now.get(address).copied())?;
        Some(Moved {
            what: address.to_string(),
            reason,
        })
    });
    moved.collect()
}

fn difference(before: Option<&Change>, now: Option<&Change>) -> Option<String> {
    let acts = |change: Option<&Change>| {
        change.map_or(Action::NoOp, |change| change.action) != Action::NoOp
    };
    let (before, now) = match (before, now) {
        (before, now) if !acts(before) && !acts(now) => return None,
        (Some(before), Some(now)) => (before, now),
        (None, Some(now)) => {
            let what = noun(now.action);
            return Some(format!("{what} would be made that the plan does not show"));
        }
        (Some(before), None) => {
            let what = noun(before.action);
            return Some(format!(
                "{what} was planned, and is not to be made any more"
            ));
        }
        (None, None) => return None,
    };
    if before.action != now.action {
        let live = live_change(before, now).map_or(String::new(), |live| format!("{live}; "));
        return Some(match (before.action, now.action) {
            (before, Action::NoOp) => {
                format!("{live}{} was planned, and it is as declared", noun(before))
            }
            (Action::NoOp, now) => format!(
                "{live}{} would be made that the plan does not show",
                noun(now)
            ),
            (before, now) => format!(
                "{live}{} was planned, it would be {}",
                noun(before),
                noun(now)
            ),
        });
    }
    if let Some(live) = live_change(before, now) {
        return Some(live);
    }
    if before.fields != now.fields || before.key != now.key || before.account != now.account {
        return Some("other changes would be made than the plan shows".to_owned());
    }
    None
}

/// Says how the live object has changed, where it has.
fn live_change(before: &Change, now: &Change) -> Option<String> {
    if before.fingerprint == now.fingerprint && before.id == now.id {
        return None;
    }
    Some(match (&before.fingerprint, &now.fingerprint) {
        (None, Some(_)) => "it exists now".to_owned(),
        (Some(_), None) => "it is gone".to_owned(),
        _ if before.id != now.id => "it was deleted and made again".to_owned(),
        _ => {
            let mut parts: BTreeSet<String> = BTreeSet::new();
            for (before, now) in [
                (before.before.as_ref(), now.before.as_ref()),
                (Some(&before.facts), Some(&now.facts)),
            ] {
                parts.extend(other_keys(before, now));
            }
            match parts.is_empty() {
                true => "it was changed since".to_owned(),
                false => {
                    let parts: Vec<String> = parts.into_iter().collect();
                    format!("its live {} changed since", parts.join(", "))
                }
            }
        }
    })
}

/// Returns the keys whose values differ.
fn other_keys(before: Option<&Value>, now: Option<&Value>) -> Vec<String> {
    let (Some(Value::Object(before)), Some(Value::Object(now))) = (before, now) else {
        return Vec::new();
    };
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != now.get(*key))
        .cloned()
        .collect()
}

fn noun(action: Action) -> &'static str {
    match action {
        Action::Create => "a creation",
        Action::Update => "a change",
        Action::Replace => "a replacement",
        Action::Delete => "a deletion",
        Action::Adopt => "an adoption",
        Action::Forget => "its being forgotten",
        Action::NoOp => "nothing",
    }
}

/// `campaigns` are those of now, each with the sketch of its audience.
pub(super) fn sends(saved: &Saved, campaigns: &[(&Send, Option<Sketch>)]) -> Vec<Moved> {
    let mut moved = Vec::new();
    let mut say = |send: &Send, reason: String| {
        moved.push(Moved {
            what: send.address.to_string(),
            reason,
        });
    };
    for (now, sketch_now) in campaigns {
        let before = saved
            .plan
            .sends
            .iter()
            .find(|before| before.address == now.address);
        let Some(before) = before else {
            say(now, "the plan does not show that it would send".to_owned());
            continue;
        };
        let audiences = saved.binding.audiences.iter();
        let sketch = audiences
            .filter(|audience| audience.campaign == now.address)
            .find_map(|audience| audience.sketch.as_ref());
        for reason in other_send(before, now, (sketch, sketch_now.as_ref())) {
            say(now, reason);
        }
    }
    for before in &saved.plan.sends {
        let is_there = campaigns
            .iter()
            .any(|(now, _)| now.address == before.address);
        if !is_there {
            say(before, "it would not send any more".to_owned());
        }
    }
    moved
}

fn other_send(
    before: &Send,
    now: &Send,
    (sketch, sketch_now): (Option<&Sketch>, Option<&Sketch>),
) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut differs = |what: &str, before: &str, now: &str| {
        if before != now {
            reasons.push(format!("its {what} was {before} and is {now}"));
        }
    };
    differs("account", &before.account, &now.account);
    differs(
        "template",
        &before.template.to_string(),
        &now.template.to_string(),
    );
    differs("number", &before.number, &now.number);
    // Where its time is over, nobody is messaged.
    if now.state != "ended" {
        differs("state", &before.state, &now.state);
    }
    // What it costs hangs upon it.
    if let (Some(before), Some(now)) = (&before.category, &now.category) {
        differs("template's category", before, now);
    }
    if before.contacts.digest != now.contacts.digest {
        reasons.push(match (sketch, sketch_now) {
            (Some(before), Some(now)) => told(now.since(before)),
            _ => format!(
                "its contacts or their values changed: {} before, {} now",
                before.contacts.members, now.contacts.members
            ),
        });
    }
    let (shown, recipients) = (before.recipients(), now.recipients());
    if recipients > shown {
        reasons.push(format!(
            "it would message {recipients} recipients, and the plan shows {shown}"
        ));
    }
    if let Some(reason) = dearer(before.cost.as_ref(), now.cost.as_ref()) {
        reasons.push(reason);
    }
    reasons
}

/// The words for how an audience has changed.
fn told(told: Told) -> String {
    match told {
        Told::MoreThan(number) => {
            format!("more than {number} contacts came, went or have other values")
        }
        Told::Exactly(Difference {
            came,
            went,
            changed,
        }) => {
            let contacts = if came == 1 { "contact" } else { "contacts" };
            let have = if changed == 1 { "has" } else { "have" };
            format!("{came} {contacts} came, {went} went, {changed} {have} other values")
        }
    }
}

/// What a sum in a file may be rounded by does not show.
const CENTS: u32 = 4;

/// Says that more would be paid than was shown.
fn dearer(before: Option<&Cost>, now: Option<&Cost>) -> Option<String> {
    let now = now?;
    let text = |cost: &Cost| format!("{} {}", cost.currency, cost.amount);
    match before {
        None => Some(format!(
            "it would cost at most {}, and the plan shows no cost",
            text(now)
        )),
        Some(before)
            if before.currency != now.currency
                || now.amount.round_dp(CENTS) > before.amount.round_dp(CENTS)
                || now.unpriced > before.unpriced =>
        {
            Some(format!(
                "it would cost at most {} ({} recipients without a price), and the plan shows {} ({})",
                text(now),
                now.unpriced,
                text(before),
                before.unpriced
            ))
        }
        Some(_) => None,
    }
}
