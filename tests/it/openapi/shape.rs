//! What Meta shows of a body: which keys stand where, and of which types.
//!
//! The schemas of the template bodies are open and declare a part of the keys only; the rest is in the examples beside
//! them. A [`Shape`] is learned from both and becomes a closed JSON schema, so that a misspelt key is an error.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// One place in a body: the types seen there, and what is below.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    types: BTreeSet<String>,
    keys: BTreeMap<String, Self>,
    items: Option<Box<Self>>,
}

impl Shape {
    /// Learns from a schema, with its references already resolved.
    pub(super) fn declare(&mut self, schema: &Value) {
        match &schema["type"] {
            Value::String(name) => {
                self.types.insert(name.clone());
            }
            Value::Array(names) => self
                .types
                .extend(names.iter().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        }
        for (key, below) in schema["properties"].as_object().into_iter().flatten() {
            self.keys.entry(key.clone()).or_default().declare(below);
        }
        if schema["items"].is_object() {
            self.items.get_or_insert_default().declare(&schema["items"]);
        }
        for word in ["allOf", "anyOf", "oneOf"] {
            for branch in schema[word].as_array().into_iter().flatten() {
                self.declare(branch);
            }
        }
    }

    /// Learns from a body that Meta shows.
    pub(super) fn observe(&mut self, value: &Value) {
        self.types.insert(type_name(value).to_owned());
        match value {
            Value::Object(pairs) => {
                for (key, below) in pairs {
                    self.keys.entry(key.clone()).or_default().observe(below);
                }
            }
            Value::Array(elements) => {
                let items = self.items.get_or_insert_default();
                for element in elements {
                    items.observe(element);
                }
            }
            _ => {}
        }
    }

    /// Learns a name at the top of which nothing more is known.
    pub(super) fn observe_name(&mut self, name: &str) {
        self.keys.entry(name.to_owned()).or_default();
    }

    /// Learns from a schema the names at its top and nothing more.
    pub(super) fn declare_names(&mut self, schema: &Value) {
        let mut declared = Self::default();
        declared.declare(schema);
        declared.names().for_each(|name| self.observe_name(name));
    }

    /// Takes in all that `other` knows of `key`.
    pub(super) fn borrow(&mut self, key: &str, other: &Self) {
        if let Some(below) = other.keys.get(key) {
            self.keys.entry(key.to_owned()).or_default().merge(below);
        }
    }

    fn merge(&mut self, other: &Self) {
        let Self { types, keys, items } = other;
        self.types.extend(types.iter().cloned());
        for (key, below) in keys {
            self.keys.entry(key.clone()).or_default().merge(below);
        }
        if let Some(items) = items {
            self.items.get_or_insert_default().merge(items);
        }
    }

    /// The keys at the top.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// A schema that takes what was learned and nothing else.
    pub(super) fn to_schema(&self) -> Value {
        let mut schema = Map::new();
        if !self.types.is_empty() {
            schema.insert("type".to_owned(), json!(self.types));
        }
        if !self.keys.is_empty() {
            let properties: Map<String, Value> = self
                .keys
                .iter()
                .map(|(key, below)| (key.clone(), below.to_schema()))
                .collect();
            schema.insert("properties".to_owned(), Value::Object(properties));
            schema.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        if let Some(items) = &self.items {
            schema.insert("items".to_owned(), items.to_schema());
        }
        Value::Object(schema)
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
