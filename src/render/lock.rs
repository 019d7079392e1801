//! Who holds the state lock.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::count;
use super::style::Look;
use super::time::rfc3339;
use crate::sanitize;
use crate::store::LockInfo;

/// Returns the lock as people read it, a fact a line; with the time, how long it is held and whether it has run out.
#[must_use]
pub fn human(lock: &LockInfo, now: Option<Timestamp>, look: Look) -> String {
    let mut text = String::new();
    let mut fact = |name: &str, value: &str| {
        let name = look.faint(format_args!("{name:10}"));
        let _infallible = writeln!(text, "  {name}{}", sanitize::line(value));
    };
    fact("lock", &lock.id);
    fact("holder", &lock.holder);
    fact("command", &lock.command);
    fact("process", &format!("{} on {}", lock.process, lock.host));
    if let Some(address) = &lock.run_address {
        fact("run", address);
    }
    let held = now.map_or_else(String::new, |now| {
        format!(", {} ago", count::roughly(now.duration_since(lock.since)))
    });
    fact("since", &format!("{}{held}", rfc3339(lock.since)));
    let lease = match now {
        Some(now) if lock.until <= now => {
            format!(
                "ran out at {}: the next run takes it over",
                rfc3339(lock.until)
            )
        }
        _ => format!("until {} unless renewed", rfc3339(lock.until)),
    };
    fact("lease", &lease);
    text
}

/// Returns the lock for programs; `null` stands for none.
#[must_use]
pub fn document(lock: Option<&LockInfo>, now: Timestamp) -> Value {
    json!({
        "format_version": "1.0",
        "locked": lock.is_some_and(|lock| lock.until > now),
        "lock": lock,
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn held() -> LockInfo {
        let since = "2026-05-02T10:00:00Z".parse().unwrap();
        LockInfo {
            id: "00ff00ff00ff00ff".to_owned(),
            holder: "ana@desk\u{1b}[2J".to_owned(),
            host: "desk".to_owned(),
            process: 4711,
            command: "waform apply".to_owned(),
            run_address: Some("https://ci.example/7".to_owned()),
            since,
            until: since + SignedDuration::from_mins(1),
        }
    }

    #[test]
    fn a_lock_tells_who_holds_it_and_until_when() {
        let (held, soon) = (held(), SignedDuration::from_secs(30));
        let now = held.since + soon;
        insta::assert_snapshot!(human(&held, Some(now), Look::plain(80)), @r"
          lock      00ff00ff00ff00ff
          holder    ana@desk\u{1b}[2J
          command   waform apply
          process   4711 on desk
          run       https://ci.example/7
          since     2026-05-02T10:00:00Z, 30 s ago
          lease     until 2026-05-02T10:01:00Z unless renewed
        ");
        assert_eq!(document(Some(&held), now)["locked"], true);
        let late = held.until;
        assert!(human(&held, Some(late), Look::plain(80)).contains("the next run takes it over"));
        assert_eq!(document(Some(&held), late)["locked"], false);
        assert_eq!(document(None, now)["lock"], Value::Null);
    }
}
