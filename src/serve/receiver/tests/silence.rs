//! What is logged says nothing about anybody.

use std::io::Write;

use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// One thread, so that all of the receiver is heard by this test's own log.
#[tokio::test(flavor = "current_thread")]
async fn neither_bodies_nor_secrets_are_logged() {
    let log = Log::default();
    // With one subscriber alone, tracing asks that of whichever test comes first to a line of the log, and remembers its answer
    // for all threads; with two it asks them both.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter("waform=trace")
        .with_writer(log.clone())
        .finish();
    let _heard = tracing::subscriber::set_default(subscriber);
    let house = House::open(Limits::default()).await;
    let body = r#"{"from":"37255501234","text":"a private word"}"#;
    let handshake = |token: &str| {
        let query =
            format!("/waform?hub.mode=subscribe&hub.challenge=77123&hub.verify_token={token}");
        client().get(house.url(&query))
    };
    assert_eq!(house.post_signed(body.as_bytes()).await.0, 200);
    assert_eq!(house.post(body, Some("sha256=00")).await.0, 401);
    assert_eq!(house.post_signed(&body.as_bytes()[1..]).await.0, 400);
    assert_eq!(got(handshake(TOKEN)).await.0, 200);
    assert_eq!(got(handshake("37255501235")).await.0, 403);
    house.tray.mood.send_replace(Mood::Fails);
    assert_eq!(house.post_signed(body.as_bytes()).await.0, 503);
    house.close().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in [
        "a webhook was received",
        "forged",
        "not_json",
        "the handshake of a webhook was answered",
        "could not be kept",
        "disk I/O error",
        "webhook{trace=",
    ] {
        assert!(log.contains(expected), "{expected}\n{log}");
    }
    for private in ["3725550", "private", TOKEN, SECRET, "127.0.0.1"] {
        assert!(!log.contains(private), "{private}\n{log}");
    }
}
