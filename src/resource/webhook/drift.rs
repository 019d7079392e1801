//! What it means where somebody else has changed where Meta sends what it tells.

use serde_json::Value;

use super::reconcile::names;
use crate::resource::drift::apply;
use crate::resource::{DriftClass, Drifted, Meaning, Next};

/// Says what a drift of a webhook means.
pub(super) fn explain(drifted: &Drifted<'_>) -> Meaning {
    let mut meaning = Meaning::default();
    let since = format!(
        "since some time after {}",
        drifted.last.at.strftime("%Y-%m-%d %H:%M UTC")
    );
    let live = drifted
        .live
        .filter(|_| drifted.class != DriftClass::Missing);
    let lost = match live {
        None => true,
        Some(live) => live.content["subscribed"] == false,
    };
    let ours = drifted.last.content["callback_url"]
        .as_str()
        .unwrap_or_default();
    let theirs = live.and_then(|live| live.content["callback_url"].as_str());
    let elsewhere = theirs.filter(|theirs| *theirs != ours && !lost);
    if lost {
        meaning.say(format!(
            "Meta tells nobody what happens to messages, {since}: statuses and answers are being lost, so that retries, \
             fallbacks and replies know nothing of them."
        ));
    } else if let Some(theirs) = elsewhere {
        meaning.say(format!(
            "What Meta tells goes to {theirs} instead of {ours}, {since}: this project's statuses and answers are being \
             lost, unless that place passes them on."
        ));
    }
    if lost {
        meaning.say("What happens meanwhile is not told later.");
    } else if elsewhere.is_some() {
        meaning.say("What was told there is not told here later.");
    }
    let unheard = unheard(drifted);
    if !unheard.is_empty() && !lost {
        meaning.say(format!(
            "Nothing is heard of {} any more.",
            unheard.join(", ")
        ));
    }
    match drifted.next {
        // There is nothing that could be kept.
        Next::Write(_) if lost => {
            meaning
                .say("Apply subscribes again; it needs the receiver to answer Meta's challenge.");
            meaning.mend = Some(apply(&drifted.last.address));
        }
        _ => meaning.put_back(drifted),
    }
    meaning
}

/// Returns the fields that were applied and are not subscribed now.
fn unheard(drifted: &Drifted<'_>) -> Vec<String> {
    let live = drifted
        .live
        .map_or(&Value::Null, |live| &live.content["fields"]);
    if live.is_null() {
        return Vec::new();
    }
    let live = names(live);
    let applied = names(&drifted.last.content["fields"]);
    applied.difference(&live).cloned().collect()
}
