//! Sending when nothing goes wrong, or only for one contact.

use super::meta::Reply;
use super::*;
use crate::meta::Class;
use crate::store::ContactState;

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

#[tokio::test]
async fn everyone_who_is_due_is_messaged_once() {
    let bench = Bench::new(100, Meta::accepting());
    let summary = bench.run().await;
    assert_eq!(summary.accepted(), 100);
    assert_eq!(summary.stopped, None);
    assert_eq!(bench.ledger.count(ContactState::AwaitingResponse), 100);
    let by_phone = bench.meta.by("to");
    assert_eq!(by_phone.len(), 100);
    assert!(by_phone.values().all(|count| *count == 1));
    assert_eq!(bench.seen.progress.lock().unwrap().remaining, 0);
}

#[tokio::test]
async fn a_second_run_sends_nothing() {
    let bench = Bench::new(20, Meta::accepting());
    bench.run().await;
    let again = bench.run().await;
    assert_eq!((again.accepted(), bench.meta.count()), (0, 20));
}

#[tokio::test]
async fn the_request_carries_the_attempt_and_the_template() {
    let bench = Bench::new(1, Meta::accepting());
    bench.run().await;
    let request = &bench.meta.requests()[0];
    assert_eq!(request["to"], phone(0));
    assert_eq!(request["template"]["name"], "spring_news");
    assert_eq!(
        request["biz_opaque_callback_data"],
        format!("spring/{}/1", phone(0))
    );
}

#[tokio::test]
async fn claims_run_ahead_but_never_more_than_two_batches() {
    let bench = Bench::new(200, Meta::accepting());
    bench.run().await;
    let most = bench.ledger.most_in_flight();
    assert!((9..=16).contains(&most), "{most} claims were open at once");
    assert!(bench.meta.most_under_way() <= 8);
}

#[tokio::test]
async fn campaigns_on_one_number_take_turns() {
    let bench = Bench::new(100, Meta::accepting()).also("autumn", 500, 20);
    let summary = bench.run().await;
    assert_eq!(summary.campaigns[0].accepted, 100);
    assert_eq!(summary.campaigns[1].accepted, 20);
    let requests = bench.meta.requests();
    let last_of_small = requests
        .iter()
        .rposition(|request| request["template"]["name"] == "autumn_news")
        .unwrap();
    assert!(
        last_of_small < 70,
        "the small campaign had to wait: {last_of_small}"
    );
}

#[tokio::test]
async fn a_campaign_keeps_its_own_rate_below_the_numbers() {
    let mut bench = Bench::new(1000, Meta::accepting()).also("autumn", 5000, 200);
    bench.dispatch.campaigns[0].rate = Some(20.0);
    let stop = bench.stop.clone();
    let running = bench.start();
    // The other campaign is through long before; then it is told to stop.
    bench.meta.wait_for(205).await;
    stop.cancel();
    let summary = running.await.unwrap().unwrap();
    assert_eq!(summary.campaigns[1].accepted, 200);
    assert!(summary.campaigns[0].accepted < 30, "{summary:?}");
}

#[tokio::test]
async fn what_falls_due_within_a_minute_is_waited_for_by_the_clock() {
    let bench = Bench::new(1, Meta::accepting());
    bench.ledger.add("spring", &phone(1), noon() + seconds(45));
    bench.ledger.add("spring", &phone(2), noon() + seconds(600));
    let running = bench.start();
    bench.seen.waits.notified().await;
    assert_eq!(bench.meta.count(), 1);
    bench.clock.advance(seconds(46));
    let summary = running.await.unwrap().unwrap();
    assert_eq!(summary.accepted(), 2);
    assert_eq!(*bench.seen.waiting.lock().unwrap(), [noon() + seconds(45)]);
    assert_eq!(summary.next_due(), Some(noon() + seconds(600)));
}

