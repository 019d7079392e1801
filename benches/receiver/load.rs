//! Signed webhooks over loopback, from a thread of their own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::ledger::{NOW, message_id, phone};

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
const CONNECTIONS: usize = 64;

/// Requests as they go over the wire.
pub(crate) type Requests = Arc<Vec<Vec<u8>>>;

/// Makes requests of one status each; `from` counts on over all calls, so that no status comes twice.
pub(crate) fn statuses(from: u64, count: u64, messages: u64) -> Requests {
    let status = |index| {
        let word = ["sent", "delivered", "read"][(index / messages % 3) as usize];
        request(&body(phone(index % messages), word))
    };
    Arc::new((from..from + count).map(status).collect())
}

/// A status as Meta sends it.
fn body(phone: u64, word: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550783881","phone_number_id":"106540352242922"}},"contacts":[{{"profile":{{"name":"Ana Tamm"}},"wa_id":"{phone}","user_id":"EE.{phone}"}}],"statuses":[{{"id":"{id}","status":"{word}","timestamp":"{at}","recipient_id":"{phone}","recipient_user_id":"EE.{phone}","conversation":{{"id":"c5d0c8f0e1d64b1f9a7e6b4c3d2a1908","origin":{{"type":"marketing"}}}},"pricing":{{"billable":true,"pricing_model":"PMP","type":"regular","category":"marketing"}}}}]}},"field":"messages"}}]}}]}}"#,
        id = message_id(phone),
        at = NOW.as_second() + 5,
    )
}

fn request(body: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length is good");
    let signature = hex::encode(mac.chain_update(body).finalize().into_bytes());
    format!(
        "POST /waform HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nX-Hub-Signature-256: sha256={signature}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends all of them and returns how long each answer took: after its request or, where there is a rate (a second), after
/// the moment that its request was due.
pub(crate) fn send(to: SocketAddr, requests: &Requests, rate: Option<u64>) -> Vec<Duration> {
    let requests = Arc::clone(requests);
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async move {
            let next = Arc::new(AtomicUsize::new(0));
            let began = Instant::now();
            let connections: Vec<_> = (0..CONNECTIONS)
                .map(|_| {
                    let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
                    tokio::spawn(connection(to, requests, next, began, rate))
                })
                .collect();
            let mut took = Vec::with_capacity(requests.len());
            for connection in connections {
                took.extend(connection.await.expect("an answer to each"));
            }
            took
        })
    });
    thread.join().expect("an answer to each")
}

async fn connection(
    to: SocketAddr,
    requests: Requests,
    next: Arc<AtomicUsize>,
    began: Instant,
    rate: Option<u64>,
) -> Vec<Duration> {
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let mut took = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(index) else {
            return took;
        };
        let mut due = Instant::now();
        if let Some(rate) = rate {
            due = began + Duration::from_secs_f64(index as f64 / rate as f64);
            tokio::time::sleep_until(due.into()).await;
        }
        stream.write_all(request).await.expect("a listener");
        answer(&mut stream).await;
        took.push(due.elapsed());
    }
}

/// Reads an answer without a body.
async fn answer(stream: &mut TcpStream) {
    let mut heard = [0; 1024];
    let mut length = 0;
    while !heard[..length].ends_with(b"\r\n\r\n") {
        let more = stream.read(&mut heard[length..]).await.expect("an answer");
        assert!(more > 0, "the connection was closed");
        length += more;
    }
    assert!(heard.starts_with(b"HTTP/1.1 200"), "not taken");
}
