//! Webhooks that could not be read.

use std::fmt::Write as _;

use super::style::Look;
use super::time::rfc3339;
use crate::sanitize;
use crate::store::DeadLetter;

/// How much of a body is shown; all of it stands in the JSON.
const SHOWN: usize = 200;

/// Returns the list, a paragraph each.
#[must_use]
pub fn human(letters: &[DeadLetter], look: Look) -> String {
    let mut text = String::new();
    for letter in letters {
        let head = format!("{}  {}  ", letter.id, rfc3339(letter.received_at));
        text.push_str(&look.hang(&head, &sanitize::line(&letter.reason)));
        let body: String = letter.body.chars().take(SHOWN).collect();
        let more = if body.len() < letter.body.len() {
            "…"
        } else {
            ""
        };
        let _infallible = writeln!(text, "    {}{more}", sanitize::line(&body));
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_letter_shows_its_reason_and_the_beginning_of_its_body() {
        let letter = DeadLetter {
            id: 7,
            received_at: Timestamp::UNIX_EPOCH,
            tries: 1,
            reason: "no account has the id 12".to_owned(),
            body: format!("{{\"entry\":\"\u{1b}{}\"}}", "x".repeat(500)),
        };
        let text = human(&[letter], Look::plain(80));
        assert!(
            text.starts_with("7  1970-01-01T00:00:00Z  no account has the id 12"),
            "{text}"
        );
        assert!(text.contains('…') && !text.contains('\u{1b}'));
    }
}
