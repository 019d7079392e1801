//! What the end of a request means: for its contact a settlement, for the run an effect.

use std::time::Duration;

use jiff::{Timestamp, TimestampArithmetic};

use super::{Cause, Halt};
use crate::campaign::judgement::Failed;
use crate::campaign::retry::Backoff;
use crate::meta::{Class, GraphError, SendOutcome};
use crate::store::Settled;

/// What is known of an attempt when its request has ended.
pub(super) struct Attempt<'a> {
    /// The attempt's number among those that count, from one.
    pub counted: u32,
    pub at: Timestamp,
    pub backoff: &'a Backoff,
    /// How often the limit towards this person was reached before in this run.
    pub pair_limits: u32,
}

impl Attempt<'_> {
    fn later(&self, wait: impl Into<TimestampArithmetic>) -> Timestamp {
        self.at.saturating_add(wait).unwrap_or(Timestamp::MAX)
    }
}

/// What a request's end means for the rest of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Meta took a message: whatever was wrong is over.
    Accepted,
    /// Nothing beyond this contact. It shows that the campaign's requests are right.
    Contact,
    /// Only this contact waits.
    Pair,
    /// Passes by itself; says nothing about the campaign's requests.
    Passing {
        reason: String,
    },
    SlowDown {
        reason: String,
    },
    NotSent {
        reason: String,
    },
    Unanswered {
        reason: String,
    },
    /// The request was wrong.
    Request {
        code: i64,
        reason: String,
    },
    RefuseCountry,
    HaltCampaign(Halt),
    HaltNumber(Halt),
}

impl Effect {
    /// Meta answered, whatever it said.
    pub(super) fn is_answer(&self) -> bool {
        !matches!(self, Self::NotSent { .. } | Self::Unanswered { .. })
    }

    /// Meta looked at the message itself.
    pub(super) fn shows_meta_at_work(&self) -> bool {
        self.is_answer() && !matches!(self, Self::Passing { .. } | Self::SlowDown { .. })
    }
}

/// Judges one outcome.
pub(super) fn judge(outcome: SendOutcome, attempt: &Attempt<'_>) -> (Settled, Effect) {
    match outcome {
        SendOutcome::Accepted {
            message_id,
            wa_id,
            message_status,
        } => (
            Settled::Accepted {
                message_id,
                wa_id,
                message_status,
            },
            Effect::Accepted,
        ),
        SendOutcome::Refused(error) => refused(&error, attempt),
        SendOutcome::NotSent { reason } => {
            (released(&reason, attempt.at), Effect::NotSent { reason })
        }
        SendOutcome::Uncertain { reason } => uncertain(reason),
    }
}

fn refused(error: &GraphError, attempt: &Attempt<'_>) -> (Settled, Effect) {
    let reason = error.to_string();
    let failed = Failed {
        code: Some(error.code),
        reason: &reason,
        counted: attempt.counted,
        at: attempt.at,
        backoff: attempt.backoff,
    };
    let verdict = error.verdict();
    let halt = |cause| Halt {
        cause,
        code: Some(error.code),
        reason: reason.clone(),
    };
    // Who is released because somebody else's door is closed is due again at once: the next run finds it open or
    // closed with its first requests.
    let waits = || released(&reason, attempt.at);
    // A code that keeps coming back is not what it was taken for at first.
    let class = verdict.class_after(failed.retries());
    match class {
        Class::Temporary => (
            failed.again(),
            Effect::Passing {
                reason: reason.clone(),
            },
        ),
        Class::Throttled => (
            waits(),
            Effect::SlowDown {
                reason: reason.clone(),
            },
        ),
        Class::ThrottledPair => (
            released(
                &reason,
                attempt.later(class.wait(attempt.pair_limits).unwrap_or_default()),
            ),
            Effect::Pair,
        ),
        Class::ContactLater => (failed.by_table(&verdict), Effect::Contact),
        Class::Contact => (failed.finally(), Effect::Contact),
        Class::ContactSuppress => (failed.suppressed(), Effect::Contact),
        Class::Country => (failed.finally(), Effect::RefuseCountry),
        Class::Template => (waits(), Effect::HaltCampaign(halt(Cause::Template))),
        Class::Number => (waits(), Effect::HaltNumber(halt(Cause::Number))),
        Class::Account => (waits(), Effect::HaltNumber(halt(Cause::Account))),
        Class::Request => (
            failed.finally(),
            Effect::Request {
                code: error.code,
                reason: reason.clone(),
            },
        ),
        Class::Uncertain => uncertain(reason),
    }
}

/// Puts a claim back whose request never left, or was put off.
pub(super) fn released(reason: &str, due_at: Timestamp) -> Settled {
    Settled::Released {
        reason: reason.to_owned(),
        due_at,
    }
}

