//! The state file: there, readable, of a known version, locked by whom.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::check::Check;
use crate::store::sqlite::{self, Mode};
use crate::store::{self, Database, Store};

const SUBJECT: &str = "state";

/// Examines the state at `path` without changing it.
pub async fn state(path: &Path, now: Timestamp) -> Vec<Check> {
    let shown = path.strip_prefix(".").unwrap_or(path).display();
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => {
            return vec![Check::ok(
                SUBJECT,
                "state",
                format!("{shown} does not exist yet; the first apply makes it"),
            )];
        }
        Err(error) => {
            return vec![unreadable(&store::Error::Io {
                path: path.to_owned(),
                reason: error.to_string(),
            })];
        }
    }
    let opened: Result<Arc<dyn Database>, _> = sqlite::open(path, Mode::ReadOnly);
    match opened {
        Ok(store) => read(&*store, &shown.to_string(), now)
            .await
            .unwrap_or_else(|error| vec![unreadable(&error)]),
        Err(error) => vec![unreadable(&error)],
    }
}

async fn read(store: &dyn Store, shown: &str, now: Timestamp) -> store::Result<Vec<Check>> {
    let ledger = store.ledger().await?;
    let campaigns = store.campaigns().await?.len();
    let launched = match campaigns {
        0 => "no campaign launched".to_owned(),
        1 => "1 campaign launched".to_owned(),
        count => format!("{count} campaigns launched"),
    };
    let sends = match ledger.confirmed_at {
        Some(_) => String::new(),
        None => "; a new ledger, which first sends from a terminal or with --allow new_ledger"
            .to_owned(),
    };
    let state = Check::ok(
        SUBJECT,
        "state",
        format!("{shown}: ledger {}, {launched}{sends}", ledger.id),
    );
    let lock = match store.lock_holder().await? {
        None => Check::ok(SUBJECT, "lock", "not locked"),
        Some(lock) if lock.until <= now => {
            Check::warn(SUBJECT, "lock", format!("left behind by {lock}"))
                .help("nothing to do: the next apply takes it over")
        }
        Some(lock) => Check::warn(SUBJECT, "lock", format!("held by {lock}"))
            .help("wait for that run to finish; a second apply waits with --lock-timeout 5m"),
    };
    Ok(vec![state, lock])
}

/// What to do with a file that is no state.
pub(crate) const FOREIGN: &str = "if it is another program's, point `[state.sqlite] path` to another file; if it was the state, restore a copy: \
     the ledger of who was messaged is in it";

/// What to do with a state that cannot be read any more.
pub(crate) const DAMAGED: &str = "restore a copy: the ledger of who was messaged is in it. Without one, `sqlite3 FILE .recover` saves what is \
     left; a new, empty state sends nothing without --allow new_ledger";

fn unreadable(error: &store::Error) -> Check {
    let (code, help) = match error {
        store::Error::Newer { .. } => (
            "store::newer",
            "use the version of waform that wrote it, or a newer one",
        ),
        store::Error::Foreign { .. } => ("store::foreign", FOREIGN),
        store::Error::Damaged { .. } => ("store::damaged", DAMAGED),
        _ => (
            "store::io",
            "check that it is on a local disk and may be read",
        ),
    };
    Check::fail(SUBJECT, "state", error.to_string())
        .code(code)
        .help(help)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::check::Level;
    use super::*;
    use crate::store::LockRequest;

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    #[tokio::test]
    async fn a_state_that_is_not_there_yet_is_fine_and_stays_away() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        let checks = state(&path, now()).await;
        assert_eq!(
            checks.iter().map(|check| check.level).collect::<Vec<_>>(),
            [Level::Ok]
        );
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_of_somebody_else_fails() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        std::fs::write(&path, "phone,first_name\n").unwrap();
        let checks = state(&path, now()).await;
        assert_eq!(
            checks.iter().map(|check| check.level).collect::<Vec<_>>(),
            [Level::Fail]
        );
    }

    #[tokio::test]
    async fn who_holds_the_lock_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        let store = sqlite::open(&path, Mode::ReadWrite).unwrap();
        let request = LockRequest {
            holder: "ana@build-7".to_owned(),
            host: "build-7".to_owned(),
            process: 4711,
            command: "apply".to_owned(),
            run_address: None,
            now: now(),
            until: now() + SignedDuration::from_mins(1),
        };
        store.lock(&request).await.unwrap();
        let lock = |checks: Vec<Check>| {
            checks
                .into_iter()
                .find(|check| check.check == "lock")
                .unwrap()
        };

        let held = lock(state(&path, now()).await);
        assert_eq!(held.level, Level::Warn);
        assert!(
            held.message
                .starts_with("held by ana@build-7 (process 4711"),
            "{}",
            held.message
        );
        let left = lock(state(&path, now() + SignedDuration::from_mins(2)).await);
        assert!(
            left.message.starts_with("left behind by ana@build-7"),
            "{}",
            left.message
        );
    }
}
