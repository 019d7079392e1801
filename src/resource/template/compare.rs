//! How two contents differ, field by field, in the words of the configuration.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::canonical::text;
use super::limits;
use super::media::Sample;
use crate::resource::{FieldChange, Live};

/// Returns how `desired` differs from `live`, but for what Meta itself has moved.
pub(super) fn changes(desired: &Value, last: Option<&Value>, live: &Live) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    changes.extend(category(desired, last, live));
    let (mut wanted, mut found) = (fields(desired), fields(&live.content));
    drop_unknown_examples(&mut wanted, &found);
    settle_samples(&mut wanted, &mut found, last);
    let names: Vec<String> = wanted.keys().chain(found.keys()).cloned().collect();
    let mut names: Vec<&String> = names.iter().collect();
    names.sort_by_key(|name| (rank(name), *name));
    names.dedup();
    for name in names {
        let (before, after) = (found.get(name), wanted.get(name));
        if before != after {
            changes.extend(
                of_button(name, before, after)
                    .unwrap_or_else(|| vec![change(name, before.cloned(), after.cloned())]),
            );
        }
    }
    changes.extend(time_to_live(desired, last, live));
    changes
}

/// Returns what a person would want to see of a template that does not exist yet; examples are for Meta's reviewers.
pub(super) fn described(content: &Value) -> Vec<FieldChange> {
    let fields = fields(content);
    let mut names: Vec<&String> = fields
        .keys()
        .filter(|name| !name.starts_with("example"))
        .collect();
    names.sort_by_key(|name| (rank(name), *name));
    let top = ["category", "message_send_ttl_seconds"].into_iter();
    let top = top.filter_map(|name| Some(change(name, None, Some(content.get(name)?.clone()))));
    let shown = |name: &String| match name.starts_with("buttons") {
        true => labelled(&fields[name]),
        false => fields[name].clone(),
    };
    top.chain(
        names
            .into_iter()
            .map(|name| change(name, None, Some(shown(name)))),
    )
    .collect()
}

/// Words a button: `Track (url https://example.com/{{1}})`.
fn labelled(button: &Value) -> Value {
    let kind = text_of(button, "type").to_lowercase().replace('_', " ");
    let target = ["url", "phone_number", "example"]
        .into_iter()
        .find_map(|key| button[key].as_str());
    let target = target
        .map(|target| format!(" {target}"))
        .unwrap_or_default();
    match text_of(button, "text") {
        "" => format!("({kind}{target})").into(),
        label => format!("{label} ({kind}{target})").into(),
    }
}

/// Returns what Meta has moved since `last` was applied: it is shown, not written.
pub(super) fn moved(last: &Value, live: &Live) -> Vec<FieldChange> {
    ["category", "message_send_ttl_seconds"]
        .into_iter()
        .filter(|field| {
            last[field] != live.content[field]
                && !changes(last, Some(last), live)
                    .iter()
                    .any(|change| change.field == **field)
        })
        .map(|field| {
            change(
                field,
                last.get(field).cloned(),
                live.content.get(field).cloned(),
            )
        })
        .collect()
}

fn change(field: &str, before: Option<Value>, after: Option<Value>) -> FieldChange {
    FieldChange {
        field: field.to_owned(),
        before,
        after,
        forces_replacement: false,
    }
}

/// Meta re-categorises by itself. That a category differs from the one that was asked for is no wish to change it.
fn category(desired: &Value, last: Option<&Value>, live: &Live) -> Option<FieldChange> {
    let (wanted, found) = (desired.get("category")?, live.content.get("category"));
    let asked_before = match last {
        Some(last) => last.get("category"),
        None => live.facts.get("previous_category"),
    };
    (Some(wanted) != found && asked_before != Some(wanted))
        .then(|| change("category", found.cloned(), Some(wanted.clone())))
}

/// Left out, the time to live is not ours, unless we have set it before; Meta drops it when it moves the category.
fn time_to_live(desired: &Value, last: Option<&Value>, live: &Live) -> Option<FieldChange> {
    const FIELD: &str = "message_send_ttl_seconds";
    let category = text_of(&live.content, "category");
    let default = limits::default_time_to_live(category);
    let effective = |value: Option<&Value>| {
        value
            .and_then(Value::as_i64)
            .filter(|ttl| *ttl != limits::UNLIMITED_TIME_TO_LIVE && *ttl != default)
    };
    let (wanted, found) = (desired.get(FIELD), live.content.get(FIELD));
    let last_value = last.and_then(|last| last.get(FIELD));
    if effective(wanted) == effective(found) {
        return None;
    }
    match wanted {
        None if last_value.is_none() => None,
        None => Some(change(FIELD, found.cloned(), Some(default.into()))),
        Some(_) => {
            let dropped_by_meta = found.is_none()
                && last_value == wanted
                && last.is_some_and(|last| text_of(last, "category") != category);
            (!dropped_by_meta).then(|| change(FIELD, found.cloned(), wanted.cloned()))
        }
    }
}

