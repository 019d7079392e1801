//! Syntax errors of TOML, in words that help somebody who does not know TOML's grammar.

use toml::de::Error;

use super::diagnostic::Report;
use super::place::Place;

/// Mistakes that are often made, by how the parser names them.
const HELP: [(&str, &str); 5] = [
    (
        "invalid boolean",
        "text stands in quotes: `name = \"text\"`; only true, false, numbers and dates go without",
    ),
    (
        "duplicate key",
        "each key and each table header stands once; give the second another name or join the two",
    ),
    ("extra comma", "remove the second comma"),
    (
        "invalid basic string",
        "close the string on its line with `\"`; text of several lines stands between `\"\"\"` and `\"\"\"`",
    ),
    (
        "invalid table header",
        "a table header stands alone on its line: `[campaign.spring]`",
    ),
];

/// What the parser says of a word without quotes, and of none at all.
const BARE: &str = "string values must be quoted";

/// Returns what is said about a syntax error.
pub(super) fn report(error: &Error, place: Place, text: &str) -> Report {
    let message = error.message().trim();
    let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
    let written = text.get(place.start..place.end).unwrap_or_default();
    if first.starts_with(BARE) {
        let (message, help) = if written.trim().is_empty() {
            (
                "no value stands here",
                "write a value behind `=`, or remove the line",
            )
        } else {
            (
                "text stands in quotes",
                "write `name = \"text\"`; only true, false, numbers and dates go without quotes",
            )
        };
        return Report::error("config::syntax", message)
            .at(widen(place, text), "")
            .help(help);
    }
    let folded = message.to_lowercase();
    let help = HELP
        .iter()
        .find(|(part, _)| folded.contains(part))
        .map(|(_, help)| (*help).to_owned());
    let expected = rest.trim().replace('\n', "; ");
    let mut report =
        Report::error("config::syntax", lower_first(first)).at(widen(place, text), expected);
    report.help = help;
    report
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

/// An error at nothing (a missing quote at the end of a line) is shown on the character before it.
fn widen(mut place: Place, text: &str) -> Place {
    if place.start == place.end && place.start > 0 {
        place.start = text.floor_char_boundary(place.start - 1);
    }
    place
}
