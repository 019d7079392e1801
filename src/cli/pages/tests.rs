use std::sync::Mutex as Shared;

use futures::future::{BoxFuture, pending, ready};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::meta::{self, GraphRead, Number, Template, TokenInfo};
use crate::resource::testing::project;
use crate::store::sqlite::{self, Mode};
use crate::store::{
    CampaignRecord, CampaignState, Claim, ClaimRequest, Halt, HaltCause, LockRequest, Member,
    Scope as Covered, Settled, Settlement, Verdict,
};

const CONFIGURATION: &str = r#"
[account.main]
waba_id = "1022"
access_token = { env = "TOKEN" }

[phone.support]
number = "+15550783881"

[template.offer]
category = "utility"
language = "en_US"
body = "Your order leaves us today. Reply here with any questions."
buttons = [{ quick_reply = "Call me" }]

[list.customers]
source = { csv = "customers.csv" }
phone = "phone"
opt_in = { field = "opted_in" }

[campaign.spring]
template = "offer"
lists = ["customers"]
from = "support"
"#;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// What Meta does when it is asked.
#[derive(Clone)]
enum Meta {
    IsSilent,
    Has(Vec<Value>),
    Refuses,
}

struct Graph(Shared<Meta>);

impl Graph {
    fn new(meta: Meta) -> Arc<Self> {
        Arc::new(Self(Shared::new(meta)))
    }

    fn becomes(&self, meta: Meta) {
        *self.0.lock().unwrap() = meta;
    }

    fn answer<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        kind: &str,
    ) -> BoxFuture<'_, Result<Vec<T>, meta::Error>> {
        match self.0.lock().unwrap().clone() {
            Meta::IsSilent => Box::pin(pending()),
            Meta::Has(nodes) => {
                let of_kind = nodes.into_iter().filter(|node| node["kind"] == kind);
                let nodes = of_kind.map(|node| serde_json::from_value(node).unwrap());
                Box::pin(ready(Ok(nodes.collect())))
            }
            Meta::Refuses => Box::pin(ready(Err(refused()))),
        }
    }
}

fn refused() -> meta::Error {
    meta::GraphReader::new(meta::Options {
        api_version: "none".to_owned(),
        ..meta::Options::new("token".to_owned().into(), Clock::system())
    })
    .unwrap_err()
}

impl GraphRead for Graph {
    fn templates<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Template>, meta::Error>> {
        self.answer("template")
    }
    fn numbers<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Number>, meta::Error>> {
        self.answer("number")
    }
    fn template<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Template, meta::Error>> {
        unreachable!("a page reads lists")
    }
    fn account<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<meta::Account, meta::Error>> {
        unreachable!("a page reads lists")
    }
    fn token(&self) -> BoxFuture<'_, Result<TokenInfo, meta::Error>> {
        unreachable!("a page reads lists")
    }
    fn subscribed_apps<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Value>, meta::Error>> {
        unreachable!("a page reads lists")
    }
    fn health<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Value, meta::Error>> {
        unreachable!("a page reads lists")
    }
}

/// The pages over real HTTP.
struct Site {
    url: String,
    client: reqwest::Client,
}

fn pages(store: Arc<dyn Database>, graph: Arc<Graph>) -> Pages {
    let (project, diagnostics) = project(CONFIGURATION);
    assert!(!diagnostics.has_errors(), "{:?}", diagnostics.reports());
    let source = Source {
        account: "main".to_owned(),
        waba_id: "1022".to_owned(),
        reader: graph,
    };
    Pages {
        project: Arc::new(project),
        store,
        clock: Clock::frozen(now()),
        sources: vec![source],
        is_sandbox: false,
    }
}

impl Site {
    /// Pages that find everything out anew whenever somebody looks.
    async fn open(store: Arc<dyn Database>, graph: Arc<Graph>) -> Self {
        Self::of(over(pages(store, graph), Duration::ZERO)).await
    }

    async fn of(router: Router) -> Self {
        meta::tls::init();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}{path}", self.url);
        self.client.get(url).send().await.unwrap()
    }

    async fn page(&self) -> String {
        let response = self.get("/").await;
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    /// Asks until the page shows what is waited for.
    async fn shows(&self, text: &str) -> String {
        let found = async {
            loop {
                let page = self.page().await;
                if page.contains(text) {
                    return page;
                }
            }
        };
        let patience = Duration::from_secs(60);
        let found = tokio::time::timeout(patience, found).await;
        found.unwrap_or_else(|_| panic!("the page never shows {text:?}"))
    }
}