fn text_of<'v>(content: &'v Value, key: &str) -> &'v str {
    content[key].as_str().unwrap_or_default()
}

type Fields = BTreeMap<String, Value>;

/// The order in which a template is read: from top to bottom.
fn rank(field: &str) -> usize {
    [
        "parameter_format",
        "header",
        "body",
        "footer",
        "buttons",
        "example",
    ]
    .iter()
    .position(|start| field.starts_with(start))
    .unwrap_or(usize::MAX)
}

/// Flattens the components of a content into paths that a person reads.
fn fields(content: &Value) -> Fields {
    let mut fields = Fields::new();
    if let Some(format) = content.get("parameter_format") {
        fields.insert("parameter_format".to_owned(), format.clone());
    }
    for component in content["components"].as_array().into_iter().flatten() {
        let Some(component) = component.as_object() else {
            continue;
        };
        match text(component, "type") {
            "HEADER" => header(component, &mut fields),
            kind @ ("BODY" | "FOOTER") => {
                let kind = kind.to_ascii_lowercase();
                for (key, value) in component {
                    match key.as_str() {
                        "type" => {}
                        "text" => drop(fields.insert(kind.clone(), value.clone())),
                        "example" => examples("example", value, &mut fields),
                        _ => drop(fields.insert(format!("{kind}.{key}"), value.clone())),
                    }
                }
            }
            "BUTTONS" => {
                let list = component.get("buttons").and_then(Value::as_array);
                for (index, button) in list.into_iter().flatten().enumerate() {
                    fields.insert(format!("buttons[{index}]"), button.clone());
                }
            }
            kind => drop(fields.insert(
                format!("components.{}", kind.to_ascii_lowercase()),
                Value::Object(component.clone()),
            )),
        }
    }
    fields
}

fn header(component: &Map<String, Value>, fields: &mut Fields) {
    let format = text(component, "format").to_ascii_lowercase();
    for (key, value) in component {
        match key.as_str() {
            "type" | "format" | "sample" => {}
            "text" => drop(fields.insert("header.text".to_owned(), value.clone())),
            "example" => examples("example.header", value, fields),
            _ => drop(fields.insert(format!("header.{key}"), value.clone())),
        }
    }
    if format != "text" {
        let sample = component.get("sample").cloned().unwrap_or(Value::Null);
        fields.insert(format!("header.{format}"), sample);
    }
}

fn examples(prefix: &str, example: &Value, fields: &mut Fields) {
    for samples in example.as_object().into_iter().flat_map(Map::values) {
        for (index, sample) in flat(samples).into_iter().enumerate() {
            let (name, sample) = match sample.as_object() {
                Some(named) => (
                    text(named, "param_name").to_owned(),
                    named["example"].clone(),
                ),
                None => ((index + 1).to_string(), sample.clone()),
            };
            fields.insert(format!("{prefix}.{name}"), sample);
        }
    }
}

fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        other => vec![other],
    }
}

/// Meta does not show the samples of old templates: what is not shown is not compared.
fn drop_unknown_examples(wanted: &mut Fields, found: &Fields) {
    let shown = |of_header: bool| {
        found.keys().any(|name| {
            name.starts_with("example.") && name.starts_with("example.header.") == of_header
        })
    };
    for of_header in [true, false] {
        if !shown(of_header) {
            wanted.retain(|name, _| {
                !(name.starts_with("example.") && name.starts_with("example.header.") == of_header)
            });
        }
    }
    for (name, button) in wanted {
        if let (Value::Object(button), Some(Value::Object(shown))) = (button, found.get(name))
            && !shown.contains_key("example")
        {
            button.remove("example");
        }
    }
}

/// Meta does not show a sample as it was sent: it is compared with the one that was last applied, else taken for equal.
fn settle_samples(wanted: &mut Fields, found: &mut Fields, last: Option<&Value>) {
    for (name, value) in wanted.iter_mut() {
        let Some(sample) = Sample::read(value) else {
            continue;
        };
        if found.contains_key(name) {
            let before = last
                .and_then(|last| fields(last).remove(name))
                .and_then(|value| Sample::read(&value))
                .filter(|before| before.sha256 != sample.sha256);
            let before = before.as_ref().unwrap_or(&sample).to_string();
            found.insert(name.clone(), before.into());
        }
        *value = sample.to_string().into();
    }
}

/// Tells the fields of a button apart, where it is the same kind of button on both sides.
fn of_button(
    name: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Option<Vec<FieldChange>> {
    let (before, after) = (before?.as_object()?, after?.as_object()?);
    if !name.starts_with("buttons[") || before.get("type") != after.get("type") {
        return None;
    }
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    let changes = keys
        .into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| {
            change(
                &format!("{name}.{key}"),
                before.get(key).cloned(),
                after.get(key).cloned(),
            )
        });
    Some(changes.collect())
}
