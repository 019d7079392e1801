//! What comes back, over SQLite: the conformance suites, a full disk, and what other transactions build on.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;

use super::migrate::{self, MIGRATIONS};
use super::open::{Mode, core};
use super::store::Sqlite;
use super::tests::let_grow_by;
use super::{errands, halts, inbox};
use crate::store::conformance::halts::halted;
use crate::store::conformance::inbox::Read;
use crate::store::{Answer, Dead, Error, Halt, HaltCause, Halts, Inbox, Result, Scope};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Opens one file in a directory that lives as long as the opener.
fn opener() -> impl Fn() -> Arc<Sqlite> + Send + Sync {
    let directory = TempDir::new().unwrap();
    move || Arc::new(open(&directory))
}

fn open(directory: &TempDir) -> Sqlite {
    let path = directory.path().join("state.db");
    Sqlite(Arc::new(core(&path, Mode::ReadWrite).unwrap()))
}

impl Read for Sqlite {
    fn forget(&self, ids: Vec<i64>) -> Answer<'_, ()> {
        Box::pin(
            self.0
                .write(move |connection| inbox::forget(connection, &ids)),
        )
    }

    fn bury(&self, dead: Dead) -> Answer<'_, ()> {
        Box::pin(
            self.0
                .write(move |connection| inbox::bury(connection, &dead)),
        )
    }
}

mod of_the_inbox {
    crate::store::conformance::inbox::inbox_tests_of!({
        let open = super::opener();
        Box::new(move || open())
    });
}

mod of_errands {
    crate::store::conformance::errands::errands_tests_of!({
        let open = super::opener();
        Box::new(move || open())
    });
}

mod of_halts {
    crate::store::conformance::halts::halts_tests_of!({
        let open = super::opener();
        Box::new(move || open())
    });
}

#[test]
fn lanes_keep_their_order_in_random_histories() {
    crate::store::conformance::lanes::lanes_keep_their_order(|| {
        let open = opener();
        Box::new(move || open())
    });
}

#[test]
fn an_errands_tag_comes_back_as_it_went() {
    let tag = errands::Tag {
        ledger: "0123456789abcdef0123456789abcdef".to_owned(),
        id: 1042,
    };
    assert_eq!(errands::Tag::parse(&tag.to_string()), Some(tag));
    let ledger = "0123456789abcdef0123456789abcdef";
    for foreign in [
        "".to_owned(),
        "order-1042".to_owned(),
        "0.e.1".to_owned(),
        format!("{ledger}.e"),
        format!("{ledger}.e.x"),
        format!("{ledger}.e.1.2"),
        format!("{ledger}.3.7.2.{ledger}"),
    ] {
        assert_eq!(errands::Tag::parse(&foreign), None, "{foreign}");
    }
}

fn body(number: usize) -> String {
    format!("{number:04}{}", "x".repeat(3000))
}

/// Receives many at once; the numbers of those that were kept.
async fn receive_all(store: &Sqlite, numbers: std::ops::Range<usize>) -> BTreeSet<usize> {
    let receiving = numbers.map(async |number| (number, store.receive(NOW, body(number)).await));
    let mut kept = BTreeSet::new();
    for (number, result) in futures::future::join_all(receiving).await {
        match result {
            Ok(()) => assert!(kept.insert(number)),
            Err(error) => assert!(matches!(error, Error::Full { .. }), "{error}"),
        }
    }
    kept
}

/// Receives one after the other until there is no room. Returns the numbers that were kept and why the next was not.
async fn fill_up(store: &Sqlite, first: usize) -> (BTreeSet<usize>, Error) {
    let mut kept = BTreeSet::new();
    for number in first.. {
        match store.receive(NOW, body(number)).await {
            Ok(()) => assert!(kept.insert(number)),
            Err(error) => return (kept, error),
        }
    }
    unreachable!("disks end")
}

async fn waiting(store: &dyn Inbox) -> BTreeSet<usize> {
    let waiting = store.unread(0, 10_000).await.unwrap();
    let numbers = waiting
        .iter()
        .map(|unread| unread.body[..4].parse().unwrap());
    let numbers: BTreeSet<_> = numbers.collect();
    assert_eq!(numbers.len(), waiting.len(), "each once");
    numbers
}

