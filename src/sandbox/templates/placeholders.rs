//! `{{1}}` and `{{name}}` in a text.

use std::ops::Range;

/// One placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placeholder {
    /// What stands between the braces, trimmed.
    pub name: String,
    /// Where it stands, braces included.
    pub range: Range<usize>,
}

/// Finds the placeholders of a text.
pub(crate) fn placeholders(text: &str) -> Vec<Placeholder> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|open| at + open) {
        let Some(close) = text[open..].find("}}").map(|close| open + close) else {
            break;
        };
        found.push(Placeholder {
            name: text[open + 2..close].trim().to_owned(),
            range: open..close + 2,
        });
        at = close + 2;
    }
    found
}

/// Puts values into a text; a placeholder without one stays.
pub(crate) fn substitute<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut at = 0;
    for placeholder in placeholders(text) {
        filled.push_str(&text[at..placeholder.range.start]);
        filled.push_str(value(&placeholder.name).unwrap_or(&text[placeholder.range.clone()]));
        at = placeholder.range.end;
    }
    filled.push_str(&text[at..]);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_and_filled() {
        let text = "Hi {{ name }}, {{1}} and {{open";
        let names: Vec<_> = placeholders(text)
            .into_iter()
            .map(|placeholder| placeholder.name)
            .collect();
        assert_eq!(names, ["name", "1"]);
        assert_eq!(
            substitute(text, |name| (name == "1").then_some("ä")),
            "Hi {{ name }}, ä and {{open"
        );
    }
}
