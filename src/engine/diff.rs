//! The three-way decision: what is desired, what was last applied, what is live.
//!
//! | desired | last | live | becomes |
//! | --- | --- | --- | --- |
//! | yes | - | - | create |
//! | yes | - | yes | adopt; its content is changed where it differs |
//! | yes | yes | - | create again, reported as missing |
//! | yes | yes | yes | nothing, update or replace |
//! | - | yes | yes | forget, or delete where the account says so |
//! | - | yes | - | forget |
//! | - | - | yes | unmanaged, reported |
//!
//! This is the only diff there is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::fingerprint;
use super::plan::{Action, Change, Drift, DriftClass, Refused, Wait};
use crate::config::Sources;
use crate::resource::{
    Desired, FieldChange, Intent, Live, Permit, Proposed, Readiness, Reconciler, Rights,
};
use crate::store::{Applied, RightUsed};

/// Terraform's word for a replacement that somebody asked for.
pub const REPLACE_BY_REQUEST: &str = "replace_by_request";

/// The three sides of one object.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    pub desired: Option<&'a Desired>,
    pub last: Option<&'a Applied>,
    pub live: Option<&'a Live>,
}

/// What a decision needs to know of the world around the object.
pub struct Context<'a> {
    pub now: Timestamp,
    pub sources: &'a Sources,
    /// What the object's account says of itself.
    pub account_facts: &'a BTreeMap<String, Value>,
    /// Accounts whose objects are deleted when they leave the configuration.
    pub deleting: &'a dyn Fn(&str) -> bool,
    /// Rights used before and by this plan.
    pub used: Rights,
    /// Live objects by kind and account, those of this plan included.
    pub population: BTreeMap<(&'static str, String), usize>,
    /// Whether the object that is decided next is made anew by request.
    pub replaced: bool,
}

/// What is decided for one object.
#[derive(Debug, Default)]
pub struct Decided {
    pub change: Option<Change>,
    pub refused: Option<Refused>,
    pub wait: Option<Wait>,
    pub drift: Vec<Drift>,
}

/// Decides what is to become of one object.
pub fn decide(reconciler: &dyn Reconciler, sides: Sides<'_>, context: &mut Context<'_>) -> Decided {
    let mut decided = Decided {
        drift: drift(reconciler, sides),
        ..Decided::default()
    };
    let Some((action, intent, fields)) = wanted(reconciler, sides, context) else {
        return decided;
    };
    let mut change = change(reconciler, sides, action, fields, context);
    if let Some(intent) = intent {
        match permit(reconciler, intent, sides, &change.fields, context) {
            Permit::Granted(budgets) => {
                count(reconciler, intent, &change, &budgets, context);
                change.budgets = budgets;
            }
            Permit::Waits(reason) => {
                decided.wait = Some(Wait {
                    address: change.address,
                    reason,
                    help: None,
                    broken: false,
                    unwritten: true,
                });
                return decided;
            }
            Permit::Refused(refusal) => {
                let Change {
                    address,
                    declared_at,
                    ..
                } = change;
                decided.refused = Some(Refused {
                    address,
                    refusal,
                    declared_at,
                });
                return decided;
            }
        }
    } else if let (Some(desired), Some(live)) = (sides.desired, sides.live) {
        decided.wait = waiting(reconciler, desired, live);
    }
    decided.change = Some(change);
    decided
}

/// Returns the wait for a live object that cannot be used yet.
pub fn waiting(reconciler: &dyn Reconciler, desired: &Desired, live: &Live) -> Option<Wait> {
    let address = desired.address.clone();
    match reconciler.readiness(live) {
        Readiness::Ready => None,
        Readiness::Waiting { reason } => Some(Wait {
            address,
            reason,
            help: None,
            broken: false,
            unwritten: false,
        }),
        Readiness::Broken { reason, help } => Some(Wait {
            address,
            reason,
            help,
            broken: true,
            unwritten: false,
        }),
    }
}

/// Returns the action, what its owner must permit for it, and the differences.
fn wanted(
    reconciler: &dyn Reconciler,
    sides: Sides<'_>,
    context: &Context<'_>,
) -> Option<(Action, Option<Intent>, Vec<FieldChange>)> {
    match sides {
        _ if reconciler.is_watched() => {
            let is_there = sides.desired.is_some() && sides.live.is_some();
            is_there.then(|| (Action::NoOp, None, Vec::new()))
        }
        Sides {
            desired: Some(desired),
            live: None,
            ..
        } => Some((
            Action::Create,
            Some(Intent::Create),
            reconciler.describe(&desired.content),
        )),
        Sides {
            desired: Some(desired),
            last,
            live: Some(live),
        } => {
            let fields = reconciler.compare(&desired.content, last.map(|last| &last.content), live);
            let replaced = context.replaced || fields.iter().any(|field| field.forces_replacement);
            let intent = match (fields.is_empty(), replaced) {
                (_, true) => Some(Intent::Replace),
                (true, false) => None,
                (false, false) => Some(Intent::Update),
            };
            let action = match (last, intent) {
                (_, Some(Intent::Replace)) => Action::Replace,
                (None, _) if reconciler.is_elsewhere() => Action::Adopt,
                (_, None) => Action::NoOp,
                (_, Some(_)) => Action::Update,
            };
            Some((action, intent, fields))
        }
        Sides {
            desired: None,
            last: Some(last),
            live,
        } => {
            let delete =
                live.is_some() && reconciler.is_elsewhere() && (context.deleting)(&last.account);
            Some(if delete {
                (Action::Delete, Some(Intent::Delete), Vec::new())
            } else {
                (Action::Forget, None, Vec::new())
            })
        }
        Sides {
            desired: None,
            last: None,
            ..
        } => None,
    }
}

