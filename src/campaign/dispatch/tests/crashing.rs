//! At most once, whatever happens: random outcomes, and a process that dies at every fail point.

use proptest::prelude::*;

use super::meta::Reply;
use super::*;
use crate::meta::Class;
use crate::store::ContactState;

const POINTS: [Failpoint; 4] = [
    Failpoint::AfterClaim,
    Failpoint::BeforeSend,
    Failpoint::AfterSendBeforeSettle,
    Failpoint::AfterSettle,
];

/// Lets the process die when `point` is reached the `nth` time, and starts a new one. Returns how many were uncertain.
async fn die_and_go_on(point: Failpoint, nth: usize) -> u64 {
    // Never more than two batches of eight are open, so that every point is reached seven times at least.
    const CONTACTS: usize = 120;
    let mut bench = Bench::new(CONTACTS, Meta::accepting());
    bench.seen = Arc::new(Seen {
        crash: Some((point, nth)),
        ..Seen::default()
    });
    let died = bench.start().await;
    assert!(
        died.is_err_and(|error| error.is_panic()),
        "{point:?} was not reached"
    );
    bench.seen = Arc::default();
    let summary = bench.run().await;

    let by_phone = bench.meta.by("to");
    let twice: Vec<_> = by_phone.iter().filter(|(_, count)| **count > 1).collect();
    assert!(
        twice.is_empty(),
        "messaged twice after {point:?} {nth}: {twice:?}"
    );
    let accepted = bench.ledger.count(ContactState::AwaitingResponse);
    let uncertain = bench.ledger.count(ContactState::Uncertain);
    assert_eq!(accepted + uncertain, CONTACTS, "{point:?} {nth}");
    assert_eq!(summary.recovered, u64::try_from(uncertain).unwrap());
    assert!(
        uncertain <= 16,
        "{uncertain} are uncertain, more than two batches"
    );
    summary.recovered
}

#[tokio::test]
async fn a_process_that_dies_anywhere_messages_nobody_twice_and_loses_nobody() {
    for point in POINTS {
        let mut uncertain = 0;
        for nth in [1, 2, 5] {
            uncertain += die_and_go_on(point, nth).await;
        }
        // After a settlement everything may be settled.
        assert!(
            uncertain > 0 || point == Failpoint::AfterSettle,
            "{point:?} left nothing to recover"
        );
    }
}

fn replies() -> impl Strategy<Value = Reply> {
    prop_oneof![
        6 => Just(Reply::Accept),
        1 => Just(Reply::NotSent),
        1 => Just(Reply::Uncertain),
        1 => Just(Reply::Panic),
        1 => prop::sample::select(vec![
            Class::Temporary,
            Class::Throttled,
            Class::ThrottledPair,
            Class::ContactLater,
            Class::Contact,
            Class::ContactSuppress,
            Class::Request,
            Class::Uncertain,
            Class::Country,
            Class::Template,
            Class::Number,
        ])
        .prop_map(Reply::Refuse),
    ]
}

/// Says whether the message may have reached its contact.
fn may_have_arrived(reply: &Reply) -> bool {
    matches!(
        reply,
        Reply::Accept | Reply::Uncertain | Reply::Panic | Reply::Refuse(Class::Uncertain)
    )
}

async fn run_to_the_end(script: Vec<Reply>) {
    const CONTACTS: usize = 25;
    let answers = script.clone();
    let meta = Meta::new(move |nth, _| answers.get(nth).cloned().unwrap_or(Reply::Accept));
    let bench = Bench::new(CONTACTS, meta);
    for _ in 0..40 {
        let mut running = bench.start();
        // Whoever waits for the clock is given what it waits for.
        let summary = loop {
            tokio::select! {
                ended = &mut running => break ended.unwrap().unwrap(),
                () = bench.seen.waits.notified() => {
                    bench.clock.advance(SignedDuration::from_secs(20));
                }
            }
        };
        bench.ledger.assert_contract_kept();
        assert_eq!(bench.ledger.in_flight(), 0);
        let Some(next) = summary.next_due() else {
            break;
        };
        let next = next.max(bench.clock.now());
        bench.clock.set(next);
    }
    let mut reached = std::collections::BTreeMap::new();
    for (nth, request) in bench.meta.requests().iter().enumerate() {
        let to = request["to"].as_str().unwrap().to_owned();
        let before = reached.entry(to.clone()).or_insert(0);
        assert_eq!(
            *before, 0,
            "{to} was messaged again after it may have been reached"
        );
        *before += usize::from(may_have_arrived(script.get(nth).unwrap_or(&Reply::Accept)));
    }
    let attempts = bench.meta.by("biz_opaque_callback_data");
    assert!(
        attempts.values().all(|count| *count == 1),
        "an attempt was sent twice"
    );
    let open = bench.ledger.count(ContactState::Fresh) + bench.ledger.count(ContactState::RetryDue);
    assert_eq!(open, 0, "somebody was forgotten");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_meta_answers_nobody_is_messaged_twice_and_nobody_is_forgotten(
        script in prop::collection::vec(replies(), 0..60)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(run_to_the_end(script));
    }
}
