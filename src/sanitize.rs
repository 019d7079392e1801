//! Text from outside, made safe for a terminal.
//!
//! A contact's name or a template's body may hold escape sequences that move the cursor, or characters that make text
//! look like other text. They are written as `\u{..}`, so that what is shown is what is there. Formats that machines read
//! (JSON, CSV) do not go through here: they have escapes of their own.

use std::borrow::Cow;

/// Makes text safe on one line: line breaks and tabs are escaped too.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, is_unsafe)
}

/// Makes text safe that may run over several lines: line breaks and tabs stay.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| is_unsafe(c) && c != '\n' && c != '\t')
}

/// Makes a snippet of a file safe without moving a byte: every unsafe character becomes others of the same length.
#[must_use]
pub fn in_place(text: &str) -> Cow<'_, str> {
    let stays = |c: char| !is_unsafe(c) || c == '\n' || c == '\t';
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match (stays(c), c.len_utf8()) {
            (true, _) => safe.push(c),
            (false, 1) => safe.push(if c == '\r' { ' ' } else { '?' }),
            (false, 2) => safe.push_str("??"),
            (false, 3) => safe.push(char::REPLACEMENT_CHARACTER),
            (false, _) => {
                safe.push(char::REPLACEMENT_CHARACTER);
                safe.push('?');
            }
        }
    }
    Cow::Owned(safe)
}

fn escape(text: &str, wrong: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&wrong) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if wrong(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Tells whether a character steers the terminal or hides or reorders what is beside it.
fn is_unsafe(c: char) -> bool {
    // The joiners U+200C and U+200D shape Persian text, Indic text and emoji; they hide nothing there and stay.
    matches!(c,
        // Controls: C0, DEL, C1.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Invisible: soft hyphen, Arabic letter mark, Mongolian vowel separator, zero-width space, word joiner and
        // its kin, byte order mark.
        | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
        // Direction marks, embeddings, overrides, isolates, and the deprecated ones behind them.
        | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        // Line and paragraph separators, interlinear annotations.
        | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}'
        // Tag characters: a second, invisible alphabet.
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_of_any_script_is_untouched() {
        for text in ["Ana", "Здравствуйте", "می‌خواهم", "👩‍👩‍👧 ok", "日本語"]
        {
            assert!(matches!(line(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn escape_sequences_and_overrides_become_visible() {
        assert_eq!(line("a\x1b[31mb"), "a\\u{1b}[31mb");
        assert_eq!(
            line("a\u{202e}b\u{200b}\u{e0041}"),
            "a\\u{202e}b\\u{200b}\\u{e0041}"
        );
        assert_eq!(line("\u{9b}31m"), "\\u{9b}31m");
    }

    #[test]
    fn line_breaks_stay_only_where_lines_are_wanted() {
        assert_eq!(line("a\nb\tc"), "a\\nb\\tc");
        assert_eq!(lines("a\nb\tc\r"), "a\nb\tc\\r");
    }

    #[test]
    fn snippets_keep_their_bytes() {
        let text = "a\x1b\u{9b}\u{202e}\u{e0041}\r\nb";
        let safe = in_place(text);
        assert_eq!(safe.len(), text.len());
        assert_eq!(safe, "a???\u{fffd}\u{fffd}? \nb");
    }
}