fn change(
    reconciler: &dyn Reconciler,
    sides: Sides<'_>,
    action: Action,
    fields: Vec<FieldChange>,
    context: &Context<'_>,
) -> Change {
    let Sides {
        desired,
        last,
        live,
    } = sides;
    let (address, account, key) = match (desired, last) {
        (Some(desired), _) => (&desired.address, &desired.account, &desired.key),
        (None, Some(last)) => (&last.address, &last.account, &last.key),
        (None, None) => {
            unreachable!("an object that is neither desired nor remembered is not changed")
        }
    };
    Change {
        address: address.clone(),
        account: account.clone(),
        key: key.clone(),
        action,
        counts: reconciler.counts(),
        id: live.map(|live| live.id.clone()),
        fingerprint: live.map(fingerprint::of_live),
        before: live.map(|live| live.content.clone()),
        after: match action {
            Action::Delete | Action::Forget => None,
            _ => desired.map(|desired| desired.content.clone()),
        },
        fields,
        after_ready: desired
            .map(|desired| desired.depends_on.clone())
            .unwrap_or_default(),
        facts: live.map_or(Value::Null, |live| live.facts.clone()),
        budgets: Vec::new(),
        declared_at: desired.map(|desired| context.sources.locate(&desired.place)),
        reason: (action == Action::Replace && context.replaced)
            .then(|| REPLACE_BY_REQUEST.to_owned()),
    }
}

fn permit(
    reconciler: &dyn Reconciler,
    intent: Intent,
    sides: Sides<'_>,
    fields: &[FieldChange],
    context: &Context<'_>,
) -> Permit {
    let account = sides
        .desired
        .map(|desired| &desired.account)
        .or(sides.last.map(|last| &last.account));
    let account = account.map(String::as_str).unwrap_or_default();
    reconciler.permit(
        intent,
        &Proposed {
            now: context.now,
            account,
            desired: sides.desired,
            live: sides.live,
            fields,
            population: context
                .population
                .get(&(reconciler.kind(), account.to_owned()))
                .copied()
                .unwrap_or_default(),
            used: &context.used,
            account_facts: context.account_facts.get(account).unwrap_or(&Value::Null),
        },
    )
}

/// Books what a granted change uses up, so that the next decision of the plan sees it.
fn count(
    reconciler: &dyn Reconciler,
    intent: Intent,
    change: &Change,
    budgets: &[crate::resource::BudgetUse],
    context: &mut Context<'_>,
) {
    for budget in budgets {
        context.used.add(RightUsed {
            account: change.account.clone(),
            right: budget.right.clone(),
            subject: budget.subject.clone(),
            at: context.now,
        });
    }
    let population = context
        .population
        .entry((reconciler.kind(), change.account.clone()))
        .or_default();
    match intent {
        Intent::Create => *population += 1,
        Intent::Delete => *population = population.saturating_sub(1),
        Intent::Update | Intent::Replace => {}
    }
}

/// Returns how the live object differs from what was last applied. An object may have been edited and moved at once.
fn drift(reconciler: &dyn Reconciler, sides: Sides<'_>) -> Vec<Drift> {
    let Some(last) = sides.last else {
        return Vec::new();
    };
    let found = |class, fields| Drift {
        address: last.address.clone(),
        class,
        fields,
        before: Some(last.content.clone()),
        after: sides.live.map(|live| live.content.clone()),
        since: None,
        meaning: Vec::new(),
        mend: None,
    };
    let Some(live) = sides.live else {
        // What has left the configuration is let go anyway, and not every kind looks for it.
        let is_missed = sides.desired.is_some();
        return Vec::from_iter(is_missed.then(|| found(DriftClass::Missing, Vec::new())));
    };
    // A comparison tells the way back; a drift tells the way there.
    let mut edited = reconciler.drift(&last.content, live);
    for field in &mut edited {
        std::mem::swap(&mut field.before, &mut field.after);
    }
    // Another object under the same name has no past that we know.
    let facts = match last.id == live.id {
        true => &last.facts,
        false => &Value::Null,
    };
    let moved = reconciler.moved(&last.content, facts, live);
    [(DriftClass::Edited, edited), (DriftClass::Moved, moved)]
        .into_iter()
        .filter(|(_, fields)| !fields.is_empty())
        .map(|(class, fields)| found(class, fields))
        .collect()
}
