//! What a campaign would do: who would be messaged, when, and what holds the others back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Address;
use crate::store::{Comparison, Halt};

/// Who would be messaged by one campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    pub address: Address,
    pub account: String,
    pub template: Address,
    /// What must be ready before anything is sent.
    pub needs: Vec<Address>,
    /// The number it is sent from, as displayed.
    pub number: String,
    pub state: String,
    pub contacts: Comparison,
    /// Would be messaged by an apply now.
    pub now: u64,
    /// Would be messaged as soon as what is waited for is ready; not counted in `now`.
    pub when_ready: u64,
    /// Held back by quiet hours, gaps, a start that has not come or the 24-hour limit.
    pub later: u64,
    /// By reason, of `later`.
    pub later_reasons: BTreeMap<String, u64>,
    /// Rows of the lists that are no contact: number unusable, too few cells.
    pub unusable_rows: u64,
    /// The first of them, as sentences.
    pub unusable_examples: Vec<String>,
    /// How long sending `now` and `when_ready` takes at this rate.
    pub seconds_at_rate: u64,
    pub rate_per_second: f64,
    /// What the account may still begin within 24 hours, where that is limited.
    pub limit_left: Option<u64>,
    /// Over how many days that limit spreads the campaign, today included; none where it does not.
    pub days_under_limit: Option<u64>,
    /// What halts it until somebody lifts it: an emergency stop, Meta. What an apply lifts by itself is not among them.
    #[serde(default)]
    pub halts: Vec<Halt>,
    /// Addresses that are not ready yet; nothing is sent while there are any.
    pub waits_for: Vec<Address>,
}
