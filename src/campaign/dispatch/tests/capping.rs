//! Where it was agreed how many are messaged, nobody beyond them is, whatever happens on the way.

use super::meta::Reply;
use super::*;
use crate::meta::Class;
use crate::store::ContactState;

/// A bench whose campaign may message so many people.
fn capped(contacts: usize, cap: u64, meta: Meta) -> Bench {
    let mut bench = Bench::new(contacts, meta);
    bench.dispatch.campaigns[0].cap = Some(cap);
    bench
}

/// How many different people anything was sent to.
fn people(bench: &Bench) -> usize {
    bench.meta.by("to").len()
}

#[tokio::test]
async fn nobody_is_messaged_beyond_the_number() {
    let bench = capped(30, 12, Meta::accepting());
    let summary = bench.run().await;
    let spring = &summary.campaigns[0];
    assert_eq!((spring.accepted, spring.capped), (12, true));
    assert_eq!((bench.meta.count(), people(&bench)), (12, 12));
    assert_eq!(bench.ledger.count(ContactState::Fresh), 18);
    assert!(bench.ledger.claims() < 8, "the rest was asked for again");
    // A later run has a number of its own.
    assert_eq!(bench.run().await.accepted(), 12);
}

#[tokio::test]
async fn a_number_that_is_enough_changes_nothing() {
    for cap in [30, 31, 1_000] {
        let bench = capped(30, cap, Meta::accepting());
        let summary = bench.run().await;
        let spring = &summary.campaigns[0];
        assert_eq!((spring.accepted, spring.capped), (30, false), "{cap}");
        assert_eq!(spring.next_due, None, "{cap}");
    }
}

#[tokio::test]
async fn none_is_none() {
    let bench = capped(5, 0, Meta::accepting());
    let summary = bench.run().await;
    assert_eq!((bench.meta.count(), bench.ledger.claims()), (0, 0));
    assert!(summary.campaigns[0].capped);
}

#[tokio::test]
async fn who_is_put_back_or_tried_again_keeps_the_place() {
    for class in [Class::Throttled, Class::Temporary] {
        let meta = Meta::new(move |nth, _| match nth {
            3..8 => Reply::Refuse(class),
            _ => Reply::Accept,
        });
        let mut bench = capped(30, 12, meta);
        bench.dispatch.campaigns[0].backoff = Backoff::new(vec![SignedDuration::ZERO]);
        let summary = bench.run().await;
        assert_eq!(summary.accepted(), 12, "{class:?}");
        assert_eq!(people(&bench), 12, "{class:?}: others took their places");
        assert_eq!(bench.meta.count(), 17, "{class:?}");
    }
}

#[tokio::test]
async fn who_waits_for_a_retry_is_counted_and_not_replaced() {
    let meta = Meta::new(|nth, _| match nth {
        0..2 => Reply::Refuse(Class::Temporary),
        _ => Reply::Accept,
    });
    let bench = capped(30, 12, meta);
    let summary = bench.run().await;
    assert_eq!((summary.accepted(), people(&bench)), (10, 12));
    assert_eq!(bench.ledger.count(ContactState::RetryDue), 2);
    assert!(summary.campaigns[0].capped);
}

#[tokio::test]
async fn who_is_passed_over_or_skipped_takes_no_place() {
    let mut bench = capped(30, 12, Meta::accepting());
    bench.dispatch.portfolio = Arc::new(Portfolio::new(250, 240));
    for n in 0..3 {
        bench
            .ledger
            .change("spring", &phone(n), |each| each.suppressed = true);
    }
    let summary = bench.run().await;
    let spring = &summary.campaigns[0];
    assert_eq!((spring.accepted, spring.limited), (10, true));
    assert_eq!(spring.skipped["suppressed"], 3);
}

#[tokio::test]
async fn a_number_holds_for_its_campaign_alone_and_through_a_failed_claim() {
    let bench = capped(20, 5, Meta::accepting()).also("autumn", 100, 20);
    let summary = bench.run().await;
    let accepted: Vec<u64> = summary.campaigns.iter().map(|each| each.accepted).collect();
    assert_eq!(accepted, [5, 20]);

    let bench = capped(20, 5, Meta::accepting());
    bench.ledger.fail_claims(1);
    assert!(bench.try_run().await.is_err());
    assert_eq!(bench.run().await.accepted(), 5);
    let halts: Vec<(Option<String>, Halt)> = bench.seen.halted.lock().unwrap().clone();
    assert_eq!(halts.len(), 1, "{halts:?}");
}
