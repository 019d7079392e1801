//! What a restart leaves, and who holds the data.

use serde_json::json;
use waform::clock::Clock;
use waform::sandbox::{DEFAULT_WABA_ID, Error, Options, Sandbox, running};

use super::kit::{World, template};

fn options(path: &std::path::Path) -> Options {
    Options {
        data: Some(path.into()),
        ..Options::new(Clock::system())
    }
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/sandbox.db");
    let first = World::with(options(&path)).await;
    first.advance("48h").await;
    let id = first
        .create(template("hello", "Hello from the sandbox."))
        .await
        .ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    first.advance("2s").await;
    for _ in 0..45 {
        first.hello("+14165550150").await.ok();
    }
    first
        .post(
            &format!("/{id}"),
            template("hello", "Hello again from the sandbox."),
        )
        .await
        .ok();
    first
        .post(
            "/_sandbox/faults",
            json!({"match": {"path": "nowhere"}, "fault": "cut_before"}),
        )
        .await
        .ok();
    let url = first.sandbox.base_url();
    assert_eq!(running(&path).as_deref(), Some(url.as_str()));
    match Sandbox::start(options(&path)).await {
        Err(Error::Busy {
            url: Some(holder), ..
        }) => assert_eq!(holder, url),
        other => panic!("{other:?}"),
    }
    first.sandbox.shutdown().await.unwrap();
    assert_eq!(running(&path), None);

    let second = World::with(Options {
        seed: 99,
        ..options(&path)
    })
    .await;
    assert!(
        second.sandbox.clock().offset().as_hours() >= 48,
        "the clock goes on where it was"
    );
    assert_eq!(second.get("/_sandbox/messages").await.ok()["total"], 45);
    assert_eq!(
        second.get("/_sandbox/faults").await.ok()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    second.advance("2s").await;
    assert_eq!(
        second.template(&id).await["status"],
        "APPROVED",
        "the review went on"
    );
    let refused = second
        .post(
            &format!("/{id}"),
            template("hello", "A second edit in a day."),
        )
        .await;
    assert_eq!(refused.error(), (100, 2_388_039));
    // 45 messages ahead of time, and not a minute ago: the pair limit still knows.
    let mut taken = 0;
    while second.hello("+14165550150").await.status == 200 {
        taken += 1;
    }
    assert!(taken < 20, "{taken}");
    let log = second
        .get("/_sandbox/requests?path=message_templates")
        .await
        .ok();
    assert_eq!(log["data"].as_array().unwrap().len(), 1);
    second.sandbox.shutdown().await.unwrap();
}

#[tokio::test]
async fn many_messages_at_once_are_all_kept_and_numbered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sandbox.db");
    let world = World::with(options(&path)).await;
    world
        .post(
            "/_sandbox/behaviour",
            json!({"enforce": {"throughput": false}}),
        )
        .await
        .ok();
    world
        .post(
            "/_sandbox/templates",
            template("hello", "Hello from the sandbox."),
        )
        .await
        .ok();
    let sends = (0..300).map(|n| {
        let world = &world;
        async move {
            let answer = world.hello(&format!("+1416{n:07}")).await.ok();
            answer["messages"][0]["id"].as_str().unwrap().to_owned()
        }
    });
    let mut ids = futures::future::join_all(sends).await;
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 300);
    assert_eq!(
        world.get("/_sandbox/messages?limit=1").await.ok()["total"],
        300
    );
    world.sandbox.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_killed_sandbox_leaves_no_stale_answer_and_no_lost_message() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sandbox.db");
    let world = World::with(options(&path)).await;
    world
        .post(
            "/_sandbox/templates",
            template("hello", "Hello from the sandbox."),
        )
        .await
        .ok();
    world.hello("+14165550150").await.ok();
    // What `kill -9` leaves: the data as the system has it, the lock file's content without a lock.
    let copy = dir.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(dir.path())
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
    {
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let copied = copy.join("sandbox.db");
    assert!(
        std::fs::read_to_string(copy.join("sandbox.db.lock"))
            .unwrap()
            .contains("127.0.0.1")
    );
    assert_eq!(running(&copied), None);
    let second = World::with(options(&copied)).await;
    assert_eq!(second.get("/_sandbox/messages").await.ok()["total"], 1);
    let listed = second
        .get(&format!("/{DEFAULT_WABA_ID}/message_templates"))
        .await
        .ok();
    assert_eq!(listed["data"][0]["status"], "APPROVED");
    second.sandbox.shutdown().await.unwrap();
    world.sandbox.shutdown().await.unwrap();
}
