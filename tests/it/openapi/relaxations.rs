//! What makes the file refuse its own examples of `/messages`, taken out by name.
//!
//! A test puts every relaxation back and shows that the file then refuses more.

use serde_json::{Map, Value, json};

/// One thing in which the schemas of `/messages` are wrong.
pub(super) struct Relaxation {
    pub(super) name: &'static str,
    pub(super) reason: &'static str,
    /// Changes one schema; called for each of them, `in_all_of` for a direct branch of an `allOf`.
    apply: fn(schema: &mut Map<String, Value>, in_all_of: bool),
}

/// All that is taken out of the schemas of `/messages`.
pub(super) const RELAXATIONS: [Relaxation; 4] = [
    Relaxation {
        name: "closed branches",
        reason: "fact sheet 0: `additionalProperties: false` in a branch of `allOf` refuses the other branch's keys",
        apply: |schema, in_all_of| {
            if in_all_of {
                schema.remove("additionalProperties");
            }
        },
    },
    Relaxation {
        name: "language policy",
        reason: "fact sheet 0: `policy` is required there and left out in the file's own examples",
        apply: |schema, _| {
            if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| name != "policy");
            }
        },
    },
    Relaxation {
        name: "button index",
        reason: "fact sheet 0 and 2.2: the pattern `^[2-6, 11-14]$` refuses 0; a number is taken as well",
        apply: |schema, _| {
            if let Some(index) = schema
                .get_mut("properties")
                .and_then(|properties| properties.get_mut("index"))
            {
                *index = json!({ "type": ["string", "integer"] });
            }
        },
    },
    Relaxation {
        name: "button kinds",
        reason: "fact sheet 2.2: copy_code, flow and mpm buttons and further component types are missing",
        apply: |schema, _| {
            for name in ["sub_type", "type"] {
                let place = schema
                    .get_mut("properties")
                    .and_then(|properties| properties.get_mut(name));
                if let Some(Value::Object(place)) = place
                    && place
                        .get("enum")
                        .and_then(Value::as_array)
                        .is_some_and(|values| values.len() > 1)
                {
                    place.remove("enum");
                }
            }
        },
    },
];

/// Applies `relaxations` to a plain schema and to all that is below it.
pub(super) fn relax(schema: &mut Value, in_all_of: bool, relaxations: &[&Relaxation]) {
    let Some(words) = schema.as_object_mut() else {
        return;
    };
    for relaxation in relaxations {
        (relaxation.apply)(words, in_all_of);
    }
    for (word, value) in words {
        match (word.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(below)) => {
                below
                    .values_mut()
                    .for_each(|schema| relax(schema, false, relaxations));
            }
            ("allOf", Value::Array(branches)) => {
                branches
                    .iter_mut()
                    .for_each(|branch| relax(branch, true, relaxations));
            }
            ("anyOf", Value::Array(branches)) => {
                branches
                    .iter_mut()
                    .for_each(|branch| relax(branch, false, relaxations));
            }
            ("items" | "additionalProperties" | "not" | "then", value) => {
                relax(value, false, relaxations);
            }
            _ => {}
        }
    }
}
