//! Who knocks at the running binary's door without being Meta.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::kit::{APP_SECRET, Scene, client, number};

/// More than the largest webhook, and the little that is taken beyond it.
const TOO_LARGE: usize = 4 * 1024 * 1024;

pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let digest = mac.chain_update(body).finalize().into_bytes();
    format!("sha256={}", hex::encode(digest))
}

/// A webhook as Meta would write it, of somebody who says something.
fn body(text: &str) -> String {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "102290129340398", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "15550783881", "phone_number_id": "106540352242922" },
            "contacts": [{ "profile": { "name": "Mallory" }, "wa_id": "14162000000" }],
            "messages": [{ "from": "14162000000", "id": format!("wamid.{text}"), "timestamp": "1790000000",
                "type": "text", "text": { "body": text } }],
        } }] }],
    })
    .to_string()
}

/// Knocks with a body; returns the status of the answer.
pub(super) async fn knock(scene: &Scene, body: Vec<u8>, signature: Option<&str>) -> u16 {
    let mut request = client().post(scene.url("/waform")).body(body);
    if let Some(signature) = signature {
        request = request.header("x-hub-signature-256", signature);
    }
    request.send().await.unwrap().status().as_u16()
}

/// Announces more than it sends, and goes.
fn breaks_off(scene: &Scene) {
    let whole = body("half a word");
    let signature = signature(APP_SECRET, whole.as_bytes());
    let address = scene.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST /waform HTTP/1.1\r\nhost: {address}\r\nx-hub-signature-256: {signature}\r\ncontent-length: {}\r\n\r\n",
        whole.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
        .write_all(&whole.as_bytes()[..whole.len() / 2])
        .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    // The other side has done with it when it closes, answered or not.
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
}

pub(super) async fn page(scene: &Scene, path: &str, token: Option<&str>) -> (u16, String) {
    let mut request = client().get(scene.url(path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// How often something was refused for a reason, as `/metrics` says.
async fn refused(scene: &Scene, reason: &str) -> u64 {
    let (status, metrics) = page(scene, "/metrics", None).await;
    assert_eq!(status, 200, "{metrics}");
    let line = format!("waform_webhooks_refused_total{{reason=\"{reason}\"}} ");
    let mut lines = metrics.lines();
    let count = lines.find_map(|shown| shown.strip_prefix(&line));
    count.map_or(0, |count| count.parse().unwrap())
}

/// How much of what came in was kept.
fn kept(scene: &Scene) -> i64 {
    scene.count(
        "SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM dead_letter)
            + (SELECT count(*) FROM inbound) + (SELECT count(*) FROM orphan)",
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_bodies_are_refused_and_counted_and_nothing_of_them_is_kept() {
    let phone = number(0);
    let mut scene = Scene::of(std::slice::from_ref(&phone)).await;
    scene.serve().await;
    scene.launch().await;
    scene.until_quiet().await;

    let honest = body("let me in");
    let forged = signature("another-secret", honest.as_bytes());
    let other = signature(APP_SECRET, body("another").as_bytes());
    let nested = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let mut large = body("large").into_bytes();
    large.resize(TOO_LARGE, b' ');
    let signed = |bytes: &[u8]| Some(signature(APP_SECRET, bytes));
    let half = honest.as_bytes()[..honest.len() / 2].to_vec();
    let binary = b"{\"object\":\"\xff\xfe\"}".to_vec();
    let hostile = [
        (honest.clone().into_bytes(), None, 401, "unsigned"),
        (honest.clone().into_bytes(), Some(forged), 401, "forged"),
        (honest.clone().into_bytes(), Some(other), 401, "forged"),
        (half.clone(), signed(&half), 400, "not_json"),
        (
            nested.clone().into_bytes(),
            signed(nested.as_bytes()),
            400,
            "not_json",
        ),
        (binary.clone(), signed(&binary), 400, "not_text"),
    ];
    for (body, signature, status, reason) in hostile {
        let before = refused(&scene, reason).await;
        let answered = knock(&scene, body, signature.as_deref()).await;
        assert_eq!(answered, status, "{reason}");
        assert_eq!(refused(&scene, reason).await, before + 1, "{reason}");
    }
    // It may be refused before it was sent to its end, which looks like a broken connection from here.
    let sent = client().post(scene.url("/waform")).body(large).send().await;
    assert!(sent.is_err() || sent.unwrap().status() == 413);
    assert_eq!(refused(&scene, "too_large").await, 1);
    breaks_off(&scene);
    let is_counted = async || refused(&scene, "cut").await == 1;
    scene.until("what broke off is counted", is_counted).await;
    assert_eq!(kept(&scene), 0, "something was kept");

    // Whoever is Meta is heard as before.
    scene.says(&phone, json!({ "text": "Really me" })).await;
    let heard = |row: &serde_json::Value| row["answer"]["text"] == "Really me";
    scene.until_row("a customer is heard", &phone, heard).await;
    scene.until_quiet().await;
    assert_eq!(kept(&scene), 1);
    scene.finish().await;
}
