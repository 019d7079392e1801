//! The accept loop: one task a connection, none of them for ever.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::desk::Desk;
use super::error::Error;
use super::limits::Limits;
use super::tls::{Certificates, Tls};
use super::{Link, Receiver};
use crate::serve::meters::Meters;

/// How long to wait where the system has no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// What every connection works with.
struct Hall {
    desk: Desk,
    limits: Limits,
    meters: Arc<Meters>,
    acceptor: Option<TlsAcceptor>,
    local: SocketAddr,
    stop: CancellationToken,
    /// The grace is over: connections are dropped as they are.
    cut: CancellationToken,
}

/// Takes connections until told to stop; then lets those under way finish, for a while.
///
/// # Errors
/// Where the certificate cannot be used. Nothing that a peer does ends the receiver.
pub async fn serve(
    receiver: Receiver,
    listener: TcpListener,
    tls: Option<Tls>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let certificates = tls.map(Certificates::load).transpose()?;
    let acceptor = certificates.clone().map(Certificates::acceptor);
    let hall = Arc::new(Hall {
        limits: receiver.limits.clone(),
        meters: Arc::clone(&receiver.meters),
        acceptor: acceptor.transpose()?,
        local: listener
            .local_addr()
            .map_err(|source| Error::Listen { source })?,
        desk: Desk::new(receiver),
        cut: CancellationToken::new(),
        stop: stop.clone(),
    });
    let renewing = certificates
        .map(|certificates| tokio::spawn(renew(certificates, hall.limits.recheck, stop.clone())));
    accept(&hall, listener).await;
    if let Some(renewing) = renewing {
        // It has nothing to say, and a panic was reported where it happened.
        drop(renewing.await);
    }
    Ok(())
}

async fn accept(hall: &Arc<Hall>, listener: TcpListener) {
    let graceful = GracefulShutdown::new();
    let connections = TaskTracker::new();
    let room = Arc::new(Semaphore::new(hall.limits.connections));
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            () = hall.stop.cancelled() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = hall.stop.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: wait for connections to end.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(NO_ROOM).await;
                continue;
            }
        };
        let connection = Arc::clone(hall).connect(stream, peer, graceful.watcher());
        connections.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    drop(timeout(hall.limits.grace, graceful.shutdown()).await);
    hall.cut.cancel();
    connections.close();
    connections.wait().await;
}

impl Hall {
    async fn connect(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let _open = self.meters.connection();
        drop(stream.set_nodelay(true));
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.answer));
        let stream = Box::pin(stream);
        tokio::select! {
            () = self.talk(stream, peer, watcher) => {}
            () = self.cut.cancelled() => {}
        }
    }

    async fn talk(
        self: &Arc<Self>,
        stream: Pin<Box<TimeoutStream<TcpStream>>>,
        peer: SocketAddr,
        watcher: Watcher,
    ) {
        let Some(acceptor) = &self.acceptor else {
            return self.serve(stream, peer, watcher).await;
        };
        let handshake = timeout(self.limits.handshake, acceptor.accept(stream));
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = self.stop.cancelled() => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.serve(stream, peer, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "a handshake of TLS failed"),
            Err(_) => tracing::debug!("a handshake of TLS took too long"),
        }
    }

    async fn serve(
        self: &Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        watcher: Watcher,
    ) {
        let link = Link {
            peer,
            local: self.local,
        };
        let answer = service_fn(move |request: Request<Incoming>| {
            let hall = Arc::clone(self);
            async move { Ok::<_, Infallible>(hall.desk.answer(request.map(Body::new), link).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_header_size(self.limits.head_bytes)
            .serve_connection(TokioIo::new(stream), answer);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended");
        }
    }
}

/// Looks at the certificate's files now and then.
async fn renew(certificates: Arc<Certificates>, every: Duration, stop: CancellationToken) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let certificates = Arc::clone(&certificates);
        let looked = tokio::task::spawn_blocking(move || certificates.look_again()).await;
        match looked {
            Ok(Ok(true)) => tracing::info!("a new certificate was taken"),
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => {
                let (code, advice) = (error.code(), error.advice());
                tracing::warn!(code, advice, "the certificate stays as it is: {error}");
            }
        }
    }
}
