//! The file's schemas made plain JSON schemas: references resolved, OpenAPI's own words translated.

use serde_json::{Map, Value, json};

/// Words of a schema that say nothing about what is valid.
const ANNOTATIONS: [&str; 7] = [
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "title",
];

/// Resolves the references of a schema and turns what OpenAPI adds to JSON schema into JSON schema.
///
/// A schema that contains itself is cut at its second appearance: there anything is taken.
pub(super) fn inline(document: &Value, schema: &Value) -> Value {
    inline_within(document, schema, &mut Vec::new())
}

fn inline_within<'a>(document: &'a Value, schema: &'a Value, open: &mut Vec<&'a str>) -> Value {
    let Some(words) = schema.as_object() else {
        return schema.clone();
    };
    let mut plain = Map::new();
    for (word, value) in words {
        match word.as_str() {
            "$ref" | "discriminator" | "nullable" => {}
            word if ANNOTATIONS.contains(&word) => {}
            "properties" | "patternProperties" => {
                let below = value.as_object().into_iter().flatten();
                let below =
                    below.map(|(key, schema)| (key.clone(), inline_within(document, schema, open)));
                plain.insert(word.clone(), Value::Object(below.collect()));
            }
            "allOf" | "anyOf" | "oneOf" => {
                let branches = value.as_array().into_iter().flatten();
                let branches = branches.map(|branch| inline_within(document, branch, open));
                plain.insert(word.clone(), Value::Array(branches.collect()));
            }
            "items" | "additionalProperties" | "not" => {
                plain.insert(word.clone(), inline_within(document, value, open));
            }
            _ => {
                plain.insert(word.clone(), value.clone());
            }
        }
    }
    if schema["nullable"] == true {
        plain.insert("type".to_owned(), json!([schema["type"], "null"]));
    }
    if let Some(mapping) = schema["discriminator"]["mapping"].as_object()
        && plain.remove("oneOf").is_some()
    {
        let name = &schema["discriminator"]["propertyName"];
        plain.insert("allOf".to_owned(), choose(document, name, mapping, open));
    }
    let Some(reference) = schema["$ref"].as_str() else {
        return Value::Object(plain);
    };
    let target = if open.contains(&reference) {
        json!({})
    } else {
        open.push(reference);
        let target = inline_within(document, resolve(document, reference), open);
        open.pop();
        target
    };
    if plain.is_empty() {
        return target;
    }
    let beside = Value::Object(plain);
    json!({ "allOf": [target, beside] })
}

/// What a discriminator means. Read so, the alternatives need not exclude each other as `oneOf` demands, and a violation
/// names the place inside the branch that was meant.
fn choose<'a>(
    document: &'a Value,
    name: &Value,
    mapping: &'a Map<String, Value>,
    open: &mut Vec<&'a str>,
) -> Value {
    let name = name.as_str().expect("a discriminator names a property");
    let mut branches = vec![
        json!({ "required": [name], "properties": { name: { "enum": mapping.keys().collect::<Vec<_>>() } } }),
    ];
    for (value, reference) in mapping {
        let reference = reference
            .as_str()
            .expect("a discriminator maps to references");
        let then = inline_within(document, resolve(document, reference), open);
        branches
            .push(json!({ "if": { "required": [name], "properties": { name: { "const": value } } }, "then": then }));
    }
    Value::Array(branches)
}

/// Looks up a reference inside the file.
///
/// # Panics
/// If it leads outside or nowhere.
pub(super) fn resolve<'a>(document: &'a Value, reference: &str) -> &'a Value {
    reference
        .strip_prefix('#')
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or_else(|| panic!("Meta's file refers to `{reference}`, which is not in it"))
}
