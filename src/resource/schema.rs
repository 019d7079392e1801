//! The JSON Schema of a whole configuration, built from the types of the kinds; for editors and for tests.
//!
//! What a person reads about a mistake comes from the types, not from here.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::kind::Resource;
use super::kinds::kinds;
use super::variable::Variable;

/// Names in `[kind.name]`; see [`crate::config::is_name`].
const NAME: &str = "^[A-Za-z0-9_][A-Za-z0-9_-]*$";

/// A string that is one variable alone may stand for what is no string, or for a string of a certain form.
const VARIABLE: &str = r"\$\{\s*var\.[^}]+\}";

/// Where a reference points.
const DEFINITIONS: &str = "#/definitions/";
/// The end of the name of what need not be whole.
const OVERLAY: &str = "InEnvironment";

/// Keys of a schema that speak about a value's form.
const FORMS: [&str; 4] = ["pattern", "enum", "const", "format"];

/// Returns the schema of a configuration, draft 7: what editors understand best.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let mut properties = Map::new();
    for kind in kinds() {
        let mut block = kind.schema(&mut generator).to_value();
        allow_variables(&mut block);
        let table = if kind.named() {
            json!({
                "type": "object",
                "propertyNames": { "pattern": NAME },
                "additionalProperties": block,
            })
        } else {
            block
        };
        properties.insert(kind.name().to_owned(), table);
    }
    let mut definitions = generator.take_definitions(true);
    definitions.sort_keys();
    definitions.values_mut().for_each(allow_variables);
    properties.insert(
        "env".to_owned(),
        environments(&properties, &mut definitions),
    );
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "waform",
        "description": "WhatsApp campaigns as code: one file of a waform project.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "definitions": definitions,
    })
}

/// Returns the schema of `[env.NAME]`: the tables of all kinds, of which none must be whole, and values of variables.
fn environments(kinds: &Map<String, Value>, definitions: &mut Map<String, Value>) -> Value {
    let mut tables = Map::new();
    for (kind, table) in kinds {
        let mut table = table.clone();
        let block = match table.get_mut("additionalProperties") {
            Some(block @ Value::Object(_)) => block,
            _ => &mut table,
        };
        let whole = block["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix(DEFINITIONS));
        if let Some(whole) = whole.map(str::to_owned) {
            let part = format!("{whole}{OVERLAY}");
            let mut over = definitions.get(&whole).cloned().unwrap_or_default();
            if let Some(over) = over.as_object_mut() {
                over.shift_remove("required");
            }
            *block = json!({ "$ref": format!("{DEFINITIONS}{part}") });
            definitions.insert(part, over);
        }
        tables.insert(kind.clone(), table);
    }
    let values = json!({
        "type": "object",
        "propertyNames": { "pattern": NAME },
        "additionalProperties": { "type": ["string", "number", "boolean"] },
    });
    tables.insert(Variable::KIND.to_owned(), values);
    json!({
        "description": "Environments: tables that lie over those of the project, chosen with --env.",
        "type": "object",
        "propertyNames": { "pattern": NAME },
        "additionalProperties": { "type": "object", "properties": tables, "additionalProperties": false },
    })
}

/// Lets `${var.name}` stand wherever something other than free text is wanted.
fn allow_variables(schema: &mut Value) {
    let Value::Object(object) = schema else {
        return;
    };
    if wants_form(object) {
        let description = object.shift_remove("description");
        let default = object.shift_remove("default");
        let form = Value::Object(std::mem::take(object));
        object.extend(description.map(|text| ("description".to_owned(), text)));
        object.extend(default.map(|value| ("default".to_owned(), value)));
        let variable = json!({ "type": "string", "pattern": VARIABLE });
        object.insert("anyOf".to_owned(), json!([form, variable]));
        return;
    }
    for (key, inner) in object.iter_mut() {
        match (key.as_str(), inner) {
            // These hold names beside each other, not one schema.
            ("properties" | "definitions", Value::Object(named)) => {
                named.values_mut().for_each(allow_variables);
            }
            ("items" | "additionalProperties", inner @ Value::Object(_)) => allow_variables(inner),
            ("anyOf" | "oneOf" | "allOf" | "items", Value::Array(several)) => {
                several.iter_mut().for_each(allow_variables);
            }
            _ => {}
        }
    }
}

/// Tells whether free text does not fit, but a number, a word of several or a text of a certain form.
fn wants_form(schema: &Map<String, Value>) -> bool {
    // A choice of words is one form as a whole: `oneOf` must not match two of its branches.
    let words = |several: &Value| {
        several.as_array().is_some_and(|several| {
            several
                .iter()
                .all(|one| one.as_object().is_some_and(wants_form))
        })
    };
    if schema
        .get("oneOf")
        .or(schema.get("anyOf"))
        .is_some_and(words)
    {
        return true;
    }
    match schema.get("type") {
        Some(Value::String(one)) if one == "string" => {
            FORMS.iter().any(|key| schema.contains_key(*key))
        }
        Some(Value::String(one)) => ["integer", "number", "boolean"].contains(&one.as_str()),
        // Options are written as a list of types with null.
        Some(Value::Array(several)) => {
            let is = |name: &str| several.iter().any(|one| one == name);
            let number = is("integer") || is("number") || is("boolean");
            number && !is("string")
                || is("string") && FORMS.iter().any(|key| schema.contains_key(*key))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_a_variable() {
        let mut schema = json!({ "type": ["integer", "null"], "minimum": 0, "description": "d" });
        allow_variables(&mut schema);
        assert_eq!(schema["description"], "d");
        assert_eq!(schema["anyOf"][0]["minimum"], 0);
        assert_eq!(schema["anyOf"][1]["pattern"], VARIABLE);
    }

    #[test]
    fn free_text_is_left_alone() {
        let schema = json!({ "type": "string", "description": "d" });
        let mut changed = schema.clone();
        allow_variables(&mut changed);
        assert_eq!(changed, schema);
    }

    #[test]
    fn a_choice_of_words_is_one_form() {
        let mut schema = json!({ "properties": { "state": { "oneOf": [
            { "type": "string", "const": "running" },
            { "type": "string", "const": "paused" },
        ] } } });
        allow_variables(&mut schema);
        let state = &schema["properties"]["state"];
        assert_eq!(state["anyOf"][0]["oneOf"].as_array().unwrap().len(), 2);
    }
}
