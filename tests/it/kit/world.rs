//! A sandbox in this process, and the view behind its scenes.

use std::time::Duration;

use serde_json::{Value, json};
use waform::clock::Clock;
use waform::sandbox::{Options, Sandbox};

use super::Project;
use crate::openapi::{LoggedRequest, check_log};

/// How many entries a listing gives at once.
const PAGE: usize = 1_000;

/// The world outside of a project: Meta, played by a sandbox.
pub(crate) struct World {
    sandbox: Sandbox,
    client: reqwest::Client,
}

/// One request as the sandbox remembers it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) seq: i64,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u64,
    pub(crate) whole: Value,
}

impl Request {
    fn new(whole: Value) -> Self {
        Self {
            seq: whole["seq"].as_i64().unwrap(),
            method: whole["method"].as_str().unwrap().to_owned(),
            path: whole["path"].as_str().unwrap().to_owned(),
            status: whole["status"].as_u64().unwrap_or_default(),
            whole,
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// Whether it creates a template, and the sandbox did as asked, be it that nobody heard of it.
    pub(crate) fn created_template(&self) -> Option<String> {
        let created = self.method == "POST" && self.path.ends_with("/message_templates");
        let done = self.status == 200 || self.whole["fault"] == "cut_after";
        let refused = self.whole["response"]["error"].is_object();
        let body = &self.whole["body"];
        (created && done && !refused).then(|| format!("{}/{}", body["name"], body["language"]))
    }
}

impl World {
    /// Meta at this machine's time; reviews end at once.
    pub(crate) async fn start() -> Self {
        Self::with(Self::options(Clock::system())).await
    }

    /// Meta as `--sandbox` finds it: it has its own clock, which the runs follow.
    pub(crate) async fn beside(project: &Project) -> Self {
        let mut options = Self::options(Clock::system());
        options.data = Some(project.sandbox_data());
        Self::with(options).await
    }

    pub(crate) fn options(clock: Clock) -> Options {
        let mut options = Options::new(clock);
        options.review_delay = Duration::ZERO;
        options.log = 5_000_000;
        options
    }

    pub(crate) async fn with(options: Options) -> Self {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            client: client(),
        }
    }

    pub(crate) fn base_url(&self) -> String {
        self.sandbox.base_url()
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.sandbox.clock()
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        body
    }

    /// Looks behind the scenes: `GET /_sandbox/...`.
    pub(crate) async fn look(&self, path: &str) -> Value {
        let url = format!("{}/_sandbox/{path}", self.base_url());
        self.answer(self.client.get(url)).await
    }

    /// Pulls a string: `POST /_sandbox/...`.
    pub(crate) async fn pull(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/_sandbox/{path}", self.base_url());
        self.answer(self.client.post(url).json(&body)).await
    }

    /// Changes a template behind everybody's back.
    pub(crate) async fn alter(&self, id: &str, change: Value) -> Value {
        let url = format!("{}/_sandbox/templates/{id}", self.base_url());
        self.answer(self.client.patch(url).json(&change)).await
    }

    /// Removes all faults.
    pub(crate) async fn heal(&self) {
        let url = format!("{}/_sandbox/faults", self.base_url());
        self.answer(self.client.delete(url)).await;
    }

    /// A fault; see the sandbox's guide for what it may be.
    pub(crate) async fn fault(&self, fault: Value) {
        self.pull("faults", fault).await;
    }

    /// From now on everything but reading fails, and is noted.
    pub(crate) async fn refuse_writes(&self) {
        self.fault(json!({ "fault": { "refuse_writes": true } }))
            .await;
    }

    /// Holds that nothing was written while writes were refused.
    pub(crate) async fn nothing_was_written(&self) {
        let faults = self.look("faults").await;
        assert_eq!(faults["violations"], json!([]), "{faults:#}");
    }

    pub(crate) async fn advance(&self, by: &str) {
        self.pull("clock", json!({ "advance": by })).await;
    }

    /// The number of the latest request.
    pub(crate) async fn latest(&self) -> i64 {
        self.requests_after(0)
            .await
            .last()
            .map_or(0, |request| request.seq)
    }

    /// Whether so many more requests than before have come in.
    pub(crate) async fn has_seen(&self, after: i64, requests: usize) -> bool {
        let after = after + i64::try_from(requests).unwrap() - 1;
        let page = self.look(&format!("requests?after={after}&limit=1")).await;
        !page["data"].as_array().unwrap().is_empty()
    }

    pub(crate) async fn requests_after(&self, after: i64) -> Vec<Request> {
        let mut requests: Vec<Request> = Vec::new();
        loop {
            let after = requests.last().map_or(after, |request| request.seq);
            let page = self
                .look(&format!("requests?after={after}&limit={PAGE}"))
                .await;
            let page = page["data"].as_array().unwrap();
            requests.extend(page.iter().cloned().map(Request::new));
            if page.len() < PAGE {
                return requests;
            }
        }
    }

    pub(crate) async fn writes_after(&self, after: i64) -> Vec<Request> {
        let mut requests = self.requests_after(after).await;
        requests.retain(Request::is_write);
        requests
    }

    /// How many messages were accepted.
    pub(crate) async fn accepted(&self) -> usize {
        let page = self.look("messages?limit=1").await;
        usize::try_from(page["total"].as_u64().unwrap()).unwrap()
    }

    /// All accepted messages.
    pub(crate) async fn messages(&self) -> Vec<Value> {
        self.list("messages").await
    }

    /// All of a listing behind the scenes whose entries are numbered.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let mut entries: Vec<Value> = Vec::new();
        loop {
            let after = entries
                .last()
                .map_or(0, |entry| entry["seq"].as_i64().unwrap());
            let page = self
                .look(&format!("{path}?after={after}&limit={PAGE}"))
                .await;
            let page = page["data"].as_array().unwrap();
            entries.extend(page.iter().cloned());
            if page.len() < PAGE {
                return entries;
            }
        }
    }

    /// Everything that is known of all templates.
    pub(crate) async fn templates(&self) -> Vec<Value> {
        self.look("templates").await["data"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The one template of a name.
    pub(crate) async fn template(&self, name: &str) -> Value {
        let found = self.look(&format!("templates?name={name}")).await;
        let found = found["data"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{found:#?}");
        found[0].clone()
    }

    /// Puts an approved template there, as somebody else would have.
    pub(crate) async fn foreign_template(&self, name: &str, body: &str) -> String {
        let count = body.matches("{{").count();
        let mut part = json!({ "type": "BODY", "text": body });
        if count > 0 {
            part["example"] = json!({ "body_text": [vec!["x"; count]] });
        }
        let template = json!({
            "name": name, "language": "en_US", "category": "utility", "components": [part],
        });
        let added = self.pull("templates", template).await;
        added["ids"][0].as_str().unwrap().to_owned()
    }

    /// Ends the world, having held all that was sent to it against Meta's OpenAPI file.
    pub(crate) async fn finish(self) {
        let requests: Vec<LoggedRequest> = self
            .requests_after(0)
            .await
            .iter()
            .map(|request| LoggedRequest::from_json(&request.whole))
            .collect();
        check_log(&requests);
        self.sandbox.shutdown().await.unwrap();
    }
}

/// A connection for each call: one that has been idle may be closed by the sandbox just when it is used again.
pub(crate) fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy();
    builder.pool_max_idle_per_host(0).build().unwrap()
}
