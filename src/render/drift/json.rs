//! A drift for programs. Text stands as it is: JSON has escapes of its own.

use serde_json::{Map, Value, json};

use super::View;
use crate::engine::drift::{Counts, Difference, Report, Stranger};
use crate::engine::plan::DriftClass;

/// The version of the document's form: what is added raises the second part, anything else the first.
const FORMAT_VERSION: &str = "1.0";

/// Returns the document; `reason` is why the run ends as it does.
#[must_use]
pub fn document(view: &View<'_>, reason: &str) -> Value {
    let Report {
        targets,
        environment,
        selection,
        read_at,
        differences,
        unmanaged,
        unapplied,
    } = view.report;
    let Counts {
        edited,
        missing,
        moved,
        unmanaged: strangers,
    } = view.report.counts();
    json!({
        "format_version": FORMAT_VERSION,
        "reason": reason,
        "read_at": read_at,
        "environment": environment,
        "targets": targets,
        "selection": selection,
        "counts": { "edited": edited, "missing": missing, "moved": moved, "unmanaged": strangers },
        "drift": differences.iter().map(|one| difference(one, view)).collect::<Vec<_>>(),
        "unmanaged": unmanaged.iter().map(stranger).collect::<Vec<_>>(),
        "unapplied": unapplied,
    })
}

fn difference(difference: &Difference, view: &View<'_>) -> Value {
    let Difference {
        drift,
        account,
        told,
        applied_at,
        declared_at,
    } = difference;
    let address = &drift.address;
    let mut document = Map::new();
    let mut set = |key: &str, value: Value| drop(document.insert(key.to_owned(), value));
    set("address", address.to_string().into());
    set("type", address.kind.as_str().into());
    set("name", address.name.as_str().into());
    if let Some(index) = &address.index {
        set("index", index.as_str().into());
    }
    set("account", account.as_str().into());
    set("class", json!(drift.class));
    set("difference", (drift.class != DriftClass::Moved).into());
    let fields = drift
        .fields
        .iter()
        .map(|field| json!({ "field": field.field, "before": field.before, "after": field.after }));
    set("fields", fields.collect());
    set("since", json!(drift.since));
    set("told_by_meta", (*told).into());
    set("applied_at", json!(applied_at));
    set("meaning", json!(drift.meaning));
    let mend = drift.mend.as_deref().map(|mend| (view.command)(mend));
    set("mend", json!(mend));
    set("declared_at", json!(declared_at));
    document.into()
}

fn stranger(stranger: &Stranger) -> Value {
    let Stranger {
        kind,
        account,
        key,
        id,
        status,
    } = stranger;
    json!({ "type": kind, "account": account, "key": key, "id": id, "status": status })
}
