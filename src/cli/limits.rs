//! From the declared guard to the limits of a plan.

use crate::campaign::FailureLimit;
use crate::config::NumberOr;
use crate::engine::{CostLimit, CountLimit, Hours, Limits};
use crate::resource::Project;
use crate::resource::guard::{AT_LEAST, Guard, Limit};

/// Returns the declared limits; nothing is overridden.
pub(super) fn declared(project: &Project) -> Limits {
    let guard = project.all::<Guard>().next();
    let guard = guard.map(|guard| guard.value.clone()).unwrap_or_default();
    Limits {
        max_recipients: count(guard.max_recipients.as_ref()),
        max_cost: guard.max_cost.as_ref().map(|money| CostLimit {
            amount: *money.amount,
            currency: money.currency.get().clone(),
        }),
        max_deletes: count(guard.max_deletes.as_ref()),
        max_replaces: count(guard.max_replaces.as_ref()),
        max_edits: count(guard.max_edits.as_ref()),
        adopt_edits: match &guard.adopt_edits {
            Some(limit) => count(Some(limit)),
            None => CountLimit {
                count: Some(0),
                ..CountLimit::default()
            },
        },
        max_failure_rate: FailureLimit::of(project),
        min_quality: guard.min_quality.as_ref().map(|quality| **quality),
        sending_hours: guard.sending_hours.as_ref().and_then(|hours| {
            Some(Hours {
                from: hours.from.0,
                to: hours.to.0,
                zone: hours.zone()?,
            })
        }),
        countries: guard
            .countries
            .as_ref()
            .map(|all| all.iter().map(|one| one.get().to_uppercase()).collect()),
        ..Limits::default()
    }
}

fn count(limit: Option<&Limit>) -> CountLimit {
    match limit.map(|limit| limit.get()) {
        None => CountLimit::default(),
        Some(NumberOr::Number(count)) => CountLimit {
            count: Some(*count),
            ..CountLimit::default()
        },
        Some(NumberOr::Table(long)) => CountLimit {
            count: long.count.as_ref().map(|count| **count),
            percent: long.percent.as_ref().map(|percent| **percent),
            at_least: long.at_least.as_ref().map_or(AT_LEAST, |least| **least),
            per_kind: long
                .per_kind
                .iter()
                .map(|(kind, most)| (kind.get().clone(), **most))
                .collect(),
        },
    }
}
