//! What is wrong with a guard: a limit that limits nothing, or that nothing can be held against.

use jiff::SignedDuration;

use super::{CountLimit, Guard, Limit};
use crate::config::{Diagnostics, NumberOr, Report, Spanned, StringOr, proposal};
use crate::resource::check::{self, Check};
use crate::resource::rate_card::RateCard;
use crate::resource::{Declared, Project, Resource, kinds};

/// A gap beyond this is taken for a slip of the unit.
const LONG_GAP: SignedDuration = SignedDuration::from_hours(366 * 24);

pub(super) const CHECKS: &[Check<Guard>] = &[
    limits_limit,
    kinds_are_live,
    cost_can_be_told,
    failure_rate_is_one,
    hours_are_some,
    countries_are_known,
    gaps_are_plausible,
];

/// The limits on counts of live objects.
fn of_objects(guard: &Guard) -> impl Iterator<Item = &Limit> {
    [
        &guard.max_deletes,
        &guard.max_replaces,
        &guard.max_edits,
        &guard.adopt_edits,
    ]
    .into_iter()
    .flatten()
}

fn long_form(limit: &Limit) -> Option<&CountLimit> {
    match limit.get() {
        NumberOr::Number(_) => None,
        NumberOr::Table(limit) => Some(limit),
    }
}

fn limits_limit(this: &Declared<Guard>, _: &Project, diagnostics: &mut Diagnostics) {
    for limit in of_objects(&this.value).chain(&this.value.max_recipients) {
        let Some(long) = long_form(limit) else {
            continue;
        };
        if long.count.is_none() && long.percent.is_none() && long.per_kind.is_empty() {
            diagnostics.push(
                Report::error("guard::limits_nothing", "the limit limits nothing")
                    .at(this.at(limit.span()), "without count and percent")
                    .help("write a number, or { count = 3, percent = 10 }; without a limit leave the key out"),
            );
        }
        if let (Some(at_least), None) = (&long.at_least, &long.percent) {
            diagnostics.push(
                Report::error("guard::limits_nothing", "`at_least` belongs to a percentage")
                    .at(this.at(at_least.span()), "no percent beside it")
                    .help("it says from how many objects on the percentage applies: { percent = 10, at_least = 20 }"),
            );
        }
        if let Some(percent) = &long.percent {
            check_percent(this, percent, diagnostics);
        }
    }
}

fn check_percent(this: &Declared<Guard>, percent: &Spanned<u64>, diagnostics: &mut Diagnostics) {
    if **percent > 100 {
        diagnostics.push(
            Report::error("guard::percent", "there are no more than 100 per cent")
                .at(this.at(percent.span()), "")
                .help("write 0 to 100; without a limit leave the key out"),
        );
    }
}

fn kinds_are_live(this: &Declared<Guard>, _: &Project, diagnostics: &mut Diagnostics) {
    let live: Vec<&str> = kinds()
        .iter()
        .filter_map(|kind| kind.reconciler())
        .filter(|reconciler| reconciler.is_elsewhere())
        .map(|reconciler| reconciler.kind())
        .collect();
    let kinds = of_objects(&this.value)
        .filter_map(long_form)
        .flat_map(|limit| limit.per_kind.keys());
    for kind in kinds {
        if !live.contains(&kind.as_str()) {
            let help = proposal(kind, live.iter().copied())
                .unwrap_or_else(|| format!("the kinds with live objects are {}", live.join(", ")));
            diagnostics.push(
                Report::error(
                    "guard::kind",
                    format!("no live objects are of the kind `{}`", kind.get()),
                )
                .at(this.at(kind.span()), "")
                .help(help),
            );
        }
    }
    if let Some(limit) = this.value.max_recipients.as_ref().and_then(long_form)
        && let Some(kind) = limit.per_kind.keys().next()
    {
        diagnostics.push(
            Report::error("guard::kind", "recipients are of no kind")
                .at(this.at(kind.span()), "")
                .help("write { count = 1000, percent = 10 }: the percentage is of the members of the lists"),
        );
    }
}

fn cost_can_be_told(this: &Declared<Guard>, project: &Project, diagnostics: &mut Diagnostics) {
    let Some(money) = &this.value.max_cost else {
        return;
    };
    let currency = &money.currency;
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        diagnostics.push(
            Report::error(
                "guard::currency",
                format!("`{}` is not a currency", currency.get()),
            )
            .at(this.at(currency.span()), "")
            .help("write the three letters that the rate card has: EUR, USD, BRL"),
        );
    }
    if money.amount.is_sign_negative() && !money.amount.is_zero() {
        diagnostics.push(
            Report::error("guard::amount", "no apply costs less than nothing")
                .at(this.at(money.amount.span()), "")
                .help("write 0 or more; without a limit leave max_cost out"),
        );
    }
    let has_card = project.all::<RateCard>().next().is_some();
    if !has_card && !project.has_broken(RateCard::KIND) {
        diagnostics.push(
            Report::warning(
                "guard::no_rate_card",
                "without a rate card no cost can be told: every apply that sends is refused",
            )
            .at(this.at(money.span()), "")
            .help("declare one: [rate_card.usd] with csv and from"),
        );
    }
}

fn failure_rate_is_one(this: &Declared<Guard>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(rate) = &this.value.max_failure_rate else {
        return;
    };
    let place = match rate.get() {
        StringOr::String(_) => rate.span(),
        StringOr::Table(table) => table.percent.span(),
    };
    if rate.parts().is_none_or(|(percent, _)| percent > 100) {
        diagnostics.push(
            Report::error("guard::percent", "this is no percentage")
                .at(this.at(place), "")
                .help("write \"20%\", or { percent = 20, at_least = 50 }"),
        );
    }
}

fn hours_are_some(this: &Declared<Guard>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(hours) = &this.value.sending_hours else {
        return;
    };
    if hours.from == hours.to {
        diagnostics.push(
            Report::error("guard::sending_hours", "no hour is left to send in")
                .at(this.at(hours.span()), "it begins when it ends")
                .help("write { from = \"09:00\", to = \"18:00\", timezone = \"Europe/Tallinn\" }"),
        );
    }
    if let Some(zone) = hours.timezone.as_ref().filter(|_| hours.zone().is_none()) {
        diagnostics.push(
            Report::error(
                "guard::timezone",
                format!("`{}` is not a time zone", zone.get()),
            )
            .at(this.at(zone.span()), "")
            .help(
                "the names are those of the IANA database: Europe/Tallinn, America/Sao_Paulo, UTC",
            ),
        );
    }
}

fn countries_are_known(this: &Declared<Guard>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(countries) = &this.value.countries else {
        return;
    };
    if countries.is_empty() {
        diagnostics.push(
            Report::error("guard::countries", "nobody could be messaged")
                .at(this.at(countries.span()), "no region")
                .help("name the regions: [\"EE\", \"FI\"]; without a limit leave the key out"),
        );
    }
    for country in countries.iter() {
        check::region(this, "guard::countries", Some(country), diagnostics);
    }
}

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
