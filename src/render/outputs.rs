//! Outputs: a line each, or as Terraform's `output -json` has them.

use serde_json::{Map, Value, json};

use super::style::Look;
use crate::engine::plan::Output;
use crate::sanitize;

/// What stands for a value that nobody has yet.
const UNKNOWN: &str = "(known after apply)";

/// Returns one line an output, in the form of Terraform's.
#[must_use]
pub fn human(outputs: &[Output], look: Look) -> String {
    let width = outputs.iter().map(|output| output.name.len()).max();
    let mut text = String::new();
    for output in outputs {
        let value = match &output.value {
            // Quoted as JSON: what is text and what is a number can be told apart.
            Some(value) => sanitize::line(&value.to_string()).into_owned(),
            None => look.faint(UNKNOWN),
        };
        let name = &output.name;
        let width = width.unwrap_or_default();
        text.push_str(&look.hang(&format!("{name:width$} = "), &value));
    }
    text
}

/// Returns the value alone, as a shell wants it; none where there is none yet.
#[must_use]
pub fn raw(output: &Output) -> Option<String> {
    Some(match output.value.as_ref()? {
        Value::String(text) => sanitize::line(text).into_owned(),
        other => other.to_string(),
    })
}

/// Returns all outputs by name, with their types.
#[must_use]
pub fn document(outputs: &[Output]) -> Value {
    let entry = |output: &Output| {
        let mut entry = Map::new();
        entry.insert("sensitive".to_owned(), false.into());
        let kind = match &output.value {
            Some(Value::Number(_)) => "number",
            Some(Value::Bool(_)) => "bool",
            _ => "string",
        };
        entry.insert("type".to_owned(), kind.into());
        entry.insert("value".to_owned(), json!(output.value));
        if let Some(description) = &output.description {
            entry.insert("description".to_owned(), description.as_str().into());
        }
        (output.name.clone(), Value::from(entry))
    };
    outputs.iter().map(entry).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> Vec<Output> {
        let output = |name: &str, value: Option<Value>| Output {
            name: name.to_owned(),
            value,
            description: None,
        };
        vec![
            output("id", Some(json!("594425479261596"))),
            output("evil", Some(json!("a\u{1b}[31mb\n"))),
            output("limit", Some(json!(10))),
            output("later", None),
        ]
    }

    #[test]
    fn texts_and_numbers_can_be_told_apart_and_nothing_reaches_the_terminal() {
        let text = human(&outputs(), Look::plain(80));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "id    = \"594425479261596\"");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert_eq!(lines[2], "limit = 10");
        assert_eq!(lines[3], "later = (known after apply)");
    }

    #[test]
    fn a_raw_value_stands_alone() {
        let told: Vec<Option<String>> = outputs().iter().map(raw).collect();
        assert_eq!(told[0].as_deref(), Some("594425479261596"));
        assert!(!told[1].as_ref().unwrap().contains(['\u{1b}', '\n']));
        assert_eq!(told[2].as_deref(), Some("10"));
        assert_eq!(told[3], None);
    }

    #[test]
    fn the_document_has_the_types_of_terraform() {
        let document = document(&outputs());
        assert_eq!(document["limit"]["type"], "number");
        assert_eq!(document["id"]["sensitive"], false);
        assert_eq!(document["later"]["value"], Value::Null);
    }
}
