//! What Meta would refuse, told before it is asked: states, quotas and scarce rights.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{compare, limits};
use crate::resource::{BudgetUse, Intent, Live, Permit, Proposed, Refusal};
use crate::store::RightUsed;

const EDIT: &str = "template.edit";
const CREATE: &str = "template.create";
const DELETE: &str = "template.delete";

/// Says whether Meta would take the change, with the rights it uses up.
pub(super) fn permit(intent: Intent, change: &Proposed<'_>) -> Permit {
    if let (Intent::Update, Some(status @ ("PENDING" | "IN_APPEAL"))) = (intent, status(change)) {
        return Permit::Waits(format!(
            "the edit waits for Meta's {}",
            if status == "PENDING" {
                "review"
            } else {
                "decision on the appeal"
            }
        ));
    }
    let answer = match intent {
        Intent::Create => create(change),
        Intent::Update => update(change),
        Intent::Replace => Err(refusal(
            "template::replace",
            "a template cannot be replaced under its own name: Meta locks the name for 30 days",
            "declare the new one under another name",
        )),
        Intent::Delete => delete(change),
    };
    match answer {
        Ok(uses) => match creation_waits(change).filter(|_| intent == Intent::Create) {
            Some(reason) => Permit::Waits(reason),
            None => Permit::Granted(uses),
        },
        Err(refusal) => Permit::Refused(refusal),
    }
}

fn status<'c>(change: &Proposed<'c>) -> Option<&'c str> {
    let facts = &change.live?.facts;
    // Where Meta was not asked, the template is reckoned to be approved: such a one has the fewest rights.
    if facts.is_null() {
        return Some("APPROVED");
    }
    facts["status"].as_str()
}

fn refusal(code: &str, message: impl Into<String>, help: impl Into<String>) -> Refusal {
    Refusal {
        code: code.to_owned(),
        message: message.into(),
        help: help.into(),
        until: None,
    }
}

/// Returns when a right on a subject was used within a time, oldest first.
fn uses<'c>(
    change: &Proposed<'c>,
    right: &str,
    subject: &str,
    within: SignedDuration,
) -> &'c [Timestamp] {
    change
        .used
        .used(change.account, right, subject, change.now, within)
}

/// Returns when one more use is allowed again, where `times` have used all up.
fn next_window(times: &[Timestamp], most: usize, within: SignedDuration) -> Option<Timestamp> {
    let oldest_that_counts = times.len().checked_sub(most)?;
    times[oldest_that_counts].checked_add(within).ok()
}

fn create(change: &Proposed<'_>) -> Result<Vec<BudgetUse>, Refusal> {
    if let Some(desired) = change.desired {
        let deleted = uses(change, DELETE, &desired.key, limits::NAME_LOCK);
        if let Some(until) = next_window(deleted, 1, limits::NAME_LOCK) {
            return Err(Refusal {
                until: Some(until),
                ..refusal(
                    "template::name_locked",
                    format!(
                        "Meta locks the name of a deleted template for 30 days: `{}` in `{}` until {}",
                        desired.content["name"].as_str().unwrap_or_default(),
                        desired.content["language"].as_str().unwrap_or_default(),
                        until.strftime("%Y-%m-%d %H:%M UTC")
                    ),
                    "declare it under another name (`name = \"..._v2\"`), or wait",
                )
            });
        }
    }
    if let Some(most) = quota(change.account_facts)
        && change.population >= most
    {
        return Err(refusal(
            "template::quota",
            format!(
                "the account has room for {most} templates, each language counted, and has {}",
                change.population
            ),
            "delete templates that are no longer sent; a verified portfolio with an approved display name has room for 6000",
        ));
    }
    let created = uses(change, CREATE, change.account, limits::CREATION_WINDOW).len();
    Ok(vec![BudgetUse {
        right: CREATE.to_owned(),
        subject: change.account.to_owned(),
        text: format!(
            "creation {} of {} in an hour",
            created + 1,
            limits::CREATIONS
        ),
    }])
}

/// Says what a creation waits for that the account would take later: time alone helps, so that it stops nothing else.
fn creation_waits(change: &Proposed<'_>) -> Option<String> {
    let created = uses(change, CREATE, change.account, limits::CREATION_WINDOW);
    let until = next_window(created, limits::CREATIONS, limits::CREATION_WINDOW)?;
    Some(format!(
        "Meta takes {} new templates an hour and account, and as many are made; an apply after {} goes on",
        limits::CREATIONS,
        until.strftime("%Y-%m-%d %H:%M UTC")
    ))
}

/// Returns how many templates the account may have, as far as it can be told.
fn quota(account: &Value) -> Option<usize> {
    let told = [
        &account["message_template_limit"],
        &account["summary"]["message_template_limit"],
    ]
    .into_iter()
    .find_map(Value::as_u64)
    .and_then(|limit| usize::try_from(limit).ok());
    told.or_else(|| {
        let verification = account["business_verification_status"].as_str()?;
        Some(if verification.eq_ignore_ascii_case("verified") {
            limits::TEMPLATES_VERIFIED
        } else {
            limits::TEMPLATES_UNVERIFIED
        })
    })
}

