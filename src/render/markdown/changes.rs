//! What becomes of the objects: a table, and what differs in each below it. Identical changes are one row.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use super::diff;
use super::text::{code, escape, html};
use crate::config::Address;
use crate::engine::plan::{Action, Change, Plan};
use crate::render::count;

/// So many addresses of one row are named.
const NAMED: usize = 3;
/// So many fields of one row are named.
const FIELDS: usize = 5;

/// Changes that differ in nothing but their addresses.
pub(super) struct Group<'a> {
    first: &'a Change,
    changes: Vec<&'a Change>,
}

impl Group<'_> {
    /// Tells whether something is lost, or something that somebody else made is changed.
    pub(super) fn is_destructive(&self) -> bool {
        match self.first.action {
            Action::Delete | Action::Replace => true,
            Action::Adopt => !self.first.fields.is_empty(),
            Action::Update | Action::Create | Action::Forget | Action::NoOp => false,
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.changes.len() as u64
    }

    /// Tells whether there is more to say than its row does.
    pub(super) fn has_details(&self) -> bool {
        !self.first.fields.is_empty() || self.changes.len() > NAMED
    }
}

/// Returns the changes of a plan in groups, the destructive first.
pub(super) fn groups(plan: &Plan) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for change in &plan.changes {
        if change.action == Action::NoOp {
            continue;
        }
        let key = serde_json::json!([
            change.address.kind,
            change.action,
            change.fields,
            change.reason,
        ]);
        let at = *known.entry(key.to_string()).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.changes.push(change),
            None => groups.push(Group {
                first: change,
                changes: vec![change],
            }),
        }
    }
    groups.sort_by_key(|group| group.first.action);
    groups
}

/// Returns a row for each group.
pub(super) fn table(groups: &[Group<'_>]) -> String {
    let mut text = String::from("| | Object | What |\n|:-:|---|---|\n");
    for group in groups {
        let symbol = code(symbol(group.first.action));
        let _infallible = writeln!(
            text,
            "| {symbol} | {} | {} |",
            addresses(group),
            told(group.first)
        );
    }
    text
}

/// Returns how many there are of each kind and action: what is left of a plan of any size.
pub(super) fn counts(groups: &[Group<'_>]) -> String {
    let mut kinds: BTreeMap<(&str, Action), u64> = BTreeMap::new();
    for group in groups {
        let key = (&*group.first.address.kind, group.first.action);
        *kinds.entry(key).or_default() += group.len();
    }
    let mut text = String::from("| | Kind | Objects |\n|:-:|---|--:|\n");
    for ((kind, action), number) in kinds {
        let symbol = code(symbol(action));
        let number = count::grouped(number);
        let _infallible = writeln!(
            text,
            "| {symbol} | {} | {number} {} |",
            code(kind),
            verb(action)
        );
    }
    text
}

/// Returns what differs in a group, folded away.
pub(super) fn details(group: &Group<'_>) -> String {
    let change = group.first;
    let rest = match group.changes.len() {
        1 => String::new(),
        several => format!(" and {} more", count::grouped(several as u64 - 1)),
    };
    let mut text = format!(
        "<details>\n<summary>{} {}{rest}</summary>\n\n",
        html(symbol(change.action)),
        html(&change.address.to_string()),
    );
    if !change.fields.is_empty() {
        text.push_str(&diff::fields(
            &change.fields,
            change.action == Action::Create,
        ));
        text.push('\n');
    }
    if group.changes.len() > 1 {
        let all: Vec<String> = group
            .changes
            .iter()
            .map(|change| address(&change.address))
            .collect();
        let _infallible = writeln!(text, "All of them: {}\n", all.join(", "));
    }
    let mut notes: Vec<String> = budgets(group).map(escape).collect();
    if let (Some(place), 1) = (&change.declared_at, group.changes.len()) {
        notes.insert(0, code(&format!("{}:{}", place.file, place.line)));
    }
    if !notes.is_empty() {
        let _infallible = writeln!(text, "{}\n", notes.join(" · "));
    }
    text.push_str("</details>\n\n");
    text
}

/// The scarce rights that a group uses up, each way of saying it once. A hundred creations an hour are there for everybody;
/// one edit a day is not.
fn budgets<'a>(group: &Group<'a>) -> impl Iterator<Item = &'a str> {
    let scarce = group.first.action != Action::Create;
    let budgets = group.changes.iter().filter(move |_| scarce);
    let texts: BTreeSet<&str> = budgets
        .flat_map(|change| &change.budgets)
        .map(|budget| &*budget.text)
        .filter(|text| !text.is_empty())
        .collect();
    texts.into_iter().take(NAMED)
}

pub(super) fn address(address: &Address) -> String {
    code(&address.to_string())
}

/// The symbol of the terminal's plan.
fn symbol(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "-/+",
        Action::Delete => "-",
        Action::Forget => ".",
        Action::Adopt => "<=",
        Action::NoOp => "=",
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "changed",
        Action::Replace => "deleted and created again",
        Action::Delete => "deleted",
        Action::Forget => "forgotten",
        Action::Adopt => "adopted",
        Action::NoOp => "as declared",
    }
}

fn addresses(group: &Group<'_>) -> String {
    let named = group.changes.iter().take(NAMED);
    let named: Vec<String> = named.map(|change| address(&change.address)).collect();
    let named = named.join(", ");
    match group.changes.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {} more", count::grouped(more as u64)),
    }
}

fn told(change: &Change) -> String {
    let mut names: Vec<String> = change
        .fields
        .iter()
        .map(|field| code(&field.field))
        .collect();
    if names.len() > FIELDS {
        let more = names.len() - FIELDS;
        names.truncate(FIELDS);
        names.push(format!("{more} more"));
    }
    let names = names.join(", ");
    let mut forcing = change
        .fields
        .iter()
        .filter(|field| field.forces_replacement);
    match change.action {
        Action::Update => format!("changed: {names}"),
        Action::Adopt if change.fields.is_empty() => "exists as declared; adopted".to_owned(),
        Action::Adopt => format!("exists; adopted and changed: {names}"),
        Action::Replace => match forcing.next() {
            Some(field) => format!(
                "**deleted and created again**, since {} cannot be changed",
                code(&field.field)
            ),
            None => "**deleted and created again**".to_owned(),
        },
        Action::Delete => "**deleted**".to_owned(),
        Action::Forget => "left the configuration; forgotten, what there is of it stays".to_owned(),
        Action::Create | Action::NoOp => verb(change.action).to_owned(),
    }
}
