//! One row of the tables.

use super::{Class, Pace, Phase, Verdict};

/// A code or a run of codes, and what is known of it.
pub(super) struct Row {
    first: i64,
    last: i64,
    subcodes: &'static [i64],
    /// Meta answers it as subcode of 100 as well as by itself.
    is_management: bool,
    class: Class,
    in_status: Option<Class>,
    retries: Option<(u32, Class)>,
    pace: Option<Pace>,
    meaning: &'static str,
    advice: Option<&'static str>,
}

pub(super) const fn codes(first: i64, last: i64, class: Class, meaning: &'static str) -> Row {
    Row {
        first,
        last,
        subcodes: &[],
        is_management: false,
        class,
        in_status: None,
        retries: None,
        pace: None,
        meaning,
        advice: None,
    }
}

pub(super) const fn code(code: i64, class: Class, meaning: &'static str) -> Row {
    codes(code, code, class, meaning)
}

/// A code of template and number management; always the request's fault.
pub(super) const fn management(first: i64, last: i64, meaning: &'static str) -> Row {
    Row {
        is_management: true,
        ..codes(first, last, Class::Request, meaning)
    }
}

impl Row {
    pub(super) const fn subcodes(self, subcodes: &'static [i64]) -> Self {
        Self { subcodes, ..self }
    }

    pub(super) const fn advice(self, advice: &'static str) -> Self {
        Self {
            advice: Some(advice),
            ..self
        }
    }

    /// The class in a `failed` status, where it is another.
    pub(super) const fn in_status(self, class: Class) -> Self {
        Self {
            in_status: Some(class),
            ..self
        }
    }

    pub(super) const fn retries(self, retries: u32, finally: Class) -> Self {
        Self {
            retries: Some((retries, finally)),
            ..self
        }
    }

    pub(super) const fn every(self, first: u64, longest: u64) -> Self {
        Self {
            pace: Some(Pace::seconds(first, 2, longest)),
            ..self
        }
    }

    pub(super) fn matches(&self, code: i64, subcode: Option<i64>) -> bool {
        let covers = |number: i64| (self.first..=self.last).contains(&number);
        if self.is_management && code == 100 {
            return subcode.is_some_and(covers);
        }
        covers(code)
            && (self.subcodes.is_empty()
                || subcode.is_some_and(|subcode| self.subcodes.contains(&subcode)))
    }

    pub(super) fn verdict(&self, phase: Phase) -> Verdict {
        let class = match (phase, self.in_status) {
            (Phase::Status, Some(class)) => class,
            _ => self.class,
        };
        Verdict {
            class,
            known: true,
            retries: self.retries.map(|(retries, _)| retries),
            finally: self.retries.map_or(class, |(_, finally)| finally),
            meaning: self.meaning,
            advice: self.advice,
            pace: self.pace,
        }
    }

    #[cfg(test)]
    pub(super) fn span(&self) -> (i64, i64, &'static [i64]) {
        (self.first, self.last, self.subcodes)
    }
}
