use std::time::Duration;

use serde_json::json;

use super::error;
use crate::meta::stub::{Reply, Stub, TOKEN, options_at};
use crate::meta::{Class, Connection, SendOutcome};

async fn outcome(reply: impl Fn() -> Reply + Send + Sync + 'static) -> SendOutcome {
    let stub = Stub::start(move |_, _| reply()).await;
    let outcome = stub
        .connect()
        .writer()
        .send("20", &json!({"to": "+1"}))
        .await;
    let requests = stub.requests();
    assert_eq!(requests.len(), 1, "a message is handed over once");
    assert_eq!(requests[0].path, "/v25.0/20/messages");
    outcome
}

fn class(outcome: &SendOutcome) -> Option<Class> {
    match outcome {
        SendOutcome::Refused(error) => Some(error.class),
        _ => None,
    }
}

#[tokio::test]
async fn an_accepted_message_has_an_id_and_perhaps_more() {
    let full = outcome(|| {
        Reply::Json(
            200,
            json!({"contacts": [{"input": "+1", "wa_id": "1"}],
            "messages": [{"id": "wamid.A", "message_status": "accepted"}]}),
        )
    })
    .await;
    assert!(
        matches!(full, SendOutcome::Accepted { message_id, wa_id: Some(wa_id), message_status: Some(_) }
        if message_id == "wamid.A" && wa_id == "1")
    );
    let bare = outcome(|| Reply::Json(200, json!({"messages": [{"id": "wamid.A"}]}))).await;
    assert!(matches!(
        bare,
        SendOutcome::Accepted {
            wa_id: None,
            message_status: None,
            ..
        }
    ));
}

#[tokio::test]
async fn what_may_have_been_taken_is_uncertain() {
    let odd: [fn() -> Reply; 8] = [
        || Reply::Cut,
        || Reply::CutInBody,
        || error(500, 131_000, "Something went wrong"),
        || error(500, 999_999, "new"),
        || Reply::Raw(502, vec![], "<html>Bad Gateway".to_owned()),
        || Reply::Raw(408, vec![], String::new()),
        || Reply::Raw(200, vec![], "<html>".to_owned()),
        || Reply::Json(200, json!({"messages": []})),
    ];
    for (index, reply) in odd.into_iter().enumerate() {
        let outcome = outcome(reply).await;
        assert!(
            matches!(outcome, SendOutcome::Uncertain { .. }),
            "{index}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_silent_server_leaves_the_message_uncertain() {
    let stub = Stub::start(|_, _| Reply::Silence).await;
    let mut options = stub.options();
    options.timeout = Duration::from_millis(50);
    let outcome = Connection::new(options)
        .unwrap()
        .writer()
        .send("20", &json!({}))
        .await;
    assert!(
        matches!(outcome, SendOutcome::Uncertain { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_refusal_carries_its_class() {
    let class = async |status, code| class(&outcome(move || error(status, code, "m")).await);
    assert_eq!(class(400, 131_026).await, Some(Class::Contact));
    assert_eq!(class(400, 130_429).await, Some(Class::Throttled));
    assert_eq!(class(500, 131_016).await, Some(Class::Temporary));
    assert_eq!(class(404, 132_001).await, Some(Class::Template));
    assert_eq!(class(401, 190).await, Some(Class::Account));
}

#[tokio::test]
async fn a_firewalls_refusal_stops_the_account_and_not_the_contact() {
    let outcome = outcome(|| Reply::Raw(403, vec![], format!("<html>Forbidden {TOKEN}"))).await;
    assert_eq!(class(&outcome), Some(Class::Account));
    assert!(!format!("{outcome:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_connection_that_never_opened_sent_nothing() {
    let stub = Stub::start(|_, _| Reply::Cut).await;
    let closed = stub.address;
    drop(stub);
    // No answer at all, and one that is not TLS.
    let plain = Stub::start(|_, _| Reply::Cut).await;
    for base_url in [
        format!("http://{closed}"),
        format!("https://{}", plain.address),
    ] {
        let writer = Connection::new(options_at(&base_url)).unwrap().writer();
        let outcome = writer.send("20", &json!({})).await;
        assert!(
            matches!(outcome, SendOutcome::NotSent { .. }),
            "{base_url}: {outcome:?}"
        );
    }
}
