//! A state with conversations in it, for tests of what is read and claimed from them.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;

use super::kit::{ACCOUNT, CAMPAIGN, House, NUMBER, at, phone};
use crate::store::{
    AnswerKind, ContactFile, Database, HistoryFilter, HistoryRow, Outcome, RetryOf, Store,
};

/// A state that can be opened, and into which an engine puts what came in.
pub(in crate::store) struct Ground {
    pub(in crate::store) open: Box<dyn Fn() -> Arc<dyn Database> + Send + Sync>,
    pub(in crate::store) plant: Box<dyn Fn(Planted) + Send + Sync>,
}

/// What may have come in, all of it of the one account.
#[derive(Clone, Debug)]
pub(in crate::store) enum Planted {
    /// A customer's message to a number of ours; the service window with it.
    Wrote {
        phone: String,
        number: String,
        at: Timestamp,
        text: String,
    },
    /// What a message was to the campaign.
    Answered {
        phone: String,
        at: Timestamp,
        kind: AnswerKind,
        option: Option<String>,
        text: String,
    },
    /// The message of the latest attempt was delivered.
    Delivered {
        phone: String,
        at: Timestamp,
    },
    /// The contact, closed as failed, might have been tried again.
    Passing {
        phone: String,
    },
    Held {
        phone: String,
        at: Timestamp,
    },
    Suppressed {
        phone: String,
        at: Timestamp,
    },
    Suspect {
        phone: String,
        at: Timestamp,
    },
    /// The account's receiver has run from one time to another.
    Receiver {
        since: Timestamp,
        last: Timestamp,
    },
    /// A reply to the contact was taken.
    Replied {
        phone: String,
        at: Timestamp,
        text: String,
    },
}

/// A campaign with contacts whose conversations can be planted.
pub(super) struct Talk {
    pub(super) contacts: Arc<dyn Database>,
    pub(super) house: House,
    plant: Box<dyn Fn(Planted) + Send + Sync>,
}

impl Deref for Talk {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

pub(super) const PASSING: RetryOf = RetryOf {
    passing: true,
    uncertain: false,
};
pub(super) const UNCERTAIN: RetryOf = RetryOf {
    passing: false,
    uncertain: true,
};

impl Talk {
    pub(super) async fn with(ground: Ground, people: u64) -> Self {
        let contacts = (ground.open)();
        let store: Arc<dyn Store> = Arc::clone(&contacts) as _;
        Self {
            house: House::with(store, people).await,
            contacts,
            plant: ground.plant,
        }
    }

    pub(super) fn plant(&self, what: Planted) {
        (self.plant)(what);
    }

    /// Somebody writes to the campaign's number.
    pub(super) fn wrote(&self, person: u64, now: i64, text: &str) {
        self.plant(Planted::Wrote {
            phone: phone(person),
            number: NUMBER.to_owned(),
            at: at(now),
            text: text.to_owned(),
        });
    }

    pub(super) async fn retry_of(&self, of: &RetryOf, now: i64) -> u64 {
        let expected = self
            .contacts
            .retry_count(ACCOUNT, CAMPAIGN, of, at(now))
            .await
            .unwrap();
        let taken = self
            .contacts
            .retry(ACCOUNT, CAMPAIGN, of, "ana@desk by retry", at(now))
            .await
            .unwrap();
        assert_eq!(taken, expected, "as many as were counted before");
        taken
    }

    pub(super) async fn resend(&self, before: i64, now: i64) -> u64 {
        self.contacts
            .resend_uncertain(ACCOUNT, CAMPAIGN, at(before), at(now))
            .await
            .unwrap()
    }

    pub(super) async fn file(&self, person: u64) -> ContactFile {
        let file = self.contacts.contact(ACCOUNT, &phone(person)).await;
        file.unwrap().unwrap()
    }

    pub(super) async fn history(&self, change: impl FnOnce(&mut HistoryFilter)) -> Vec<HistoryRow> {
        use futures::TryStreamExt;
        let mut filter = HistoryFilter {
            account: ACCOUNT.to_owned(),
            campaign: CAMPAIGN.to_owned(),
            ..HistoryFilter::default()
        };
        change(&mut filter);
        self.store.history(&filter).try_concat().await.unwrap()
    }

    pub(super) async fn outcomes(&self, now: i64) -> Vec<(Outcome, u64)> {
        let outcomes = self.standing(now).await.outcome;
        let known = [
            Outcome::Failed,
            Outcome::Expired,
            Outcome::Skipped,
            Outcome::Uncertain,
        ];
        let count = |outcome: Outcome| {
            outcomes
                .get(outcome.as_str())
                .map(|count| (outcome, *count))
        };
        known.into_iter().filter_map(count).collect()
    }
}
