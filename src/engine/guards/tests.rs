use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::campaign::Cost;
use crate::engine::plan::Action;

/// A world in which nothing is wrong; every test changes it in one thing.
struct World {
    now: Timestamp,
    changes: Vec<Change>,
    sends: Vec<(Send, Health)>,
    population: BTreeMap<&'static str, u64>,
}

impl World {
    fn new() -> Self {
        Self {
            // A Sunday, 12:00 in Tallinn.
            now: "2026-11-22T10:00:00Z".parse().unwrap(),
            changes: Vec::new(),
            sends: Vec::new(),
            population: BTreeMap::from([("template", 40), ("webhook", 2)]),
        }
    }

    fn sending(people: u64) -> Self {
        let mut world = Self::new();
        world.sends.push((send(people), Health::default()));
        world
    }

    fn changing(changes: impl IntoIterator<Item = Change>) -> Self {
        Self {
            changes: changes.into_iter().collect(),
            ..Self::new()
        }
    }

    fn check(&self, limits: &Limits) -> Vec<GuardState> {
        limits.check(&Facts {
            now: self.now,
            changes: &self.changes,
            sends: self
                .sends
                .iter()
                .map(|(send, health)| (send, health))
                .collect(),
            population: self.population.clone(),
        })
    }

    /// The guards that refuse.
    fn refusing(&self, limits: &Limits) -> Vec<String> {
        let refusing = |guard: &GuardState| guard.exceeded && !guard.allowed;
        let states = self.check(limits);
        let refusing = states.into_iter().filter(refusing);
        refusing.map(|guard| guard.name).collect()
    }

    /// The only guard there is.
    #[track_caller]
    fn only(&self, limits: &Limits) -> GuardState {
        let mut states = self.check(limits);
        assert_eq!(states.len(), 1, "{states:?}");
        states.remove(0)
    }
}

fn send(now: u64) -> Send {
    let members = now + 60;
    serde_json::from_value(json!({
        "address": { "kind": "campaign", "name": "spring" }, "account": "main",
        "template": { "kind": "template", "name": "offer" }, "needs": [], "number": "+15550783881", "state": "running",
        "contacts": crate::store::Comparison {
            members,
            by_country: BTreeMap::from([("EE".to_owned(), now)]),
            ..crate::store::Comparison::default()
        },
        "now": now, "when_ready": 0, "later": 0,
        "later_reasons": {}, "unusable_rows": 0, "unusable_examples": [], "seconds_at_rate": now,
        "rate_per_second": 1.0, "limit_left": null, "days_under_limit": null, "waits_for": []
    }))
    .unwrap()
}

fn change(kind: &str, action: Action) -> Change {
    let field =
        json!({ "field": "body", "before": "a", "after": "b", "forces_replacement": false });
    let fields = match action {
        Action::Update | Action::Adopt => vec![field],
        _ => Vec::new(),
    };
    serde_json::from_value(json!({
        "address": { "kind": kind, "name": "offer" }, "account": "main", "key": "offer", "action": action, "counts": true,
        "id": null, "fingerprint": null, "before": null, "after": null, "fields": fields, "after_ready": [],
        "facts": Value::Null, "budgets": [], "declared_at": null
    }))
    .unwrap()
}

fn several(number: usize, kind: &str, action: Action) -> Vec<Change> {
    vec![change(kind, action); number]
}

fn at_most(count: u64) -> CountLimit {
    CountLimit {
        count: Some(count),
        ..CountLimit::default()
    }
}

fn priced(people: u64, amount: &str, currency: &str, unpriced: u64) -> (Send, Health) {
    let cost = Cost {
        currency: currency.to_owned(),
        amount: amount.parse().unwrap(),
        card: "usd".to_owned(),
        markets: Vec::new(),
        unpriced,
    };
    let send = Send {
        cost: Some(cost),
        ..send(people)
    };
    (send, Health::default())
}

fn cost(amount: &str) -> Limits {
    Limits {
        max_cost: Some(CostLimit {
            amount: amount.parse().unwrap(),
            currency: "USD".to_owned(),
        }),
        ..Limits::default()
    }
}

#[test]
fn a_guard_is_overridden_by_its_own_name_only() {
    let refusing = |allowed: &[&str]| {
        let limits = Limits {
            max_recipients: at_most(10),
            new_ledger: NewLedger::NewUnattended,
            allowed: allowed.iter().map(|name| (*name).to_owned()).collect(),
            ..Limits::default()
        };
        World::sending(11).refusing(&limits)
    };
    assert_eq!(refusing(&[]), ["max_recipients", "new_ledger"]);
    assert_eq!(refusing(&["new_ledger"]), ["max_recipients"]);
    assert_eq!(refusing(&["new_ledger", "max_recipients"]), [""; 0]);
}

