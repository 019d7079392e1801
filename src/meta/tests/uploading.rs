use bytes::Bytes;
use serde_json::json;

use super::error;
use crate::meta::stub::{Reply, Request, Stub, TOKEN};

const SESSION: &str = "upload:MTphdHRhY2htZW50OjE=?sig=ARZ_a-b";

async fn upload(stub: &Stub) -> Result<String, crate::meta::Error> {
    let content = Bytes::from_static(b"0123456789");
    stub.connect()
        .writer()
        .upload("77", "a b.png", "image/png", content)
        .await
}

fn is_bytes(request: &Request) -> bool {
    request.headers.contains_key("file_offset")
}

#[tokio::test]
async fn a_file_goes_up_in_two_steps() {
    let stub = Stub::start(|index, _| match index {
        0 => Reply::Json(200, json!({ "id": SESSION })),
        _ => Reply::Json(200, json!({"h": "4::aW"})),
    })
    .await;
    assert_eq!(upload(&stub).await.unwrap(), "4::aW");
    let [open, bytes] = &stub.requests()[..] else {
        panic!("two requests were expected");
    };
    assert_eq!(
        (open.method.as_str(), open.path.as_str()),
        ("POST", "/v25.0/77/uploads")
    );
    assert_eq!(open.query["file_name"], "a b.png");
    assert_eq!(
        (
            open.query["file_length"].as_str(),
            open.query["file_type"].as_str()
        ),
        ("10", "image/png")
    );
    assert_eq!(bytes.path, "/v25.0/upload:MTphdHRhY2htZW50OjE=");
    assert_eq!(bytes.query["sig"], "ARZ_a-b");
    assert_eq!(bytes.headers["authorization"], format!("OAuth {TOKEN}"));
    assert_eq!(
        (bytes.headers["file_offset"].as_str(), &bytes.body[..]),
        ("0", &b"0123456789"[..])
    );
}

#[tokio::test]
async fn a_cut_upload_goes_on_where_it_was_cut() {
    let stub = Stub::start(|index, _| match index {
        0 => Reply::Json(200, json!({ "id": SESSION })),
        1 => Reply::Cut,
        2 => Reply::Json(200, json!({"id": SESSION, "file_offset": 4})),
        _ => Reply::Json(200, json!({"h": "4::aW"})),
    })
    .await;
    assert_eq!(upload(&stub).await.unwrap(), "4::aW");
    let requests = stub.requests();
    assert_eq!(
        (requests[2].method.as_str(), &requests[2].path),
        ("GET", &requests[1].path)
    );
    assert_eq!(
        (
            requests[3].headers["file_offset"].as_str(),
            &requests[3].body[..]
        ),
        ("4", &b"456789"[..])
    );
}

#[tokio::test]
async fn an_upload_whose_handle_was_lost_begins_anew() {
    let stub = Stub::start(|index, request| match index {
        1 => Reply::CutInBody,
        2 => Reply::Json(200, json!({"file_offset": 10})),
        _ if is_bytes(request) => Reply::Json(200, json!({"h": "4::aW"})),
        _ => Reply::Json(200, json!({ "id": SESSION })),
    })
    .await;
    assert_eq!(upload(&stub).await.unwrap(), "4::aW");
    let bytes: Vec<_> = stub.requests().into_iter().filter(is_bytes).collect();
    assert_eq!(bytes.len(), 2);
    assert_eq!(bytes[1].headers["file_offset"], "0");
}

#[tokio::test]
async fn an_upload_that_never_gets_through_ends() {
    let stub = Stub::start(|index, request| match index {
        0 => Reply::Json(200, json!({ "id": SESSION })),
        _ if is_bytes(request) => Reply::Raw(502, vec![], String::new()),
        _ => Reply::Json(200, json!({"file_offset": 0})),
    })
    .await;
    assert_eq!(upload(&stub).await.unwrap_err().code(), "meta::unavailable");
    assert_eq!(
        stub.requests()
            .iter()
            .filter(|request| is_bytes(request))
            .count(),
        5
    );
}

#[tokio::test]
async fn a_refused_file_is_not_sent_again() {
    let stub = Stub::start(|index, _| match index {
        0 => Reply::Json(200, json!({ "id": SESSION })),
        _ => error(400, 100, "(#100) Invalid parameter"),
    })
    .await;
    assert_eq!(upload(&stub).await.unwrap_err().code(), "meta::rejected");
    assert_eq!(stub.requests().len(), 2);
}
