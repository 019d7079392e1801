//! Buttons: how many, in which order, with what.

use serde_json::{Map, Value};

use super::text::{missing_example, too_long};
use crate::sandbox::graph::GraphError;
use crate::sandbox::templates::placeholders;
use crate::sandbox::world::Category;

/// Buttons in all, and characters of a label (template components page, Sep 2026).
const MAX_BUTTONS: usize = 10;
const LABEL_LIMIT: usize = 25;
/// Characters of an address and of a telephone number (template components page, Sep 2026).
const URL_LIMIT: usize = 2_000;
const PHONE_LIMIT: usize = 20;
/// Characters of a code to copy: 20 (template components page, Sep 2026); others say 15.
const CODE_LIMIT: usize = 20;

/// Kinds of buttons, and how many of each a template may have (template components page, Sep 2026).
const KINDS: [(&str, usize); 13] = [
    ("QUICK_REPLY", 10),
    ("URL", 2),
    ("PHONE_NUMBER", 1),
    ("COPY_CODE", 1),
    ("VOICE_CALL", 1),
    ("OTP", 1),
    ("FLOW", 1),
    ("CATALOG", 1),
    ("MPM", 1),
    ("SPM", 1),
    ("REQUEST_CONTACT_INFO", 1),
    ("ORDER_DETAILS", 1),
    ("CALL_PERMISSION_REQUEST", 1),
];

fn bad(text: impl Into<String>) -> GraphError {
    GraphError::template(0, "Message template buttons are incorrect", text)
}

/// Checks the buttons and returns them with their types in upper case and examples as lists.
pub(super) fn check(given: Option<&Value>, category: Category) -> Result<Value, GraphError> {
    let Some(Value::Array(given)) = given else {
        return Err(bad("The parameter buttons must be a list."));
    };
    if given.is_empty() || given.len() > MAX_BUTTONS {
        return Err(bad(format!(
            "A template can have 1 to {MAX_BUTTONS} buttons."
        )));
    }
    let mut kept = Vec::with_capacity(given.len());
    for button in given {
        let Value::Object(button) = button else {
            return Err(bad("A button must be an object."));
        };
        kept.push(Value::Object(check_one(button, category)?));
    }
    for (kind, most) in KINDS {
        if kept.iter().filter(|button| button["type"] == kind).count() > most {
            return Err(bad(format!(
                "A template can have {most} buttons of type {kind} at most."
            )));
        }
    }
    // Quick replies are one group, all at the start or all at the end.
    let quick: Vec<bool> = kept
        .iter()
        .map(|button| button["type"] == "QUICK_REPLY")
        .collect();
    let changes = quick.windows(2).filter(|pair| pair[0] != pair[1]).count();
    if changes > 1 {
        return Err(bad(
            "Quick reply buttons must stand together, before or after all other buttons.",
        ));
    }
    Ok(Value::Array(kept))
}

fn check_one(
    button: &Map<String, Value>,
    category: Category,
) -> Result<Map<String, Value>, GraphError> {
    let mut button = button.clone();
    let kind = button
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_uppercase();
    if !KINDS.iter().any(|(known, _)| *known == kind) {
        let known: Vec<_> = KINDS.iter().map(|(kind, _)| *kind).collect();
        return Err(GraphError::invalid(format_args!(
            "Param buttons[]['type'] must be one of {{{}}} - got \"{kind}\".",
            known.join(", ")
        )));
    }
    if (kind == "OTP") != (category == Category::Authentication) {
        return Err(bad(
            "Authentication templates have OTP buttons, and only they.",
        ));
    }
    button.insert("type".into(), kind.as_str().into());
    let text = |name: &str| {
        button
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let label = text("text");
    let labelled = !matches!(
        kind.as_str(),
        "COPY_CODE" | "OTP" | "REQUEST_CONTACT_INFO" | "CALL_PERMISSION_REQUEST"
    );
    if (labelled && label.is_empty()) || label.chars().count() > LABEL_LIMIT {
        return Err(too_long("button's text", LABEL_LIMIT));
    }
    match kind.as_str() {
        "URL" => {
            let url = text("url");
            if url.is_empty() || url.chars().count() > URL_LIMIT {
                return Err(too_long("button's url", URL_LIMIT));
            }
            if !(url.starts_with("https://") || url.starts_with("http://")) {
                return Err(bad(format!("{url:?} is no web address.")));
            }
            let found = placeholders(&url);
            let at_end = found
                .last()
                .is_some_and(|last| last.range.end == url.len() && last.name == "1");
            if found.len() > 1 || (found.len() == 1 && !at_end) {
                return Err(bad(
                    "A button's url can have one variable, {{1}}, at its end.",
                ));
            }
            example(&mut button, !found.is_empty())?;
        }
        "PHONE_NUMBER" => {
            let number = text("phone_number");
            let digits = number.bytes().filter(u8::is_ascii_digit).count();
            if number.is_empty() || number.chars().count() > PHONE_LIMIT {
                return Err(too_long("button's phone_number", PHONE_LIMIT));
            }
            if digits < 5 {
                return Err(bad(format!("{number:?} is no telephone number.")));
            }
        }
        "COPY_CODE" => {
            example(&mut button, true)?;
            let code = button
                .get("example")
                .and_then(|example| example[0].as_str())
                .unwrap_or_default();
            if code.chars().count() > CODE_LIMIT {
                return Err(too_long("code to copy", CODE_LIMIT));
            }
            button.insert("text".into(), "Copy offer code".into());
        }
        _ => {}
    }
    Ok(button)
}

/// An example may come as text and is kept as a list.
fn example(button: &mut Map<String, Value>, needed: bool) -> Result<(), GraphError> {
    if !needed {
        button.remove("example");
        return Ok(());
    }
    let given = match button.get("example") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Array(items)) => items.first().and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    let Some(given) = given.filter(|text| !text.is_empty()) else {
        return Err(missing_example("The button's variable has no example."));
    };
    button.insert("example".into(), Value::Array(vec![given.into()]));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kinds(kinds: &[&str]) -> bool {
        let buttons: Vec<Value> = kinds
            .iter()
            .map(|kind| {
                json!({"type": kind, "text": "Go", "url": "https://example.com", "phone_number": "+15550783881", "example": "X"})
            })
            .collect();
        check(Some(&Value::Array(buttons)), Category::Marketing).is_ok()
    }

    #[test]
    fn quick_replies_stay_together_and_kinds_have_their_maximum() {
        assert!(kinds(&[
            "quick_reply",
            "QUICK_REPLY",
            "URL",
            "PHONE_NUMBER"
        ]));
        assert!(kinds(&[
            "URL",
            "PHONE_NUMBER",
            "QUICK_REPLY",
            "QUICK_REPLY"
        ]));
        assert!(!kinds(&["QUICK_REPLY", "URL", "QUICK_REPLY"]));
        assert!(!kinds(&["URL", "QUICK_REPLY", "PHONE_NUMBER"]));
        assert!(!kinds(&["URL", "URL", "URL"]));
        assert!(kinds(&["QUICK_REPLY"; 10]));
        assert!(!kinds(&["QUICK_REPLY"; 11]));
        assert!(!kinds(&["OTP"]));
        assert!(!kinds(&["NONSENSE"]));
    }
}
