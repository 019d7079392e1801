//! Back from a message to its values: what stands in the components that were sent, by the names that mappings use.
//!
//! The ledger keeps what was sent, not what it was made of; a reply or a recontact speaks of the same order, so that
//! it must have the same words.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::resource::template::{Localised, Part, Variable};

/// Returns the values that a message was filled with. `components` are those of the request, in the order in which the
/// template has its variables; what cannot be found in them is left out.
#[must_use]
pub fn sent_values(template: &Localised, components: &Value) -> BTreeMap<String, String> {
    let variables = template.variables();
    let of = |part: Part| {
        variables
            .iter()
            .filter(move |variable| variable.part == part)
    };
    let mut values = BTreeMap::new();
    for component in components.as_array().into_iter().flatten() {
        match component["type"].as_str() {
            Some("header") => filled(of(Part::Header), component, &mut values),
            Some("body") => filled(of(Part::Body), component, &mut values),
            Some("button") => {
                if let Some(index) = index(&component["index"]) {
                    filled(of(Part::Button(index)), component, &mut values);
                }
            }
            _ => {}
        }
    }
    values
}

fn index(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|index| usize::try_from(index).ok()),
    }
}

/// Pairs variables with parameters, which stand in the same order.
fn filled<'v>(
    variables: impl Iterator<Item = &'v Variable>,
    component: &Value,
    values: &mut BTreeMap<String, String>,
) {
    let parameters = component["parameters"].as_array();
    let Some(parameters) = parameters.filter(|parameters| !parameters.is_empty()) else {
        return;
    };
    let is_link = component["sub_type"] == "url";
    let mut parameters = parameters.iter();
    let mut parameter = parameters.next();
    for variable in variables {
        let Some(current) = parameter else { return };
        // All fields of a place are in one parameter.
        if let Some(field) = current["location"].as_object() {
            let name = variable.name.rsplit('.').next().unwrap_or_default();
            if let Some(text) = field.get(name).and_then(Value::as_str) {
                values.insert(variable.name.clone(), text.to_owned());
            }
            continue;
        }
        if let Some(text) = text_of(current) {
            let text = if is_link {
                decoded(text)
            } else {
                text.to_owned()
            };
            values.insert(variable.name.clone(), text);
        }
        parameter = parameters.next();
    }
}

fn text_of(parameter: &Value) -> Option<&str> {
    let shown = ["image", "video", "document"];
    parameter["text"]
        .as_str()
        .or_else(|| parameter["coupon_code"].as_str())
        .or_else(|| {
            shown
                .iter()
                .find_map(|kind| parameter[*kind]["link"].as_str())
        })
}

/// The suffix of a link is sent percent-encoded.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let code = bytes
            .get(at + 1..at + 3)
            .filter(|_| *byte == b'%')
            .and_then(|code| std::str::from_utf8(code).ok())
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        plain.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(plain).unwrap_or_else(|_| text.to_owned())
}
