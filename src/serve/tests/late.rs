//! Campaigns whose declared start has passed by more than they allow.

use super::sending::{Floor, accepted};
use super::*;
use crate::store::{HaltCause, Happening, HappeningFilter, Scope};

const START: &str = "start = 2026-09-21T14:13:20Z\n";

async fn held(floor: &Floor) -> usize {
    let filter = HappeningFilter {
        area: Some("campaign".to_owned()),
        limit: 10,
        ..HappeningFilter::default()
    };
    let happened = floor.office.store.happenings(&filter).await.unwrap();
    let halted = |happening: &&Happening| happening.what == "campaign.halted";
    happened.iter().filter(halted).count()
}

async fn resume(floor: &Floor) {
    let (store, now) = (&floor.office.store, floor.office.clock.now());
    let causes = [HaltCause::Late];
    let lifted = store.lift("main", Scope::Campaign, "spring", &causes, "ben", now);
    assert_eq!(lifted.await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_late_start_is_held_once_and_goes_on_after_resume() {
    let mut floor = Floor::new(START, accepted).await;
    let mut sender = floor.sender(true);
    floor.office.clock.advance(hours(2));
    for _ in 0..2 {
        floor.turn(&mut sender).await.unwrap();
        assert_eq!(floor.halts().await, [(Scope::Campaign, HaltCause::Late)]);
        assert_eq!((floor.sent().len(), held(&floor).await), (0, 1));
    }
    floor.office.clock.advance(hours(5));
    resume(&floor).await;
    // Also of a process that does not remember.
    let mut sender = floor.sender(true);
    floor.turn(&mut sender).await.unwrap();
    assert_eq!((floor.sent().len(), held(&floor).await), (1, 1));
}

#[tokio::test]
async fn a_start_that_became_late_behind_anothers_lease_is_held() {
    let mut floor = Floor::new(START, accepted).await;
    let mut sender = floor.sender(true);
    floor.leased_elsewhere().await;
    floor.turn(&mut sender).await.unwrap();
    assert_eq!(
        (floor.sent().len(), held(&floor).await),
        (0, 0),
        "in time, and not ours"
    );
    floor.office.clock.advance(hours(3));
    floor.turn(&mut sender).await.unwrap();
    assert_eq!((floor.sent().len(), held(&floor).await), (0, 1));
}

#[tokio::test]
async fn what_has_no_declared_start_is_never_late() {
    let mut floor = Floor::new("", accepted).await;
    let mut sender = floor.sender(true);
    floor.office.clock.advance(hours(48));
    floor.turn(&mut sender).await.unwrap();
    assert_eq!((floor.sent().len(), held(&floor).await), (1, 0));
}
