//! TLS on loopback.

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tempfile::TempDir;

use super::*;

fn issue() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn write(files: &Tls, issued: &CertifiedKey<KeyPair>) {
    std::fs::write(&files.key, issued.signing_key.serialize_pem()).unwrap();
    // A length of its own: a file system may not tell two moments apart.
    let blank = "\n".repeat(usize::from(files.cert.exists()));
    std::fs::write(&files.cert, issued.cert.pem() + &blank).unwrap();
}

/// A client that trusts this certificate alone.
fn trusting(house: &House, issued: &CertifiedKey<KeyPair>) -> reqwest::Client {
    crate::meta::tls::init();
    let certificate = reqwest::Certificate::from_pem(issued.cert.pem().as_bytes()).unwrap();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .tls_certs_only([certificate])
        .resolve("localhost", house.address)
        .build()
        .unwrap()
}

fn url(house: &House, path: &str) -> String {
    format!("https://localhost:{}{path}", house.address.port())
}

#[tokio::test]
async fn webhooks_come_through_tls_and_certificates_are_renewed() {
    let directory = TempDir::new().unwrap();
    let files = Tls {
        cert: directory.path().join("cert.pem"),
        key: directory.path().join("key.pem"),
    };
    let (old, new) = (issue(), issue());
    write(&files, &old);
    let limits = Limits {
        recheck: Duration::from_millis(20),
        ..Limits::default()
    };
    let house = House::open_with(limits, Some(files.clone())).await;

    let request = trusting(&house, &old)
        .post(url(&house, "/waform"))
        .header("X-Hub-Signature-256", sign(SECRET, BODY.as_bytes()))
        .body(BODY);
    assert_eq!(got(request).await, (200, String::new()));
    assert_eq!(house.tray.kept(), [BODY]);
    let stranger = trusting(&house, &new).get(url(&house, "/healthz"));
    assert!(stranger.send().await.is_err());
    // Who speaks no TLS hears no HTTP.
    let plain = house.say("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(!plain.contains("ok"), "{plain}");

    write(&files, &new);
    let renewed = async {
        while trusting(&house, &new)
            .get(url(&house, "/healthz"))
            .send()
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, renewed).await.unwrap();
    let late = trusting(&house, &old).get(url(&house, "/healthz"));
    assert!(late.send().await.is_err());
    house.close().await;
}

#[tokio::test]
async fn a_handshake_that_is_never_made_is_cut_off() {
    let directory = TempDir::new().unwrap();
    let files = Tls {
        cert: directory.path().join("cert.pem"),
        key: directory.path().join("key.pem"),
    };
    write(&files, &issue());
    let limits = Limits {
        handshake: short(),
        ..Limits::default()
    };
    let house = House::open_with(limits, Some(files)).await;
    let silent = TcpStream::connect(house.address).await.unwrap();
    assert_eq!(heard(silent).await, "");
    house.close().await;
}

#[tokio::test]
async fn a_receiver_without_its_certificate_does_not_begin() {
    let directory = TempDir::new().unwrap();
    let files = Tls {
        cert: directory.path().join("cert.pem"),
        key: directory.path().join("key.pem"),
    };
    let house = House::open_with(Limits::default(), Some(files)).await;
    let ended = tokio::time::timeout(PATIENCE, house.running).await;
    let error = ended.unwrap().unwrap().unwrap_err();
    assert_eq!(error.code(), "serve::tls_file");
    assert!(error.to_string().contains("cert.pem"), "{error}");
}
