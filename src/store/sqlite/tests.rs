//! The conformance suite over SQLite, and what is SQLite's alone.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::open::core;
use super::store::{Core, Sqlite};
use super::{Mode, open};
use crate::store::conformance::{Opener, conformance_of, the_hopper_keeps_its_law};
use crate::store::{
    CampaignRecord, CampaignState, Error, Gaps, LockRequest, Member, Result, Store,
};

/// Opens one file in a directory that lives as long as the opener.
fn opener() -> Opener {
    let directory = TempDir::new().unwrap();
    Box::new(move || open(&directory.path().join("state.db"), Mode::ReadWrite).unwrap())
}

conformance_of!(opener());

#[test]
fn the_hopper_keeps_its_law_in_random_histories() {
    the_hopper_keeps_its_law(opener);
}

fn request() -> LockRequest {
    LockRequest {
        holder: "ana@desk".to_owned(),
        host: "desk".to_owned(),
        process: 1,
        command: "apply".to_owned(),
        run_address: None,
        now: Timestamp::UNIX_EPOCH,
        until: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1),
    }
}

/// A request when the lock of the first has run out.
fn later_request() -> LockRequest {
    LockRequest {
        now: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(2),
        until: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(3),
        ..request()
    }
}

fn campaign() -> CampaignRecord {
    CampaignRecord {
        account: "main".to_owned(),
        name: "spring".to_owned(),
        declaration: json!({}),
        state: CampaignState::Running,
        first_applied_at: Timestamp::UNIX_EPOCH,
        starts_at: Timestamp::UNIX_EPOCH,
        ends_at: None,
        response_timeout: SignedDuration::from_hours(24),
        max_attempts: 4,
    }
}

pub(super) fn people(count: u64) -> Vec<Member> {
    let member = |number| Member {
        phone: format!("+37255{number:05}"),
        language: "et".to_owned(),
        zones: Vec::new(),
        variables: json!({ "name": "x".repeat(100) }).to_string(),
        country: None,
        opt_in: None,
        skip: None,
        list: "customers".to_owned(),
        line: number,
    };
    (0..count).map(member).collect()
}

async fn fill(store: &dyn Store, lock: &str, members: Vec<Member>) -> Result<()> {
    let mut audience = store.audience("main", "spring").await?;
    audience.add(members).await?;
    audience.commit(lock, Timestamp::UNIX_EPOCH).await
}

async fn total(store: &dyn Store) -> u64 {
    let standing = store.standing("main", "spring", Timestamp::UNIX_EPOCH);
    standing.await.unwrap().hopper.total
}

/// A file with a campaign of so many contacts, closed again.
pub(super) async fn filled(directory: &TempDir, count: u64) -> PathBuf {
    let path = directory.path().join("state.db");
    let store = open(&path, Mode::ReadWrite).unwrap();
    let lock = store.lock(&request()).await.unwrap().id;
    store.declare(&lock, &campaign()).await.unwrap();
    fill(&*store, &lock, people(count)).await.unwrap();
    path
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn reading_an_absent_state_finds_it_empty_and_makes_nothing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("not/there/state.db");
    let store = open(&path, Mode::ReadOnly).unwrap();
    let ledger = store.ledger().await.unwrap();
    assert_eq!(ledger.id, "0".repeat(32));
    assert_eq!((ledger.created_at, ledger.confirmed_at), (None, None));
    assert_eq!(store.applied().await.unwrap(), []);
    let mut audience = store.audience("main", "spring").await.unwrap();
    audience.add(people(3)).await.unwrap();
    let gaps = Gaps {
        template: "offer".to_owned(),
        repeat_template: SignedDuration::ZERO,
        min_gap: SignedDuration::ZERO,
    };
    let compared = audience
        .compare(Timestamp::UNIX_EPOCH, &gaps)
        .await
        .unwrap();
    assert_eq!(compared.new, 3);
    assert_eq!(names(directory.path()), [""; 0]);
}

