//! A campaign's contacts, one by one.
//!
//! Nothing is sorted and nothing is gathered: the rows come in the order in which an index and a table have them, and
//! wait where nobody takes them. So the first row comes at once, and memory does not grow with the campaign.

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use futures::{FutureExt, future};
use rusqlite::{Row, params};
use tokio::sync::mpsc;

use super::campaigns;
use super::codes::{At, AttemptState, Reached, count, phone_text};
use super::error::Work;
use super::reader::Snapshot;
use super::store::Core;
use crate::store::{HistoryFilter, HistoryRow, HistoryRows};

/// Rows that are handed over at a time.
const BATCH: usize = 1000;
/// Batches that are read before the first of them is taken.
const AHEAD: usize = 2;

const COLUMNS: &str = "
    c.phone, m.state, m.outcome, m.counted, m.due_at, m.reason, m.delivery,
    a.state, a.message_status, a.claimed_at, a.message_id, a.code, a.reason, v.list, v.line";

/// Both parts of a history, in their order. CROSS JOIN keeps the first table the outermost, whose order is that of the
/// rows. An attempt that was released was none.
const PARTS: [&str; 2] = [
    "FROM attempt a INDEXED BY attempt_claimed
     CROSS JOIN member m ON m.campaign = a.campaign AND m.contact = a.contact
     CROSS JOIN contact c ON c.id = a.contact
     CROSS JOIN member_values v ON v.campaign = a.campaign AND v.contact = a.contact
     WHERE a.campaign = ?1 AND a.state <> 4 AND NOT EXISTS (
         SELECT 1 FROM attempt b
         WHERE b.contact = a.contact AND b.campaign = a.campaign AND b.number > a.number AND b.state <> 4)
     ORDER BY a.claimed_at, a.contact LIMIT ?2",
    "FROM member m
     CROSS JOIN contact c ON c.id = m.contact
     CROSS JOIN member_values v ON v.campaign = m.campaign AND v.contact = m.contact
     LEFT JOIN attempt a ON a.contact = m.contact AND a.campaign = m.campaign AND a.state <> 4
     WHERE m.campaign = ?1 AND a.number IS NULL
     ORDER BY m.contact LIMIT ?2",
];

/// Reads when it is asked for the first row.
pub(super) fn rows(core: Arc<Core>, filter: HistoryFilter) -> HistoryRows {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let reading = async move {
        core.blocking(move |core| core.read_out(&|snapshot| read(snapshot, &filter, &sender)))
            .await
    };
    let failure = reading
        .into_stream()
        .filter_map(|result| future::ready(result.err().map(Err)));
    let rows = stream::poll_fn(move |context| receiver.poll_recv(context)).map(Ok);
    stream::select(rows, failure).boxed()
}

/// Reads until the end, or until nobody listens any more.
fn read(
    snapshot: &Snapshot<'_>,
    filter: &HistoryFilter,
    rows: &mpsc::Sender<Vec<HistoryRow>>,
) -> Work<()> {
    let connection = snapshot.connection;
    let Some(campaign) = campaigns::id(connection, &filter.account, &filter.campaign)? else {
        return Ok(());
    };
    let mut left = filter.limit.unwrap_or(u64::MAX);
    let mut batch = Vec::new();
    for part in PARTS {
        let mut statement = connection.prepare_cached(&select(part))?;
        let limit = i64::try_from(left).unwrap_or(i64::MAX);
        for row in statement.query_map(params![campaign, limit], history_row)? {
            batch.push(row?);
            left -= 1;
            if batch.len() == BATCH {
                snapshot.vouch()?;
                if rows.blocking_send(std::mem::take(&mut batch)).is_err() {
                    return Ok(());
                }
            }
        }
    }
    if !batch.is_empty() {
        snapshot.vouch()?;
        // Nobody need have waited for the last of them.
        let _gone = rows.blocking_send(batch);
    }
    Ok(())
}

fn select(part: &str) -> String {
    format!("SELECT {COLUMNS} {part}")
}

fn history_row(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    let time = |column| -> rusqlite::Result<_> {
        Ok(row.get::<_, Option<At>>(column)?.map(|At(time)| time))
    };
    let attempt: Option<AttemptState> = row.get(7)?;
    let status = match attempt {
        None | Some(AttemptState::Released) => None,
        Some(AttemptState::InFlight) => Some("in_flight".to_owned()),
        Some(AttemptState::Failed) => Some("failed".to_owned()),
        Some(AttemptState::Uncertain) => Some("uncertain".to_owned()),
        Some(AttemptState::Accepted) => Some(delivered(row.get(6)?).to_owned()),
    };
    let skipped: Option<String> = row.get(5)?;
    Ok(HistoryRow {
        phone: phone_text(row.get(0)?),
        state: row.get(1)?,
        outcome: row.get(2)?,
        status,
        at: time(9)?,
        attempts: row.get(3)?,
        message_id: row.get(10)?,
        code: row.get(11)?,
        reason: match skipped {
            Some(reason) => Some(reason),
            None => row.get(12)?,
        },
        due_at: time(4)?,
        list: row.get(13)?,
        line: count(row.get(14)?),
    })
}

