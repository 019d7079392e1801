//! A campaign's contacts, one by one.
//!
//! Nothing is sorted and nothing is gathered: the rows come in the order in which an index and a table have them, and
//! wait where nobody takes them. So the first row comes at once, and memory does not grow with the campaign.

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use futures::{FutureExt, future};
use rusqlite::types::{FromSqlError, ToSqlOutput, Value};
use rusqlite::{Row, ToSql, params_from_iter};
use tokio::sync::mpsc;

use super::codes::{At, AttemptState, Reached, count};
use super::contact_file::name;
use super::error::{Failure, Work};
use super::reader::Snapshot;
use super::store::Core;
use super::{answers, campaigns};
use crate::store::{HistoryFilter, HistoryRow, HistoryRows};

/// Rows that are handed over at a time.
const BATCH: usize = 1000;
/// Batches that are read before the first of them is taken.
const AHEAD: usize = 2;

const COLUMNS: &str = "
    c.phone, c.user_id, m.state, m.outcome, m.counted + m.earlier, m.due_at, m.reason, m.delivery,
    a.state, a.claimed_at, a.sent_at, a.delivered_at, a.read_at, a.failed_at,
    a.message_id, a.code, a.reason, a.worker, v.list, v.line";

/// Both parts of a history, in their order: those who were messaged, and those who were not. CROSS JOIN keeps the first
/// table the outermost, whose order is that of the rows. An attempt that was released was none; a recontact is no attempt
/// at what the campaign says.
const PARTS: [Part; 2] = [
    Part {
        from: "FROM attempt a INDEXED BY attempt_claimed
     CROSS JOIN member m ON m.campaign = a.campaign AND m.contact = a.contact
     CROSS JOIN contact c ON c.id = a.contact
     CROSS JOIN member_values v ON v.campaign = a.campaign AND v.contact = a.contact",
        condition: "a.campaign = ?1 AND a.state <> 4 AND a.step = 0 AND NOT EXISTS (
         SELECT 1 FROM attempt b
         WHERE b.contact = a.contact AND b.campaign = a.campaign AND b.number > a.number
           AND b.state <> 4 AND b.step = 0)",
        order: "a.claimed_at, a.contact",
    },
    Part {
        from: "FROM member m
     CROSS JOIN contact c ON c.id = m.contact
     CROSS JOIN member_values v ON v.campaign = m.campaign AND v.contact = m.contact
     LEFT JOIN attempt a ON a.contact = m.contact AND a.campaign = m.campaign AND a.state <> 4 AND a.step = 0",
        condition: "m.campaign = ?1 AND a.number IS NULL",
        order: "m.contact",
    },
];

struct Part {
    from: &'static str,
    condition: &'static str,
    order: &'static str,
}

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
        let (select, wanted) = select(&part, filter)?;
        let mut statement = connection.prepare_cached(&select)?;
        let limit = i64::try_from(left).unwrap_or(i64::MAX);
        let parameters = [campaign, limit].into_iter().chain(wanted);
        for row in statement.query_map(params_from_iter(parameters), history_row)? {
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

/// Returns a part's statement and the codes that it asks for from ?3 on.
fn select(part: &Part, filter: &HistoryFilter) -> Work<(String, Vec<i64>)> {
    let Part {
        from,
        condition,
        order,
    } = part;
    let (columns, answer) = (answers::COLUMNS, answers::JOIN);
    let mut select = format!("SELECT {COLUMNS}, {columns} {from} {answer} WHERE {condition}");
    let mut wanted = Vec::new();
    let mut only = |column: &str, codes: Vec<i64>| {
        if codes.is_empty() {
            return;
        }
        let first = 3 + wanted.len();
        let places: Vec<_> = (first..first + codes.len())
            .map(|place| format!("?{place}"))
            .collect();
        select.extend([" AND ", column, " IN (", &places.join(", "), ")"]);
        wanted.extend(codes);
    };
    only("m.state", numbers(&filter.states)?);
    only("m.outcome", numbers(&filter.outcomes)?);
    only("a.code", filter.codes.clone());
    select.extend([" ORDER BY ", order, " LIMIT ?2"]);
    Ok((select, wanted))
}

/// Returns words as columns have them.
fn numbers(words: &[impl ToSql]) -> Work<Vec<i64>> {
    let number = |word: &_| match ToSql::to_sql(word)? {
        ToSqlOutput::Owned(Value::Integer(number)) => Ok(number),
        _ => Err(Failure::Column(FromSqlError::InvalidType)),
    };
    words.iter().map(number).collect()
}

fn history_row(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    let time = |column| -> rusqlite::Result<_> {
        Ok(row.get::<_, Option<At>>(column)?.map(|At(time)| time))
    };
    let attempt: Option<AttemptState> = row.get(8)?;
    let reached: Reached = row.get(7)?;
    let told = [time(10)?, time(11)?, time(12)?, time(13)?];
    let at = match told.into_iter().max().flatten() {
        Some(at) => Some(at),
        None => time(9)?,
    };
    let skipped: Option<String> = row.get(6)?;
    Ok(HistoryRow {
        phone: name(row, 0)?,
        state: row.get(2)?,
        outcome: row.get(3)?,
        status: attempt
            .and_then(|attempt| attempt.shown(reached))
            .map(str::to_owned),
        at,
        attempts: row.get(4)?,
        message_id: row.get(14)?,
        code: row.get(15)?,
        reason: match skipped {
            Some(reason) => Some(reason),
            None => row.get(16)?,
        },
        due_at: time(5)?,
        list: row.get(18)?,
        line: count(row.get(19)?),
        worker: row.get(17)?,
        answer: answers::read(row, 20)?,
    })
}

impl AttemptState {
    /// Returns the word for an attempt that reached so far; none where it was taken back.
    pub(super) fn shown(self, reached: Reached) -> Option<&'static str> {
        match self {
            Self::Released => None,
            Self::InFlight => Some("in_flight"),
            Self::Failed => Some("failed"),
            Self::Uncertain => Some("uncertain"),
            Self::Accepted => Some(reached.shown()),
        }
    }
}

impl Reached {
    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Nothing | Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use futures::TryStreamExt;
    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::super::tests::{filled, people};
    use super::super::tests_contacts::{Scanned, plan};
    use super::super::{Mode, open};
    use super::*;
    use crate::store::{ContactState, Error, Outcome};

    fn filter() -> HistoryFilter {
        HistoryFilter {
            account: "main".to_owned(),
            campaign: "spring".to_owned(),
            ..HistoryFilter::default()
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

    #[test]
    fn nothing_is_sorted() {
        let narrow = HistoryFilter {
            states: vec![ContactState::RetryDue, ContactState::Closed],
            outcomes: vec![Outcome::Failed],
            codes: vec![131_026, 131_049],
            ..filter()
        };
        for filter in [filter(), narrow] {
            for part in PARTS {
                let (select, wanted) = select(&part, &filter).unwrap();
                let scanned = plan(&select, 2 + wanted.len());
                assert_eq!(scanned, Scanned::default(), "{select}");
            }
        }
    }
}