#[tokio::test]
async fn a_state_opened_to_be_read_refuses_to_be_written() {
    let directory = TempDir::new().unwrap();
    let path = filled(&directory, 1).await;
    let before = std::fs::read(&path).unwrap();
    let store = open(&path, Mode::ReadOnly).unwrap();
    let refused = store.lock(&request()).await;
    assert!(
        matches!(refused, Err(Error::ReadOnly { .. })),
        "{refused:?}"
    );
    let refused = fill(&*store, "id", people(2)).await;
    assert!(
        matches!(refused, Err(Error::ReadOnly { .. })),
        "{refused:?}"
    );
    assert_eq!(total(&*store).await, 1);
    assert_eq!(names(directory.path()), ["state.db"], "no trace is left");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_reader_sees_what_a_running_writer_has_committed() {
    let directory = TempDir::new().unwrap();
    let path = filled(&directory, 1).await;
    let reader = open(&path, Mode::ReadOnly).unwrap();
    assert_eq!(total(&*reader).await, 1);
    let writer = open(&path, Mode::ReadWrite).unwrap();
    assert_eq!(total(&*reader).await, 1);
    let lock = writer.lock(&later_request()).await.unwrap().id;
    fill(&*writer, &lock, people(5)).await.unwrap();
    assert_eq!(total(&*reader).await, 5);
    drop(writer);
    assert_eq!(total(&*reader).await, 5);
}

#[tokio::test]
async fn a_log_that_a_dead_writer_left_is_read() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state.db");
    let store = open(&path, Mode::ReadWrite).unwrap();
    let lock = store.lock(&request()).await.unwrap().id;
    store.declare(&lock, &campaign()).await.unwrap();
    fill(&*store, &lock, people(3)).await.unwrap();
    // As a crash leaves it: what is committed lies in the log.
    let crashed = TempDir::new().unwrap();
    let copy = crashed.path().join("state.db");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(path.with_extension("db-wal"), copy.with_extension("db-wal")).unwrap();
    let reader = open(&copy, Mode::ReadOnly).unwrap();
    assert_eq!(total(&*reader).await, 3);
    let writer = open(&copy, Mode::ReadWrite).unwrap();
    assert_eq!(total(&*writer).await, 3);
}

#[tokio::test]
async fn telephone_numbers_are_for_the_owner_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("new/state.db");
    let store = open(&path, Mode::ReadWrite).unwrap();
    store.lock(&request()).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
}

