//! The client against a server that misbehaves: see `stub`.

mod limits;
mod reading;
mod sending;
mod subscriptions;
mod uploading;
mod writing;

use serde_json::{Value, json};

use super::stub::Reply;

fn error(http_status: u16, code: i64, message: &str) -> Reply {
    Reply::Json(http_status, error_body(code, message))
}

fn error_body(code: i64, message: &str) -> Value {
    json!({"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbC"}})
}
