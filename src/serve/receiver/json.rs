//! Whether a text is a JSON object. What it says is read later.

use memchr::memchr2;
use serde::de::IgnoredAny;

/// Meta's own bodies stay below 20. What nests deeper would cost whoever reads it later their stack.
const DEEPEST: usize = 128;

/// Tells whether a text is one JSON object, and nests no deeper than anybody can read.
pub(super) fn is_object(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{')
        && nests_reasonably(text.as_bytes())
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Counts brackets outside of texts; the syntax is left to the reader.
fn nests_reasonably(bytes: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_text(bytes, at + 1),
            _ => {}
        }
        if depth > DEEPEST {
            return false;
        }
        at += 1;
    }
    true
}

/// Returns where the closing quote stands of a text that begins at `at`.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth))
    }

    #[test]
    fn objects_are_objects() {
        for object in ["{}", " \r\n{\"a\":[1,2,{\"b\":null}]}\n", &nested(DEEPEST)] {
            assert!(is_object(object), "{object}");
        }
    }

    #[test]
    fn half_of_a_character_is_left_to_whoever_reads_it() {
        assert!(is_object(r#"{"a":"\ud83d"}"#));
    }

    #[test]
    fn brackets_count_outside_of_texts_only() {
        let text = format!(r#"{{"{}\"[":"\\"}}"#, "[".repeat(1000));
        assert!(is_object(&text));
    }

    #[test]
    fn nothing_else_is_an_object() {
        for other in [
            "",
            " ",
            "null",
            "[]",
            "\"{}\"",
            "{",
            "}",
            "{}{}",
            "{} x",
            "{a:1}",
            "{\"a\"}",
            "{\"a\":1,}",
            "{\"a\":\"",
            "{\"a\":\"\\",
            "{\"a\":tru}",
            "\u{feff}{}",
        ] {
            assert!(!is_object(other), "{other}");
        }
    }

    #[test]
    fn what_nests_too_deep_is_refused_without_a_stack() {
        for depth in [DEEPEST + 1, 100_000] {
            assert!(!is_object(&nested(depth)), "{depth}");
            assert!(!is_object(&format!("{{\"a\":{}", "[".repeat(depth))));
        }
    }
}
