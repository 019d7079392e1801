//! The accept loop: one task a connection, and the right to hang up.
//!
//! Faults need the socket: an error from the service closes the connection without an answer. The loop is our own also
//! because a half-sent header must not hold a connection for ever.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::{Call, Reply, dispatch, log};
use crate::sandbox::core::Core;
use crate::sandbox::data::Write;
use crate::sandbox::faults::{self, Fault};
use crate::sandbox::graph::GraphError;
use crate::sandbox::{admin, sinks};

const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// Enough for the largest document that Meta takes (100 MB).
const BODY_LIMIT: usize = 104 * 1024 * 1024;
const CONNECTIONS: usize = 2_048;
/// How long connections may finish what they are at when the sandbox ends.
const GRACE: Duration = Duration::from_secs(5);

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

/// Takes connections until told to stop.
pub(crate) async fn serve(core: Arc<Core>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, _) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: wait for connections to end.
                tracing::warn!(%error, "the sandbox cannot take a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        drop(stream.set_nodelay(true));
        let core = Arc::clone(&core);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| answer(Arc::clone(&core), request)),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the sandbox ended");
            }
            drop(permit);
        });
    }
    drop(listener);
    drop(tokio::time::timeout(GRACE, graceful.shutdown()).await);
}

async fn answer(core: Arc<Core>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(
        BODY_TIMEOUT,
        axum::body::to_bytes(Body::new(body), BODY_LIMIT),
    );
    let Ok(Ok(body)) = body.await else {
        return Err(Cut);
    };
    let (call, failure) = Call::read(head.method, &head.uri, head.headers, body);
    if let Some(sink) = sinks::named(&call) {
        let faults = core.turn(|turn| faults::pick_named(turn, &call));
        let reply = sinks::take(&core, &call, sink, faults).await;
        let reply = reply.map_err(|_| Cut)?.ok_or(Cut)?;
        return Ok(response(&call, reply));
    }
    if call.path.starts_with("/_sandbox") {
        let reply = admin::answer(&core, &call, failure).await;
        return Ok(response(&call, reply));
    }
    // In a task of its own: like Meta, the sandbox goes on with a call whose caller has hung up.
    let processing = tokio::spawn(answer_graph(core, call, failure));
    processing.await.unwrap_or(Err(Cut))
}

async fn answer_graph(
    core: Arc<Core>,
    call: Call,
    failure: Option<GraphError>,
) -> Result<Response<Body>, Cut> {
    let core = &core;
    let picked = core.turn(|turn| faults::pick(turn, &call));
    let name =
        (!picked.is_empty()).then(|| picked.iter().map(Fault::name).collect::<Vec<_>>().join(","));
    let mut cut_after = false;
    let mut forced = None;
    for fault in picked {
        match fault {
            Fault::Latency(wait) => tokio::time::sleep(wait).await,
            Fault::CutBefore => {
                let entry = log::entry(core, &call, None, name);
                keep(core, entry).await.map_err(|_| Cut)?;
                return Err(Cut);
            }
            Fault::CutAfter => cut_after = true,
            Fault::Answer(reply) => forced = Some(*reply),
            Fault::Error(error) => forced = Some(Reply::error(&error, &trace(core))),
            Fault::Throttle(minutes) => {
                forced = Some(dispatch::throttled(core, &call, minutes, &trace(core)));
            }
        }
    }
    let reply = match (forced, failure) {
        (Some(reply), _) => reply,
        (None, Some(error)) => Reply::error(&error, &trace(core)),
        (None, None) => dispatch::answer(core, &call).await,
    };
    let entry = log::entry(core, &call, (!cut_after).then_some(&reply), name);
    // Nothing is answered before its effects are durable.
    let reply = match keep(core, entry).await {
        Ok(()) => reply,
        Err(error) => Reply::error(&error, &trace(core)),
    };
    if cut_after {
        Err(Cut)
    } else {
        Ok(response(&call, traced(core, reply)))
    }
}

/// Names an answer in its head as well, the way Meta names all of them.
fn traced(core: &Core, mut reply: Reply) -> Reply {
    let in_body = reply.body["error"]["fbtrace_id"].as_str();
    let name = in_body.map_or_else(|| trace(core), str::to_owned);
    reply.headers.push(("x-fb-trace-id", name));
    reply
}

pub(super) fn trace(core: &Core) -> String {
    core.turn(|turn| {
        turn.world.answers += 1;
        let (seed, number) = (turn.world.seed, turn.world.answers);
        format!(
            "A{:016x}{:06x}",
            crate::sandbox::random::mix(seed, number),
            number & 0xff_ffff
        )
    })
}

async fn keep(
    core: &Core,
    entry: Option<Box<crate::sandbox::data::RequestRow>>,
) -> Result<(), GraphError> {
    let writes = entry.map(Write::Request).into_iter().collect();
    core.data.commit(writes).await.map_err(GraphError::broken)
}

fn response(call: &Call, reply: Reply) -> Response<Body> {
    let mut response = Response::builder()
        .status(reply.status)
        .header("content-type", "application/json; charset=UTF-8")
        .body(Body::from(reply.body.to_string()))
        .unwrap_or_else(|_: axum::http::Error| Response::new(Body::empty()));
    if let Some(version) = call
        .version
        .as_deref()
        .and_then(|version| HeaderValue::from_str(version).ok())
    {
        response
            .headers_mut()
            .insert("facebook-api-version", version);
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
