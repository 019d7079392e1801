//! One request: which door, which answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::extract::Query;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, Response, Uri};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::body::{self, Scales};
use super::door::{Doors, Shared};
use super::limits::Limits;
use super::refusal::Refusal;
use super::{Link, Receiver, json};
use crate::clock::Clock;
use crate::meta::webhook::{handshake, signature};
use crate::serve::health::Pulse;
use crate::serve::meters::Meters;
use crate::store::Inbox;

/// Where all requests are answered.
pub(super) struct Desk {
    doors: Doors,
    inbox: Arc<dyn Inbox>,
    meters: Arc<Meters>,
    pulse: Arc<Pulse>,
    wake: Arc<Notify>,
    pages: TowerToHyperService<axum::Router>,
    limits: Limits,
    clock: Clock,
    scales: Scales,
    traces: Traces,
}

impl Desk {
    pub(super) fn new(receiver: Receiver) -> Self {
        let Receiver {
            doors,
            inbox,
            meters,
            pulse,
            wake,
            pages,
            limits,
            clock,
        } = receiver;
        for reason in Refusal::REASONS {
            meters.expect_refusals(reason);
        }
        Self {
            doors: Doors::new(doors),
            inbox,
            meters,
            pulse,
            wake,
            pages: TowerToHyperService::new(pages),
            scales: Scales::new(limits.held_bytes),
            traces: Traces::new(&clock),
            limits,
            clock,
        }
    }

    pub(super) async fn answer(&self, mut request: Request<Body>, link: Link) -> Response<Body> {
        if let Some(doors) = self.doors.at(request.uri().path()) {
            let trace = self.traces.next();
            let span = tracing::info_span!("webhook", trace);
            return self.answer_at(doors, request).instrument(span).await;
        }
        request.extensions_mut().insert(link);
        let Ok(response) = self.pages.call(request).await;
        response
    }

    async fn answer_at(&self, doors: &Shared, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let answer = match head.method {
            Method::GET => shake(doors, &head.uri),
            Method::POST => self.take(doors, &head, body).await,
            _ => Err(Refusal::Method),
        };
        answer.unwrap_or_else(|refusal| {
            let times = self.meters.refused(refusal.reason());
            // Anybody can knock as often as they like; the log is not to grow with every knock.
            if times.is_power_of_two() {
                let reason = refusal.reason();
                tracing::warn!(reason, times, "a request was refused: {refusal}");
            }
            refusal.response()
        })
    }

    /// Takes a webhook: 200 means that it is kept.
    async fn take(
        &self,
        doors: &Shared,
        head: &Parts,
        body: Body,
    ) -> Result<Response<Body>, Refusal> {
        let read = body::read(&head.headers, body, &self.limits, &self.scales).await?;
        let began = Instant::now();
        let signature = head.headers.get(signature::HEADER);
        // A value that is not ASCII is a header of another form.
        let signature = signature.map(|value| value.to_str().unwrap_or_default());
        let door = doors.verify(&read.bytes, signature)?;
        let (bytes, weight) = read.into_bytes();
        let text = String::from_utf8(bytes).map_err(|_| Refusal::NotText)?;
        if !json::is_object(&text) {
            return Err(Refusal::NotJson);
        }
        let bytes = text.len();
        self.keep(text).await?;
        drop(weight);
        let took = began.elapsed();
        self.meters.received(bytes, took);
        tracing::debug!(
            account = door.account,
            bytes,
            ?took,
            "a webhook was received"
        );
        Ok(Response::new(Body::empty()))
    }

    async fn keep(&self, text: String) -> Result<(), Refusal> {
        let now = self.clock.now();
        let kept = tokio::time::timeout(self.limits.keep, self.inbox.receive(now, text));
        let problem = match kept.await {
            Ok(Ok(())) => {
                self.pulse.wrote();
                self.wake.notify_one();
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the ledger did not answer in time".to_owned(),
        };
        if self.pulse.failed(now) {
            tracing::error!(problem, "a webhook could not be kept; Meta sends it again");
        }
        Err(Refusal::NotKept)
    }
}

/// Answers Meta's handshake.
fn shake(doors: &Shared, uri: &Uri) -> Result<Response<Body>, Refusal> {
    let query = Query::<handshake::Query>::try_from_uri(uri)
        .map_err(|_| handshake::Refused::Challenge)?
        .0;
    let challenge = doors.answer(&query)?;
    let mut response = Response::new(Body::from(challenge));
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    tracing::info!("the handshake of a webhook was answered");
    Ok(response)
}

/// Gives each request a name of its own for the log.
struct Traces {
    /// When the receiver began: names are not given twice by two runs.
    began: i64,
    given: AtomicU64,
}

impl Traces {
    fn new(clock: &Clock) -> Self {
        Self {
            began: clock.now().as_millisecond(),
            given: AtomicU64::new(0),
        }
    }

    fn next(&self) -> String {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        format!("{:x}-{number:x}", self.began)
    }
}
