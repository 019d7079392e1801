//! Reading all lists of a campaign into the store's audience.
//!
//! One thread reads and cuts rows into batches, as many as there are processors turn batches into members, and the store
//! takes them in the order of the lists. Every step waits for the next, so that memory stays flat.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};

use super::brief::{Brief, broken_off};
use super::member::Maker;
use super::sources::{self, Columns};
use crate::campaign::contacts::{Header, Problem, Reader, Row, RowError};
use crate::campaign::suppression::Suppressed;
use crate::clock::Clock;
use crate::config::{Diagnostics, Report};
use crate::store::{self, Audience, Member};

/// Rows of one batch: enough that handing it over costs nothing beside it, few enough that a dozen of them do not show in
/// the memory.
const BATCH: usize = 1_000;
/// Batches that are read ahead.
const READ_AHEAD: usize = 2;
/// Row errors that are kept to be shown; all are counted.
const SHOWN_ERRORS: usize = 100;

/// What came of gathering.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Rows of all lists, bad ones included.
    pub rows: u64,
    /// Rows that became members, duplicates among them.
    pub members: u64,
    /// Numbers on the suppression lists.
    pub suppressed: u64,
    /// Members by the reason for which they are skipped, duplicates among them.
    pub skipped: BTreeMap<String, u64>,
    /// Suppression files before lists.
    pub row_errors: RowErrors,
    /// What the files lack without harm.
    pub warnings: Vec<Report>,
}

/// Row errors: the first ones, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowErrors {
    pub first: Vec<RowError>,
    pub count: u64,
}

impl RowErrors {
    fn push(&mut self, error: RowError) {
        self.count += 1;
        if self.first.len() < SHOWN_ERRORS {
            self.first.push(error);
        }
    }
}

/// How far gathering has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub list: String,
    pub rows: u64,
}

/// Why an audience cannot be gathered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Files are missing, unreadable or without the columns that they should have.
    #[error("the contacts cannot be read")]
    Files(Diagnostics),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("reading the contacts broke off: {0}")]
    Worker(#[from] JoinError),
}

/// Rows of one list, with what could not be read between them.
struct Batch {
    list: usize,
    columns: Columns,
    header: Arc<Header>,
    rows: Vec<Row>,
    errors: Vec<RowError>,
}

/// Members of one batch.
struct Made {
    list: usize,
    rows: u64,
    members: Vec<Member>,
    errors: Vec<RowError>,
}

/// Reads all lists of a campaign, in their order, into `audience`. Bad rows are reported and never stop the good ones.
///
/// # Errors
/// Where a file cannot be read, or the store fails; `audience` is not to be committed then.
pub async fn gather(
    brief: &Arc<Brief>,
    audience: &mut dyn Audience,
    clock: &Clock,
    progress: &(dyn Fn(&Progress) + Sync),
) -> Result<Gathered, Error> {
    let now = clock.now();
    let mut gathered = Gathered::default();
    let opened = blocking({
        let brief = Arc::clone(brief);
        move || sources::open(&brief)
    });
    let (sources, warnings) = opened.await?.map_err(Error::Files)?;
    gathered.warnings = warnings.reports().to_vec();

    let read = blocking({
        let brief = Arc::clone(brief);
        move || read_suppressions(&brief, sources.suppressions)
    });
    let (suppressed, errors) = read.await?.map_err(Error::Files)?;
    gathered.suppressed = suppressed.len() as u64;
    gathered.row_errors = errors;
    let suppressed = Arc::new(suppressed);

    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let reading = spawn_blocking({
        let brief = Arc::clone(brief);
        move || read_lists(&brief, sources.lists, &sender)
    });
    let batches = stream::unfold(receiver, |mut receiver| async move {
        let batch: Batch = receiver.recv().await?;
        Some((batch, receiver))
    });
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let made = batches
        .map(|batch| {
            let (brief, suppressed) = (Arc::clone(brief), Arc::clone(&suppressed));
            blocking(move || make(&brief, &suppressed, now, batch))
        })
        .buffered(workers);
    let mut made = std::pin::pin!(made);
    let mut read = Progress {
        list: String::new(),
        rows: 0,
    };
    while let Some(made) = made.next().await {
        let made = made?;
        let list = &brief.lists[made.list].name;
        if *list != read.list {
            list.clone_into(&mut read.list);
            read.rows = 0;
        }
        read.rows += made.rows;
        gathered.count(&made);
        made.errors
            .into_iter()
            .for_each(|error| gathered.row_errors.push(error));
        audience.add(made.members).await?;
        progress(&read);
    }
    reading.await?.map_err(Error::Files)?;
    Ok(gathered)
}

