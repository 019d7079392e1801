//! What Meta has moved of a template, and what a drift of it means: for its price, its reach, and who sends it.
//!
//! A template that is approved and of good or unknown quality is as it should be. What is remembered of the last apply is
//! what to compare with; what got worse since stays a difference until it is mended, and what got better is noted by the
//! next apply.

use serde_json::Value;

use super::budgets::time;
use super::text::Text;
use super::{compare, readiness};
use crate::resource::drift::{apply, fact, list};
use crate::resource::{DriftClass, Drifted, FieldChange, Live, Meaning, Next, Readiness};
use crate::store::Happening;

const APPROVED: &str = "APPROVED";
const PENDING: &str = "PENDING";

/// Returns what Meta has moved since `last` was applied, when the facts were `facts`.
pub(super) fn moved(last: &Value, facts: &Value, live: &Live) -> Vec<FieldChange> {
    let mut moved = compare::moved(last, live);
    let (was, is) = (&facts["status"], &live.facts["status"]);
    let status = word(is);
    let has_moved = match status {
        APPROVED => was.is_string() && is_trouble(word(was)),
        // That it is reviewed once it was written goes without saying.
        PENDING => word(was) == APPROVED,
        _ => was != is,
    };
    if has_moved {
        // That it was in review says little of how it was since.
        let was = if word(was) == PENDING {
            &Value::Null
        } else {
            was
        };
        moved.push(fact("status", was, is));
    }
    let (was, is) = (&facts["quality"], &live.facts["quality"]);
    if badness(was) != badness(is) {
        moved.push(fact("quality", was, is));
    }
    let (coming, is) = (&live.facts["correct_category"], &live.content["category"]);
    if coming.is_string() && coming != is {
        moved.push(fact("correct_category", &Value::Null, coming));
    }
    moved
}

/// Says whether a template is better, or known for the first time: what is worse is not taken for what it should be.
pub(super) fn takes_note(facts: &Value, live: &Live) -> bool {
    let (was, is) = (word(&facts["status"]), word(&live.facts["status"]));
    let (poor, now_poor) = (badness(&facts["quality"]), badness(&live.facts["quality"]));
    let is_worse = is != APPROVED || now_poor > poor;
    !is_worse && (facts.is_null() || was != APPROVED || now_poor < poor)
}

fn word(fact: &Value) -> &str {
    fact.as_str().unwrap_or_default()
}

fn is_trouble(status: &str) -> bool {
    ![APPROVED, PENDING].contains(&status)
}

/// Orders the scores; one that is not there yet is as good as a good one.
fn badness(quality: &Value) -> u8 {
    match word(quality).to_uppercase().as_str() {
        "RED" => 2,
        "YELLOW" => 1,
        _ => 0,
    }
}

/// Says what a drift of a template means.
pub(super) fn explain(drifted: &Drifted<'_>) -> Meaning {
    let mut meaning = Meaning::default();
    match (drifted.class, drifted.live) {
        (DriftClass::Missing, _) | (_, None) => missing(drifted, &mut meaning),
        (DriftClass::Edited, Some(live)) => edited(drifted, live, &mut meaning),
        (DriftClass::Moved, Some(live)) => {
            for field in drifted.fields {
                self::field(field, drifted, live, &mut meaning);
            }
        }
    }
    date(drifted, &mut meaning);
    meaning
}

fn missing(drifted: &Drifted<'_>, meaning: &mut Meaning) {
    meaning.say(
        "It was deleted at Meta, or archived there after a year without use and deleted then.",
    );
    if !drifted.needed_by.is_empty() {
        meaning.say(format!(
            "Nothing goes out from {} until it is there again.",
            list(drifted.needed_by)
        ));
    }
    meaning.put_back(drifted);
    if matches!(drifted.next, Next::Write(_)) {
        meaning.say(
            "Meta reviews it anew, and holds the name of a deleted template for 30 days: where it refuses the name, declare \
             another (name = \"..._v2\").",
        );
    }
}

