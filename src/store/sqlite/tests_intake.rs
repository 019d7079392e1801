//! What webhooks do, over SQLite.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::types::{Null, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use tempfile::TempDir;

use super::open::core;
use super::store::Sqlite;
use super::{
    Mode, deliveries, events, inbound, moves, people, preferences, receipts, settle, timeouts,
    waiting,
};
use crate::store::conformance::intake::{Dump, Engine};
use crate::store::conformance::{orders, receipts as receipts_suite, tests_of, waiting as locks};

fn engine() -> Engine {
    engine_and_file().0
}

fn engine_and_file() -> (Engine, PathBuf) {
    let directory = Arc::new(TempDir::new().unwrap());
    let path = directory.path().join("state.db");
    let file = path.clone();
    let looked_at = path.clone();
    let engine = Engine {
        open: Box::new(move || {
            let _keep = &directory;
            Arc::new(Sqlite(Arc::new(core(&path, Mode::ReadWrite).unwrap())))
        }),
        dump: Box::new(move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
            dump(&Connection::open_with_flags(&looked_at, flags).unwrap())
        }),
    };
    (engine, file)
}

/// Reads all tables, but for what one ledger has otherwise than the next.
fn dump(connection: &Connection) -> Dump {
    let statement =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         AND name NOT IN ('ledger', 'lock', 'lease')";
    let mut statement = connection.prepare(statement).unwrap();
    let tables = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    tables
        .map(|table| {
            let table = table.unwrap();
            let rows = rows(connection, &table);
            (table, rows)
        })
        .collect()
}

