//! Which objects a run is limited to.
//!
//! `--target` selects what it names and all that this needs; `--exclude` leaves out what it names and all that needs it,
//! so that a plan never holds one half of a dependency. A pattern is an address as the plan writes it, with `*` for any
//! text; it names a whole block (`template.order_update`) or one of its objects (`template.order_update["es"]`).

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};

use super::super::plan::{self, Notice};
use super::{Error, Options};
use crate::config::{Address, nearest};
use crate::resource::{self, Desired, Project, kinds};
use crate::store::Applied;

/// What is selected, and what is replaced of it.
#[derive(Debug, Default)]
pub(in crate::engine) struct Selected {
    /// None for all.
    included: Option<BTreeSet<Address>>,
    replaced: BTreeSet<Address>,
    /// What an exclusion left out beside what it names, with what it needs.
    left_out: Vec<(Address, Address)>,
}

impl Selected {
    /// Finds what the options name among all that is declared or remembered.
    pub(super) fn resolve(
        options: &Options,
        project: &Project,
        desired: &[Desired],
        applied: &[Applied],
    ) -> Result<Self, Error> {
        let mut selected = Self::default();
        if !options.targets.is_empty() || !options.excludes.is_empty() {
            let known = Known::new(project, desired, applied);
            selected.included = Some(known.select(options, &mut selected.left_out)?);
        }
        for written in &options.replaces {
            let pattern = Pattern::new("--replace", written)?;
            let named: Vec<&Address> = desired
                .iter()
                .map(|desired| &desired.address)
                .filter(|address| pattern.names(address))
                .collect();
            if named.is_empty() {
                return Err(pattern.unknown(desired.iter().map(|desired| &desired.address)));
            }
            if let Some(left) = named.iter().find(|address| !selected.includes(address)) {
                return Err(Error::NotSelected((*left).clone()));
            }
            selected.replaced.extend(named.into_iter().cloned());
        }
        Ok(selected)
    }

    pub(super) fn includes(&self, address: &Address) -> bool {
        self.included
            .as_ref()
            .is_none_or(|included| included.contains(address))
    }

    pub(super) fn replaces(&self, address: &Address) -> bool {
        self.replaced.contains(address)
    }

    /// Says what an exclusion left out that it does not name.
    pub(super) fn notices(&self) -> impl Iterator<Item = Notice> {
        self.left_out.iter().map(|(address, needs)| Notice {
            code: "plan::excluded".to_owned(),
            message: format!("{address} is left out as well: it needs {needs}"),
        })
    }
}

/// Returns what a plan says of its own limits.
pub(super) fn as_given(options: &Options) -> plan::Selection {
    plan::Selection {
        targets: options.targets.clone(),
        excludes: options.excludes.clone(),
    }
}

/// All that can be named, with what each needs.
struct Known {
    /// Objects with their needs, and declared blocks that are none themselves (a list, a mapping).
    needs: BTreeMap<Address, BTreeSet<Address>>,
    objects: BTreeSet<Address>,
    /// By block: the block itself and its objects.
    members: BTreeMap<Address, Vec<Address>>,
}

impl Known {
    fn new(project: &Project, desired: &[Desired], applied: &[Applied]) -> Self {
        let mut needs: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for (address, references) in kinds().iter().flat_map(|kind| kind.references(project)) {
            needs.entry(address).or_default().extend(references);
        }
        let mut objects = BTreeSet::new();
        let of_desired = desired
            .iter()
            .map(|desired| (&desired.address, &desired.account, &*desired.depends_on));
        let of_applied = applied
            .iter()
            .map(|last| (&last.address, &last.account, [].as_slice()));
        for (address, account, depends_on) in of_desired.chain(of_applied) {
            let references = needs.get(&block(address)).cloned().unwrap_or_default();
            let own = needs.entry(address.clone()).or_default();
            own.extend(references);
            own.extend(depends_on.iter().cloned());
            own.insert(resource::account::address(account));
            objects.insert(address.clone());
        }
        let mut members: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        for address in needs.keys() {
            members
                .entry(block(address))
                .or_default()
                .push(address.clone());
        }
        Self {
            needs,
            objects,
            members,
        }
    }