fn live(status: &str) -> Meta {
    Meta::Has(vec![
        json!({ "kind": "template", "id": "7", "name": "offer", "language": "en_US", "status": status,
            "category": "UTILITY" }),
        json!({ "kind": "number", "id": "1063", "display_phone_number": "+1 555-078-3881",
            "status": "CONNECTED", "quality_rating": "GREEN" }),
    ])
}

fn asking() -> LockRequest {
    LockRequest {
        holder: "test".to_owned(),
        host: "host-of-test".to_owned(),
        process: 1,
        command: "apply".to_owned(),
        run_address: None,
        now: now(),
        until: now() + SignedDuration::from_hours(1),
    }
}

fn phone(number: u64) -> String {
    format!("+3725550{number:04}")
}

/// A ledger with a campaign to so many contacts, claimed and settled as `settled` says.
async fn ledger(people: u64, settled: impl Fn(usize) -> Settled) -> Arc<dyn Database> {
    let store = sqlite::temporary().unwrap();
    let lock = store.lock(&asking()).await.unwrap().id;
    let campaign = CampaignRecord {
        account: "main".to_owned(),
        name: "spring".to_owned(),
        declaration: Value::Null,
        state: CampaignState::Running,
        first_applied_at: now(),
        starts_at: now(),
        ends_at: None,
        response_timeout: SignedDuration::from_hours(24),
        max_attempts: 4,
    };
    store.declare(&lock, &campaign).await.unwrap();
    let members = (0..people).map(|number| Member {
        phone: phone(number),
        language: "en_US".to_owned(),
        zones: Vec::new(),
        variables: "[]".to_owned(),
        country: None,
        opt_in: Some("yes".to_owned()),
        skip: None,
        list: "customers".to_owned(),
        line: number + 2,
    });
    let mut audience = store.audience("main", "spring").await.unwrap();
    audience.add(members.collect()).await.unwrap();
    audience.commit(&lock, now()).await.unwrap();
    let claims = claimed(&*store).await;
    assert_eq!(claims.len() as u64, people);
    let settlements = claims.iter().enumerate().map(|(index, claim)| Settlement {
        attempt_id: claim.attempt_id.clone(),
        at: now(),
        result: settled(index),
    });
    store.settle(settlements.collect()).await.unwrap();
    store
}

async fn claimed(store: &dyn Database) -> Vec<Claim> {
    let request = ClaimRequest {
        account: "main".to_owned(),
        campaign: "spring".to_owned(),
        template: "offer".to_owned(),
        now: now(),
        max: 1_000,
        worker: "test".to_owned(),
        lease: store.lease("1063", &asking()).await.unwrap(),
        decide: Box::new(|_| Verdict::Claim),
    };
    store.claim(request).await.unwrap().claims
}

fn failed(code: i64, retry_at: Option<Timestamp>) -> Settled {
    Settled::Failed {
        code: Some(code),
        reason: "undeliverable".to_owned(),
        retry_at,
        suppress: false,
    }
}

fn accepted(index: usize) -> Settled {
    Settled::Accepted {
        message_id: format!("wamid.{index}"),
        wa_id: None,
        message_status: None,
    }
}

#[tokio::test]
async fn a_page_never_waits_for_meta() {
    let store = sqlite::temporary().unwrap();
    let site = Site::open(store, Graph::new(Meta::IsSilent)).await;
    for _ in 0..3 {
        let page = site.page().await;
        assert!(page.contains("account.main: templates and numbers are being read."));
        assert!(page.contains("No campaign has been launched yet."));
    }
}

#[tokio::test]
async fn what_meta_told_last_is_shown_while_it_cannot_be_reached() {
    let graph = Graph::new(live("APPROVED"));
    let site = Site::open(sqlite::temporary().unwrap(), Arc::clone(&graph)).await;
    let page = site.shows(">approved<").await;
    assert!(page.contains("+1 555-078-3881"));
    graph.becomes(live("PAUSED"));
    site.shows(">paused<").await;
    graph.becomes(Meta::Refuses);
    let page = site
        .shows("could not be read since <time>2027-01-15 08:00:00 UTC</time>")
        .await;
    assert!(page.contains(">paused<"));
    graph.becomes(live("APPROVED"));
    let page = site.shows(">approved<").await;
    assert!(!page.contains("could not be read since"));
}

