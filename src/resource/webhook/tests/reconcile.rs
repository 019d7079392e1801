use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::at_meta::{APP, AtMeta, WABA};
use super::{ACCOUNT, URL, webhook};
use crate::clock::Clock;
use crate::meta::stub::Stub;
use crate::meta::{Connection, Options};
use crate::resource::account::{Account, Deletion};
use crate::resource::testing::project;
use crate::resource::webhook::fields::ACTED_ON;
use crate::resource::webhook::reconcile::Callbacks;
use crate::resource::{
    Desired, Error, FieldChange, Intent, Live, Numbers, Project, Readiness, Reconciler as _, World,
    Writer, Written,
};
use crate::store::{Applied, LockRequest, Store, sqlite};

const VERIFY: &str = "CANARY-verify-token";

struct Fixture {
    at_meta: Arc<Mutex<AtMeta>>,
    stub: Stub,
    store: Arc<dyn Store>,
    lock: String,
    project: Project,
    has_secret: bool,
}

fn noon() -> jiff::Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn sound(keys: &str, token: &'static str) -> Project {
    let (mut project, diagnostics) = project(&format!("{ACCOUNT}{}", webhook(keys)));
    assert!(diagnostics.is_empty(), "{:?}", diagnostics.reports());
    project.set_secrets(move |_| Ok(token.into()));
    project
}

impl Fixture {
    async fn new(keys: &str, at_meta: AtMeta) -> Self {
        let at_meta = Arc::new(Mutex::new(at_meta));
        let stub = Stub::start({
            let at_meta = Arc::clone(&at_meta);
            move |_, request| at_meta.lock().unwrap().answer(request)
        })
        .await;
        let store = sqlite::temporary().unwrap();
        let request = LockRequest {
            holder: "ana@ci".to_owned(),
            host: "ci".to_owned(),
            process: 1,
            command: "apply".to_owned(),
            run_address: None,
            now: noon(),
            until: noon() + jiff::SignedDuration::from_hours(1),
        };
        let lock = store.lock(&request).await.unwrap().id;
        Self {
            at_meta,
            stub,
            store,
            lock,
            project: sound(keys, VERIFY),
            has_secret: true,
        }
    }

    fn connect(&self) -> Connection {
        let options = self.stub.options();
        Connection::new(Options {
            app_id: Some(APP.to_owned()),
            app_secret: options.app_secret.clone().filter(|_| self.has_secret),
            ..options
        })
        .unwrap()
    }

    fn desired(&self) -> Desired {
        Callbacks.desired(&self.project).unwrap().remove(0)
    }

    async fn last(&self) -> Option<Value> {
        let mut applied = self.store.applied().await.unwrap();
        applied.pop().map(|last| last.content)
    }

    async fn live(&self) -> Option<Live> {
        let reader = self.connect().reader();
        let world = World {
            project: &self.project,
            clock: &Clock::system(),
            account: "main",
            waba_id: WABA,
            graph: &reader,
            store: &*self.store,
            deletes: self
                .project
                .all::<Account>()
                .any(|account| account.value.deletion == Deletion::Delete),
            numbers: &Numbers::default(),
        };
        let mut live = Callbacks.read(&world).await.unwrap();
        assert!(live.len() <= 1);
        live.pop()
    }

    async fn changes(&self) -> Vec<String> {
        let (last, live) = (self.last().await, self.live().await.unwrap());
        let changes = Callbacks.compare(&self.desired().content, last.as_ref(), &live);
        changes.into_iter().map(told).collect()
    }

    async fn write(&self, intent: Intent) -> Result<Option<Written>, Error> {
        let connection = self.connect();
        let (reader, graph) = (connection.reader(), connection.writer());
        let writer = Writer {
            project: &self.project,
            clock: &Clock::system(),
            account: "main",
            waba_id: WABA,
            reader: &reader,
            graph: &graph,
            store: &*self.store,
            lock: &self.lock,
        };
        let (last, live) = (self.last().await, self.live().await);
        let desired = (intent != Intent::Delete).then(|| self.desired());
        Callbacks
            .write(
                intent,
                desired.as_ref(),
                last.as_ref(),
                live.as_ref(),
                &writer,
            )
            .await
    }

