//! Health, metrics, and who sees them.

use super::*;
use crate::serve::receiver::Guarded;

#[tokio::test]
async fn readiness_says_what_is_wrong() {
    let house = House::open(Limits::default()).await;
    let ask = async |path: &str| got(client().get(house.url(path))).await;
    let well = (200, r#"{"ready":true,"reasons":[]}"#.to_owned());
    assert_eq!(ask("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(ask("/readyz").await, well);

    house.post_signed(BODY.as_bytes()).await;
    house.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(ask("/readyz").await, well);
    house.clock.advance(SignedDuration::from_secs(1));
    let stuck = r#"{"ready":false,"reasons":["reader_stuck"]}"#;
    assert_eq!(ask("/readyz").await, (503, stuck.to_owned()));
    house.tray.read.store(1, Ordering::Relaxed);
    assert_eq!(ask("/readyz").await, well);

    house.tray.mood.send_replace(Mood::Fails);
    let closed = r#"{"ready":false,"reasons":["store_unavailable"]}"#;
    assert_eq!(ask("/readyz").await, (503, closed.to_owned()));
    house.post_signed(BODY.as_bytes()).await;
    let both = r#"{"ready":false,"reasons":["store_unavailable","inbox_not_written"]}"#;
    assert_eq!(ask("/readyz").await, (503, both.to_owned()));
    assert_eq!(ask("/healthz").await.0, 200);

    house.tray.mood.send_replace(Mood::Takes);
    let unwritten = r#"{"ready":false,"reasons":["inbox_not_written"]}"#;
    assert_eq!(ask("/readyz").await, (503, unwritten.to_owned()));
    house.post_signed(BODY.as_bytes()).await;
    assert_eq!(ask("/readyz").await, well);
    house.close().await;
}

#[tokio::test]
async fn metrics_are_for_this_machine_where_there_is_no_token() {
    let house = House::open(Limits::default()).await;
    house.post_signed(BODY.as_bytes()).await;
    let response = client().get(house.url("/metrics")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert!(
        kind.starts_with("application/openmetrics-text; version=1.0.0"),
        "{kind}"
    );
    let text = response.text().await.unwrap();
    assert!(
        text.contains("\nwaform_webhooks_received_total 1\n"),
        "{text}"
    );
    assert!(text.contains("\nwaform_connections 1\n") || text.contains("\nwaform_connections 2\n"));
    let proxied = client()
        .get(house.url("/metrics"))
        .header("X-Forwarded-For", "203.0.113.7");
    assert_eq!(got(proxied).await.0, 404);
    let rebound = client()
        .get(house.url("/metrics"))
        .header("Host", "evil.example");
    assert_eq!(got(rebound).await.0, 404);
    house.close().await;
}

#[tokio::test]
async fn a_token_opens_the_pages_and_a_browser_is_asked_for_it() {
    let (mut receiver, _) = receiver(Limits::default());
    let guarded = Guarded {
        token: Some(SecretString::from("dashboard-token")),
        behind_proxy: true,
    };
    let dashboard = Router::new()
        .route(
            "/dashboard",
            axum::routing::get(|| async { "the dashboard" }),
        )
        .fallback(|| async { "a file of the dashboard" });
    receiver.pages = guarded.protect(dashboard);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/dashboard", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let running = tokio::spawn(serve(receiver, listener, None, stop.clone()));

    let asked = client().get(&url).send().await.unwrap();
    assert_eq!(asked.status(), 401);
    assert_eq!(
        asked.headers()["www-authenticate"],
        "Basic realm=\"waform\", charset=\"UTF-8\""
    );
    assert_eq!(got(client().get(format!("{url}/x"))).await.0, 401);
    let bearer = client().get(&url).bearer_auth("dashboard-token");
    assert_eq!(got(bearer).await, (200, "the dashboard".to_owned()));
    let wrong = client().get(&url).basic_auth("ana", Some("wrong"));
    assert_eq!(got(wrong).await.0, 401);

    let basic = client()
        .get(&url)
        .basic_auth("ana", Some("dashboard-token"));
    let basic = basic.send().await.unwrap();
    assert_eq!(basic.status(), 200);
    let cookie = basic.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(!cookie.contains("dashboard-token"), "{cookie}");
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let again = client().get(&url).header("Cookie", pair);
    assert_eq!(got(again).await.0, 200);

    stop.cancel();
    running.await.unwrap().unwrap();
}
