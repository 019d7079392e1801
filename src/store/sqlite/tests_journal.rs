//! The journal over SQLite: its conformance suite, what the triggers refuse, and what a check finds.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;

use super::open::{Mode, open};
use super::tests::filled;
use crate::store::{Note, RunStart};

mod of_the_journal {
    crate::store::conformance::journal::journal_tests_of!({
        let directory = tempfile::TempDir::new().unwrap();
        Box::new(move || {
            let path = directory.path().join("state.db");
            super::open(&path, super::Mode::ReadWrite).unwrap()
        })
    });
}

/// A state with a run that has ended and one entry.
async fn journalled(directory: &TempDir) -> Arc<Path> {
    let path = directory.path().join("state.db");
    let store = open(&path, Mode::ReadWrite).unwrap();
    let start = RunStart::default();
    let run = store
        .begin_run(&start, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let note = Note {
        run: run.clone(),
        ..Note::default()
    };
    store.note(&note).await.unwrap();
    store
        .end_run(&run, "done", Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    path.into()
}

#[tokio::test]
async fn nobody_changes_the_past_not_even_with_sql() {
    let directory = TempDir::new().unwrap();
    let path = journalled(&directory).await;
    let connection = Connection::open(&path).unwrap();
    for statement in [
        "UPDATE entry SET text = 'nothing happened'",
        "DELETE FROM entry",
        "INSERT OR REPLACE INTO entry SELECT id, run, at, stage, ends, 'x', address, object, requests, before, after, code,
             text, detail FROM entry",
        "INSERT INTO entry SELECT * FROM entry WHERE true ON CONFLICT DO UPDATE SET text = 'x'",
        "UPDATE run SET who = 'somebody else'",
        "UPDATE run SET plan = 'another'",
        "UPDATE run SET outcome = 'error', ended = 7",
        "UPDATE run SET ended = NULL, outcome = NULL",
        "DELETE FROM run",
        "INSERT OR REPLACE INTO run (number, id, command, who, host, process, version, started)
             SELECT number, id, 'x', who, host, process, version, started FROM run",
    ] {
        let refused = connection.execute(statement, []).unwrap_err().to_string();
        assert!(refused.contains("only added to"), "{statement}: {refused}");
    }
    let told: String = connection
        .query_row("SELECT who || action FROM run JOIN entry", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(told, "");
}

#[tokio::test]
async fn a_check_finds_what_is_damaged_and_what_cannot_be() {
    let directory = TempDir::new().unwrap();
    let path = filled(&directory, 300).await;
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             UPDATE member SET state = 2, due_at = NULL WHERE contact = 1;
             INSERT INTO entry (run, at, stage, action, requests, detail) VALUES (99, 0, 1, 'x', '[]', 'null');",
        )
        .unwrap();
    let faults = open(&path, Mode::ReadOnly).unwrap().check().await.unwrap();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[0].contains("`entry` point at rows of `run`"),
        "{faults:?}"
    );
    assert!(
        faults[1].starts_with("campaign.spring ") && faults[1].ends_with(": 1"),
        "{faults:?}"
    );

    // A page in the middle that is none any more.
    connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let page: u32 = connection
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'contact'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let size: u32 = connection
        .query_row("PRAGMA page_size", [], |row| row.get(0))
        .unwrap();
    drop(connection);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&[0xff; 64], u64::from((page - 1) * size))
        .unwrap();
    drop(file);
    let faults = open(&path, Mode::ReadOnly).unwrap().check().await.unwrap();
    assert!(
        faults.iter().all(|fault| fault.contains("damaged")) && !faults.is_empty(),
        "{faults:?}"
    );
}
