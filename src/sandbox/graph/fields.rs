//! Field projection: `fields=id,name,phone_numbers.limit(5){id,status}`.

use serde_json::{Map, Value};

use super::GraphError;

/// A node's name and the fields that it knows.
pub(crate) struct NodeType {
    pub name: &'static str,
    /// What is answered when no fields are asked for.
    pub default: &'static [&'static str],
    /// Everything that can be asked for.
    pub known: &'static [&'static str],
}

/// One field that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    name: String,
    children: Fields,
}

/// The fields that are asked for; none: the default ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<Field>);

impl Fields {
    /// Reads the `fields` parameter.
    pub(crate) fn parse(text: &str) -> Result<Self, GraphError> {
        let mut rest = text;
        let fields = Self::parse_list(&mut rest);
        if rest.trim().is_empty() {
            Ok(fields)
        } else {
            Err(syntax(text))
        }
    }

    fn parse_list(rest: &mut &str) -> Self {
        let mut fields = Vec::new();
        loop {
            *rest = rest.trim_start_matches([',', ' ']);
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            if end == 0 {
                return Self(fields);
            }
            let name = rest[..end].to_owned();
            *rest = &rest[end..];
            // Modifiers such as `.limit(5)` are taken and mean nothing here: the sandbox's edges are short.
            while let Some(modifier) = rest.strip_prefix('.') {
                let Some(close) = modifier.find(')') else {
                    return Self(fields);
                };
                *rest = &modifier[close + 1..];
            }
            let mut children = Self::default();
            if let Some(inner) = rest.strip_prefix('{') {
                *rest = inner;
                children = Self::parse_list(rest);
                let Some(after) = rest.strip_prefix('}') else {
                    return Self(fields);
                };
                *rest = after;
            }
            fields.push(Field { name, children });
        }
    }

    /// Whether a field is asked for by name.
    pub(crate) fn names(&self, field: &str) -> bool {
        self.0.iter().any(|wanted| wanted.name == field)
    }

    /// Refuses fields that the node does not know.
    pub(crate) fn check(&self, node: &NodeType) -> Result<(), GraphError> {
        for Field { name, children: _ } in &self.0 {
            if !node.known.contains(&name.as_str()) {
                return Err(GraphError::invalid(format_args!(
                    "Tried accessing nonexisting field ({name}) on node type ({})",
                    node.name
                )));
            }
        }
        Ok(())
    }

    /// Keeps of a full node what is asked for, in the order asked; the id always.
    pub(crate) fn project(&self, full: &Map<String, Value>, node: &NodeType) -> Value {
        let mut kept = Map::new();
        let wanted = self
            .0
            .iter()
            .map(|field| (field.name.as_str(), &field.children));
        let none = Self::default();
        let default = node.default.iter().map(|name| (*name, &none));
        let fields: Vec<_> = if self.0.is_empty() {
            default.collect()
        } else {
            wanted.collect()
        };
        for (name, children) in fields {
            // Graph leaves out what has no value.
            if let Some(value) = full.get(name).filter(|value| !value.is_null()) {
                kept.insert(name.to_owned(), children.nested(value));
            }
        }
        if let Some(id) = full.get("id") {
            kept.entry("id").or_insert_with(|| id.clone());
        }
        Value::Object(kept)
    }

    fn nested(&self, value: &Value) -> Value {
        if self.0.is_empty() {
            return value.clone();
        }
        match value {
            Value::Array(items) => items.iter().map(|item| self.nested(item)).collect(),
            // An edge: the fields are those of its items.
            Value::Object(map) if map.get("data").is_some_and(Value::is_array) => {
                let mut edge = map.clone();
                edge["data"] = self.nested(&map["data"]);
                Value::Object(edge)
            }
            Value::Object(map) => {
                let mut kept = Map::new();
                for Field { name, children } in &self.0 {
                    if let Some(value) = map.get(name) {
                        kept.insert(name.clone(), children.nested(value));
                    }
                }
                if let Some(id) = map.get("id") {
                    kept.entry("id").or_insert_with(|| id.clone());
                }
                Value::Object(kept)
            }
            _ => value.clone(),
        }
    }
}

fn syntax(text: &str) -> GraphError {
    GraphError::new(
        2500,
        format!("Syntax error \"Expected end of string\" at the fields: {text}"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NODE: NodeType = NodeType {
        name: "Thing",
        default: &["name"],
        known: &["id", "name", "score", "numbers", "none"],
    };

    fn project(fields: &str) -> Value {
        let full = json!({
            "id": "1", "name": "n", "score": {"score": "GREEN", "date": 5}, "none": null,
            "numbers": {"data": [{"id": "7", "status": "A", "other": 1}]},
        });
        Fields::parse(fields)
            .unwrap()
            .project(full.as_object().unwrap(), &NODE)
    }

    #[test]
    fn fields_select_what_is_answered() {
        assert_eq!(project(""), json!({"name": "n", "id": "1"}));
        assert_eq!(
            project("score{date},none"),
            json!({"score": {"date": 5}, "id": "1"})
        );
        assert_eq!(
            project("id,numbers.limit(5){status}"),
            json!({"id": "1", "numbers": {"data": [{"status": "A", "id": "7"}]}})
        );
    }

    #[test]
    fn unknown_fields_and_bad_syntax_are_refused() {
        let fields = Fields::parse("id,foo").unwrap();
        assert_eq!(fields.check(&NODE).unwrap_err().code(), 100);
        assert!(Fields::parse("id}").is_err());
        assert!(Fields::parse("score{date").is_ok_and(|fields| !fields.names("score")));
    }
}
