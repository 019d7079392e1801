//! From lines and lists to text.

use super::tree::{Brackets, Content, Line, List, Row, Value};
use super::{BLANK_LINES, WIDTH};

/// One step of indentation.
const INDENT: &str = "  ";

/// Lays out a document.
pub(super) fn document(lines: &[Line<'_>]) -> String {
    let mut out = String::new();
    let mut group = Group::new(0);
    for line in lines {
        let blanks = if out.is_empty() && group.is_empty() {
            0
        } else {
            line.blanks
        };
        match &line.content {
            Content::Entry { key, value } => {
                if blanks > 0 {
                    group.flush(&mut out);
                    blank(&mut out, blanks);
                }
                group.push(entry(key, value, line.comment), line.comment);
            }
            Content::Header(header) => {
                group.flush(&mut out);
                blank(&mut out, blanks);
                out.push_str(header);
                if let Some(comment) = line.comment {
                    out.extend([" ", comment]);
                }
                out.push('\n');
            }
            Content::Nothing => {
                group.flush(&mut out);
                blank(&mut out, blanks);
                out.extend([line.comment.unwrap_or_default(), "\n"]);
            }
        }
    }
    group.flush(&mut out);
    if out.is_empty() {
        out.push('\n');
    }
    out
}

/// Lays out `key = value`: on one line where it fits, else with all its arrays spread out.
fn entry(key: &str, value: &Value<'_>, comment: Option<&str>) -> String {
    let joined = self::value(value, 0, false);
    let value = if fits(key, &joined, comment) {
        joined
    } else {
        self::value(value, 0, true)
    };
    format!("{key} = {value}")
}

/// Tells whether no line is too long. How far a comment is moved to be aligned does not count.
fn fits(key: &str, value: &str, comment: Option<&str>) -> bool {
    let last = value.split('\n').count() - 1;
    value.split('\n').enumerate().all(|(at, line)| {
        let before = if at == 0 { width(key) + " = ".len() } else { 0 };
        let behind = match comment {
            Some(comment) if at == last => width(comment) + 1,
            _ => 0,
        };
        before + width(line) + behind <= WIDTH
    })
}

fn value(value: &Value<'_>, depth: usize, spread: bool) -> String {
    match value {
        Value::Scalar(text) => (*text).to_owned(),
        Value::List(list) if is_spread(list, spread) => spread_out(list, depth, spread),
        Value::List(list) => joined(list, depth, spread),
    }
}

/// Tells whether a list gets a line for each element, where the line that it stands in is too long for one or not.
fn is_spread(list: &List<'_>, spread: bool) -> bool {
    match list.brackets {
        Brackets::Array => spread || list.has_comment(),
        // Never of its own accord: an inline table over several lines is no TOML 1.0, which other tools read.
        Brackets::Table => (spread && list.spans_lines) || list.has_own_comment(),
    }
}

fn joined(list: &List<'_>, depth: usize, spread: bool) -> String {
    let items: Vec<String> = list
        .rows
        .iter()
        .filter_map(|row| item(row, depth, spread))
        .collect();
    let items = items.join(", ");
    match list.brackets {
        Brackets::Array => format!("[{items}]"),
        Brackets::Table if items.is_empty() => "{}".to_owned(),
        Brackets::Table => format!("{{ {items} }}"),
    }
}

fn spread_out(list: &List<'_>, depth: usize, spread: bool) -> String {
    let (open, close) = match list.brackets {
        Brackets::Array => ("[", "]"),
        Brackets::Table => ("{", "}"),
    };
    let mut out = open.to_owned();
    if let Some(comment) = list.comment {
        out.extend([" ", comment]);
    }
    out.push('\n');
    let mut group = Group::new(depth + 1);
    for row in &list.rows {
        let item = item(row, depth + 1, spread);
        if row.blanks > 0 || item.is_none() {
            group.flush(&mut out);
            blank(&mut out, row.blanks);
        }
        match item {
            Some(item) => group.push(format!("{item},"), row.comment),
            None => {
                out.push_str(&INDENT.repeat(depth + 1));
                out.extend([row.comment.unwrap_or_default(), "\n"]);
            }
        }
    }
    group.flush(&mut out);
    blank(&mut out, list.blanks);
    out.push_str(&INDENT.repeat(depth));
    out.push_str(close);
    out
}

fn item(row: &Row<'_>, depth: usize, spread: bool) -> Option<String> {
    let (key, value) = row.item.as_ref()?;
    let value = self::value(value, depth, spread);
    Some(match key {
        Some(key) => format!("{key} = {value}"),
        None => value,
    })
}

fn blank(out: &mut String, lines: usize) {
    out.push_str(&"\n".repeat(lines.min(BLANK_LINES)));
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Lines that follow each other directly, whose comments are aligned.
struct Group<'a> {
    depth: usize,
    lines: Vec<(String, Option<&'a str>)>,
}

impl<'a> Group<'a> {
    fn new(depth: usize) -> Self {
        Self {
            depth,
            lines: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn push(&mut self, text: String, comment: Option<&'a str>) {
        self.lines.push((text, comment));
    }

    fn flush(&mut self, out: &mut String) {
        let in_one_line = self.lines.iter().all(|(text, _)| !text.contains('\n'));
        let column = match in_one_line {
            true => self.lines.iter().map(|(text, _)| width(text)).max(),
            false => None,
        };
        for (text, comment) in self.lines.drain(..) {
            out.push_str(&INDENT.repeat(self.depth));
            out.push_str(&text);
            if let Some(comment) = comment {
                let missing = column.map_or(0, |column| column - width(&text));
                out.push_str(&" ".repeat(missing + 1));
                out.push_str(comment);
            }
            out.push('\n');
        }
    }
}
