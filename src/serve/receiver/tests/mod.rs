//! The receiver over real HTTP on loopback, with an inbox that does as it is told.

mod ending;
mod forging;
mod keeping;
mod limits;
mod mutating;
mod pages;
mod secure;
mod silence;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Door, Error, Limits, Receiver, Tls, serve};
use crate::clock::Clock;
use crate::secret::SecretString;
use crate::serve::health::{Health, Pulse};
use crate::serve::meters::Meters;
use crate::store::{self, DeadLetter, Inbox, Unread};

/// Longer than anything takes on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

const SECRET: &str = "app-secret-of-main";
const OTHER_SECRET: &str = "app-secret-of-second";
const TOKEN: &str = "verify-token-of-main";
const OTHER_TOKEN: &str = "verify-token-of-second";
const BODY: &str =
    r#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[]}]}"#;

/// How the inbox behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Takes,
    /// Begins to keep, and does not end before the mood changes.
    Waits,
    Fails,
}

/// An inbox in memory.
struct Tray {
    mood: watch::Sender<Mood>,
    kept: Mutex<Vec<(Timestamp, String)>>,
    asked: watch::Sender<usize>,
    read: AtomicUsize,
}

impl Tray {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            mood: watch::Sender::new(Mood::Takes),
            kept: Mutex::default(),
            asked: watch::Sender::new(0),
            read: AtomicUsize::new(0),
        })
    }

    fn kept(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap();
        kept.iter().map(|(_, body)| body.clone()).collect()
    }

    /// Waits until so many webhooks were brought here.
    async fn asked(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        let reached = asked.wait_for(|asked| *asked >= times);
        drop(tokio::time::timeout(PATIENCE, reached).await.unwrap());
    }
}

fn broken() -> store::Error {
    store::Error::Io {
        path: "state.db".into(),
        reason: "disk I/O error".to_owned(),
    }
}

type Answer<'a, T> = futures::future::BoxFuture<'a, store::Result<T>>;

impl Inbox for Tray {
    fn receive(&self, at: Timestamp, body: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.asked.send_modify(|asked| *asked += 1);
            let mut mood = self.mood.subscribe();
            let mood = *mood.wait_for(|mood| *mood != Mood::Waits).await.unwrap();
            if mood == Mood::Fails {
                return Err(broken());
            }
            self.kept.lock().unwrap().push((at, body));
            Ok(())
        })
    }

    fn unread(&self, after: i64, limit: usize) -> Answer<'_, Vec<Unread>> {
        Box::pin(async move {
            let mut mood = self.mood.subscribe();
            let mood = *mood.wait_for(|mood| *mood != Mood::Waits).await.unwrap();
            if mood == Mood::Fails {
                return Err(broken());
            }
            let kept = self.kept.lock().unwrap();
            let from = self
                .read
                .load(Ordering::Relaxed)
                .max(usize::try_from(after).unwrap());
            let rest = kept.iter().enumerate().skip(from).take(limit);
            Ok(rest
                .map(|(place, (at, body))| Unread {
                    id: i64::try_from(place + 1).unwrap(),
                    at: *at,
                    body: body.clone(),
                    tries: 0,
                })
                .collect())
        })
    }

    fn unread_count(&self) -> Answer<'_, u64> {
        unimplemented!("the receiver does not count")
    }

    fn dead_letters(&self, _: usize) -> Answer<'_, Vec<DeadLetter>> {
        unimplemented!("the receiver buries nothing")
    }

    fn replay<'a>(&'a self, _: &'a [i64], _: Timestamp) -> Answer<'a, u64> {
        unimplemented!("the receiver buries nothing")
    }

    fn drop_dead<'a>(&'a self, _: &'a [i64]) -> Answer<'a, u64> {
        unimplemented!("the receiver buries nothing")
    }

    fn beat<'a>(&'a self, _: &'a str, _: Timestamp, _: SignedDuration) -> Answer<'a, Timestamp> {
        unimplemented!("the receiver's heart beats elsewhere")
    }

    fn receiver<'a>(&'a self, _: &'a str) -> Answer<'a, Option<(Timestamp, Timestamp)>> {
        unimplemented!("the receiver's heart beats elsewhere")
    }
}

