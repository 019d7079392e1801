//! What the tables do not tell: receivers, webhooks that wait, numbers that could not be reached.

use jiff::{SignedDuration, Timestamp};

use super::{COUNTED, ReceiverStatus, Status};
use crate::render::count;
use crate::render::time::rfc3339;

/// A receiver gives a sign of life every 10 seconds; one that has been silent for longer than this has gone.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// As it should be, or nobody's fault.
    Fact,
    /// To be looked at.
    Doubt,
    /// Something is lost, or will be, until somebody acts.
    Alarm,
}

/// A sentence about an account, or about all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub weight: Weight,
    pub text: String,
}

impl Note {
    fn new(weight: Weight, text: String) -> Self {
        Self { weight, text }
    }
}

/// Returns what is to be said beside the tables. Text from outside is not made safe yet.
#[must_use]
pub fn notes(status: &Status) -> Vec<Note> {
    let receivers = status.receivers.iter();
    let mut notes: Vec<Note> = receivers
        .filter_map(|receiver| received(receiver, status.now))
        .collect();
    if status.inbox > 0 {
        let waiting = count::of(status.inbox, "webhook waits", "webhooks wait");
        notes.push(Note::new(Weight::Fact, format!("{waiting} to be read")));
    }
    if status.dead_letters > 0 {
        let dead = bounded(status.dead_letters, "webhook", "webhooks");
        notes.push(Note::new(
            Weight::Alarm,
            format!("{dead} could not be read; kept as dead letters, to be read again or dropped"),
        ));
    }
    for account in &status.without_person {
        notes.push(Note::new(
            Weight::Doubt,
            format!(
                "account.{account}: what answers people there leads them to no person; Meta's policy wants a way. Declare \
                 `[handoff.desk]` (`waform explain handoff::no_person`)"
            ),
        ));
    }
    for (account, suspects) in status.suspects.iter().filter(|(_, count)| **count > 0) {
        let numbers = bounded(*suspects, "number", "numbers");
        notes.push(Note::new(
            Weight::Fact,
            format!(
                "account.{account}: {numbers} could not be reached on WhatsApp (131026); some may be on it all the same"
            ),
        ));
    }
    notes
}

fn received(receiver: &ReceiverStatus, now: Timestamp) -> Option<Note> {
    let account = &receiver.account;
    let (Some(since), Some(last)) = (receiver.since, receiver.last) else {
        return receiver.is_needed.then(|| {
            let told = "no receiver has run: delivery statuses are not known. Run `waform serve`";
            Note::new(Weight::Alarm, format!("account.{account}: {told}"))
        });
    };
    let silence = now.duration_since(last);
    let ago = count::roughly(silence);
    Some(if silence > PATIENCE {
        // Meta repeats a webhook for up to 7 days (webhooks overview, September 2026).
        let told = "what happened since then waits at Meta, for 7 days at most. Run `waform serve`";
        let last = rfc3339(last);
        Note::new(
            Weight::Alarm,
            format!("account.{account}: the receiver is silent since {last} ({ago} ago): {told}"),
        )
    } else {
        let since = rfc3339(since);
        Note::new(
            Weight::Fact,
            format!(
                "account.{account}: the receiver runs since {since}; last sign of life {ago} ago"
            ),
        )
    })
}

/// A count that may have ended early.
fn bounded(number: u64, one: &str, many: &str) -> String {
    if number >= COUNTED {
        return format!("{} or more {many}", count::grouped(number));
    }
    count::of(number, one, many)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(since: Option<i64>, last: Option<i64>, is_needed: bool) -> Option<(Weight, String)> {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let ago = |seconds: i64| now - SignedDuration::from_secs(seconds);
        let receiver = ReceiverStatus {
            account: "main".to_owned(),
            since: since.map(ago),
            last: last.map(ago),
            is_needed,
        };
        received(&receiver, now).map(|note| (note.weight, note.text))
    }

    #[test]
    fn a_receiver_that_never_ran_matters_once_something_was_sent() {
        assert_eq!(note(None, None, false), None);
        let (weight, text) = note(None, None, true).unwrap();
        assert_eq!(weight, Weight::Alarm);
        assert!(text.contains("no receiver has run: delivery statuses are not known"));
    }

    #[test]
    fn a_receiver_is_alive_until_it_has_been_silent_for_a_minute() {
        let (weight, text) = note(Some(7_200), Some(60), true).unwrap();
        assert_eq!(weight, Weight::Fact);
        assert!(text.ends_with("last sign of life 1 min ago"), "{text}");
        let (weight, text) = note(Some(7_200), Some(61), true).unwrap();
        assert_eq!(weight, Weight::Alarm);
        assert!(
            text.contains("is silent since 1970-01-12T13:45:39Z"),
            "{text}"
        );
    }

    #[test]
    fn counts_that_ended_early_say_so() {
        assert_eq!(bounded(999, "number", "numbers"), "999 numbers");
        assert_eq!(bounded(1_000, "number", "numbers"), "1,000 or more numbers");
    }

    #[test]
    fn a_quiet_project_has_nothing_to_tell() {
        assert_eq!(notes(&Status::default()), []);
    }
}
