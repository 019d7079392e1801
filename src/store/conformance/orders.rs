//! What statuses make of an attempt does not depend on the order in which they come, nor on how often.

use super::intake::{
    Engine, Hall, OPTED_OUT, OTHER_PERSON, PASSING, UNDELIVERABLE, failure, receipt, status,
};
use super::kit::{DAY, HOUR, released, uncertain};
use crate::store::DeliveryStatus::{Delivered, Failed, Read, Sent};
use crate::store::{Claim, DeliveryStatus, Fact, Pricing, Receipt};

/// What an attempt was before statuses came.
const STARTS: usize = 5;
const STATUSES: [DeliveryStatus; 4] = [Sent, Delivered, Read, Failed];
/// All orders of four.
const ORDERS: usize = 24;

/// A set of statuses, the code of its failure, and where the attempt stood.
struct Case {
    statuses: Vec<DeliveryStatus>,
    code: i64,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for set in 1..16usize {
        let statuses: Vec<_> = (0..4)
            .filter(|bit| set & (1 << bit) != 0)
            .map(|bit| STATUSES[bit])
            .collect();
        let codes: &[i64] = if statuses.contains(&Failed) {
            &[PASSING, OPTED_OUT, UNDELIVERABLE, OTHER_PERSON]
        } else {
            &[0]
        };
        for code in codes {
            for _ in 0..STARTS {
                cases.push(Case {
                    statuses: statuses.clone(),
                    code: *code,
                });
            }
        }
    }
    cases
}

/// The `index`th order of a list; orders repeat when there are fewer.
fn ordered<T: Copy>(mut rest: Vec<T>, mut index: usize) -> Vec<T> {
    let mut order = Vec::new();
    while !rest.is_empty() {
        let place = index % rest.len();
        index /= rest.len();
        order.push(rest.remove(place));
    }
    order
}

/// One of three ways to be told the same: once, with the first again after each, all of it twice.
fn repeated<T: Copy>(order: &[T], way: usize) -> Vec<T> {
    match way {
        0 => order.to_vec(),
        1 => order.iter().flat_map(|one| [*one, order[0]]).collect(),
        _ => [order, order].concat(),
    }
}

/// A status of a case; Meta repeats one to the letter.
fn told(claim: &Claim, which: DeliveryStatus, code: i64) -> Fact {
    match which {
        Failed => failure(claim, code, 25),
        Sent => {
            let pricing = Pricing {
                category: "marketing".to_owned(),
                billable: Some(true),
            };
            Fact::Receipt(Receipt {
                pricing: Some(pricing),
                ..receipt(claim, Sent, 10)
            })
        }
        Delivered => status(claim, Delivered, 20),
        Read => status(claim, Read, 30),
    }
}

/// Brings a case's attempt to where it starts.
async fn start(hall: &Hall, claims: &[Claim]) {
    for (index, claim) in claims.iter().enumerate() {
        match index % STARTS {
            0 => {}
            1 => hall.settle(4, claim, uncertain()).await,
            2 => hall.accept(4, claim).await,
            3 => hall.settle(4 - DAY, claim, uncertain()).await,
            _ => hall.settle(4, claim, released(HOUR)).await,
        }
    }
    // The fourth kind is closed as uncertain.
    assert!(hall.house.expire(5).await > 0);
}

pub(in crate::store) async fn statuses_make_the_same_of_an_attempt_in_whatever_order_they_come(
    fresh: impl Fn() -> Engine,
) {
    let cases = cases();
    let mut expected = None;
    for run in 0..ORDERS {
        let engine = fresh();
        let hall = Hall::with(&engine, cases.len() as u64).await;
        let mut claims = hall.house.claim(0, cases.len()).await;
        claims.sort_by(|one, other| one.phone.cmp(&other.phone));
        start(&hall, &claims).await;
        let told_of: Vec<Vec<Fact>> = cases
            .iter()
            .zip(&claims)
            .enumerate()
            .map(|(index, (case, claim))| {
                let order = ordered(case.statuses.clone(), run);
                let statuses = repeated(&order, (run + index) % 3);
                let facts = statuses.iter().map(|which| told(claim, *which, case.code));
                facts.collect()
            })
            .collect();
        let longest = told_of.iter().map(Vec::len).max().unwrap_or(0);
        for turn in 0..longest {
            let facts = told_of.iter().filter_map(|facts| facts.get(turn).cloned());
            hall.take(50, facts.collect()).await;
        }
        let dump = (engine.dump)();
        let expected = expected.get_or_insert_with(|| dump.clone());
        for (table, rows) in &dump {
            let differ: Vec<_> = rows
                .iter()
                .zip(&expected[table])
                .filter(|(a, b)| a != b)
                .collect();
            assert_eq!(differ.first(), None, "run {run}, {table}");
            assert_eq!(rows.len(), expected[table].len(), "run {run}, {table}");
        }
    }
    let expected = expected.unwrap();
    for table in ["member", "attempt", "suppressed", "suspect", "identity"] {
        assert!(!expected[table].is_empty(), "{table} takes part");
    }
}
