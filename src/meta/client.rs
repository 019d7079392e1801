//! The HTTP client that reader and writer share: addresses, signatures, attempts, waits.

use std::error::Error as _;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Certificate, Url, redirect};
use serde_json::Value;
use sha2::Sha256;

use super::call::{Authorization, Body, Call, Repeat};
use super::options::{Base, Event, Options};
use super::retry::{Again, again, backoff, jitter};
use super::usage::{self, Gate, Meter};
use super::{Error, GraphError, tls, trace};
use crate::secret::{ExposeSecret as _, SecretString};

/// Larger answers are not read: the largest page of templates is far below.
const LARGEST_ANSWER: usize = 32 << 20;
/// The slowest upload that still gets through before its attempt times out, in bytes a second.
const SLOWEST_UPLOAD: usize = 64 << 10;
/// Connections are given up before Meta's side closes them: a message that meets a closing connection is uncertain.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    pub(super) options: Options,
    gate: Gate,
    pub(super) meter: Meter,
}

impl Client {
    pub(super) fn new(options: Options) -> Result<Self, Error> {
        let Base { url, is_loopback } = Base::check(&options)?;
        tls::init();
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .map(|root| Certificate::from_der(root))
            .collect::<Result<Vec<_>, _>>()
            .map_err(cannot_build)?;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("waform/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            .pool_idle_timeout(IDLE)
            .tcp_nodelay(true)
            // What is left to the HTTP layer are repetitions of requests that the server has declared, by HTTP's own rules,
            // not to have looked at (a refused stream, a connection that was closed before the first byte).
            // A token must not follow a redirect.
            .redirect(redirect::Policy::none())
            .https_only(!is_loopback)
            .tls_certs_merge(roots);
        if is_loopback {
            // Neither a proxy nor a name server may carry what is meant for this machine elsewhere. Port 0 is the URL's.
            let here: [SocketAddr; 2] = [
                (Ipv4Addr::LOCALHOST, 0).into(),
                (Ipv6Addr::LOCALHOST, 0).into(),
            ];
            http = http.no_proxy().resolve_to_addrs("localhost", &here);
        }
        let client = Self {
            http: http.build().map_err(cannot_build)?,
            base: url,
            options,
            gate: Gate::default(),
            meter: Meter::default(),
        };
        // A token that cannot stand in a header is found here, not at the first call.
        client.authorization(Authorization::Bearer)?;
        Ok(client)
    }

    /// Makes a call, waits where Meta's limit asks for it, and repeats it where that is safe.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Value, Error> {
        let Options {
            clock, patience, ..
        } = &self.options;
        let mut waited = Duration::ZERO;
        let mut retry = 0;
        loop {
            self.pass_gate(call, &mut waited).await?;
            let error = match self.attempt(call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match again(&error, call.repeat, retry, patience) {
                None => return Err(error),
                Some(Again::Soon) => self.breathe(call, retry, &error).await,
                Some(Again::WhenAllowed(wait)) => {
                    self.gate.hold(clock.now(), wait);
                    // Meta's own words say more than that waiting would take too long.
                    if self.waits_too_long(waited).is_some() {
                        return Err(error);
                    }
                }
            }
            retry += 1;
        }
    }

    /// Waits a little before what failed is tried again.
    pub(super) async fn breathe(&self, call: &Call<'_>, retry: u32, error: &Error) {
        let path = self.path(call);
        let chance = jitter(self.options.clock.now(), &path, retry);
        let wait = backoff(retry, &self.options.patience, chance);
        self.options.observer.tell(&Event::Retrying {
            path,
            wait,
            attempt: retry + 1,
            reason: error.to_string(),
        });
        // Real time, not the clock's: networks recover at their own pace.
        tokio::time::sleep(wait).await;
    }

    /// Returns the wait in front of the gate where it is more than one call may spend.
    fn waits_too_long(&self, waited: Duration) -> Option<Duration> {
        let (_, left) = self.gate.closed(self.options.clock.now())?;
        (waited.saturating_add(left) > self.options.patience.rate_limit).then_some(left)
    }

    async fn pass_gate(&self, call: &Call<'_>, waited: &mut Duration) -> Result<(), Error> {
        while let Some((until, wait)) = self.gate.closed(self.options.clock.now()) {
            let path = self.path(call);
            if self.waits_too_long(*waited).is_some() {
                return Err(Error::LimitReached {
                    method: method(call),
                    path,
                    minutes: wait.as_secs().div_ceil(60),
                });
            }
            self.options
                .observer
                .tell(&Event::RateLimited { path, wait, until });
            self.options.clock.sleep_until(until).await;
            *waited = waited.saturating_add(wait);
        }
        Ok(())
    }

    pub(super) fn app_id(&self) -> Option<&str> {
        self.options.app_id.as_deref()
    }

    /// Makes a call once.
    pub(super) async fn attempt(&self, call: &Call<'_>) -> Result<Value, Error> {
        let mut request = self
            .http
            .request(call.method.clone(), self.url(call)?)
            .header(AUTHORIZATION, self.authorization(call.authorization)?);
        match &call.body {
            Body::Empty => {}
            Body::Json(body) => request = request.json(body),
            Body::Form(fields) => request = request.form(fields),
            Body::Media {
                name,
                mime,
                content,
            } => request = request.multipart(form(name, mime, content)),
            Body::File { offset, rest } => {
                let seconds = u64::try_from(rest.len() / SLOWEST_UPLOAD).unwrap_or(u64::MAX);
                let timeout = self
                    .options
                    .timeout
                    .saturating_add(Duration::from_secs(seconds));
                request = request
                    .header("file_offset", *offset)
                    .timeout(timeout)
                    .body(rest.clone());
            }
        }
        let (called, path) = (method(call), self.path(call));
        let sent = request.send().await;
        let mut response = sent
            .map_err(|error| self.transport(call, error))
            .inspect_err(|error| tracing::debug!("{called} {path}: {error}"))?;
        let http_status = response.status().as_u16();
        tracing::debug!("{called} {path}: HTTP {http_status}");
        // What is never repeated is not counted with management calls, and does not speak for them.
        if call.repeat != Repeat::Never {
            self.meter.note(response.headers());
            if let Some(pause) = usage::pause(response.headers(), http_status) {
                self.gate.hold(self.options.clock.now(), pause);
            }
        }
        let trace = trace::of(response.headers());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ANSWER => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    return Err(self.unreadable(call, http_status, "it is too large", &body));
                }
                Ok(None) => break,
                Err(error) => return Err(self.transport(call, error)),
            }
        }
        let answer = self.answer(call, http_status, trace.clone(), &body);
        let told = match &answer {
            Err(Error::Graph { error, .. }) => error.fbtrace_id.as_deref(),
            _ => trace.as_deref(),
        };
        trace::tell(&call.method, told);
        answer
    }

    fn answer(
        &self,
        call: &Call<'_>,
        http_status: u16,
        trace: Option<String>,
        body: &[u8],
    ) -> Result<Value, Error> {
        let parsed: Result<Value, _> = serde_json::from_slice(body);
        let succeeded = (200..300).contains(&http_status);
        // Graph is known to put an error into a success as well.
        if succeeded && !matches!(&parsed, Ok(answer) if answer.get("error").is_some()) {
            return parsed
                .map_err(|error| self.unreadable(call, http_status, &error.to_string(), body));
        }
        // Meta repeats a token that it does not like.
        let text = self.redact(&String::from_utf8_lossy(body));
        let error = serde_json::from_str(&text)
            .ok()
            .and_then(|body| GraphError::from_answer(http_status, &body));
        match error {
            None if succeeded => {
                Err(self.unreadable(call, http_status, "it holds an error without a code", body))
            }
            error => {
                let mut error =
                    error.unwrap_or_else(|| GraphError::without_code(http_status, &excerpt(&text)));
                error.fbtrace_id = error.fbtrace_id.or(trace);
                Err(Error::Graph {
                    method: method(call),
                    path: self.path(call),
                    error: Box::new(error),
                })
            }
        }
    }

    pub(super) fn unreadable(
        &self,
        call: &Call<'_>,
        http_status: u16,
        reason: &str,
        body: &[u8],
    ) -> Error {
        Error::Unreadable {
            method: method(call),
            path: self.path(call),
            http_status,
            reason: reason.to_owned(),
            body: excerpt(&self.redact(&String::from_utf8_lossy(body))),
        }
    }

    /// The answer was JSON, but not what the call promises.
    pub(super) fn unexpected(&self, call: &Call<'_>, reason: &str, answer: &Value) -> Error {
        self.unreadable(call, 200, reason, answer.to_string().as_bytes())
    }

    fn transport(&self, call: &Call<'_>, error: reqwest::Error) -> Error {
        let (is_connect, is_builder) = (error.is_connect(), error.is_builder());
        // The address carries the proof.
        let error = error.without_url();
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !reason.contains(&cause_text) {
                write!(reason, ": {cause_text}").expect("writing to a string cannot fail");
            }
            source = cause.source();
        }
        let reason = self.redact(&reason);
        let (method, path) = (method(call), self.path(call));
        if is_builder {
            return Error::Options { reason };
        }
        if is_connect {
            let reason = format!("{} cannot be reached: {reason}", self.options.base_url);
            return Error::Unreachable {
                method,
                path,
                reason,
            };
        }
        Error::Lost {
            method,
            path,
            reason,
        }
    }

    fn url(&self, call: &Call<'_>) -> Result<Url, Error> {
        call.check()?;
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("an address with a host has a path")
            .pop_if_empty()
            .push(&self.options.api_version)
            .extend(&call.path);
        let proof = self.proof(call.authorization);
        if !call.query.is_empty() || proof.is_some() {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(&call.query);
            if let Some(proof) = proof {
                query.append_pair("appsecret_proof", &proof);
            }
        }
        Ok(url)
    }

    /// The path as errors show it: without the query, which holds the proof.
    pub(super) fn path(&self, call: &Call<'_>) -> String {
        format!("/{}/{}", self.options.api_version, call.path.join("/"))
    }

    /// The app's own token, where app and secret are known.
    pub(super) fn app_token(&self, app_id: Option<&str>) -> Option<SecretString> {
        let (app_id, secret) = (app_id.or(self.app_id())?, self.options.app_secret.as_ref()?);
        Some(format!("{app_id}|{}", secret.expose_secret()).into())
    }

    fn token(&self, authorization: Authorization<'_>) -> SecretString {
        match authorization {
            Authorization::Bearer | Authorization::OAuth => None,
            Authorization::App(app_id) => self.app_token(app_id),
        }
        .unwrap_or_else(|| self.options.access_token.clone())
    }

    fn authorization(&self, authorization: Authorization<'_>) -> Result<HeaderValue, Error> {
        let scheme = match authorization {
            Authorization::Bearer | Authorization::App(_) => "Bearer",
            Authorization::OAuth => "OAuth",
        };
        let token = self.token(authorization);
        let token = token.expose_secret();
        if token.is_empty() {
            return Err(Error::Options {
                reason: "the access token is empty".to_owned(),
            });
        }
        let mut header =
            HeaderValue::try_from(format!("{scheme} {token}")).map_err(|_| Error::Options {
                reason: "the access token holds characters that no token has, such as a line break"
                    .to_owned(),
            })?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Returns the proof that whoever holds the token holds the app's secret too (Graph API, "Securing Graph API calls").
    fn proof(&self, authorization: Authorization<'_>) -> Option<String> {
        let secret = self.options.app_secret.as_ref()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(self.token(authorization).expose_secret().as_bytes());
        Some(hex::encode(mac.finalize().into_bytes()))
    }

    /// Takes what is secret out of a text from outside.
    pub(super) fn redact(&self, text: &str) -> String {
        // Shorter ones are no secrets of Meta's, and would take words out of the text.
        const SHORTEST: usize = 8;
        let mut secrets: Vec<String> = [
            Some(&self.options.access_token),
            self.options.app_secret.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(|secret| secret.expose_secret().to_owned())
        .collect();
        secrets.extend(self.proof(Authorization::Bearer));
        secrets.extend(self.proof(Authorization::App(None)));
        secrets
            .iter()
            .filter(|secret| secret.len() >= SHORTEST)
            .fold(text.to_owned(), |text, secret| {
                text.replace(secret.as_str(), "[redacted]")
            })
    }
}

/// The method's name, for errors.
pub(super) fn method(call: &Call<'_>) -> &'static str {
    match call.method.as_str() {
        "GET" => "GET",
        "DELETE" => "DELETE",
        _ => "POST",
    }
}

fn cannot_build(error: reqwest::Error) -> Error {
    Error::Options {
        reason: format!("the HTTP client cannot be built: {}", error.without_url()),
    }
}

/// The beginning of a text from outside, on one line.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 300;
    let printable: String = text
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    let mut line = printable.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Returns the form of a media upload. A type that is none is left to Meta to refuse.
fn form(name: &str, mime: &str, content: &bytes::Bytes) -> reqwest::multipart::Form {
    let part = || {
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        reqwest::multipart::Part::stream_with_length(content.clone(), length)
            .file_name(name.to_owned())
    };
    let typed = part().mime_str(mime).unwrap_or_else(|_| part());
    reqwest::multipart::Form::new()
        .text("messaging_product", "whatsapp")
        .text("type", mime.to_owned())
        .part("file", typed)
}
