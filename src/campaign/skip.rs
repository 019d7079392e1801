//! Why a contact is not messaged.
//!
//! A reason is a code, `variable_missing:first_name`, kept in the ledger and counted in the plan; it is reckoned anew at every
//! apply.

use std::fmt;

/// The reasons that the audience finds, each with a sentence for people.
pub const REASONS: &[(&str, &str)] = &[
    (SUPPRESSED, "the number stands on a suppression list"),
    (
        NO_OPT_IN,
        "the list shows no consent: the proof is empty, says no, or lies in the future",
    ),
    (
        VARIABLE_MISSING,
        "a variable of the template has no value and no default",
    ),
    (
        VARIABLE_FORMAT,
        "a variable's value has a line break, a tab or more than four spaces in a row",
    ),
    (
        VARIABLE_FAILED,
        "the expression of a variable cannot be reckoned with this contact's fields",
    ),
    (
        TEXT_TOO_LONG,
        "the text with the contact's values is longer than Meta allows",
    ),
    (
        NO_COMMON_HOUR,
        "the number may be in several time zones, and in none of the next 48 hours are all of them outside the quiet hours",
    ),
    (
        ZONE_UNKNOWN,
        "the number belongs to no country and the list gives no time zone, so that the quiet hours cannot be kept",
    ),
];

pub const SUPPRESSED: &str = "suppressed";
pub const NO_OPT_IN: &str = "no_opt_in";
/// Followed by the variable: `variable_missing:first_name`.
pub const VARIABLE_MISSING: &str = "variable_missing";
/// Followed by the variable.
pub const VARIABLE_FORMAT: &str = "variable_format";
/// Followed by the variable.
pub const VARIABLE_FAILED: &str = "variable_failed";
/// Followed by the part: `text_too_long:body`.
pub const TEXT_TOO_LONG: &str = "text_too_long";
pub const NO_COMMON_HOUR: &str = "no_common_hour";
pub const ZONE_UNKNOWN: &str = "zone_unknown";

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip(String);

impl Skip {
    #[must_use]
    pub fn new(code: &'static str) -> Self {
        Self(code.to_owned())
    }

    /// A reason that concerns one variable or one part of the message.
    #[must_use]
    pub fn of(code: &'static str, subject: &str) -> Self {
        Self(format!("{code}:{subject}"))
    }

    #[must_use]
    pub fn into_code(self) -> String {
        self.0
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the sentence for a code, with or without its subject.
#[must_use]
pub fn sentence(code: &str) -> Option<&'static str> {
    let bare = code.split(':').next().unwrap_or(code);
    let (_, sentence) = REASONS.iter().find(|(known, _)| *known == bare)?;
    Some(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_sentence_with_or_without_a_subject() {
        let skip = Skip::of(VARIABLE_MISSING, "first_name").into_code();
        assert_eq!(sentence(&skip), sentence(VARIABLE_MISSING));
        assert!(sentence(&skip).is_some());
        assert_eq!(sentence("out_of_bounds"), None);
    }
}
