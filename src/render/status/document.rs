//! A status as programs read it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{CampaignStatus, NumberStatus, ReceiverStatus, Status, TemplateStatus, errand};
use crate::store::{Delivery, ErrandCounts, Halt, Hopper, Standing};

/// The contract's JSON: `format_version` 1.0.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Status")]
pub struct Document<'a> {
    format_version: &'static str,
    campaigns: Vec<Campaign<'a>>,
    templates: &'a [TemplateStatus],
    numbers: &'a [NumberStatus],
    /// What halts sending, the widest scope first.
    halts: &'a [Halt],
    receivers: &'a [ReceiverStatus],
    /// Webhooks that wait to be read.
    inbox: u64,
    /// Webhooks that could not be read.
    dead_letters: u64,
    /// Replies, handoffs and notices that are to be sent, by kind.
    errands: BTreeMap<&'static str, &'a ErrandCounts>,
    /// Numbers that could not be reached, by account.
    suspects: &'a BTreeMap<String, u64>,
    /// Accounts whose automation leads people to no person.
    without_person: &'a [String],
}

/// Where a campaign stands.
#[derive(Debug, Serialize, JsonSchema)]
struct Campaign<'a> {
    campaign: &'a str,
    account: &'a str,
    state: &'a str,
    hopper: &'a Hopper,
    /// Each contact once, at the highest status of its latest attempt.
    delivery: &'a Delivery,
    /// Closed contacts by outcome.
    outcome: &'a BTreeMap<String, u64>,
    /// Skipped contacts by reason.
    skipped: &'a BTreeMap<String, u64>,
    /// Open contacts whose send may or may not have happened.
    uncertain: u64,
    /// Fresh and retry contacts that are due now.
    due: u64,
    /// When the next contact that is not due falls due.
    next_due: Option<Timestamp>,
}

/// Returns the contract's JSON.
#[must_use]
pub fn document(status: &Status) -> Value {
    let errands = status.errands.iter();
    let document = Document {
        format_version: "1.0",
        campaigns: status.campaigns.iter().map(campaign).collect(),
        templates: &status.templates,
        numbers: &status.numbers,
        halts: &status.halts,
        receivers: &status.receivers,
        inbox: status.inbox,
        dead_letters: status.dead_letters,
        errands: errands
            .map(|(kind, counts)| (errand(*kind), counts))
            .collect(),
        suspects: &status.suspects,
        without_person: &status.without_person,
    };
    // Every key of it is a string: it can always be written.
    serde_json::to_value(document).unwrap_or_default()
}

fn campaign(status: &CampaignStatus) -> Campaign<'_> {
    let Standing {
        hopper,
        delivery,
        outcome,
        skipped,
        uncertain,
        due,
        next_due,
    } = &status.standing;
    Campaign {
        campaign: &status.campaign,
        account: &status.account,
        state: &status.state,
        hopper,
        delivery,
        outcome,
        skipped,
        uncertain: *uncertain,
        due: *due,
        next_due: *next_due,
    }
}
