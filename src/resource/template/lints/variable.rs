//! What Meta wants of variables in header and body.

use super::Subject;
use crate::config::{Diagnostics, Report};
use crate::resource::template::limits;
use crate::resource::template::text::{Piece, Text};

/// Braces hold a name or a number.
pub(super) fn malformed(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let footer = subject.localised.footer.as_ref();
    let footer = footer.map(|footer| ("footer", footer, Text::parse(footer)));
    for (_, words, text) in subject.texts().into_iter().chain(footer) {
        for piece in text.pieces() {
            let Piece::Malformed { text, range } = piece else {
                continue;
            };
            let inner = text.trim_start_matches('{').trim_end_matches('}');
            let (message, help) = if text.len() == 2 {
                (
                    format!("`{text}` has no counterpart"),
                    "a variable is written `{{first_name}}`".to_owned(),
                )
            } else if let Some(c) = inner.chars().find(|c| "#$%".contains(*c)) {
                (
                    format!("`{c}` cannot stand inside a variable"),
                    format!("put it before or after: `{}`", proposal(inner)),
                )
            } else {
                (
                    format!("`{text}` is not a variable"),
                    format!("write `{}`", proposal(inner)),
                )
            };
            diagnostics.push(
                Report::error("template::variable_form", message)
                    .at(
                        subject.within(words, range.clone()),
                        "lower-case letters and underscores, or a number",
                    )
                    .help(help),
            );
        }
    }
}

fn proposal(inner: &str) -> String {
    let name: String = inner
        .trim()
        .trim_start_matches('0')
        .chars()
        .filter(|c| !"#$%".contains(*c))
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let name = if name.is_empty() { "first_name" } else { &name };
    format!("{{{{{name}}}}}")
}

/// Meta documents letters and underscores only.
pub(super) fn digits(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (_, words, text) in subject.texts() {
        for placeholder in text.placeholders() {
            if placeholder.position().is_none()
                && placeholder.name.contains(|c: char| c.is_ascii_digit())
            {
                diagnostics.push(
                    Report::warning(
                        "template::variable_digits",
                        format!(
                            "Meta documents no digits in names like `{}`",
                            placeholder.name
                        ),
                    )
                    .at(
                        subject.within(words, placeholder.range.clone()),
                        "may be refused",
                    ),
                );
            }
        }
    }
}

/// Names or numbers, not both, in header and body together.
pub(super) fn mixed(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let texts = subject.texts();
    let find = |positional: bool| {
        texts.iter().find_map(|(_, words, text)| {
            let found = text
                .placeholders()
                .find(|placeholder| placeholder.position().is_some() == positional)?;
            Some(subject.within(words, found.range.clone()))
        })
    };
    if let (Some(numbered), Some(named)) = (find(true), find(false)) {
        diagnostics.push(
            Report::error(
                "template::variables_mixed",
                "a template has named or numbered variables, not both",
            )
            .at(numbered, "a number")
            .at(named, "a name")
            .help("give all of them names"),
        );
    }
}

/// Numbers count from one, in each text for itself.
pub(super) fn gap(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (part, words, text) in subject.texts() {
        let mut positions: Vec<usize> = text.placeholders().filter_map(|p| p.position()).collect();
        positions.sort_unstable();
        positions.dedup();
        let Some(missing) = (1..)
            .zip(&positions)
            .find_map(|(n, found)| (n != *found).then_some(n))
        else {
            continue;
        };
        if let Some(after) = text
            .placeholders()
            .find(|p| p.position().is_some_and(|found| found > missing))
        {
            diagnostics.push(
                Report::error(
                    "template::variable_gap",
                    format!(
                        "the {part} has `{{{{{}}}}}` but no `{{{{{missing}}}}}`",
                        after.name
                    ),
                )
                .at(
                    subject.within(words, after.range.clone()),
                    "numbers count from 1 without a gap",
                )
                .help("renumber the variables, or give them names"),
            );
        }
    }
}

