//! What of an object changes, as a block of code in the language `diff`: GitHub and GitLab colour its lines.

use std::fmt::Write as _;

use serde_json::Value;
use similar::{ChangeTag, DiffTag, TextDiff};

use super::text::fence;
use crate::render::{count, words};
use crate::resource::FieldChange;
use crate::sanitize;

/// No text of Meta's is longer; of one that is, this much is shown.
const LONGEST_VALUE: usize = 4_000;
/// So many lines that stay are shown beside one that changes.
const CONTEXT: usize = 3;

/// Returns the differences of an object; all of it where it is new.
#[must_use]
pub(super) fn fields(fields: &[FieldChange], created: bool) -> String {
    let mut text = String::new();
    for field in fields {
        let name = sanitize::line(&field.field);
        let (before, after) = (lines(field.before.as_ref()), lines(field.after.as_ref()));
        if created {
            added(&mut text, &name, &after);
            continue;
        }
        let forced = if field.forces_replacement {
            " forces replacement"
        } else {
            ""
        };
        let _infallible = writeln!(text, "@@ {name} @@{forced}");
        changed(&mut text, &before, &after);
    }
    fence("diff", &text)
}

/// A value in lines: a text in its own, a list one item a line.
fn lines(value: Option<&Value>) -> Vec<String> {
    let text = match value {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::String(text)) => sanitize::lines(text).into_owned(),
        Some(Value::Array(items)) => {
            let item = |item: &Value| match item {
                Value::String(text) => sanitize::line(text).into_owned(),
                other => sanitize::line(&other.to_string()).into_owned(),
            };
            items.iter().map(item).collect::<Vec<_>>().join("\n")
        }
        Some(other) => sanitize::lines(&other.to_string()).into_owned(),
    };
    let text = match text.char_indices().nth(LONGEST_VALUE) {
        None => text,
        Some((end, _)) => {
            let rest = text[end..].chars().count() as u64;
            let rest = count::of(rest, "character more", "characters more");
            format!("{}\n… ({rest}, not shown)", &text[..end])
        }
    };
    text.split('\n').map(str::to_owned).collect()
}

fn added(text: &mut String, name: &str, lines: &[String]) {
    match lines {
        [one] => {
            let _infallible = writeln!(text, "+ {name}: {one}");
        }
        lines => {
            let _infallible = writeln!(text, "+ {name}:");
            for line in lines {
                put(text, '+', &format!("  {line}"));
            }
        }
    }
}

fn changed(text: &mut String, before: &[String], after: &[String]) {
    let (old, new) = (strs(before), strs(after));
    let diff = TextDiff::configure().diff_slices(&old, &new);
    let last = diff.ops().len().saturating_sub(1);
    for (index, op) in diff.ops().iter().enumerate() {
        let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
        match op.tag() {
            DiffTag::Equal => unchanged(text, old, index == 0, index == last),
            DiffTag::Replace if old.len() == new.len() => {
                let pairs: Vec<_> = old
                    .iter()
                    .zip(new)
                    .map(|(old, new)| marked(old, new))
                    .collect();
                for (old, _) in &pairs {
                    put(text, '-', old);
                }
                for (_, new) in &pairs {
                    put(text, '+', new);
                }
            }
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                for line in old {
                    put(text, '-', line);
                }
                for line in new {
                    put(text, '+', line);
                }
            }
        }
    }
}

/// Lines that stay; of many, those next to what changes.
fn unchanged(text: &mut String, lines: &[&str], first: bool, last: bool) {
    let head = if first { 0 } else { CONTEXT };
    let tail = if last { 0 } else { CONTEXT };
    if lines.len() <= head + tail + 1 {
        for line in lines {
            put(text, ' ', line);
        }
        return;
    }
    for line in &lines[..head] {
        put(text, ' ', line);
    }
    let left_out = (lines.len() - head - tail) as u64;
    let _infallible = writeln!(
        text,
        "  … {} as before",
        count::of(left_out, "line", "lines")
    );
    for line in &lines[lines.len() - tail..] {
        put(text, ' ', line);
    }
}

fn put(text: &mut String, sign: char, line: &str) {
    let line = format!("{sign} {line}");
    text.push_str(line.trim_end());
    text.push('\n');
}

/// Both sides of a line with the words marked that differ; unmarked where no word stays.
fn marked(before: &str, after: &str) -> (String, String) {
    let (old, new) = (words::tokens(before), words::tokens(after));
    let diff = TextDiff::configure().diff_slices(&old, &new);
    let stays = |change: similar::Change<&str>| {
        change.tag() == ChangeTag::Equal && change.value().chars().any(char::is_alphanumeric)
    };
    if !diff.iter_all_changes().any(stays) {
        return (before.to_owned(), after.to_owned());
    }
    let side = |of: ChangeTag, open: &str, close: &str| {
        let mut text = String::new();
        let mut inside = false;
        for change in diff.iter_all_changes() {
            let tag = change.tag();
            if tag != ChangeTag::Equal && tag != of {
                continue;
            }
            if (tag == of) != inside {
                text.push_str(if inside { close } else { open });
                inside = !inside;
            }
            text.push_str(change.value());
        }
        if inside {
            text.push_str(close);
        }
        text
    };
    (
        side(ChangeTag::Delete, "[-", "-]"),
        side(ChangeTag::Insert, "{+", "+}"),
    )
}

fn strs(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}
