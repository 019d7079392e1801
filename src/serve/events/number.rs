//! Numbers: quality, name, PIN. None of it stops a number by itself: what it cannot do any more it is refused.

use super::{News, plain};
use crate::meta::GraphError;
use crate::meta::webhook::{NumberName, NumberQuality, Security};
use crate::store::Fact;

pub(super) fn quality(news: &News<'_>, event: &NumberQuality) -> Fact {
    let mut text = match event.event.as_str() {
        "FLAGGED" => "Meta has flagged the number for low quality".to_owned(),
        "UNFLAGGED" => "The number is no longer flagged".to_owned(),
        word => format!("The number's standing has changed: {}", plain(word)),
    };
    let limit = event
        .max_daily_conversations
        .as_ref()
        .or(event.current_limit.as_ref());
    if let Some(limit) = limit {
        text = format!("{text}; limit {}", limit.trim_start_matches("TIER_"));
    }
    if let Some(old) = &event.old_limit {
        text = format!("{text}, before {}", old.trim_start_matches("TIER_"));
    }
    let number = event.display_phone_number.as_deref();
    news.happened(named(news, number), "number.quality", text)
}

pub(super) fn name(news: &News<'_>, event: &NumberName) -> Fact {
    let name = event
        .requested_name
        .as_ref()
        .map_or_else(String::new, |name| format!(" `{name}`"));
    let reason = event
        .rejection_reason
        .as_ref()
        .map_or_else(String::new, |reason| format!("; {}", plain(reason)));
    let text = format!(
        "The display name{name} is {}{reason}",
        plain(&event.decision)
    );
    let number = event.display_phone_number.as_deref();
    news.happened(named(news, number), "number.name", text)
}

pub(super) fn security(news: &News<'_>, event: &Security) -> Fact {
    let by = event
        .requester
        .as_ref()
        .map_or_else(String::new, |requester| format!(", by {requester}"));
    let text = format!(
        "The number's two-step PIN: {}{by}; where nobody of yours did this, somebody else has access to WhatsApp Manager",
        plain(&event.event)
    );
    let number = event.display_phone_number.as_deref();
    news.happened(named(news, number), "number.security", text)
}

pub(super) fn error(news: &News<'_>, error: &GraphError) -> Fact {
    let text = format!("Meta reports an error outside of any message: {error}");
    news.happened(named(news, None), "number.error", text)
}

/// Names a number for people, as far as it is known.
fn named(news: &News<'_>, display: Option<&str>) -> String {
    let display = display.or(news.change.display_phone_number.as_deref());
    match (display, &news.change.phone_number_id) {
        (Some(display), _) => {
            let digits: String = display.chars().filter(char::is_ascii_digit).collect();
            format!("+{digits}")
        }
        (None, Some(id)) => format!("number {id}"),
        (None, None) => format!("account.{}", news.account),
    }
}
