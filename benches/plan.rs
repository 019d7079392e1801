//! How long templates take from files to a plan: 250 and 1,000 of them, and 6,000, which is Meta's maximum.
//!
//! The account is read from pages in memory, as Meta would answer them, so that no server is measured. The yardsticks are
//! bare parsers over the same documents: serde_json over the pages, toml over the configuration.

mod yardstick;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::Throughput;
use futures::future::{BoxFuture, ready};
use jiff::SignedDuration;
use serde::Deserialize as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use waform::clock::Clock;
use waform::config::Inputs;
use waform::engine::apply::{self, Event, Observer, Run};
use waform::engine::{self, Connection, Connections, Options, Prepared};
use waform::meta::{Account, Error, GraphRead, Number, Template, TokenInfo};
use waform::render;
use waform::resource::{self, Project};
use waform::store::sqlite;
use waform::store::{Database, LockRequest, RunStart};
use yardstick::Fastest;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [250, 1_000, 6_000];
/// Templates of one answer.
const PAGE: usize = 250;
const WABA_ID: &str = "102290129340398";

fn body(index: usize) -> String {
    format!(
        "Hi {{{{first_name}}}}, your order {{{{order_no}}}} from shop {index} leaves us on {{{{ship_date}}}}. How shall \
         we reach you about the delivery, and at what hour of the day would it suit you best?"
    )
}

fn configuration(templates: usize) -> String {
    let mut text = format!(
        "[account.main]\nwaba_id = \"{WABA_ID}\"\naccess_token = {{ env = \"WHATSAPP_ACCESS_TOKEN\" }}\n"
    );
    for index in 0..templates {
        let body = body(index);
        write!(
            text,
            r#"
[template.order_update_{index}]
category = "utility"
language = "en_US"
header = {{ text = "Order {{{{order_no}}}} is packed" }}
body = """
{body}"""
footer = "Reply STOP to opt out"
buttons = [
    {{ quick_reply = {{ text = "Phone call", id = "phone_call" }} }},
    {{ url = {{ text = "See the order", url = "https://shop.example.com/orders" }} }},
]
example = {{ first_name = "Ana", order_no = "1042", ship_date = "2 May" }}
"#
        )
        .expect("strings grow");
    }
    text
}

/// The same template, as Meta answers it.
fn at_meta(index: usize) -> Value {
    let sample = |name: &str, example: &str| json!({ "param_name": name, "example": example });
    json!({
        "id": (1_000_000_000_000_000 + index).to_string(),
        "name": format!("order_update_{index}"),
        "language": "en_US",
        "status": "APPROVED",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "HEADER", "format": "TEXT", "text": "Order {{order_no}} is packed",
                "example": { "header_text_named_params": [sample("order_no", "1042")] },
            },
            {
                "type": "BODY", "text": body(index),
                "example": { "body_text_named_params": [
                    sample("first_name", "Ana"), sample("order_no", "1042"), sample("ship_date", "2 May"),
                ] },
            },
            { "type": "FOOTER", "text": "Reply STOP to opt out" },
            { "type": "BUTTONS", "buttons": [
                { "type": "QUICK_REPLY", "text": "Phone call" },
                { "type": "URL", "text": "See the order", "url": "https://shop.example.com/orders" },
            ] },
        ],
        "rejected_reason": "NONE",
        "quality_score": { "score": "GREEN", "date": 1_790_000_000 },
        "last_updated_time": "2026-10-01T10:00:00+0000",
        "source": "manual",
    })
}

/// An account whose answers lie in memory.
struct Memory {
    pages: Vec<Vec<u8>>,
    lists: AtomicU64,
}

impl Memory {
    fn new(templates: usize) -> Self {
        let all: Vec<Value> = (0..templates).map(at_meta).collect();
        let pages = all.chunks(PAGE).map(|page| json!({ "data": page }));
        Self {
            pages: pages.map(|page| page.to_string().into_bytes()).collect(),
            lists: AtomicU64::new(0),
        }
    }

    fn documents(&self) -> impl Iterator<Item = Value> {
        let page = |page: &Vec<u8>| serde_json::from_slice(page).expect("JSON");
        self.pages.iter().map(page)
    }
}

fn answer<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T, Error>> {
    Box::pin(ready(Ok(value)))
}

impl GraphRead for Memory {
    fn templates<'a>(&'a self, _waba_id: &'a str) -> BoxFuture<'a, Result<Vec<Template>, Error>> {
        self.lists.fetch_add(1, Ordering::Relaxed);
        let mut templates = Vec::new();
        for page in self.documents() {
            let data = page["data"].as_array().into_iter().flatten();
            templates.extend(data.map(|node| Template::deserialize(node).expect("a template")));
        }
        answer(templates)
    }

    fn template<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Template, Error>> {
        unreachable!("templates are read by list, not one by one: {id}")
    }

    fn account<'a>(&'a self, waba_id: &'a str) -> BoxFuture<'a, Result<Account, Error>> {
        answer(Account {
            id: waba_id.to_owned(),
            business_verification_status: Some("verified".to_owned()),
            ..Account::default()
        })
    }

    fn numbers<'a>(&'a self, _waba_id: &'a str) -> BoxFuture<'a, Result<Vec<Number>, Error>> {
        answer(Vec::new())
    }

    fn token(&self) -> BoxFuture<'_, Result<TokenInfo, Error>> {
        answer(TokenInfo::default())
    }

    fn subscribed_apps<'a>(
        &'a self,
        _waba_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Value>, Error>> {
        answer(Vec::new())
    }

    fn health<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Value, Error>> {
        answer(Value::Null)
    }
}

