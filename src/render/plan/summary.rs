//! Both ends of a plan: what it is limited to, and what it comes to.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::engine::plan::{Plan, Selection};
use crate::render::count;
use crate::render::style::Look;
use crate::sanitize;

/// The sentence that says that there is nothing to do.
pub const NO_CHANGES: &str = "No changes. The account matches the configuration.";

/// The same, where all was to be taken away.
pub const NOTHING_TO_DESTROY: &str = "No changes. Nothing is left that this state manages.";

/// The same where not everything was looked at.
const NO_CHANGES_HERE: &str = "No changes. What was looked at matches the configuration.";

/// Returns the closing lines: Terraform's, then ours.
#[must_use]
pub fn summary(plan: &Plan, look: Look) -> String {
    let counts = plan.counts();
    let line = if plan.has_differences() || !plan.refused.is_empty() {
        let import = match counts.import {
            0 => String::new(),
            import => format!("{import} to import, "),
        };
        format!(
            "Plan: {import}{} to add, {} to change, {} to destroy.",
            counts.add, counts.change, counts.destroy
        )
    } else if plan.destroy {
        NOTHING_TO_DESTROY.to_owned()
    } else if plan.selection.is_all() {
        NO_CHANGES.to_owned()
    } else {
        NO_CHANGES_HERE.to_owned()
    };
    let mut text = format!("{}\n", look.strong(line));
    let ours = ours(plan);
    if !ours.is_empty() {
        text.push_str(&look.hang("", &ours.join(" ")));
    }
    text
}

/// Returns what Terraform has no words for, a sentence each.
fn ours(plan: &Plan) -> Vec<String> {
    let counts = plan.counts();
    let mut ours = Vec::new();
    if counts.campaigns > 0 {
        let mut contacts = Vec::new();
        if counts.contacts_now > 0 || counts.contacts_when_ready == 0 {
            contacts.push(format!(
                "{} now",
                count::of(counts.contacts_now, "contact", "contacts")
            ));
        }
        if counts.contacts_when_ready > 0 {
            let number = count::of(counts.contacts_when_ready, "contact", "contacts");
            contacts.push(format!("{number} when the template is approved"));
        }
        if counts.contacts_later > 0 {
            contacts.push(format!("{} later", count::grouped(counts.contacts_later)));
        }
        ours.push(format!(
            "Campaigns: {} to send, {}.",
            counts.campaigns,
            contacts.join(", ")
        ));
    }
    if counts.in_review > 0 {
        ours.push(format!("In review: {}.", counts.in_review));
    }
    if counts.forget > 0 {
        ours.push(format!("To forget: {}.", counts.forget));
    }
    if !plan.unmanaged.is_empty() {
        ours.push(format!(
            "Not managed: {}.",
            count::of(plan.unmanaged.len() as u64, "live object", "live objects")
        ));
    }
    ours.extend(cost(plan));
    ours
}

/// Returns what all messages cost together, and how many of them nobody has a price for.
fn cost(plan: &Plan) -> Option<String> {
    let mut totals: BTreeMap<&str, Decimal> = BTreeMap::new();
    let mut unpriced = 0;
    for send in &plan.sends {
        match &send.cost {
            Some(cost) => {
                *totals.entry(&cost.currency).or_default() += cost.amount;
                unpriced += cost.unpriced;
            }
            None => unpriced += send.now + send.when_ready + send.later,
        }
    }
    let told: Vec<String> = totals
        .into_iter()
        .map(|(currency, amount)| count::money(currency, amount))
        .collect();
    let without = match unpriced {
        0 => String::new(),
        unpriced => {
            let contacts = count::of(unpriced, "contact that has", "contacts that have");
            format!(", without {contacts} no price")
        }
    };
    (!told.is_empty()).then(|| format!("Estimated cost: {}{without}.", told.join(" and ")))
}

/// Returns what must be known before anything is read: for which environment, of what only, against what.
pub(super) fn opening(plan: &Plan, look: Look) -> String {
    let mut text = String::new();
    if let Some(environment) = &plan.environment {
        let environment = look.strong(sanitize::line(environment));
        text.push_str(&look.hang("", &format!("Environment: {environment}")));
    }
    text.push_str(&limits(plan, look));
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Returns it once more, for those who read from the end.
pub(super) fn closing(plan: &Plan, look: Look) -> String {
    limits(plan, look)
}

fn limits(plan: &Plan, look: Look) -> String {
    let mut text = String::new();
    if let Some(told) = partial(&plan.selection) {
        text.push_str(&look.hang("", &look.changed(told)));
    }
    if !plan.refreshed {
        let told = "The live account was not read (--refresh=false): what was last applied is taken for what there is.";
        text.push_str(&look.hang("", &look.changed(told)));
    }
    text
}

/// Returns what the plan is limited to.
fn partial(selection: &Selection) -> Option<String> {
    let Selection { targets, excludes } = selection;
    let listed = |patterns: &[String], option: &str| {
        let patterns: Vec<_> = patterns
            .iter()
            .map(|pattern| sanitize::line(pattern))
            .collect();
        format!("{} ({option})", patterns.join(", "))
    };
    let only = match (targets.is_empty(), excludes.is_empty()) {
        (true, true) => return None,
        (false, true) => format!("only {}", listed(targets, "--target")),
        (true, false) => format!("all but {}", listed(excludes, "--exclude")),
        (false, false) => format!(
            "only {}, but not {}",
            listed(targets, "--target"),
            listed(excludes, "--exclude")
        ),
    };
    Some(format!(
        "This plan is partial: {only}. Whatever else differs stays as it is."
    ))
}
