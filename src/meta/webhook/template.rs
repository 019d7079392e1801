//! What happens to templates.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use super::wire::{List, Part, Word, read};

/// Which template, in which language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateKey {
    /// The number that Meta writes in webhooks, as the text that it is everywhere else.
    pub id: Option<String>,
    pub name: Option<String>,
    /// As Meta's API writes it (`en_US`); webhooks have hyphens too.
    pub language: Option<String>,
}

/// A template was reviewed, paused, disabled, archived, ...
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateStatus {
    pub template: TemplateKey,
    /// `APPROVED`, `REJECTED`, `PAUSED`, ...; words that no template's node has (`FLAGGED`, `LOCKED`, `REINSTATED`,
    /// `UNARCHIVED`) say that the node is to be read again.
    pub event: String,
    /// Why it was rejected; Meta's `NONE` is none.
    pub reason: Option<String>,
    pub category: Option<String>,
    /// As Meta writes it.
    pub disable_date: Option<String>,
    pub other_info: Option<OtherInfo>,
    /// Only with the reason `INVALID_FORMAT`.
    pub rejection: Option<Rejection>,
}

/// More about a pause or lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherInfo {
    /// `FIRST_PAUSE`, `SECOND_PAUSE`, `RATE_LIMITING_PAUSE`, `UNPAUSE`, `DISABLED`.
    pub title: Option<String>,
    pub description: Option<String>,
}

/// What to mend, in Meta's sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub reason: Option<String>,
    pub recommendation: Option<String>,
}

/// People's reactions to a template are better or worse: `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateQuality {
    pub template: TemplateKey,
    pub previous: Option<String>,
    pub new: String,
}

/// Meta moves a template to another category: announced with `correct` and `at`, done with `previous` and `new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateCategory {
    pub template: TemplateKey,
    pub previous: Option<String>,
    pub new: Option<String>,
    pub correct: Option<String>,
    pub at: Option<Timestamp>,
}

/// A template's content was edited, by whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateComponents {
    pub template: TemplateKey,
    pub title: Option<String>,
    pub body: Option<String>,
    pub footer: Option<String>,
    pub buttons: Vec<TemplateButton>,
}

/// A button of an edited template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateButton {
    pub kind: Option<String>,
    pub text: Option<String>,
    pub url: Option<String>,
    pub phone_number: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeyWire<'a> {
    #[serde(borrow)]
    message_template_id: Word<'a>,
    message_template_name: Word<'a>,
    message_template_language: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StatusWire<'a> {
    #[serde(borrow)]
    event: Word<'a>,
    reason: Word<'a>,
    message_template_category: Word<'a>,
    disable_info: Part<DisableWire<'a>>,
    other_info: Part<OtherWire<'a>>,
    rejection_info: Part<RejectionWire<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DisableWire<'a> {
    #[serde(borrow)]
    disable_date: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OtherWire<'a> {
    #[serde(borrow)]
    title: Word<'a>,
    description: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RejectionWire<'a> {
    #[serde(borrow)]
    reason: Word<'a>,
    recommendation: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct QualityWire<'a> {
    #[serde(borrow)]
    previous_quality_score: Word<'a>,
    new_quality_score: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CategoryWire<'a> {
    #[serde(borrow)]
    previous_category: Word<'a>,
    new_category: Word<'a>,
    correct_category: Word<'a>,
    category_update_timestamp: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ComponentsWire<'a> {
    #[serde(borrow)]
    message_template_title: Word<'a>,
    message_template_element: Word<'a>,
    message_template_footer: Word<'a>,
    message_template_buttons: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ButtonWire<'a> {
    #[serde(borrow)]
    message_template_button_type: Word<'a>,
    message_template_button_text: Word<'a>,
    message_template_button_url: Word<'a>,
    message_template_button_phone_number: Word<'a>,
}

