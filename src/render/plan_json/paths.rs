//! Paths of fields as Terraform writes them: a list of names and indices.

use schemars::JsonSchema;
use serde::Serialize;

pub(super) type Path = Vec<Step>;

/// One step into a value.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Step {
    Index(u64),
    Name(String),
}

/// Returns the steps of `buttons[1].url`.
pub(super) fn path(field: &str) -> Path {
    let mut steps = Vec::new();
    for name in field.split('.') {
        let mut parts = name.split('[');
        let first = parts.next().filter(|first| !first.is_empty());
        steps.extend(first.map(|first| Step::Name(first.to_owned())));
        steps.extend(parts.map(|index| {
            let index = index.trim_end_matches(']');
            let number = index.parse().map(Step::Index);
            number.unwrap_or_else(|_| Step::Name(index.trim_matches('"').to_owned()))
        }));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_path_of_names_and_indices() {
        let json = |field| serde_json::to_value(path(field)).unwrap();
        assert_eq!(json("body"), serde_json::json!(["body"]));
        assert_eq!(
            json("buttons[1].url"),
            serde_json::json!(["buttons", 1, "url"])
        );
        assert_eq!(json("example[\"a\"]"), serde_json::json!(["example", "a"]));
    }
}
