//! Why a saved plan is not carried out.

use std::fmt;

use jiff::Timestamp;

/// What is not as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// An address, or what else a person knows it by.
    pub what: String,
    pub reason: String,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.reason)
    }
}

/// A refusal; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the plan file is damaged: {0}")]
    Damaged(String),
    #[error(
        "the plan file was written by {wrote}, in format {format}; this is waform {ours}, which reads format {known}"
    )]
    OtherVersion {
        wrote: String,
        format: String,
        ours: &'static str,
        known: &'static str,
    },
    #[error("the plan was good until {}; it is {} now", second(*until), second(*now))]
    Expired { until: Timestamp, now: Timestamp },
    #[error(
        "the plan was made at {}, and the clock says {}: whether it is still good cannot be told",
        second(*made_at), second(*now)
    )]
    FromTheFuture { made_at: Timestamp, now: Timestamp },
    #[error("this plan was applied already, at {} by {actor}", second(*at))]
    Used { at: Timestamp, actor: String },
    #[error("the plan is for another account:{}", list(.0))]
    OtherAccount(Vec<Moved>),
    #[error("the plan was made with another ledger: {0}")]
    OtherLedger(&'static str),
    #[error("the configuration has changed since the plan was made:{}", list(.0))]
    OtherConfiguration(Vec<Moved>),
    #[error("the account has moved since the plan was made:{}", list(.0))]
    Stale(Vec<Moved>),
}

impl Error {
    /// Returns the diagnostic code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "plan::damaged",
            Self::OtherVersion { .. } => "plan::other_version",
            Self::Expired { .. } | Self::FromTheFuture { .. } => "plan::expired",
            Self::Used { .. } => "plan::used",
            Self::OtherAccount(_) => "plan::other_account",
            Self::OtherLedger(_) => "plan::other_ledger",
            Self::OtherConfiguration(_) => "plan::other_configuration",
            Self::Stale(_) => "plan::stale",
        }
    }

    /// Returns what to do.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Damaged(_) => {
                "it was cut, edited, or is no plan at all; make a new one with `waform plan -o FILE`"
            }
            Self::OtherVersion { .. } => {
                "apply it with the version that wrote it, or make a new one with this version"
            }
            Self::Expired { .. } => {
                "make a new plan and review it; `plan --expires` says how long one is good"
            }
            Self::FromTheFuture { .. } => "set this machine's clock, or make a new plan",
            Self::Used { .. } => {
                "a saved plan is applied once, also where it ended midway; make a new plan: it holds what is left to do"
            }
            Self::OtherAccount(_) => {
                "nothing was changed; apply it where it was made for: the same account, `--sandbox` or not as then"
            }
            Self::OtherLedger(_) => {
                "nothing was changed; apply it with the state that it was planned with, or make a new plan with this one"
            }
            Self::OtherConfiguration(_) => {
                "nothing was changed; apply it from the checkout that it was made from, with the same variables, or make a \
                 new plan"
            }
            Self::Stale(_) => "nothing was changed; make a new plan, review it, and apply that",
        }
    }
}

fn second(at: Timestamp) -> impl fmt::Display {
    at.strftime("%Y-%m-%dT%H:%M:%SZ")
}

/// How many entries are listed; more are counted.
const LISTED: usize = 25;

fn list(moved: &[Moved]) -> String {
    let mut text = String::new();
    for moved in moved.iter().take(LISTED) {
        text.push_str("\n  - ");
        text.push_str(&moved.to_string());
    }
    if moved.len() > LISTED {
        text.push_str("\n  - and ");
        text.push_str(&(moved.len() - LISTED).to_string());
        text.push_str(" more");
    }
    text
}
