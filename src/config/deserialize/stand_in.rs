//! Stand-ins for keys that are missing or were taken out, so that reading can go on behind them.
//!
//! A stand-in is known by its span, which no file can have. What is wrong with a stand-in is nobody's mistake: the next
//! candidate is tried, until one fits or all have been.

use std::ops::Range;

use toml::de::DeValue;

use super::tree;

type Value = toml::Spanned<DeValue<'static>>;

/// Values of the forms that configuration keys have, the most frequent first.
const CANDIDATES: [&str; 12] = [
    "\"\"",
    "{ env = 'X' }",
    "1",
    "[]",
    "{}",
    "\"1s\"",
    "\"1/s\"",
    "\"00:00\"",
    "{ csv = '' }",
    "{ text = '' }",
    "true",
    "2000-01-01T00:00:00Z",
];

/// No file is this long; spans from here on belong to stand-ins.
const FIRST: usize = usize::MAX / 2;

#[derive(Debug, Default)]
pub(super) struct StandIns {
    put: Vec<StandIn>,
    taken_out: Vec<(Range<usize>, String)>,
}

#[derive(Debug)]
struct StandIn {
    table: Range<usize>,
    key: String,
    candidate: usize,
}

/// Tells whether a span belongs to a stand-in.
pub(super) fn is_one(span: &Range<usize>) -> bool {
    span.start >= FIRST
}

impl StandIns {
    /// Remembers that a key was there, but wrong: that it is missing now is no second error.
    pub(super) fn took_out(&mut self, table: Range<usize>, key: String) {
        self.taken_out.push((table, key));
    }

    pub(super) fn is_taken_out(&self, table: &Range<usize>, key: &str) -> bool {
        self.taken_out
            .iter()
            .any(|(from, taken)| from == table && taken == key)
    }

    /// Tells whether any key was taken out of a table.
    pub(super) fn has_taken_from(&self, table: &Range<usize>) -> bool {
        self.taken_out.iter().any(|(from, _)| from == table)
    }

    /// Puts a first stand-in for `key` into the table at `table`.
    pub(super) fn put(&mut self, root: &mut Value, table: &Range<usize>, key: &str) -> bool {
        self.put.push(StandIn {
            table: table.clone(),
            key: key.to_owned(),
            candidate: 0,
        });
        self.place(root, self.put.len() - 1)
    }

    /// Tries the next candidate for the stand-in at `span`.
    pub(super) fn another(&mut self, root: &mut Value, span: &Range<usize>) -> bool {
        let at = span.start - FIRST;
        match self.put.get_mut(at) {
            Some(stand_in) if stand_in.candidate + 1 < CANDIDATES.len() => {
                stand_in.candidate += 1;
                self.place(root, at)
            }
            _ => false,
        }
    }

    fn place(&self, root: &mut Value, at: usize) -> bool {
        let stand_in = &self.put[at];
        let mut value = DeValue::parse(CANDIDATES[stand_in.candidate])
            .expect("the candidates are TOML")
            .into_inner();
        let span = FIRST + at..FIRST + at;
        respan(&mut value, &span);
        let entry = toml::Spanned::new(span, value);
        tree::put(root, &stand_in.table, &stand_in.key, &entry)
    }
}

/// Gives all inside a stand-in the stand-in's span.
fn respan(value: &mut DeValue<'static>, span: &Range<usize>) {
    if let DeValue::Table(table) = value {
        *table = std::mem::take(table)
            .into_iter()
            .map(|(key, value)| {
                let mut value = value.into_inner();
                respan(&mut value, span);
                (
                    toml::Spanned::new(span.clone(), key.into_inner()),
                    toml::Spanned::new(span.clone(), value),
                )
            })
            .collect();
    }
}