#[test]
fn a_newer_format_is_refused_naming_both() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state.db");
    drop(open(&path, Mode::ReadWrite).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    for mode in [Mode::ReadWrite, Mode::ReadOnly] {
        let Err(error) = open(&path, mode) else {
            panic!("it is newer");
        };
        assert!(
            matches!(
                error,
                Error::Newer {
                    found: 99,
                    known: 7,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let text = directory.path().join("notes.txt");
    std::fs::write(
        &text,
        "Nothing of yours, and long enough to look like something. ".repeat(20),
    )
    .unwrap();
    let database = directory.path().join("other.db");
    let connection = Connection::open(&database).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(connection);
    for path in [text, database] {
        let before = std::fs::read(&path).unwrap();
        for mode in [Mode::ReadWrite, Mode::ReadOnly] {
            let refused = open(&path, mode).err();
            assert!(
                matches!(refused, Some(Error::Foreign { .. })),
                "{refused:?}"
            );
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    assert_eq!(names(directory.path()), ["notes.txt", "other.db"]);
}

#[tokio::test]
async fn an_older_format_is_read_from_a_copy_and_brought_up_to_date_by_a_writer() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state.db");
    // Version zero: ours, but before the first migration.
    let connection = Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "application_id", 0x7761_666d)
        .unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let store = open(&path, Mode::ReadOnly).unwrap();
    assert_eq!(store.applied().await.unwrap(), []);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let store = open(&path, Mode::ReadWrite).unwrap();
    assert_eq!(store.ledger().await.unwrap().id.len(), 32);
}

/// Lets the file of an open state grow by so many pages and no more.
pub(super) async fn let_grow_by(core: &Core, pages: i64) {
    let limit = move |connection: &Connection| {
        let now: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        connection.pragma_update(None, "max_page_count", now + pages)?;
        Ok(())
    };
    core.writer().unwrap().write_alone(limit).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_half_done() {
    let directory = TempDir::new().unwrap();
    let path = filled(&directory, 1).await;
    let core = Arc::new(core(&path, Mode::ReadWrite).unwrap());
    let store = Sqlite(Arc::clone(&core));
    let lock = store.lock(&later_request()).await.unwrap().id;
    let_grow_by(&core, 4).await;
    let full = fill(&store, &lock, people(2000)).await;
    assert!(matches!(full, Err(Error::Full { .. })), "{full:?}");
    assert_eq!(total(&store).await, 1);
    // Several at once, one of them too large: those that were told that they failed did.
    let small = store.see_time(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(3));
    let large = CampaignRecord {
        name: "large".to_owned(),
        declaration: json!("x".repeat(100_000)),
        ..campaign()
    };
    let (large, _) = tokio::join!(store.declare(&lock, &large), small);
    assert!(matches!(large, Err(Error::Full { .. })), "{large:?}");
    assert_eq!(store.campaigns().await.unwrap().len(), 1);
    let_grow_by(&core, 10_000).await;
    fill(&store, &lock, people(2000)).await.unwrap();
    assert_eq!(total(&store).await, 2000);
}

#[tokio::test]
async fn what_the_lists_say_again_is_not_written_again() {
    let directory = TempDir::new().unwrap();
    let path = filled(&directory, 500).await;
    let core = Arc::new(core(&path, Mode::ReadWrite).unwrap());
    let store = Sqlite(Arc::clone(&core));
    let lock = store.lock(&later_request()).await.unwrap().id;
    let changes = || {
        let count = |connection: &Connection| {
            Ok(connection.query_row("SELECT total_changes()", [], |row| row.get::<_, i64>(0))?)
        };
        core.write(count)
    };
    let before = changes().await.unwrap();
    // A row was inserted at the top of the list: all lines moved.
    let mut moved = people(500);
    for member in &mut moved {
        member.line += 1;
    }
    fill(&store, &lock, moved).await.unwrap();
    let unchanged = changes().await.unwrap() - before;
    assert!(unchanged <= 1, "only the time seen: {unchanged}");
    let mut changed = people(500);
    changed[7].language = "en".to_owned();
    fill(&store, &lock, changed).await.unwrap();
    let one = changes().await.unwrap() - before - unchanged;
    assert!((2..10).contains(&one), "{one} rows for one change");
}

#[tokio::test]
async fn an_attempt_keeps_what_it_was_sent_with() {
    let directory = TempDir::new().unwrap();
    let path = filled(&directory, 1).await;
    let core = Arc::new(core(&path, Mode::ReadWrite).unwrap());
    let attempt = |connection: &Connection| {
        connection.execute_batch(
            "INSERT INTO attempt (contact, campaign, number, id, state, template, sender, fence, worker, claimed_at)
             VALUES (1, 1, 1, x'00', 2, 'offer', '1', 1, 'w', 0);
             UPDATE member SET state = 1, counted = 1, attempt = 1",
        )?;
        Ok(())
    };
    core.write(attempt).await.unwrap();
    let store = Sqlite(Arc::clone(&core));
    let lock = store.lock(&later_request()).await.unwrap().id;
    let mut changed = people(1);
    changed[0].variables = json!({ "name": "new" }).to_string();
    fill(&store, &lock, changed).await.unwrap();
    let sent = |connection: &Connection| {
        let statement = "SELECT a.variables, v.variables FROM attempt a, member_values v";
        Ok(connection.query_row(statement, [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?)
    };
    let (sent, next) = core.read(sent).await.unwrap();
    assert_eq!(sent, people(1)[0].variables);
    assert_eq!(next, r#"{"name":"new"}"#);
}

#[tokio::test]
async fn a_temporary_state_goes_with_its_handle() {
    let store = super::temporary().unwrap();
    let lock = store.lock(&request()).await.unwrap().id;
    store.declare(&lock, &campaign()).await.unwrap();
    assert_eq!(store.campaigns().await.unwrap().len(), 1);
}
