//! What happens to our numbers.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use super::wire::{Word, read};

/// A number's limits moved (`ONBOARDING`, `THROUGHPUT_UPGRADE`), or, in older words, its quality (`FLAGGED`, ...).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberQuality {
    /// As Meta shows it; digits, or with a plus sign and spaces.
    pub display_phone_number: Option<String>,
    pub event: String,
    pub old_limit: Option<String>,
    /// Deprecated in February 2026.
    pub current_limit: Option<String>,
    /// `TIER_250`, `TIER_2K`, ..., `TIER_UNLIMITED`: people in 24 hours, of the whole portfolio.
    pub max_daily_conversations: Option<String>,
}

/// A display name was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberName {
    pub display_phone_number: Option<String>,
    /// `APPROVED`, `DEFERRED`, `PENDING`, `REJECTED`.
    pub decision: String,
    pub requested_name: Option<String>,
    pub rejection_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct QualityWire<'a> {
    #[serde(borrow)]
    display_phone_number: Word<'a>,
    event: Word<'a>,
    old_limit: Word<'a>,
    current_limit: Word<'a>,
    max_daily_conversations_per_business: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NameWire<'a> {
    #[serde(borrow)]
    display_phone_number: Word<'a>,
    decision: Word<'a>,
    requested_verified_name: Word<'a>,
    rejection_reason: Word<'a>,
}

pub(super) fn quality(raw: &RawValue) -> Result<Event, String> {
    let wire: QualityWire<'_> = read(raw)?;
    Ok(Event::NumberQuality(NumberQuality {
        display_phone_number: wire.display_phone_number.text(),
        event: wire
            .event
            .capitals()
            .ok_or("a number's quality without `event`")?,
        old_limit: wire.old_limit.capitals(),
        current_limit: wire.current_limit.capitals(),
        max_daily_conversations: wire.max_daily_conversations_per_business.capitals(),
    }))
}

pub(super) fn name(raw: &RawValue) -> Result<Event, String> {
    let wire: NameWire<'_> = read(raw)?;
    Ok(Event::NumberName(NumberName {
        display_phone_number: wire.display_phone_number.text(),
        decision: wire
            .decision
            .capitals()
            .ok_or("a number's name without `decision`")?,
        requested_name: wire.requested_verified_name.text(),
        rejection_reason: wire
            .rejection_reason
            .capitals()
            .filter(|reason| reason != "NONE"),
    }))
}