    async fn apply(&self, intent: Intent) {
        let written = self.write(intent).await.unwrap().unwrap();
        let desired = self.desired();
        let applied = Applied {
            address: desired.address,
            account: desired.account,
            key: desired.key,
            id: written.id,
            content: written.content,
            facts: Value::Null,
            at: noon(),
        };
        self.store
            .remember(&self.lock, &applied, &[], None)
            .await
            .unwrap();
    }
}

fn told(change: FieldChange) -> String {
    let side = |side: Option<Value>| match side {
        Some(Value::String(text)) => text,
        other => other.unwrap_or_default().to_string(),
    };
    format!(
        "{}: {} -> {}",
        change.field,
        side(change.before),
        side(change.after)
    )
}

#[tokio::test]
async fn a_webhook_that_was_applied_needs_nothing_more() {
    for keys in [
        URL.to_owned(),
        format!("{URL}\noverride = true"),
        format!("{URL}\nfields = [\"messages\", \"user_preferences\"]"),
    ] {
        let fixture = Fixture::new(&keys, AtMeta::default()).await;
        assert_eq!(fixture.live().await, None);
        fixture.apply(Intent::Create).await;
        assert_eq!(fixture.changes().await, [""; 0], "{keys}");
        let live = fixture.live().await.unwrap();
        let last = fixture.last().await.unwrap();
        assert_eq!(Callbacks.drift(&last, &live), []);
        // Once more changes nothing: an answer may have been lost.
        fixture.apply(Intent::Update).await;
        assert_eq!(fixture.live().await.unwrap(), live);
    }
}

#[tokio::test]
async fn by_default_everything_that_waform_acts_on_is_subscribed() {
    let fixture = Fixture::new(URL, AtMeta::default()).await;
    fixture.apply(Intent::Create).await;
    let at_meta = fixture.at_meta.lock().unwrap();
    let (url, fields) = at_meta.callback.as_ref().unwrap();
    assert_eq!(url, "https://hooks.example.com/waform");
    assert!(fields.iter().map(String::as_str).eq(ACTED_ON));
    assert!(at_meta.subscribed && at_meta.override_url.is_none());
}

#[tokio::test]
async fn an_override_leaves_the_apps_callback_alone() {
    let somebody = || {
        Some((
            "https://somebody.example".to_owned(),
            ["messages".to_owned()].into(),
        ))
    };
    let at_meta = AtMeta {
        callback: somebody(),
        subscribed: true,
        ..AtMeta::default()
    };
    let fixture = Fixture::new(&format!("{URL}\noverride = true"), at_meta).await;
    assert_eq!(fixture.live().await, None);
    fixture.apply(Intent::Create).await;
    assert_eq!(fixture.changes().await, [""; 0]);
    assert_eq!(fixture.at_meta.lock().unwrap().callback, somebody());
    // What the app is not told of cannot reach the override either.
    let Readiness::Broken { reason, .. } = Callbacks.readiness(&fixture.live().await.unwrap())
    else {
        panic!("the app does not hear of opt-outs");
    };
    assert_eq!(reason, "the app is not subscribed to user_preferences");
    fixture.write(Intent::Delete).await.unwrap();
    assert_eq!(fixture.live().await, None);
    assert_eq!(fixture.at_meta.lock().unwrap().callback, somebody());
}

