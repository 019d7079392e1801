//! Texts and their variables.

use serde_json::{Map, Value};

use crate::sandbox::graph::GraphError;
use crate::sandbox::templates::placeholders;

pub(super) fn bad_header(text: impl Into<String>) -> GraphError {
    GraphError::template(2_388_047, "Message header format is incorrect", text)
}

pub(super) fn bad_body(text: impl Into<String>) -> GraphError {
    GraphError::template(2_388_072, "Message body format is incorrect", text)
}

pub(super) fn bad_footer(text: impl Into<String>) -> GraphError {
    GraphError::template(2_388_073, "Message footer format is incorrect", text)
}

pub(super) fn too_long(what: &str, limit: usize) -> GraphError {
    GraphError::template(
        2_388_040,
        "Character limit exceeded",
        format!("The {what} must have 1 to {limit} characters."),
    )
}

pub(super) fn missing_example(text: impl Into<String>) -> GraphError {
    GraphError::template(
        2_388_043,
        "Message template is missing example values",
        text,
    )
}

fn length(what: &str, text: &str, limit: usize) -> Result<(), GraphError> {
    if text.trim().is_empty() || text.chars().count() > limit {
        Err(too_long(what, limit))
    } else {
        Ok(())
    }
}

pub(super) fn header(text: &str, limit: usize, named: bool) -> Result<(), GraphError> {
    length("header", text, limit)?;
    if text.contains(['\n', '\r', '*', '_', '~', '`'])
        && !placeholders(text).iter().any(|own| own.name.contains('_'))
    {
        return Err(bad_header(
            "A header cannot have new lines or formatting characters.",
        ));
    }
    let names = variables(text, named, bad_header)?;
    if names.len() > 1 {
        return Err(bad_header("A header can have one variable."));
    }
    Ok(())
}

pub(super) fn footer(text: &str, limit: usize) -> Result<(), GraphError> {
    length("footer", text, limit)?;
    if !placeholders(text).is_empty() {
        return Err(bad_footer("A footer cannot have variables."));
    }
    Ok(())
}

pub(super) fn body(text: &str, limit: usize, named: bool) -> Result<(), GraphError> {
    length("body", text, limit)?;
    let names = variables(text, named, bad_body)?;
    let trimmed = text.trim();
    let found = placeholders(trimmed);
    let at_start = found.first().is_some_and(|first| first.range.start == 0);
    let at_end = found
        .last()
        .is_some_and(|last| last.range.end == trimmed.len());
    if at_start || at_end {
        return Err(GraphError::template(
            2_388_299,
            "Variables can't be at the start or end of the template",
            "This template contains variable parameters at the beginning or end. Change the template and try again.",
        ));
    }
    // Meta does not publish the ratio; 2x + 1 words for x variables is what partners report.
    if !names.is_empty() && trimmed.split_whitespace().count() < 2 * names.len() + 1 {
        return Err(GraphError::template(
            2_388_293,
            "Template has too many variables for its length",
            "This template contains too many variable parameters relative to the message length. Reduce the number of \
             variable parameters or increase the message length.",
        ));
    }
    Ok(())
}

/// Checks a text's variables; returns each one's name once.
fn variables(
    text: &str,
    named: bool,
    bad: fn(String) -> GraphError,
) -> Result<Vec<String>, GraphError> {
    let mut names: Vec<String> = Vec::new();
    for placeholder in placeholders(text) {
        if !names.contains(&placeholder.name) {
            names.push(placeholder.name);
        }
    }
    if text.matches("{{").count() != text.matches("}}").count() {
        return Err(bad("The variable parameters have unbalanced braces.".into()));
    }
    if named {
        let fits = |name: &String| {
            let first = name
                .bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
            first
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        if let Some(name) = names.iter().find(|name| !fits(name)) {
            return Err(bad(format!(
                "The parameter name {name:?} must have lowercase letters and underscores only."
            )));
        }
        return Ok(names);
    }
    let mut numbers = Vec::with_capacity(names.len());
    for name in &names {
        match name.parse::<usize>() {
            Ok(number) if name.bytes().all(|byte| byte.is_ascii_digit()) => numbers.push(number),
            _ => {
                return Err(bad(format!(
                    "The variable parameter {name:?} must be a number."
                )));
            }
        }
    }
    numbers.sort_unstable();
    if numbers
        .iter()
        .enumerate()
        .any(|(index, number)| *number != index + 1)
    {
        return Err(bad(
            "The variable parameters must be numbered from 1 without gaps.".into(),
        ));
    }
    Ok(names)
}

/// Checks that every variable of a component has an example, and no more than that.
pub(super) fn examples(
    component: &mut Map<String, Value>,
    key: &str,
    named: bool,
    bad: fn(String) -> GraphError,
) -> Result<(), GraphError> {
    let text = component
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let names = variables(text, named, bad)?;
    if names.is_empty() {
        component.remove("example");
        return Ok(());
    }
    let example = component.get("example");
    if named {
        let given = example.and_then(|example| example[format!("{key}_named_params")].as_array());
        let given = given.map(Vec::as_slice).unwrap_or_default();
        let has = |name: &String| {
            given
                .iter()
                .any(|param| param["param_name"] == **name && filled(&param["example"]))
        };
        if let Some(name) = names.iter().find(|name| !has(name)) {
            return Err(missing_example(format!(
                "The variable {name} has no example."
            )));
        }
        return if given.len() == names.len() {
            Ok(())
        } else {
            Err(missing_example("There are more examples than variables."))
        };
    }
    // A body has a list of example lists, a header one list.
    let given = example.map(|example| &example[key]);
    let given = if key == "body_text" {
        given.map(|lists| &lists[0])
    } else {
        given
    };
    let given = given
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if given.len() != names.len() || !given.iter().all(filled) {
        return Err(missing_example(format!(
            "There must be {} example values, one for each variable.",
            names.len()
        )));
    }
    Ok(())
}

fn filled(example: &Value) -> bool {
    example.as_str().is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_must_make_sense() {
        for (text, named, code) in [
            ("Hi {{1}}, your order {{2}} is here.", false, None),
            ("Hi {{name}}, your order is here.", true, None),
            (
                "Hi {{1}}, your order {{3}} is here.",
                false,
                Some(2_388_072),
            ),
            ("Hi {{name}}, your order is here.", false, Some(2_388_072)),
            ("Hi {{Name}}, your order is here.", true, Some(2_388_072)),
            ("Hi {{a#b}}, your order is here.", true, Some(2_388_072)),
            ("{{1}}, your order is here.", false, Some(2_388_299)),
            ("Your order is {{1}} ", false, Some(2_388_299)),
            ("a {{1}} b {{2}} {{3}} c", false, Some(2_388_293)),
            ("", false, Some(2_388_040)),
        ] {
            let error = body(text, 1024, named)
                .err()
                .map(|error| error.body("t")["error"]["error_subcode"].clone());
            assert_eq!(error, code.map(Value::from), "{text}");
        }
    }
}
