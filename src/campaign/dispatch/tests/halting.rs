//! What stops a campaign or a number.

use super::super::Cause;
use super::meta::Reply;
use super::*;
use crate::campaign::failure_rate::FailureLimit;
use crate::meta::Class;
use crate::store::ContactState;

fn cause(halt: Option<&Halt>) -> Option<Cause> {
    halt.map(|halt| halt.cause)
}

#[tokio::test]
async fn a_template_that_cannot_be_sent_stops_its_campaign_alone_and_fails_nobody() {
    let meta = Meta::new(|_, to| match to >= phone(500).as_str() {
        true => Reply::Refuse(Class::Template),
        false => Reply::Accept,
    });
    let bench = Bench::new(40, meta).also("autumn", 500, 40);
    let summary = bench.run().await;
    let [spring, autumn] = &summary.campaigns[..] else {
        unreachable!("two campaigns");
    };
    assert_eq!((spring.accepted, cause(spring.halted.as_ref())), (40, None));
    assert_eq!(cause(autumn.halted.as_ref()), Some(Cause::Template));
    assert!(autumn.halted.as_ref().unwrap().code.is_some());
    assert_eq!(summary.failed(), 0);
    assert_eq!(summary.stopped, None);
    // Nobody was claimed for it beyond the first few that were to show whether it works.
    assert!(bench.meta.count() <= 45);
}

