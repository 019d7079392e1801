//! What a failure means for its contact: the one place where the classes of Meta's errors become deeds, whether the error
//! came in an answer or, later, in a `failed` status.

use jiff::{Timestamp, TimestampArithmetic};

use super::retry::Backoff;
use crate::meta::{Class, Phase, Verdict, classify};
use crate::store::Settled;

/// What is known of an attempt that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed<'a> {
    /// Meta's code, where there was one.
    pub code: Option<i64>,
    pub reason: &'a str,
    /// The attempt's number among those that count, from one.
    pub counted: u32,
    /// When it failed: waits are reckoned from here.
    pub at: Timestamp,
    pub backoff: &'a Backoff,
}

impl Failed<'_> {
    fn later(&self, wait: impl Into<TimestampArithmetic>) -> Timestamp {
        self.at.saturating_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// How often it was tried before.
    pub(super) fn retries(&self) -> u32 {
        self.counted.saturating_sub(1)
    }

    fn settled(&self, retry_at: Option<Timestamp>, suppress: bool) -> Settled {
        Settled::Failed {
            code: self.code,
            reason: self.reason.to_owned(),
            retry_at,
            suppress,
        }
    }

    /// Tries again as the campaign waits.
    pub(super) fn again(&self) -> Settled {
        self.settled(Some(self.later(self.backoff.after(self.counted))), false)
    }

    /// Tries again as Meta's table waits, as long as it does.
    pub(super) fn by_table(&self, verdict: &Verdict) -> Settled {
        let wait = verdict.wait(self.retries());
        self.settled(wait.map(|wait| self.later(wait)), false)
    }

    /// For good.
    pub(super) fn finally(&self) -> Settled {
        self.settled(None, false)
    }

    /// For good, and never again.
    pub(super) fn suppressed(&self) -> Settled {
        self.settled(None, true)
    }

    /// Says what a `failed` status means. Meta had taken the message, so that nothing is uncertain: who failed for
    /// what is no fault of theirs (a paused template, a locked number, a limit) is tried again as the campaign waits, and
    /// what is halted by then keeps the retry waiting.
    pub(super) fn by_status(&self) -> Settled {
        // A number that is in no table is an unknown code.
        let code = self.code.unwrap_or(i64::MAX);
        let verdict = classify(code, None, None, Phase::Status);
        match verdict.class_after(self.retries()) {
            Class::Temporary
            | Class::Uncertain
            | Class::Throttled
            | Class::ThrottledPair
            | Class::Template
            | Class::Number
            | Class::Account => self.again(),
            Class::ContactLater => self.by_table(&verdict),
            Class::Contact | Class::Country | Class::Request => self.finally(),
            Class::ContactSuppress => self.suppressed(),
        }
    }
}

/// Says what a failure that was told by webhook means for its contact.
#[must_use]
pub fn of_status(
    code: Option<i64>,
    reason: &str,
    counted: u32,
    at: Timestamp,
    backoff: &Backoff,
) -> Settled {
    Failed {
        code,
        reason,
        counted,
        at,
        backoff,
    }
    .by_status()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it is tried again, after how many seconds, and whether the contact is suppressed.
    fn told(code: Option<i64>, counted: u32) -> (Option<i64>, bool) {
        match of_status(
            code,
            "because",
            counted,
            Timestamp::UNIX_EPOCH,
            &Backoff::default(),
        ) {
            Settled::Failed {
                retry_at, suppress, ..
            } => (retry_at.map(Timestamp::as_second), suppress),
            other => unreachable!("a status settles {other:?}"),
        }
    }

    #[test]
    fn a_failed_status_is_definitive_and_judged_by_the_tables() {
        let table = [
            // Uncertain in an answer, definitive here.
            (Some(131_000), 1, (Some(900), false)),
            (Some(131_000), 2, (Some(3600), false)),
            (Some(131_026), 1, (None, false)),
            (Some(131_047), 1, (None, false)),
            (Some(130_472), 1, (None, false)),
            (Some(131_049), 1, (Some(86_400), false)),
            (Some(131_049), 2, (Some(3 * 86_400), false)),
            (Some(131_049), 3, (None, false)),
            (Some(131_050), 1, (None, true)),
            (Some(130_403), 1, (None, true)),
            (Some(137_000), 1, (None, false)),
            // Not the contact's fault.
            (Some(132_015), 1, (Some(900), false)),
            (Some(131_048), 1, (Some(900), false)),
            (Some(131_042), 1, (Some(900), false)),
            (Some(130_429), 1, (Some(900), false)),
            // Unknown: once more, then for good.
            (Some(987_654), 1, (Some(900), false)),
            (Some(987_654), 2, (None, false)),
            (None, 1, (Some(900), false)),
            (None, 2, (None, false)),
        ];
        for (code, counted, expected) in table {
            assert_eq!(told(code, counted), expected, "{code:?}, attempt {counted}");
        }
    }
}
