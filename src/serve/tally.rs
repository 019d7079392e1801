//! Who counts what is done.

use super::meters::Meters;
use crate::campaign::Sent;
use crate::store::TakenIn;

/// Counts. Everything may be ignored.
pub trait Tally: Send + Sync {
    /// Webhooks were taken in.
    fn taken_in(&self, taken: &TakenIn) {
        let _ = taken;
    }
    /// Parts of webhooks became dead letters.
    fn buried(&self, count: u64) {
        let _ = count;
    }
    /// A number has sent what was due.
    fn sent(&self, sent: &Sent) {
        let _ = sent;
    }
    /// This process has, or has no longer, the lease on a number.
    fn lease(&self, account: &str, number: &str, held: bool) {
        let _ = (account, number, held);
    }
}

/// Counts nothing.
impl Tally for () {}

impl Tally for Meters {
    fn taken_in(&self, taken: &TakenIn) {
        Self::taken_in(self, taken);
    }
    fn buried(&self, count: u64) {
        Self::buried(self, count);
    }
    fn sent(&self, sent: &Sent) {
        Self::sent(self, sent);
    }
    fn lease(&self, account: &str, number: &str, held: bool) {
        Self::lease(self, account, number, held);
    }
}
