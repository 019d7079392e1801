//! How many buttons, in which order, with which labels.

use super::Subject;
use crate::config::{Diagnostics, Report, Spanned};
use crate::resource::template::canonical::phone_number as canonical_number;
use crate::resource::template::text::{Piece, Text};
use crate::resource::template::{LocalButton, limits};

/// Returns a string of a button that shows where the button is.
fn mark(button: &LocalButton) -> &Spanned<String> {
    match button {
        LocalButton::CopyCode { example } => example,
        LocalButton::QuickReply { text, .. }
        | LocalButton::Url { text, .. }
        | LocalButton::PhoneNumber { text, .. } => text,
    }
}

/// Ten in all, and fewer of some kinds.
pub(super) fn count(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let buttons = &subject.localised.buttons;
    let mut most = |what: &str, limit: usize, of: &dyn Fn(&LocalButton) -> bool| {
        let found: Vec<&LocalButton> = buttons.iter().filter(|button| of(button)).collect();
        if let Some(extra) = found.get(limit) {
            diagnostics.push(
                Report::error(
                    "template::button_count",
                    format!("{} {what}, {limit} allowed", found.len()),
                )
                .at(subject.at(mark(extra)), "one too many"),
            );
        }
    };
    most("buttons", limits::BUTTONS, &|_| true);
    most("links", limits::URL_BUTTONS, &|button| {
        matches!(button, LocalButton::Url { .. })
    });
    most("phone buttons", limits::PHONE_BUTTONS, &|button| {
        matches!(button, LocalButton::PhoneNumber { .. })
    });
    most("codes to copy", limits::COPY_CODE_BUTTONS, &|button| {
        matches!(button, LocalButton::CopyCode { .. })
    });
}

/// Short, one line, the same for everybody.
pub(super) fn label(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for label in subject
        .localised
        .buttons
        .iter()
        .filter_map(LocalButton::label)
    {
        let length = label.chars().count();
        let problem = if label.trim().is_empty() {
            "a button needs a label".to_owned()
        } else if length > limits::BUTTON_LABEL {
            format!(
                "the label has {length} characters, {} are allowed",
                limits::BUTTON_LABEL
            )
        } else if label.contains('\n') {
            "a label is one line".to_owned()
        } else if Text::parse(label)
            .pieces()
            .iter()
            .any(|piece| !matches!(piece, Piece::Literal { .. }))
        {
            "a label has no variables".to_owned()
        } else {
            continue;
        };
        diagnostics
            .push(Report::error("template::button_label", problem).at(subject.at(label), ""));
    }
}

/// Quick replies stand together, all first or all last.
pub(super) fn grouping(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let buttons = &subject.localised.buttons;
    let is_reply = |button: &LocalButton| matches!(button, LocalButton::QuickReply { .. });
    let changes: Vec<usize> = (1..buttons.len())
        .filter(|index| is_reply(&buttons[*index]) != is_reply(&buttons[index - 1]))
        .collect();
    if let [_, second, ..] = changes[..] {
        diagnostics.push(
            Report::error(
                "template::button_grouping",
                "quick replies must stand together, before or after all other buttons",
            )
            .at(subject.at(mark(&buttons[second])), "breaks the group")
            .help("Meta refuses a mixed order: move the quick replies to the start or to the end"),
        );
    }
}

/// What comes back must tell which button was tapped.
pub(super) fn duplicates(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let replies: Vec<_> = subject
        .localised
        .buttons
        .iter()
        .filter_map(|button| match button {
            LocalButton::QuickReply { text, id } => Some((text, id)),
            _ => None,
        })
        .collect();
    for (index, (text, id)) in replies.iter().enumerate() {
        let earlier = &replies[..index];
        let (code, what, again, first) = if let Some((first, _)) =
            earlier.iter().find(|(other, _)| other.get() == text.get())
        {
            ("template::button_label_twice", "label", text, first)
        } else if let Some((_, first)) = earlier.iter().find(|(_, other)| other.get() == id.get()) {
            ("template::button_id_twice", "id", id, first)
        } else {
            continue;
        };
        diagnostics.push(
            Report::error(
                code,
                format!("two quick replies have the {what} `{}`", again.get()),
            )
            .at(subject.at(again), "again here")
            .at(subject.at(first), "first here"),
        );
    }
}

/// Digits, with a prefix.
pub(super) fn phone_number(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for button in &subject.localised.buttons {
        let LocalButton::PhoneNumber {
            phone_number: words,
            ..
        } = button
        else {
            continue;
        };
        let number = canonical_number(words);
        let digits = &number[1..];
        let problem = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("`{}` is not a phone number", words.get())
        } else if digits.len() > limits::PHONE_DIGITS {
            format!(
                "a number has {} digits at most, this one {}",
                limits::PHONE_DIGITS,
                digits.len()
            )
        } else if digits.starts_with('0') {
            "the number has no country prefix".to_owned()
        } else {
            continue;
        };
        diagnostics.push(
            Report::error("template::button_phone_number", problem)
                .at(subject.at(words), "")
                .help("write it with its prefix: `+15550051310`"),
        );
    }
}

/// Meta's pages disagree on the length of a code.
pub(super) fn copy_code(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for button in &subject.localised.buttons {
        let LocalButton::CopyCode { example } = button else {
            continue;
        };
        let length = example.chars().count();
        let report = if length == 0 || length > limits::COPY_CODE {
            Report::error(
                "template::copy_code",
                format!(
                    "a code has 1 to {} characters, this one {length}",
                    limits::COPY_CODE
                ),
            )
        } else if length > limits::COPY_CODE_SAFE {
            Report::warning(
                "template::copy_code",
                format!(
                    "some of Meta's pages allow {} characters only, this code has {length}",
                    limits::COPY_CODE_SAFE
                ),
            )
        } else {
            continue;
        };
        diagnostics.push(report.at(subject.at(example), ""));
    }
}
