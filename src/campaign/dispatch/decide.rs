//! What becomes of a candidate: the checks that are made inside the claim's transaction.
//!
//! They were made when the audience was planned, too; here they are made with what is true at this moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::allowance::{Allowance, Place};
use super::{Campaign, CountryOf, NextOpening, Opening};
use crate::campaign::limits::{self, Portfolio};
use crate::store::{Candidate, Gaps, Verdict};

/// A suppression has come in since the audience was gathered.
pub(super) const SUPPRESSED: &str = "suppressed";
/// The person behind the number may be another.
pub(super) const IDENTITY_CHANGED: &str = "identity_changed";
/// Quiet hours leave no hour that is open in every zone that the contact may be in.
pub(super) const NO_COMMON_HOUR: &str = "no_common_hour";
/// Meta does not let the business message people of this country.
pub(super) const COUNTRY_REFUSED: &str = "country_refused";

/// The rules of one claim.
pub(super) struct Rules {
    gaps: Gaps,
    quiet_hours: Option<NextOpening>,
    country_of: CountryOf,
    refused_countries: Arc<BTreeSet<String>>,
    portfolio: Arc<Portfolio>,
    allowance: Option<Allowance>,
    now: Timestamp,
    notes: Notes,
}

/// What the decisions of one claim came to. Shared with the store, which decides on a thread of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
pub(super) struct Noted {
    /// Those who took from the portfolio's allowance.
    pub newcomers: BTreeSet<String>,
    pub skipped: BTreeMap<&'static str, u64>,
    /// Somebody was passed over for the portfolio's limit.
    pub limited: bool,
    /// Those who took a place of the campaign's allowance.
    pub taken_in: BTreeSet<String>,
}

impl Notes {
    pub(super) fn lock(&self) -> MutexGuard<'_, Noted> {
        // A decision that panicked has left whole values behind; the claim it belonged to fails anyhow.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rules {
    pub(super) fn new(
        (campaign, allowance): (&Campaign, &Option<Allowance>),
        country_of: &CountryOf,
        refused_countries: &Arc<BTreeSet<String>>,
        portfolio: &Arc<Portfolio>,
        now: Timestamp,
        notes: Notes,
    ) -> Self {
        Self {
            gaps: campaign.gaps.clone(),
            quiet_hours: campaign.quiet_hours.clone(),
            country_of: Arc::clone(country_of),
            refused_countries: Arc::clone(refused_countries),
            portfolio: Arc::clone(portfolio),
            allowance: allowance.clone(),
            now,
            notes,
        }
    }

    /// The limits come last: they are taken from by those alone who are messaged.
    pub(super) fn decide(&self, candidate: &Candidate) -> Verdict {
        if candidate.suppressed {
            return self.skip(SUPPRESSED);
        }
        if candidate.held {
            return self.skip(IDENTITY_CHANGED);
        }
        if self.is_country_refused(&candidate.phone) {
            return self.skip(COUNTRY_REFUSED);
        }
        if let Some(until) = self.gap_ends(candidate) {
            return Verdict::Postpone(until);
        }
        match self.opening(&candidate.zones) {
            Opening::Now => {}
            Opening::At(at) => return Verdict::Postpone(at),
            Opening::Never => return self.skip(NO_COMMON_HOUR),
        }
        if !self.is_taken_in(&candidate.phone) {
            return Verdict::Pass;
        }
        if limits::counts_already(candidate.last_any_template, self.now) {
            return Verdict::Claim;
        }
        let mut noted = self.notes.lock();
        if noted.newcomers.contains(&candidate.phone) {
            // Asked a second time, since the store had to begin its transaction again.
            return Verdict::Claim;
        }
        if !self.portfolio.take() {
            noted.limited = true;
            return Verdict::Pass;
        }
        noted.newcomers.insert(candidate.phone.clone());
        Verdict::Claim
    }

    /// Tells whether there is a place for this person. What is taken for somebody who is not claimed in the end is given
    /// back when the claim is answered.
    fn is_taken_in(&self, phone: &str) -> bool {
        let Some(allowance) = &self.allowance else {
            return true;
        };
        let mut noted = self.notes.lock();
        if noted.taken_in.contains(phone) {
            return true;
        }
        match allowance.ask(phone) {
            Place::Taken => noted.taken_in.insert(phone.to_owned()),
            Place::Kept => true,
            Place::None => false,
        }
    }

    fn skip(&self, reason: &'static str) -> Verdict {
        *self.notes.lock().skipped.entry(reason).or_default() += 1;
        Verdict::Skip(reason.to_owned())
    }

    fn is_country_refused(&self, phone: &str) -> bool {
        !self.refused_countries.is_empty()
            && (self.country_of)(phone)
                .is_some_and(|country| self.refused_countries.contains(&country))
    }

    fn opening(&self, zones: &[String]) -> Opening {
        match self.quiet_hours.as_ref().map(|next| next(self.now, zones)) {
            // An opening that is here already must not postpone for ever.
            Some(Opening::At(at)) if at <= self.now => Opening::Now,
            Some(opening) => opening,
            None => Opening::Now,
        }
    }

    /// Returns when the last gap that holds this candidate back has passed.
    fn gap_ends(&self, candidate: &Candidate) -> Option<Timestamp> {
        let ends = |last: Option<Timestamp>, gap: SignedDuration| {
            last.map(|last| last.saturating_add(gap).unwrap_or(Timestamp::MAX))
        };
        ends(candidate.last_same_template, self.gaps.repeat_template)
            .max(ends(candidate.last_any_template, self.gaps.min_gap))
            .filter(|end| *end > self.now)
    }
}
