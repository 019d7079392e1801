//! Who holds what: the lock on reconciling, the lease on a number's sending.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A wish to hold something.
#[derive(Clone, Debug)]
pub struct LockRequest {
    /// `user@host`, for people.
    pub holder: String,
    /// The host and process, so that a dead holder on the same machine is known to be dead.
    pub host: String,
    pub process: u32,
    /// The command that runs.
    pub command: String,
    /// Where a run in CI can be looked at.
    pub run_address: Option<String>,
    pub now: Timestamp,
    pub until: Timestamp,
}

/// A held lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockInfo {
    pub id: String,
    pub holder: String,
    pub host: String,
    pub process: u32,
    pub command: String,
    /// Where a run in CI can be looked at.
    #[serde(default)]
    pub run_address: Option<String>,
    pub since: Timestamp,
    pub until: Timestamp,
}

impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            holder,
            host,
            process,
            command,
            run_address,
            since,
            until,
        } = self;
        write!(f, "{holder} (process {process} on {host}, `{command}`, ")?;
        if let Some(address) = run_address {
            write!(f, "{address}, ")?;
        }
        write!(f, "since {since}, until {until} unless renewed; lock {id})")
    }
}

/// A held lease on a number's sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The number's id at Meta.
    pub number: String,
    /// Grows with every new holder; a claim carries it.
    pub fence: i64,
    /// No request starts later than this less the request's timeout.
    pub until: Timestamp,
}
