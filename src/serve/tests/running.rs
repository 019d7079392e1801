//! The whole service, begun and ended.

use super::*;
use crate::campaign::dispatch::Identity;
use crate::serve::{Serving, run};

/// Without a webhook nothing is heard, and no receiver says that it is there.
const WEBHOOK: &str = r#"
[webhook.main]
url = "https://hooks.example.com/waform"
verify_token = { env = "VERIFY" }
"#;

fn serving(office: &Office) -> Serving {
    Serving {
        project: Arc::new(testing::project(&format!("{SPRING}{MORE}{WEBHOOK}"))),
        store: Arc::clone(&office.store),
        clock: office.clock.clone(),
        identity: Identity {
            holder: "ana@desk".to_owned(),
            host: "desk".to_owned(),
            process: 7,
            command: "waform serve".to_owned(),
        },
        writers: BTreeMap::new(),
        readers: BTreeMap::new(),
        received: Arc::new(Notify::new()),
        is_trial: true,
        sinks: Some("http://127.0.0.1:9/sink".to_owned()),
        observer: Arc::new(()),
        tally: Arc::new(()),
        reached: Arc::new(|_| {}),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_received_is_read_and_the_service_ends_when_it_is_asked_to() {
    let office = Office::new().await;
    let serving = serving(&office);
    let (received, stop) = (Arc::clone(&serving.received), CancellationToken::new());
    let service = tokio::spawn(run(serving, stop.clone()));
    let webhook = text("wamid.in", noon(), "hello");
    let now = office.clock.now();
    office
        .store
        .receive(now, webhook.to_string())
        .await
        .unwrap();
    received.notify_one();
    while office.answer().await.is_none() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    service.await.unwrap().unwrap();
    // It said that it was there, and gave its lease back.
    let receiver = office.store.receiver("main").await.unwrap();
    assert_eq!(receiver, Some((now, now)));
    let other = LockRequest {
        holder: "bo@shed".to_owned(),
        host: "shed".to_owned(),
        ..office.asking()
    };
    office.store.lease("serve:main", &other).await.unwrap();
}
