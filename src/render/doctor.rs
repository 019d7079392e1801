//! What the doctor found.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::count;
use super::style::Look;
use crate::doctor::{Check, Level};
use crate::sanitize;

/// Returns the findings, by subject, and a closing line.
#[must_use]
pub fn human(checks: &[Check], look: Look) -> String {
    let mut text = String::new();
    let width = checks
        .iter()
        .map(|check| check.check.len())
        .max()
        .unwrap_or_default();
    let mut subject = "";
    for check in checks {
        if check.subject != subject {
            subject = &check.subject;
            let _infallible = writeln!(text, "{}", look.strong(sanitize::line(subject)));
        }
        let mark = match check.level {
            Level::Ok => look.added("✓"),
            Level::Warn => look.changed("!"),
            Level::Fail => look.alarming("✗"),
        };
        let code = check
            .code
            .map(|code| look.faint(format_args!(" [{code}]")))
            .unwrap_or_default();
        let told = format!("{}{code}", sanitize::line(&check.message));
        text.push_str(&look.hang(&format!("  {mark} {:<width$}  ", check.check), &told));
        if let Some(help) = &check.help {
            let lead = format!("    {:<width$}  help: ", "");
            text.push_str(&look.hang(&lead, &sanitize::line(help)));
        }
    }
    let number = |level: Level| checks.iter().filter(|check| check.level == level).count() as u64;
    let (failures, warnings) = (number(Level::Fail), number(Level::Warn));
    let warned = match warnings {
        0 => String::new(),
        warnings => format!(" {}.", count::of(warnings, "warning", "warnings")),
    };
    let line = match failures {
        0 => format!("Nothing stands in the way.{warned}"),
        failures => format!(
            "{} to mend.{warned}",
            count::of(failures, "problem", "problems")
        ),
    };
    let _infallible = writeln!(text, "\n{}", look.strong(line));
    text
}

/// Returns the findings as JSON.
#[must_use]
pub fn document(checks: &[Check]) -> Value {
    json!({
        "format_version": "1.0",
        "healthy": checks.iter().all(|check| check.level < Level::Fail),
        "checks": checks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> Vec<Check> {
        vec![
            Check::ok("account.main", "token", "never expires"),
            Check::warn("account.main", "webhooks", "not subscribed").help("subscribe"),
            Check::fail("state", "state", "state.db is not a waform state")
                .code("store::foreign")
                .help("use another"),
        ]
    }

    #[test]
    fn findings_stand_under_their_subject_with_the_way_to_mend_them() {
        let expected = "\
account.main
  ✓ token     never expires
  ! webhooks  not subscribed
              help: subscribe
state
  ✗ state     state.db is not a waform state [store::foreign]
              help: use another

1 problem to mend. 1 warning.
";
        assert_eq!(human(&checks(), Look::plain(100)), expected);
    }

    #[test]
    fn warnings_alone_are_healthy() {
        assert_eq!(document(&checks())["healthy"], false);
        let document = document(&checks()[..2]);
        assert_eq!(document["healthy"], true);
        assert_eq!(document["checks"][1]["level"], "warn");
        assert!(
            human(&checks()[..2], Look::plain(100))
                .ends_with("\nNothing stands in the way. 1 warning.\n")
        );
    }

    #[test]
    fn text_from_outside_cannot_steer_a_terminal() {
        let text = human(
            &[Check::ok("account.main", "account", "Shop\u{1b}[2J")],
            Look::plain(100),
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
