//! A template message's parameters, checked against the template; and the text that comes of them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::sandbox::graph::GraphError;
use crate::sandbox::templates::{placeholders, substitute};
use crate::sandbox::world::Template;

/// Characters after substitution (template components page, Sep 2026).
const BODY_LIMIT: usize = 1_024;
const HEADER_LIMIT: usize = 60;

/// Checks the parameters; returns the text as the recipient reads it.
pub(super) fn check(template: &Template, given: Option<&Value>) -> Result<String, GraphError> {
    let given = given
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let kind = |part: &Value| part["type"].as_str().unwrap_or_default().to_lowercase();
    for (index, part) in given.iter().enumerate() {
        let known = [
            "header",
            "body",
            "button",
            "carousel",
            "limited_time_offer",
            "tap_target_configuration",
        ];
        let kind = kind(part);
        if !known.contains(&kind.as_str()) {
            return Err(GraphError::invalid(format_args!(
                "Param template['components'][{index}]['type'] must be one of {{HEADER, BODY, BUTTON, CAROUSEL, \
                 LIMITED_TIME_OFFER}} - got \"{kind}\"."
            )));
        }
    }
    let parameters = |wanted: &str| -> &[Value] {
        let part = given.iter().find(|part| kind(part) == wanted);
        part.and_then(|part| part["parameters"].as_array())
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let header = header(template, parameters("header"))?;
    let body = filled(
        template,
        "body",
        template.text("BODY"),
        parameters("body"),
        BODY_LIMIT,
    )?;
    let buttons: Vec<&Value> = given.iter().filter(|part| kind(part) == "button").collect();
    check_buttons(template, &buttons)?;
    let parts = [header.as_str(), body.as_str(), template.text("FOOTER")];
    Ok(parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n"))
}

fn header(template: &Template, given: &[Value]) -> Result<String, GraphError> {
    let Some(component) = template.component("HEADER") else {
        return counted("header", given.len(), 0).map(|()| String::new());
    };
    let format = component["format"].as_str().unwrap_or_default();
    if format == "TEXT" {
        return filled(
            template,
            "header",
            template.text("HEADER"),
            given,
            HEADER_LIMIT,
        );
    }
    let wanted = format.to_lowercase();
    let received = given
        .first()
        .and_then(|parameter| parameter["type"].as_str())
        .unwrap_or("UNKNOWN");
    if received.to_lowercase() != wanted {
        return Err(GraphError::message(
            132_012,
            format!(
                "header: Format mismatch, expected {format}, received {}",
                received.to_uppercase()
            ),
        ));
    }
    let media = &given[0][wanted.as_str()];
    let has = |name: &str| match &media[name] {
        Value::String(text) => !text.is_empty(),
        Value::Null => false,
        _ => true,
    };
    let complete = if wanted == "location" {
        has("latitude") && has("longitude")
    } else {
        has("id") || has("link")
    };
    if !complete {
        return Err(GraphError::message(
            131_008,
            format!("header: parameter of type {wanted} is missing its value"),
        ));
    }
    if media["link"]
        .as_str()
        .is_some_and(|link| !link.starts_with("http://") && !link.starts_with("https://"))
    {
        return Err(GraphError::message(
            131_009,
            format!("header: {wanted}['link'] is no web address"),
        ));
    }
    Ok(String::new())
}

fn counted(what: &str, given: usize, expected: usize) -> Result<(), GraphError> {
    if given == expected {
        return Ok(());
    }
    Err(GraphError::message(
        132_000,
        format!(
            "{what}: number of localizable_params ({given}) does not match the expected number of params ({expected})"
        ),
    ))
}

/// Puts the parameters into a text.
fn filled(
    template: &Template,
    what: &str,
    text: &str,
    given: &[Value],
    limit: usize,
) -> Result<String, GraphError> {
    let mut names: Vec<String> = Vec::new();
    for placeholder in placeholders(text) {
        if !names.contains(&placeholder.name) {
            names.push(placeholder.name);
        }
    }
    counted(what, given.len(), names.len())?;
    let named = template.parameter_format == "NAMED";
    let mut values = BTreeMap::new();
    for (index, parameter) in given.iter().enumerate() {
        let value = value(what, index, parameter)?;
        let name = if named {
            let name = parameter["parameter_name"]
                .as_str()
                .filter(|name| !name.is_empty());
            name.ok_or_else(|| {
                GraphError::parameter(format!("{what}: Parameter name is missing or empty"))
            })?
            .to_owned()
        } else {
            (index + 1).to_string()
        };
        if !names.contains(&name) {
            return Err(GraphError::parameter(format!(
                "{what}: the template has no parameter {name}"
            )));
        }
        values.insert(name, value);
    }
    counted(what, values.len(), names.len())?;
    let filled = substitute(text, |name| values.get(name).map(String::as_str));
    let length = filled.chars().count();
    if length > limit {
        return Err(GraphError::message(
            132_005,
            format!("{what}: text has {length} characters, {limit} at most"),
        ));
    }
    Ok(filled)
}

fn value(what: &str, index: usize, parameter: &Value) -> Result<String, GraphError> {
    let kind = parameter["type"].as_str().unwrap_or_default();
    let text = match kind {
        "text" => &parameter["text"],
        "currency" | "date_time" => &parameter[kind]["fallback_value"],
        kind => {
            let received = if kind.is_empty() {
                "UNKNOWN".into()
            } else {
                kind.to_uppercase()
            };
            return Err(GraphError::message(
                132_012,
                format!("{what}: Format mismatch, expected TEXT, received {received}"),
            ));
        }
    };
    let Some(text) = text.as_str() else {
        return Err(GraphError::invalid(format_args!(
            "Param template['components'][{what}]['parameters'][{index}]['text'] must be a string."
        )));
    };
    if text.is_empty() {
        return Err(GraphError::message(
            131_008,
            format!("{what}: Parameter of type text is missing text value"),
        ));
    }
    if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
        return Err(GraphError::parameter(format!(
            "{what}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )));
    }
    Ok(text.to_owned())
}

fn check_buttons(template: &Template, given: &[&Value]) -> Result<(), GraphError> {
    let empty = Vec::new();
    let own = template
        .component("BUTTONS")
        .and_then(|part| part["buttons"].as_array())
        .unwrap_or(&empty);
    // The index counts in the whole list, and comes as text or number.
    let index = |part: &Value| match &part["index"] {
        Value::String(text) => text.parse::<usize>().ok(),
        value => value.as_u64().and_then(|index| usize::try_from(index).ok()),
    };
    for part in given {
        let at = index(part)
            .ok_or_else(|| GraphError::message(131_008, "buttons: Parameter index is missing"))?;
        let Some(button) = own.get(at) else {
            return Err(GraphError::message(
                132_000,
                format!("buttons: the template has no button at index {at}"),
            ));
        };
        let sub_type = part["sub_type"].as_str().unwrap_or_default().to_lowercase();
        let kind = button["type"].as_str().unwrap_or_default().to_lowercase();
        // A one-time code travels as the address of its button.
        let fits = sub_type == kind || (kind == "otp" && sub_type == "url");
        if !fits {
            return Err(GraphError::message(
                132_012,
                format!(
                    "buttons: Format mismatch at index {at}, expected {}, received {}",
                    kind.to_uppercase(),
                    sub_type.to_uppercase()
                ),
            ));
        }
    }
    for (at, button) in own.iter().enumerate() {
        let part = given.iter().find(|part| index(part) == Some(at));
        let parameters = part
            .and_then(|part| part["parameters"].as_array())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let kind = button["type"].as_str().unwrap_or_default();
        let (wanted, key) = match kind {
            "URL" if button["url"].as_str().is_some_and(|url| url.contains("{{")) => {
                ("text", "text")
            }
            "URL" if !parameters.is_empty() => {
                return counted(
                    &format!("buttons: button at index {at}"),
                    parameters.len(),
                    0,
                );
            }
            "OTP" => ("text", "text"),
            "COPY_CODE" => ("coupon_code", "coupon_code"),
            "QUICK_REPLY" if !parameters.is_empty() => ("payload", "payload"),
            _ => continue,
        };
        let [parameter] = parameters else {
            return Err(GraphError::message(
                131_008,
                format!("buttons: Button at index {at} of type {kind} requires a parameter"),
            ));
        };
        if parameter["type"].as_str() != Some(wanted) {
            let received = parameter["type"]
                .as_str()
                .unwrap_or("UNKNOWN")
                .to_uppercase();
            return Err(GraphError::message(
                132_012,
                format!(
                    "buttons: Format mismatch at index {at}, expected {}, received {received}",
                    wanted.to_uppercase()
                ),
            ));
        }
        let value = parameter[key].as_str().unwrap_or_default();
        if value.is_empty() {
            return Err(GraphError::message(
                131_008,
                format!("buttons: Parameter at index {at} is empty"),
            ));
        }
        if kind == "COPY_CODE" && value.chars().count() > 20 {
            return Err(GraphError::message(
                131_009,
                "buttons: coupon_code must have 20 characters at most",
            ));
        }
    }
    Ok(())
}