#[tokio::test]
async fn a_full_disk_refuses_webhooks_and_keeps_those_it_took() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let mut kept = receive_all(&store, 0..20).await;
    assert_eq!(kept.len(), 20);
    let_grow_by(&store.0, 100).await;
    let (some, refused) = fill_up(&store, 20).await;
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    assert!(!some.is_empty(), "there was some room");
    kept.extend(some);
    kept.extend(receive_all(&store, 1000..1200).await);
    assert!(
        kept.len() < 150,
        "{} are more than the disk holds",
        kept.len()
    );
    assert_eq!(waiting(&store).await, kept);
    // A crash later they are still there, and with new room it goes on.
    drop(store);
    let store = open(&directory);
    assert_eq!(waiting(&store).await, kept);
    let more = receive_all(&store, 2000..2010).await;
    assert_eq!(more.len(), 10);
    kept.extend(more);
    assert_eq!(waiting(&store).await, kept);
}

#[tokio::test]
async fn letters_are_replayed_on_a_full_disk() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    for number in 0..50 {
        let dead = Dead {
            received_at: NOW,
            reason: "unknown".to_owned(),
            body: body(number),
            tries: 0,
        };
        store.bury(dead).await.unwrap();
    }
    let_grow_by(&store.0, 2).await;
    let (kept, _) = fill_up(&store, 100).await;
    assert_eq!(store.replay(&[], NOW).await.unwrap(), 50);
    assert_eq!(waiting(&store).await.len(), 50 + kept.len());
    assert_eq!(store.dead_letters(100).await.unwrap(), []);
}

async fn held(store: &Sqlite, template: &'static str, now: Timestamp) -> Option<Halt> {
    let ask = move |connection: &Connection| {
        halts::holding(connection, "main", "1063", template, "spring", now)
    };
    store.0.read(ask).await.unwrap()
}

#[tokio::test]
async fn the_widest_halt_of_a_message_holds_it() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    assert_eq!(held(&store, "offer", NOW).await, None);
    for foreign in [
        halted(Scope::Number, "1064", HaltCause::Meta),
        halted(Scope::Campaign, "autumn", HaltCause::Stopped),
        halted(Scope::Template, "offer_2/en_US", HaltCause::Meta),
        halted(Scope::Template, "spring/en_US", HaltCause::Meta),
        Halt {
            account: "other".to_owned(),
            ..halted(Scope::Account, "other", HaltCause::Stopped)
        },
    ] {
        store.halt(&foreign).await.unwrap();
        assert_eq!(held(&store, "offer", NOW).await, None, "{foreign:?}");
    }
    for halt in [
        halted(Scope::Campaign, "spring", HaltCause::Late),
        halted(Scope::Template, "offer/es", HaltCause::Meta),
        halted(Scope::Number, "1063", HaltCause::Meta),
        halted(Scope::Account, "main", HaltCause::Refused),
    ] {
        store.halt(&halt).await.unwrap();
        assert_eq!(held(&store, "offer", NOW).await, Some(halt));
    }
}

#[tokio::test]
async fn a_halt_that_ended_by_itself_holds_nobody() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let begun = halted(Scope::Number, "1063", HaltCause::Meta).since;
    let end = begun + jiff::SignedDuration::from_hours(1);
    let halt = Halt {
        until: Some(end),
        ..halted(Scope::Number, "1063", HaltCause::Meta)
    };
    store.halt(&halt).await.unwrap();
    assert_eq!(held(&store, "offer", begun).await, Some(halt));
    assert_eq!(held(&store, "offer", end).await, None);
}

#[tokio::test]
async fn one_cause_is_lifted_within_another_transaction_or_not_at_all() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    let halt = halted(Scope::Number, "1063", HaltCause::Meta);
    store.halt(&halt).await.unwrap();
    let lift = |connection: &Connection| {
        let (scope, cause) = (Scope::Number, HaltCause::Meta);
        halts::lift_one(connection, "main", scope, "1063", cause, "Meta", NOW)
    };
    let undone: Result<()> = store
        .0
        .write(move |connection| {
            assert!(lift(connection)?);
            Err(Error::Invalid("the rest failed".to_owned()).into())
        })
        .await;
    assert!(undone.is_err());
    assert_eq!(held(&store, "offer", NOW).await, Some(halt));
    assert!(store.0.write(lift).await.unwrap());
    assert!(!store.0.write(lift).await.unwrap());
    assert_eq!(held(&store, "offer", NOW).await, None);
}

/// How SQLite goes about a statement, step by step.
pub(super) fn plan(statement: &str) -> Vec<String> {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate::run(&mut connection, "memory".as_ref(), MIGRATIONS).unwrap();
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .unwrap();
    let steps = statement.raw_query().mapped(|row| row.get(3));
    steps.collect::<rusqlite::Result<_>>().unwrap()
}