impl Gathered {
    fn count(&mut self, made: &Made) {
        self.rows += made.rows;
        self.members += made.members.len() as u64;
        for skip in made
            .members
            .iter()
            .filter_map(|member| member.skip.as_ref())
        {
            *self.skipped.entry(skip.clone()).or_default() += 1;
        }
    }
}

/// Runs work that waits for disks or keeps a processor busy.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    spawn_blocking(work).await
}

type Suppressions = (Suppressed, RowErrors);

fn read_suppressions(
    brief: &Brief,
    readers: Vec<(Reader, usize)>,
) -> Result<Suppressions, Diagnostics> {
    let (mut suppressed, mut errors) = (Suppressed::default(), RowErrors::default());
    for (suppression, (reader, column)) in brief.suppressions.iter().zip(readers) {
        suppressed
            .read(
                reader,
                column,
                suppression.default_region,
                &suppression.file.shown,
                &mut |error| errors.push(error),
            )
            .map_err(|error| failure(broken_off(&suppression.file, &error)))?;
    }
    suppressed.finish();
    Ok((suppressed, errors))
}

fn read_lists(
    brief: &Brief,
    readers: Vec<(Reader, Columns)>,
    sender: &mpsc::Sender<Batch>,
) -> Result<(), Diagnostics> {
    for (list, (mut reader, columns)) in readers.into_iter().enumerate() {
        let file = &brief.lists[list].file;
        loop {
            let mut batch = Batch {
                list,
                columns,
                header: Arc::clone(reader.header()),
                rows: Vec::with_capacity(BATCH),
                errors: Vec::new(),
            };
            let goes_on = fill(&mut batch, &mut reader, &file.shown)
                .map_err(|error| failure(broken_off(file, &error)))?;
            // Nobody listens any more: gathering was given up, for a reason that is told elsewhere.
            if sender.blocking_send(batch).is_err() {
                return Ok(());
            }
            if !goes_on {
                break;
            }
        }
    }
    Ok(())
}

/// Fills a batch; tells whether the file goes on after it.
fn fill(batch: &mut Batch, reader: &mut Reader, file: &str) -> io::Result<bool> {
    while batch.rows.len() + batch.errors.len() < BATCH {
        match reader.read_row()? {
            None => return Ok(false),
            Some(Ok(row)) => batch.rows.push(row),
            Some(Err((line, problem))) => batch.errors.push(row_error(file, line, problem)),
        }
    }
    Ok(true)
}

fn make(brief: &Brief, suppressed: &Suppressed, now: Timestamp, batch: Batch) -> Made {
    let Batch {
        list: at,
        columns,
        header,
        rows,
        mut errors,
    } = batch;
    let list = &brief.lists[at];
    let count = (rows.len() + errors.len()) as u64;
    let mut maker = Maker {
        brief,
        list,
        columns,
        header: &header,
        suppressed,
        now,
        openings: HashMap::new(),
        zone_names: HashMap::new(),
    };
    let mut members = Vec::with_capacity(rows.len());
    for row in rows {
        let mut note = |problem| errors.push(row_error(&list.file.shown, row.line, problem));
        match maker.make(&row, &mut note) {
            Ok(member) => members.push(member),
            Err(problem) => note(problem),
        }
    }
    errors.sort_by_key(|error| error.line);
    Made {
        list: at,
        rows: count,
        members,
        errors,
    }
}

fn row_error(file: &str, line: u64, problem: Problem) -> RowError {
    RowError {
        file: file.to_owned(),
        line,
        problem,
    }
}

fn failure(report: Report) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(report);
    diagnostics
}
