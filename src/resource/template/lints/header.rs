//! What Meta wants of a header.

use super::Subject;
use super::style::is_emoji;
use crate::config::{Diagnostics, Report};
use crate::resource::template::media::unreadable;
use crate::resource::template::text::{Piece, Text};

/// One variable at most.
pub(super) fn variables(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let Some(words) = subject
        .localised
        .header
        .as_ref()
        .and_then(|header| header.text())
    else {
        return;
    };
    let text = Text::parse(words);
    if let Some(second) = text.placeholders().nth(1) {
        diagnostics.push(
            Report::error(
                "template::header_variables",
                "a header has one variable at most",
            )
            .at(subject.within(words, second.range.clone()), "one too many")
            .help("say the rest in the body"),
        );
    }
}

/// One line without formatting and emoji (Meta's error 2388047).
pub(super) fn plain(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let Some(words) = subject
        .localised
        .header
        .as_ref()
        .and_then(|header| header.text())
    else {
        return;
    };
    for piece in Text::parse(words).pieces() {
        let Piece::Literal { text, range } = piece else {
            continue;
        };
        let end = if range.end == words.len() {
            text.trim_end().len()
        } else {
            text.len()
        };
        let found = text[..end].char_indices().find_map(|(at, c)| {
            let what = match c {
                '\n' | '\r' => "a line break",
                '*' | '_' | '~' | '`' => "formatting",
                c if is_emoji(c) => "an emoji",
                _ => return None,
            };
            Some((range.start + at..range.start + at + c.len_utf8(), what))
        });
        if let Some((range, what)) = found {
            diagnostics.push(
                Report::error(
                    "template::header_format",
                    format!("a header cannot have {what}"),
                )
                .at(subject.within(words, range), what)
                .help("headers are one line of plain text; WhatsApp shows them in bold"),
            );
        }
    }
}

/// A sample that can be read, of a kind that Meta takes.
pub(super) fn file(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let Some((kind, path)) = subject
        .localised
        .header
        .as_ref()
        .and_then(|header| header.media())
    else {
        return;
    };
    let place = subject.block.declared.at(path.span());
    if kind.media_type(path).is_none() {
        let known: Vec<&str> = kind
            .extensions()
            .iter()
            .map(|(extension, _)| *extension)
            .collect();
        diagnostics.push(
            Report::error(
                "template::header_file_type",
                format!(
                    "Meta takes no such file as a sample of {}",
                    with_article(kind.word())
                ),
            )
            .at(place.clone(), "")
            .help(format!("the name must end in .{}", known.join(" or ."))),
        );
    }
    let full = subject.block.project.path(path.get());
    let problem = match std::fs::metadata(&full) {
        Ok(metadata) if metadata.is_file() => {
            // Whether it may be read is known only by opening it.
            std::fs::File::open(&full).err()
        }
        Ok(_) => Some(std::io::Error::other("it is not a file")),
        Err(error) => Some(error),
    };
    if let Some(problem) = problem {
        diagnostics.push(unreadable(&problem).at(place, "this file"));
    }
}

fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {word}")
}
