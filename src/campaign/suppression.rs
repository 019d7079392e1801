//! Who must not be messaged, as the suppression files say.

use std::io;

use super::contacts::{Problem, Reader, RowError};
use crate::phone_number::{PhoneNumber, Region};

/// Numbers that must not be messaged; eight bytes each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// Sorted; digits of E.164.
    numbers: Vec<u64>,
}

impl Suppressed {
    /// Adds all numbers of a file; rows that cannot be read are handed to `report`.
    ///
    /// # Errors
    /// Where the file cannot be read to its end.
    pub(super) fn read(
        &mut self,
        mut reader: Reader,
        column: usize,
        region: Option<Region>,
        file: &str,
        report: &mut dyn FnMut(RowError),
    ) -> io::Result<u64> {
        let mut rows = 0;
        let mut report = |line, problem| {
            report(RowError {
                file: file.to_owned(),
                line,
                problem,
            });
        };
        while let Some(row) = reader.read_row()? {
            rows += 1;
            match row {
                Err((line, problem)) => report(line, problem),
                Ok(row) => match PhoneNumber::parse(row.cell(column), region) {
                    Ok(number) => self.numbers.push(number.digits()),
                    Err(error) => report(row.line, Problem::Number(error)),
                },
            }
        }
        Ok(rows)
    }

    /// Makes the numbers ready to be asked for.
    pub(super) fn finish(&mut self) {
        self.numbers.sort_unstable();
        self.numbers.dedup();
    }

    #[must_use]
    pub fn contains(&self, number: &PhoneNumber) -> bool {
        self.numbers.binary_search(&number.digits()).is_ok()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}
