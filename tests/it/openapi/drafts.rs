//! The file's operations while they are still open to deviations: read, changed by name, then finished. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Severity;
use super::body::{Body, Check};
use super::deviations::{Allows, CREATE, Deviation, EDIT, Operations};
use super::operation::{Operation, PathTemplate};
use super::relaxations::{RELAXATIONS, relax};
use super::schema::{inline, resolve};
use super::shape::Shape;

/// Everything of the Graph API is below a version; the file's one other path is our own webhook.
const GRAPH: &str = "/{Version}/";
const JSON: &str = "application/json";
/// Operations whose bodies the file describes so badly that a violation only warns (fact sheet 0).
const RELAXED: [&str; 2] = [
    "/{Version}/{Phone-Number-ID}/messages",
    "/{Version}/{Phone-Number-ID}/marketing_messages",
];

/// The examples of a body that stand in the file beside its schema, by name.
pub(super) fn examples<'a>(
    document: &'a Value,
    method: &str,
    path: &str,
) -> Vec<(&'a str, &'a Value)> {
    let operation = &document["paths"][path][method.to_ascii_lowercase()];
    json_content(document, operation)
        .and_then(|content| content["examples"].as_object())
        .into_iter()
        .flatten()
        .map(|(name, example)| (name.as_str(), &example["value"]))
        .collect()
}

/// The operations while they are still open to deviations.
pub(super) struct Drafts(BTreeMap<(String, String), Draft>);

/// One operation while it is still open to deviations.
#[derive(Default)]
struct Draft {
    query: BTreeSet<String>,
    /// What a JSON body looks like.
    shape: Shape,
    /// The file's own schema of a JSON body.
    schema: Option<Value>,
}

impl Drafts {
    /// Reads every operation of the Graph API.
    pub(super) fn read(document: &Value) -> Self {
        let mut drafts = BTreeMap::new();
        let paths = document["paths"]
            .as_object()
            .expect("an OpenAPI file has paths");
        for (path, item) in paths.iter().filter(|(path, _)| path.starts_with(GRAPH)) {
            for method in ["delete", "get", "patch", "post", "put"] {
                if let Some(operation) = item.get(method) {
                    let method = method.to_ascii_uppercase();
                    let draft = Draft::read(
                        document,
                        item,
                        operation,
                        &examples(document, &method, path),
                    );
                    drafts.insert((method, path.clone()), draft);
                }
            }
        }
        Self(drafts)
    }

    /// Lets through what `deviations` name.
    pub(super) fn deviate(&mut self, deviations: &[Deviation]) {
        // An operation must exist before its parameters can be added to, and a lender be complete before it lends.
        let turn = |deviation: &&Deviation| match deviation.allows {
            Allows::Operation { .. } => 0,
            Allows::Query { .. } | Allows::Keys { .. } => 1,
            Allows::Borrow { .. } => 2,
        };
        let mut deviations: Vec<&Deviation> = deviations.iter().collect();
        deviations.sort_by_key(turn);
        for deviation in deviations {
            self.apply(deviation);
        }
    }

    fn apply(&mut self, deviation: &Deviation) {
        match &deviation.allows {
            Allows::Operation {
                operation: (method, path),
                parameters,
            } => {
                let mut draft = Draft::default();
                for name in *parameters {
                    draft.query.insert((*name).to_owned());
                    draft.shape.observe_name(name);
                }
                let before = self
                    .0
                    .insert(((*method).to_owned(), (*path).to_owned()), draft);
                assert!(
                    before.is_none(),
                    "deviation `{}`: the file has the operation",
                    deviation.name
                );
            }
            Allows::Query {
                operations: Operations::Every,
                names,
            } => {
                for draft in self.0.values_mut() {
                    draft
                        .query
                        .extend(names.iter().map(|name| (*name).to_owned()));
                }
            }
            Allows::Query {
                operations: Operations::These(operations),
                names,
            } => {
                for operation in *operations {
                    self.named(deviation, *operation)
                        .query
                        .extend(names.iter().map(|name| (*name).to_owned()));
                }
            }
            Allows::Keys {
                operations,
                example,
            } => {
                let example: Value =
                    serde_json::from_str(example).expect("a deviation's example is JSON");
                for operation in *operations {
                    self.named(deviation, *operation).shape.observe(&example);
                }
            }
            Allows::Borrow {
                operation,
                key,
                from,
            } => {
                let lender = self.named(deviation, *from).shape.clone();
                self.named(deviation, *operation).shape.borrow(key, &lender);
            }
        }
    }

    fn named(&mut self, deviation: &Deviation, (method, path): (&str, &str)) -> &mut Draft {
        self.0
            .get_mut(&(method.to_owned(), path.to_owned()))
            .unwrap_or_else(|| {
                panic!(
                    "deviation `{}`: the file has no {method} {path}",
                    deviation.name
                )
            })
    }

    /// The operations, ready to judge.
    pub(super) fn finish(self) -> Vec<Operation> {
        self.0
            .into_iter()
            .map(|((method, path), draft)| Operation {
                query: draft.query.clone(),
                template: PathTemplate::new(&path),
                body: draft.body(&method, &path),
                method,
            })
            .collect()
    }
}

impl Draft {
    fn read(
        document: &Value,
        item: &Value,
        operation: &Value,
        examples: &[(&str, &Value)],
    ) -> Self {
        let parameters = [item, operation]
            .into_iter()
            .flat_map(|place| place["parameters"].as_array())
            .flatten();
        let query = parameters
            .map(|parameter| follow(document, parameter))
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .map(str::to_owned)
            .collect();
        let mut shape = Shape::default();
        let mut schema = None;
        // Forms name parameters too, but of their values JSON knows nothing.
        for (media, content) in contents(document, operation) {
            let declared = inline(document, &content["schema"]);
            if media == JSON {
                shape.declare(&declared);
                schema = Some(declared);
            } else {
                shape.declare_names(&declared);
            }
        }
        for (_, example) in examples {
            shape.observe(example);
        }
        Self {
            query,
            shape,
            schema,
        }
    }

    fn body(self, method: &str, path: &str) -> Body {
        let Self {
            query: _,
            shape,
            schema,
        } = self;
        let names = Some(shape.names().map(str::to_owned).collect());
        let Some(mut schema) = schema else {
            return Body {
                names,
                ..Body::default()
            };
        };
        if [CREATE, EDIT].contains(&(method, path)) {
            let mut closed = shape.to_schema();
            // The names at the top are checked as parameters already.
            closed["additionalProperties"] = Value::Bool(true);
            let checks = vec![
                Check::new(Severity::Error, schema),
                Check::new(Severity::Error, closed),
            ];
            Body {
                names,
                required: true,
                checks,
            }
        } else if RELAXED.contains(&path) {
            relax(&mut schema, false, &RELAXATIONS.each_ref());
            Body {
                checks: vec![Check::new(Severity::Warning, schema)],
                ..Body::default()
            }
        } else {
            Body {
                names,
                required: false,
                checks: vec![Check::new(Severity::Warning, schema)],
            }
        }
    }
}

fn json_content<'a>(document: &'a Value, operation: &'a Value) -> Option<&'a Value> {
    contents(document, operation).find_map(|(media, content)| (media == JSON).then_some(content))
}

fn contents<'a>(
    document: &'a Value,
    operation: &'a Value,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let body = follow(document, &operation["requestBody"]);
    body["content"].as_object().into_iter().flatten()
}

fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"]
        .as_str()
        .map_or(value, |reference| resolve(document, reference))
}
