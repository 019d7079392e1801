//! What a drift means: the words between the engine, which finds it, and a kind, which knows what it comes to.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BudgetUse, FieldChange, Live, Refusal};
use crate::config::Address;
use crate::store::{Applied, Happening};

/// How a live object differs from what was last applied.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DriftClass {
    /// A managed field was changed by somebody.
    Edited,
    /// A field that Meta owns has changed.
    Moved,
    /// The object is gone.
    Missing,
}

/// One drift, with all that its kind needs to say what it means.
#[derive(Clone, Copy, Debug)]
pub struct Drifted<'a> {
    pub class: DriftClass,
    /// From what was applied to what is live.
    pub fields: &'a [FieldChange],
    pub last: &'a Applied,
    pub live: Option<&'a Live>,
    pub next: Next<'a>,
    /// What is declared and needs it.
    pub needed_by: &'a [&'a Address],
    /// What the ledger has heard of it since it was applied, latest first.
    pub happened: &'a [Happening],
    pub now: Timestamp,
}

/// What an apply would do with the object.
#[derive(Clone, Copy, Debug)]
pub enum Next<'a> {
    /// It is as declared, or nothing can be done from here.
    Nothing,
    /// It is written, using these rights.
    Write(&'a [BudgetUse]),
    /// It has left the configuration, and is let go.
    Forget,
    Refused(&'a Refusal),
    Waits(&'a str),
}

/// Since when something is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    pub at: Timestamp,
    /// Whether its owner told us when it happened; else it was read off the object.
    pub told: bool,
}

/// What a drift means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// A sentence each.
    pub sentences: Vec<String>,
    /// The command that mends it, without the program's name.
    pub mend: Option<String>,
    pub since: Option<Since>,
}

impl Meaning {
    pub(super) fn say(&mut self, sentence: impl Into<String>) {
        self.sentences.push(sentence.into());
    }

    /// Says what the next apply does about a managed difference, and that it is the way to mend it where it is.
    pub(super) fn put_back(&mut self, drifted: &Drifted<'_>) {
        let rights = |budgets: &[BudgetUse]| {
            let texts = budgets.iter().map(|budget| budget.text.as_str());
            let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
            match texts.as_slice() {
                [] => String::new(),
                texts => format!(" ({})", texts.join("; ")),
            }
        };
        match (drifted.next, drifted.class) {
            (Next::Write(budgets), DriftClass::Missing) => {
                self.say(format!("Apply makes it again{}.", rights(budgets)));
                self.mend = Some(apply(&drifted.last.address));
            }
            (Next::Write(budgets), _) => {
                self.say(format!(
                    "Apply puts back what is declared{}; to keep what is live, write it into the declaration instead.",
                    rights(budgets)
                ));
                self.mend = Some(apply(&drifted.last.address));
            }
            (Next::Nothing, DriftClass::Edited) => {
                self.say("The declaration says the same by now: apply takes note of it and writes nothing to Meta.");
                self.mend = Some(apply(&drifted.last.address));
            }
            (Next::Forget, _) => self.say("It is no longer declared: apply lets it go as it is."),
            (Next::Refused(refusal), _) => self.say(format!(
                "Apply cannot put it back now: {}; {}.",
                refusal.message, refusal.help
            )),
            (Next::Waits(reason), _) => {
                self.say(format!("Apply cannot put it back yet: {reason}."));
                self.mend = Some(apply(&drifted.last.address));
            }
            (Next::Nothing, _) => {}
        }
    }

    /// Notes when it happened: of several, the earliest, since the object differs from then on.
    pub(super) fn happened(&mut self, at: Timestamp, told: bool) {
        if self.since.is_none_or(|since| at < since.at) {
            self.since = Some(Since { at, told });
        }
    }
}

/// Returns the command that applies one address.
pub(super) fn apply(address: &Address) -> String {
    match address.index {
        // The shell would take the quotation marks for its own.
        Some(_) => format!("apply --target '{address}'"),
        None => format!("apply --target {address}"),
    }
}

/// Names addresses in a sentence; of many, the first.
pub(super) fn list(addresses: &[&Address]) -> String {
    match addresses {
        [] => String::new(),
        [one] => one.to_string(),
        [one, other] => format!("{one} and {other}"),
        [one, other, third] => format!("{one}, {other} and {third}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} more", rest.len()),
    }
}

/// Returns the difference of one fact, where there is one.
pub(super) fn fact(field: &str, before: &Value, after: &Value) -> FieldChange {
    let known = |value: &Value| (!value.is_null()).then(|| value.clone());
    FieldChange {
        field: field.to_owned(),
        before: known(before),
        after: known(after),
        forces_replacement: false,
    }
}
