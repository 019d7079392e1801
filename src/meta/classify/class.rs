//! The classes, and what is known of a code.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an error code means for whoever called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Passes by itself; retry after a wait.
    Temporary,
    /// We are too fast (number, account or call rate); slow down, nobody is failed for it.
    Throttled,
    /// Too fast towards one person: only this contact waits.
    ThrottledPair,
    /// Passes for this contact after a day or more (131049).
    ContactLater,
    /// For good, for this contact.
    Contact,
    /// For good, and the contact must not be messaged again (opted out).
    ContactSuppress,
    /// All contacts of a country.
    Country,
    /// The template cannot be sent.
    Template,
    /// The number cannot send.
    Number,
    /// The account or its token cannot do anything.
    Account,
    /// The request is wrong; repeating it changes nothing.
    Request,
    /// The message may have been taken.
    Uncertain,
}

/// Where an error was read: the same code can mean less in an answer than in a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// In the answer to a call.
    Answer,
    /// In a `failed` status of the webhook: definitive.
    Status,
}

/// Growing waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    first: u64,
    factor: u64,
    longest: u64,
    /// How many waits there are; after them it is over.
    times: u32,
}

impl Pace {
    pub(super) const fn seconds(first: u64, factor: u64, longest: u64) -> Self {
        Self {
            first,
            factor,
            longest,
            times: u32::MAX,
        }
    }

    const fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Returns the wait before retry `retry`, counted from 0; nothing when no further retry makes sense.
    #[must_use]
    pub fn wait(self, retry: u32) -> Option<Duration> {
        (retry < self.times).then(|| {
            let seconds = self
                .first
                .saturating_mul(self.factor.saturating_pow(retry))
                .min(self.longest);
            Duration::from_secs(seconds)
        })
    }
}

impl Class {
    /// Returns the class's waits, where waiting helps at all (fact sheet 3.2 and 3.4).
    #[must_use]
    pub const fn pace(self) -> Option<Pace> {
        const DAY: u64 = 86_400;
        Some(match self {
            Self::Temporary => Pace::seconds(5, 2, 300),
            Self::Throttled => Pace::seconds(1, 2, 60),
            // Meta: 4^X seconds, X from 0 (131056). The pair's quota is an hourly one.
            Self::ThrottledPair => Pace::seconds(1, 4, 3600),
            // After a day and after three more; Meta acts against those who insist (since 30 April 2026).
            Self::ContactLater => Pace::seconds(DAY, 3, 3 * DAY).times(2),
            Self::Contact
            | Self::ContactSuppress
            | Self::Country
            | Self::Template
            | Self::Number
            | Self::Account
            | Self::Request
            | Self::Uncertain => return None,
        })
    }

    /// Returns the suggested wait before retry `retry`, counted from 0.
    #[must_use]
    pub fn wait(self, retry: u32) -> Option<Duration> {
        self.pace().and_then(|pace| pace.wait(retry))
    }
}

/// What is known of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub class: Class,
    /// Whether the code stands in the tables.
    pub known: bool,
    /// After so many retries it is no longer what `class` says, but what `finally` says. Nothing: no such bound.
    pub retries: Option<u32>,
    pub finally: Class,
    /// A short sentence without a period.
    pub meaning: &'static str,
    pub advice: Option<&'static str>,
    pub(super) pace: Option<Pace>,
}

impl Verdict {
    pub(super) const UNKNOWN: Self = Self {
        class: Class::Temporary,
        known: false,
        retries: Some(1),
        finally: Class::Contact,
        meaning: "a code that waform does not know",
        advice: None,
        pace: None,
    };

    /// Returns the class after `retries` retries that ended with the same code.
    #[must_use]
    pub fn class_after(&self, retries: u32) -> Class {
        match self.retries {
            Some(bound) if retries >= bound => self.finally,
            _ => self.class,
        }
    }

    /// Returns the suggested wait before retry `retry`, counted from 0; nothing where retrying is over or makes no sense.
    #[must_use]
    pub fn wait(&self, retry: u32) -> Option<Duration> {
        if self.retries.is_some_and(|bound| retry >= bound) {
            return None;
        }
        self.pace
            .or_else(|| self.class.pace())
            .and_then(|pace| pace.wait(retry))
    }
}
