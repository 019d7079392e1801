//! Whether a template can be sent, in words.

use serde_json::Value;

use crate::resource::{Live, Readiness};

/// Tells from a template's facts whether it can be sent now.
pub(super) fn readiness(live: &Live) -> Readiness {
    let fact = |name: &str| live.facts[name].as_str();
    let waiting = |reason: String| Readiness::Waiting { reason };
    let broken = |reason: String, help: &str| Readiness::Broken {
        reason,
        help: Some(help.to_owned()),
    };
    // Where Meta was not asked, nothing is waited for.
    let Some(status) = fact("status") else {
        return Readiness::Ready;
    };
    match status {
        "APPROVED" => Readiness::Ready,
        "PENDING" => waiting(match since(&live.facts["last_updated_time"]) {
            Some(since) => format!("in review since {since}"),
            None => "in review".to_owned(),
        }),
        "IN_APPEAL" => waiting("rejected, an appeal is being reviewed".to_owned()),
        "REJECTED" => rejected(live),
        "PAUSED" => waiting(
            "paused by Meta for low quality: a pause for quality ends by itself after 3 or 6 hours, one while its \
             first messages were being assessed must be lifted in WhatsApp Manager"
                .to_owned(),
        ),
        "DISABLED" => broken(
            "disabled by Meta for good, after repeated low quality".to_owned(),
            "declare it under another name, with a text that customers do not report",
        ),
        "LIMIT_EXCEEDED" => broken(
            "the account has more templates than Meta allows".to_owned(),
            "delete templates that are no longer sent",
        ),
        "ARCHIVED" => broken(
            "archived by Meta because it was not used for a year; it will be deleted 28 days after".to_owned(),
            "unarchive it in WhatsApp Manager, or declare it under another name",
        ),
        "PENDING_DELETION" | "DELETED" => broken(
            "deleted at Meta; its name is locked for 30 days".to_owned(),
            "declare it under another name",
        ),
        other => waiting(format!("Meta says {other}")),
    }
}

/// Words a time of Meta's, which comes as text or as seconds.
fn since(time: &Value) -> Option<String> {
    match time {
        Value::String(text) => Some(text.clone()),
        Value::Number(seconds) => jiff::Timestamp::from_second(seconds.as_i64()?)
            .ok()
            .map(|at| at.to_string()),
        _ => None,
    }
}

fn rejected(live: &Live) -> Readiness {
    let code = live.facts["rejected_reason"]
        .as_str()
        .unwrap_or("no reason given");
    let mut reason = format!("rejected by Meta: {code}");
    let info = &live.facts["rejection_info"];
    for part in ["reason", "recommendation"] {
        if let Some(text) = info[part].as_str() {
            reason.push_str(": ");
            reason.push_str(text);
        }
    }
    let help = match code.to_ascii_uppercase().as_str() {
        "ABUSIVE_CONTENT" => {
            "the text breaks WhatsApp's Business Messaging Policy (threats, insults, forbidden goods): rewrite it"
        }
        "INCORRECT_CATEGORY" | "TAG_CONTENT_MISMATCH" => {
            "the text does not fit the category: declare the other category, or take out what sells"
        }
        "INVALID_FORMAT" => {
            "look at the variables: none first or last, none side by side, enough words around each, samples that fit"
        }
        "PROMOTIONAL" => {
            "the text advertises: declare category = \"marketing\", or take out what sells"
        }
        "SCAM" => {
            "the text looks like a deception: say who writes and why, and do not ask for passwords, payment or \
             personal numbers"
        }
        _ => {
            "WhatsApp Manager shows more, and takes an appeal; a rejected template may be edited without limit"
        }
    };
    Readiness::Broken {
        reason,
        help: Some(help.to_owned()),
    }
}
