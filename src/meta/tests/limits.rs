use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{error, error_body};
use crate::clock::Clock;
use crate::meta::stub::{Reply, Stub};
use crate::meta::{Connection, Event, GraphRead as _, Observer};

/// A connection whose clock jumps over every wait, and the waits.
fn patient(stub: &Stub) -> (Connection, Clock, Arc<Mutex<Vec<Duration>>>) {
    let clock = Clock::frozen(Timestamp::UNIX_EPOCH);
    let waits = Arc::new(Mutex::new(Vec::new()));
    let mut options = stub.options();
    options.clock = clock.clone();
    options.observer = Observer::new({
        let (clock, waits) = (clock.clone(), Arc::clone(&waits));
        move |event| {
            if let Event::RateLimited { wait, .. } = event {
                waits.lock().unwrap().push(*wait);
                clock.advance(SignedDuration::try_from(*wait).unwrap());
            }
        }
    });
    (Connection::new(options).unwrap(), clock, waits)
}

fn usage(minutes: u64) -> (&'static str, String) {
    let usage = json!({"10": [{"type": "whatsapp_business_management", "call_count": 100,
        "estimated_time_to_regain_access": minutes}]});
    ("X-Business-Use-Case-Usage", usage.to_string())
}

#[tokio::test]
async fn the_next_call_waits_as_long_as_the_header_says() {
    let stub =
        Stub::start(|_, _| Reply::Raw(200, vec![usage(3)], json!({"id": "10"}).to_string())).await;
    let (connection, _, waits) = patient(&stub);
    connection.reader().account("10").await.unwrap();
    assert!(waits.lock().unwrap().is_empty());
    // Reader and writer share the limit.
    connection
        .writer()
        .edit_template("1", &json!({}))
        .await
        .unwrap();
    assert_eq!(*waits.lock().unwrap(), [Duration::from_mins(3)]);
}

/// What a reading of the templates announces.
async fn announced(total: u64) -> Vec<Event> {
    let stub = Stub::start(move |_, request| {
        // Only the first page is asked for it.
        let summary = (!request.query.contains_key("after")).then(|| {
            assert_eq!(request.query["summary"], "total_count");
            json!({ "total_count": total })
        });
        let usage = json!({"10": [{"type": "whatsapp_business_management", "call_count": 37, "total_time": 12}]});
        let body = match summary {
            Some(summary) => json!({
                "data": [{"id": "1"}], "summary": summary,
                "paging": {"cursors": {"after": "a"}, "next": "https://x/"},
            }),
            None => json!({"data": [{"id": "2"}]}),
        };
        let header = ("X-Business-Use-Case-Usage", usage.to_string());
        Reply::Raw(200, vec![header], body.to_string())
    })
    .await;
    let events = Arc::new(Mutex::new(Vec::new()));
    let mut options = stub.options();
    options.observer = Observer::new({
        let events = Arc::clone(&events);
        move |event| events.lock().unwrap().push(event.clone())
    });
    let connection = Connection::new(options).unwrap();
    let templates = connection.reader().templates("10").await.unwrap();
    assert_eq!(templates.len(), 2);
    events.lock().unwrap().clone()
}

#[tokio::test]
async fn a_long_list_is_announced_with_what_it_takes() {
    let path = "/v25.0/10/message_templates".to_owned();
    assert_eq!(
        announced(5_873).await,
        [Event::LongRead {
            path,
            objects: 5_873,
            requests: 24,
            used: Some(37)
        }]
    );
    assert_eq!(announced(5_000).await, []);
}

#[tokio::test]
async fn a_version_that_cannot_count_is_read_all_the_same() {
    let stub = Stub::start(|_, request| {
        if request.query.contains_key("summary") {
            error(400, 100, "(#100) Unknown summary field: total_count")
        } else {
            Reply::Json(200, json!({"data": [{"id": "1"}]}))
        }
    })
    .await;
    let templates = stub.connect().reader().templates("10").await.unwrap();
    assert_eq!((templates.len(), stub.requests().len()), (1, 2));
}

#[tokio::test]
async fn messages_do_not_wait_for_the_management_limit() {
    let stub =
        Stub::start(|_, _| Reply::Raw(200, vec![usage(3)], json!({"id": "10"}).to_string())).await;
    let (connection, _, waits) = patient(&stub);
    connection.reader().account("10").await.unwrap();
    drop(connection.writer().send("20", &json!({})).await);
    assert!(waits.lock().unwrap().is_empty());
    assert_eq!(stub.requests().len(), 2);
}

#[tokio::test]
async fn a_throttled_write_waits_and_goes_through() {
    let stub = Stub::start(|index, _| match index {
        0 => Reply::Raw(
            400,
            vec![usage(2)],
            error_body(80007, "rate limit").to_string(),
        ),
        1 => error(400, 80008, "rate limit"),
        _ => Reply::Json(200, json!({"success": true})),
    })
    .await;
    let (connection, _, waits) = patient(&stub);
    connection
        .writer()
        .edit_template("1", &json!({}))
        .await
        .unwrap();
    // Two minutes by the header; then, without one, the second of the growing waits.
    assert_eq!(
        *waits.lock().unwrap(),
        [Duration::from_mins(2), Duration::from_mins(2)]
    );
}

#[tokio::test]
async fn a_wait_beyond_patience_is_an_error_and_not_a_hang() {
    let stub = Stub::start(|_, _| {
        Reply::Raw(
            400,
            vec![usage(50)],
            error_body(80007, "(#80007) Rate limit issues").to_string(),
        )
    })
    .await;
    let (connection, clock, waits) = patient(&stub);
    let error = connection.reader().account("10").await.unwrap_err();
    assert_eq!(error.code(), "meta::throttled");
    let error = connection.reader().account("10").await.unwrap_err();
    assert_eq!(error.code(), "meta::call_limit");
    assert!(error.to_string().contains("in 50 min"), "{error}");
    assert_eq!(stub.requests().len(), 1);
    assert!(waits.lock().unwrap().is_empty());
    clock.advance(SignedDuration::from_mins(50));
    assert_eq!(
        connection.reader().account("10").await.unwrap_err().code(),
        "meta::throttled"
    );
    assert_eq!(stub.requests().len(), 2);
}
