//! Business phone numbers.

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat};
use serde::{Deserialize, Serialize};

/// Whether a number can send. Only CONNECTED is documented; the rest is what partners report.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum NumberStatus {
    Connected,
    Pending,
    Offline,
    Disconnected,
    Flagged,
    Restricted,
    RateLimited,
    Banned,
    Migrated,
    Deleted,
    Unverified,
    Unknown,
}

/// The quality rating of the last seven days.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Rating {
    Green,
    Yellow,
    Red,
    Na,
    Unknown,
}

/// How many messages a second a number may send (throughput page).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Throughput {
    Standard,
    High,
    NotApplicable,
}

impl Throughput {
    pub(crate) fn per_second(self) -> u32 {
        match self {
            Self::Standard | Self::NotApplicable => 80,
            Self::High => 1_000,
        }
    }
}

/// A business phone number.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Number {
    pub id: String,
    pub waba: String,
    pub e164: String,
    pub display: String,
    pub country_code: u16,
    pub verified_name: String,
    pub status: NumberStatus,
    pub quality_rating: Rating,
    pub throughput: Throughput,
    pub name_status: String,
    pub code_verification_status: String,
    pub platform_type: String,
    pub account_mode: String,
    pub override_callback: Option<String>,
    /// Whether statuses and messages carry the person's identity.
    #[serde(default)]
    pub identity_check: bool,
}

impl Number {
    /// Returns a connected number, or none where `e164` is no telephone number.
    pub(super) fn new(id: &str, waba: &str, e164: &str) -> Option<Self> {
        let parsed: PhoneNumber = e164.parse().ok()?;
        Some(Self {
            id: id.to_owned(),
            waba: waba.to_owned(),
            e164: parsed.format_as(PhoneNumberFormat::E164).into_owned(),
            display: parsed
                .format_as(PhoneNumberFormat::International)
                .into_owned(),
            country_code: u16::try_from(parsed.country_code).ok()?,
            verified_name: "Sandbox".into(),
            status: NumberStatus::Connected,
            quality_rating: Rating::Green,
            throughput: Throughput::Standard,
            name_status: "APPROVED".into(),
            code_verification_status: "VERIFIED".into(),
            platform_type: "CLOUD_API".into(),
            account_mode: "LIVE".into(),
            override_callback: None,
            identity_check: false,
        })
    }
}
