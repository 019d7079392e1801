//! Deliveries: a POST of JSON to a desk, or to whoever is told, repeated until it is taken.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::Sha256;

use super::Runner;
use crate::clock::Clock;
use crate::meta::tls;
use crate::resource::Project;
use crate::resource::handoff::Handoff;
use crate::resource::notify::Notify;
use crate::sanitize;
use crate::secret::{ExposeSecret as _, SecretString};
use crate::serve::Error;
use crate::store::{self, Database, Errand, ErrandKind, Happening, Ran};

/// The whole of one delivery, from the connection to the end of the answer's head.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The waits after each delivery that was not taken; the last repeats.
const WAITS: [SignedDuration; 6] = [
    SignedDuration::from_secs(1),
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_hours(1),
];
/// What was not taken after this long is given up.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);

/// Where errands of a kind and name go.
#[derive(Clone, Default)]
pub(in crate::serve) struct Places(BTreeMap<(ErrandWord, String), Place>);

type ErrandWord = &'static str;

#[derive(Clone)]
struct Place {
    url: String,
    secret: Option<SecretString>,
}

impl Places {
    /// Reads the declared addresses and their secrets. Where `instead` is given, everything goes to that address and the
    /// declared name.
    ///
    /// # Errors
    /// Where a secret cannot be had.
    pub(in crate::serve) fn of(project: &Project, instead: Option<&str>) -> Result<Self, Error> {
        let desks = project
            .all::<Handoff>()
            .map(|desk| ("handoff", &desk.name, &desk.value.url, &desk.value.secret));
        let told = project
            .all::<Notify>()
            .map(|told| ("notify", &told.name, &told.value.url, &told.value.secret));
        let mut places = BTreeMap::new();
        for (kind, name, url, secret) in desks.chain(told) {
            let url = match instead {
                Some(base) => format!("{}/{name}", base.trim_end_matches('/')),
                None => url.get().clone(),
            };
            let secret = match secret {
                // What was to be signed is never sent unsigned.
                Some(reference) => match project.secret(reference)? {
                    Some(secret) => Some(secret),
                    None => {
                        return Err(Error::Unsigned {
                            kind,
                            name: name.clone(),
                        });
                    }
                },
                None => None,
            };
            places.insert((kind, name.clone()), Place { url, secret });
        }
        Ok(Self(places))
    }
}

/// Makes deliveries.
pub(in crate::serve) struct Deliveries {
    client: reqwest::Client,
    places: Places,
    store: Arc<dyn Database>,
    clock: Clock,
}

impl Deliveries {
    /// # Errors
    /// Where no client can be made.
    pub(in crate::serve) fn new(
        places: Places,
        store: Arc<dyn Database>,
        clock: Clock,
    ) -> Result<Self, reqwest::Error> {
        tls::init();
        // A redirect would carry what a customer wrote to an address that nobody declared; so would a proxy.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .user_agent(concat!("waform/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            client,
            places,
            store,
            clock,
        })
    }

    async fn deliver(&self, errand: &Errand) -> store::Result<Option<Ran>> {
        let kind = word(errand.kind);
        let Some(place) = self.places.0.get(&(kind, errand.name.clone())) else {
            return Ok(Some(Ran::Failed {
                code: None,
                reason: format!("{kind}.{} is no longer declared", errand.name),
            }));
        };
        let reason = match self.post(place, errand).await {
            Ok(()) => return Ok(Some(Ran::Done { message_id: None })),
            Err(reason) => reason,
        };
        let now = self.clock.now();
        let at = now
            .saturating_add(wait(errand.tries))
            .unwrap_or(Timestamp::MAX);
        if at.duration_since(errand.created_at) <= PATIENCE {
            return Ok(Some(Ran::Again { at, reason }));
        }
        self.say_given_up(kind, errand, &reason, now).await?;
        Ok(Some(Ran::Failed { code: None, reason }))
    }

    /// Returns why a delivery was not taken, in words that hold nothing of what the other side answered.
    async fn post(&self, place: &Place, errand: &Errand) -> Result<(), String> {
        let body = errand.payload.to_string();
        let event = errand.payload["event"].as_str().unwrap_or("event");
        let mut request = self
            .client
            .post(&place.url)
            .header("Content-Type", "application/json")
            .header("X-Waform-Event", event)
            .header("Idempotency-Key", &errand.key);
        if let Some(secret) = &place.secret {
            request = request.header("X-Waform-Signature-256", signature(secret, body.as_bytes()));
        }
        let answer = request.body(body).send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("it was answered with {}", answer.status())),
            // The address may hold a token.
            Err(error) => Err(failure(&error.without_url())),
        }
    }

    async fn say_given_up(
        &self,
        kind: &str,
        errand: &Errand,
        reason: &str,
        now: Timestamp,
    ) -> store::Result<()> {
        let happening = Happening {
            at: now,
            actor: "serve".to_owned(),
            account: errand.account.clone(),
            subject: format!("{kind}.{}", errand.name),
            what: format!("{kind}.failed"),
            text: format!(
                "A delivery was not taken in {} days and is given up: {reason}",
                PATIENCE.as_hours() / 24
            ),
            detail: json!({ "key": errand.key, "tries": errand.tries }),
        };
        self.store.record(&happening).await
    }
}

impl Runner for Deliveries {
    fn run<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, store::Result<Option<Ran>>> {
        self.deliver(errand).boxed()
    }
}

fn word(kind: ErrandKind) -> ErrandWord {
    match kind {
        ErrandKind::Reply => "reply",
        ErrandKind::Handoff => "handoff",
        ErrandKind::Notify => "notify",
    }
}

fn wait(tries: u32) -> SignedDuration {
    let index = usize::try_from(tries).unwrap_or(usize::MAX);
    WAITS[index.min(WAITS.len() - 1)]
}

fn failure(error: &reqwest::Error) -> String {
    match () {
        () if error.is_timeout() => format!("no answer within {} s", TIMEOUT.as_secs()),
        () if error.is_connect() => because("the connection did not open", error),
        () => because("the connection broke off", error),
    }
}

/// Adds what lies at the bottom of an error: what the system, the name service or the certificate's check says.
fn because(what: &str, error: &reqwest::Error) -> String {
    match iter::successors(error.source(), |cause| (*cause).source()).last() {
        Some(cause) => format!("{what}: {}", sanitize::line(&cause.to_string())),
        None => what.to_owned(),
    }
}

/// Signs a body as Meta signs its own webhooks, so that what verifies those verifies these.
fn signature(secret: &SecretString, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("a key of HMAC may have any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}