fn delivered(highest: Reached) -> &'static str {
    match highest {
        Reached::Nothing | Reached::Accepted => "accepted",
        Reached::Sent => "sent",
        Reached::Delivered => "delivered",
        Reached::Read => "read",
        Reached::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use futures::TryStreamExt;
    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::super::tests::{filled, people};
    use super::super::{Mode, open};
    use super::*;
    use crate::store::Error;

    fn filter() -> HistoryFilter {
        HistoryFilter {
            account: "main".to_owned(),
            campaign: "spring".to_owned(),
            limit: None,
        }
    }

    /// As many batches as fill the room ahead, the reader's hands, and those of whoever takes the first.
    const MANY: u64 = (BATCH * (AHEAD + 3)) as u64;

    #[tokio::test]
    async fn batches_together_are_the_campaign_in_its_order() {
        let directory = TempDir::new().unwrap();
        let path = filled(&directory, MANY + 1).await;
        let store = open(&path, Mode::ReadOnly).unwrap();
        let batches: Vec<_> = store.history(&filter()).try_collect().await.unwrap();
        let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
        assert_eq!(sizes, [&[BATCH; AHEAD + 3][..], &[1]].concat());
        let phones: Vec<_> = batches.concat().into_iter().map(|row| row.phone).collect();
        let expected: Vec<_> = people(MANY + 1).into_iter().map(|row| row.phone).collect();
        assert_eq!(phones, expected);
    }

    #[tokio::test]
    async fn who_stops_listening_ends_the_reading() {
        let directory = TempDir::new().unwrap();
        let path = filled(&directory, MANY).await;
        let core = Arc::new(super::super::open::core(&path, Mode::ReadOnly).unwrap());
        let (sender, mut receiver) = mpsc::channel(AHEAD);
        let reading = core
            .blocking(move |core| core.read_out(&|snapshot| read(snapshot, &filter(), &sender)));
        let listening = async move {
            let first = receiver.recv().await.unwrap();
            drop(receiver);
            first
        };
        // It ends only if it does not wait for room.
        let (read, first) = tokio::join!(reading, listening);
        read.unwrap();
        assert_eq!(first.len(), BATCH);
    }

    fn change(path: &Path) {
        let connection = Connection::open(path).unwrap();
        let changed = connection.execute_batch(
            "UPDATE member SET due_at = due_at + 1; PRAGMA wal_checkpoint(TRUNCATE)",
        );
        changed.unwrap();
    }

    #[tokio::test]
    async fn rows_of_two_moments_are_never_mixed() {
        let directory = TempDir::new().unwrap();
        let path = filled(&directory, MANY).await;
        // So that a change shows however coarse the file system's clock is.
        let file = std::fs::File::open(&path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        let store = open(&path, Mode::ReadOnly).unwrap();
        let mut history = store.history(&filter());
        history.try_next().await.unwrap().unwrap();
        change(&path);
        let rest = history.try_collect::<Vec<_>>().await;
        assert!(matches!(rest, Err(Error::Io { .. })), "{rest:?}");
        let again = store.history(&filter()).try_concat().await.unwrap();
        assert_eq!(again.len() as u64, MANY);
    }

    #[tokio::test]
    async fn beside_a_writer_rows_stay_as_they_were_when_the_reading_began() {
        let directory = TempDir::new().unwrap();
        let path = filled(&directory, MANY).await;
        let store = open(&path, Mode::ReadWrite).unwrap();
        let before = store.history(&filter()).try_concat().await.unwrap();
        let mut history = store.history(&filter());
        let mut rows = history.try_next().await.unwrap().unwrap();
        let writer = Connection::open(&path).unwrap();
        let moved = writer.execute("UPDATE member SET due_at = due_at + 1", []);
        assert_eq!(moved.unwrap() as u64, MANY);
        rows.extend(history.try_concat().await.unwrap());
        assert_eq!(rows, before);
        assert_ne!(store.history(&filter()).try_concat().await.unwrap(), before);
    }

    #[tokio::test]
    async fn nothing_is_sorted() {
        let directory = TempDir::new().unwrap();
        let connection = Connection::open(filled(&directory, 1).await).unwrap();
        for part in PARTS {
            let mut statement = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {}", select(part)))
                .unwrap();
            let steps = statement.query_map([1, 1], |row| row.get::<_, String>(3));
            let steps: Vec<_> = steps.unwrap().map(Result::unwrap).collect();
            let wrong = |step: &&String| step.contains("TEMP B-TREE") || step.contains("AUTOMATIC");
            assert_eq!(steps.iter().find(wrong), None, "{steps:#?}");
        }
    }
}
