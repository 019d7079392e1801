//! What the recipient of a template can tap: its quick replies, with the payloads given when it was sent.

use serde_json::Value;

use crate::sandbox::data::{Answer, AnswerKind};
use crate::sandbox::world::Template;

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Returns the quick replies of a template message, those of a carousel's cards after the others.
pub(super) fn of_template(template: &Template, components: Option<&Value>) -> Vec<Answer> {
    let given = components.map(list).unwrap_or_default();
    let mut answers = quick_replies(&template.components, given);
    let sent = part(given, "carousel").map_or(&Value::Null, |part| &part["cards"]);
    let cards = template
        .component("CAROUSEL")
        .map_or(&Value::Null, |part| &part["cards"]);
    for (index, card) in list(cards).iter().enumerate() {
        let sent = list(sent)
            .get(index)
            .map_or(&Value::Null, |card| &card["components"]);
        answers.extend(quick_replies(list(&card["components"]), list(sent)));
    }
    answers
}

fn part<'a>(parts: &'a [Value], kind: &str) -> Option<&'a Value> {
    let is = |part: &&Value| {
        part["type"]
            .as_str()
            .is_some_and(|own| own.eq_ignore_ascii_case(kind))
    };
    parts.iter().find(is)
}

fn quick_replies(components: &[Value], given: &[Value]) -> Vec<Answer> {
    let buttons = part(components, "BUTTONS").map_or(&Value::Null, |part| &part["buttons"]);
    let own = list(buttons).iter().enumerate();
    own.filter(|(_, button)| button["type"] == "QUICK_REPLY")
        .map(|(index, button)| {
            let title = button["text"].as_str().unwrap_or_default().to_owned();
            Answer {
                kind: AnswerKind::Button,
                id: payload(given, index).unwrap_or_else(|| title.clone()),
                title,
                description: None,
            }
        })
        .collect()
}

/// Returns the payload that was given for the button at a place in the whole list.
fn payload(given: &[Value], index: usize) -> Option<String> {
    let place = |part: &Value| match &part["index"] {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64().and_then(|index| usize::try_from(index).ok()),
    };
    let button = given.iter().find(|part| {
        part["type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("button"))
            && place(part) == Some(index)
    })?;
    button["parameters"][0]["payload"]
        .as_str()
        .map(str::to_owned)
}