#[test]
fn a_new_ledger_with_nobody_to_message_stops_nothing() {
    let limits = Limits {
        new_ledger: NewLedger::NewUnattended,
        ..Limits::default()
    };
    assert_eq!(World::sending(0).refusing(&limits), [""; 0]);
}

#[test]
fn what_is_not_declared_shows_nothing() {
    assert_eq!(World::sending(7).check(&Limits::default()), []);
}

#[test]
fn each_action_counts_where_it_belongs() {
    let actions = [
        Action::Delete,
        Action::Replace,
        Action::Update,
        Action::Adopt,
        Action::Create,
        Action::Forget,
    ];
    let mut world = World::changing(actions.map(|action| change("template", action)));
    // Our own ledger's: no live object is edited.
    world.changes.push(change("campaign", Action::Update));
    let limits = Limits {
        max_deletes: at_most(9),
        max_replaces: at_most(9),
        max_edits: at_most(9),
        adopt_edits: at_most(9),
        ..Limits::default()
    };
    let values: Vec<_> = world
        .check(&limits)
        .into_iter()
        .map(|guard| (guard.name, guard.value.0))
        .collect();
    let value = |name: &str, value: f64| (name.to_owned(), value);
    assert_eq!(
        values,
        [
            value("max_deletes", 2.0),
            value("max_replaces", 1.0),
            value("max_edits", 2.0),
            value("adopt_edits", 1.0)
        ]
    );
}

#[test]
fn a_limit_is_reached_before_it_is_exceeded() {
    let limits = Limits {
        max_deletes: at_most(2),
        ..Limits::default()
    };
    let deleting = |number| World::changing(several(number, "template", Action::Delete));
    assert!(!deleting(2).only(&limits).exceeded);
    let over = deleting(3).only(&limits);
    assert!(over.exceeded);
    assert_eq!(over.text, "3 of at most 2 deletions");
    assert_eq!((over.value, over.limit), (Quantity::of(3), Quantity::of(2)));
}

#[test]
fn a_percentage_is_of_each_kind_and_needs_enough_of_it() {
    let limits = Limits {
        max_deletes: CountLimit {
            percent: Some(10),
            at_least: 10,
            ..CountLimit::default()
        },
        ..Limits::default()
    };
    let mut changes = several(4, "template", Action::Delete);
    // One of two would be half.
    changes.push(change("webhook", Action::Delete));
    let world = World::changing(changes.clone());
    assert!(!world.only(&limits).exceeded, "4 of 40 is 10 %");
    changes.push(change("template", Action::Replace));
    let over = World::changing(changes).only(&limits);
    assert!(over.exceeded);
    assert_eq!(
        over.text,
        "5 of the 40 live objects of kind template would be deleted (12.5 %); at most 10 % may be"
    );
    assert_eq!((over.value, over.unit.as_str()), (Quantity(12.5), "%"));
}

#[test]
fn a_kind_has_a_limit_of_its_own() {
    let limits = Limits {
        max_deletes: CountLimit {
            count: Some(5),
            per_kind: BTreeMap::from([("webhook".to_owned(), 0)]),
            ..CountLimit::default()
        },
        ..Limits::default()
    };
    let world = World::changing(several(1, "webhook", Action::Delete));
    let exceeded: Vec<_> = world
        .check(&limits)
        .into_iter()
        .filter(|guard| guard.exceeded)
        .map(|guard| guard.text)
        .collect();
    assert_eq!(exceeded, ["1 of at most 0 deletions of kind webhook"]);
}

#[test]
fn recipients_are_held_against_their_lists() {
    let limits = Limits {
        max_recipients: CountLimit {
            percent: Some(50),
            at_least: 100,
            ..CountLimit::default()
        },
        ..Limits::default()
    };
    // 60 of 120, 61 of 121.
    assert!(!World::sending(60).only(&limits).exceeded);
    assert!(World::sending(61).only(&limits).exceeded);
    // 39 of 99 is too few to tell.
    assert_eq!(World::sending(39).check(&limits), []);
}

#[test]
fn costs_add_up_over_all_campaigns() {
    let mut world = World::new();
    world.sends = vec![priced(5, "6.005", "USD", 0), priced(5, "4", "USD", 0)];
    let over = world.only(&cost("10"));
    assert!(over.exceeded);
    // Rounded up, so that it does not look like the limit.
    assert_eq!(over.text, "USD 10.01 of at most USD 10");
    assert_eq!(over.unit, "USD");
    assert!(!world.only(&cost("10.005")).exceeded);
}

#[test]
fn a_cost_that_cannot_be_told_is_refused() {
    let unpriced = priced(5, "1", "USD", 2);
    let foreign = priced(5, "1", "EUR", 0);
    let without = (send(5), Health::default());
    for (send, says) in [
        (
            unpriced,
            "2 recipients of campaign.spring have no price in rate_card.usd",
        ),
        (foreign, "campaign.spring is priced in EUR"),
        (without, "no rate card covers campaign.spring"),
    ] {
        let mut world = World::new();
        world.sends.push(send);
        let guard = world.only(&cost("1000"));
        assert!(guard.exceeded, "{says}");
        assert!(guard.text.contains("cannot be told"), "{}", guard.text);
        assert!(guard.text.contains(says), "{}", guard.text);
    }
    // Where nobody is messaged there is nothing to tell.
    assert!(!World::sending(0).only(&cost("0")).exceeded);
}

