//! Text that came from outside, so that it shows as it is: no table, no tag, no mention and no link can come of it.
//!
//! GitHub and GitLab look for names, numbers, commits and addresses in the finished HTML, where no backslash helps. A
//! zero-width space behind the sign keeps them from it; text from outside holds none that is invisible, since
//! [`sanitize`] spells those out. In code they look for nothing.

use crate::sanitize;

/// Keeps what is before it and what is behind it from being read as one thing.
const BREAK: char = '\u{200b}';

/// Parsers count backticks only so far. A longer run is broken up in a block of code, where it would otherwise end it.
const LONGEST_RUN: usize = 60;

/// Fewer digits than this name no commit.
const SHORTEST_COMMIT: usize = 7;

/// Returns text for a line or a cell of a table.
#[must_use]
pub fn escape(text: &str) -> String {
    let text = sanitize::line(text);
    let text = text.trim();
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let mut previous = None;
    let mut hash = 0..0;
    // A number and a point at the beginning would be the first of a list.
    let mut numbered = true;
    for (at, character) in text.char_indices() {
        let rest = &text[at + character.len_utf8()..];
        if !previous.is_some_and(char::is_alphanumeric) {
            hash = at..at + commit(&text[at..]);
        }
        if hash.contains(&at)
            && at > hash.start
            && (at - hash.start).is_multiple_of(SHORTEST_COMMIT - 1)
        {
            escaped.push(BREAK);
        }
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // What GitHub says to do against mathematics.
            '$' => escaped.push_str("<span>$</span>"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '-' | '+' | '=' | '/' if at == 0 => {
                escaped.push('\\');
                escaped.push(character);
            }
            '.' if numbered => escaped.push_str("\\."),
            other => escaped.push(other),
        }
        if is_read_with_next(previous, character, rest) {
            escaped.push(BREAK);
        }
        numbered &= character.is_ascii_digit();
        previous = Some(character);
    }
    escaped
}

/// Tells whether a character would be read together with what follows it.
fn is_read_with_next(previous: Option<char>, character: char, rest: &str) -> bool {
    let next = rest.chars().next();
    match character {
        // A person, an issue; GitLab's merge requests, labels, milestones, epics.
        '@' | '#' => true,
        '!' | '~' | '%' | '&' | '^' => {
            next.is_some_and(|next| next.is_alphanumeric() || next == '"')
        }
        // An address, an emoji.
        ':' => rest.starts_with("//") || is_emoji(rest),
        'w' | 'W' => next == Some('.'),
        // `GH-12`, and what else a project may have named so.
        '-' => {
            previous.is_some_and(|previous| previous.is_ascii_alphabetic())
                && next.is_some_and(|next| next.is_ascii_digit())
        }
        // GitLab's marks of a difference.
        '{' | '[' => matches!(next, Some('+' | '-')),
        _ => false,
    }
}

/// Tells whether text goes on with the name of an emoji and its closing colon; `10:12:34` does not.
fn is_emoji(rest: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
    let end = rest.bytes().position(|byte| !name(byte));
    end.is_some_and(|end| {
        end > 0 && rest.as_bytes()[end] == b':' && (end > 2 || rest.starts_with(['+', '-']))
    })
}

/// Where text begins with what may be the hash of a commit, returns its length.
fn commit(text: &str) -> usize {
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    let is_hash =
        end >= SHORTEST_COMMIT && text.bytes().take(end).all(|byte| byte.is_ascii_hexdigit());
    if is_hash { end } else { 0 }
}

/// Returns text for the summary of a `<details>` and other places in HTML, where Markdown is not read.
#[must_use]
pub(super) fn html(text: &str) -> String {
    let text = sanitize::line(text);
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    format!("<code>{escaped}</code>")
}

/// Returns text as code within a line or a cell of a table, whatever backticks and pipes it holds.
#[must_use]
pub fn code(text: &str) -> String {
    let text = sanitize::line(text);
    if text.is_empty() {
        return "` `".to_owned();
    }
    let mut written = String::with_capacity(text.len() + 2);
    let mut rest = &*text;
    while let Some(first) = rest.chars().next() {
        let special = ['`', '|'].contains(&first);
        let end = rest
            .find(|c| ['`', '|'].contains(&c) != special)
            .unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        if special {
            // A pipe ends a cell even in code, and a backslash before it shows outside of a table.
            let entities = piece.replace('`', "&#96;").replace('|', "&#124;");
            written.extend(["<code>", &entities, "</code>"]);
        } else {
            let pad = padding(piece);
            written.extend(["`", pad, piece, pad, "`"]);
        }
        rest = tail;
    }
    written
}

/// A space is taken off both ends of code where there is one at both.
fn padding(piece: &str) -> &'static str {
    let stripped = piece.starts_with(' ') && piece.ends_with(' ') && !piece.trim().is_empty();
    if stripped { " " } else { "" }
}

/// Returns text as a block of code of a language, whatever fences it holds.
#[must_use]
pub fn fence(language: &str, text: &str) -> String {
    let text = sanitize::lines(text);
    let mut inside = String::with_capacity(text.len());
    let (mut run, mut longest) = (0, 2);
    for character in text.trim_end_matches('\n').chars() {
        run = if character == '`' { run + 1 } else { 0 };
        if run > LONGEST_RUN {
            inside.push(BREAK);
            run = 1;
        }
        longest = longest.max(run);
        inside.push(character);
    }
    let ticks = "`".repeat(longest + 1);
    format!("{ticks}{language}\n{inside}\n{ticks}\n")
}
