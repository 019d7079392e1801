//! How a sandbox is started, and the well-known identifiers of what it plays.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Clock;

/// The WhatsApp Business account that always exists.
pub const DEFAULT_WABA_ID: &str = "102290129340398";
/// The id of the number that always exists.
pub const DEFAULT_PHONE_ID: &str = "106540352242922";
/// The number that always exists, in E.164.
pub const DEFAULT_NUMBER: &str = "+15550783881";

pub(crate) const BUSINESS_ID: &str = "506914307656634";
pub(crate) const APP_ID: &str = "670843887433847";
pub(crate) const APP_NAME: &str = "waform sandbox";
pub(crate) const SYSTEM_USER_ID: &str = "122100000000000001";

/// What the sandbox is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file that keeps everything; none: memory only.
    pub data: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The source of time. One that stands still is moved, but never remembered.
    pub clock: Clock,
    /// How long a template's review takes, by the clock.
    pub review_delay: Duration,
    /// What all that looks random is drawn from.
    pub seed: u64,
    /// Accounts and their numbers (E.164) that exist from the start, beside the default ones.
    pub numbers: Vec<(String, String)>,
    /// How many requests the log keeps; 0 turns it off.
    pub log: u32,
    /// Whether webhooks may go to other machines. Otherwise only loopback addresses can be subscribed.
    pub remote_callbacks: bool,
}

impl Options {
    /// Returns the defaults: in memory, on a free port of 127.0.0.1, two seconds of review.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            data: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock,
            review_delay: Duration::from_secs(2),
            seed: 0,
            numbers: Vec::new(),
            log: 100_000,
            remote_callbacks: false,
        }
    }
}

/// The well-known identifiers and secrets of the sandbox. They are the same everywhere and protect nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account that always exists. Any other numeric id that is asked for becomes one, too.
    pub waba_id: String,
    /// The business portfolio that owns all accounts.
    pub business_id: String,
    /// The app whose tokens these are.
    pub app_id: String,
    /// Signs webhooks and `appsecret_proof`.
    pub app_secret: String,
    /// A system user's token with all permissions that never expires.
    pub access_token: String,
    /// A token that has expired: error 190, subcode 463.
    pub expired_token: String,
    /// A token without `whatsapp_business_messaging`: error 10 when sending.
    pub management_only_token: String,
    /// A token without `whatsapp_business_management`: error 200 when managing.
    pub messaging_only_token: String,
    /// The numbers of the account that always exists, by id.
    pub phone_number_ids: Vec<String>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            waba_id: DEFAULT_WABA_ID.into(),
            business_id: BUSINESS_ID.into(),
            app_id: APP_ID.into(),
            app_secret: "waform-sandbox-app-secret".into(),
            access_token: "waform-sandbox-token".into(),
            expired_token: "waform-sandbox-token-expired".into(),
            management_only_token: "waform-sandbox-token-management-only".into(),
            messaging_only_token: "waform-sandbox-token-messaging-only".into(),
            phone_number_ids: vec![DEFAULT_PHONE_ID.into()],
        }
    }
}
