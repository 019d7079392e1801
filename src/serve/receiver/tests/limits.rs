//! Nobody takes up more than their share.

use futures::stream;

use super::*;

/// The head of a signed webhook that says this of its length.
fn head(length: &str) -> String {
    let signature = sign(SECRET, BODY.as_bytes());
    format!("POST /waform HTTP/1.1\r\nHost: x\r\n{length}\r\nX-Hub-Signature-256: {signature}\r\n")
}

#[tokio::test]
async fn a_body_that_is_declared_too_large_is_refused_unread() {
    let house = House::open(Limits::default()).await;
    for length in ["3407873", "99999999999"] {
        let heard = house
            .say(&(head(&format!("Content-Length: {length}")) + "\r\n"))
            .await;
        assert!(heard.starts_with("HTTP/1.1 413 "), "{heard}");
        assert!(heard.contains("connection: close"), "{heard}");
    }
    assert_eq!(house.refused("too_large"), 2);
    house.close().await;
}

#[tokio::test]
async fn a_body_that_turns_out_too_large_is_refused() {
    let house = House::open(Limits::default()).await;
    let part = bytes::Bytes::from(vec![b' '; 64 * 1024]);
    let parts = std::iter::repeat_n(part, 64).map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(stream::iter(parts));
    assert_eq!(house.post(body, Some("sha256=00")).await.0, 413);
    assert!(house.tray.kept().is_empty());
    house.close().await;
}

#[tokio::test]
async fn the_largest_webhook_that_meta_sends_is_taken() {
    let house = House::open(Limits::default()).await;
    let mut body = BODY.as_bytes().to_vec();
    body.resize(3 * 1024 * 1024, b' ');
    assert_eq!(house.post_signed(&body).await.0, 200);
    assert_eq!(house.tray.kept()[0].len(), 3 * 1024 * 1024);
    house.close().await;
}

#[tokio::test]
async fn a_body_that_ends_early_leaves_nothing() {
    let house = House::open(Limits::default()).await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let head = head(&format!("Content-Length: {}", BODY.len() + 1));
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"\r\n").await.unwrap();
    stream.write_all(BODY.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let heard = heard(stream).await;
    assert!(!heard.contains("200 OK"), "{heard}");
    assert!(house.tray.kept().is_empty());
    house.close().await;
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let house = House::open(Limits {
        head: short(),
        ..Limits::default()
    })
    .await;
    let stream = TcpStream::connect(house.address).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    // One header after another, for as long as anybody listens.
    let trickling = tokio::spawn(async move {
        let mut sent = writing.write_all(b"POST /waform HTTP/1.1\r\n").await;
        while sent.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            sent = writing.write_all(b"A: b\r\n").await;
        }
    });
    let mut heard = Vec::new();
    let listening = reading.read_to_end(&mut heard);
    // A reset is an end as well.
    drop(tokio::time::timeout(PATIENCE, listening).await.unwrap());
    tokio::time::timeout(PATIENCE, trickling)
        .await
        .unwrap()
        .unwrap();
    assert!(!heard.starts_with(b"HTTP/1.1 200"));
    house.close().await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut_off() {
    let house = House::open(Limits {
        head: short(),
        ..Limits::default()
    })
    .await;
    let fresh = TcpStream::connect(house.address).await.unwrap();
    assert_eq!(heard(fresh).await, "");
    // Idle after a request that was answered.
    let heard = house.say("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(heard.ends_with("ok\n"), "{heard}");
    house.close().await;
}

#[tokio::test]
async fn a_body_that_trickles_in_is_cut_off() {
    let house = House::open(Limits {
        body: short(),
        ..Limits::default()
    })
    .await;
    let heard = house.say(&(head("Content-Length: 100") + "\r\n{")).await;
    assert!(heard.starts_with("HTTP/1.1 408 "), "{heard}");
    assert_eq!(house.refused("slow"), 1);
    house.close().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let house = House::open(Limits::default()).await;
    let huge = format!("X-Filler: {}\r\n\r\n", "x".repeat(17 * 1024));
    let heard = house.say(&(head("Content-Length: 2") + &huge)).await;
    assert!(heard.starts_with("HTTP/1.1 431 "), "{heard}");
    let many = "A: b\r\n".repeat(200) + "\r\n";
    let heard = house.say(&(head("Content-Length: 2") + &many)).await;
    assert!(heard.starts_with("HTTP/1.1 431 "), "{heard}");
    house.close().await;
}

#[tokio::test]
async fn bodies_of_all_together_are_bounded() {
    let house = House::open(Limits {
        held_bytes: BODY.len() + 10,
        ..Limits::default()
    })
    .await;
    house.tray.mood.send_replace(Mood::Waits);
    let mut first = Box::pin(house.post_signed(BODY.as_bytes()));
    tokio::select! {
        _ = &mut first => panic!("answered before it was kept"),
        () = house.tray.asked(1) => {}
    }
    assert_eq!(house.post_signed(BODY.as_bytes()).await.0, 503);
    house.tray.mood.send_replace(Mood::Takes);
    assert_eq!(first.await.0, 200);
    assert_eq!(house.post_signed(BODY.as_bytes()).await.0, 200);
    assert_eq!(house.refused("crowded"), 1);
    house.close().await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let house = House::open(Limits {
        connections: 1,
        head: PATIENCE,
        ..Limits::default()
    })
    .await;
    let mut holder = TcpStream::connect(house.address).await.unwrap();
    // It has its turn once it is answered, and keeps it.
    let ask = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    holder.write_all(ask.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    holder.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let ask = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut waiting = Box::pin(house.say(ask));
    let early = tokio::time::timeout(short(), &mut waiting).await;
    assert!(early.is_err(), "served beyond the limit");
    drop(holder);
    assert!(waiting.await.starts_with("HTTP/1.1 200"));
    house.close().await;
}
