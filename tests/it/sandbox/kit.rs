//! A sandbox whose clock stands still, and calls to it.

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use waform::clock::Clock;
use waform::sandbox::{DEFAULT_PHONE_ID, DEFAULT_WABA_ID, Options, Sandbox};

/// Monday noon.
pub(super) fn noon() -> Timestamp {
    "2026-05-04T12:00:00Z".parse().unwrap()
}

pub(super) struct World {
    pub sandbox: Sandbox,
    pub client: Client,
}

pub(super) struct Answer {
    pub status: u16,
    pub body: Value,
    pub usage: Option<String>,
}

impl Answer {
    pub(super) fn error(&self) -> (i64, i64) {
        let error = &self.body["error"];
        (
            error["code"].as_i64().unwrap_or(0),
            error["error_subcode"].as_i64().unwrap_or(0),
        )
    }

    #[track_caller]
    pub(super) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
}

pub(super) fn client() -> Client {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let builder = Client::builder().no_proxy();
    // One that has been idle may be closed by the sandbox just when it is used again.
    builder.pool_max_idle_per_host(0).build().unwrap()
}

pub(super) fn options() -> Options {
    Options::new(Clock::frozen(noon()))
}

pub(super) fn template(name: &str, body: &str) -> Value {
    let count = body.matches("{{").count();
    let mut part = json!({"type": "BODY", "text": body});
    if count > 0 {
        part["example"] = json!({"body_text": [vec!["x"; count]]});
    }
    json!({"name": name, "language": "en_US", "category": "utility", "components": [part]})
}

/// The template with one component more.
pub(super) fn and(mut template: Value, component: Value) -> Value {
    template["components"]
        .as_array_mut()
        .unwrap()
        .push(component);
    template
}

impl World {
    pub(super) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(super) async fn with(options: Options) -> Self {
        let client = client();
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            client,
        }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let token = &self.sandbox.identity().access_token;
        self.client
            .request(method, format!("{}{path}", self.sandbox.base_url()))
            .bearer_auth(token)
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let header = response.headers().get("x-business-use-case-usage");
        let usage = header.map(|value| value.to_str().unwrap().to_owned());
        Answer {
            status,
            body: response.json().await.unwrap(),
            usage,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub(super) async fn advance(&self, by: &str) {
        self.post("/_sandbox/clock", json!({"advance": by}))
            .await
            .ok();
    }

    pub(super) async fn create(&self, template: Value) -> Answer {
        self.post(
            &format!("/v24.0/{DEFAULT_WABA_ID}/message_templates"),
            template,
        )
        .await
    }

    /// Puts an approved template there; returns its id.
    pub(super) async fn approved(&self, template: Value) -> String {
        let id = self.create(template).await.ok()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        self.advance("2s").await;
        assert_eq!(self.template(&id).await["status"], "APPROVED");
        id
    }

    pub(super) async fn template(&self, id: &str) -> Value {
        self.get(&format!(
            "/v24.0/{id}?fields=name,status,category,rejected_reason,components,previous_category"
        ))
        .await
        .ok()
    }

    pub(super) async fn message(&self, to: &str, template: Value) -> Answer {
        let body = json!({
            "messaging_product": "whatsapp", "to": to, "type": "template", "template": template,
            "biz_opaque_callback_data": format!("tag-{to}"),
        });
        self.post(&format!("/v24.0/{DEFAULT_PHONE_ID}/messages"), body)
            .await
    }

    /// Sends the template `hello`, which has no parameters.
    pub(super) async fn hello(&self, to: &str) -> Answer {
        self.message(to, json!({"name": "hello", "language": {"code": "en_US"}}))
            .await
    }

    /// What became of the messages to a number: `accepted`, `sent`, and so on, with the code of a failure.
    pub(super) async fn fate(&self, to: &str) -> Vec<String> {
        let listed = self
            .get(&format!(
                "/_sandbox/messages?to={}",
                to.trim_start_matches('+')
            ))
            .await
            .ok();
        let last = listed["data"].as_array().unwrap().last().unwrap()["statuses"].clone();
        last.as_array()
            .unwrap()
            .iter()
            .map(|status| match status["code"].as_i64() {
                Some(code) => format!("{} {code}", status["status"].as_str().unwrap()),
                None => status["status"].as_str().unwrap().to_owned(),
            })
            .collect()
    }
}
