//! `[guard]`: limits that stop a change before it goes out.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{self, Check};
use super::{Declared, Project, Resource};
use crate::config::{Diagnostics, Interval, Report, Spanned};

/// Limits; each is overridden by its own name (`--allow max_recipients`).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// How many contacts one apply may message.
    pub max_recipients: Option<Spanned<u64>>,
    /// How many live objects one apply may delete.
    pub max_deletes: Option<Spanned<u64>>,
    /// How many live templates may be edited by adopting them; 0 where left out.
    pub adopt_edits: Option<Spanned<u64>>,
    /// The least time between two of the same template to one contact, from whatever campaign; `24h` where left out.
    pub repeat_template: Option<Spanned<Interval>>,
    /// The least time between any two campaign templates to one contact.
    pub min_gap: Option<Spanned<Interval>>,
}

impl Resource for Guard {
    const KIND: &'static str = "guard";
    const NAMED: bool = false;

    fn check(this: &Declared<Self>, project: &Project, diagnostics: &mut Diagnostics) {
        check::run(CHECKS, this, project, diagnostics);
    }
}

/// A gap beyond this is taken for a slip of the unit.
const LONG_GAP: SignedDuration = SignedDuration::from_hours(366 * 24);

const CHECKS: &[Check<Guard>] = &[gaps_are_plausible];

fn gaps_are_plausible(this: &Declared<Guard>, _: &Project, diagnostics: &mut Diagnostics) {
    for gap in [&this.value.repeat_template, &this.value.min_gap] {
        if let Some(gap) = gap
            && gap.0 > LONG_GAP
        {
            diagnostics.push(
                Report::warning(
                    "guard::long_gap",
                    format!("a gap of {} is more than a year", gap.get()),
                )
                .at(this.at(gap.span()), "")
                .help("the units are m (minutes), h (hours), d (days), w (weeks)"),
            );
        }
    }
}
