//! The long forms of limits.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{Spanned, StringOr};

/// Of fewer objects than this a percentage says nothing: one of three is a third.
pub const AT_LEAST: u64 = 10;

/// Of fewer sends than this a rate of failures says nothing.
pub const SETTLED_AT_LEAST: u64 = 50;

/// A limit on a count; whatever is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountLimit {
    /// How many, all kinds together.
    pub count: Option<Spanned<u64>>,
    /// How many per cent of the live objects of a kind, each kind for itself.
    pub percent: Option<Spanned<u64>>,
    /// The percentage does not apply where there are fewer than so many; 10 where left out.
    pub at_least: Option<Spanned<u64>>,
    /// How many of one kind: `{ template = 2, webhook = 0 }`.
    #[serde(default)]
    pub per_kind: BTreeMap<Spanned<String>, Spanned<u64>>,
}

/// How many of a campaign's sends may fail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureRate {
    pub percent: Spanned<u64>,
    /// It does not apply before so many sends of the run have an answer; 50 where left out.
    pub at_least: Option<Spanned<u64>>,
}

impl StringOr<FailureRate> {
    /// Returns the percentage and from how many sends on it applies; none where the text is no percentage.
    #[must_use]
    pub fn parts(&self) -> Option<(u64, u64)> {
        match self {
            Self::String(text) => {
                let percent = text.strip_suffix('%')?.trim().parse().ok()?;
                Some((percent, SETTLED_AT_LEAST))
            }
            Self::Table(rate) => {
                let at_least = rate.at_least.as_ref().map(|least| **least);
                Some((*rate.percent, at_least.unwrap_or(SETTLED_AT_LEAST)))
            }
        }
    }
}
