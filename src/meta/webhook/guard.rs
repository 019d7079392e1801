//! What is looked at before a body is read: how deep it nests, and halves of characters.

use std::borrow::Cow;

use memchr::memchr2;

use super::NotAWebhook;

/// Meta's own bodies stay below 20; what nests deeper than this is not read.
pub(super) const DEEPEST: usize = 64;

/// The escape of the replacement character, as long as the escapes that it takes the place of.
const REPLACEMENT: &str = "\\ufffd";

/// Returns the body in a form that every reader of JSON takes.
///
/// A text that was cut inside an emoji ends in half of a character (`\ud83d` alone), which is no text to a strict reader: it
/// becomes a replacement character. Nothing else is changed, and the syntax is left to the reader.
pub(super) fn checked(body: &str) -> Result<Cow<'_, str>, NotAWebhook> {
    let bytes = body.as_bytes();
    let mut mended = Cow::Borrowed(body);
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(NotAWebhook::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_text(bytes, at + 1, &mut mended),
            _ => {}
        }
        at += 1;
    }
    Ok(mended)
}

/// Returns where the closing quote stands of a text that begins at `at`.
fn end_of_text(bytes: &[u8], mut at: usize, mended: &mut Cow<'_, str>) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += match (unit(bytes, at), unit(bytes, at + REPLACEMENT.len())) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * REPLACEMENT.len(),
            (Some(0xd800..=0xdfff), _) => {
                mended
                    .to_mut()
                    .replace_range(at..at + REPLACEMENT.len(), REPLACEMENT);
                REPLACEMENT.len()
            }
            _ => 2,
        };
    }
    bytes.len()
}

/// Reads the UTF-16 unit of the escape (`\uXXXX`) at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes
        .get(at..at + REPLACEMENT.len())?
        .strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_characters_stay_and_halves_are_replaced() {
        for whole in [
            r#"{"a":"\ud83d\ude00 \u00e9 \\ud83d \"\\"}"#,
            r#"["é😀", "\u12"]"#,
            r#"["\"#,
            r#"["\u"#,
            r#"["\ud8"#,
            r#"\ud83d"#,
        ] {
            assert!(matches!(checked(whole), Ok(Cow::Borrowed(_))), "{whole}");
        }
        for (half, mended) in [
            (r#"["\ud83d"]"#, r#"["\ufffd"]"#),
            (r#"["\uDE00\uD83D"]"#, r#"["\ufffd\ufffd"]"#),
            (r#"["\ud83d\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
            (r#"["\\\ud83d\\"]"#, r#"["\\\ufffd\\"]"#),
        ] {
            assert_eq!(checked(half), Ok(Cow::Owned(mended.to_owned())), "{half}");
        }
    }

    #[test]
    fn brackets_count_outside_of_texts_only() {
        let deep = |depth| "[{".repeat(depth / 2) + &"}]".repeat(depth / 2);
        assert!(checked(&deep(DEEPEST)).is_ok());
        assert_eq!(checked(&deep(DEEPEST + 2)), Err(NotAWebhook::TooDeep));
        let text = format!(r#"["{}\"["]"#, "[".repeat(1000));
        assert!(checked(&text).is_ok());
    }
}
