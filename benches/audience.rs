//! How long a contact list takes from its file to a plan.
//!
//! Beside the times stand their ratios to two yardsticks of the same run: the same file read by the bare csv crate, and its
//! rows put into a bare SQLite table. `AUDIENCE_PEOPLE` sets how many people there are (100,000; at most
//! 1,048,576).

mod yardstick;

use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use criterion::Throughput;
use futures::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::params_from_iter;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use waform::campaign::audience::{Brief, gather};
use waform::campaign::skip::{Skip, VARIABLE_MISSING};
use waform::campaign::{LiveWorld, Message, Prepared, prepare};
use waform::clock::Clock;
use waform::config::Inputs;
use waform::meta::Number;
use waform::resource::campaign::Campaign;
use waform::resource::{self, Project};
use waform::store::sqlite;
use waform::store::{
    Audience, CampaignRecord, CampaignState, Comparison, Database, Gaps, LockRequest, Member,
};
use yardstick::Fastest;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NUMBER: &str = "+15550783881";
const CSV: &str = "people.csv";

const CONFIGURATION: &str = r#"
[account.main]
waba_id = "102290129340398"
access_token = { env = "WHATSAPP_ACCESS_TOKEN" }

[phone.support]
number = "+15550783881"

[template.order_update]
category = "utility"
language = "en_US"
body = "Hi {{first_name}}, your order {{order_no}} leaves us on {{ship_date}}. We hope that you like it."
example = { first_name = "Ana", order_no = "1042", ship_date = "2 May" }

[list.people]
source = { csv = "people.csv" }
phone = "phone"
opt_in = { field = "opted_in_at" }
timezone = { field = "zone" }

[mapping.orders]
template = "order_update"
[mapping.orders.variables]
first_name = { field = "first_name", default = "there" }
order_no = { field = "order_no" }
ship_date = { expr = "shipped_at | date('%-d %b')" }

[campaign.orders]
template = "order_update"
mapping = "orders"
lists = ["people"]
from = "support"
quiet_hours = { from = "21:00", to = "08:00" }
"#;

fn people() -> u64 {
    std::env::var("AUDIENCE_PEOPLE")
        .ok()
        .and_then(|people| people.parse().ok())
        .unwrap_or(100_000)
}

/// Valid numbers in no order: as in a list that is sorted by something else.
fn phone(index: u64) -> u64 {
    // Multiplying by an odd number permutes the numbers below a power of two.
    12_125_000_000 + (index.wrapping_mul(2_654_435_761) & 0xf_ffff)
}

/// Writes the list row by row: held whole, it would show in the memory that is reported.
fn write_csv(path: &Path) -> io::Result<()> {
    const ZONES: [&str; 3] = ["America/New_York", "", "Europe/Tallinn"];
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(
        file,
        "phone,first_name,order_no,shipped_at,opted_in_at,zone"
    )?;
    for index in 0..people() {
        writeln!(
            file,
            "+{},Ana,{index},2026-05-{:02},2026-01-01T10:00:00Z,{}",
            phone(index),
            1 + index % 28,
            ZONES[(index % 3) as usize]
        )?;
    }
    file.flush()
}

/// Takes members and forgets them: what is left is reading.
#[derive(Default)]
struct Nowhere(u64);

impl Audience for Nowhere {
    fn add(&mut self, members: Vec<Member>) -> BoxFuture<'_, waform::store::Result<()>> {
        self.0 += members
            .iter()
            .filter(|member| member.skip.is_none())
            .count() as u64;
        black_box(members);
        Box::pin(std::future::ready(Ok(())))
    }

    fn compare<'a>(
        &'a mut self,
        _now: Timestamp,
        _gaps: &'a Gaps,
    ) -> BoxFuture<'a, waform::store::Result<Comparison>> {
        Box::pin(std::future::ready(Ok(Comparison::default())))
    }

    fn sketch(&self) -> Option<waform::store::Sketch> {
        None
    }

    fn commit(
        self: Box<Self>,
        _lock: &str,
        _now: Timestamp,
    ) -> BoxFuture<'static, waform::store::Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A message of three variables, without a template's rules.
struct Plain;

impl Message for Plain {
    fn languages(&self) -> Vec<String> {
        vec!["en_US".to_owned()]
    }

    fn compose(&self, _language: &str, values: &BTreeMap<String, String>) -> Result<String, Skip> {
        if values.len() < 3 {
            return Err(Skip::new(VARIABLE_MISSING));
        }
        Ok(json!(values).to_string())
    }
}

struct House {
    runtime: Runtime,
    directory: TempDir,
    project: Project,
    clock: Clock,
}

