//! Saved plans and sketches over SQLite.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Mode, open};
use crate::store::conformance::tests_of;
use crate::store::{Database, LedgerInfo, Member};

/// Opens one file in a directory that lives as long as the opener.
fn opener() -> impl Fn() -> Arc<dyn Database> {
    let directory = TempDir::new().unwrap();
    move || open(&directory.path().join("state.db"), Mode::ReadWrite).unwrap()
}

tests_of!(opener(); plans: a_plan_is_used_once, a_lost_lock_uses_no_plan, a_sketch_tells_who_came_and_went);

#[tokio::test]
async fn without_a_ledger_there_is_no_sketch() {
    let store = open(Path::new("/nowhere/at/all/state.db"), Mode::ReadOnly).unwrap();
    let ledger: LedgerInfo = store.ledger().await.unwrap();
    assert!(ledger.is_absent());
    let mut audience = store.audience("main", "spring").await.unwrap();
    let people: Vec<Member> = super::tests::people(3);
    audience.add(people).await.unwrap();
    assert_eq!(audience.sketch(), None);
}
