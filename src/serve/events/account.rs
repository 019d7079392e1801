//! The account: restricted, banned, reviewed, and free again.

use super::{News, Stop, plain};
use crate::meta::webhook::{AccountAlert, AccountReview, AccountUpdate, Capability, Restriction};
use crate::store::{Fact, HaltCause, Scope};

/// No campaign can be sent while it holds (account_update page, 2025-26).
const NO_CAMPAIGNS: &str = "RESTRICTED_BIZ_INITIATED_MESSAGING";

pub(super) fn update(news: &News<'_>, event: &AccountUpdate) -> Fact {
    match event.event.as_str() {
        "ACCOUNT_RESTRICTION" => restriction(news, event),
        "DISABLED_UPDATE" => ban(news, event),
        "ACCOUNT_DELETED" => {
            let text = "The WhatsApp Business account was deleted".to_owned();
            halting(news, "account.deleted", text, None)
        }
        "ACCOUNT_OFFBOARDED" => {
            let text =
                "The account's number left the Cloud API for the WhatsApp Business app".to_owned();
            halting(news, "account.offboarded", text, None)
        }
        "ACCOUNT_RECONNECTED" => {
            let text = "The account's number is back on the Cloud API".to_owned();
            let fact = happened(news, "account.reconnected", text);
            lifting(news, fact)
        }
        "ACCOUNT_VIOLATION" => {
            let violation = event
                .violation
                .as_deref()
                .map_or_else(|| "a rule that Meta does not name".to_owned(), plain);
            let text = format!(
                "Meta holds that the account violates {violation}; unless that ends, restrictions follow"
            );
            happened(news, "account.violation", text)
        }
        word => {
            let text = format!("Meta tells of the account: {}", plain(word));
            happened(news, &format!("account.{}", word.to_lowercase()), text)
        }
    }
}

/// Of all restrictions only the one on messages that the business begins stops campaigns; what the others mean is said.
fn restriction(news: &News<'_>, event: &AccountUpdate) -> Fact {
    let said: Vec<String> = event.restrictions.iter().map(self::said).collect();
    let text = match said.as_slice() {
        [] => "Meta has changed the account's restrictions, and names none".to_owned(),
        said => format!("Meta has restricted the account: {}", said.join("; ")),
    };
    let stops = event
        .restrictions
        .iter()
        .find(|restriction| restriction.kind == NO_CAMPAIGNS);
    match stops {
        Some(restriction) => halting(news, "account.restriction", text, restriction.until),
        None => happened(news, "account.restriction", text),
    }
}

fn said(restriction: &Restriction) -> String {
    let mut said = match restriction.kind.as_str() {
        NO_CAMPAIGNS => "no template messages can be sent, so that no campaign is sent".to_owned(),
        "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" => {
            "customers who write cannot be answered, neither by replies nor by a desk".to_owned()
        }
        "RESTRICTED_UTILITY_TEMPLATES" => {
            "utility templates cannot be sent, templates of other categories can".to_owned()
        }
        "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES" => {
            "utility messages cannot be sent without a template; templates can".to_owned()
        }
        "RESTRICTED_ADD_PHONE_NUMBER_ACTION" => {
            "no phone number can be added; those that are there can send".to_owned()
        }
        "" => "a restriction without a name".to_owned(),
        other => plain(other),
    };
    if let Some(until) = restriction.until {
        said = format!("{said}, until {until}");
    }
    if let Some(remediation) = &restriction.remediation {
        said = format!("{said} ({})", remediation.trim_end_matches('.'));
    }
    said
}

fn ban(news: &News<'_>, event: &AccountUpdate) -> Fact {
    let ban = event.ban.as_ref();
    let date = ban
        .and_then(|ban| ban.date.as_ref())
        .map_or_else(String::new, |date| format!(" ({date})"));
    match ban.and_then(|ban| ban.state.as_deref()) {
        Some("REINSTATE") => {
            let text = format!("Meta has reinstated the account{date}");
            let fact = happened(news, "account.reinstated", text);
            lifting(news, fact)
        }
        Some("SCHEDULE_FOR_DISABLE") => {
            let text = format!(
                "Meta will disable the account{date}; an appeal can be made in WhatsApp Manager, Account quality"
            );
            happened(news, "account.disable_scheduled", text)
        }
        Some("DISABLE") => {
            let text = format!("Meta has disabled the account{date}");
            halting(news, "account.disabled", text, None)
        }
        other => {
            let word = other.map_or_else(|| "changed".to_owned(), plain);
            let text = format!("Meta tells of a ban of the account: {word}{date}");
            happened(news, "account.ban", text)
        }
    }
}

pub(super) fn review(news: &News<'_>, event: &AccountReview) -> Fact {
    let text = format!("Meta's review of the account: {}", plain(&event.decision));
    happened(news, "account.review", text)
}

pub(super) fn alert(news: &News<'_>, event: &AccountAlert) -> Fact {
    let mut text = format!("Meta alerts: {}", plain(&event.kind));
    if let Some(severity) = &event.severity {
        text = format!("{text} ({})", plain(severity));
    }
    if let Some(description) = &event.description {
        text = format!("{text}; {}", description.trim_end_matches('.'));
    }
    happened(news, "account.alert", text)
}

pub(super) fn capability(news: &News<'_>, event: &Capability) -> Fact {
    let people = event.max_daily_conversations.as_ref().map(|limit| {
        let limit = limit.trim_start_matches("TIER_");
        match limit {
            "-1" | "UNLIMITED" => "any number of people may be messaged in 24 hours".to_owned(),
            limit => format!("{limit} people may be messaged in 24 hours"),
        }
    });
    let numbers = event
        .max_phone_numbers
        .map(|most| format!("at most {most} phone numbers"));
    let limits: Vec<String> = people.into_iter().chain(numbers).collect();
    let text = match limits.as_slice() {
        [] => "The account's limits have changed".to_owned(),
        limits => format!("The account's limits are now: {}", limits.join(", ")),
    };
    happened(news, "account.capability", text)
}

fn happened(news: &News<'_>, what: &str, text: String) -> Fact {
    news.happened(format!("account.{}", news.account), what, text)
}

fn halting(news: &News<'_>, what: &str, text: String, until: Option<jiff::Timestamp>) -> Fact {
    let stop = Stop {
        scope: Scope::Account,
        subject: news.account.to_owned(),
        reason: text.clone(),
        until,
    };
    news.halting(happened(news, what, text), stop)
}

fn lifting(news: &News<'_>, fact: Fact) -> Fact {
    News::lifting(fact, Scope::Account, news.account, &[HaltCause::Meta])
}
