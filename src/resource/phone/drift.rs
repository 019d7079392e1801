//! What Meta has moved of a number, and what that means for what it can send.

use serde_json::Value;

use crate::resource::campaign::Campaign;
use crate::resource::drift::fact;
use crate::resource::{
    Declared, DriftClass, Drifted, FieldChange, Live, Meaning, Project, Resource as _,
};
use crate::store::Happening;

/// The facts that are compared, in the order in which they matter.
const FACTS: [&str; 7] = [
    "status",
    "callback_url",
    "quality",
    "limit",
    "throughput",
    "name_status",
    "name",
];

/// Returns what has moved since the facts were `facts`. Of a number that nobody looked at before, what is wrong with it.
pub(super) fn moved(facts: &Value, live: &Live) -> Vec<FieldChange> {
    let has_moved = |name: &&str| {
        let (was, is) = (&facts[*name], &live.facts[*name]);
        match facts {
            Value::Null => badness(name, is) > 0,
            _ => was != is && !(says_nothing(name, was) && says_nothing(name, is)),
        }
    };
    FACTS
        .into_iter()
        .filter(has_moved)
        .map(|name| fact(name, &facts[name], &live.facts[name]))
        .collect()
}

/// Says whether something is known of a number that was not, and nothing is worse: what is worse stays a difference.
pub(super) fn takes_note(facts: &Value, live: &Live) -> bool {
    let is_worse = |name: &&str| badness(name, &live.facts[*name]) > badness(name, &facts[*name]);
    !FACTS.iter().any(is_worse) && (facts.is_null() || !moved(facts, live).is_empty())
}

fn word(fact: &Value) -> &str {
    fact.as_str().unwrap_or_default()
}

/// Whether a fact says nothing that anybody would act on.
fn says_nothing(name: &str, fact: &Value) -> bool {
    match name {
        "quality" => matches!(word(fact), "" | "NA" | "UNKNOWN" | "GREEN"),
        "name_status" => matches!(
            word(fact),
            "" | "NONE" | "APPROVED" | "AVAILABLE_WITHOUT_REVIEW"
        ),
        _ => word(fact).is_empty(),
    }
}

/// How much is wrong with a fact by itself; nothing where it is not known.
fn badness(name: &str, fact: &Value) -> u8 {
    match (name, word(fact)) {
        ("status", "" | "CONNECTED") => 0,
        ("status", "FLAGGED" | "RATE_LIMITED") => 1,
        ("status", _) => 2,
        ("quality", "YELLOW") => 1,
        ("quality", "RED") => 2,
        ("name_status", "DECLINED" | "EXPIRED") => 1,
        ("callback_url", callback) => u8::from(!callback.is_empty()),
        _ => 0,
    }
}

/// Orders what is neither good nor bad, but more or less.
fn rank(name: &str, fact: &Value) -> u64 {
    match (name, word(fact)) {
        ("limit", "TIER_UNLIMITED") => u64::MAX,
        ("limit", tier) => people(tier).unwrap_or_default(),
        ("throughput", "HIGH") => 2,
        ("throughput", "STANDARD") => 1,
        _ => 0,
    }
}

/// Reads how many people a tier is: `TIER_2K`.
fn people(tier: &str) -> Option<u64> {
    let tier = tier.strip_prefix("TIER_")?;
    match tier.strip_suffix('K') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1_000),
        None => tier.parse().ok(),
    }
}

/// Says what a drift of a number means.
pub(super) fn explain(drifted: &Drifted<'_>, project: &Project) -> Meaning {
    let mut meaning = Meaning::default();
    let senders = senders(&drifted.last.address.name, project);
    let from = match senders.as_slice() {
        [] => String::new(),
        senders => format!(" from {}", senders.join(", ")),
    };
    if drifted.class == DriftClass::Missing {
        meaning.say(format!(
            "The number is no longer one of the account: nothing can be sent{from}, and no answer to it is heard."
        ));
        meaning.say("Add it in WhatsApp Manager, or declare the number that stands for it.");
        meaning.mend = Some("doctor".to_owned());
        return meaning;
    }
    for field in drifted.fields {
        let after = field.after.as_ref().map(word).unwrap_or_default();
        let before = field.before.as_ref().unwrap_or(&Value::Null);
        sentence(&field.field, before, after, &from, &mut meaning);
        let told = drifted
            .happened
            .iter()
            .find(|happening| tells_of(happening, &field.field));
        if let Some(told) = told {
            meaning.happened(told.at, true);
        }
    }
    meaning
}

fn senders(phone: &str, project: &Project) -> Vec<String> {
    let sends = |campaign: &&Declared<Campaign>| campaign.value.from.get() == phone;
    project
        .all::<Campaign>()
        .filter(sends)
        .map(|campaign| format!("{}.{}", Campaign::KIND, campaign.name))
        .collect()
}

