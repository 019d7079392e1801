//! Serve works with every secret there is, and shows none.

use serde_json::json;

use super::door::{knock, page, signature};
use crate::kit::{APP_SECRET, SECRETS, Scene, TOKEN, client, number};

const DASHBOARD: &str = SECRETS[1].1;

fn secrets() -> Vec<&'static str> {
    let declared = SECRETS.iter().map(|(_, secret)| *secret);
    declared.chain([TOKEN, APP_SECRET]).collect()
}

fn holds_none(place: &str, bytes: &[u8]) {
    for secret in secrets() {
        let mut parts = bytes.windows(secret.len());
        let found = parts.any(|part| part == secret.as_bytes());
        assert!(!found, "{place} holds {secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_shows_no_secret_whatever_happens() {
    let phones: Vec<String> = (0..4).map(number).collect();
    let mut scene = Scene::in_earnest(&phones).await;
    scene.serve().await;
    let mut said = scene.apply().await.succeeds().to_string();
    scene.until_quiet().await;

    // A desk and a Meta that fail, strangers, and somebody who tries the wrong words.
    for fault in [
        json!({ "match": { "path": "sink/handoff.desk" }, "times": 1, "fault": { "status": 500 } }),
        json!({ "match": { "path": "/messages" }, "times": 1, "fault": { "error": { "code": 190, "message": "expired" } } }),
    ] {
        scene.world.fault(fault).await;
    }
    for phone in &phones {
        scene.says(phone, json!({ "button": 0 })).await;
    }
    let handshake = "/waform?hub.mode=subscribe&hub.challenge=1&hub.verify_token=";
    for (path, status) in [
        (format!("{handshake}wrong"), 403),
        (format!("{handshake}{}", SECRETS[0].1), 200),
    ] {
        let answer = client().get(scene.url(&path)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    let broken = b"{ this is no JSON }".to_vec();
    assert_eq!(knock(&scene, broken.clone(), Some("sha256=00")).await, 401);
    let signed = signature(APP_SECRET, &broken);
    assert_eq!(knock(&scene, broken, Some(&signed)).await, 400);
    let told = async || scene.sink("handoff.desk").await.len() >= phones.len();
    scene.until("the desk is told", told).await;
    scene.until_quiet().await;

    for (path, word) in [("/", "deliveries"), ("/metrics", "waform_taken_in_total")] {
        let (status, refused) = page(&scene, path, None).await;
        assert_eq!(status, 401, "{path}: {refused}");
        let (status, refusal) = page(&scene, path, Some("wrong")).await;
        assert_eq!(status, 401, "{path}: {refusal}");
        let (status, shown) = page(&scene, path, Some(DASHBOARD)).await;
        assert_eq!(status, 200, "{path}: {shown}");
        assert!(shown.contains(word), "{path} shows nothing: {shown}");
        for text in [refused, refusal, shown] {
            holds_none(path, text.as_bytes());
        }
    }
    for command in [
        &["-vv", "status"][..],
        &["-vv", "interactions"],
        &["-vv", "contact", &phones[0]],
        &["-vv", "dead-letters"],
        &["-vv", "doctor"],
    ] {
        said.push_str(&scene.run(command).await.anyhow().to_string());
    }
    let serving = scene.stop().await;
    assert!(
        serving.stderr.contains("DEBUG"),
        "the log was not on: {serving}"
    );
    said.push_str(&serving.to_string());
    holds_none("what was said", said.as_bytes());
    let kept = std::fs::read_dir(scene.project.path().join(".waform")).unwrap();
    let mut files = 0;
    for file in kept.map(|entry| entry.unwrap().path()) {
        holds_none(&file.display().to_string(), &std::fs::read(&file).unwrap());
        files += 1;
    }
    assert!(files > 0);
    scene.finish().await;
}
