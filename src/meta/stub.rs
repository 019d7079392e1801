//! A server that misbehaves on purpose: it answers what the test says, or cuts the connection where the test says.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Connection, Options, Patience};
use crate::clock::Clock;

pub(crate) const TOKEN: &str = "EAAG-token-of-the-test";
pub(crate) const SECRET: &str = "app-secret-of-the-test";

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

pub(crate) enum Reply {
    Json(u16, Value),
    /// Status, header lines, body.
    Raw(u16, Vec<(&'static str, String)>, String),
    /// Takes the request and closes the connection without a word.
    Cut,
    /// Promises more body than it sends.
    CutInBody,
    /// Never answers.
    Silence,
}

pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    server: JoinHandle<()>,
}

impl Stub {
    /// `reply` gets the number of the request, from 0, and the request.
    pub(crate) async fn start(
        reply: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let reply: Arc<Script> = Arc::new(reply);
        let server = tokio::spawn({
            let requests = Arc::clone(&requests);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (requests, reply) = (Arc::clone(&requests), Arc::clone(&reply));
                    // A connection that ends is the test's will, or the client's.
                    tokio::spawn(async move { drop(serve(stream, &requests, &*reply).await) });
                }
            }
        });
        Self {
            address,
            requests,
            server,
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn options(&self) -> Options {
        options_at(&format!("http://{}", self.address))
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::new(self.options()).unwrap()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Options with waits too short to be noticed.
pub(crate) fn options_at(base_url: &str) -> Options {
    Options {
        base_url: base_url.to_owned(),
        app_secret: Some(SECRET.into()),
        loopback_only: true,
        patience: Patience {
            first_wait: std::time::Duration::from_millis(1),
            ..Patience::default()
        },
        ..Options::new(TOKEN.into(), Clock::system())
    }
}

type Script = dyn Fn(usize, &Request) -> Reply + Send + Sync;

async fn serve(
    stream: TcpStream,
    requests: &Mutex<Vec<Request>>,
    reply: &Script,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        let reply = {
            let mut requests = requests.lock().unwrap();
            requests.push(request.clone());
            reply(requests.len() - 1, &request)
        };
        let (status, headers, body) = match reply {
            Reply::Json(status, body) => (status, Vec::new(), body.to_string()),
            Reply::Raw(status, headers, body) => (status, headers, body),
            Reply::Cut => return Ok(()),
            Reply::CutInBody => {
                let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":";
                return stream.write_all(half).await;
            }
            Reply::Silence => return std::future::pending().await,
        };
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let head = format!(
            "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
    }
    Ok(())
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let url = reqwest::Url::parse(&format!("http://stub{target}")).unwrap();
    Ok(Some(Request {
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        headers,
        body,
    }))
}