#[tokio::test]
async fn a_number_that_cannot_send_stops_all_its_campaigns() {
    for (class, expected) in [
        (Class::Number, Cause::Number),
        (Class::Account, Cause::Account),
    ] {
        let meta = Meta::new(move |_, _| Reply::Refuse(class));
        let bench = Bench::new(40, meta).also("autumn", 500, 40);
        let summary = bench.run().await;
        assert_eq!(cause(summary.stopped.as_ref()), Some(expected));
        assert_eq!(summary.failed(), 0);
        assert!(bench.meta.count() <= 10);
        assert_eq!(bench.seen.halted.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_campaign_of_which_too_much_fails_is_halted_alone() {
    let fails = |nth: usize, to: &str| match nth.is_multiple_of(3) && to < phone(500).as_str() {
        true => Reply::Refuse(Class::Contact),
        false => Reply::Accept,
    };
    let mut bench = Bench::new(300, Meta::new(fails)).also("autumn", 500, 100);
    for campaign in &mut bench.dispatch.campaigns {
        campaign.failure_limit = Some(FailureLimit {
            percent: 20,
            at_least: 50,
        });
    }
    let summary = bench.run().await;
    let [spring, autumn] = &summary.campaigns[..] else {
        unreachable!("two campaigns");
    };
    assert_eq!(cause(spring.halted.as_ref()), Some(Cause::Failures));
    let settled = spring.accepted + spring.refused();
    // No sooner, and not much later: what is under way is settled.
    assert!((50..100).contains(&settled), "{settled}");
    let reason = &spring.halted.as_ref().unwrap().reason;
    assert!(reason.contains("most with 131026"), "{reason}");
    assert_eq!(
        (autumn.accepted, cause(autumn.halted.as_ref())),
        (100, None)
    );

    let bench = Bench::new(300, Meta::new(fails));
    let summary = bench.run().await;
    assert_eq!(summary.campaigns[0].halted, None);
    assert_eq!(summary.campaigns[0].refused(), 100);
}

#[tokio::test]
async fn a_campaign_whose_every_request_is_wrong_stops_after_five() {
    let bench = Bench::new(40, Meta::new(|_, _| Reply::Refuse(Class::Request)));
    let summary = bench.run().await;
    let halted = summary.campaigns[0].halted.as_ref();
    assert_eq!(cause(halted), Some(Cause::Requests));
    assert_eq!((bench.meta.count(), summary.failed()), (5, 5));
}

/// Answers that come one by one make no room for a sixth request.
#[tokio::test]
async fn slow_refusals_fail_no_more_than_five_either() {
    let bench = Bench::new(40, Meta::new(|_, _| Reply::Refuse(Class::Request)).gated());
    let run = bench.start();
    for answered in 1..=5 {
        bench.meta.open(1);
        while bench.seen.progress.lock().unwrap().failed < answered {
            tokio::task::yield_now().await;
        }
    }
    let summary = run.await.unwrap().unwrap();
    assert_eq!(
        cause(summary.campaigns[0].halted.as_ref()),
        Some(Cause::Requests)
    );
    assert_eq!((bench.meta.count(), summary.failed()), (5, 5));
}

#[tokio::test]
async fn a_few_wrong_rows_among_good_ones_fail_alone() {
    let meta = Meta::new(|nth, _| match nth % 2 {
        1 => Reply::Refuse(Class::Request),
        _ => Reply::Accept,
    });
    let summary = Bench::new(40, meta).run().await;
    assert_eq!((summary.accepted(), summary.failed()), (20, 20));
    assert_eq!(summary.campaigns[0].halted, None);
}

#[tokio::test]
async fn a_country_that_was_refused_is_skipped_from_then_on() {
    let meta = Meta::new(|_, to| match to.starts_with("+99") {
        true => Reply::Refuse(Class::Country),
        false => Reply::Accept,
    });
    let bench = Bench::new(20, meta);
    for n in 0..50 {
        bench.ledger.add("spring", &format!("+99{n:07}"), noon());
    }
    let summary = bench.run().await;
    let spring = &summary.campaigns[0];
    // "+990" is the fake's country.
    assert_eq!(spring.accepted, 20);
    let skipped = spring.skipped["country_refused"];
    assert_eq!(summary.failed() + skipped, 50);
    assert!(summary.failed() <= 16, "{summary:?}");
}

#[tokio::test]
async fn a_connection_that_does_not_open_loses_nobody() {
    let bench = Bench::new(
        20,
        Meta::new(|nth, _| {
            if nth < 12 {
                Reply::NotSent
            } else {
                Reply::Accept
            }
        }),
    );
    let summary = bench.run().await;
    assert_eq!((summary.accepted(), summary.stopped.as_ref()), (20, None));
    assert_eq!(summary.campaigns[0].released, 12);
}

#[tokio::test]
async fn an_unreachable_meta_is_given_up_after_a_few_pauses() {
    let bench = Bench::new(20, Meta::new(|_, _| Reply::NotSent));
    let summary = bench.run().await;
    let halt = summary.stopped.as_ref().unwrap();
    assert_eq!(halt.cause, Cause::Unreachable);
    assert!(halt.reason.contains("connection refused"));
    assert_eq!(summary.accepted() + summary.failed(), 0);
    assert_eq!(bench.ledger.count(ContactState::Uncertain), 0);
    assert_eq!(summary.next_due(), Some(noon()));
}

#[tokio::test]
async fn silence_is_given_up_after_ten_uncertain_contacts_in_a_row() {
    let bench = Bench::new(100, Meta::new(|_, _| Reply::Uncertain));
    let summary = bench.run().await;
    assert_eq!(cause(summary.stopped.as_ref()), Some(Cause::Unanswered));
    assert!(bench.ledger.count(ContactState::Uncertain) < 20);
}

#[tokio::test]
async fn an_outage_does_not_use_up_everybodys_attempts() {
    let bench = Bench::new(100, Meta::new(|_, _| Reply::Refuse(Class::Temporary)));
    let summary = bench.run().await;
    assert_eq!(cause(summary.stopped.as_ref()), Some(Cause::Outage));
    assert!(bench.meta.count() < 30);
    assert!(bench.ledger.count(ContactState::Fresh) > 60);
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way_and_puts_the_rest_back() {
    let bench = Bench::new(100, Meta::accepting().gated());
    let running = bench.start();
    bench.meta.open(5);
    bench.meta.wait_for(13).await;
    assert_eq!(bench.meta.under_way(), 8);
    bench.stop.cancel();
    bench.meta.open(8);
    let summary = running.await.unwrap().unwrap();
    assert_eq!(cause(summary.stopped.as_ref()), Some(Cause::Stopped));
    assert_eq!((summary.accepted(), bench.meta.count()), (13, 13));
    assert_eq!(bench.ledger.in_flight(), 0);
    let due = bench.ledger.count(ContactState::Fresh) + bench.ledger.count(ContactState::RetryDue);
    assert_eq!(due, 87);
    bench.ledger.assert_contract_kept();
}

#[tokio::test]
async fn a_run_that_is_stopped_before_it_begins_claims_nobody() {
    let bench = Bench::new(10, Meta::accepting());
    bench.stop.cancel();
    assert_eq!(bench.run().await.accepted(), 0);
    assert_eq!(bench.ledger.count(ContactState::Fresh), 10);
}

#[tokio::test]
async fn a_stop_ends_a_wait() {
    let bench = Bench::new(0, Meta::accepting());
    let later = noon() + SignedDuration::from_secs(30);
    bench.ledger.add("spring", &phone(1), later);
    let running = bench.start();
    bench.seen.waits.notified().await;
    bench.stop.cancel();
    let summary = running.await.unwrap().unwrap();
    assert_eq!(summary.next_due(), Some(later));
}

#[tokio::test]
async fn a_campaign_paused_in_the_ledger_goes_on_no_longer_than_what_is_claimed() {
    let bench = Bench::new(100, Meta::accepting().gated());
    let running = bench.start();
    bench.meta.open(5);
    bench.meta.wait_for(13).await;
    bench.ledger.pause("spring");
    bench.meta.open(1000);
    let summary = running.await.unwrap().unwrap();
    assert!(summary.accepted() <= 5 + 16, "{summary:?}");
    assert_eq!(bench.ledger.in_flight(), 0);
}

#[tokio::test]
async fn a_number_that_somebody_else_sends_from_is_left_alone() {
    let bench = Bench::new(10, Meta::accepting());
    bench
        .ledger
        .take_over(noon() + SignedDuration::from_secs(60));
    let error = bench.try_run().await.unwrap_err();
    assert!(matches!(
        error,
        Error::Store(crate::store::Error::Locked(_))
    ));
    assert_eq!(bench.meta.count(), 0);
}

#[tokio::test]
async fn a_lost_lease_stops_the_next_claim() {
    let bench = Bench::new(100, Meta::accepting().gated());
    let running = bench.start();
    bench.meta.open(5);
    bench.meta.wait_for(13).await;
    bench.ledger.take_over(noon() + ledger::day());
    bench.meta.open(1000);
    let summary = running.await.unwrap().unwrap();
    let halt = summary.stopped.as_ref().unwrap();
    assert_eq!(halt.cause, Cause::LeaseLost);
    assert!(halt.reason.contains("bo@shed"));
    assert!(bench.meta.count() <= 21);
    assert_eq!(bench.ledger.in_flight(), 0);
    assert!(bench.ledger.is_leased(), "the other's lease was given back");
}

#[tokio::test]
async fn no_request_starts_on_a_lease_that_is_too_short_to_wait_for_it() {
    let bench = Bench::new(40, Meta::accepting().gated());
    let running = bench.start();
    bench.meta.open(5);
    bench.meta.wait_for(13).await;
    // Eight are under way, and eight more are claimed and could follow.
    bench.ledger.wait_for_claims(16).await;
    // 31 seconds of the lease's 60 are gone; a request may take 30. Somebody else has the number by now.
    bench.ledger.take_over(noon() + ledger::day());
    bench.clock.advance(SignedDuration::from_secs(31));
    bench.meta.open(1000);
    let summary = running.await.unwrap().unwrap();
    assert_eq!(cause(summary.stopped.as_ref()), Some(Cause::LeaseLost));
    assert_eq!((bench.meta.count(), summary.accepted()), (13, 13));
    assert_eq!(bench.ledger.in_flight(), 0);
}

#[tokio::test]
async fn a_clock_behind_the_ledger_sends_nothing() {
    let bench = Bench::new(10, Meta::accepting());
    bench.ledger.see(noon() + SignedDuration::from_secs(301));
    let summary = bench.run().await;
    assert_eq!(cause(summary.stopped.as_ref()), Some(Cause::ClockBehind));
    assert_eq!(bench.meta.count(), 0);
    bench.ledger.see(noon() + SignedDuration::from_secs(299));
    assert_eq!(bench.run().await.accepted(), 10);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_for_a_moment_loses_nothing() {
    let bench = Bench::new(40, Meta::accepting());
    bench.ledger.fail_settles(2);
    assert_eq!(bench.run().await.accepted(), 40);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_stops_the_sending_and_counts_what_is_not_recorded() {
    let bench = Bench::new(40, Meta::accepting());
    bench.ledger.fail_settles(u32::MAX);
    let error = bench.try_run().await.unwrap_err();
    let Error::Interrupted {
        unsettled, summary, ..
    } = &error
    else {
        unreachable!("{error:?}");
    };
    assert_eq!(*unsettled, bench.ledger.in_flight());
    assert!((1..=16).contains(unsettled));
    assert_eq!(cause(summary.stopped.as_ref()), Some(Cause::Ledger));
    assert!(error.to_string().contains("not recorded"), "{error}");
    bench.ledger.fail_settles(0);
    let next = bench.run().await;
    assert_eq!(next.recovered, u64::try_from(*unsettled).unwrap());
    assert!(bench.meta.by("to").values().all(|count| *count == 1));
}

#[tokio::test]
async fn a_claim_that_the_ledger_refuses_ends_the_run_after_settling() {
    let bench = Bench::new(40, Meta::accepting());
    bench.ledger.fail_claims(1);
    let error = bench.try_run().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { unsettled: 0, .. }));
    assert_eq!(bench.run().await.accepted(), 40);
}