#[tokio::test]
async fn a_passing_error_is_tried_again_after_the_backoff() {
    let meta = Meta::new(|_, to| match to == phone(3) {
        true => Reply::Refuse(Class::Temporary),
        false => Reply::Accept,
    });
    let bench = Bench::new(5, meta);
    let summary = bench.run().await;
    assert_eq!(summary.accepted(), 4);
    assert_eq!(summary.campaigns[0].retried.values().sum::<u64>(), 1);
    let contact = bench.ledger.contact("spring", &phone(3));
    assert_eq!(contact.state, ContactState::RetryDue);
    assert_eq!(contact.due_at, noon() + seconds(900));
}

#[tokio::test]
async fn only_the_contact_waits_when_the_limit_towards_it_is_reached() {
    let meta = Meta::new(|nth, to| match to == phone(3) && nth < 6 {
        true => Reply::Refuse(Class::ThrottledPair),
        false => Reply::Accept,
    });
    let bench = Bench::new(6, meta);
    let running = bench.start();
    bench.seen.waits.notified().await;
    assert_eq!(bench.meta.count(), 6);
    assert_eq!(bench.seen.throttled.lock().unwrap().len(), 0);
    bench.clock.advance(seconds(1));
    let summary = running.await.unwrap().unwrap();
    assert_eq!((summary.accepted(), summary.campaigns[0].released), (6, 1));
}

#[tokio::test]
async fn who_opted_out_at_meta_is_suppressed() {
    let meta = Meta::new(|_, _| Reply::Refuse(Class::ContactSuppress));
    let bench = Bench::new(1, meta);
    assert_eq!(bench.run().await.failed(), 1);
    let contact = bench.ledger.contact("spring", &phone(0));
    assert_eq!(contact.state, ContactState::Closed);
    assert!(contact.suppressed);
}

#[tokio::test]
async fn a_silent_request_is_uncertain_and_is_not_repeated() {
    let meta = Meta::new(|_, to| match to == phone(2) {
        true => Reply::Hang,
        false => Reply::Accept,
    });
    let mut bench = Bench::new(5, meta);
    bench.dispatch.tuning.request_timeout = Duration::from_millis(20);
    let summary = bench.run().await;
    assert_eq!((summary.accepted(), summary.uncertain()), (4, 1));
    bench.run().await;
    assert_eq!(bench.meta.by("to")[&phone(2)], 1);
}

#[tokio::test]
async fn a_sender_that_panics_leaves_one_contact_uncertain_and_the_rest_sent() {
    let meta = Meta::new(|_, to| match to == phone(2) {
        true => Reply::Panic,
        false => Reply::Accept,
    });
    let summary = Bench::new(30, meta).run().await;
    assert_eq!((summary.accepted(), summary.uncertain()), (29, 1));
}

#[tokio::test]
async fn a_media_file_that_is_not_uploaded_stops_the_campaign_before_a_request() {
    let bench = Bench::new(3, Meta::accepting());
    let variables = serde_json::json!([{ "type": "header", "parameters": [
        { "type": "image", "image": { "media": "sha256:ab" } }
    ] }]);
    for n in 0..3 {
        bench.ledger.change("spring", &phone(n), |each| {
            each.variables = variables.clone();
        });
    }
    let summary = bench.run().await;
    let halt = summary.campaigns[0].halted.as_ref().unwrap();
    assert_eq!(halt.cause, super::super::Cause::Media);
    assert!(halt.reason.contains("sha256:ab"));
    assert_eq!(bench.meta.count(), 0);
    assert_eq!(bench.ledger.count(ContactState::RetryDue), 3);
}

#[tokio::test]
async fn a_clock_that_is_moved_a_day_keeps_the_number_and_decides_anew() {
    let bench = Bench::new(40, Meta::accepting().gated());
    let running = bench.start();
    bench.meta.wait_for(5).await;
    bench.meta.open(5);
    bench.meta.wait_for(13).await;
    bench.ledger.wait_for_claims(16).await;
    bench.clock.advance(ledger::day());
    bench.meta.open(1000);
    let summary = running.await.unwrap().unwrap();
    assert_eq!(summary.accepted(), 40);
    assert!(
        summary.campaigns[0].released > 0,
        "what was claimed a day ago was sent"
    );
    assert!(bench.meta.by("to").values().all(|count| *count == 1));
    bench.ledger.assert_contract_kept();
}
