//! A field's two values as one text, cut where they differ; words and placeholders stay whole.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::{NONE, value};
use crate::resource::FieldChange;

/// A stretch of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Same(String),
    Went(String),
    Came(String),
    /// Says how two values go together, and is a part of neither.
    Between(&'static str),
}

/// More words than this are not compared one by one: it would take long, and nobody would read it.
const MOST: usize = 20_000;

/// Returns how a field went from one value to the other.
pub(super) fn of(field: &FieldChange) -> Vec<Piece> {
    let whole = |side: &Option<Value>| side.as_ref().map(value);
    match (&field.before, &field.after) {
        (Some(Value::String(before)), Some(Value::String(after))) if is_prose(before, after) => {
            words(before, after)
        }
        (before, after) => {
            let (before, after) = (whole(before), whole(after));
            let before = before.map_or_else(|| Piece::Same(NONE.to_owned()), Piece::Went);
            let after = after.map_or_else(|| Piece::Same(NONE.to_owned()), Piece::Came);
            vec![before, Piece::Between(" → "), after]
        }
    }
}

/// Tells whether two texts are to be read word by word, rather than as two words.
fn is_prose(before: &str, after: &str) -> bool {
    let is_word = |text: &str| !text.contains(char::is_whitespace);
    !(is_word(before) && is_word(after)) && before.len() + after.len() <= MOST
}

fn words(before: &str, after: &str) -> Vec<Piece> {
    let (before, after) = (tokens(before), tokens(after));
    let diff = TextDiff::configure().diff_slices(&before, &after);
    let mut runs: Vec<(ChangeTag, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        match runs.last_mut() {
            Some((tag, text)) if *tag == change.tag() => text.push_str(change.value()),
            _ => runs.push((change.tag(), change.value().to_owned())),
        }
    }
    let piece = |(tag, text)| match tag {
        ChangeTag::Equal => Piece::Same(text),
        ChangeTag::Delete => Piece::Went(text),
        ChangeTag::Insert => Piece::Came(text),
    };
    runs.into_iter().map(piece).collect()
}

/// Cuts a text into words, white space, punctuation and whole placeholders.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = |c: char| (c.is_alphanumeric(), c.is_whitespace());
        let length = match rest.starts_with("{{").then(|| rest.find("}}")).flatten() {
            Some(end) => end + 2,
            None if class(first) == (false, false) => first.len_utf8(),
            None => rest
                .find(|c| class(c) != class(first))
                .unwrap_or(rest.len()),
        };
        let (token, tail) = rest.split_at(length);
        tokens.push(token);
        rest = tail;
    }
    tokens
}
