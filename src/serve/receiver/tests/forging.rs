//! Who is let in, and what is refused.

use super::*;

#[tokio::test]
async fn metas_handshake_gets_its_challenge_back() {
    let house = House::open(Limits::default()).await;
    for token in [TOKEN, OTHER_TOKEN] {
        let query =
            format!("/waform?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
        let answer = got(client().get(house.url(&query))).await;
        assert_eq!(answer, (200, "1158201444".to_owned()));
    }
    house.close().await;
}

#[tokio::test]
async fn a_handshake_with_another_token_is_refused() {
    let house = House::open(Limits::default()).await;
    for query in [
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-token-of-third",
        "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify-token-of-main",
        "?hub.mode=subscribe&hub.verify_token=verify-token-of-main",
        "",
    ] {
        let (status, text) = got(client().get(house.url(&format!("/waform{query}")))).await;
        assert_eq!(status, 403, "{query}");
        assert!(!text.contains("verify-token"), "{text}");
    }
    assert_eq!(house.refused("handshake"), 5);
    house.close().await;
}

#[tokio::test]
async fn forged_webhooks_are_refused_and_counted() {
    let house = House::open(Limits::default()).await;
    let another = sign(SECRET, b"another body");
    let third = sign("app-secret-of-third", BODY.as_bytes());
    for signature in [another.as_str(), &third, "sha256=00", "sha1=x", ""] {
        let (status, _) = house.post(BODY, Some(signature)).await;
        assert_eq!(status, 401, "{signature}");
    }
    assert_eq!(house.post(BODY, None).await.0, 401);
    assert_eq!((house.refused("forged"), house.refused("unsigned")), (5, 1));
    assert!(house.tray.kept().is_empty());
    house.close().await;
}

#[tokio::test]
async fn other_methods_and_other_paths_lead_nowhere() {
    let house = House::open(Limits::default()).await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = client().request(method.clone(), house.url("/waform"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.headers()["allow"], "GET, POST");
    }
    let signature = sign(SECRET, BODY.as_bytes());
    for path in [
        "/",
        "/waform/",
        "/WAFORM",
        "/waform/x",
        "/%77aform",
        "//waform",
    ] {
        let request = client().post(house.url(path)).body(BODY);
        let request = request.header("X-Hub-Signature-256", &signature);
        assert_eq!(got(request).await.0, 404, "{path}");
    }
    assert!(house.tray.kept().is_empty());
    house.close().await;
}

#[tokio::test]
async fn what_is_signed_and_no_json_object_is_refused() {
    let house = House::open(Limits::default()).await;
    let nested = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for (body, reason) in [
        (BODY.as_bytes()[..40].to_vec(), "not_json"),
        (nested.into_bytes(), "not_json"),
        (b"[]".to_vec(), "not_json"),
        (b"".to_vec(), "not_json"),
        (b"object=page".to_vec(), "not_json"),
        (b"{\"a\":\"\xff\xfe\"}".to_vec(), "not_text"),
    ] {
        let before = house.refused(reason);
        let (status, _) = house.post_signed(&body).await;
        assert_eq!(status, 400, "{}", String::from_utf8_lossy(&body));
        assert_eq!(house.refused(reason), before + 1);
    }
    assert!(house.tray.kept().is_empty());
    house.close().await;
}
