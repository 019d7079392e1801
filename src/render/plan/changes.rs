//! The changes of a plan: what becomes of an object, and what of its fields.

use serde_json::Value;

use super::groups::{self, Group};
use super::{DEEP, entry};
use crate::engine::plan::{Action, Change, Plan};
use crate::render::style::Look;
use crate::render::{count, words};
use crate::resource::FieldChange;
use crate::sanitize;

/// Names of fields are lined up as long as they are no longer than this.
const WIDEST_NAME: usize = 24;

pub(super) fn human(group: &Group<'_, Change>, look: Look) -> String {
    let change = group.first();
    let mut text = match group.items.as_slice() {
        [one] => {
            let mut told = format!(
                "{} {}",
                look.strong(&one.address),
                look.faint(fate(one, false))
            );
            if let Some(place) = &one.declared_at {
                let place = look.faint(format_args!("  {}:{}", place.file, place.line));
                told.push_str(&place);
            }
            look.lay_out(&entry(symbol(change.action, look)), DEEP, &told)
        }
        several => {
            let number = format!(
                "{} × {}",
                count::grouped(several.len() as u64),
                change.address.kind
            );
            let told = format!("{} {}", look.strong(number), look.faint(fate(change, true)));
            let mut text = look.lay_out(&entry(symbol(change.action, look)), DEEP, &told);
            let addresses = match change.action {
                Action::Delete | Action::Replace => groups::all(&group.addresses),
                _ => groups::folded(&group.addresses),
            };
            text.push_str(&look.hang(DEEP, &addresses));
            text
        }
    };
    text.push_str(&fields(
        &change.fields,
        change.action == Action::Create,
        look,
    ));
    if let Some(reason) = change.reason.as_deref().and_then(reason) {
        let reason = look.faint(format_args!("({reason})"));
        text.push_str(&look.hang(DEEP, &reason));
    }
    text.push_str(&budgets(group, look));
    text
}

/// Returns what is neither changed nor named: `340 objects are as declared`.
pub(super) fn unchanged(plan: &Plan) -> Option<String> {
    let unchanged = plan
        .changes
        .iter()
        .filter(|change| change.action == Action::NoOp && change.counts);
    let unchanged = unchanged.count() as u64;
    (unchanged > 0).then(|| {
        let objects = count::of(unchanged, "object is", "objects are");
        format!("{objects} as declared.")
    })
}

pub(super) fn symbol(action: Action, look: Look) -> String {
    match action {
        Action::Create => look.added("+"),
        Action::Update => look.changed("~"),
        Action::Replace => look.removed("-/+"),
        Action::Delete => look.removed("-"),
        Action::Forget => look.faint("."),
        Action::Adopt => look.waiting("<="),
        Action::NoOp => " ".to_owned(),
    }
}

fn fate(change: &Change, several: bool) -> &'static str {
    match (change.action, several) {
        (Action::Create, false) => "will be created",
        (Action::Create, true) => "will be created alike",
        (Action::Update, false) => "will be changed",
        (Action::Update, true) => "will be changed alike",
        (Action::Replace, _) => "will be deleted and created again",
        (Action::Delete, _) => "will be deleted",
        (Action::Forget, false) => {
            "has left the configuration and is forgotten; what there is of it stays"
        }
        (Action::Forget, true) => {
            "have left the configuration and are forgotten; what there is of them stays"
        }
        (Action::Adopt, several) => match (change.fields.is_empty(), several) {
            (true, false) => "exists as declared and will be adopted",
            (true, true) => "exist as declared and will be adopted",
            (false, false) => "exists, will be adopted and changed",
            (false, true) => "exist, will be adopted and changed alike",
        },
        (Action::NoOp, _) => "is as declared",
    }
}

/// Returns a reason that is not said by the difference, in words; Terraform's others repeat what the symbol says.
fn reason(reason: &str) -> Option<&'static str> {
    match reason {
        "replace_by_request" => Some("because it was asked for by --replace"),
        "replace_because_tainted" => Some("because it is marked to be made anew"),
        _ => None,
    }
}

/// A hundred creations an hour are there for everybody; one edit a day is not.
fn budgets(group: &Group<'_, Change>, look: Look) -> String {
    let change = group.first();
    if change.action == Action::Create {
        return String::new();
    }
    let each = if group.items.len() > 1 { "each: " } else { "" };
    let texts = change.budgets.iter().map(|budget| &budget.text);
    // What is told of one must be true of all.
    let shared = texts.filter(|text| {
        let has = |change: &&Change| change.budgets.iter().any(|budget| budget.text == **text);
        !text.is_empty() && group.items.iter().all(has)
    });
    shared
        .map(|text| {
            let text = sanitize::lines(text);
            look.hang(DEEP, &look.faint(format_args!("({each}{text})")))
        })
        .collect()
}

/// Returns the fields of a change, a line or more each.
pub(super) fn fields(fields: &[FieldChange], created: bool, look: Look) -> String {
    let width = fields
        .iter()
        .map(|field| field.field.chars().count())
        .filter(|width| *width <= WIDEST_NAME)
        .max()
        .unwrap_or_default();
    fields
        .iter()
        .map(|field| self::field(field, created, width, look))
        .collect()
}

fn field(field: &FieldChange, created: bool, width: usize, look: Look) -> String {
    let mut shown = difference(field, created, look).trim_end().to_owned();
    if field.forces_replacement {
        shown.push_str(&look.removed(" (forces replacement)"));
    }
    let name = sanitize::line(&field.field);
    let lead = format!("{DEEP}{name:<width$}   ");
    // On a narrow terminal a name beside its text would leave the text no room.
    let mut text = if lead.chars().count() * 2 > look.width {
        let below = format!("{DEEP}  ");
        format!("{DEEP}{name}\n{}", look.hang(&below, &shown))
    } else {
        look.hang(&lead, &shown)
    };
    if let (Some(Value::String(before)), Some(Value::String(after))) = (&field.before, &field.after)
        && let Some(told) = words::placeholders(before, after)
    {
        let told = sanitize::lines(&told);
        text.push_str(&look.hang(&format!("{DEEP}  "), &look.faint(format_args!("({told})"))));
    }
    text
}

fn difference(field: &FieldChange, created: bool, look: Look) -> String {
    match (&field.before, &field.after) {
        (Some(Value::String(before)), Some(Value::String(after)))
            if words::have_words_in_common(before, after) || before.contains('\n') =>
        {
            words::diff(&sanitize::lines(before), &sanitize::lines(after), look)
        }
        (Some(before), Some(after)) => format!(
            "{} → {}",
            look.removed(value(before)),
            look.added(value(after))
        ),
        (Some(before), None) => {
            format!("{} → {}", look.removed(value(before)), look.faint("(none)"))
        }
        (None, Some(after)) if created => value(after),
        (None, Some(after)) => format!("{} → {}", look.faint("(none)"), look.added(value(after))),
        (None, None) => String::new(),
    }
}

/// Returns a value as a person reads it: text as it is, a list of plain values in a line.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => sanitize::lines(text).into_owned(),
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            items
                .iter()
                .map(self::value)
                .collect::<Vec<_>>()
                .join(" · ")
        }
        other => sanitize::lines(&other.to_string()).into_owned(),
    }
}