    fn select(
        &self,
        options: &Options,
        left_out: &mut Vec<(Address, Address)>,
    ) -> Result<BTreeSet<Address>, Error> {
        let mut included = if options.targets.is_empty() {
            self.needs.keys().cloned().collect()
        } else {
            let mut included = BTreeSet::new();
            for written in &options.targets {
                let pattern = Pattern::new("--target", written)?;
                let needed = self.with_needs(self.named(&pattern)?);
                if needed.is_disjoint(&self.objects) {
                    return Err(Error::NoObject(written.clone()));
                }
                included.extend(needed);
            }
            included
        };
        let mut excluded = BTreeSet::new();
        for written in &options.excludes {
            let pattern = Pattern::new("--exclude", written)?;
            excluded.extend(self.named(&pattern)?);
        }
        // What needs something that is left out is left out, and so on.
        while let Some(more) = self.needing(&included, &excluded) {
            for (address, needs) in more {
                if self.objects.contains(&address) {
                    left_out.push((address.clone(), needs));
                }
                excluded.insert(address);
            }
        }
        included.retain(|address| !excluded.contains(address));
        Ok(included)
    }

    fn named(&self, pattern: &Pattern) -> Result<BTreeSet<Address>, Error> {
        let named: BTreeSet<Address> = self
            .needs
            .keys()
            .filter(|address| pattern.names(address))
            .cloned()
            .collect();
        if named.is_empty() {
            return Err(pattern.unknown(self.needs.keys()));
        }
        Ok(named)
    }

    fn with_needs(&self, named: BTreeSet<Address>) -> BTreeSet<Address> {
        let mut found = BTreeSet::new();
        let mut open: Vec<Address> = named.into_iter().collect();
        while let Some(address) = open.pop() {
            for need in self.needs.get(&address).into_iter().flatten() {
                open.extend(
                    self.meant(need)
                        .filter(|one| !found.contains(*one))
                        .cloned(),
                );
            }
            found.insert(address);
        }
        found
    }

    /// Returns what is not excluded yet, but needs something that is; none where there is nothing.
    fn needing(
        &self,
        included: &BTreeSet<Address>,
        excluded: &BTreeSet<Address>,
    ) -> Option<Vec<(Address, Address)>> {
        let needing: Vec<_> = included
            .iter()
            .filter(|address| !excluded.contains(*address))
            .filter_map(|address| {
                let gone = self
                    .needs
                    .get(address)?
                    .iter()
                    .flat_map(|need| self.meant(need))
                    .find(|need| excluded.contains(*need))?;
                Some((address.clone(), gone.clone()))
            })
            .collect();
        (!needing.is_empty()).then_some(needing)
    }

    /// Returns all that a need is about: a block is needed with all of its objects.
    fn meant<'a>(&'a self, need: &'a Address) -> impl Iterator<Item = &'a Address> {
        self.members
            .get(&block(need))
            .into_iter()
            .flatten()
            .filter(move |address| need.index.is_none() || need == *address)
    }
}

fn block(address: &Address) -> Address {
    Address::new(&address.kind, &address.name)
}

/// An address with `*` for any text.
struct Pattern {
    option: &'static str,
    written: String,
    glob: GlobMatcher,
}

impl Pattern {
    fn new(option: &'static str, written: &str) -> Result<Self, Error> {
        // Brackets belong to addresses here, not to the pattern.
        let escaped = written.replace('[', "\\[").replace(']', "\\]");
        let glob = GlobBuilder::new(&escaped)
            .backslash_escape(true)
            .build()
            .map_err(|error| Error::Pattern {
                option,
                pattern: written.to_owned(),
                reason: error.kind().to_string(),
            })?;
        Ok(Self {
            option,
            written: written.to_owned(),
            glob: glob.compile_matcher(),
        })
    }

    fn names(&self, address: &Address) -> bool {
        let matches = |address: &Address| self.glob.is_match(address.to_string());
        matches(address) || (address.index.is_some() && matches(&block(address)))
    }

