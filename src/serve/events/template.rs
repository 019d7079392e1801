//! Templates: reviewed, paused, moved to another category, edited.

use super::{News, Stop, plain};
use crate::meta::webhook::{
    TemplateCategory, TemplateComponents, TemplateKey, TemplateQuality, TemplateStatus,
};
use crate::store::{Fact, HaltCause, Scope};

/// Words after which a template can be sent (again).
const SENDABLE: &[&str] = &["APPROVED", "REINSTATED", "UNPAUSED", "UNARCHIVED"];
/// Words after which it cannot.
const UNSENDABLE: &[&str] = &[
    "PENDING",
    "IN_APPEAL",
    "REJECTED",
    "PAUSED",
    "DISABLED",
    "PENDING_DELETION",
    "DELETED",
    "LOCKED",
    "ARCHIVED",
    "LIMIT_EXCEEDED",
];
/// What a refusal of Meta's and its word by webhook have halted, its word frees.
const CAUSES: &[HaltCause] = &[HaltCause::Meta, HaltCause::Refused];

pub(super) fn status(news: &News<'_>, event: &TemplateStatus) -> Fact {
    let word = event.event.as_str();
    let (key, said) = (&event.template, said(event));
    let what = format!("template.{}", word.to_lowercase());
    let fact = news.happened(named(key), &what, said.clone());
    let Some(subject) = halted(key) else {
        return fact;
    };
    if SENDABLE.contains(&word) || is_unpause(event) {
        return News::lifting(fact, Scope::Template, &subject, CAUSES);
    }
    if !UNSENDABLE.contains(&word) {
        return fact;
    }
    let stop = Stop {
        scope: Scope::Template,
        subject,
        reason: said,
        until: None,
    };
    news.halting(fact, stop)
}

/// Some ends of a pause are told as a pause with this title.
fn is_unpause(event: &TemplateStatus) -> bool {
    let title = event
        .other_info
        .as_ref()
        .and_then(|info| info.title.as_ref());
    title.is_some_and(|title| title.eq_ignore_ascii_case("UNPAUSE"))
}

/// Puts a status into a sentence with all that Meta says about it.
fn said(event: &TemplateStatus) -> String {
    let mut said = match event.event.as_str() {
        "FLAGGED" => "Meta has flagged the template for low quality: unless it improves within 7 days it is disabled"
            .to_owned(),
        "DISABLED" => "Meta has disabled the template: it cannot be sent any more".to_owned(),
        word if is_unpause(event) => format!("Meta has ended the template's pause ({})", plain(word)),
        word => format!("Meta says that the template is {}", plain(word)),
    };
    let info = event.other_info.as_ref();
    let rejection = event.rejection.as_ref();
    let more = [
        event.reason.as_deref().map(plain),
        info.and_then(|info| info.title.as_deref().map(plain)),
        info.and_then(|info| info.description.clone()),
        rejection.and_then(|rejection| rejection.reason.clone()),
        rejection.and_then(|rejection| rejection.recommendation.clone()),
        event
            .disable_date
            .as_ref()
            .map(|date| format!("it is disabled on {date}")),
    ];
    for more in more.into_iter().flatten() {
        said.push_str("; ");
        said.push_str(more.trim_end_matches('.'));
    }
    said
}

pub(super) fn quality(news: &News<'_>, event: &TemplateQuality) -> Fact {
    let from = event
        .previous
        .as_ref()
        .map_or_else(String::new, |previous| format!(" from {}", plain(previous)));
    let text = format!("The template's quality went{from} to {}", plain(&event.new));
    news.happened(named(&event.template), "template.quality", text)
}

/// A category is a price: whoever pays is told which.
pub(super) fn category(news: &News<'_>, event: &TemplateCategory) -> Fact {
    let text = match (&event.correct, &event.new) {
        (Some(correct), Some(new)) if correct != new => {
            let when = event
                .at
                .map_or_else(|| "soon".to_owned(), |at| format!("at {at}"));
            format!(
                "Meta will move the template from {} to {} {when}; {}. A review can be asked for until then in WhatsApp \
                 Manager",
                plain(new),
                plain(correct),
                price(correct)
            )
        }
        (Some(category), _) | (None, Some(category)) => {
            let from = event
                .previous
                .as_ref()
                .map_or_else(String::new, |previous| format!(" from {}", plain(previous)));
            format!(
                "Meta has moved the template{from} to {}; {}",
                plain(category),
                price(category)
            )
        }
        (None, None) => "Meta has moved the template to another category".to_owned(),
    };
    news.happened(named(&event.template), "template.category", text)
}

fn price(category: &str) -> &'static str {
    match category {
        "MARKETING" => {
            "its messages cost the marketing rate, are capped for each person, and reach nobody who has opted out of marketing"
        }
        "UTILITY" => "its messages cost the utility rate",
        "AUTHENTICATION" => "its messages cost the authentication rate",
        _ => "its messages cost that category's rate",
    }
}

pub(super) fn components(news: &News<'_>, event: &TemplateComponents) -> Fact {
    let text = "The template's content was changed; `waform plan` shows whether it is still what is declared";
    news.happened(
        named(&event.template),
        "template.components",
        text.to_owned(),
    )
}

/// Names a template for people.
fn named(key: &TemplateKey) -> String {
    match (&key.name, &key.language, &key.id) {
        (Some(name), Some(language), _) => format!("template {name}/{language}"),
        (Some(name), None, _) => format!("template {name}"),
        (None, _, id) => format!("template {}", id.as_deref().unwrap_or("unnamed")),
    }
}

/// Names a template for halts.
fn halted(key: &TemplateKey) -> Option<String> {
    Some(format!("{}/{}", key.name.as_ref()?, key.language.as_ref()?))
}
