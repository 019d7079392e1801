//! How many webhooks are kept a second, and how long Meta waits for its answer.
//!
//! Every webhook is signed, holds one status, and is committed to SQLite (synchronous = FULL) before its 200; 64 connections
//! send them over loopback from the same machine. The yardstick is a bare axum handler that verifies and inserts, with a writer
//! of its own. `RECEIVER_MESSAGES` sets how many messages the ledger holds (100,000), `RECEIVER_WEBHOOKS` how many webhooks
//! a round has (5,000), `RECEIVER_RATE` and `RECEIVER_SECONDS` the steady load of the end (3,000 a second for 5).

mod bare;
mod house;
mod ledger;
mod load;
#[path = "../yardstick.rs"]
mod yardstick;

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use criterion::Throughput;
use ledger::Ledger;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use yardstick::Fastest;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BARE: &str = "bare axum and SQLite";
const KEPT: &str = "kept";
const TAKEN_IN: &str = "kept and taken in";

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

/// Statuses that have not been sent to the ledger yet.
struct Supply {
    messages: u64,
    next: Cell<u64>,
}

impl Supply {
    fn take(&self, count: u64) -> load::Requests {
        let from = self.next.replace(self.next.get() + count);
        load::statuses(from, count, self.messages)
    }
}

fn main() {
    let messages = setting("RECEIVER_MESSAGES", 100_000);
    let webhooks = setting("RECEIVER_WEBHOOKS", 5_000);
    let runtime = Runtime::new().expect("a runtime");
    let ledger = runtime.block_on(Ledger::sent(messages));
    let store = || Arc::clone(&ledger.store);
    let wake = Arc::new(Notify::new());
    let ours = runtime.block_on(house::serve(store(), Arc::clone(&wake)));
    let (bare, _directory) = runtime.block_on(bare::serve());
    let supply = Supply {
        messages,
        next: Cell::new(0),
    };

    let fastest = Fastest::default();
    let mut criterion = yardstick::criterion();
    let mut group = criterion.benchmark_group("receiver");
    group.throughput(Throughput::Elements(webhooks));
    // Sends a round, and after the last answer does what belongs to it, and what does not.
    let mut measure =
        |id: &str, name: &str, to: SocketAddr, within: &dyn Fn(), after: &dyn Fn()| {
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|times| {
                    let round = |_| {
                        let requests = supply.take(webhooks);
                        let took = fastest.time(name, 1, || {
                            load::send(to, &requests, None);
                            within();
                        });
                        after();
                        took
                    };
                    (0..times).map(round).sum()
                });
            });
        };
    let nothing = || {};
    measure("yardstick_bare", BARE, bare, &nothing, &nothing);
    let read_all = || runtime.block_on(house::read_all(&*ledger.store));
    measure("kept", KEPT, ours, &nothing, &read_all);
    // The reader works beside the receiver; what is left when the last 200 has come still counts.
    let reader = runtime.spawn(house::read_on(store(), wake));
    let rest = || {
        while runtime
            .block_on(ledger.store.unread_count())
            .expect("an inbox")
            > 0
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    measure("kept_and_taken_in", TAKEN_IN, ours, &rest, &nothing);
    group.finish();
    fastest.report(
        &format!("{webhooks} webhooks into a ledger of {messages} messages"),
        |_| webhooks,
        &[BARE],
    );

    let rate = setting("RECEIVER_RATE", 3_000);
    let count = rate * setting("RECEIVER_SECONDS", 5);
    for (name, to) in [(BARE, bare), (TAKEN_IN, ours)] {
        tell(name, rate, load::send(to, &supply.take(count), Some(rate)));
        rest();
    }
    assert!(!reader.is_finished(), "the reader reads to the end");
    criterion.final_summary();
}

/// Prints how long answers took.
#[expect(clippy::print_stdout, reason = "what a benchmark finds is its output")]
fn tell(name: &str, rate: u64, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: f64| {
        let place = (took.len() as f64 * share) as usize;
        let took = took.get(place).or(took.last()).expect("answers");
        took.as_secs_f64() * 1e3
    };
    println!(
        "{name} at {rate} a second: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
