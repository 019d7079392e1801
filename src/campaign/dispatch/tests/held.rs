//! Halts and holds that stand in the ledger.

use super::super::Cause;
use super::meta::Reply;
use super::*;
use crate::meta::Class;
use crate::store::{self, ContactState, HaltCause, Scope};

fn halt(scope: Scope, subject: &str) -> store::Halt {
    store::Halt {
        account: "1022".to_owned(),
        scope,
        subject: subject.to_owned(),
        cause: HaltCause::Stopped,
        code: None,
        reason: "a wrong price".to_owned(),
        since: noon(),
        until: None,
        actor: "ana@desk by stop".to_owned(),
    }
}

#[tokio::test]
async fn a_halted_campaign_stops_and_its_neighbour_goes_on() {
    for (scope, subject) in [
        (Scope::Campaign, "spring"),
        (Scope::Template, "spring_news/en"),
    ] {
        let bench = Bench::new(10, Meta::accepting()).also("winter", 100, 10);
        bench.ledger.halt("spring", halt(scope, subject));
        let summary = bench.run().await;
        assert_eq!(summary.stopped, None);
        let [spring, winter] = summary.campaigns.as_slice() else {
            panic!("{summary:?}")
        };
        assert_eq!((spring.accepted, winter.accepted), (0, 10));
        let halted = spring.halted.as_ref().unwrap();
        assert_eq!(halted.cause, Cause::Halted);
        for part in ["a wrong price", "ana@desk by stop"] {
            assert!(halted.reason.contains(part), "{}", halted.reason);
        }
    }
}

#[tokio::test]
async fn a_halted_number_or_account_sends_nothing_more() {
    for (scope, subject) in [(Scope::Number, "555"), (Scope::Account, "1022")] {
        let bench = Bench::new(10, Meta::accepting()).also("winter", 100, 10);
        bench.ledger.halt("spring", halt(scope, subject));
        let summary = bench.run().await;
        let stopped = summary.stopped.as_ref().unwrap();
        assert_eq!(stopped.cause, Cause::Halted);
        assert_eq!(bench.ledger.count(ContactState::Fresh), 20);
        assert_eq!(bench.meta.count(), 0);
    }
}

#[tokio::test]
async fn a_halt_that_comes_while_sending_ends_it_within_a_batch() {
    let mut bench = Bench::new(200, Meta::accepting());
    bench.dispatch.tuning.batch = Some(10);
    let run = bench.start();
    bench.ledger.wait_for_claims(1).await;
    bench.ledger.halt("spring", halt(Scope::Campaign, "spring"));
    let summary = run.await.unwrap().unwrap();
    let sent = usize::try_from(summary.accepted()).unwrap();
    // A batch under way, and one that was claimed beside it.
    assert!(sent <= 20, "{sent}");
    assert_eq!(
        summary.campaigns[0].halted.as_ref().unwrap().cause,
        Cause::Halted
    );
    assert_eq!(bench.ledger.in_flight(), 0);
}

#[tokio::test]
async fn who_may_be_somebody_else_is_not_messaged() {
    let bench = Bench::new(3, Meta::accepting());
    bench
        .ledger
        .change("spring", &phone(1), |each| each.held = true);
    let summary = bench.run().await;
    assert_eq!(summary.accepted(), 2);
    assert_eq!(summary.campaigns[0].skipped["identity_changed"], 1);
    let held = bench.ledger.contact("spring", &phone(1));
    assert_eq!(held.skip.as_deref(), Some("identity_changed"));
}

#[tokio::test]
async fn a_refusal_that_holds_is_told_once_with_all_that_names_it() {
    for (class, cause) in [
        (Class::Template, Cause::Template),
        (Class::Number, Cause::Number),
        (Class::Account, Cause::Account),
    ] {
        let bench = Bench::new(30, Meta::new(move |_, _| Reply::Refuse(class)));
        bench.run().await;
        let refused = bench.seen.refused.lock().unwrap();
        let [refusal] = refused.as_slice() else {
            panic!("{refused:?}")
        };
        let Refusal {
            number,
            campaign,
            template,
            language,
            halt,
        } = refusal;
        let named = [number, campaign, template, language].map(String::as_str);
        assert_eq!(named, ["555", "spring", "spring_news", "en"]);
        assert_eq!(halt.cause, cause);
    }
}

#[tokio::test]
async fn another_way_to_claim_is_used_where_it_is_given() {
    let mut bench = Bench::new(0, Meta::accepting());
    bench.ledger.add("recontacted", &phone(7), noon());
    let store = bench.dispatch.store.clone();
    bench.dispatch.campaigns[0].claimer = Some(Arc::new(move |request| {
        let store = store.clone();
        Box::pin(async move {
            let campaign = "recontacted".to_owned();
            store
                .claim(crate::store::ClaimRequest {
                    campaign,
                    ..request
                })
                .await
        })
    }));
    assert_eq!(bench.run().await.accepted(), 1);
}
