//! The JSON Schemas of what programs read, made from the types that are written.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{events, plan_json, status};

/// Returns the schema of `plan --format json`.
#[must_use]
pub fn plan() -> Value {
    of::<plan_json::Document<'static>>(
        "A plan of waform, in the shape of Terraform's JSON plan, format 1.2. What is waform's alone stands under \
         `waform`. A minor version of the format adds, a major one breaks: ignore what you do not know.",
    )
}

/// Returns the schema of a line of `apply --format json`.
#[must_use]
pub fn events() -> Value {
    of::<events::Line<'static>>(
        "One line of `waform apply --format json`, in the shape of Terraform's machine-readable output, version 1.2. A \
         minor version adds types and keys: ignore what you do not know, or show its `@message`.",
    )
}

/// Returns the schema of `status --format json`.
#[must_use]
pub fn status() -> Value {
    of::<status::Document<'static>>(
        "Where campaigns, templates and numbers stand: `waform status --format json`. A minor version of the format adds, \
         a major one breaks: ignore what you do not know.",
    )
}

/// Draft 2020-12: what is written, not what may be read.
fn of<T: JsonSchema>(description: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("description".to_owned(), description.into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_committed_schemas_are_fresh() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
        for (name, schema) in [("plan", plan()), ("events", events()), ("status", status())] {
            let path = directory.join(format!("{name}.schema.json"));
            let fresh = format!("{schema:#}\n");
            if std::env::var_os("WAFORM_UPDATE_SCHEMA").is_some() {
                std::fs::write(&path, &fresh).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                committed == fresh,
                "{name}: stale: write it anew with `WAFORM_UPDATE_SCHEMA=1 cargo test schema`"
            );
        }
    }
}
