//! Two versions of a file, as `diff -u` shows them.

use similar::{ChangeTag, TextDiff};

use super::style::Look;
use crate::sanitize;

/// How many lines are shown around a change.
const CONTEXT: usize = 3;

/// Returns how a file changes, as a patch; nothing where it does not.
#[must_use]
pub fn unified(name: &str, before: &str, after: &str, look: Look) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut patch = String::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        if patch.is_empty() {
            let name = sanitize::line(name);
            patch.extend([
                look.strong(format_args!("--- {name}")),
                "\n".to_owned(),
                look.strong(format_args!("+++ {name}")),
                "\n".to_owned(),
            ]);
        }
        patch.extend([look.waiting(hunk.header()), "\n".to_owned()]);
        for change in hunk.iter_changes() {
            let value = change.value();
            let text = sanitize::lines(value.strip_suffix('\n').unwrap_or(value));
            let line = match change.tag() {
                ChangeTag::Delete => look.removed(format_args!("-{text}")),
                ChangeTag::Insert => look.added(format_args!("+{text}")),
                ChangeTag::Equal => format!(" {text}"),
            };
            patch.extend([line.as_str(), "\n"]);
            if change.missing_newline() {
                patch.push_str("\\ No newline at end of file\n");
            }
        }
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_as_a_patch() {
        let before = "1\n2\n3\n4\n5=6";
        let after = "1\n2\n3\n4\n5 = 6\n";
        assert_eq!(
            unified("a\u{1b}.toml", before, after, Look::plain(80)),
            "--- a\\u{1b}.toml\n+++ a\\u{1b}.toml\n@@ -2,4 +2,4 @@\n 2\n 3\n 4\n-5=6\n\
             \\ No newline at end of file\n+5 = 6\n"
        );
        assert_eq!(unified("a", after, after, Look::plain(80)), "");
    }
}
