//! Limits that stop a change before it goes out; they fail closed.

use std::collections::BTreeSet;

use super::plan::{Action, Change, GuardState};
use crate::campaign::Send;

/// The limits in force; none is no limit.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    pub max_recipients: Option<u64>,
    pub max_deletes: Option<u64>,
    pub adopt_edits: u64,
    /// A ledger that nobody has allowed to send yet: a person at a terminal may, a run without one may not.
    pub new_ledger: NewLedger,
    /// Guards overridden by name.
    pub allowed: BTreeSet<String>,
}

/// What is known of the ledger's right to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewLedger {
    /// It has sent before, or was allowed to, or it is the sandbox's.
    #[default]
    Known,
    /// New, and a person is asked before anything is sent.
    NewAttended,
    /// New, with nobody to ask.
    NewUnattended,
}

/// The names of all guards that `--allow` takes.
pub const NAMES: [&str; 4] = ["max_recipients", "max_deletes", "adopt_edits", "new_ledger"];

impl Limits {
    /// Holds the limits against a plan.
    pub(super) fn check(&self, changes: &[Change], sends: &[Send]) -> Vec<GuardState> {
        let recipients = sends
            .iter()
            .map(|send| send.now + send.when_ready + send.later)
            .sum();
        let deletes = changes
            .iter()
            .filter(|change| matches!(change.action, Action::Delete | Action::Replace));
        let adopted = || {
            changes
                .iter()
                .filter(|change| change.action == Action::Adopt)
        };
        let edits = adopted().filter(|change| !change.fields.is_empty()).count() as u64;
        let mut states = Vec::new();
        let mut state = |name: &str, limit: u64, value: u64, exceeded: bool, text: String| {
            let allowed = self.allowed.contains(name);
            states.push(GuardState {
                name: name.to_owned(),
                limit,
                value,
                exceeded,
                allowed,
                text,
            });
        };
        if let Some(limit) = self.max_recipients {
            let text = format!("{recipients} of at most {limit} recipients in one apply");
            state(
                "max_recipients",
                limit,
                recipients,
                recipients > limit,
                text,
            );
        }
        if let Some(limit) = self.max_deletes {
            let deletes = deletes.count() as u64;
            state(
                "max_deletes",
                limit,
                deletes,
                deletes > limit,
                format!("{deletes} of at most {limit} deletions"),
            );
        }
        if edits > 0 {
            let text = format!("adopting would edit {edits} live objects that somebody else made");
            state(
                "adopt_edits",
                self.adopt_edits,
                edits,
                edits > self.adopt_edits,
                text,
            );
        }
        let adopts = adopted().count() > 0;
        let new = match self.new_ledger {
            NewLedger::Known => None,
            NewLedger::NewAttended if !adopts => None,
            NewLedger::NewAttended => Some(
                "this ledger is new, yet the account already has what is declared: another ledger may have messaged \
                 these people",
            ),
            NewLedger::NewUnattended => Some(
                "this ledger is new (a fresh checkout, a lost disk?): another one may have messaged these people \
                 already",
            ),
        };
        if let Some(text) = new
            && recipients > 0
        {
            state("new_ledger", 0, recipients, true, text.to_owned());
        }
        states
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            max_recipients: Some(10),
            ..Limits::default()
        }
    }

    #[test]
    fn a_guard_is_overridden_by_its_own_name_only() {
        let exceeded = |allowed: &[&str]| {
            let limits = Limits {
                new_ledger: NewLedger::NewUnattended,
                allowed: allowed.iter().map(|name| (*name).to_owned()).collect(),
                ..limits()
            };
            let sends = [send(11)];
            let refusing: Vec<String> = limits
                .check(&[], &sends)
                .into_iter()
                .filter(|guard| guard.exceeded && !guard.allowed)
                .map(|guard| guard.name)
                .collect();
            refusing
        };
        assert_eq!(exceeded(&[]), ["max_recipients", "new_ledger"]);
        assert_eq!(exceeded(&["new_ledger"]), ["max_recipients"]);
        assert_eq!(exceeded(&["new_ledger", "max_recipients"]), [""; 0]);
    }

    #[test]
    fn a_new_ledger_with_nobody_to_message_stops_nothing() {
        let limits = Limits {
            new_ledger: NewLedger::NewUnattended,
            ..limits()
        };
        assert!(
            limits
                .check(&[], &[send(0)])
                .iter()
                .all(|guard| !guard.exceeded)
        );
    }

    fn send(now: u64) -> Send {
        serde_json::from_value(serde_json::json!({
            "address": { "kind": "campaign", "name": "spring" }, "account": "main",
            "template": { "kind": "template", "name": "offer" }, "needs": [], "number": "+15550783881", "state": "running",
            "contacts": crate::store::Comparison::default(), "now": now, "when_ready": 0, "later": 0,
            "later_reasons": {}, "unusable_rows": 0, "unusable_examples": [], "seconds_at_rate": 0,
            "rate_per_second": 80.0, "limit_left": null, "days_under_limit": null, "waits_for": []
        }))
        .unwrap()
    }
}