/// A name stands once in each text.
pub(super) fn repeated(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (part, words, text) in subject.texts() {
        let all: Vec<_> = text.placeholders().collect();
        for (index, placeholder) in all.iter().enumerate() {
            let first = all[..index]
                .iter()
                .find(|first| first.name == placeholder.name);
            if let Some(first) = first.filter(|first| first.position().is_none()) {
                diagnostics.push(
                    Report::error(
                        "template::variable_repeated",
                        format!("`{}` stands twice in the {part}", placeholder.name),
                    )
                    .at(subject.within(words, placeholder.range.clone()), "again here")
                    .at(subject.within(words, first.range.clone()), "first here")
                    .help("Meta wants each name once in a text: give the second another name and fill both alike"),
                );
            }
        }
    }
}

/// A body begins and ends with words (Meta's error 2388299).
pub(super) fn at_edge(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let words = &subject.localised.body;
    let text = subject.localised.body_text();
    let (start, end) = (
        words.len() - words.trim_start().len(),
        words.trim_end().len(),
    );
    for placeholder in text.placeholders() {
        let edge = if placeholder.range.start == start {
            "begin"
        } else if placeholder.range.end == end {
            "end"
        } else {
            continue;
        };
        diagnostics.push(
            Report::error(
                "template::variable_at_edge",
                format!("a body cannot {edge} with a variable"),
            )
            .at(subject.within(words, placeholder.range.clone()), "")
            .help(if edge == "begin" {
                "put a word before it"
            } else {
                "put a word after it; a full stop may not be enough"
            }),
        );
    }
}

/// Words stand between variables.
pub(super) fn adjacent(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (_, words, text) in subject.texts() {
        let all: Vec<_> = text.placeholders().collect();
        for pair in all.windows(2) {
            let (end, start) = (pair[0].range.end, pair[1].range.start);
            let between = &words[end..start];
            let report = if between.is_empty() {
                Report::error(
                    "template::variables_adjacent",
                    "two variables stand side by side",
                )
            } else if between.trim().is_empty() {
                Report::warning(
                    "template::variables_adjacent",
                    "only white space stands between two variables",
                )
            } else {
                continue;
            };
            diagnostics.push(
                report
                    .at(
                        subject.within(words, pair[0].range.start..pair[1].range.end),
                        "",
                    )
                    .help("put a word between them, or make them one variable"),
            );
        }
    }
}

/// Enough words around the variables (Meta's error 2388293; the exact ratio is not published).
pub(super) fn density(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let body = &subject.localised.body;
    let text = subject.localised.body_text();
    let variables = text.names().len();
    if variables == 0 {
        return;
    }
    let words: usize = text
        .pieces()
        .iter()
        .map(|piece| match piece {
            Piece::Literal { text, .. } => count_words(text),
            Piece::Placeholder(_) | Piece::Malformed { .. } => 0,
        })
        .sum();
    let (least, advised) = (
        limits::least_words(variables),
        limits::ADVISED_WORDS_PER_VARIABLE * variables,
    );
    let plural = if variables == 1 {
        "variable"
    } else {
        "variables"
    };
    let counted = format!("{words} words around {variables} {plural}");
    let report = if words < least {
        Report::error(
            "template::variable_density",
            format!("{counted} are too few"),
        )
        .help(format!(
            "Meta wants a text that says something by itself: at least {least} words"
        ))
    } else if words < advised {
        Report::warning(
            "template::variable_density",
            format!("{counted} may be too few"),
        )
        .help(format!(
            "with {advised} words it is unlikely to be rejected for this"
        ))
    } else {
        return;
    };
    diagnostics.push(report.at(subject.at(body), ""));
}

/// Counts words; where a script has no spaces between them, letters.
fn count_words(text: &str) -> usize {
    let is_unspaced = |c: char| matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF);
    let spaced = text
        .split(|c: char| c.is_whitespace() || is_unspaced(c))
        .filter(|word| word.contains(char::is_alphanumeric))
        .count();
    spaced + text.chars().filter(|c| is_unspaced(*c)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_scripts_without_spaces_too() {
        assert_eq!(count_words("¿Cómo prefieres hablar? — 24/7"), 4);
        assert_eq!(count_words("您的订单已发货"), 7);
        assert_eq!(count_words(" , . "), 0);
    }
}
