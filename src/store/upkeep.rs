//! What a person does to the state by hand.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::journal::Note;
use super::{Answer, LockInfo};
use crate::config::Address;

/// A new name for what the state remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    pub account: String,
    /// What is remembered, by kind and key.
    pub kind: String,
    pub key: String,
    /// Its new address, of the same kind, and its new key.
    pub to: Address,
    pub to_key: String,
    /// Whether its live side is a campaign of the ledger, which is carried over with every contact.
    pub in_ledger: bool,
}

/// Messages of a campaign that were claimed and are not settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenClaims {
    pub account: String,
    pub campaign: String,
    /// The number that they were claimed to be sent from, by its id at Meta.
    pub number: String,
    pub messages: u64,
    /// When the oldest was claimed.
    pub since: Timestamp,
    /// Whether nobody holds the number's lease any more who could settle them.
    pub orphaned: bool,
}

/// The state, by hand.
pub trait Upkeep: Send + Sync {
    /// Checks the file itself and returns what is wrong with it, a sentence each.
    fn check(&self) -> Answer<'_, Vec<String>>;
    /// Returns what is claimed and not settled, by campaign and number.
    fn open_claims(&self, now: Timestamp) -> Answer<'_, Vec<OpenClaims>>;
    /// Renames what is remembered, with its entry in the journal. Refused where the new name is taken, and, of a campaign,
    /// while a message of it is in flight. [`super::Error::Fenced`] where the lock is not held.
    fn rename<'a>(
        &'a self,
        lock: &'a str,
        renaming: &'a Renaming,
        entry: &'a Note,
    ) -> Answer<'a, ()>;
    /// Takes the state lock away from its holder where it is this one, with its entry in the journal. Returns who holds it
    /// all the same: somebody else, or nobody.
    fn break_lock<'a>(&'a self, id: &'a str, entry: &'a Note) -> Answer<'a, Broken>;
}

/// What came of the wish to break a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It is gone; this was it.
    Lock(LockInfo),
    /// Another one holds.
    Other(LockInfo),
    /// None holds.
    None,
}