    fn unknown<'a>(&self, known: impl Iterator<Item = &'a Address>) -> Error {
        let known: BTreeSet<String> = known
            .flat_map(|address| [address.to_string(), block(address).to_string()])
            .collect();
        Error::UnknownTarget {
            option: self.option,
            pattern: self.written.clone(),
            near: nearest(&self.written, known.iter().map(String::as_str)).map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str, address: &Address) -> bool {
        Pattern::new("--target", pattern).unwrap().names(address)
    }

    #[test]
    fn a_pattern_names_blocks_and_objects() {
        let spanish = Address::with_index("template", "order_update", "es");
        for pattern in [
            "template.order_update",
            "template.order_*",
            "template.*",
            "*",
            "template.order_update[\"es\"]",
            "*[\"es\"]",
            "template.order_*[\"e*\"]",
            "{template,campaign}.order_update",
        ] {
            assert!(names(pattern, &spanish), "{pattern}");
        }
        for pattern in [
            "template",
            "template.order",
            "template.order_update[\"en\"]",
            "*[\"en\"]",
            "template.order_update[es]",
            "campaign.*",
            "",
        ] {
            assert!(!names(pattern, &spanish), "{pattern}");
        }
        assert!(names("guard", &Address::new("guard", "")));
    }

    #[test]
    fn a_pattern_that_is_none_says_why() {
        let error = Pattern::new("--exclude", "template.{a").err().unwrap();
        assert!(
            matches!(&error, Error::Pattern { option: "--exclude", reason, .. } if !reason.is_empty()),
            "{error}"
        );
    }

    /// A campaign that needs a template of two languages and a mapping of it, and a template that nobody needs.
    fn known() -> Known {
        let campaign = Address::new("campaign", "spring");
        let needs = [
            Address::new("template", "order"),
            Address::new("mapping", "orders"),
        ];
        let mut known = Known {
            needs: BTreeMap::from([
                (campaign.clone(), BTreeSet::from(needs.clone())),
                (
                    needs[1].clone(),
                    BTreeSet::from([Address::new("template", "order")]),
                ),
                (needs[0].clone(), BTreeSet::new()),
            ]),
            objects: BTreeSet::from([campaign]),
            members: BTreeMap::new(),
        };
        for (name, index) in [("order", "en"), ("order", "es"), ("other", "en")] {
            let address = Address::with_index("template", name, index);
            known.needs.insert(address.clone(), BTreeSet::new());
            known.objects.insert(address);
        }
        for address in known.needs.keys() {
            let members = known.members.entry(block(address)).or_default();
            members.push(address.clone());
        }
        known
    }

    fn selected(targets: &[&str], excludes: &[&str]) -> (Vec<String>, Vec<String>) {
        let options = Options {
            targets: targets.iter().map(ToString::to_string).collect(),
            excludes: excludes.iter().map(ToString::to_string).collect(),
            ..Options::default()
        };
        let known = known();
        let mut left_out = Vec::new();
        let included = known.select(&options, &mut left_out).unwrap();
        let objects = included.intersection(&known.objects);
        (
            objects.map(ToString::to_string).collect(),
            left_out
                .iter()
                .map(|(address, needs)| format!("{address}: {needs}"))
                .collect(),
        )
    }

    #[test]
    fn a_target_brings_what_it_needs() {
        let (included, left_out) = selected(&["campaign.*"], &[]);
        assert_eq!(
            included,
            [
                "campaign.spring",
                "template.order[\"en\"]",
                "template.order[\"es\"]"
            ]
        );
        assert!(left_out.is_empty());
        assert_eq!(
            selected(&["*[\"en\"]"], &[]).0,
            ["template.order[\"en\"]", "template.other[\"en\"]"]
        );
    }

    #[test]
    fn an_exclusion_takes_along_what_needs_it() {
        let (included, left_out) = selected(&[], &["template.order[\"es\"]"]);
        assert_eq!(
            included,
            ["template.order[\"en\"]", "template.other[\"en\"]"]
        );
        assert_eq!(left_out, ["campaign.spring: template.order[\"es\"]"]);
        // Through a mapping, too.
        let (included, left_out) = selected(&["campaign.spring"], &["mapping.orders"]);
        assert_eq!(
            included,
            ["template.order[\"en\"]", "template.order[\"es\"]"]
        );
        assert_eq!(left_out, ["campaign.spring: mapping.orders"]);
    }

    #[test]
    fn a_target_of_which_nothing_is_planned_is_refused() {
        let mut known = known();
        known
            .needs
            .insert(Address::new("list", "customers"), BTreeSet::new());
        let options = Options {
            targets: vec!["list.customers".to_owned()],
            ..Options::default()
        };
        let error = known.select(&options, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, Error::NoObject(_)), "{error}");
    }
}
