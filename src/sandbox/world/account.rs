//! The portfolio, the app, and WhatsApp Business accounts.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many different people outside a service window a portfolio may message in 24 hours.
///
/// 250, 2 K, 10 K, 100 K, unlimited; of the whole portfolio since 7 Oct 2025 (messaging limits page).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) enum Tier {
    #[serde(rename = "TIER_50")]
    Fifty,
    #[serde(rename = "TIER_250")]
    TwoHundredFifty,
    #[serde(rename = "TIER_2K")]
    TwoThousand,
    #[serde(rename = "TIER_10K")]
    TenThousand,
    #[serde(rename = "TIER_100K")]
    HundredThousand,
    #[default]
    #[serde(rename = "TIER_UNLIMITED")]
    Unlimited,
}

impl Tier {
    pub(crate) fn people(self) -> Option<usize> {
        match self {
            Self::Fifty => Some(50),
            Self::TwoHundredFifty => Some(250),
            Self::TwoThousand => Some(2_000),
            Self::TenThousand => Some(10_000),
            Self::HundredThousand => Some(100_000),
            Self::Unlimited => None,
        }
    }
}

/// The one business portfolio.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Portfolio {
    pub verified: bool,
    pub messaging_limit: Tier,
}

impl Default for Portfolio {
    fn default() -> Self {
        Self {
            verified: true,
            messaging_limit: Tier::Unlimited,
        }
    }
}

/// Where the app wants its webhooks. The verify token is used once and not kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct AppCallback {
    pub uri: String,
    pub fields: BTreeSet<String>,
}

/// The one app.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct App {
    pub callback: Option<AppCallback>,
}

/// What an account may not do for a while (account_update webhook).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) enum Restriction {
    #[serde(rename = "RESTRICTED_ADD_PHONE_NUMBER_ACTION")]
    AddPhoneNumber,
    #[serde(rename = "RESTRICTED_BIZ_INITIATED_MESSAGING")]
    BizInitiatedMessaging,
    #[serde(rename = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING")]
    CustomerInitiatedMessaging,
    #[serde(rename = "RESTRICTED_UTILITY_TEMPLATES")]
    UtilityTemplates,
    #[serde(rename = "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES")]
    DirectSendUtilityTemplates,
}

/// A restriction, and until when it holds; none: until it is lifted.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Restricted {
    pub kind: Restriction,
    pub until: Option<Timestamp>,
}

/// A WhatsApp Business account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Account {
    pub id: String,
    pub name: String,
    pub currency: String,
    pub timezone_id: String,
    pub country: String,
    pub status: String,
    pub account_review_status: String,
    /// Overrides what verification gives.
    pub template_limit: Option<usize>,
    /// Whether the app is subscribed to this account's webhooks.
    pub subscribed: bool,
    pub override_callback: Option<String>,
    /// When templates were created in the past hour.
    pub creations: Vec<Timestamp>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub restrictions: Vec<Restricted>,
}

impl Account {
    /// Whether a restriction holds now.
    pub(crate) fn is_restricted(&self, kind: Restriction, now: Timestamp) -> bool {
        self.restrictions
            .iter()
            .any(|own| own.kind == kind && own.until.is_none_or(|until| now < until))
    }

    pub(super) fn new(id: &str, now: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            name: "Sandbox account".into(),
            currency: "USD".into(),
            // Meta's number for America/Los_Angeles, where new accounts start.
            timezone_id: "1".into(),
            country: "US".into(),
            status: "ACTIVE".into(),
            account_review_status: "APPROVED".into(),
            template_limit: None,
            subscribed: false,
            override_callback: None,
            creations: Vec::new(),
            created_at: now,
            restrictions: Vec::new(),
        }
    }
}
