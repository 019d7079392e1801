//! The thread that writes.
//!
//! It owns the one connection that changes anything. What waits while it is at work is put into the next transaction
//! together, each piece in a savepoint of its own, and is answered after the commit: an answer means durable.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::{Work, from_sql, io};
use crate::store::{Error, Result};

/// How many pieces of work may wait before those who bring more have to.
const WAITING: usize = 1024;
/// The most that one transaction takes in.
const GROUP: usize = 128;

/// A handle on the thread; dropping it waits until all work is done and the file is closed.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    path: Arc<Path>,
}

impl Writer {
    pub(super) fn start(connection: Connection, path: Arc<Path>) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn({
                let path = Arc::clone(&path);
                move || serve(&connection, waiting, &path)
            })
            .map_err(|error| io(&path, error.to_string()))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            path,
        })
    }

    /// Does a piece of work inside a transaction; all of it or nothing.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        self.hand_over(work, Place::Shared).await
    }

    /// Does a piece of work that begins and ends its transactions itself.
    pub(super) async fn write_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
    ) -> Result<T> {
        self.hand_over(work, Place::Alone).await
    }

    async fn hand_over<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Work<T> + Send + 'static,
        place: Place,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work: Some(work),
            result: None,
            reply,
            place,
            path: Arc::clone(&self.path),
        };
        let gone = || io(&self.path, "the thread that writes to it has ended");
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Box::new(task)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic in the thread has been reported where it happened, and reached whoever waited for an answer.
            drop(thread.join());
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Shared,
    Alone,
}

trait Job: Send {
    fn place(&self) -> Place;
    /// Does the work and keeps its result; whether it went well.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Takes a good result back: what was done did not last.
    fn undo(&mut self, why: Error);
    fn error(&self) -> Option<&Error>;
    fn answer(self: Box<Self>);
}

struct Task<T, W> {
    work: Option<W>,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    place: Place,
    path: Arc<Path>,
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnOnce(&Connection) -> Work<T> + Send,
{
    fn place(&self) -> Place {
        self.place
    }

    fn run(&mut self, connection: &Connection) -> bool {
        if let Some(work) = self.work.take() {
            self.result = Some(work(connection).map_err(|failure| failure.at(&self.path)));
        }
        matches!(self.result, Some(Ok(_)))
    }

    fn undo(&mut self, why: Error) {
        if !matches!(self.result, Some(Err(_))) {
            self.result = Some(Err(why));
        }
    }

    fn error(&self) -> Option<&Error> {
        self.result.as_ref()?.as_ref().err()
    }

    fn answer(self: Box<Self>) {
        let result = self
            .result
            .unwrap_or_else(|| Err(io(&self.path, "the work was not done")));
        // Whoever asked may have gone; what was done is done all the same.
        drop(self.reply.send(result));
    }
}

fn serve(connection: &Connection, mut waiting: mpsc::Receiver<Box<dyn Job>>, path: &Path) {
    let mut next = None;
    while let Some(mut job) = next.take().or_else(|| waiting.blocking_recv()) {
        if job.place() == Place::Alone {
            job.run(connection);
            job.answer();
            continue;
        }
        let mut group = vec![job];
        while group.len() < GROUP
            && let Ok(job) = waiting.try_recv()
        {
            if job.place() == Place::Alone {
                next = Some(job);
                break;
            }
            group.push(job);
        }
        while !group.is_empty() {
            let rest = transact(connection, &mut group, path);
            group.into_iter().for_each(Job::answer);
            group = rest;
        }
    }
}

/// Does the work of a group in one transaction. Where SQLite ends the transaction of itself (a full disk does that),
/// what had gone well is undone, and what was not begun yet is returned.
fn transact(
    connection: &Connection,
    group: &mut Vec<Box<dyn Job>>,
    path: &Path,
) -> Vec<Box<dyn Job>> {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        for job in group {
            job.undo(from_sql(&error, path));
        }
        return Vec::new();
    }
    for index in 0..group.len() {
        let done = in_savepoint(connection, &mut group[index]);
        if connection.is_autocommit() {
            let rest = group.split_off(index + 1);
            let full = matches!(group[index].error(), Some(Error::Full { .. }));
            for job in group {
                job.undo(if full {
                    Error::Full {
                        path: path.to_owned(),
                    }
                } else {
                    io(path, "the transaction was rolled back")
                });
            }
            return rest;
        }
        if let Err(error) = done {
            group[index].undo(from_sql(&error, path));
        }
    }
    if let Err(error) = connection.execute_batch("COMMIT") {
        for job in group {
            job.undo(from_sql(&error, path));
        }
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
    Vec::new()
}

fn in_savepoint(connection: &Connection, job: &mut Box<dyn Job>) -> rusqlite::Result<()> {
    connection.execute_batch("SAVEPOINT work")?;
    let done = job.run(connection);
    if connection.is_autocommit() {
        return Ok(());
    }
    connection.execute_batch(if done {
        "RELEASE work"
    } else {
        "ROLLBACK TO work; RELEASE work"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(directory: &tempfile::TempDir) -> Writer {
        let path = directory.path().join("rows.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE row (x)").unwrap();
        Writer::start(connection, path.into()).unwrap()
    }

    fn insert(number: i64) -> impl FnOnce(&Connection) -> Work<()> + Send + 'static {
        move |connection| {
            connection.execute("INSERT INTO row VALUES (?1)", [number])?;
            Ok(())
        }
    }

    async fn rows(writer: &Writer) -> Vec<i64> {
        let select = |connection: &Connection| {
            let mut statement = connection.prepare("SELECT x FROM row ORDER BY x")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        };
        writer.write(select).await.unwrap()
    }

    /// Does three pieces of work that had to wait for one another, so that they share a transaction.
    async fn together(
        writer: &Writer,
        second: impl FnOnce(&Connection) -> Work<()> + Send + 'static,
    ) -> [Result<()>; 3] {
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let gatekeeper = writer.write_alone(move |_| {
            let _ = gate.recv();
            Ok(())
        });
        let all = async {
            // The gate opens when all have been handed over: they are polled in this order.
            tokio::join!(
                writer.write(insert(1)),
                writer.write(second),
                writer.write(insert(3)),
                async move { drop(open) },
            )
        };
        let (gatekeeper, (one, two, three, ())) = tokio::join!(gatekeeper, all);
        gatekeeper.unwrap();
        [one, two, three]
    }

    #[tokio::test]
    async fn work_that_fails_takes_nobody_with_it() {
        let directory = tempfile::TempDir::new().unwrap();
        let writer = writer(&directory);
        let results = together(&writer, |connection| {
            insert(2)(connection)?;
            connection.execute("no statement", [])?;
            Ok(())
        });
        assert!(matches!(results.await, [Ok(()), Err(_), Ok(())]));
        assert_eq!(rows(&writer).await, [1, 3]);
    }

    #[tokio::test]
    async fn nobody_is_told_of_a_success_that_was_rolled_back() {
        let directory = tempfile::TempDir::new().unwrap();
        let writer = writer(&directory);
        // As SQLite does of itself where the disk is full.
        let results = together(&writer, |connection| {
            connection.execute_batch("ROLLBACK; no statement")?;
            Ok(())
        });
        assert!(matches!(results.await, [Err(_), Err(_), Ok(())]));
        assert_eq!(rows(&writer).await, [3]);
    }
}
