//! Exit codes: a contract with scripts.

use std::process::ExitCode;

/// Why a run ended as it did; the number is given with `--detailed-exitcode`, the name in JSON as `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to do, or everything done.
    Done = 0,
    /// An error; an apply has written nothing.
    Error = 1,
    /// `plan`: differences. `apply`: done, and something is still in review or waiting.
    Pending = 2,
    /// A guard refuses; nothing was written. `fmt --check`: a file would change.
    Guarded = 3,
    /// The plan is stale, since the account has moved since it was shown, or not the expected one. Nothing was written.
    Stale = 4,
    /// Another run holds the lock.
    Locked = 5,
    /// Some was done, some failed.
    Partial = 6,
    /// Confirmation is needed and there is nobody to ask.
    Unconfirmed = 7,
}

impl Exit {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Error => "error",
            Self::Pending => "pending",
            Self::Guarded => "guarded",
            Self::Stale => "stale",
            Self::Locked => "locked",
            Self::Partial => "partial",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Returns the process's code; without `detailed` only 0 and 1, as everywhere.
    pub(crate) fn code(self, detailed: bool) -> ExitCode {
        match self {
            exit if detailed => ExitCode::from(exit as u8),
            Self::Done | Self::Pending => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::Exit;
    use crate::cli::plan::exit;
    use crate::engine::plan::Plan;
    use crate::render;
    use crate::render::style::Look;

    const ACTIONS: [&str; 7] = [
        "delete", "replace", "update", "create", "adopt", "forget", "no_op",
    ];

    fn plan(changes: &[Value], sends: &[Value], refused: bool, guard: Option<bool>) -> Plan {
        let address = json!({ "kind": "template", "name": "a", "index": "en" });
        let refusal = json!({
            "address": address, "declared_at": null,
            "refusal": { "code": "a::b", "message": "no", "help": "yes", "until": null },
        });
        let guard = guard.map(|allowed| {
            json!({
                "name": "max_recipients", "limit": 1, "value": 2, "exceeded": true, "allowed": allowed, "text": "",
            })
        });
        serde_json::from_value(json!({
            "format_version": "1.0", "id": "", "targets": [], "changes": changes, "waits": [], "drift": [],
            "refused": if refused { vec![refusal] } else { Vec::new() }, "unmanaged": [], "sends": sends,
            "guards": guard.into_iter().collect::<Vec<_>>(), "notices": [], "made_at": "2026-05-02T10:00:00Z",
        }))
        .unwrap()
    }

    prop_compose! {
        fn change()(action in 0..ACTIONS.len(), counts: bool, differs: bool) -> Value {
            let field = json!({ "field": "body", "before": "a", "after": "b", "forces_replacement": false });
            json!({
                "address": { "kind": "template", "name": "a", "index": "en" }, "account": "main", "key": "a/en",
                "action": ACTIONS[action], "counts": counts, "id": null, "fingerprint": null, "before": null,
                "after": null, "fields": if differs { vec![field] } else { Vec::new() }, "after_ready": [],
                "facts": null, "budgets": [], "declared_at": null,
            })
        }
    }

    prop_compose! {
        fn send()(now in 0..3_u64, when_ready in 0..3_u64, later in 0..2_000_u64) -> Value {
            json!({
                "address": { "kind": "campaign", "name": "c" }, "account": "main",
                "template": { "kind": "template", "name": "a" }, "needs": [], "number": "+1", "state": "running",
                "contacts": crate::store::Comparison::default(), "now": now, "when_ready": when_ready, "later": later,
                "later_reasons": {}, "unusable_rows": 0, "unusable_examples": [], "seconds_at_rate": 0,
                "rate_per_second": 1.0, "limit_left": null, "days_under_limit": null, "waits_for": [],
            })
        }
    }

    /// Returns the number that stands before a word of the text; none is zero.
    fn before(text: &str, word: &str) -> u64 {
        let number = text
            .split(word)
            .next()
            .filter(|start| start.len() < text.len());
        let number = number.and_then(|start| start.rsplit(' ').next());
        number.map_or(0, |number| number.replace(',', "").parse().unwrap())
    }

    /// Reads from what people read how much there is to do.
    fn printed(text: &str) -> u64 {
        let forget = text.split("To forget: ").nth(1).map_or(0, |rest| {
            let number = rest.split('.').next().unwrap();
            number.replace(',', "").parse().unwrap()
        });
        let words = [
            " to import",
            " to add",
            " to change",
            " to destroy",
            " contact now",
            " contacts now",
        ];
        words.iter().map(|word| before(text, word)).sum::<u64>() + forget
    }

    /// Reads it from what programs read.
    fn written(document: &Value) -> u64 {
        let counts = [
            "import",
            "add",
            "change",
            "destroy",
            "forget",
            "contacts_now",
        ];
        let summary = &document["waform"]["summary"];
        counts
            .iter()
            .map(|count| summary[count].as_u64().unwrap())
            .sum()
    }

    proptest! {
        #[test]
        fn the_code_says_differences_exactly_when_the_counts_do(
            changes in prop::collection::vec(change(), 0..6),
            sends in prop::collection::vec(send(), 0..3),
            refused: bool,
            guard in prop::option::of(any::<bool>()),
        ) {
            let plan = plan(&changes, &sends, refused, guard);
            let document: Value = serde_json::from_str(&render::plan_json::text(&plan)).unwrap();
            let look = Look::plain(usize::from(u16::MAX));
            for text in [render::plan::human(&plan, look), render::plan::brief(&plan, look)] {
                let summary = text.rfind("Plan: ").or(text.find("No changes.")).unwrap();
                let printed = printed(&text[summary..].replace('\n', " "));
                prop_assert_eq!(printed, written(&document), "{}", text);
            }
            let exit = exit(&plan);
            prop_assert_eq!(&document["waform"]["reason"], exit.reason());
            let refuses = refused || guard == Some(false);
            let differs = written(&document) > 0;
            prop_assert_eq!(plan.has_differences(), differs);
            prop_assert_eq!(exit == Exit::Pending, differs && !refuses);
            prop_assert_eq!(exit == Exit::Done, !differs && !refuses);
            prop_assert_eq!(&document["applyable"], differs && !refuses);
        }
    }
}
