//! 200 means that it is kept.

use std::fmt::Write as _;

use super::*;

#[tokio::test]
async fn a_webhook_is_kept_as_it_came() {
    let house = House::open(Limits::default()).await;
    // Meta escapes and orders as it likes; what was signed is what is kept.
    let body = "{ \"object\": \"whatsapp_business_account\",\n\"entry\":[], \"a\":\"\\u00e9 é \\ud83d\", \"a\":1e3}";
    assert_eq!(
        house.post_signed(body.as_bytes()).await,
        (200, String::new())
    );
    let kept = house.tray.kept.lock().unwrap().clone();
    assert_eq!(kept, [(house.clock.now(), body.to_owned())]);
    // Whoever reads is told.
    tokio::time::timeout(PATIENCE, house.wake.notified())
        .await
        .unwrap();
    house.close().await;
}

#[tokio::test]
async fn accounts_that_share_a_path_sign_with_their_own_secrets() {
    let house = House::open(Limits::default()).await;
    for secret in [SECRET, OTHER_SECRET] {
        let signature = sign(secret, BODY.as_bytes());
        assert_eq!(house.post(BODY, Some(&signature)).await.0, 200);
    }
    assert_eq!(house.tray.kept().len(), 2);
    house.close().await;
}

#[tokio::test]
async fn a_repeated_webhook_is_taken_again() {
    let house = House::open(Limits::default()).await;
    for _ in 0..3 {
        assert_eq!(house.post_signed(BODY.as_bytes()).await.0, 200);
    }
    assert_eq!(house.tray.kept(), [BODY, BODY, BODY]);
    house.close().await;
}

#[tokio::test]
async fn a_thousand_changes_come_in_one_body() {
    let house = House::open(Limits::default()).await;
    let mut body = String::from(
        r#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":["#,
    );
    let filler = "x".repeat(2900);
    for number in 0..1000 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            body,
            r#"{comma}{{"field":"messages","value":{{"statuses":[{{"id":"wamid.{number}","status":"sent","filler":"{filler}"}}]}}}}"#
        )
        .unwrap();
    }
    body += "]}]}";
    assert!((2_900_000..3 * 1024 * 1024).contains(&body.len()));
    assert_eq!(house.post_signed(body.as_bytes()).await.0, 200);
    assert_eq!(house.tray.kept(), [body]);
    house.close().await;
}

#[tokio::test]
async fn nobody_is_told_200_before_it_is_kept() {
    let house = House::open(Limits::default()).await;
    house.tray.mood.send_replace(Mood::Waits);
    let mut answer = Box::pin(house.post_signed(BODY.as_bytes()));
    tokio::select! {
        _ = &mut answer => panic!("answered before the inbox had it"),
        () = house.tray.asked(1) => {}
    }
    let early = tokio::time::timeout(short(), &mut answer).await;
    assert!(early.is_err(), "answered before it was kept");
    assert!(house.tray.kept().is_empty());
    house.tray.mood.send_replace(Mood::Takes);
    assert_eq!(answer.await.0, 200);
    assert_eq!(house.tray.kept(), [BODY]);
    house.close().await;
}

#[tokio::test]
async fn what_could_not_be_kept_is_asked_for_again() {
    let house = House::open(Limits::default()).await;
    house.tray.mood.send_replace(Mood::Fails);
    let (status, text) = house.post_signed(BODY.as_bytes()).await;
    assert_eq!(status, 503);
    assert!(!text.contains("state.db"), "{text}");
    assert_eq!(house.refused("not_kept"), 1);
    house.tray.mood.send_replace(Mood::Takes);
    assert_eq!(house.post_signed(BODY.as_bytes()).await.0, 200);
    assert_eq!(house.tray.kept(), [BODY]);
    house.close().await;
}

#[tokio::test]
async fn a_store_that_does_not_answer_holds_nobody_for_ever() {
    let house = House::open(Limits {
        keep: short(),
        ..Limits::default()
    })
    .await;
    house.tray.mood.send_replace(Mood::Waits);
    assert_eq!(house.post_signed(BODY.as_bytes()).await.0, 503);
    assert!(house.tray.kept().is_empty());
    house.close().await;
}

#[tokio::test]
async fn one_connection_brings_many_webhooks() {
    let house = House::open(Limits::default()).await;
    let signature = sign(SECRET, BODY.as_bytes());
    let one = |end: &str| {
        format!(
            "POST /waform HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nX-Hub-Signature-256: {signature}\r\n{end}\r\n{BODY}",
            BODY.len()
        )
    };
    let heard = house
        .say(&(one("") + &one("") + &one("Connection: close\r\n")))
        .await;
    assert_eq!(heard.matches("HTTP/1.1 200 OK").count(), 3, "{heard}");
    assert_eq!(house.tray.kept().len(), 3);
    house.close().await;
}