#[tokio::test]
async fn an_address_moves_between_app_and_account() {
    let mut fixture = Fixture::new(URL, AtMeta::default()).await;
    fixture.apply(Intent::Create).await;
    fixture.project = sound(&format!("{URL}\noverride = true"), VERIFY);
    assert_eq!(fixture.changes().await, ["override: false -> true"]);
    fixture.apply(Intent::Update).await;
    assert_eq!(fixture.changes().await, [""; 0]);

    fixture.project = sound("url = \"https://new.example.com/\"", VERIFY);
    assert_eq!(
        fixture.changes().await,
        [
            "callback_url: https://hooks.example.com/waform -> https://new.example.com/",
            "override: true -> false",
        ]
    );
    fixture.apply(Intent::Update).await;
    assert_eq!(fixture.changes().await, [""; 0]);
    let at_meta = fixture.at_meta.lock().unwrap();
    assert_eq!(at_meta.override_url, None);
    assert_eq!(
        at_meta.callback.as_ref().unwrap().0,
        "https://new.example.com/"
    );
}

#[tokio::test]
async fn a_secret_that_cannot_be_had_stops_the_plan_at_its_place() {
    let mut fixture = Fixture::new(URL, AtMeta::default()).await;
    fixture.project.set_secrets(|_| {
        Err(crate::secret::Error::Unset {
            name: "VERIFY".to_owned(),
            near: None,
        })
    });
    let report = Callbacks.desired(&fixture.project).unwrap_err();
    assert_eq!(report.code, "secret::unset");
    let place = &report.labels[0].place;
    let text = &fixture.project.sources.get(place.source).text;
    assert_eq!(&text[place.start..place.end], "{ env = \"VERIFY\" }");
}

#[tokio::test]
async fn a_run_that_reads_no_secrets_compares_all_else() {
    let mut fixture = Fixture::new(URL, AtMeta::default()).await;
    fixture.apply(Intent::Create).await;
    let (silent, _) = project(&format!("{ACCOUNT}{}", webhook(URL)));
    fixture.project = silent;
    assert_eq!(fixture.desired().content.get("verify_token"), None);
    assert_eq!(fixture.changes().await, [""; 0]);
    let error = fixture.write(Intent::Update).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the verify token cannot be read in this run"
    );
}

#[tokio::test]
async fn what_somebody_changed_is_drift() {
    let fixture = Fixture::new(
        &format!("{URL}\nfields = [\"messages\", \"security\", \"user_preferences\"]"),
        AtMeta::default(),
    )
    .await;
    fixture.apply(Intent::Create).await;
    {
        let mut at_meta = fixture.at_meta.lock().unwrap();
        let fields = ["calls", "messages"].map(str::to_owned);
        at_meta.callback = Some(("https://somebody.example".to_owned(), fields.into()));
        at_meta.subscribed = false;
    }
    let (last, live) = (fixture.last().await.unwrap(), fixture.live().await.unwrap());
    let drift = Callbacks.drift(&last, &live);
    let drift: Vec<String> = drift.into_iter().map(told).collect();
    assert_eq!(
        drift,
        [
            "subscribed: no: statuses and answers are being lost -> yes",
            "callback_url: https://somebody.example -> https://hooks.example.com/waform",
            // What others have added stays.
            "fields: [\"calls\",\"messages\"] -> [\"calls\",\"messages\",\"security\",\"user_preferences\"]",
        ]
    );
    fixture.apply(Intent::Update).await;
    assert_eq!(fixture.changes().await, [""; 0]);
}

#[tokio::test]
async fn a_field_that_leaves_the_declaration_is_taken_out() {
    let mut fixture = Fixture::new(
        &format!("{URL}\nfields = [\"messages\", \"security\"]"),
        AtMeta::default(),
    )
    .await;
    fixture.apply(Intent::Create).await;
    fixture.project = sound(&format!("{URL}\nfields = [\"messages\"]"), VERIFY);
    assert_eq!(
        fixture.changes().await,
        ["fields: [\"messages\",\"security\"] -> [\"messages\"]"]
    );
    fixture.apply(Intent::Update).await;
    assert_eq!(fixture.changes().await, [""; 0]);
    let at_meta = fixture.at_meta.lock().unwrap();
    assert_eq!(at_meta.callback.as_ref().unwrap().1.len(), 1);
}

