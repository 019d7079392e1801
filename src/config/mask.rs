//! Finds what may be a secret in a configuration file, so that no snippet shows it.
//!
//! This reads text, not TOML: a token pasted beside a syntax error, under a misspelt key or into a comment is hidden
//! too. It hides rather too much than too little; what is hidden changes nothing about how the file is read.

use std::ops::Range;

use super::diagnostic::{Diagnostics, Report};
use super::place::{Source, Sources};

/// Parts of a key that name a secret.
const KEYS: [&str; 8] = [
    "token",
    "secret",
    "password",
    "passwd",
    "credential",
    "api_key",
    "private_key",
    "auth",
];

/// Beginnings of tokens that need no key to be known: Meta's, and Slack's, GitHub's and Stripe's beside them.
const PREFIXES: [&str; 6] = ["EAA", "xoxb-", "xoxp-", "ghp_", "github_pat_", "sk_live_"];

/// What stands in a sentence for a secret.
pub(super) const HIDDEN: &str = "***";

/// A token is at least this long; shorter ones of the same beginning are words.
const TOKEN_LENGTH: usize = 20;

/// Returns the ranges of `text` that may hold a secret, in order.
#[must_use]
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = tokens(text);
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        found.extend(values(line, text, offset));
        offset += line.len();
    }
    found.sort_by_key(|range| (range.start, range.end));
    found
}

impl Sources {
    /// Hides what was found to be a secret, in the sources and in the words of the reports.
    ///
    /// Call it when the last check has run, before anything is shown.
    pub fn conceal(&mut self, diagnostics: &mut Diagnostics) {
        for place in diagnostics.take_secrets() {
            let source = self.get_mut(place.source);
            // Not the quotes: they show where the text begins and ends.
            let written = source.text.get(place.start..place.end).unwrap_or("");
            let range = string_at(written, 0).map_or(place.start..place.end, |inside| {
                place.start + inside.start..place.start + inside.end
            });
            if !source.secrets.contains(&range) {
                source.secrets.push(range);
            }
        }
        for report in diagnostics.reports_mut() {
            self.clean(report);
        }
    }

    /// Takes secrets of the sources out of a report's words.
    pub(crate) fn clean(&self, report: &mut Report) {
        for (_, source) in self.iter() {
            for secret in source.secrets() {
                let hide = |text: &mut String| {
                    if text.contains(secret) {
                        *text = text.replace(secret, HIDDEN);
                    }
                };
                hide(&mut report.message);
                report.help.iter_mut().for_each(hide);
                report
                    .labels
                    .iter_mut()
                    .map(|label| &mut label.text)
                    .for_each(hide);
            }
        }
    }
}

impl Source {
    /// Returns the text with every byte of a secret starred; all offsets stay.
    #[must_use]
    pub(super) fn masked(&self) -> String {
        let mut masked = String::with_capacity(self.text.len());
        for (at, c) in self.text.char_indices() {
            let hidden = c != '\n' && self.secrets.iter().any(|range| range.contains(&at));
            if hidden {
                masked.extend(std::iter::repeat_n('*', c.len_utf8()));
            } else {
                masked.push(c);
            }
        }
        masked
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets
            .iter()
            .filter_map(|range| self.text.get(range.clone()))
            .map(str::trim)
            // A secret of a few letters would be found in ordinary words.
            .filter(|secret| secret.len() >= 4)
    }
}

/// Tells whether a word is a token, not a name.
#[must_use]
pub(super) fn is_token(word: &str) -> bool {
    PREFIXES.iter().any(|prefix| word.starts_with(prefix)) && word.len() >= TOKEN_LENGTH
        || is_random(word)
}

/// Long, without spaces, of small and capital letters and digits: no one names a thing like this.
fn is_random(word: &str) -> bool {
    word.len() >= 32
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.+/=|".contains(c))
        && word.chars().any(|c| c.is_ascii_digit())
        && word.chars().any(|c| c.is_ascii_lowercase())
        && word.chars().any(|c| c.is_ascii_uppercase())
}

fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '|';
    for (at, c) in text
        .char_indices()
        .chain(std::iter::once((text.len(), ' ')))
    {
        match (part(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if is_token(&text[from..at]) {
                    found.push(from..at);
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// Tells whether a key names a secret.
pub(super) fn is_telling(key: &str) -> bool {
    let key = key.to_lowercase().replace('-', "_");
    KEYS.iter().any(|part| key.contains(part)) && !key.starts_with("author")
}

/// Finds strings that are given to a key with a telling name: `token = "..."`, also inside inline tables.
fn values(line: &str, text: &str, offset: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(equals) = line[from..].find('=').map(|at| at + from) {
        from = equals + 1;
        let key: String = line[..equals]
            .trim_end()
            .trim_end_matches(['"', '\''])
            .chars()
            .rev()
            .take_while(|c| c.is_alphanumeric() || "_-".contains(*c))
            .collect();
        let key: String = key.chars().rev().collect();
        if !is_telling(&key) {
            continue;
        }
        let value = offset + from + (line[from..].len() - line[from..].trim_start().len());
        found.extend(string_at(text, value));
    }
    found
}

/// Returns the inside of the string that begins at `start`; one that is never closed ends with its line.
fn string_at(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    let quotes = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quotes| rest.starts_with(quotes));
    let Some(quotes) = quotes else {
        // A bare word is no TOML, and a token without quotes is still a token.
        let end = rest
            .find(|c: char| c.is_whitespace() || ",}]#".contains(c))
            .unwrap_or(rest.len());
        let bare = !rest.starts_with(['{', '[']) && end >= 8;
        return bare.then(|| start..start + end);
    };
    let inside = &rest[quotes.len()..];
    let line_end = inside.find('\n').unwrap_or(inside.len());
    let end = match inside.find(quotes) {
        Some(end) if quotes.len() == 3 || end <= line_end => end,
        _ => line_end,
    };
    let from = start + quotes.len();
    (end > 0).then(|| from..from + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn values_of_telling_keys_are_hidden() {
        assert_eq!(hidden("access_token = \"abc\""), ["abc"]);
        assert_eq!(hidden("acess-token='abc' # x"), ["abc"]);
        assert_eq!(
            hidden("x = { auth_token = \"abc\", from = \"b\" }"),
            ["abc"]
        );
        assert_eq!(hidden("password = \"\"\"\na\nb\"\"\"\nc = 1"), ["\na\nb"]);
    }

    #[test]
    fn a_broken_string_is_hidden_to_the_end_of_its_line() {
        assert_eq!(hidden("secret = \"abc\nfrom = \"x\""), ["abc"]);
        assert_eq!(hidden("app_secret = abcdefgh12"), ["abcdefgh12"]);
    }

    #[test]
    fn tokens_are_hidden_wherever_they_stand() {
        let token = "EAAGm0PX4ZCpsBAKZCZBZBzZA";
        assert_eq!(
            hidden(&format!("# {token}\nwaba_id = \"{token}\"")),
            [token, token]
        );
    }

    #[test]
    fn references_and_plain_text_stay() {
        assert!(hidden("access_token = { env = \"WHATSAPP_ACCESS_TOKEN\" }").is_empty());
        assert!(
            hidden("body = \"Hello {{first_name}}\"\nwaba_id = \"102290129340398\"").is_empty()
        );
    }
}
