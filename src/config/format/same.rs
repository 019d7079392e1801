//! Whether two texts say the same: the check that stands between a formatted text and the file.

use toml::de::DeTable;
use toml_parser::parser::EventKind;

use super::tree::{Piece, pieces};

/// Tells whether `after` is TOML and differs from `before` in spaces, line breaks and commas alone.
///
/// That is more than having equal values: every key, string, number and comment is there, in its order, written with the
/// same characters.
pub(super) fn says_the_same(before: &[Piece<'_>], after: &str) -> bool {
    let (_, errors) = DeTable::parse_recoverable(after);
    let after = pieces(after);
    errors.is_empty() && said(before).eq(said(&after))
}

fn said<'p>(pieces: &'p [Piece<'_>]) -> impl Iterator<Item = (EventKind, &'p str)> {
    pieces
        .iter()
        .filter(|piece| {
            !matches!(
                piece.kind,
                EventKind::Whitespace | EventKind::Newline | EventKind::ValueSep
            )
        })
        .map(|piece| (piece.kind, piece.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(before: &str, after: &str) -> bool {
        says_the_same(&pieces(before), after)
    }

    #[test]
    fn spaces_and_commas_say_nothing() {
        assert!(same(
            "a=[1,2]#x \n",
            "a = [\n  1,\n  2,\n] # x\n".replace("# x", "#x").as_str()
        ));
    }

    #[test]
    fn everything_else_does() {
        for (before, after) in [
            ("a = 1", "a = 2"),
            ("a = 1", "a = 1 # b"),
            ("# b\na = 1", "a = 1"),
            ("a = 1\nb = 2", "b = 2\na = 1"),
            ("a = 'x'", "a = \"x\""),
            ("a = \"\"\"\nx \"\"\"", "a = \"\"\"\nx\"\"\""),
            ("[a]\n[b]", "[a]\n[[b]]"),
            ("a = 1\nb = 2", "a = 1 b = 2"),
        ] {
            assert!(!same(before, after), "{before} {after}");
        }
    }
}
