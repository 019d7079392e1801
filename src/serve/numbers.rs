//! The numbers of each account, as they are live: read from Meta, kept for a while.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::meta::{self, GraphRead, Number};

/// Throughput and limits change within hours, by review.
const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// Meta is asked again about what is not known, or could not be read, after this.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);

/// An account at Meta.
#[derive(Clone)]
pub struct Live {
    pub waba_id: String,
    pub reader: Arc<dyn GraphRead>,
}

/// Knows the numbers.
pub(super) struct Numbers {
    clock: Clock,
    accounts: BTreeMap<String, Live>,
    known: BTreeMap<String, Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    numbers: Vec<Number>,
    read_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
}

impl Numbers {
    pub(super) fn new(clock: Clock, accounts: BTreeMap<String, Live>) -> Self {
        let known = accounts.keys().map(|name| (name.clone(), Mutex::default()));
        Self {
            known: known.collect(),
            clock,
            accounts,
        }
    }

    pub(super) fn live(&self, account: &str) -> Option<&Live> {
        self.accounts.get(account)
    }

    /// Returns an account's numbers; those known before where Meta cannot be asked.
    pub(super) async fn of(&self, account: &str) -> Result<Vec<Number>, meta::Error> {
        let (Some(live), Some(known)) = (self.accounts.get(account), self.known.get(account))
        else {
            return Ok(Vec::new());
        };
        let now = self.clock.now();
        let mut known = known.lock().await;
        let since = |at: Option<Timestamp>| at.map(|at| now.duration_since(at).abs());
        if since(known.read_at).is_some_and(|age| age < FRESH) {
            return Ok(known.numbers.clone());
        }
        let asked = since(known.asked_at).is_some_and(|age| age < PATIENCE);
        if asked && known.read_at.is_some() {
            return Ok(known.numbers.clone());
        }
        known.asked_at = Some(now);
        match live.reader.numbers(&live.waba_id).await {
            Ok(numbers) => {
                known.numbers = numbers;
                known.read_at = Some(now);
                Ok(known.numbers.clone())
            }
            Err(error) if known.read_at.is_some() => {
                tracing::warn!(%error, account, "the numbers could not be read; those of before are used");
                Ok(known.numbers.clone())
            }
            Err(error) => Err(error),
        }
    }

    /// Tells whether a number is the account's, as far as is known: while nothing is known, every number is.
    pub(super) async fn knows(&self, account: &str, id: &str) -> bool {
        let Some(known) = self.known.get(account) else {
            return true;
        };
        let mut known = known.lock().await;
        let is_one = |known: &Known| known.numbers.iter().any(|number| number.id == id);
        if is_one(&known) || known.read_at.is_none() {
            return true;
        }
        let now = self.clock.now();
        let asked = known.asked_at;
        if asked.is_some_and(|asked| now.duration_since(asked).abs() < PATIENCE) {
            return false;
        }
        known.asked_at = Some(now);
        let Some(live) = self.accounts.get(account) else {
            return true;
        };
        match live.reader.numbers(&live.waba_id).await {
            Ok(numbers) => {
                known.numbers = numbers;
                known.read_at = Some(now);
                is_one(&known)
            }
            // It may be a new one.
            Err(_) => true,
        }
    }
}
