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
    pub since: Timestamp,
    pub until: Timestamp,
}

impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (process {} on {}, `{}`, since {}, until {} unless renewed; lock {})",
            self.holder, self.process, self.host, self.command, self.since, self.until, self.id
        )
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