fn update(change: &Proposed<'_>) -> Result<Vec<BudgetUse>, Refusal> {
    let Some(live) = change.live else {
        return Ok(Vec::new());
    };
    match status(change).unwrap_or_default() {
        "APPROVED" => approved_edit(change, &live.id),
        "REJECTED" | "PAUSED" => Ok(Vec::new()),
        "DISABLED" => Err(refusal(
            "template::disabled",
            "Meta has disabled the template for good",
            "declare it under another name, with a text that customers do not report",
        )),
        "ARCHIVED" => Err(refusal(
            "template::archived",
            "Meta has archived the template because it was not used for a year",
            "unarchive it in WhatsApp Manager, or declare it under another name",
        )),
        other => Err(refusal(
            "template::not_editable",
            format!(
                "a template in the state {other} cannot be edited: only APPROVED, REJECTED and PAUSED ones can"
            ),
            "wait until Meta has moved it on, or declare it under another name",
        )),
    }
}

fn approved_edit(change: &Proposed<'_>, id: &str) -> Result<Vec<BudgetUse>, Refusal> {
    if let Some(category) = change.fields.iter().find(|field| field.field == "category") {
        let live = category
            .before
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or_default();
        return Err(refusal(
            "template::category_fixed",
            "the category of an approved template cannot be changed",
            format!(
                "declare it under another name; or delete it and wait 30 days until its name is free; or keep what it \
                 has: category = \"{}\"",
                live.to_lowercase()
            ),
        ));
    }
    let month = uses(change, EDIT, id, limits::THIRTY_DAYS);
    let day = uses(change, EDIT, id, limits::DAY);
    let windows = [
        next_window(day, limits::EDITS_A_DAY, limits::DAY),
        next_window(month, limits::EDITS_IN_30_DAYS, limits::THIRTY_DAYS),
    ];
    // Both must be open.
    if let Some(until) = windows.into_iter().flatten().max() {
        return Err(Refusal {
            until: Some(until),
            ..refusal(
                "template::edit_budget",
                format!(
                    "an approved template takes {} edit in 24 hours and {} in 30 days; the next at {}",
                    limits::EDITS_A_DAY,
                    limits::EDITS_IN_30_DAYS,
                    until.strftime("%Y-%m-%d %H:%M UTC")
                ),
                "apply again then; what must change now goes under another name",
            )
        });
    }
    Ok(vec![BudgetUse {
        right: EDIT.to_owned(),
        subject: id.to_owned(),
        text: format!(
            "edit {} of {} in 24 hours, {} of {} in 30 days; {}",
            day.len() + 1,
            limits::EDITS_A_DAY,
            month.len() + 1,
            limits::EDITS_IN_30_DAYS,
            next_edit(month, change.now)
        ),
    }])
}

/// Says when the edit after this one is allowed. Only what earlier edits decide is told as a time: a plan of the same world
/// reads the same whenever it is made.
fn next_edit(month: &[Timestamp], now: Timestamp) -> String {
    let tomorrow = now.saturating_add(limits::DAY).unwrap_or(Timestamp::MAX);
    // This edit is one of those that count then.
    next_window(month, limits::EDITS_IN_30_DAYS - 1, limits::THIRTY_DAYS)
        .filter(|until| *until > tomorrow)
        .map_or_else(
            || "the next 24 hours after it".to_owned(),
            |until| format!("the next at {}", until.strftime("%Y-%m-%d %H:%M UTC")),
        )
}

/// Returns the edit that has made `live` of what was last applied. Meta counts it, whoever made it.
pub(super) fn unrecorded(last: &Value, live: &Live, now: Timestamp) -> Vec<RightUsed> {
    if compare::changes(last, Some(last), live).is_empty() {
        return Vec::new();
    }
    let updated = time(&live.facts["last_updated_time"]).filter(|at| *at <= now);
    vec![RightUsed {
        account: live.account.clone(),
        right: EDIT.to_owned(),
        subject: live.id.clone(),
        at: updated.unwrap_or(now),
    }]
}

/// Reads a time of Meta's, which comes as text or as seconds.
pub(super) fn time(time: &Value) -> Option<Timestamp> {
    match time {
        Value::String(text) => text.parse().ok().or_else(|| {
            jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text)
                .and_then(|time| time.to_timestamp())
                .ok()
        }),
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
        _ => None,
    }
}

fn delete(change: &Proposed<'_>) -> Result<Vec<BudgetUse>, Refusal> {
    let Some(live) = change.live else {
        return Ok(Vec::new());
    };
    match status(change).unwrap_or_default() {
        "DISABLED" => Err(refusal(
            "template::disabled",
            "a disabled template cannot be deleted",
            "leave it to Meta: deletion = \"forget\" reports it and lets it be",
        )),
        "APPROVED" => Ok(vec![BudgetUse {
            right: DELETE.to_owned(),
            subject: live.key.clone(),
            text: match change.now.checked_add(limits::NAME_LOCK) {
                Ok(until) => format!(
                    "locks the name for 30 days, until {}",
                    until.strftime("%Y-%m-%d")
                ),
                Err(_) => "locks the name for 30 days".to_owned(),
            },
        }]),
        _ => Ok(Vec::new()),
    }
}