fn edited(drifted: &Drifted<'_>, live: &Live, meaning: &mut Meaning) {
    let status = word(&live.facts["status"]);
    if status == PENDING {
        meaning.say("Meta reviews the change: it cannot be sent until it is approved.");
    }
    let senders = list(drifted.needed_by);
    if variables(&drifted.last.content) != variables(&live.content) {
        let from = match senders.as_str() {
            "" => String::new(),
            senders => format!(" from {senders}"),
        };
        meaning.say(format!(
            "Its variables are no longer those that are declared: Meta refuses every message{from} (132000)."
        ));
    } else if !senders.is_empty() && status == APPROVED {
        meaning.say(format!("This is what {senders} sends meanwhile."));
    }
    meaning.put_back(drifted);
    if matches!(drifted.next, Next::Write(_)) && status == APPROVED {
        meaning.say("Meta reviews what is put back, and it cannot be sent until that is approved.");
    }
}

/// Returns the variables of each component, which a message must fill.
fn variables(content: &Value) -> Vec<(String, Vec<String>)> {
    let components = content["components"].as_array().into_iter().flatten();
    let of = |component: &Value| {
        let text = Text::parse(word(&component["text"]));
        let names = text.names().into_iter().map(str::to_owned).collect();
        (word(&component["type"]).to_owned(), names)
    };
    components
        .map(of)
        .filter(|(_, names): &(_, Vec<_>)| !names.is_empty())
        .collect()
}

fn field(field: &FieldChange, drifted: &Drifted<'_>, live: &Live, meaning: &mut Meaning) {
    let now = field.after.as_ref().map(word).unwrap_or_default();
    match field.field.as_str() {
        "category" => category(now, drifted, meaning),
        "correct_category" => {
            meaning.say(format!(
                "Meta holds that its category is {now} and will move it there: then it is billed as {now}. A review can be \
                 asked for in WhatsApp Manager before."
            ));
        }
        "quality" => quality(now, word(&live.facts["status"]), meaning),
        "status" => status(now, drifted, live, meaning),
        "message_send_ttl_seconds" => meaning.say(
            "Meta dropped the time to live with the category: messages that are not delivered are kept up to 30 days.",
        ),
        _ => {}
    }
}

/// What a category brings (template-categorization, September 2026; per-user marketing limits, November 2025).
fn category(now: &str, drifted: &Drifted<'_>, meaning: &mut Meaning) {
    meaning.say(format!("Its messages are billed as {now} from now on."));
    if now == "MARKETING" {
        meaning.say(
            "They are capped for each person over all businesses, go to nobody in the United States, and to nobody who has \
             opted out of marketing.",
        );
    }
    let until = category_told(drifted)
        .and_then(|told| {
            told.at
                .checked_add(jiff::SignedDuration::from_hours(60 * 24))
                .ok()
        })
        .filter(|until| *until > drifted.now)
        .map(|until| format!(", until {}", until.strftime("%Y-%m-%d")));
    meaning.say(format!(
        "A review can be asked for in WhatsApp Manager within 60 days of the move{}; waform changes nothing about it.",
        until.unwrap_or_default()
    ));
    if matches!(now, "MARKETING" | "UTILITY") {
        meaning.say(format!(
            "To agree with Meta, declare category = \"{}\".",
            now.to_lowercase()
        ));
    }
}

fn category_told<'a>(drifted: &Drifted<'a>) -> Option<&'a Happening> {
    let told = drifted.happened.iter();
    told.into_iter()
        .find(|happening| happening.what == "template.category")
}

/// What comes after low quality (template-quality and template-pausing, September 2026).
fn quality(now: &str, status: &str, meaning: &mut Meaning) {
    match now.to_uppercase().as_str() {
        // What came of it is told with the status.
        "RED" | "YELLOW" if status != APPROVED => meaning.say("People block or report its messages."),
        "RED" => meaning.say(
            "People block or report its messages: Meta pauses it next, for 3 hours at first, for 6 hours then, and disables it \
             for good the third time.",
        ),
        "YELLOW" => meaning.say(
            "People block or report its messages: should it fall to RED, Meta pauses it for 3 hours, then for 6 hours, and \
             disables it for good the third time.",
        ),
        _ => return meaning.say("Its quality is good again; the next apply takes note of it."),
    }
    meaning.say("Send it to fewer people, who asked for it, or say what they expect to read.");
}

