//! Every ordered pair of configurations, without a fault.

use futures::StreamExt as _;
use waform::engine::Options;
use waform::engine::plan::Plan;

use super::configurations::{Configuration, all, nothing};
use super::machine::{Applied, Machine};

/// How many pairs are under way at the same time.
const AT_ONCE: usize = 16;

pub(super) fn assert_empty(plan: &Plan, context: &str) {
    assert!(plan.refused.is_empty(), "{context}: {:#?}", plan.refused);
    assert!(plan.waits.is_empty(), "{context}: {:#?}", plan.waits);
    assert!(
        !plan.has_differences(),
        "{context}: {:#?}\n{plan:#?}",
        plan.counts()
    );
}

pub(super) fn assert_done(applied: &Applied, context: &str) {
    assert!(applied.error.is_none(), "{context}: {applied:#?}");
    assert!(applied.outcome.failed.is_empty(), "{context}: {applied:#?}");
    assert!(applied.outcome.held.is_empty(), "{context}: {applied:#?}");
    assert_eq!(applied.uncertain, 0, "{context}: {applied:#?}");
}

async fn converge(from: Configuration, to: Configuration) {
    let mut machine = Machine::new().await;
    let foreign = machine
        .world
        .foreign_template("somebody_elses", "Nothing to do with us at all.")
        .await;
    let before = machine.world.template("somebody_elses").await;
    for configuration in [&from, &to] {
        let context = format!(
            "{} → {}, at the latter's {}",
            from.name, to.name, configuration.name
        );
        machine.tomorrow();
        machine.declare(configuration);
        let applied = machine.apply().await;
        assert_done(&applied, &context);
        assert_empty(&machine.plan().await, &context);
    }
    let context = format!("{} → {}", from.name, to.name);
    assert_eq!(before["id"], foreign);
    assert_eq!(
        machine.world.template("somebody_elses").await,
        before,
        "{context}"
    );
    machine.only_what_was_planned(&context).await;
    machine.nothing_twice(&context).await;
    machine.finish().await;
}

/// Whatever was applied is taken away, no more than that, and nothing is left to be done for who declares nothing.
async fn destroy(configuration: Configuration) {
    let context = format!("{}, destroyed", configuration.name);
    let mut machine = Machine::new().await;
    machine
        .world
        .foreign_template("somebody_elses", "Nothing to do with us at all.")
        .await;
    machine.declare(&configuration);
    assert_done(&machine.apply().await, &context);
    machine.tomorrow();
    let options = Options {
        destroy: true,
        ..Options::default()
    };
    let applied = machine.apply_with(&options).await;
    assert_done(&applied, &context);
    assert_eq!(applied.accepted, 0, "{context}");
    assert_empty(&machine.plan_with(&options).await, &context);
    let left = machine.world.templates().await;
    assert_eq!(left.len(), 1, "{context}: {left:#?}");
    machine.declare(&nothing());
    assert_empty(&machine.plan().await, &context);
    machine.only_what_was_planned(&context).await;
    machine.nothing_twice(&context).await;
    machine.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_configuration_can_be_destroyed() {
    futures::stream::iter(all())
        .for_each_concurrent(AT_ONCE, destroy)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_every_configuration_every_other_is_reached() {
    let all = all();
    assert!(all.len() >= 12);
    let pairs = all
        .iter()
        .flat_map(|from| all.iter().map(move |to| (from.clone(), to.clone())));
    futures::stream::iter(pairs)
        .for_each_concurrent(AT_ONCE, |(from, to)| converge(from, to))
        .await;
}
