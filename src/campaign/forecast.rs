//! What a campaign would do: who would be messaged, when, and what holds the others back.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Address;
use crate::store::{Comparison, Halt};

/// What messages cost by list price: an upper bound, since only what is delivered is billed, at less where a volume tier is
/// reached, and utility messages inside an open service window may be free.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// ISO 4217: `EUR`.
    pub currency: String,
    #[serde(with = "rust_decimal::serde::float")]
    #[schemars(with = "f64")]
    pub amount: Decimal,
    /// The rate card, `[rate_card.NAME]`.
    pub card: String,
    /// By market, the dearest first.
    pub markets: Vec<MarketCost>,
    /// Recipients for whom the card has no price; they are not in `amount`.
    pub unpriced: u64,
}

/// The share of one market of the rate card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarketCost {
    /// As the card names it: `Brazil`, `Rest of Africa`.
    pub market: String,
    pub recipients: u64,
    /// Of one message.
    #[serde(with = "rust_decimal::serde::float")]
    #[schemars(with = "f64")]
    pub price: Decimal,
    #[serde(with = "rust_decimal::serde::float")]
    #[schemars(with = "f64")]
    pub amount: Decimal,
}

/// Who can be reached on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Day {
    /// In UTC.
    pub date: jiff::civil::Date,
    pub contacts: u64,
}

/// Who would be messaged by one campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// The template's category as Meta has it, else as declared: what a message is billed as.
    #[serde(default)]
    pub category: Option<String>,
    /// What sending to everybody it names costs at most; none where no rate card covers it.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// How many can be reached on which day, in the order of days, as far as rate, limit, quiet hours and start allow; who
    /// waits for a review is counted as if it took no time. Empty where nobody is left or nobody is let go (halted, paused);
    /// not part of the plan's id, since it moves with the hour.
    #[serde(default)]
    pub reach: Vec<Day>,
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

impl Send {
    /// Returns how many people it names in all, whenever they are messaged.
    #[must_use]
    pub fn recipients(&self) -> u64 {
        self.now + self.when_ready + self.later
    }
}
