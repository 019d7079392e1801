//! A receiver of webhooks that checks their signatures.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use waform::sandbox::DEFAULT_WABA_ID;

use super::kit::World;

pub(super) const TOKEN: &str = "verify-me";

#[derive(Clone)]
struct Hook {
    /// What to answer to the next posts; 200 when empty.
    answers: Arc<Mutex<VecDeque<u16>>>,
    posts: mpsc::UnboundedSender<(HeaderMap, Bytes)>,
}

pub(super) struct Receiver {
    pub url: String,
    pub answers: Arc<Mutex<VecDeque<u16>>>,
    pub posts: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    secret: String,
}

impl Receiver {
    pub(super) async fn start(world: &World) -> Self {
        let (posts, received) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let hook = Hook {
            answers: Arc::clone(&answers),
            posts,
        };
        let router = Router::new()
            .route("/hook", get(greet).post(take))
            .with_state(hook);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let secret = world.sandbox.identity().app_secret.clone();
        Self {
            url,
            answers,
            posts: received,
            secret,
        }
    }

    /// Waits for the next webhook, checks its signature, and returns its changes.
    pub(super) async fn next(&mut self) -> Vec<Value> {
        let (headers, body) = self.posts.recv().await.unwrap();
        assert!(body.is_ascii(), "what is not ASCII is escaped");
        let signature = headers["x-hub-signature-256"]
            .to_str()
            .unwrap()
            .strip_prefix("sha256=")
            .unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())
            .unwrap()
            .chain_update(&body);
        mac.verify_slice(&hex::decode(signature).unwrap())
            .expect("signed with the app's secret");
        let value: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["object"], "whatsapp_business_account");
        let entries = value["entry"].as_array().unwrap().iter();
        entries
            .flat_map(|entry| {
                assert_eq!(entry["id"], DEFAULT_WABA_ID);
                entry["changes"].as_array().unwrap().clone()
            })
            .collect()
    }

    /// Collects changes until there are `count`.
    pub(super) async fn changes(&mut self, count: usize) -> Vec<Value> {
        let mut all = Vec::new();
        while all.len() < count {
            all.extend(self.next().await);
        }
        all
    }
}

async fn greet(
    Query(query): Query<std::collections::BTreeMap<String, String>>,
) -> (StatusCode, String) {
    if query.get("hub.verify_token").map(String::as_str) == Some(TOKEN) {
        (StatusCode::OK, query["hub.challenge"].clone())
    } else {
        (StatusCode::FORBIDDEN, String::new())
    }
}

async fn take(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> StatusCode {
    drop(hook.posts.send((headers, body)));
    let status = hook.answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

impl World {
    pub(super) async fn subscribe(&self, url: &str) {
        let path = format!("/v24.0/{DEFAULT_WABA_ID}/subscribed_apps");
        self.post(
            &path,
            json!({"override_callback_uri": url, "verify_token": TOKEN}),
        )
        .await
        .ok();
    }

    pub(super) fn as_app(&self, method: Method) -> reqwest::RequestBuilder {
        let identity = self.sandbox.identity();
        let url = format!(
            "{}/v24.0/{}/subscriptions",
            self.sandbox.base_url(),
            identity.app_id
        );
        let token = format!("{}|{}", identity.app_id, identity.app_secret);
        self.client
            .request(method, url)
            .query(&[("access_token", token)])
    }

    /// Subscribes the app to these fields, and the app to the account.
    pub(super) async fn subscribe_app(&self, url: &str, fields: &str) {
        let form = [
            ("object", "whatsapp_business_account"),
            ("callback_url", url),
            ("verify_token", TOKEN),
            ("fields", fields),
        ];
        self.send(self.as_app(Method::POST).form(&form)).await.ok();
        self.post(&format!("/{DEFAULT_WABA_ID}/subscribed_apps"), json!({}))
            .await
            .ok();
    }
}
