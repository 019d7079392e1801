//! The yardstick: the least that can be done. Verified, inserted, committed, 200.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::load::SECRET;

/// The most that one transaction takes in.
const GROUP: usize = 256;

type Job = (Bytes, oneshot::Sender<()>);

/// Begins to listen; for as long as the runtime lives.
pub(crate) async fn serve() -> (SocketAddr, TempDir) {
    let directory = TempDir::new().expect("a temporary directory");
    let (jobs, waiting) = mpsc::channel(1024);
    let path = directory.path().join("bare.db");
    std::thread::spawn(move || {
        let connection = rusqlite::Connection::open(path).expect("a file");
        write(&connection, waiting);
    });
    let router = Router::new()
        .route("/waform", post(take))
        .with_state(Arc::new(jobs));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("a port");
    tokio::spawn(async move { axum::serve(listener, router).await.expect("a socket") });
    (address, directory)
}

async fn take(
    State(jobs): State<Arc<mpsc::Sender<Job>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signature = headers
        .get("x-hub-signature-256")
        .and_then(|value| value.to_str().ok()?.strip_prefix("sha256="))
        .and_then(|digits| hex::decode(digits).ok());
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length is good");
    let verified = signature.is_some_and(|signature| {
        let mac = mac.chain_update(&body);
        mac.verify_slice(&signature).is_ok()
    });
    if !verified {
        return StatusCode::UNAUTHORIZED;
    }
    let (reply, answer) = oneshot::channel();
    jobs.send((body, reply)).await.expect("a writer");
    answer.await.expect("a writer");
    StatusCode::OK
}

fn write(connection: &rusqlite::Connection, mut waiting: mpsc::Receiver<Job>) {
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20000;
             CREATE TABLE webhook (id INTEGER PRIMARY KEY, body BLOB NOT NULL);",
        )
        .expect("a table");
    while let Some(first) = waiting.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = waiting.try_recv()
        {
            group.push(job);
        }
        connection.execute_batch("BEGIN IMMEDIATE").expect("room");
        for (body, _) in &group {
            connection
                .prepare_cached("INSERT INTO webhook (body) VALUES (?1)")
                .and_then(|mut insert| insert.execute([&body[..]]))
                .expect("room");
        }
        connection.execute_batch("COMMIT").expect("room");
        for (_, reply) in group {
            reply.send(()).expect("somebody who waits");
        }
    }
}
