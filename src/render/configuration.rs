//! A configuration as one JSON document: merged, variables inserted, in the order of addresses.
//!
//! The document is made without network and without secrets: it is what a job that nobody trusts may hand to one that has
//! the token, and what a policy is checked against before there is a plan. Its shape is `schema/render.schema.json`.

use serde_json::{Value, json};

use crate::config::{Block, Place, Sources, canonical, hide_secrets};
use crate::resource::{Desired, References};

/// Returns the document of a project: its blocks as written, and the objects that they ask for.
#[must_use]
pub fn document(
    sources: &Sources,
    blocks: &[Block],
    references: &References,
    objects: &[Desired],
) -> Value {
    let mut blocks: Vec<&Block> = blocks.iter().collect();
    blocks.sort_by_cached_key(|block| block.address());
    let blocks: Vec<Value> = blocks
        .into_iter()
        .map(|block| {
            let address = block.address();
            let needs = references.get(&address).into_iter().flatten();
            json!({
                "address": address.to_string(),
                "kind": address.kind,
                "name": (!address.name.is_empty()).then_some(&address.name),
                "place": place(sources, &block.header()),
                "needs": needs.map(ToString::to_string).collect::<Vec<_>>(),
                "value": canonical(block),
            })
        })
        .collect();
    let mut objects: Vec<&Desired> = objects.iter().collect();
    objects.sort_by_key(|object| &object.address);
    let objects: Vec<Value> = objects
        .into_iter()
        .map(|object| {
            let needs = object.depends_on.iter();
            let mut content = object.content.clone();
            content.sort_all_objects();
            json!({
                "address": object.address.to_string(),
                "account": object.account,
                "key": object.key,
                "place": place(sources, &object.place),
                "needs": needs.map(ToString::to_string).collect::<Vec<_>>(),
                "content": content,
            })
        })
        .collect();
    let mut document = json!({ "format_version": "1.0", "blocks": blocks, "objects": objects });
    let mut masked = hide_secrets(&mut document["blocks"], "/blocks");
    masked.extend(hide_secrets(&mut document["objects"], "/objects"));
    document["masked"] = masked.into();
    document
}

fn place(sources: &Sources, place: &Place) -> Value {
    let start = sources.locate(place);
    json!({ "file": start.file, "line": start.line, "column": start.column })
}