#[tokio::test]
async fn a_page_is_kept_by_nobody_and_runs_nothing() {
    let store = sqlite::temporary().unwrap();
    let site = Site::of(router(pages(store, Graph::new(Meta::IsSilent)))).await;
    let response = site.get("/").await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert!(
        header("content-security-policy")
            .starts_with("default-src 'none'; style-src 'unsafe-inline'")
    );
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-store");
    let still = site.get("/?still").await.text().await.unwrap();
    let live = response.text().await.unwrap();
    assert!(live.contains("http-equiv=\"refresh\"") && !still.contains("http-equiv"));
    let posted = site.client.post(&site.url).send().await.unwrap();
    assert_eq!(posted.status(), 405);
}

#[tokio::test]
async fn errors_are_counted_by_their_code_and_name_nobody() {
    let later = now() + SignedDuration::from_hours(24);
    let store = ledger(10, |index| match index {
        0..3 => failed(131_026, None),
        3 => failed(131_026, Some(later)),
        4..6 => failed(131_049, Some(later)),
        _ => accepted(index),
    })
    .await;
    let counted = errors::count(&*store, now()).await.unwrap();
    let counts: Vec<_> = counted
        .iter()
        .map(|error| (error.code, error.contacts, error.campaign.as_str()))
        .collect();
    assert_eq!(counts, [(131_026, 4, "spring"), (131_049, 2, "spring")]);
    let next_day = now() + SignedDuration::from_hours(25);
    assert_eq!(errors::count(&*store, next_day).await.unwrap(), []);

    let site = Site::open(store, Graph::new(Meta::IsSilent)).await;
    let page = site.shows("undeliverable: not on WhatsApp").await;
    assert!(page.contains("no receiver has run: delivery statuses are not known"));
    for number in 0..10 {
        assert!(!page.contains(&phone(number)));
    }
}

#[tokio::test]
async fn halts_and_what_happened_are_shown_but_not_what_happened_to_whom() {
    let store = sqlite::temporary().unwrap();
    let halt = Halt {
        account: "main".to_owned(),
        scope: Covered::Campaign,
        subject: "spring".to_owned(),
        cause: HaltCause::Stopped,
        code: None,
        reason: "the offer is wrong".to_owned(),
        since: now() - SignedDuration::from_hours(2),
        until: None,
        actor: "ana@desk".to_owned(),
    };
    assert!(store.halt(&halt).await.unwrap());
    let happening = |what: &str, subject: &str| Happening {
        at: now(),
        actor: "Meta".to_owned(),
        account: "main".to_owned(),
        subject: subject.to_owned(),
        what: what.to_owned(),
        text: format!("It happened to {subject}"),
        detail: Value::Null,
    };
    let quality = happening("number.quality", "the support number");
    store.record(&quality).await.unwrap();
    let contact = happening("contact.suppressed", "Ana of +37255501234");
    store.record(&contact).await.unwrap();
    store
        .beat("main", now(), SignedDuration::from_secs(60))
        .await
        .unwrap();

    let site = Site::open(store, Graph::new(Meta::IsSilent)).await;
    let page = site.page().await;
    assert!(
        page.contains("campaign.spring since 2027-01-15T06:00:00Z by ana@desk: the offer is wrong")
    );
    assert!(page.contains("(2 h ago)"));
    assert!(page.contains("It happened to the support number"));
    assert!(page.contains("last sign of life"));
    // The template asks, and no answer leads to a person.
    assert!(page.contains("leads them to no person"));
    assert!(!page.contains("Ana of"));
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_said_and_asked_again() {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("state.db");
    let store = sqlite::open(&path, Mode::ReadOnly).unwrap();
    let site = Site::open(store, Graph::new(Meta::IsSilent)).await;
    std::fs::write(&path, "x".repeat(10_000)).unwrap();
    let response = site.get("/").await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["refresh"], "5");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("the state cannot be read")
    );
}
