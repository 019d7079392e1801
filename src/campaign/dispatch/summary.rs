//! What a dispatch came to.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// What became of a number's campaigns in one run. Everything counted here is committed to the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Claims of an earlier worker that died: now uncertain.
    pub recovered: u64,
    /// In the order in which they were given.
    pub campaigns: Vec<CampaignSummary>,
    /// Why the number stopped sending before everything due was sent.
    pub stopped: Option<Halt>,
}

impl Summary {
    /// Returns how many messages were accepted, over all campaigns.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.campaigns.iter().map(|each| each.accepted).sum()
    }

    /// Returns how many contacts failed for good, over all campaigns.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.campaigns
            .iter()
            .flat_map(|each| each.failed.values())
            .sum()
    }

    /// Returns how many sends may or may not have happened, over all campaigns, earlier workers' not counted.
    #[must_use]
    pub fn uncertain(&self) -> u64 {
        self.campaigns.iter().map(|each| each.uncertain).sum()
    }

    /// Returns when something falls due next, over all campaigns.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.campaigns.iter().filter_map(|each| each.next_due).min()
    }
}

/// What became of one campaign in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CampaignSummary {
    pub campaign: String,
    pub accepted: u64,
    /// Refused for good, by Meta's code.
    pub failed: BTreeMap<i64, u64>,
    /// Refused for a passing reason, by Meta's code: tried again later as far as attempts and campaign last.
    pub retried: BTreeMap<i64, u64>,
    /// Claimed, but not handed over or only put off by Meta: due again, and no attempt used up.
    pub released: u64,
    /// May or may not have been taken.
    pub uncertain: u64,
    /// Will not be messaged, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Put off by quiet hours or a gap.
    pub postponed: u64,
    /// Waits for another campaign's interaction with the contact to end.
    pub locked: u64,
    /// Closed by the passing of time before sending began.
    pub expired: u64,
    /// The portfolio's 24-hour limit is used up, and somebody waits for it.
    pub limited: bool,
    /// All were messaged that may be in this run, and others are due.
    pub capped: bool,
    /// When the next contact falls due.
    pub next_due: Option<Timestamp>,
    /// Why this campaign alone stopped.
    pub halted: Option<Halt>,
}

impl CampaignSummary {
    /// Returns how many sends were refused, tried again or not.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.failed.values().chain(self.retried.values()).sum()
    }

    /// Returns the code with which most sends were refused.
    #[must_use]
    pub fn commonest_refusal(&self) -> Option<i64> {
        let mut counts = self.failed.clone();
        for (code, number) in &self.retried {
            *counts.entry(*code).or_default() += number;
        }
        let most = counts.into_iter().max_by_key(|(_, number)| *number);
        most.map(|(code, _)| code)
    }
}

/// Why sending stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Halt {
    pub cause: Cause,
    /// Meta's code, where it was Meta who refused.
    pub code: Option<i64>,
    pub reason: String,
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// What made sending stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// We were asked to.
    Stopped,
    /// The ledger has seen a later time than the clock shows.
    ClockBehind,
    /// Another worker has taken the number over.
    LeaseLost,
    /// Meta cannot be reached.
    Unreachable,
    /// Meta keeps asking for patience.
    Throttled,
    /// Requests leave, and no answers come back.
    Unanswered,
    /// Meta answers every request with an error that passes by itself.
    Outage,
    /// Every request is refused as wrong.
    Requests,
    /// A media file of the message is not uploaded.
    Media,
    /// More of its sends have failed than the guard allows.
    Failures,
    /// The template cannot be sent.
    Template,
    /// The number cannot send.
    Number,
    /// The account or its token cannot do anything: the other numbers of the account cannot either.
    Account,
    /// The ledger cannot be written.
    Ledger,
    /// The ledger holds a halt: somebody pulled the brake, or Meta said so.
    Halted,
}
