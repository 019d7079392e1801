//! Every pair may be interrupted by a fault at any request; the next apply goes on from there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::configurations::{Configuration, all};
use super::machine::Machine;
use super::pairs::{assert_done, assert_empty};
use crate::kit::{Random, size};

/// What the world may do to a request, each with a name for messages.
fn faults() -> [(&'static str, Value); 5] {
    [
        ("an overload", json!({ "status": 503 })),
        ("a cut before the call was taken", json!("cut_before")),
        ("a cut after the call was taken", json!("cut_after")),
        (
            "a passing error",
            json!({ "error": { "code": 2, "is_transient": true } }),
        ),
        ("a throttle", json!({ "error": { "code": 80_007 } })),
    ]
}

/// Applies the first configuration, then the second one with the nth request struck. Returns how many requests that took.
async fn interrupted(
    from: &Configuration,
    to: &Configuration,
    strike: Option<(usize, &'static str, &Value)>,
) -> usize {
    let context = match strike {
        Some((nth, name, _)) => format!("{} → {}, {name} at request {nth}", from.name, to.name),
        None => format!("{} → {}", from.name, to.name),
    };
    let mut machine = Machine::new().await;
    machine
        .world
        .foreign_template("somebody_elses", "Nothing to do with us at all.")
        .await;
    let foreign = machine.world.template("somebody_elses").await;
    machine.tomorrow();
    machine.declare(from);
    assert_done(&machine.apply().await, &context);
    machine.tomorrow();
    machine.declare(to);

    let before = machine.world.latest().await;
    if let Some((nth, _, fault)) = strike {
        // Not once but for as long as a call is repeated, so that repeating does not hide it.
        let fault = json!({ "match": { "nth": nth }, "times": 3, "fault": fault });
        machine.world.fault(fault).await;
    }
    let struck = machine.apply().await;
    let requests = machine.world.requests_after(before).await.len();
    machine.world.heal().await;

    // What waits for its time, such as a retry, has it now.
    machine.tomorrow();
    let healed = machine.apply().await;
    assert!(
        healed.error.is_none(),
        "{context}: {struck:#?}\n{healed:#?}"
    );
    assert!(
        healed.outcome.failed.is_empty(),
        "{context}: {struck:#?}\n{healed:#?}"
    );
    let plan = machine.plan().await;
    assert_empty(&plan, &context);

    // Whoever is to be messaged was tried: nobody is left behind.
    for send in plan.sends.iter().filter(|send| send.state == "running") {
        assert_eq!(
            send.contacts.new + send.contacts.due,
            0,
            "{context}: {send:#?}"
        );
    }
    assert_eq!(
        machine.world.template("somebody_elses").await,
        foreign,
        "{context}"
    );
    machine.only_what_was_planned(&context).await;
    machine.nothing_twice(&context).await;
    machine.finish().await;
    requests
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_fault_at_any_request_the_next_apply_converges() {
    let mut random = Random::new("faults");
    let all = all();
    let mut kinds = BTreeSet::new();
    for _ in 0..size("FULL_FAULTS", 15) {
        let from = &all[random.below(all.len())];
        let to = &all[random.below(all.len())];
        let requests = interrupted(from, to, None).await;
        let faults = faults();
        let (name, fault) = &faults[random.below(faults.len())];
        let nth = 1 + random.below(requests);
        interrupted(from, to, Some((nth, name, fault))).await;
        kinds.insert(*name);
    }
    assert!(kinds.len() > 1, "only one fault was tried");
}

/// The dearest place for a fault: the write itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_answer_was_lost_is_not_repeated() {
    let all = all();
    let named = |name: &str| all.iter().find(|each| each.name == name).unwrap();
    for (from, to) in [
        ("nothing", "many templates"),
        ("first", "another text"),
        ("many templates", "everything deleted"),
        ("nothing", "first"),
    ] {
        let mut machine = Machine::new().await;
        let context = format!("{from} → {to}");
        machine.declare(named(from));
        assert_done(&machine.apply().await, &context);
        machine.tomorrow();
        machine.declare(named(to));
        let lost = json!({ "match": { "method": "POST" }, "fault": "cut_after" });
        machine.world.fault(lost).await;
        let lost = json!({ "match": { "method": "DELETE" }, "fault": "cut_after" });
        machine.world.fault(lost).await;
        let struck = machine.apply().await;
        machine.world.heal().await;
        let healed = machine.apply().await;
        assert!(
            healed.error.is_none(),
            "{context}: {struck:#?}\n{healed:#?}"
        );
        assert!(
            healed.outcome.failed.is_empty(),
            "{context}: {struck:#?}\n{healed:#?}"
        );
        assert_empty(&machine.plan().await, &context);
        machine.only_what_was_planned(&context).await;
        machine.nothing_twice(&context).await;
        machine.finish().await;
    }
}