/// Reads which template is meant; an event of no template is no use to anybody.
fn key(raw: &RawValue) -> Result<TemplateKey, String> {
    let wire: KeyWire<'_> = read(raw)?;
    let key = TemplateKey {
        id: wire.message_template_id.text(),
        name: wire.message_template_name.text(),
        language: wire.message_template_language.as_str().map(language),
    };
    if key.id.is_none() && key.name.is_none() {
        return Err("neither `message_template_id` nor `message_template_name`".to_owned());
    }
    Ok(key)
}

/// Writes a language as the API does: `en-us` is `en_US`.
fn language(code: &str) -> String {
    let mut parts = code.trim().split(['-', '_']);
    let mut language = parts.next().unwrap_or_default().to_ascii_lowercase();
    for part in parts {
        language.push('_');
        if part.len() == 2 {
            language.push_str(&part.to_ascii_uppercase());
        } else {
            language.push_str(part);
        }
    }
    language
}

pub(super) fn status(raw: &RawValue) -> Result<Event, String> {
    let wire: StatusWire<'_> = read(raw)?;
    Ok(Event::TemplateStatus(TemplateStatus {
        template: key(raw)?,
        event: wire
            .event
            .capitals()
            .ok_or("a template's status without `event`")?,
        reason: wire.reason.capitals().filter(|reason| reason != "NONE"),
        category: wire.message_template_category.capitals(),
        disable_date: wire
            .disable_info
            .0
            .and_then(|info| info.disable_date.text()),
        other_info: wire.other_info.0.map(|info| OtherInfo {
            title: info.title.text(),
            description: info.description.text(),
        }),
        rejection: wire.rejection_info.0.map(|info| Rejection {
            reason: info.reason.text(),
            recommendation: info.recommendation.text(),
        }),
    }))
}

pub(super) fn quality(raw: &RawValue) -> Result<Event, String> {
    let wire: QualityWire<'_> = read(raw)?;
    Ok(Event::TemplateQuality(TemplateQuality {
        template: key(raw)?,
        previous: wire.previous_quality_score.capitals(),
        new: wire
            .new_quality_score
            .capitals()
            .ok_or("a template's quality without `new_quality_score`")?,
    }))
}

pub(super) fn category(raw: &RawValue) -> Result<Event, String> {
    let wire: CategoryWire<'_> = read(raw)?;
    let category = TemplateCategory {
        template: key(raw)?,
        previous: wire.previous_category.capitals(),
        new: wire.new_category.capitals(),
        correct: wire.correct_category.capitals(),
        at: wire.category_update_timestamp.time(),
    };
    if category.new.is_none() && category.correct.is_none() {
        return Err("neither `new_category` nor `correct_category`".to_owned());
    }
    Ok(Event::TemplateCategory(category))
}

pub(super) fn components(raw: &RawValue) -> Result<Event, String> {
    let wire: ComponentsWire<'_> = read(raw)?;
    let buttons = wire.message_template_buttons.objects();
    Ok(Event::TemplateComponents(TemplateComponents {
        template: key(raw)?,
        buttons: buttons.map(button).collect(),
        title: wire.message_template_title.text(),
        body: wire.message_template_element.text(),
        footer: wire.message_template_footer.text(),
    }))
}

fn button(wire: ButtonWire<'_>) -> TemplateButton {
    TemplateButton {
        kind: wire.message_template_button_type.capitals(),
        text: wire.message_template_button_text.text(),
        url: wire.message_template_button_url.text(),
        phone_number: wire.message_template_button_phone_number.text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_written_as_the_api_writes_them() {
        for (webhook, api) in [
            ("en-US", "en_US"),
            ("en_us", "en_US"),
            ("EN", "en"),
            ("pt_BR", "pt_BR"),
            ("prs-AF", "prs_AF"),
            ("zh-Hant-tw", "zh_Hant_TW"),
        ] {
            assert_eq!(language(webhook), api);
        }
    }
}
