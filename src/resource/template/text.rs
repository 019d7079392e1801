//! Texts with variables in double braces.

use std::borrow::Cow;
use std::ops::Range;

/// A text, cut where its variables are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pieces: Vec<Piece>,
}

/// A stretch of a text; all ranges are bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Literal {
        text: String,
        range: Range<usize>,
    },
    Placeholder(Placeholder),
    /// Braces that are no variable: `{{First Name}}`, `{{`, `}}`.
    Malformed {
        text: String,
        range: Range<usize>,
    },
}

/// One place in a text that is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// `first_name`, or the number of a positional one.
    pub name: String,
    /// With its braces.
    pub range: Range<usize>,
}

impl Placeholder {
    /// Returns the number of a positional variable.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        position(&self.name)
    }
}

/// Returns the number that a positional variable's name is.
fn position(name: &str) -> Option<usize> {
    let digits = !name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit());
    if digits { name.parse().ok() } else { None }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

impl Text {
    #[must_use]
    pub fn parse(source: &str) -> Self {
        let mut pieces = Vec::new();
        let (mut at, mut literal) = (0, 0);
        while let Some(found) = source[at..].find(['{', '}']) {
            let start = at + found;
            let rest = &source[start..];
            let end = if let Some(inner) = rest.strip_prefix("{{") {
                match inner.find("}}") {
                    // An opening inside means that the first was never closed.
                    Some(close) if !inner[..close].contains("{{") => start + close + 4,
                    _ => start + 2,
                }
            } else if rest.starts_with("}}") {
                start + 2
            } else {
                at = start + 1;
                continue;
            };
            push_literal(&mut pieces, source, literal..start);
            let (text, range) = (&source[start..end], start..end);
            let name = text
                .strip_prefix("{{")
                .and_then(|inner| inner.strip_suffix("}}"));
            pieces.push(match name {
                Some(name) if is_name(name) || position(name).is_some() => {
                    Piece::Placeholder(Placeholder {
                        name: name.to_owned(),
                        range,
                    })
                }
                _ => Piece::Malformed {
                    text: text.to_owned(),
                    range,
                },
            });
            (at, literal) = (end, end);
        }
        push_literal(&mut pieces, source, literal..source.len());
        Self { pieces }
    }

    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Returns the variables in the order of their places; one that occurs twice comes twice.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Placeholder(placeholder) => Some(placeholder),
            Piece::Literal { .. } | Piece::Malformed { .. } => None,
        })
    }

    #[must_use]
    pub fn has_placeholders(&self) -> bool {
        self.placeholders().next().is_some()
    }

    /// Returns the names of the variables, each once: positional ones by number, others by their first place.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for placeholder in self.placeholders() {
            if !names.contains(&placeholder.name.as_str()) {
                names.push(&placeholder.name);
            }
        }
        if self.is_positional() {
            names.sort_by_key(|name| position(name));
        }
        names
    }

    /// Tells whether there are variables and all have numbers.
    #[must_use]
    pub fn is_positional(&self) -> bool {
        self.has_placeholders()
            && self
                .placeholders()
                .all(|placeholder| placeholder.position().is_some())
    }

    /// Puts values into the places; `None` from `value` leaves the place as it is written.
    #[must_use]
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal { text, .. } | Piece::Malformed { text, .. } => {
                    filled.push_str(text);
                }
                Piece::Placeholder(placeholder) => match value(&placeholder.name) {
                    Some(value) => filled.push_str(&value),
                    None => {
                        filled.push_str("{{");
                        filled.push_str(&placeholder.name);
                        filled.push_str("}}");
                    }
                },
            }
        }
        filled
    }
}

fn push_literal(pieces: &mut Vec<Piece>, source: &str, range: Range<usize>) {
    if !range.is_empty() {
        pieces.push(Piece::Literal {
            text: source[range.clone()].to_owned(),
            range,
        });
    }
}

/// Brings a text into the form in which texts are compared: Meta keeps neither surrounding white space nor `\r`.
#[must_use]
pub(super) fn normalised(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(source: &str) -> Vec<String> {
        Text::parse(source)
            .names()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn variables_are_found_in_their_order() {
        assert_eq!(
            names("Hi {{first_name}}, {{order_no}} of {{first_name}}."),
            ["first_name", "order_no"]
        );
        assert_eq!(names("{{2}} before {{1}}, and {{10}}."), ["1", "2", "10"]);
        assert!(names("one {brace} } {").is_empty());
    }

    #[test]
    fn what_is_no_variable_is_malformed() {
        for source in [
            "{{First}}",
            "{{ name }}",
            "{{}}",
            "{{a#b}}",
            "{{0}}",
            "a {{ b",
            "a }} b",
            "{{01}}",
        ] {
            let text = Text::parse(source);
            assert!(!text.has_placeholders(), "{source}");
            assert!(
                text.pieces()
                    .iter()
                    .any(|piece| matches!(piece, Piece::Malformed { .. })),
                "{source}"
            );
        }
        assert_eq!(names("{{a {{b}}"), ["b"]);
    }

    #[test]
    fn filling_leaves_what_has_no_value() {
        let text = Text::parse("Hi {{a}} and {{b}}.");
        assert_eq!(
            text.fill(|name| (name == "a").then_some("Ana".into())),
            "Hi Ana and {{b}}."
        );
    }

    proptest! {
        #[test]
        fn a_text_is_the_sum_of_its_pieces(source in "[a-z{} é\n]{0,40}") {
            let text = Text::parse(&source);
            prop_assert_eq!(&text.fill(|_| None), &source);
            let mut at = 0;
            for piece in text.pieces() {
                let range = match piece {
                    Piece::Literal { range, .. } | Piece::Malformed { range, .. } => range,
                    Piece::Placeholder(placeholder) => &placeholder.range,
                };
                prop_assert_eq!(range.start, at);
                at = range.end;
            }
            prop_assert_eq!(at, source.len());
        }
    }
}