pub(super) fn uncertain(reason: String) -> (Settled, Effect) {
    let settled = Settled::Uncertain {
        reason: reason.clone(),
    };
    (settled, Effect::Unanswered { reason })
}

/// Says why a request without an answer is uncertain.
pub(super) fn no_answer(after: Duration) -> SendOutcome {
    SendOutcome::Uncertain {
        reason: format!("no answer within {} s", after.as_secs_f64()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// An answer with a code of this class.
    pub(in super::super) fn refusal(class: Class) -> SendOutcome {
        let (status, code) = match class {
            Class::Temporary => (500, 131_016),
            Class::Throttled => (400, 130_429),
            Class::ThrottledPair => (400, 131_056),
            Class::ContactLater => (400, 131_049),
            Class::Contact => (400, 131_026),
            Class::ContactSuppress => (400, 131_050),
            Class::Country => (403, 130_497),
            Class::Template => (400, 132_015),
            Class::Number => (400, 133_010),
            Class::Account => (401, 190),
            Class::Request => (400, 100),
            Class::Uncertain => (500, 131_000),
        };
        refusal_with(status, code)
    }

    fn refusal_with(status: u16, code: i64) -> SendOutcome {
        let body = json!({ "error": {
            "message": "No",
            "code": code,
            "error_data": { "details": "because" },
            "fbtrace_id": "Abc",
        } });
        SendOutcome::Refused(GraphError::from_answer(status, &body).unwrap())
    }

    fn judged(class: Class, counted: u32) -> (Settled, Effect) {
        judged_with(refusal(class), counted)
    }

    fn judged_with(outcome: SendOutcome, counted: u32) -> (Settled, Effect) {
        let backoff = Backoff::default();
        let attempt = Attempt {
            counted,
            at: Timestamp::UNIX_EPOCH,
            backoff: &backoff,
            pair_limits: 2,
        };
        judge(outcome, &attempt)
    }

    /// The settlement in a few words: what, seconds until due again, suppressed.
    fn brief(settled: &Settled) -> (&'static str, Option<i64>, bool) {
        match settled {
            Settled::Accepted { .. } => ("accepted", None, false),
            Settled::Failed {
                retry_at, suppress, ..
            } => ("failed", retry_at.map(Timestamp::as_second), *suppress),
            Settled::Released { due_at, .. } => ("released", Some(due_at.as_second()), false),
            Settled::Uncertain { .. } => ("uncertain", None, false),
        }
    }

    #[test]
    fn every_class_has_its_settlement() {
        let table = [
            (Class::Temporary, 1, ("failed", Some(900), false)),
            (Class::Temporary, 9, ("failed", Some(6 * 3600), false)),
            (Class::Throttled, 1, ("released", Some(0), false)),
            (Class::ThrottledPair, 1, ("released", Some(16), false)),
            (Class::ContactLater, 1, ("failed", Some(86_400), false)),
            (Class::ContactLater, 2, ("failed", Some(3 * 86_400), false)),
            (Class::ContactLater, 3, ("failed", None, false)),
            (Class::Contact, 1, ("failed", None, false)),
            (Class::ContactSuppress, 1, ("failed", None, true)),
            (Class::Country, 1, ("failed", None, false)),
            (Class::Template, 1, ("released", Some(0), false)),
            (Class::Number, 1, ("released", Some(0), false)),
            (Class::Account, 1, ("released", Some(0), false)),
            (Class::Request, 1, ("failed", None, false)),
            (Class::Uncertain, 1, ("uncertain", None, false)),
        ];
        for (class, counted, expected) in table {
            let (settled, _) = judged(class, counted);
            assert_eq!(brief(&settled), expected, "{class:?}, attempt {counted}");
        }
    }

    #[test]
    fn scopes_halt_what_they_cover() {
        let campaign = |class| match judged(class, 1).1 {
            Effect::HaltCampaign(halt) => Some(halt.cause),
            _ => None,
        };
        let number = |class| match judged(class, 1).1 {
            Effect::HaltNumber(halt) => Some(halt.cause),
            _ => None,
        };
        assert_eq!(campaign(Class::Template), Some(Cause::Template));
        assert_eq!(number(Class::Number), Some(Cause::Number));
        assert_eq!(number(Class::Account), Some(Cause::Account));
    }

    #[test]
    fn an_unknown_code_is_tried_once_more() {
        let brief_of = |counted| brief(&judged_with(refusal_with(400, 987_654), counted).0);
        assert_eq!(brief_of(1), ("failed", Some(900), false));
        assert_eq!(brief_of(2), ("failed", None, false));
    }

    #[test]
    fn the_reason_carries_code_details_and_trace() {
        let (settled, _) = judged(Class::Contact, 1);
        let Settled::Failed { reason, .. } = settled else {
            unreachable!("judged as {settled:?}");
        };
        for part in ["131026", "because", "Abc"] {
            assert!(reason.contains(part), "{reason}");
        }
    }
}
