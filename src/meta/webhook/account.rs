//! What happens to the account.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use super::wire::{List, Part, Word, read};

/// The account was restricted, banned, reinstated, shared, ... Details of events that change nothing for us stay in the
/// change's `raw`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountUpdate {
    /// `ACCOUNT_RESTRICTION`, `DISABLED_UPDATE`, `ACCOUNT_VIOLATION`, ...
    pub event: String,
    pub restrictions: Vec<Restriction>,
    pub ban: Option<Ban>,
    /// Meta's name of what was violated.
    pub violation: Option<String>,
    /// ISO 3166, two letters.
    pub country: Option<String>,
    pub phone_number: Option<String>,
}

/// What the account may not do for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// `RESTRICTED_BIZ_INITIATED_MESSAGING`, `RESTRICTED_UTILITY_TEMPLATES`, ...; empty where Meta does not say.
    pub kind: String,
    /// None where it has no end.
    pub until: Option<Timestamp>,
    /// What Meta asks for.
    pub remediation: Option<String>,
}

/// The account is disabled, will be, or is again in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// `DISABLE`, `SCHEDULE_FOR_DISABLE`, `REINSTATE`.
    pub state: Option<String>,
    /// As Meta writes it: `April 17, 2025`.
    pub date: Option<String>,
}

/// The account was reviewed: `APPROVED`, `REJECTED`, `PENDING`, `DEFERRED`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountReview {
    pub decision: String,
}

/// Something about the account, a number or the business that somebody should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAlert {
    /// `OBA_REJECTED`, `INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED`, ...
    pub kind: String,
    /// `CRITICAL`, `WARNING`, `INFORMATIONAL`.
    pub severity: Option<String>,
    /// `ACTIVE` or `NONE`.
    pub status: Option<String>,
    pub description: Option<String>,
    /// `BUSINESS`, `PHONE_NUMBER`, ...
    pub entity_type: Option<String>,
    pub entity_id: Option<String>,
}

/// The limits of the whole portfolio moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// People in 24 hours: `TIER_2K` or a number, -1 without a limit. Until v23 it was counted for each number.
    pub max_daily_conversations: Option<String>,
    /// 2 for a business (25 for an account) until it is verified.
    pub max_phone_numbers: Option<u64>,
}

/// A number's PIN was changed in WhatsApp Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Security {
    pub display_phone_number: Option<String>,
    /// `PIN_CHANGED`, `PIN_RESET_REQUEST`, `PIN_RESET_SUCCESS`.
    pub event: String,
    pub requester: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UpdateWire<'a> {
    #[serde(borrow)]
    event: Word<'a>,
    country: Word<'a>,
    phone_number: Word<'a>,
    restriction_info: List<'a>,
    ban_info: Part<BanWire<'a>>,
    violation_info: Part<ViolationWire<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RestrictionWire<'a> {
    #[serde(borrow)]
    restriction_type: Word<'a>,
    expiration: Word<'a>,
    remediation: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BanWire<'a> {
    #[serde(borrow)]
    waba_ban_state: Word<'a>,
    waba_ban_date: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ViolationWire<'a> {
    #[serde(borrow)]
    violation_type: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ReviewWire<'a> {
    #[serde(borrow)]
    decision: Word<'a>,
}

/// An alert stands in an object of its own; in older webhooks, beside the entity.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AlertWire<'a> {
    #[serde(borrow)]
    entity_type: Word<'a>,
    entity_id: Word<'a>,
    alert_info: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AlertInfoWire<'a> {
    #[serde(borrow)]
    alert_severity: Word<'a>,
    alert_status: Word<'a>,
    alert_type: Word<'a>,
    alert_description: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CapabilityWire<'a> {
    #[serde(borrow)]
    max_daily_conversations_per_business: Word<'a>,
    max_daily_conversation_per_phone: Word<'a>,
    max_phone_numbers_per_business: Word<'a>,
    max_phone_numbers_per_waba: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SecurityWire<'a> {
    #[serde(borrow)]
    display_phone_number: Word<'a>,
    event: Word<'a>,
    requester: Word<'a>,
}

pub(super) fn update(raw: &RawValue) -> Result<Event, String> {
    let wire: UpdateWire<'_> = read(raw)?;
    let restrictions = wire.restriction_info.objects().map(restriction);
    Ok(Event::AccountUpdate(AccountUpdate {
        restrictions: restrictions.collect(),
        event: wire
            .event
            .capitals()
            .ok_or("an account's update without `event`")?,
        ban: wire.ban_info.0.map(|ban| Ban {
            state: ban.waba_ban_state.capitals(),
            date: ban.waba_ban_date.text(),
        }),
        violation: wire
            .violation_info
            .0
            .and_then(|violation| violation.violation_type.text()),
        country: wire.country.capitals(),
        phone_number: wire.phone_number.text(),
    }))
}

fn restriction(wire: RestrictionWire<'_>) -> Restriction {
    Restriction {
        kind: wire.restriction_type.capitals().unwrap_or_default(),
        until: wire.expiration.time(),
        remediation: wire.remediation.text(),
    }
}

pub(super) fn review(raw: &RawValue) -> Result<Event, String> {
    let wire: ReviewWire<'_> = read(raw)?;
    let decision = wire.decision.capitals();
    Ok(Event::AccountReview(AccountReview {
        decision: decision.ok_or("an account's review without `decision`")?,
    }))
}

pub(super) fn alert(raw: &RawValue) -> Result<Event, String> {
    let wire: AlertWire<'_> = read(raw)?;
    let info: AlertInfoWire<'_> = read(wire.alert_info.unwrap_or(raw))?;
    Ok(Event::AccountAlert(AccountAlert {
        kind: info
            .alert_type
            .capitals()
            .ok_or("an alert without `alert_type`")?,
        severity: info.alert_severity.capitals(),
        status: info.alert_status.capitals(),
        description: info.alert_description.text(),
        entity_type: wire.entity_type.capitals(),
        entity_id: wire.entity_id.text(),
    }))
}

pub(super) fn capability(raw: &RawValue) -> Result<Event, String> {
    let wire: CapabilityWire<'_> = read(raw)?;
    let capability = Capability {
        max_daily_conversations: wire
            .max_daily_conversations_per_business
            .capitals()
            .or_else(|| wire.max_daily_conversation_per_phone.capitals()),
        max_phone_numbers: wire
            .max_phone_numbers_per_business
            .number()
            .or_else(|| wire.max_phone_numbers_per_waba.number()),
    };
    if capability.max_daily_conversations.is_none() && capability.max_phone_numbers.is_none() {
        return Err("a capability without a limit".to_owned());
    }
    Ok(Event::Capability(capability))
}

pub(super) fn security(raw: &RawValue) -> Result<Event, String> {
    let wire: SecurityWire<'_> = read(raw)?;
    Ok(Event::Security(Security {
        display_phone_number: wire.display_phone_number.text(),
        event: wire
            .event
            .capitals()
            .ok_or("a security event without `event`")?,
        requester: wire.requester.text(),
    }))
}
