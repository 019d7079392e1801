//! What counts as a proof of consent.

use jiff::Timestamp;

use crate::resource::moment::Moment;

/// Tells whether a cell proves that the contact agreed: a time that is not in the future, or `true`, `yes`, `1`.
///
/// A time without an offset is taken for UTC. Whatever cannot be read proves nothing.
#[must_use]
pub fn is_proof(cell: &str, now: Timestamp) -> bool {
    let cell = cell.trim();
    if ["true", "yes", "1"]
        .iter()
        .any(|word| cell.eq_ignore_ascii_case(word))
    {
        return true;
    }
    Moment::parse(cell)
        .and_then(Moment::timestamp)
        // A time before 1970 is a default that some system wrote, not a day on which somebody agreed.
        .is_some_and(|at| at > Timestamp::UNIX_EPOCH && at <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_proof_in_november(cell: &str) -> bool {
        is_proof(cell, "2026-11-22T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_past_time_or_a_yes_is_a_proof() {
        for cell in [
            "true",
            "YES",
            " 1 ",
            "2026-11-22",
            "2026-11-22 09:59",
            "2026-11-22T12:00:00+02:00",
            "2026-11-22T10:00:00Z",
            "1763805600",
        ] {
            assert!(is_proof_in_november(cell), "{cell}");
        }
    }

    #[test]
    fn no_an_empty_cell_and_the_future_prove_nothing() {
        for cell in [
            "",
            " ",
            "false",
            "no",
            "0",
            "FALSE",
            "2026-11-23",
            "2026-11-22T10:00:01Z",
            "1795341601000",
            "0001-01-01",
            "1970-01-01",
            "0000000000",
            "05/02/2026",
            "unknown",
            "y",
            "-",
            "null",
        ] {
            assert!(!is_proof_in_november(cell), "{cell}");
        }
    }
}
