//! The memory of the sandbox: one SQLite database, owned by one thread.
//!
//! Everybody else sends jobs. Writes are committed in groups, in the order in which they were sent, and an answer leaves
//! the sandbox only after the group that holds its effects was committed: what the API has said survives `kill -9`. This
//! room and its files hold all the SQL there is; they decide nothing about what is stored.

mod inbound;
mod messages;
mod objects;
mod outbox;
mod requests;
mod schema;
mod sink;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction};
use serde::Serialize;
use tokio::sync::oneshot;

pub(crate) use inbound::{Filter as InboundFilter, Row as InboundRow};
pub(crate) use messages::{
    Answer, AnswerKind, Filter as MessageFilter, Recent, Row as MessageRow, Step, Told,
};
pub(crate) use objects::Objects;
pub(crate) use outbox::Delivery;
pub(crate) use requests::{Filter as RequestFilter, Row as RequestRow};
pub(crate) use sink::Row as SinkRow;

/// How many jobs share a transaction at most.
const GROUP: usize = 500;

/// Why the data cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened, or is no database.
    #[error("cannot open the sandbox's data {path}: {reason}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system said.
        reason: String,
    },
    /// The file belongs to another program.
    #[error("{path} is not a sandbox's data")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer waform.
    #[error(
        "the sandbox's data {path} has format {found}, this waform knows up to {known}; use the newer waform"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: i64,
        /// The newest format this program reads.
        known: i64,
    },
    /// A read or a write failed while running.
    #[error("the sandbox's data cannot be read or written: {0}")]
    Failed(String),
    /// The thread that owns the data has ended.
    #[error("the sandbox's data is closed")]
    Closed,
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// One thing to be remembered.
#[derive(Debug)]
pub(crate) enum Write {
    /// An object of the world, as JSON.
    Put {
        kind: &'static str,
        id: String,
        body: String,
    },
    /// An object of the world that is gone.
    Delete { kind: &'static str, id: String },
    /// A message that was accepted.
    Message(Box<MessageRow>),
    /// A request and its answer.
    Request(Box<RequestRow>),
    /// What a customer wrote.
    Inbound(Box<InboundRow>),
    /// What a customer wrote was marked as read, at this time.
    Seen { id: String, at: i64 },
    /// What a stand-in for another service was sent.
    Sink(Box<SinkRow>),
    /// A change that subscribers are to be told.
    Webhook(Box<Delivery>),
}

impl Write {
    /// Returns the write that keeps `object`.
    pub(crate) fn put(kind: &'static str, id: impl Into<String>, object: &impl Serialize) -> Self {
        let body = serde_json::to_string(object)
            .expect("the world's objects are plain data with text keys");
        Self::Put {
            kind,
            id: id.into(),
            body,
        }
    }

    fn run(self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        match self {
            Self::Put { kind, id, body } => objects::put(tx, kind, &id, &body),
            Self::Delete { kind, id } => objects::delete(tx, kind, &id),
            Self::Message(row) => messages::insert(tx, &row),
            Self::Request(row) => requests::insert(tx, &row),
            Self::Inbound(row) => inbound::insert(tx, &row),
            Self::Seen { id, at } => inbound::mark_read(tx, &id, at),
            Self::Sink(row) => sink::insert(tx, &row),
            Self::Webhook(delivery) => outbox::insert(tx, &delivery),
        }
    }
}

type Work = Box<dyn FnOnce(Result<&mut Connection, Error>) + Send>;

enum Job {
    Write(Vec<Write>, Option<oneshot::Sender<Result<(), Error>>>),
    Work(Work),
}

/// The handle on the thread that owns the database.
pub(crate) struct Data {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Data {
    /// Opens the data at `path`, or an empty one in memory.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let connection = schema::open(path)?;
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("sandbox-data".into())
            .spawn(move || serve(connection, &receiver))
            .map_err(|error| Error::Failed(error.to_string()))?;
        Ok(Self {
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    fn send(&self, job: Job) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(jobs) = jobs.as_ref() {
            // A thread that has ended drops the job, and with it the answer's sender: the caller learns it there.
            drop(jobs.send(job));
        }
    }

    /// Queues `writes` without waiting for them.
    pub(crate) fn queue(&self, writes: Vec<Write>) {
        if !writes.is_empty() {
            self.send(Job::Write(writes, None));
        }
    }

    /// Queues `writes` and waits until they, and everything queued before, are durable.
    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<(), Error> {
        let (answer, committed) = oneshot::channel();
        self.send(Job::Write(writes, Some(answer)));
        committed.await.map_err(|_| Error::Closed)?
    }

    /// Runs `work` in a transaction of its own, after everything queued before is durable.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, done) = oneshot::channel();
        self.send(Job::Work(Box::new(move |connection| {
            let result = connection.and_then(|connection| {
                let tx = connection
                    .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
                let value = work(&tx)?;
                tx.commit()?;
                Ok(value)
            });
            drop(answer.send(result));
        })));
        done.await.map_err(|_| Error::Closed)?
    }

    /// Finishes what is queued and closes the database.
    pub(crate) fn close(&self) {
        drop(
            self.jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            drop(thread.join());
        }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(mut connection: Connection, jobs: &Receiver<Job>) {
    let mut failed: Option<Error> = None;
    while let Ok(first) = jobs.recv() {
        let mut group = Vec::new();
        let mut work = None;
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                Job::Write(writes, answer) => group.push((writes, answer)),
                Job::Work(job) => {
                    work = Some(job);
                    break;
                }
            }
            if group.len() < GROUP {
                next = jobs.try_recv().ok();
            }
        }
        commit(&mut connection, group, &mut failed);
        if let Some(work) = work {
            match &failed {
                None => work(Ok(&mut connection)),
                Some(error) => work(Err(error.clone())),
            }
        }
    }
    // Leaves one file behind instead of a file and its write-ahead log; failing to is harmless.
    drop(connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);"));
}

type Group = Vec<(Vec<Write>, Option<oneshot::Sender<Result<(), Error>>>)>;

/// Commits one group. After a failure nothing is accepted any more: what is in memory is then ahead of what is durable.
fn commit(connection: &mut Connection, group: Group, failed: &mut Option<Error>) {
    if group.is_empty() {
        return;
    }
    let (writes, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    if failed.is_none() && writes.iter().any(|writes| !writes.is_empty()) {
        let result = (|| {
            let tx =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            for write in writes.into_iter().flatten() {
                write.run(&tx)?;
            }
            tx.commit()
        })();
        if let Err(error) = result {
            tracing::error!(%error, "the sandbox's data cannot be written");
            *failed = Some(error.into());
        }
    }
    for answer in answers.into_iter().flatten() {
        drop(answer.send(failed.clone().map_or(Ok(()), Err)));
    }
}