struct Silent;

impl Observer for Silent {
    fn event(&self, _event: Event<'_>) {}
}

/// A directory with templates, the account that has them all, and a state.
struct House {
    runtime: Runtime,
    directory: TempDir,
    text: String,
    memory: Memory,
    clock: Clock,
}

impl House {
    fn new(templates: usize) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let text = configuration(templates);
        std::fs::write(directory.path().join("waform.toml"), &text).expect("room");
        Self {
            runtime: Runtime::new().expect("a runtime"),
            directory,
            text,
            memory: Memory::new(templates),
            clock: Clock::frozen("2026-11-22T12:00:00Z".parse().expect("a time")),
        }
    }

    fn load(&self) -> Project {
        let (project, diagnostics) = resource::load(self.directory.path(), &Inputs::default());
        assert!(!diagnostics.has_errors(), "{:?}", diagnostics.reports());
        project
    }

    fn connections(&self) -> Connections<'_> {
        let connection = Connection {
            waba_id: WABA_ID.to_owned(),
            base_url: "memory".to_owned(),
            graph: &self.memory,
            deletes: false,
        };
        Connections {
            readers: BTreeMap::from([("main".to_owned(), connection)]),
        }
    }

    fn plan(&self, project: &Project, store: &dyn Database) -> Prepared {
        let before = self.memory.lists.load(Ordering::Relaxed);
        let (connections, options) = (self.connections(), Options::default());
        let plan = engine::plan(project, &connections, store, &self.clock, &options);
        let prepared = self.runtime.block_on(plan).expect("a plan");
        assert_eq!(
            self.memory.lists.load(Ordering::Relaxed),
            before + 1,
            "one list read"
        );
        prepared
    }

    fn apply(&self, project: &Project, store: &dyn Database, prepared: &Prepared) {
        let now = self.clock.now();
        let request = LockRequest {
            holder: "bench".to_owned(),
            host: "bench".to_owned(),
            process: 1,
            command: "bench".to_owned(),
            run_address: None,
            now,
            until: now + SignedDuration::from_hours(1),
        };
        let (connections, writers) = (self.connections(), BTreeMap::new());
        self.runtime.block_on(async {
            let lock = store.lock(&request).await.expect("a free lock").id;
            let run = store.begin_run(&RunStart::default(), now).await;
            let run = run.expect("a journal");
            let stop = CancellationToken::new();
            let session = apply::Session {
                project,
                connections: &connections,
                writers: &writers,
                store,
                lock: &lock,
                run: Some(&run),
                clock: &self.clock,
                observer: &Silent,
                stop: &stop,
            };
            let mut run = Run::new(&session, prepared);
            run.write().await.expect("a state that can be written");
            assert_eq!(run.finish().failed, []);
            store.unlock(&lock).await.expect("the lock");
        });
    }
}

fn measure(criterion: &mut criterion::Criterion, templates: usize) {
    let house = House::new(templates);
    let fastest = Fastest::default();
    let mut group = criterion.benchmark_group(format!("plan/{templates}"));
    group.throughput(Throughput::Elements(templates as u64));

    group.bench_function("load", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("load", times, || {
                black_box(house.load());
            })
        });
    });
    let project = house.load();
    let empty = || sqlite::temporary().expect("a state");
    let counts = |prepared: &Prepared| {
        let counts = prepared.plan.counts();
        (counts.import, counts.add + counts.change + counts.destroy)
    };
    group.bench_function("plan_first", |bencher| {
        let store = empty();
        bencher.iter_custom(|times| {
            fastest.time("plan, first", times, || {
                let prepared = house.plan(&project, &*store);
                assert_eq!(counts(&prepared), (templates as u64, 0));
            })
        });
    });
    group.bench_function("apply_first", |bencher| {
        bencher.iter_custom(|times| {
            let run = |_| {
                let store = empty();
                let prepared = house.plan(&project, &*store);
                fastest.time("apply, first", 1, || {
                    house.apply(&project, &*store, &prepared);
                })
            };
            (0..times).map(run).sum()
        });
    });
    let store = empty();
    house.apply(&project, &*store, &house.plan(&project, &*store));
    group.bench_function("plan_again", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("plan, again", times, || {
                let prepared = house.plan(&project, &*store);
                assert!(!prepared.plan.has_differences());
            })
        });
    });
    let prepared = house.plan(&project, &*store);
    group.bench_function("apply_again", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("apply, again", times, || {
                house.apply(&project, &*store, &prepared);
            })
        });
    });
    group.bench_function("render_json", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("render as JSON", times, || {
                black_box(render::plan_json::text(&prepared.plan));
            })
        });
    });
    group.bench_function("yardstick_json", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("serde_json", times, || {
                house.memory.documents().for_each(|page| {
                    black_box(page);
                });
            })
        });
    });
    group.bench_function("yardstick_toml", |bencher| {
        bencher.iter_custom(|times| {
            fastest.time("toml", times, || {
                let table: toml::Table = toml::from_str(&house.text).expect("TOML");
                black_box(table);
            })
        });
    });
    group.finish();
    fastest.report(
        &format!("{templates} templates"),
        |_| templates as u64,
        &["serde_json", "toml"],
    );
}

fn main() {
    let mut criterion = yardstick::criterion();
    for templates in SIZES {
        measure(&mut criterion, templates);
    }
    criterion.final_summary();
}
