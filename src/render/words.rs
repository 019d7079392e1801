//! The words that changed in a text; a placeholder is one word.

use similar::{ChangeTag, TextDiff};

use super::style::Look;

/// Returns the text with what went and what came marked: `Hi [-there-]{+{{first_name}}+}, ...`.
pub(super) fn diff(before: &str, after: &str, look: Look) -> String {
    let (before, after) = (tokens(before), tokens(after));
    let diff = TextDiff::configure().diff_slices(&before, &after);
    let mut runs: Vec<(ChangeTag, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        match runs.last_mut() {
            Some((tag, text)) if *tag == change.tag() => text.push_str(change.value()),
            _ => runs.push((change.tag(), change.value().to_owned())),
        }
    }
    runs.into_iter()
        .map(|(tag, text)| mark(tag, &text, look))
        .collect()
}

fn mark(tag: ChangeTag, text: &str, look: Look) -> String {
    match (tag, look.color) {
        (ChangeTag::Equal, _) => text.to_owned(),
        (ChangeTag::Delete, true) => look.removed(format_args!("[-{text}-]")),
        (ChangeTag::Insert, true) => look.added(format_args!("{{+{text}+}}")),
        (ChangeTag::Delete, false) => format!("[-{text}-]"),
        (ChangeTag::Insert, false) => format!("{{+{text}+}}"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_changed_words_are_marked() {
        let marked = |before, after| diff(before, after, Look::plain(100));
        assert_eq!(
            marked(
                "Your order {{1}} ships today.",
                "Your parcel {{1}} ships today."
            ),
            "Your [-order-]{+parcel+} {{1}} ships today."
        );
        assert_eq!(
            marked("Hi {{name}}, hello", "Hi {{first_name}}, hello"),
            "Hi [-{{name}}-]{+{{first_name}}+}, hello"
        );
        assert_eq!(marked("same", "same"), "same");
    }
}