#[test]
fn a_number_that_is_rated_worse_does_not_send() {
    let rated = |people, quality| {
        let limits = Limits {
            min_quality: Some(Quality::Yellow),
            ..Limits::default()
        };
        let mut world = World::sending(people);
        world.sends[0].1.quality = quality;
        world.only(&limits)
    };
    let red = rated(5, Some(Quality::Red));
    assert!(red.exceeded);
    assert_eq!(
        red.text,
        "+15550783881 is rated red; at least yellow is asked for"
    );
    assert!(!rated(5, Some(Quality::Yellow)).exceeded);
    let unknown = rated(5, None);
    assert!(!unknown.exceeded);
    assert!(unknown.text.contains("has no rating that is known"));
    assert!(!rated(0, Some(Quality::Red)).exceeded);
}

fn in_tallinn(from: i8, to: i8) -> Limits {
    Limits {
        sending_hours: Some(Hours {
            from: Time::constant(from, 0, 0, 0),
            to: Time::constant(to, 0, 0, 0),
            zone: TimeZone::get("Europe/Tallinn").unwrap(),
        }),
        ..Limits::default()
    }
}

#[test]
fn nothing_is_sent_outside_the_hours() {
    let at = |hours: i64, limits: &Limits, people| {
        let mut world = World::sending(people);
        world.now += SignedDuration::from_hours(hours);
        world.only(limits)
    };
    let day = in_tallinn(9, 18);
    assert!(!at(0, &day, 10).exceeded);
    let evening = at(6, &day, 10);
    assert!(evening.exceeded);
    assert_eq!(
        evening.text,
        "10 contacts would be messaged now, at 18:00; an apply sends from 09:00 to 18:00 in Europe/Tallinn only"
    );
    assert!(at(-4, &day, 10).exceeded);
    assert!(!at(6, &day, 0).exceeded);
    let night = in_tallinn(22, 6);
    assert!(at(0, &night, 10).exceeded);
    assert!(!at(10, &night, 10).exceeded);
    assert!(!at(16, &night, 10).exceeded);
    assert!(at(18, &night, 10).exceeded);
}

#[test]
fn sending_that_lasts_beyond_the_hours_is_refused() {
    // One a second, until 18:00: six hours are left.
    let day = in_tallinn(9, 18);
    assert!(!World::sending(6 * 3600).only(&day).exceeded);
    let long = World::sending(6 * 3600 + 1).only(&day);
    assert!(long.exceeded);
    assert!(
        long.text
            .starts_with("sending takes until 2026-11-22 18:00")
    );
    // Campaigns of one number take turns.
    let mut two = World::sending(4 * 3600);
    two.sends.push((send(4 * 3600), Health::default()));
    assert!(two.only(&day).exceeded);
    two.sends[1].0.number = "+15550783882".to_owned();
    assert!(!two.only(&day).exceeded);
}

#[test]
fn recipients_of_other_regions_are_named() {
    let limits = Limits {
        countries: Some(BTreeSet::from(["EE".to_owned(), "FI".to_owned()])),
        ..Limits::default()
    };
    assert!(!World::sending(3).only(&limits).exceeded);
    let mut world = World::sending(9);
    world.sends[0].0.contacts.by_country = [("EE", 3), ("BR", 4), ("", 2)]
        .map(|(country, people)| (country.to_owned(), people))
        .into();
    let guard = world.only(&limits);
    assert!(guard.exceeded);
    assert_eq!(
        guard.text,
        "6 of other regions (BR 4, 2 of no known region); recipients may be of EE, FI only"
    );
}

#[test]
fn the_rate_of_failures_is_shown_and_refuses_nothing() {
    let limits = Limits {
        max_failure_rate: Some(FailureLimit {
            percent: 20,
            at_least: 50,
        }),
        ..Limits::default()
    };
    let mut world = World::sending(3);
    assert!(world.only(&limits).text.starts_with("nothing was sent yet"));
    world.sends[0].1 = Health {
        settled: 100,
        failed: 31,
        ..Health::default()
    };
    world.sends.push((
        send(1),
        Health {
            settled: 10,
            failed: 3,
            ..Health::default()
        },
    ));
    let guard = world.only(&limits);
    assert!(
        guard
            .text
            .starts_with("31 of 100 messages of campaign.spring failed so far (31 %)"),
        "{}",
        guard.text
    );
    assert_eq!((guard.value, guard.exceeded), (Quantity(31.0), false));
}