/// A receiver that runs.
struct House {
    address: SocketAddr,
    tray: Arc<Tray>,
    meters: Arc<Meters>,
    wake: Arc<Notify>,
    clock: Clock,
    stop: CancellationToken,
    running: JoinHandle<Result<(), Error>>,
}

fn doors() -> Vec<Door> {
    let door = |account: &str, path: &str, token: &str, secret: &str| Door {
        account: account.to_owned(),
        waba_id: format!("waba-of-{account}"),
        path: path.to_owned(),
        verify_token: SecretString::from(token),
        app_secret: SecretString::from(secret),
    };
    vec![
        door("main", "/waform", TOKEN, SECRET),
        door("second", "/waform", OTHER_TOKEN, OTHER_SECRET),
        door(
            "third",
            "/third",
            "verify-token-of-third",
            "app-secret-of-third",
        ),
    ]
}

fn receiver(limits: Limits) -> (Receiver, Arc<Tray>) {
    let clock = Clock::frozen(Timestamp::from_second(1_800_000_000).unwrap());
    let tray = Tray::new();
    let meters = Arc::new(Meters::new(clock.now()));
    let pulse = Arc::new(Pulse::new());
    let health = Health {
        inbox: Arc::<Tray>::clone(&tray),
        pulse: Arc::clone(&pulse),
        clock: clock.clone(),
    };
    let guarded = super::Guarded {
        token: None,
        behind_proxy: false,
    };
    let pages = Router::new()
        .merge(health.routes())
        .merge(guarded.protect(Arc::clone(&meters).routes()));
    let receiver = Receiver {
        doors: doors(),
        inbox: Arc::<Tray>::clone(&tray),
        meters,
        pulse,
        wake: Arc::new(Notify::new()),
        pages,
        limits,
        clock,
    };
    (receiver, tray)
}

impl House {
    async fn open(limits: Limits) -> Self {
        Self::open_with(limits, None).await
    }

    async fn open_with(limits: Limits, tls: Option<Tls>) -> Self {
        let (receiver, tray) = receiver(limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stop = CancellationToken::new();
        Self {
            address: listener.local_addr().unwrap(),
            tray,
            meters: Arc::clone(&receiver.meters),
            wake: Arc::clone(&receiver.wake),
            clock: receiver.clock.clone(),
            running: tokio::spawn(serve(receiver, listener, tls, stop.clone())),
            stop,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Posts a body with this signature.
    async fn post(&self, body: impl Into<reqwest::Body>, signature: Option<&str>) -> Got {
        let mut request = client().post(self.url("/waform")).body(body);
        if let Some(signature) = signature {
            request = request.header("X-Hub-Signature-256", signature);
        }
        got(request).await
    }

    /// Posts a body, signed as Meta does.
    async fn post_signed(&self, body: &[u8]) -> Got {
        self.post(body.to_vec(), Some(&sign(SECRET, body))).await
    }

    /// Says something on a connection of its own and listens until it ends.
    async fn say(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        heard(stream).await
    }

    fn refused(&self, reason: &str) -> u64 {
        let line = format!("waform_webhooks_refused_total{{reason=\"{reason}\"}} ");
        let text = self.meters.exposition().unwrap();
        let value = text.lines().find_map(|each| each.strip_prefix(&line));
        // Shown from zero, once the receiver has begun.
        value.map_or(0, |value| value.parse().unwrap())
    }

    async fn close(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.running).await;
        ended.unwrap().unwrap().unwrap();
    }
}

/// An answer: status and text.
type Got = (u16, String);

async fn got(request: reqwest::RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn client() -> reqwest::Client {
    crate::meta::tls::init();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// Listens until the connection ends, however it does.
async fn heard(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    let listening = async {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut part).await {
            heard.extend_from_slice(&part[..length]);
        }
    };
    tokio::time::timeout(PATIENCE, listening).await.unwrap();
    String::from_utf8(heard).unwrap()
}

fn sign(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let digest = mac.chain_update(body).finalize().into_bytes();
    format!("sha256={}", hex::encode(digest))
}

/// Short enough for a test to wait for, long enough for whoever is not meant to be cut off.
fn short() -> Duration {
    Duration::from_millis(300)
}