fn rows(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("SELECT * FROM {table}"))
        .unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let columns = names.iter().enumerate().map(|(index, name)| {
            let value = match row.get_ref(index).unwrap() {
                ValueRef::Null => "-".to_owned(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                // Ids of attempts are made from the ledger's.
                ValueRef::Blob(_) => "blob".to_owned(),
                ValueRef::Real(number) => number.to_string(),
            };
            format!("{name}={value} ")
        });
        found.push(columns.collect::<String>());
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_make_the_same_of_an_attempt_in_whatever_order_they_come() {
    orders::statuses_make_the_same_of_an_attempt_in_whatever_order_they_come(engine).await;
}

tests_of! { engine(); receipts:
    a_tagged_status_settles_what_was_uncertain,
    a_failure_that_is_told_later_is_one_all_the_same,
    a_failure_for_good_closes_and_an_opt_out_suppresses,
    a_late_delivery_cancels_a_retry_that_was_not_claimed,
    a_late_delivery_leaves_a_retry_that_was_claimed,
    an_answer_is_not_undone_by_a_status,
    a_status_without_a_tag_is_found_by_its_message,
    a_status_that_overtakes_our_answer_waits_for_it,
    orphans_are_forgotten_after_a_week,
    a_message_that_this_ledger_should_know_stops_the_account,
    statuses_move_replies_forward,
    a_number_is_suspect_until_a_message_reaches_it,
    a_changed_identity_key_holds_the_contact,
    an_id_that_turns_out_to_be_a_known_numbers_makes_one_contact,
    digits_that_meta_writes_otherwise_are_the_same_person,
    a_thousand_statuses_are_one_intake,
}

tests_of! { engine(); answers:
    a_tap_in_time_closes_with_the_option,
    any_other_answer_closes_too_and_the_first_counts,
    an_answer_after_the_timeout_is_late_and_changes_nothing,
    an_answer_that_is_heard_of_late_counts_by_its_own_time,
    an_uncertain_message_that_is_answered_was_sent,
    a_reply_that_names_a_failed_message_ends_its_retries,
    what_was_written_before_we_wrote_answers_nothing,
    a_stranger_becomes_a_contact,
    the_latest_word_on_messages_holds,
    an_opt_out_that_was_taken_back_since_does_not_suppress,
    a_new_identity_holds_until_it_is_acknowledged,
    a_person_with_a_new_number_is_the_same_person,
    two_members_who_are_one_keep_what_was_sent,
    a_new_business_scoped_id_is_the_same_person,
    what_happened_halts_and_lifts_in_the_order_of_its_times,
    what_was_read_is_forgotten_with_what_it_said,
    a_stopped_contact_stays_stopped,
    two_conversations_that_are_with_one_person_leave_one_open,
}

tests_of! { engine(); overtaking:
    other_news_does_not_overtake_what_halts_or_lifts,
    an_approval_that_found_nothing_halted_overtakes_an_older_pause,
    what_a_person_resumed_is_not_undone_by_a_replay,
}

tests_of! { engine(); waiting:
    an_open_interaction_holds_the_other_campaigns_back,
    whatever_ends_an_interaction_lets_go,
    accounts_do_not_wait_for_each_other,
    a_campaign_that_is_over_closes_who_waits,
    who_cannot_be_reopened_beside_another_closes_unanswered,
    the_newest_open_interaction_is_answered,
}

#[test]
fn nobody_has_two_interactions_and_nobody_waits_for_nothing() {
    locks::nobody_has_two_interactions_and_nobody_waits_for_nothing(engine);
}

#[tokio::test]
async fn a_recontact_never_moves_the_contact() {
    let (engine, file) = engine_and_file();
    receipts_suite::a_message_of_another_step_moves_nobody(engine, move || {
        let connection = Connection::open(&file).unwrap();
        let second = "INSERT INTO attempt
                 (contact, campaign, number, id, state, template, sender, fence, worker, claimed_at, message_id, step)
             SELECT contact, campaign, 2, x'02', 1, 'again', sender, fence, worker, claimed_at, 'wamid.again', 1
             FROM attempt";
        connection.execute_batch(second).unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_fails_half_way_leaves_nothing() {
    let (engine, file) = engine_and_file();
    let fail = "CREATE TRIGGER failing BEFORE INSERT ON dead_letter BEGIN SELECT RAISE(ABORT, 'as a crash would'); END";
    receipts_suite::an_intake_that_fails_leaves_nothing(engine, move || {
        Connection::open(&file)
            .unwrap()
            .execute_batch(fail)
            .unwrap();
    })
    .await;
}

#[test]
fn no_statement_that_is_asked_often_reads_a_whole_table() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state.db");
    drop(core(&path, Mode::ReadWrite).unwrap());
    let connection = Connection::open(path).unwrap();
    let statements = [
        waiting::OPEN,
        waiting::WAITS,
        waiting::LET_GO,
        moves::FIND,
        settle::OPEN,
        people::BY_WA_ID,
        people::BY_PHONE,
        people::BY_USER_ID,
        people::FAILURES,
        deliveries::BY_ID,
        deliveries::BY_MESSAGE,
        deliveries::BY_NUMBER,
        receipts::ERRAND,
        receipts::ERRAND_BY_MESSAGE,
        receipts::ORPHANS_OF,
        receipts::OLD_ORPHANS,
        events::TOLD_BEFORE,
        events::LATEST,
        preferences::WORD,
        preferences::TAKE_BACK,
        inbound::KNOWN,
        inbound::NAMED,
        inbound::OPEN,
        inbound::UNANSWERED,
        inbound::MESSAGE,
        timeouts::TIMED_OUT,
        timeouts::UNSENT,
    ];
    for statement in statements {
        let steps = plan(&connection, statement);
        let scans = |step: &&String| step.starts_with("SCAN") && !step.starts_with("SCAN CONSTANT");
        assert_eq!(steps.iter().find(scans), None, "{statement}\n{steps:#?}");
    }
    // Two read a partial index whole: all of what it holds is meant.
    for (statement, index) in [
        (timeouts::LOCKED, "member_locked"),
        (receipts::KNOWN_FAILURES, "orphan_known"),
    ] {
        let steps = plan(&connection, statement);
        assert!(steps.iter().all(|step| step.contains(index)), "{steps:#?}");
    }
}

/// The steps in which SQLite does a statement.
fn plan(connection: &Connection, statement: &str) -> Vec<String> {
    let mut explained = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .unwrap();
    let unbound = vec![Null; explained.parameter_count()];
    let steps = explained.query_map(params_from_iter(unbound), |row| row.get::<_, String>(3));
    steps.unwrap().map(Result::unwrap).collect()
}
