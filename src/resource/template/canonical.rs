//! The one form in which templates are compared: Meta's create body, tidied.
//!
//! What Meta answers and what is declared both go through here. Spelling that means nothing (case of enums, order of
//! keys and components, lists of one, empty values, generated labels, expiring addresses) is gone afterwards; what is not
//! known stays, so that a template that somebody gave a part we cannot declare shows as different, not as equal.

use serde_json::{Map, Value, json};

use super::text::{Text, normalised};

/// The order of components; others follow, by their types.
const COMPONENTS: [&str; 4] = ["HEADER", "BODY", "FOOTER", "BUTTONS"];

/// Returns a create body in canonical form.
pub(super) fn canonical(template: Value) -> Value {
    let Value::Object(mut template) = without_empty(template) else {
        return Value::Null;
    };
    let mut components: Vec<Map<String, Value>> = match template.remove("components") {
        Some(Value::Array(components)) => components
            .into_iter()
            .filter_map(|component| match component {
                Value::Object(component) => Some(self::component(component)),
                _ => None,
            })
            .filter(|component| {
                text(component, "type") != "BUTTONS" || component.contains_key("buttons")
            })
            .collect(),
        _ => Vec::new(),
    };
    components.sort_by_cached_key(|component| {
        let kind = text(component, "type").to_owned();
        (
            COMPONENTS
                .iter()
                .position(|known| *known == kind)
                .unwrap_or(COMPONENTS.len()),
            kind,
        )
    });
    let positional = components
        .iter()
        .filter(|component| matches!(text(component, "type"), "HEADER" | "BODY"))
        .map(|component| Text::parse(text(component, "text")))
        .filter(Text::has_placeholders)
        .map(|text| text.is_positional())
        .reduce(|one, other| one && other);
    match positional {
        // Without variables the format means nothing, and Meta fills in one.
        None => drop(template.remove("parameter_format")),
        Some(positional) => {
            let inferred = if positional { "POSITIONAL" } else { "NAMED" };
            template.insert("parameter_format".to_owned(), inferred.into());
        }
    }
    upper(&mut template, "category");
    if let Some(Value::String(language)) = template.get_mut("language") {
        *language = language.replace('-', "_");
    }
    template.insert(
        "components".to_owned(),
        components.into_iter().map(Value::Object).collect(),
    );
    sorted(Value::Object(template))
}

fn component(mut component: Map<String, Value>) -> Map<String, Value> {
    upper(&mut component, "type");
    match text(&component, "type") {
        "HEADER" => {
            if !component.contains_key("format") {
                component.insert("format".to_owned(), "TEXT".into());
            }
            upper(&mut component, "format");
            if text(&component, "format") == "TEXT" {
                tidy_text(&mut component);
                tidy_example(&mut component, "header_text", "header_text_named_params");
            } else {
                // What was sent as a handle comes back as an expiring address.
                component.remove("example");
            }
        }
        "BODY" => {
            tidy_text(&mut component);
            tidy_example(&mut component, "body_text", "body_text_named_params");
        }
        "FOOTER" => tidy_text(&mut component),
        "BUTTONS" => {
            if let Some(Value::Array(buttons)) = component.get_mut("buttons") {
                for button in buttons {
                    if let Value::Object(button) = button {
                        tidy_button(button);
                    }
                }
            }
        }
        _ => {}
    }
    component
}

fn tidy_text(component: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = component.get_mut("text") {
        *text = normalised(text);
    }
}

/// Brings the examples of a text into one of Meta's two forms: a list by position, or a list by name.
fn tidy_example(component: &mut Map<String, Value>, by_position: &str, by_name: &str) {
    let text = Text::parse(text(component, "text"));
    let Some(Value::Object(mut example)) = component.remove("example") else {
        return;
    };
    if !text.has_placeholders() {
        return;
    }
    let tidy = if text.is_positional() {
        let samples = flat(example.remove(by_position).unwrap_or_default());
        // Bodies are listed in sets, of which there is one.
        let samples = if by_position == "body_text" {
            json!([samples])
        } else {
            samples.into()
        };
        json!({ by_position: samples })
    } else {
        let mut samples: Vec<(String, String)> = match example.remove(by_name) {
            Some(Value::Array(samples)) => samples
                .iter()
                .filter_map(Value::as_object)
                .map(|sample| {
                    (
                        self::text(sample, "param_name").into(),
                        self::text(sample, "example").into(),
                    )
                })
                .collect(),
            _ => Vec::new(),
        };
        samples.sort();
        let samples: Vec<Value> = samples
            .into_iter()
            .map(|(name, example)| json!({ "param_name": name, "example": example }))
            .collect();
        json!({ by_name: samples })
    };
    component.insert("example".to_owned(), tidy);
}

fn tidy_button(button: &mut Map<String, Value>) {
    upper(button, "type");
    match text(button, "type") {
        "URL" => match button.remove("example") {
            Some(example) if Text::parse(text(button, "url")).has_placeholders() => {
                button.insert("example".to_owned(), flat(example).into());
            }
            _ => {}
        },
        "PHONE_NUMBER" => {
            let number = phone_number(text(button, "phone_number"));
            button.insert("phone_number".to_owned(), number.into());
        }
        "COPY_CODE" => {
            // The label is Meta's, in the template's language.
            button.remove("text");
            if let Some(example) = button.remove("example")
                && let Some(example) = flat(example).into_iter().next()
            {
                button.insert("example".to_owned(), example.into());
            }
        }
        _ => {}
    }
}

/// Returns a number with its `+` and without the punctuation that people write.
pub(super) fn phone_number(written: &str) -> String {
    let digits: String = written
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '+'))
        .collect();
    format!("+{digits}")
}

/// Returns all strings of a value, whatever lists they stand in.
fn flat(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.into_iter().flat_map(flat).collect(),
        _ => Vec::new(),
    }
}

fn upper(object: &mut Map<String, Value>, key: &str) {
    if let Some(Value::String(text)) = object.get_mut(key) {
        text.make_ascii_uppercase();
    }
}

/// Returns a string of an object; empty where there is none.
pub(super) fn text<'v>(object: &'v Map<String, Value>, key: &str) -> &'v str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Drops what says nothing: nulls, empty lists, empty objects.
fn without_empty(value: Value) -> Value {
    let says_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        _ => false,
    };
    match value {
        Value::Array(values) => values.into_iter().map(without_empty).collect(),
        Value::Object(values) => values
            .into_iter()
            .map(|(key, value)| (key, without_empty(value)))
            .filter(|(_, value)| !says_nothing(value))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// Puts the keys of all objects into order, so that equal values are equal bytes.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        Value::Object(values) => {
            let mut entries: Vec<_> = values.into_iter().collect();
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            entries
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        other => other,
    }
}
