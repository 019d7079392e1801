//! How long an audience takes to get into the hopper, and to be compared with it again.
//!
//! Beside the times stand their ratios to two yardsticks of the same run: the same rows put into a bare SQLite table, and the
//! same rows read from a CSV file. `HOPPER_PEOPLE` sets how many people there are (100,000).

mod yardstick;

use std::cell::Cell;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::Throughput;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use waform::store::sqlite::{self, Mode};
use waform::store::{
    Audience, CampaignRecord, CampaignState, ClaimRequest, Comparison, Gaps, HistoryFilter, Lease,
    LockRequest, Member, Settled, Settlement, Store, Verdict,
};
use yardstick::Fastest;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Members that are handed over at a time, as reading a list does.
const BATCH: u64 = 1000;
/// Messages that are claimed and settled at a time.
const CLAIMED: usize = 256;
/// The one step that is not about everybody.
const SEND: &str = "claim, settle";

fn people() -> u64 {
    std::env::var("HOPPER_PEOPLE")
        .ok()
        .and_then(|people| people.parse().ok())
        .unwrap_or(100_000)
}

/// Numbers in no order: as in a list that is sorted by something else.
fn phone(index: u64) -> u64 {
    // Multiplying by an odd number permutes the numbers below a power of two.
    372_000_000_000 + (index.wrapping_mul(2_654_435_761) & 0xfff_ffff)
}

fn member(index: u64) -> Member {
    Member {
        phone: format!("+{}", phone(index)),
        language: "en_US".to_owned(),
        zones: vec!["Europe/Tallinn".to_owned()],
        variables:
            json!({ "first_name": "Ana", "order_no": index.to_string(), "ship_date": "May 2" })
                .to_string(),
        country: None,
        opt_in: Some("2026-01-01T10:00:00Z".to_owned()),
        skip: None,
        list: "customers".to_owned(),
        line: index + 2,
    }
}

/// A fresh state whose campaign has no contacts yet.
struct House {
    store: Arc<dyn Store>,
    lock: String,
    lease: Lease,
    _directory: TempDir,
}

async fn house() -> House {
    let directory = TempDir::new().expect("a temporary directory");
    let store = sqlite::open(&directory.path().join("state.db"), Mode::ReadWrite).expect("a state");
    let request = LockRequest {
        holder: "bench".to_owned(),
        host: "bench".to_owned(),
        process: 1,
        command: "bench".to_owned(),
        run_address: None,
        now: Timestamp::UNIX_EPOCH,
        until: Timestamp::MAX,
    };
    let lock = store.lock(&request).await.expect("a free lock").id;
    let lease = store.lease("1063", &request).await.expect("a free number");
    let campaign = CampaignRecord {
        account: "main".to_owned(),
        name: "spring".to_owned(),
        declaration: json!({}),
        state: CampaignState::Running,
        first_applied_at: Timestamp::UNIX_EPOCH,
        starts_at: Timestamp::UNIX_EPOCH,
        ends_at: None,
        response_timeout: SignedDuration::from_hours(24),
        max_attempts: 4,
    };
    store
        .declare(&lock, &campaign)
        .await
        .expect("a declaration");
    House {
        store,
        lock,
        lease,
        _directory: directory,
    }
}

impl House {
    async fn gathered(&self) -> Box<dyn Audience> {
        let mut audience = self.store.audience("main", "spring").await.expect("room");
        let people = people();
        for start in (0..people).step_by(BATCH as usize) {
            let batch = (start..people.min(start + BATCH)).map(member).collect();
            audience.add(batch).await.expect("room");
        }
        audience
    }

    async fn fill(&self) {
        let audience = self.gathered().await;
        audience
            .commit(&self.lock, Timestamp::UNIX_EPOCH)
            .await
            .expect("room");
    }

    /// Claims a batch and settles it, in two transactions.
    async fn send(&self) -> usize {
        let request = ClaimRequest {
            account: "main".to_owned(),
            campaign: "spring".to_owned(),
            template: "offer".to_owned(),
            now: Timestamp::UNIX_EPOCH,
            max: CLAIMED,
            worker: "bench".to_owned(),
            lease: self.lease.clone(),
            decide: Box::new(|_| Verdict::Claim),
        };
        let claims = self.store.claim(request).await.expect("a claim").claims;
        let settlements = claims.iter().map(|claim| Settlement {
            attempt_id: claim.attempt_id.clone(),
            at: Timestamp::UNIX_EPOCH,
            result: Settled::Accepted {
                message_id: format!("wamid.{}", claim.attempt_id),
                wa_id: Some(claim.phone.trim_start_matches('+').to_owned()),
                message_status: Some("accepted".to_owned()),
            },
        });
        let settlements = settlements.collect();
        self.store.settle(settlements).await.expect("room");
        claims.len()
    }

    /// Counts the rows of the campaign's history.
    async fn history(&self) -> u64 {
        let filter = HistoryFilter {
            account: "main".to_owned(),
            campaign: "spring".to_owned(),
            ..HistoryFilter::default()
        };
        let batches = self.store.history(&filter);
        let rows = batches.try_fold(0, async |rows, batch| Ok(rows + batch.len() as u64));
        rows.await.expect("a history")
    }

