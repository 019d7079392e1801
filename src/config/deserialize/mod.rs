//! From a block to a type, with all that is wrong in it.
//!
//! serde stops at the first error. So the offending key is taken out of the tree and reading is tried again, until
//! nothing is wrong or nothing more can be told. A missing key gets a stand-in ([`stand_in`]), so that what is missing behind
//! it is found too.

mod error;
mod stand_in;
mod tree;

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::de::{DeValue, ValueDeserializer};

use self::error::Fault;
use self::stand_in::StandIns;
use super::block::Block;
use super::diagnostic::{Diagnostics, Report};
use super::nearest::nearest;

type Value = toml::Spanned<DeValue<'static>>;

/// No block has more mistakes than somebody wants to read at once.
const MOST_ERRORS: usize = 50;

/// Tries over all: each stand-in may take several.
const MOST_TRIES: usize = 400;

/// Reads a block as `T`; unknown keys, wrong types and missing keys are reported at their places and give `None`.
pub fn deserialize<T: DeserializeOwned>(block: &Block, diagnostics: &mut Diagnostics) -> Option<T> {
    let mut reading = Reading {
        block,
        value: block.value.clone(),
        stand_ins: StandIns::default(),
        diagnostics,
        reported: 0,
    };
    for _ in 0..MOST_TRIES {
        let failure = match read::<T>(&reading.value) {
            Ok(value) => return (reading.reported == 0).then_some(value),
            Err(failure) => failure,
        };
        if reading.reported >= MOST_ERRORS || !reading.mend(&failure, &is_choice::<T>) {
            break;
        }
    }
    None
}

/// What serde said, and where.
struct Failure {
    message: String,
    span: Option<Range<usize>>,
    /// The element of the innermost array on the way to the error.
    element: Option<usize>,
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    let deserializer = ValueDeserializer::from(value.clone());
    serde_path_to_error::deserialize(deserializer).map_err(|error| Failure {
        element: error.path().iter().filter_map(index).next_back(),
        span: error.inner().span(),
        message: error.inner().message().to_owned(),
    })
}

fn index(segment: &Segment) -> Option<usize> {
    match segment {
        Segment::Seq { index } => Some(*index),
        _ => None,
    }
}

/// Tells whether a table is wanted where a string of unknown meaning stands: `source = "a.csv"` for `{ csv = "a.csv" }`.
///
/// serde tells apart a choice of words and a choice of keys only when the word is right.
fn is_choice<T: DeserializeOwned>(value: &Value, span: &Range<usize>, word: &str) -> bool {
    let mut value = value.clone();
    tree::replace(&mut value, span, word)
        && read::<T>(&value)
            .err()
            .is_some_and(|failure| Fault::new(&failure.message).is_bare_choice())
}

struct Reading<'a> {
    block: &'a Block,
    value: Value,
    stand_ins: StandIns,
    diagnostics: &'a mut Diagnostics,
    reported: usize,
}

impl Reading<'_> {
    /// Reports an error and takes its cause out of the tree; tells whether another try can tell more.
    fn mend(
        &mut self,
        failure: &Failure,
        is_choice: &dyn Fn(&Value, &Range<usize>, &str) -> bool,
    ) -> bool {
        let span = failure.span.clone().unwrap_or_else(|| self.value.span());
        // The toml crate gives what is wrong in an array the place of the whole array.
        let span = failure
            .element
            .and_then(|element| tree::element(&mut self.value, &span, element))
            .unwrap_or(span);
        if stand_in::is_one(&span) {
            return self.stand_ins.another(&mut self.value, &span);
        }
        let found = tree::find(&mut self.value, &span);
        let mut fault = Fault::new(&failure.message);
        if let (Fault::Type { text: true, .. }, Some(text)) =
            (&fault, self.block.inserted.get(&span.start))
            && tree::replace(&mut self.value, &span, text)
        {
            return true;
        }
        if let Fault::Missing(key) = fault {
            if !self.stand_ins.is_taken_out(&span, key) {
                self.report(fault.report(self.block, &span, &found));
            }
            return self.stand_ins.put(&mut self.value, &span, key);
        }
        if let Fault::UnknownValue { known, .. } = &fault
            && let Some(word) = known.first().copied()
            && is_choice(&self.value, &span, word)
        {
            fault = Fault::BareChoice(Some(word));
        }
        if fault == Fault::SecretLiteral {
            self.diagnostics.hide(self.block.place(span.clone()));
        }
        if fault.is_secret_key()
            && let Some(value) = &found.value_of_key
        {
            self.diagnostics.hide(self.block.place(value.clone()));
        }
        // `{ cvs = "x" }` is empty once its misspelt key is out, and that has been reported.
        let emptied = matches!(fault, Fault::Choice | Fault::SecretReference(_))
            && self.stand_ins.has_taken_from(&span);
        if !emptied {
            self.report(fault.report(self.block, &span, &found));
        }
        let Some((table, key)) = tree::take_out(&mut self.value, &span) else {
            return false;
        };
        if let Fault::UnknownKey { key, known } = &fault
            && let Some(meant) = nearest(key, known.iter().copied())
        {
            self.stand_ins.took_out(table.clone(), meant.to_owned());
        }
        self.stand_ins.took_out(table, key);
        true
    }

    fn report(&mut self, report: Report) {
        self.reported += 1;
        self.diagnostics.push(report);
    }
}

#[cfg(test)]
mod tests;
