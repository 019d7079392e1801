//! Whatever happens, in whatever order: of each lane the first open errand alone is due.

use proptest::prelude::*;

use super::errands::{
    ALL, Kept, Opener, again, done, due, failed, keep, new, next, settle, uncertain,
};
use super::kit::at;
use crate::store::{ErrandKind, Ran};

/// An errand as it should stand.
struct Expected {
    kind: ErrandKind,
    lane: u8,
    due: i64,
    /// Waiting (false) or under way (true); none when it is over.
    open: Option<bool>,
}

#[derive(Clone, Debug)]
enum Step {
    Keep(u8, u8, i64),
    Begin(usize),
    Settle(usize, u8),
    Recover,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..3, 0u8..2, 0i64..5).prop_map(|(kind, lane, wait)| Step::Keep(kind, lane, wait)),
        4 => (0usize..12).prop_map(Step::Begin),
        5 => (0usize..12, 0u8..4).prop_map(|(which, way)| Step::Settle(which, way)),
        1 => Just(Step::Recover),
        3 => (1i64..4).prop_map(Step::Wait),
    ]
}

/// Runs random histories against errands that `fresh` makes, each new.
pub(in crate::store) fn lanes_keep_their_order(fresh: impl Fn() -> Opener) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let configuration = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = proptest::collection::vec(step(), 1..40);
    proptest::test_runner::TestRunner::new(configuration)
        .run(&steps, |steps| {
            let open = fresh();
            runtime.block_on(walk(&*open(), steps));
            Ok(())
        })
        .unwrap();
}

async fn walk(store: &dyn Kept, steps: Vec<Step>) {
    let mut now = 0;
    let mut expected: Vec<Expected> = Vec::new();
    let mut ids: Vec<i64> = Vec::new();
    for step in steps {
        match step {
            Step::Keep(kind, lane, wait) => {
                let (kind, due) = (ALL[usize::from(kind)], now + wait);
                let key = ids.len().to_string();
                assert_eq!(
                    keep(store, [new(kind, &key, &lane.to_string(), due)]).await,
                    1
                );
                let open = Some(false);
                expected.push(Expected {
                    kind,
                    lane,
                    due,
                    open,
                });
                // Ids count from one here, as no errand is refused.
                ids.push(ids.len() as i64 + 1);
            }
            Step::Begin(which) if which < ids.len() => {
                let begun = store.begin_errand(ids[which], at(now)).await.unwrap();
                let may = first_waiting(&expected).contains(&which)
                    && expected[which].due <= now
                    && expected[which].kind == ErrandKind::Reply;
                assert_eq!(begun, may);
                if begun {
                    expected[which].open = Some(true);
                }
            }
            Step::Settle(which, way) if which < ids.len() => {
                let ran = [done(), failed(), uncertain(), again(now + 2)][usize::from(way)].clone();
                let put_off = matches!(ran, Ran::Again { .. });
                settle(store, ids[which], now, ran).await;
                if expected[which].open.is_some() {
                    expected[which].open = put_off.then_some(false);
                    if put_off {
                        expected[which].due = now + 2;
                    }
                }
            }
            Step::Recover => {
                let begun = expected
                    .iter_mut()
                    .filter(|errand| errand.open == Some(true));
                let begun = begun.map(|errand| errand.open = None).count();
                assert_eq!(store.recover_errands(at(now)).await.unwrap(), begun as u64);
            }
            Step::Wait(seconds) => now += seconds,
            Step::Begin(_) | Step::Settle(..) => {}
        }
        let first = first_waiting(&expected);
        let mut shown: Vec<_> = first
            .iter()
            .filter(|which| expected[**which].due <= now)
            .collect();
        shown.sort_by_key(|which| (expected[**which].due, **which));
        let shown: Vec<_> = shown.into_iter().map(|which| ids[*which]).collect();
        let found: Vec<_> = due(store, now)
            .await
            .iter()
            .map(|errand| errand.id)
            .collect();
        assert_eq!(found, shown);
        let earliest = first.iter().map(|which| at(expected[*which].due)).min();
        assert_eq!(next(store).await, earliest);
    }
}

/// The first open errand of each lane, where it is not under way.
fn first_waiting(expected: &[Expected]) -> Vec<usize> {
    let mut lanes: Vec<(ErrandKind, u8)> = Vec::new();
    let mut first = Vec::new();
    for (which, errand) in expected.iter().enumerate() {
        let lane = (errand.kind, errand.lane);
        if errand.open.is_none() || lanes.contains(&lane) {
            continue;
        }
        lanes.push(lane);
        if errand.open == Some(false) {
            first.push(which);
        }
    }
    first
}
