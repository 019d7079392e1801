//! What reviewers do not like.

use super::Subject;
use crate::config::{Diagnostics, Report};
use crate::resource::template::limits;

/// Tells pictures from letters; skin tones, joiners and the like are no pictures of their own.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(u32::from(c),
        0x1F300..=0x1F3FA | 0x1F400..=0x1FAFF | 0x1F1E6..=0x1F1FF | 0x2600..=0x27BF
        | 0x231A..=0x231B | 0x23E9..=0x23F3 | 0x2B50 | 0x2B55 | 0x1F004 | 0x1F0CF)
}

/// Counts emoji as people see them: joined ones are one, two letters of a flag are one.
fn count_emoji(text: &str) -> usize {
    const JOINER: char = '\u{200D}';
    let is_flag_letter = |c: char| matches!(u32::from(c), 0x1F1E6..=0x1F1FF);
    let (mut count, mut joined, mut flag_open) = (0, false, false);
    for c in text.chars() {
        let closes_flag = flag_open && is_flag_letter(c);
        if is_emoji(c) && !joined && !closes_flag {
            count += 1;
        }
        flag_open = is_flag_letter(c) && !closes_flag;
        joined = c == JOINER;
    }
    count
}

/// Not too many pictures.
pub(super) fn emoji(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let body = &subject.localised.body;
    let count = count_emoji(body);
    if count > limits::EMOJI {
        diagnostics.push(
            Report::warning(
                "template::emoji",
                format!(
                    "the body has {count} emoji; with more than {} it is likely to be rejected",
                    limits::EMOJI
                ),
            )
            .at(subject.at(body), ""),
        );
    }
}

/// No holes in the text.
pub(super) fn white_space(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let body = &subject.localised.body;
    let trimmed = body.trim_end();
    let (mut start, mut length, mut kind) = (0, 0, None);
    for (at, c) in trimmed.char_indices().chain([(trimmed.len(), '.')]) {
        if kind == Some(c) {
            length += 1;
            continue;
        }
        if length > limits::WHITESPACE_RUN && kind.is_some_and(char::is_whitespace) {
            let what = if kind == Some('\n') {
                "line breaks"
            } else {
                "spaces"
            };
            diagnostics.push(
                Report::warning(
                    "template::white_space",
                    format!(
                        "{length} {what} in a row; with more than {} it is likely to be rejected",
                        limits::WHITESPACE_RUN
                    ),
                )
                .at(subject.within(body, start..at), ""),
            );
        }
        (start, length, kind) = (at, 1, Some(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_pictures_and_flags_count_once() {
        assert_eq!(count_emoji("👩‍👩‍👧 🇪🇪🇫🇮 👍🏽 ✅ ok"), 5);
        assert_eq!(count_emoji("no pictures, 100 %"), 0);
    }
}