fn status(now: &str, drifted: &Drifted<'_>, live: &Live, meaning: &mut Meaning) {
    let senders = list(drifted.needed_by);
    let held = |meaning: &mut Meaning| {
        if !senders.is_empty() {
            meaning.say(format!("Nothing goes out from {senders} meanwhile."));
        }
    };
    let again = "Meta takes any number of edits of it now: write another text into the declaration, then apply.";
    match now {
        APPROVED => {
            return meaning.say("It can be sent again; the next apply takes note of it.");
        }
        "PAUSED" => {
            meaning.say(
                "Meta pauses for low quality: the first pause ends by itself after 3 hours, the second after 6 hours, the \
                 third time it is disabled for good. One while its first messages were being assessed must be lifted in \
                 WhatsApp Manager.",
            );
            held(meaning);
            meaning.say(again);
        }
        "REJECTED" => {
            told(live, meaning);
            held(meaning);
            meaning.say(again);
        }
        PENDING | "IN_APPEAL" => {
            told(live, meaning);
            held(meaning);
            return;
        }
        _ => {
            told(live, meaning);
            held(meaning);
        }
    }
    meaning.mend = Some(apply(&drifted.last.address));
}

/// Says what Meta says of a template that cannot be sent.
fn told(live: &Live, meaning: &mut Meaning) {
    let (reason, help) = match readiness::readiness(live) {
        Readiness::Ready => return,
        Readiness::Waiting { reason } => (reason, None),
        Readiness::Broken { reason, help } => (reason, help),
    };
    let mut letters = reason.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let told = format!("{}{}", first.unwrap_or_default(), letters.as_str());
    meaning.say(format!("{}.", told.trim_end_matches('.')));
    if let Some(help) = help {
        meaning.say(format!("What helps: {}.", help.trim_end_matches('.')));
    }
}

/// Returns whether a happening is the one that brought a field to where it is.
fn brought(happening: &Happening, field: &FieldChange) -> bool {
    let what = happening.what.as_str();
    match field.field.as_str() {
        "category" | "correct_category" | "message_send_ttl_seconds" => what == "template.category",
        "quality" => what == "template.quality",
        "status" => match field.after.as_ref().map(word) {
            Some(APPROVED) => [
                "template.approved",
                "template.reinstated",
                "template.unpaused",
                "template.unarchived",
                "template.paused",
            ]
            .contains(&what),
            Some(status) => what == format!("template.{}", status.to_lowercase()),
            None => false,
        },
        _ => false,
    }
}

/// Notes since when: as Meta told it, else as the template itself says, where that can be about this.
fn date(drifted: &Drifted<'_>, meaning: &mut Meaning) {
    let mut first = |is_it: &dyn Fn(&Happening) -> bool| {
        let found = drifted.happened.iter().find(|happening| is_it(happening));
        if let Some(found) = found {
            meaning.happened(found.at, true);
        }
    };
    match drifted.class {
        DriftClass::Missing => first(&|happening| {
            ["template.deleted", "template.pending_deletion"].contains(&happening.what.as_str())
        }),
        DriftClass::Edited => first(&|happening| happening.what == "template.components"),
        DriftClass::Moved => {
            for field in drifted.fields {
                first(&|happening| brought(happening, field));
            }
        }
    }
    // Its quality and its category to come may change without it.
    let is_dated = drifted.class == DriftClass::Edited
        || drifted
            .fields
            .iter()
            .any(|field| ["status", "category"].contains(&field.field.as_str()));
    let updated = drifted
        .live
        .and_then(|live| time(&live.facts["last_updated_time"]))
        .filter(|at| *at > drifted.last.at && *at <= drifted.now);
    if let (None, true, Some(at)) = (meaning.since, is_dated, updated) {
        meaning.happened(at, false);
    }
}