#[tokio::test]
async fn the_token_is_told_to_meta_and_to_nobody_else() {
    let mut fixture = Fixture::new(URL, AtMeta::default()).await;
    fixture.apply(Intent::Create).await;
    let bodies = fixture
        .stub
        .requests()
        .into_iter()
        .map(|request| request.body);
    let told_meta = bodies.filter(|body| String::from_utf8_lossy(body).contains(VERIFY));
    assert_eq!(told_meta.count(), 1);
    let kept = format!("{:?} {:?}", fixture.desired(), fixture.last().await);
    assert!(!kept.contains("CANARY"), "{kept}");

    fixture.project = sound(URL, "another token");
    assert_eq!(
        fixture.changes().await,
        ["verify_token (secret): as applied -> changed"]
    );
    fixture.apply(Intent::Update).await;
    assert_eq!(fixture.changes().await, [""; 0]);
}

#[tokio::test]
async fn a_handshake_that_fails_says_what_to_do_and_not_the_token() {
    let at_meta = AtMeta {
        is_deaf: true,
        ..AtMeta::default()
    };
    let fixture = Fixture::new(URL, at_meta).await;
    let Err(Error::Meta(error)) = fixture.write(Intent::Create).await else {
        panic!("the address does not answer");
    };
    assert_eq!(error.code(), "meta::callback");
    assert!(error.advice().unwrap().contains("`waform serve` first"));
    let said = format!("{error} {error:?}");
    assert!(said.contains("404") && !said.contains("CANARY"), "{said}");
    assert!(!fixture.at_meta.lock().unwrap().subscribed);
}

#[tokio::test]
async fn without_the_apps_secret_only_the_subscription_is_compared_and_written() {
    let mut fixture = Fixture::new(URL, AtMeta::default()).await;
    fixture.has_secret = false;
    assert_eq!(fixture.live().await, None);
    fixture.apply(Intent::Create).await;
    assert_eq!(fixture.changes().await, [""; 0]);
    let live = fixture.live().await.unwrap();
    assert_eq!(
        live.content,
        json!({ "override": false, "subscribed": true })
    );
    let unread = live.facts["unread"].as_str().unwrap();
    assert!(unread.starts_with("without app_secret"), "{unread}");
    let asked: Vec<_> = fixture.stub.requests();
    assert!(
        asked
            .iter()
            .all(|request| request.path.ends_with("/subscribed_apps"))
    );
}

#[tokio::test]
async fn what_was_set_is_taken_back_unless_somebody_has_set_it_since() {
    for (changed, kept) in [(false, None), (true, Some("https://somebody.example"))] {
        let fixture = Fixture::new(URL, AtMeta::default()).await;
        fixture.apply(Intent::Create).await;
        if let Some((url, _)) = &mut fixture.at_meta.lock().unwrap().callback
            && changed
        {
            "https://somebody.example".clone_into(url);
        }
        // The block has left the configuration, and the account says that what leaves it is deleted.
        let account = ACCOUNT.replace("[account.main]", "[account.main]\ndeletion = \"delete\"");
        let fixture = Fixture {
            project: project(&account).0,
            ..fixture
        };
        assert!(fixture.live().await.is_some());
        fixture.write(Intent::Delete).await.unwrap();
        let at_meta = fixture.at_meta.lock().unwrap();
        let url = at_meta.callback.as_ref().map(|(url, _)| url.as_str());
        assert_eq!((at_meta.subscribed, url), (false, kept));
    }
}

#[tokio::test]
async fn an_account_without_a_webhook_is_not_asked_about_one() {
    let at_meta = AtMeta {
        subscribed: true,
        ..AtMeta::default()
    };
    let mut fixture = Fixture::new(URL, at_meta).await;
    fixture.project = project(ACCOUNT).0;
    assert_eq!(fixture.live().await, None);
    assert_eq!(fixture.stub.requests().len(), 0);
}
