//! People, conversations and rounds over SQLite, and how its statements find their rows.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::codes::At;
use super::open::BUSY_TIMEOUT;
use super::{Mode, open};
use crate::store::AnswerKind;
use crate::store::conformance::{Ground, Planted, conversations_of};

conversations_of!(ground());

/// One file in a directory that lives as long as the ground.
fn ground() -> Ground {
    let directory = Arc::new(TempDir::new().unwrap());
    let planting = Arc::clone(&directory);
    Ground {
        open: Box::new(move || open(&directory.path().join("state.db"), Mode::ReadWrite).unwrap()),
        plant: Box::new(move |what| plant(&planting.path().join("state.db"), what)),
    }
}

/// Puts rows there as taking in would.
fn plant(path: &Path, what: Planted) {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(BUSY_TIMEOUT).unwrap();
    let contact = |phone: &str| -> i64 {
        let digits: i64 = phone[1..].parse().unwrap();
        let select = "SELECT id FROM contact WHERE phone = ?1";
        connection
            .query_row(select, [digits], |row| row.get(0))
            .unwrap()
    };
    let put = |statement: &str, parameters: &[&dyn rusqlite::ToSql]| {
        let rows = connection.execute(statement, parameters).unwrap();
        assert!(rows > 0, "{statement}");
    };
    match what {
        Planted::Wrote {
            phone,
            number,
            at,
            text,
        } => {
            let contact = contact(&phone);
            let id = format!("wamid.in.{contact}.{at}");
            put(
                "INSERT INTO inbound (contact, at, message_id, account, number, kind, text, campaign, raw)
                 VALUES (?1, ?2, ?3, 'main', ?4, 'text', ?5, 1, '{}')",
                params![contact, At(at), id, number, text],
            );
            put(
                "INSERT OR REPLACE INTO service_window (contact, account, number, last_inbound_at)
                 VALUES (?1, 'main', ?2, ?3)",
                params![contact, number, At(at)],
            );
        }
        Planted::Answered {
            phone,
            at,
            kind,
            option,
            text,
        } => {
            let contact = contact(&phone);
            let kind_code = match kind {
                AnswerKind::Option => 0,
                AnswerKind::Other => 1,
                AnswerKind::Late => 2,
            };
            let id = format!("wamid.in.{contact}.{at}");
            put(
                "INSERT INTO answer (campaign, contact, kind, at, option, text, message_id)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
                params![contact, kind_code, At(at), option, text, id],
            );
            if kind != AnswerKind::Late {
                put(
                    "UPDATE member SET state = 5, outcome = 0, due_at = NULL WHERE campaign = 1 AND contact = ?1",
                    params![contact],
                );
            }
        }
        Planted::Delivered { phone, at } => {
            let contact = contact(&phone);
            put(
                "UPDATE member SET delivery = 3 WHERE contact = ?1",
                params![contact],
            );
            put(
                "UPDATE attempt SET delivery = 3, delivered_at = ?2 WHERE contact = ?1",
                params![contact, At(at)],
            );
        }
        Planted::Passing { phone } => put(
            "UPDATE member SET passing = 1 WHERE contact = ?1 AND state = 5 AND outcome = 2",
            params![contact(&phone)],
        ),
        Planted::Held { phone, at } => put(
            "INSERT INTO identity (contact, account, at, reason) VALUES (?1, 'main', ?2, 'another device')",
            params![contact(&phone), At(at)],
        ),
        Planted::Suppressed { phone, at } => put(
            "INSERT INTO suppressed (contact, account, at, reason) VALUES (?1, 'main', ?2, 'the keyword STOP')",
            params![contact(&phone), At(at)],
        ),
        Planted::Suspect { phone, at } => put(
            "INSERT INTO suspect (contact, account, code, first_at, last_at, times)
             VALUES (?1, 'main', 131026, ?2, ?2, 1)",
            params![contact(&phone), At(at)],
        ),
        Planted::Receiver { since, last } => put(
            "INSERT OR REPLACE INTO receiver (account, since, last) VALUES ('main', ?1, ?2)",
            params![At(since), At(last)],
        ),
        Planted::Replied { phone, at, text } => {
            let payload = serde_json::json!({ "type": "text", "text": { "body": text } });
            put(
                "INSERT INTO errand (kind, account, name, number, key, lane, payload, created_at, due_at, state, first,
                     settled_at)
                 VALUES (0, 'main', 'reply.call_me', '1063', ?1, ?1, ?2, ?3, ?3, 2, 0, ?3)",
                params![phone, payload.to_string(), At(at)],
            );
        }
    }
}

/// What a statement reads from its beginning to its end, or sorts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scanned(BTreeSet<String>);

const SORTED: &str = "sorted";

impl Scanned {
    /// These indexes, which are small since they are partial.
    pub(super) fn of(indexes: &[&str]) -> Self {
        Self(indexes.iter().map(|index| (*index).to_owned()).collect())
    }

    /// Without what is sorted, where that is one person's.
    pub(super) fn without_sorting(mut self) -> Self {
        self.0.remove(SORTED);
        self
    }
}

/// Asks SQLite how it would do a statement of so many parameters. Tables that are small by nature may be scanned.
pub(super) fn plan(statement: &str, parameters: usize) -> Scanned {
    const SMALL: [&str; 2] = ["campaign", "ledger"];
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state.db");
    drop(open(&path, Mode::ReadWrite).unwrap());
    let connection = Connection::open(&path).unwrap();
    let tables = aliases(statement);
    let mut explained = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .unwrap();
    let values = std::iter::repeat_n(1, parameters);
    let steps = explained
        .query_map(rusqlite::params_from_iter(values), |row| {
            row.get::<_, String>(3)
        })
        .unwrap();
    let mut scanned = BTreeSet::new();
    for step in steps.map(Result::unwrap) {
        if step.contains("TEMP B-TREE") || step.contains("AUTOMATIC") {
            scanned.insert(SORTED.to_owned());
        }
        let Some(rest) = step.strip_prefix("SCAN ") else {
            continue;
        };
        let words: Vec<_> = rest.split(' ').collect();
        let is_small = |word: &&str| SMALL.contains(&tables(word));
        if words[0] != "CONSTANT" && !words.first().is_some_and(is_small) {
            scanned.insert(words.last().copied().unwrap_or_default().to_owned());
        }
    }
    Scanned(scanned)
}

/// Tells the table that a name in a statement stands for.
fn aliases(statement: &str) -> impl Fn(&str) -> &'static str {
    let words: Vec<String> = statement.split_whitespace().map(str::to_owned).collect();
    move |name: &str| {
        let is_named = |table: &&&str| {
            **table == name
                || words
                    .windows(2)
                    .any(|pair| pair[0] == **table && pair[1].trim_end_matches([',', ')']) == name)
        };
        ["campaign", "ledger"]
            .iter()
            .find(is_named)
            .copied()
            .unwrap_or("")
    }
}

#[test]
fn a_scan_is_seen_and_so_is_sorting() {
    let all = "SELECT m.contact FROM member m WHERE m.reason = ?1";
    assert_eq!(plan(all, 1), Scanned::of(&["m"]));
    let sorted = "SELECT reason FROM member WHERE campaign = ?1 ORDER BY reason";
    assert_eq!(plan(sorted, 1), Scanned::of(&[SORTED]));
    assert_eq!(plan("SELECT k.id FROM campaign k", 0), Scanned::default());
}
