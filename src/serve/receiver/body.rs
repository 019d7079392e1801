//! Reading a body within its limits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use super::limits::Limits;
use super::refusal::Refusal;

/// What is set aside for a body before any of it has come: more than most webhooks have.
const FIRST: usize = 4 * 1024;

/// How long a peer may go on sending a body that was refused: until then it can still read why.
const LINGER: Duration = Duration::from_secs(2);

/// The bytes of all bodies that are held.
#[derive(Debug)]
pub(super) struct Scales {
    held: AtomicUsize,
    most: usize,
}

impl Scales {
    pub(super) fn new(most: usize) -> Self {
        Self {
            held: AtomicUsize::new(0),
            most,
        }
    }

    fn weight(&self) -> Weight<'_> {
        Weight {
            scales: self,
            bytes: 0,
        }
    }
}

/// Bytes that are held; let go of when dropped.
#[derive(Debug)]
struct Weight<'a> {
    scales: &'a Scales,
    bytes: usize,
}

impl Weight<'_> {
    fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes += bytes;
        let held = self.scales.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if held > self.scales.most {
            return Err(Refusal::Crowded);
        }
        Ok(())
    }
}

impl Drop for Weight<'_> {
    fn drop(&mut self) {
        self.scales.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A body that was read, and its weight for as long as it is held.
#[derive(Debug)]
pub(super) struct Read<'a> {
    pub(super) bytes: Vec<u8>,
    weight: Weight<'a>,
}

impl<'a> Read<'a> {
    /// Lets go of the bytes without letting go of their weight.
    pub(super) fn into_bytes(self) -> (Vec<u8>, impl Drop + use<'a>) {
        (self.bytes, self.weight)
    }
}

/// Reads a whole body.
pub(super) async fn read<'a>(
    headers: &HeaderMap,
    mut body: Body,
    limits: &Limits,
    scales: &'a Scales,
) -> Result<Read<'a>, Refusal> {
    let declared = declared_length(headers);
    if declared.is_some_and(|length| length > limits.body_bytes as u64) {
        return Err(Refusal::TooLarge);
    }
    let deadline = Instant::now() + limits.body;
    let whole = gather(&mut body, declared, limits.body_bytes, scales);
    let read = match timeout_at(deadline, whole).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::Slow),
    };
    if matches!(read, Err(Refusal::TooLarge | Refusal::Crowded)) {
        drain(body, limits.body_bytes).await;
    }
    read
}

async fn gather<'a>(
    body: &mut Body,
    declared: Option<u64>,
    most: usize,
    scales: &'a Scales,
) -> Result<Read<'a>, Refusal> {
    let expected = declared.map_or(0, |length| length.min(FIRST as u64) as usize);
    let mut read = Read {
        bytes: Vec::with_capacity(expected),
        weight: scales.weight(),
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::Cut)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if read.bytes.len() + data.len() > most {
            return Err(Refusal::TooLarge);
        }
        read.weight.grow(data.len())?;
        read.bytes.extend_from_slice(&data);
    }
    Ok(read)
}

/// Reads on for a moment and forgets what comes: closing a connection that still sends would take the answer away with it.
async fn drain(mut body: Body, most: usize) {
    let drained = async {
        let mut left = most;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, bytes::Bytes::len);
            match left.checked_sub(bytes) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    drop(tokio::time::timeout(LINGER, drained).await);
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use futures::stream;

    use super::*;

    fn limits() -> Limits {
        Limits {
            body_bytes: 100,
            ..Limits::default()
        }
    }

    /// A body that comes in pieces and says nothing of its length.
    fn pieces(pieces: Vec<usize>) -> Body {
        let frames = pieces
            .into_iter()
            .map(|length| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; length])));
        Body::from_stream(stream::iter(frames))
    }

    async fn length(scales: &Scales, body: Body) -> Result<usize, Refusal> {
        let read = read(&HeaderMap::new(), body, &limits(), scales).await?;
        assert_eq!(scales.held.load(Ordering::Relaxed), read.bytes.len());
        Ok(read.bytes.len())
    }

    #[tokio::test]
    async fn a_body_is_held_until_it_is_let_go_of() {
        let scales = Scales::new(150);
        let held = read(&HeaderMap::new(), pieces(vec![60, 40]), &limits(), &scales)
            .await
            .unwrap();
        assert_eq!(
            length(&scales, pieces(vec![20, 31])).await,
            Err(Refusal::Crowded)
        );
        let (bytes, weight) = held.into_bytes();
        assert_eq!(bytes.len(), 100);
        assert_eq!(
            length(&scales, pieces(vec![51])).await,
            Err(Refusal::Crowded)
        );
        drop(weight);
        assert_eq!(length(&scales, pieces(vec![20, 31])).await, Ok(51));
        assert_eq!(scales.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn what_was_refused_weighs_nothing() {
        let scales = Scales::new(1000);
        assert_eq!(
            length(&scales, pieces(vec![60, 41])).await,
            Err(Refusal::TooLarge)
        );
        let cut = stream::iter([
            Ok(Bytes::from_static(b"half")),
            Err(std::io::Error::other("cut")),
        ]);
        assert_eq!(
            length(&scales, Body::from_stream(cut)).await,
            Err(Refusal::Cut)
        );
        assert_eq!(scales.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_body_that_trickles_is_cut_off() {
        let scales = Scales::new(1000);
        let trickle = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
        });
        let hurried = Limits {
            body: Duration::from_millis(50),
            body_bytes: usize::MAX,
            ..limits()
        };
        let body = Body::from_stream(trickle);
        let found = read(&HeaderMap::new(), body, &hurried, &scales).await;
        assert_eq!(found.map(|_| ()).unwrap_err(), Refusal::Slow);
        assert_eq!(scales.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_declared_length_beyond_the_limit_is_refused_unread() {
        let scales = Scales::new(1000);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, 101.into());
        let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let found = read(&headers, never, &limits(), &scales).await;
        assert_eq!(found.map(|_| ()).unwrap_err(), Refusal::TooLarge);
    }
}