fn sentence(field: &str, before: &Value, after: &str, from: &str, meaning: &mut Meaning) {
    match (field, after) {
        ("status", "CONNECTED") => meaning.say("It can send again; the next apply takes note of it."),
        ("status", "FLAGGED" | "RATE_LIMITED") => {
            meaning.say(
                "People block or report its messages: unless that ends within 7 days, Meta lets it send to fewer people or \
                 not at all.",
            );
            meaning.mend = Some("doctor".to_owned());
        }
        ("status", "BANNED" | "RESTRICTED") => {
            meaning.say(format!(
                "Meta lets nothing be sent{from}; WhatsApp Manager names the violation and takes an appeal."
            ));
            meaning.mend = Some("doctor".to_owned());
        }
        ("status", _) => {
            meaning.say(format!(
                "Nothing can be sent{from} until it is registered again: WhatsApp Manager, Phone numbers."
            ));
            meaning.mend = Some("doctor".to_owned());
        }
        ("quality", "YELLOW" | "RED") => {
            meaning.say(
                "People block or report its messages of the last 7 days; a limit that would rise does not rise meanwhile, \
                 and templates of low quality are paused for 3 hours, then for 6 hours, then disabled.",
            );
            meaning.mend = Some("status".to_owned());
        }
        ("limit", tier) if rank("limit", &tier.into()) < rank("limit", before) => meaning.say(format!(
            "Fewer people can be messaged in 24 hours than before: campaigns{from} take longer, and the plan says how long. The \
             next apply takes note of it."
        )),
        ("limit", _) => meaning.say("More people can be messaged in 24 hours; the next apply takes note of it."),
        ("throughput", level) if rank("throughput", &level.into()) < rank("throughput", before) => {
            meaning.say("It sends fewer messages a second: campaigns take longer. The next apply takes note of it.");
        }
        ("throughput", _) => meaning.say("It sends faster; the next apply takes note of it."),
        ("name_status", "DECLINED" | "EXPIRED") => meaning.say(
            "People see the number instead of the name; ask for another name in WhatsApp Manager.",
        ),
        ("name", _) => meaning.say("People see another name than before; the next apply takes note of it."),
        ("callback_url", "") => meaning.say("Its webhooks come where those of the account come; the next apply takes note of it."),
        ("callback_url", _) => {
            meaning.say(format!(
                "Somebody gave the number an address of its own for webhooks: statuses and answers of what is sent{from} go \
                 there, and a receiver elsewhere hears nothing."
            ));
            meaning.say("Take it away in Meta's settings of the number, or have that address pass on what it gets.");
        }
        _ => {}
    }
}

fn tells_of(happening: &Happening, field: &str) -> bool {
    match field {
        "name" | "name_status" => happening.what == "number.name",
        "quality" | "status" | "limit" | "throughput" => happening.what == "number.quality",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(facts: Value) -> Live {
        Live {
            account: "main".to_owned(),
            key: "support".to_owned(),
            id: "106".to_owned(),
            content: json!({}),
            facts,
        }
    }

    fn names(facts: &Value, now: Value) -> Vec<String> {
        let moved = moved(facts, &with(now));
        moved.into_iter().map(|field| field.field).collect()
    }

    fn good() -> Value {
        json!({
            "status": "CONNECTED", "quality": "UNKNOWN", "name": "Shop", "name_status": "APPROVED", "limit": "TIER_10K",
            "throughput": "STANDARD",
        })
    }

    #[test]
    fn a_number_as_it_was_has_not_moved() {
        assert_eq!(names(&good(), good()), [""; 0]);
        let mut rated = good();
        rated["quality"] = "GREEN".into();
        assert_eq!(names(&good(), rated), [""; 0]);
        // Nobody looked before: only what is wrong is told.
        assert_eq!(names(&Value::Null, good()), [""; 0]);
        assert!(takes_note(&Value::Null, &with(good())));
    }

    #[test]
    fn what_is_wrong_stays_and_what_is_merely_different_is_noted() {
        for (name, word, stays) in [
            ("status", "BANNED", true),
            ("status", "FLAGGED", true),
            ("quality", "RED", true),
            ("name_status", "DECLINED", true),
            ("callback_url", "https://theirs.example", true),
            ("limit", "TIER_2K", false),
            ("limit", "TIER_UNLIMITED", false),
            ("throughput", "HIGH", false),
            ("name", "Another shop", false),
        ] {
            let mut now = good();
            now[name] = word.into();
            assert_eq!(names(&good(), now.clone()), [name], "{word}");
            assert_eq!(
                takes_note(&good(), &with(now.clone())),
                !stays,
                "{name} {word}"
            );
            assert_eq!(names(&now, now.clone()), [""; 0], "known {word}");
            // It is as it was before.
            assert!(takes_note(&now, &with(good())), "{name} {word} back");
        }
    }

    #[test]
    fn tiers_are_ordered_by_people() {
        let tiers = [
            "TIER_NOT_SET",
            "TIER_50",
            "TIER_250",
            "TIER_2K",
            "TIER_100K",
            "TIER_UNLIMITED",
        ];
        let ranks = tiers.map(|tier| rank("limit", &tier.into()));
        assert!(ranks.is_sorted(), "{ranks:?}");
    }
}
