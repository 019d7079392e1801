//! What halts sending, in a line.

use super::time::rfc3339;
use crate::sanitize;
use crate::store::{Halt, HaltCause, Scope};

/// Returns what is halted: `campaign.spring`, `template order_update/en_US`.
#[must_use]
pub fn subject(halt: &Halt) -> String {
    let subject = sanitize::line(&halt.subject);
    match halt.scope {
        Scope::Account => format!("account.{subject}"),
        Scope::Number => format!("the number with the id {subject}"),
        Scope::Template => format!("the template {subject}"),
        Scope::Campaign => format!("campaign.{subject}"),
    }
}

/// Returns a halt as a sentence, with who did it and what ends it.
#[must_use]
pub fn line(halt: &Halt) -> String {
    let Halt {
        code,
        reason,
        since,
        until,
        actor,
        cause,
        ..
    } = halt;
    let code = code.map(|code| format!("({code}) ")).unwrap_or_default();
    let ends = match (until, cause) {
        (Some(until), _) => format!("until {}", rfc3339(*until)),
        (None, HaltCause::Meta) => "until Meta lifts it, or `waform resume`".to_owned(),
        (None, HaltCause::Refused) => "until the next apply, or `waform resume`".to_owned(),
        (None, _) => "until `waform resume`".to_owned(),
    };
    format!(
        "{} since {} by {}: {code}{} ({ends})",
        subject(halt),
        rfc3339(*since),
        sanitize::line(actor),
        sanitize::line(reason)
    )
}

/// Says that a halt is over.
#[must_use]
pub fn lifted(halt: &Halt) -> String {
    format!(
        "{} goes on; it was halted since {} ({}: {}).\n",
        subject(halt),
        rfc3339(halt.since),
        halt.cause,
        sanitize::line(&halt.reason)
    )
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn halt(cause: HaltCause, until: Option<i64>) -> Halt {
        Halt {
            account: "main".to_owned(),
            scope: Scope::Template,
            subject: "offer/en_US".to_owned(),
            cause,
            code: Some(132_015),
            reason: "paused\u{1b}[2J".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            until: until.map(|second| Timestamp::from_second(second).unwrap()),
            actor: "Meta".to_owned(),
        }
    }

    #[test]
    fn a_halt_says_who_why_and_what_ends_it() {
        let text = line(&halt(HaltCause::Meta, None));
        assert!(text.starts_with(
            "the template offer/en_US since 1970-01-01T00:00:00Z by Meta: (132015) paused"
        ));
        assert!(
            text.ends_with("(until Meta lifts it, or `waform resume`)"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'));
        let timed = line(&halt(HaltCause::Refused, Some(3600)));
        assert!(timed.ends_with("(until 1970-01-01T01:00:00Z)"), "{timed}");
    }
}