    async fn compare(&self) -> Comparison {
        let gaps = Gaps {
            template: "offer".to_owned(),
            repeat_template: SignedDuration::from_hours(24),
            min_gap: SignedDuration::ZERO,
        };
        let mut audience = self.gathered().await;
        audience
            .compare(Timestamp::UNIX_EPOCH, &gaps)
            .await
            .expect("a comparison")
    }
}

/// The same rows into one plain table, as fast as SQLite takes them.
fn bare_insert(directory: &Path) {
    let mut connection = rusqlite::Connection::open(directory.join("bare.db")).expect("a file");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE row (phone INTEGER PRIMARY KEY, language, zones, variables, opt_in, list, line);",
        )
        .expect("a table");
    let transaction = connection.transaction().expect("a transaction");
    {
        let mut insert = transaction
            .prepare("INSERT INTO row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .expect("a statement");
        for index in 0..people() {
            let member = member(index);
            insert
                .execute(params![
                    phone(index) as i64,
                    member.language,
                    member.zones.join(","),
                    member.variables,
                    member.opt_in,
                    member.list,
                    member.line as i64,
                ])
                .expect("room");
        }
    }
    transaction.commit().expect("room");
}

fn csv_file() -> String {
    let mut text = String::from("phone,first_name,order_no,ship_date,opted_in_at,lang,tz\n");
    for index in 0..people() {
        writeln!(
            text,
            "+{},Ana,{index},May 2,2026-01-01T10:00:00Z,en_US,Europe/Tallinn",
            phone(index)
        )
        .expect("strings grow");
    }
    text
}

/// The same rows read from a file and made into members, without a database.
fn read_csv(path: &Path) -> u64 {
    let mut reader = csv::Reader::from_path(path).expect("a file");
    let mut row = csv::StringRecord::new();
    let mut bytes = 0;
    while reader.read_record(&mut row).expect("a row") {
        let member = Member {
            phone: row[0].to_owned(),
            language: row[5].to_owned(),
            zones: vec![row[6].to_owned()],
            variables: json!({ "first_name": &row[1], "order_no": &row[2], "ship_date": &row[3] })
                .to_string(),
            country: None,
            opt_in: Some(row[4].to_owned()),
            skip: None,
            list: "customers".to_owned(),
            line: row.position().map_or(0, csv::Position::line),
        };
        bytes += black_box(&member).phone.len() as u64;
    }
    bytes
}

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let fastest = Fastest::default();
    let mut criterion = yardstick::criterion();
    let mut group = criterion.benchmark_group("hopper");
    group.throughput(Throughput::Elements(people()));

    group.bench_function("fill", |bencher| {
        bencher.iter_custom(|times| {
            (0..times)
                .map(|_| {
                    let house = runtime.block_on(house());
                    fastest.time("fill", 1, || runtime.block_on(house.fill()))
                })
                .sum()
        });
    });
    let mut filled = runtime.block_on(house());
    runtime.block_on(filled.fill());
    group.bench_function("gather", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("gather", times, || {
                drop(runtime.block_on(filled.gathered()));
            })
        });
    });
    group.bench_function("compare_again", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("compare again", times, || {
                let comparison = runtime.block_on(filled.compare());
                assert_eq!((comparison.due, comparison.new), (people(), 0));
            })
        });
    });
    group.bench_function("fill_again", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("fill again", times, || {
                runtime.block_on(filled.fill());
            })
        });
    });
    group.bench_function("standing", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("standing", times, || {
                let standing = filled
                    .store
                    .standing("main", "spring", Timestamp::UNIX_EPOCH);
                let standing = runtime.block_on(standing).expect("a standing");
                assert_eq!(standing.due, people());
            })
        });
    });
    group.throughput(Throughput::Elements(CLAIMED as u64));
    group.bench_function("claim_and_settle", |bencher| {
        bencher.iter_custom(|times| {
            (0..times)
                .map(|_| {
                    let sent = Cell::new(0);
                    let took = fastest.time(SEND, 1, || {
                        sent.set(runtime.block_on(filled.send()));
                    });
                    if sent.get() < CLAIMED {
                        filled = runtime.block_on(house());
                        runtime.block_on(filled.fill());
                    }
                    took
                })
                .sum()
        });
    });
    group.throughput(Throughput::Elements(people()));
    while runtime.block_on(filled.send()) > 0 {}
    group.bench_function("history", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("history", times, || {
                assert_eq!(runtime.block_on(filled.history()), people());
            })
        });
    });
    group.bench_function("yardstick_bare_insert", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("bare insert", times, || {
                let directory = TempDir::new().expect("a temporary directory");
                bare_insert(directory.path());
            })
        });
    });
    let directory = TempDir::new().expect("a temporary directory");
    let csv = directory.path().join("people.csv");
    std::fs::write(&csv, csv_file()).expect("room");
    group.bench_function("yardstick_read_csv", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("read csv", times, || {
                black_box(read_csv(&csv));
            })
        });
    });
    group.finish();
    fastest.report(
        &format!("{} people", people()),
        |step| match step {
            SEND => CLAIMED as u64,
            _ => people(),
        },
        &["bare insert", "read csv"],
    );
    criterion.final_summary();
}
