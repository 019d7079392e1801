//! Limits: throttling, the portfolio's day, quiet hours, gaps, suppression.

use super::super::Cause;
use super::meta::Reply;
use super::*;
use crate::meta::Class;
use crate::store::ContactState;

fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

#[tokio::test]
async fn throttling_slows_the_number_down_and_fails_nobody() {
    let meta = Meta::new(|nth, _| match nth {
        10..20 => Reply::Refuse(Class::Throttled),
        _ => Reply::Accept,
    });
    let bench = Bench::new(60, meta);
    let summary = bench.run().await;
    assert_eq!((summary.accepted(), summary.failed()), (60, 0));
    assert_eq!(summary.campaigns[0].released, 10);
    let rates = bench.seen.throttled.lock().unwrap().clone();
    // Ten answers, but they belong to few moments: those under way together count once.
    assert!((1..=5).contains(&rates.len()), "{rates:?}");
    assert!(rates[0] <= 50_000.0, "{rates:?}");
}

#[tokio::test]
async fn endless_throttling_is_given_up_and_fails_nobody() {
    let bench = Bench::new(60, Meta::new(|_, _| Reply::Refuse(Class::Throttled)));
    let summary = bench.run().await;
    assert_eq!(
        summary.stopped.as_ref().map(|halt| halt.cause),
        Some(Cause::Throttled)
    );
    assert_eq!(summary.failed() + summary.uncertain(), 0);
    assert_eq!(bench.ledger.count(ContactState::Closed), 0);
    assert_eq!(bench.seen.throttled.lock().unwrap().len(), 9);
}

#[tokio::test]
async fn the_portfolios_limit_lets_through_who_counts_already() {
    let mut bench = Bench::new(20, Meta::accepting());
    bench.dispatch.portfolio = Arc::new(Portfolio::new(250, 245));
    bench.dispatch.campaigns[0].gaps.repeat_template = SignedDuration::ZERO;
    for n in 15..20 {
        bench.ledger.change("spring", &phone(n), |each| {
            each.last_sent = Some(noon() - hours(3));
        });
    }
    let summary = bench.run().await;
    assert_eq!(summary.accepted(), 10);
    assert!(summary.campaigns[0].limited);
    assert_eq!(bench.ledger.count(ContactState::Fresh), 10);
    assert_eq!(bench.dispatch.portfolio.left(), Some(0));
    assert!(
        bench.ledger.claims() < 12,
        "the rest was asked for again and again"
    );
}

#[tokio::test]
async fn the_limit_is_read_from_the_ledger() {
    let bench = Bench::new(20, Meta::accepting());
    bench.run().await;
    let portfolio = Portfolio::read(&*bench.ledger, "1022", Some(250), noon())
        .await
        .unwrap();
    assert_eq!(portfolio.left(), Some(230));
}

#[tokio::test]
async fn who_was_put_back_does_not_use_up_the_limit() {
    let mut bench = Bench::new(
        10,
        Meta::new(|nth, _| {
            if nth < 5 {
                Reply::NotSent
            } else {
                Reply::Accept
            }
        }),
    );
    bench.dispatch.portfolio = Arc::new(Portfolio::new(10, 0));
    let summary = bench.run().await;
    assert_eq!(summary.accepted(), 10);
    assert_eq!(bench.dispatch.portfolio.left(), Some(0));
}

#[tokio::test]
async fn a_claim_that_failed_gives_its_allowance_back() {
    let mut bench = Bench::new(10, Meta::accepting());
    bench.dispatch.portfolio = Arc::new(Portfolio::new(100, 0));
    bench.ledger.fail_claims(1);
    assert!(bench.try_run().await.is_err());
    assert_eq!(bench.dispatch.portfolio.left(), Some(100));
}

#[tokio::test]
async fn quiet_hours_postpone_and_no_common_hour_skips() {
    let mut bench = Bench::new(10, Meta::accepting());
    bench.dispatch.campaigns[0].quiet_hours = Some(open_from(2));
    for (n, zone) in [(3, "Asia/Tokyo"), (4, "Asia/Tokyo"), (5, "nowhere")] {
        bench.ledger.change("spring", &phone(n), |each| {
            each.zones = vec![zone.to_owned()];
        });
    }
    let summary = bench.run().await;
    let spring = &summary.campaigns[0];
    assert_eq!((spring.accepted, spring.postponed), (7, 2));
    assert_eq!(spring.skipped["no_common_hour"], 1);
    assert_eq!(spring.next_due, Some(noon() + hours(2)));
    let skipped = bench.ledger.contact("spring", &phone(5));
    assert_eq!(skipped.skip.as_deref(), Some("no_common_hour"));
    bench.clock.advance(hours(2));
    assert_eq!(bench.run().await.accepted(), 2);
}

#[tokio::test]
async fn a_gap_between_templates_postpones_to_its_end() {
    let mut bench = Bench::new(3, Meta::accepting());
    bench.dispatch.campaigns[0].gaps.repeat_template = hours(24);
    bench.dispatch.campaigns[0].gaps.min_gap = hours(30);
    bench.ledger.change("spring", &phone(0), |each| {
        each.last_sent = Some(noon() - hours(26));
    });
    bench.ledger.change("spring", &phone(1), |each| {
        each.last_sent = Some(noon() - hours(31));
    });
    let summary = bench.run().await;
    assert_eq!(summary.accepted(), 2);
    assert_eq!(summary.next_due(), Some(noon() + hours(4)));
}

#[tokio::test]
async fn who_was_suppressed_since_the_plan_is_skipped() {
    let bench = Bench::new(3, Meta::accepting());
    bench
        .ledger
        .change("spring", &phone(1), |each| each.suppressed = true);
    let summary = bench.run().await;
    assert_eq!(summary.accepted(), 2);
    assert_eq!(summary.campaigns[0].skipped["suppressed"], 1);
}
