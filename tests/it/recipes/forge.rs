//! A GitHub of one repository: pull requests, comments and issues, and every call to be read back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::{Value, json};

pub(super) const REPOSITORY: &str = "acme/messages";
pub(super) const TOKEN: &str = "marked-job-token";
/// Who the job's token acts as.
pub(super) const BOT: &str = "github-actions[bot]";

/// What GitHub lists at once.
const PAGE: usize = 100;

#[derive(Default)]
struct Content {
    calls: Vec<(Method, String)>,
    /// By pull request.
    comments: BTreeMap<u64, Vec<Value>>,
    issues: Vec<Value>,
    /// The head of each pull request.
    heads: BTreeMap<u64, String>,
    /// The pull request that a commit is the merge of.
    merges: BTreeMap<String, u64>,
    latest: u64,
}

pub(super) struct Forge {
    content: Arc<Mutex<Content>>,
    url: String,
}

impl Forge {
    pub(super) async fn start() -> Self {
        let content = Arc::new(Mutex::new(Content::default()));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&content));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { content, url }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Somebody says something on a pull request.
    pub(super) fn says(&self, number: u64, author: &str, body: &str) {
        self.content.lock().unwrap().comment(number, author, body);
    }

    pub(super) fn has_head(&self, number: u64, commit: &str) {
        let mut content = self.content.lock().unwrap();
        content.heads.insert(number, commit.to_owned());
    }

    pub(super) fn has_merged(&self, number: u64, commit: &str) {
        let mut content = self.content.lock().unwrap();
        content.merges.insert(commit.to_owned(), number);
    }

    /// The texts of the bot's comments.
    pub(super) fn comments(&self, number: u64) -> Vec<String> {
        let content = self.content.lock().unwrap();
        let comments = content.comments.get(&number).into_iter().flatten();
        comments
            .filter(|comment| comment["user"]["login"] == BOT)
            .map(|comment| comment["body"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The issues, with `state` and `body`.
    pub(super) fn issues(&self) -> Vec<Value> {
        self.content.lock().unwrap().issues.clone()
    }

    /// Everything that was changed, as `POST /issues/7/comments`.
    pub(super) fn writes(&self) -> Vec<String> {
        let content = self.content.lock().unwrap();
        let writes = content
            .calls
            .iter()
            .filter(|(method, _)| method != Method::GET);
        writes
            .map(|(method, path)| format!("{method} {path}"))
            .collect()
    }

    pub(super) fn calls(&self) -> usize {
        self.content.lock().unwrap().calls.len()
    }
}

impl Content {
    fn comment(&mut self, number: u64, author: &str, body: &str) -> Value {
        self.latest += 1;
        let comment = json!({ "id": self.latest, "user": { "login": author }, "body": body });
        self.comments
            .entry(number)
            .or_default()
            .push(comment.clone());
        comment
    }

    /// Answers a call to the repository's part of the API; none for what it has not.
    fn call(&mut self, method: &Method, path: &str, query: &str, body: &Value) -> Option<Value> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match (method.as_str(), &*parts) {
            ("GET", ["pulls", number]) => {
                let head = self.heads.get(&number.parse().ok()?)?;
                Some(json!({ "head": { "sha": head } }))
            }
            ("GET", ["commits", commit, "pulls"]) => {
                let merged = self.merges.get(*commit).map(|number| {
                    json!({ "number": number, "merged_at": "2026-05-02T10:00:00Z", "merge_commit_sha": commit })
                });
                Some(merged.into_iter().collect())
            }
            ("GET", ["issues", number, "comments"]) => {
                let comments = self.comments.get(&number.parse().ok()?);
                Some(page(comments.map_or(&[], Vec::as_slice), query))
            }
            ("POST", ["issues", number, "comments"]) => {
                Some(self.comment(number.parse().ok()?, BOT, body["body"].as_str()?))
            }
            ("PATCH", ["issues", "comments", id]) => {
                let id: u64 = id.parse().ok()?;
                let mut comments = self.comments.values_mut().flatten();
                let comment = comments.find(|comment| comment["id"] == id)?;
                // Nobody edits what another one said.
                (comment["user"]["login"] == BOT).then_some(())?;
                comment["body"] = body["body"].clone();
                Some(comment.clone())
            }
            ("GET", ["issues"]) => {
                let open = self.issues.iter().filter(|issue| issue["state"] == "open");
                let labelled = open
                    .filter(|issue| query.contains(issue["labels"][0]["name"].as_str().unwrap()));
                Some(page(&labelled.cloned().collect::<Vec<_>>(), query))
            }
            ("POST", ["issues"]) => {
                self.latest += 1;
                let issue = json!({
                    "number": self.latest, "state": "open", "user": { "login": BOT }, "title": body["title"],
                    "body": body["body"], "labels": [{ "name": body["labels"][0] }],
                });
                self.issues.push(issue.clone());
                Some(issue)
            }
            ("PATCH", ["issues", number]) => {
                let number: u64 = number.parse().ok()?;
                let issue = self
                    .issues
                    .iter_mut()
                    .find(|issue| issue["number"] == number)?;
                for (key, value) in body.as_object()? {
                    issue[key] = value.clone();
                }
                Some(issue.clone())
            }
            _ => None,
        }
    }
}

fn page(all: &[Value], query: &str) -> Value {
    assert!(query.contains("per_page=100"), "{query}");
    let number = query.split('&').find_map(|part| part.strip_prefix("page="));
    let number: usize = number.map_or(1, |number| number.parse().unwrap());
    all.iter()
        .skip((number - 1) * PAGE)
        .take(PAGE)
        .cloned()
        .collect()
}

async fn answer(
    State(content): State<Arc<Mutex<Content>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let token = headers
        .get("authorization")
        .map(|token| token.to_str().unwrap());
    if token != Some(&format!("Bearer {TOKEN}")) {
        return (
            StatusCode::UNAUTHORIZED,
            json!({ "message": "Bad credentials" }).to_string(),
        );
    }
    let prefix = format!("/repos/{REPOSITORY}");
    let Some(path) = uri.path().strip_prefix(&prefix) else {
        return (
            StatusCode::NOT_FOUND,
            json!({ "message": "Not Found" }).to_string(),
        );
    };
    let mut content = content.lock().unwrap();
    content.calls.push((method.clone(), path.to_owned()));
    let body = serde_json::from_slice(&body).unwrap_or_default();
    match content.call(&method, path, uri.query().unwrap_or_default(), &body) {
        Some(answer) => (StatusCode::OK, answer.to_string()),
        None => (
            StatusCode::NOT_FOUND,
            json!({ "message": "Not Found" }).to_string(),
        ),
    }
}
