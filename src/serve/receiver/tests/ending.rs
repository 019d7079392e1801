//! The end of a receiver.

use super::*;

#[tokio::test]
async fn what_is_under_way_is_finished_and_nothing_else_begun() {
    let house = House::open(Limits {
        grace: PATIENCE,
        ..Limits::default()
    })
    .await;
    house.tray.mood.send_replace(Mood::Waits);
    let mut under_way = Box::pin(house.post_signed(BODY.as_bytes()));
    tokio::select! {
        _ = &mut under_way => panic!("answered before it was kept"),
        () = house.tray.asked(1) => {}
    }
    house.stop.cancel();
    // The listener goes in its own time.
    let refused = async {
        while TcpStream::connect(house.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.unwrap();
    assert!(!house.running.is_finished());
    house.tray.mood.send_replace(Mood::Takes);
    assert_eq!(under_way.await.0, 200);
    assert_eq!(house.tray.kept(), [BODY]);
    house.close().await;
}

#[tokio::test]
async fn whoever_takes_too_long_is_dropped() {
    let house = House::open(Limits {
        grace: short(),
        keep: PATIENCE * 2,
        ..Limits::default()
    })
    .await;
    house.tray.mood.send_replace(Mood::Waits);
    let signature = sign(SECRET, BODY.as_bytes());
    let request = client()
        .post(house.url("/waform"))
        .header("X-Hub-Signature-256", signature)
        .body(BODY)
        .send();
    let request = tokio::spawn(request);
    house.tray.asked(1).await;
    let tray = Arc::clone(&house.tray);
    house.close().await;
    assert!(request.await.unwrap().is_err());
    assert!(tray.kept().is_empty());
}

#[tokio::test]
async fn an_idle_receiver_ends_at_once() {
    let house = House::open(Limits {
        grace: PATIENCE * 2,
        ..Limits::default()
    })
    .await;
    // A connection that was used and is kept open does not hold it.
    let client = client();
    assert_eq!(got(client.get(house.url("/healthz"))).await.0, 200);
    house.close().await;
}