impl House {
    fn new() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        std::fs::write(directory.path().join("waform.toml"), CONFIGURATION).expect("room");
        write_csv(&directory.path().join(CSV)).expect("room");
        let (project, diagnostics) = resource::load(directory.path(), &Inputs::default());
        assert!(!diagnostics.has_errors(), "{:?}", diagnostics.reports());
        Self {
            runtime: Runtime::new().expect("a runtime"),
            directory,
            project,
            clock: Clock::frozen("2026-11-22T12:00:00Z".parse().expect("a time")),
        }
    }

    /// Reads the list alone.
    fn gather(&self) {
        let campaign = self.project.get::<Campaign>("orders").expect("declared");
        let brief = Arc::new(Brief::new(&self.project, campaign, Arc::new(Plain)));
        let mut audience = Nowhere::default();
        let gathered = gather(&brief, &mut audience, &self.clock, &|_| ());
        let gathered = self.runtime.block_on(gathered).expect("a readable list");
        assert_eq!((gathered.members, audience.0), (people(), people()));
    }

    /// Reads the list and compares it with the hopper, as a plan does.
    fn prepare(&self, store: &dyn Database) -> Prepared {
        let number = || Number {
            id: "106540352242922".to_owned(),
            display_phone_number: NUMBER.to_owned(),
            ..Number::default()
        };
        let prepared = self.runtime.block_on(prepare(
            &self.project,
            LiveWorld {
                numbers: &|_| vec![number()],
                object: &|_, _, _| None,
            },
            store,
            &self.clock,
            &|_| true,
            &|_| (),
        ));
        prepared.expect("a campaign").remove(0)
    }

    /// Brings everybody into the hopper.
    fn fill(&self, store: &dyn Database, mut prepared: Prepared) {
        let now = self.clock.now();
        let request = LockRequest {
            holder: "bench".to_owned(),
            host: "bench".to_owned(),
            process: 1,
            command: "bench".to_owned(),
            run_address: None,
            now,
            until: Timestamp::MAX,
        };
        let campaign = CampaignRecord {
            account: "main".to_owned(),
            name: "orders".to_owned(),
            declaration: json!({}),
            state: CampaignState::Running,
            first_applied_at: now,
            starts_at: now,
            ends_at: None,
            response_timeout: jiff::SignedDuration::from_hours(24),
            max_attempts: 4,
        };
        self.runtime.block_on(async {
            let lock = store.lock(&request).await.expect("a free lock").id;
            store.declare(&lock, &campaign).await.expect("room");
            prepared.commit(&lock, now).await.expect("room");
            store.unlock(&lock).await.expect("the lock");
        });
    }
}

fn read_csv(path: &Path) -> u64 {
    let mut reader = csv::Reader::from_path(path).expect("a file");
    let mut row = csv::StringRecord::new();
    let mut cells = 0;
    while reader.read_record(&mut row).expect("a row") {
        cells += black_box(&row).len() as u64;
    }
    cells
}

/// The rows into one plain table, as fast as SQLite takes them.
fn bare_insert(csv: &Path) {
    let directory = TempDir::new().expect("a temporary directory");
    let mut connection =
        rusqlite::Connection::open(directory.path().join("bare.db")).expect("a file");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE row (phone PRIMARY KEY, a, b, c, d, e) WITHOUT ROWID;",
        )
        .expect("a table");
    let transaction = connection.transaction().expect("a transaction");
    {
        let mut insert = transaction
            .prepare("INSERT OR IGNORE INTO row VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .expect("a statement");
        let mut reader = csv::Reader::from_path(csv).expect("a file");
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).expect("a row") {
            insert.execute(params_from_iter(&row)).expect("room");
        }
    }
    transaction.commit().expect("room");
}

fn main() {
    let house = House::new();
    let csv = house.directory.path().join(CSV);
    let fastest = Fastest::default();
    let mut criterion = yardstick::criterion();
    let mut group = criterion.benchmark_group("audience");
    group.throughput(Throughput::Elements(people()));
    let empty = || sqlite::temporary().expect("a state");

    group.bench_function("gather", |bencher| {
        bencher.iter_custom(|times| fastest.time("gather alone", times, || house.gather()));
    });
    group.bench_function("plan_first", |bencher| {
        let store = empty();
        bencher.iter_custom(|times| {
            fastest.time("plan, first", times, || {
                assert_eq!(house.prepare(&*store).send.contacts.new, people());
            })
        });
    });
    group.bench_function("fill", |bencher| {
        bencher.iter_custom(|times| {
            let run = |_| {
                let store = empty();
                let prepared = house.prepare(&*store);
                let mut prepared = Some(prepared);
                fastest.time("fill", 1, || {
                    house.fill(&*store, prepared.take().expect("once"));
                })
            };
            (0..times).map(run).sum()
        });
    });
    let store = empty();
    house.fill(&*store, house.prepare(&*store));
    group.bench_function("plan_again", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("plan, again", times, || {
                assert_eq!(house.prepare(&*store).send.contacts.due, people());
            })
        });
    });
    group.bench_function("yardstick_read_csv", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("read csv", times, || {
                black_box(read_csv(&csv));
            })
        });
    });
    group.bench_function("yardstick_bare_insert", |bencher| {
        bencher.iter_custom(|times| fastest.time("bare insert", times, || bare_insert(&csv)));
    });
    group.finish();
    fastest.report(
        &format!("{} people", people()),
        |_| people(),
        &["read csv", "bare insert"],
    );
    criterion.final_summary();
}
