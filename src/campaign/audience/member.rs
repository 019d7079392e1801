//! One contact: from a row to a member.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::brief::{Brief, ListBrief};
use super::sources::Columns;
use crate::campaign::contacts::{Header, Problem, Row};
use crate::campaign::skip::{self, Skip};
use crate::campaign::suppression::Suppressed;
use crate::campaign::{consent, quiet_hours, zones};
use crate::phone_number::PhoneNumber;
use crate::store::Member;

/// Characters of a cell that a problem shows.
const SHOWN: usize = 40;

/// Makes the members of one batch; what many contacts have in common is reckoned once.
pub(super) struct Maker<'a> {
    pub(super) brief: &'a Brief,
    pub(super) list: &'a ListBrief,
    pub(super) columns: Columns,
    pub(super) header: &'a Header,
    pub(super) suppressed: &'a Suppressed,
    pub(super) now: Timestamp,
    pub(super) openings: HashMap<Vec<String>, bool>,
    pub(super) zone_names: HashMap<String, Option<String>>,
}

impl Maker<'_> {
    /// Returns the member, or why the row is none. A problem that the contact survives is handed to `report`.
    pub(super) fn make(
        &mut self,
        row: &Row,
        report: &mut dyn FnMut(Problem),
    ) -> Result<Member, Problem> {
        let brief = self.brief;
        let number = PhoneNumber::parse(row.cell(self.columns.phone), self.list.default_region)?;
        let cell =
            |column: Option<usize>| column.map(|column| row.cell(column)).unwrap_or_default();
        let language = brief.languages.choose(cell(self.columns.language));
        let zones = self.zones(&number, cell(self.columns.timezone), report);
        let proof = cell(self.columns.opt_in);
        let variables = self
            .permission(&number, proof)
            .and_then(|()| brief.values.fill(self.header, row))
            .and_then(|values| brief.message.compose(language, &values))
            .and_then(|variables| self.opening(&zones).map(|()| variables));
        let (variables, skip) = match variables {
            Ok(variables) => (variables, None),
            Err(skip) => ("null".to_owned(), Some(skip.into_code())),
        };
        Ok(Member {
            phone: number.e164().to_owned(),
            language: language.to_owned(),
            zones,
            variables,
            country: number.region().map(|region| region.to_string()),
            opt_in: Some(proof.to_owned()).filter(|proof| !proof.is_empty()),
            skip,
            list: self.list.name.clone(),
            line: row.line,
        })
    }

    fn permission(&self, number: &PhoneNumber, proof: &str) -> Result<(), Skip> {
        if self.suppressed.contains(number) {
            return Err(Skip::new(skip::SUPPRESSED));
        }
        if !consent::is_proof(proof, self.now) {
            return Err(Skip::new(skip::NO_OPT_IN));
        }
        Ok(())
    }

    /// The zone that the list gives wins over those of the number.
    fn zones(
        &mut self,
        number: &PhoneNumber,
        given: &str,
        report: &mut dyn FnMut(Problem),
    ) -> Vec<String> {
        if !given.is_empty() {
            let known = self
                .zone_names
                .entry(given.to_owned())
                .or_insert_with(|| Some(TimeZone::get(given).ok()?.iana_name()?.to_owned()));
            match known {
                Some(name) => return vec![name.clone()],
                None => report(Problem::Zone(given.chars().take(SHOWN).collect())),
            }
        }
        zones::of(number)
            .iter()
            .map(|&zone| zone.to_owned())
            .collect()
    }

    fn opening(&mut self, zones: &[String]) -> Result<(), Skip> {
        let Some(quiet) = &self.brief.quiet_hours else {
            return Ok(());
        };
        if zones.is_empty() {
            return Err(Skip::new(skip::ZONE_UNKNOWN));
        }
        let opens = match self.openings.get(zones) {
            Some(opens) => *opens,
            None => {
                let opens = quiet_hours::next_open(self.now, zones, quiet).is_some();
                self.openings.insert(zones.to_vec(), opens);
                opens
            }
        };
        if opens {
            Ok(())
        } else {
            Err(Skip::new(skip::NO_COMMON_HOUR))
        }
    }
}
