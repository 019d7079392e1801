//! What can be wrong with a campaign's declaration.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{Campaign, OnUncertain};
use crate::config::{Diagnostics, Interval, Report, Spanned};
use crate::resource::account::Account;
use crate::resource::check::Check;
use crate::resource::list::List;
use crate::resource::mapping::Mapping;
use crate::resource::phone::Phone;
use crate::resource::template::Template;
use crate::resource::{Declared, Project, Resource, references};

pub(super) const CHECKS: &[Check<Campaign>] = &[
    references_are_known,
    phone_is_of_the_account,
    mapping_is_of_the_template,
    lists_are_named_once,
    start_is_an_instant,
    times_are_not_nothing,
    quiet_hours_leave_some,
    rate_is_possible,
    retry_is_possible,
    uncertain_wait_is_used,
    recontact_is_of_the_account,
    recontact_can_be_filled,
];

/// The most messages that one number sends in a second (throughput level HIGH; Meta, Throughput, 2026).
const MAX_PER_SECOND: f64 = 1000.0;
/// Attempts beyond this are taken for a slip; Meta counts every one against the number's quality.
const MAX_ATTEMPTS: u32 = 20;

fn references_are_known(
    this: &Declared<Campaign>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let campaign = &this.value;
    references::check_account(this, campaign.account.as_ref(), project, diagnostics);
    references::check(this, "template", &campaign.template, project, diagnostics);
    references::check(this, Phone::KIND, &campaign.from, project, diagnostics);
    if let Some(mapping) = &campaign.mapping {
        references::check(this, Mapping::KIND, mapping, project, diagnostics);
    }
    if let Some(template) = &campaign.recontact {
        references::check(this, Template::KIND, template, project, diagnostics);
    }
    for list in campaign.lists.iter() {
        references::check(this, List::KIND, list, project, diagnostics);
    }
}

fn phone_is_of_the_account(
    this: &Declared<Campaign>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let name = |account: Option<&Declared<Account>>| account.map(|account| account.name.clone());
    let Some(phone) = project.get::<Phone>(&this.value.from) else {
        return;
    };
    let own = name(project.account_of(this.value.account.as_ref()));
    let theirs = name(project.account_of(phone.value.account.as_ref()));
    if let (Some(own), Some(theirs)) = (own, theirs)
        && own != theirs
    {
        diagnostics.push(
            Report::error(
                "campaign::other_account",
                format!("the number belongs to account `{theirs}`, the campaign to `{own}`"),
            )
            .at(
                this.at(this.value.from.span()),
                format!("of account `{theirs}`"),
            )
            .at(phone.name_place.clone(), "declared here")
            .help("a template can only be sent from a number of its own account"),
        );
    }
}

fn mapping_is_of_the_template(
    this: &Declared<Campaign>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let campaign = &this.value;
    let Some(name) = &campaign.mapping else {
        return;
    };
    let Some(mapping) = project.get::<Mapping>(name) else {
        return;
    };
    let filled = &mapping.value.template;
    if filled.get() != campaign.template.get() {
        diagnostics.push(
            Report::error(
                "campaign::other_mapping",
                format!(
                    "{} fills template `{}`, and the campaign sends `{}`",
                    mapping.address(),
                    filled.get(),
                    campaign.template.get()
                ),
            )
            .at(this.at(name.span()), "another template's")
            .at(mapping.at(filled.span()), "fills this one")
            .help("give the campaign a mapping of its own template"),
        );
    }
}

fn lists_are_named_once(this: &Declared<Campaign>, _: &Project, diagnostics: &mut Diagnostics) {
    let lists = &this.value.lists;
    if lists.is_empty() {
        diagnostics.push(
            Report::error("campaign::no_lists", "the campaign is sent to nobody")
                .at(this.at(lists.span()), "no list")
                .help("name the lists that it is sent to: lists = [\"customers\"]"),
        );
    }
    let mut seen = BTreeMap::new();
    for list in lists.iter() {
        if let Some(first) = seen.insert(list.as_str(), list.span()) {
            diagnostics.push(
                Report::error(
                    "campaign::list_twice",
                    format!("list `{}` is named twice", list.get()),
                )
                .at(this.at(list.span()), "the second time")
                .at(this.at(first), "the first time")
                .help("leave one out; nobody is messaged twice in any case"),
            );
        }
    }
}

fn start_is_an_instant(this: &Declared<Campaign>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(start) = &this.value.start else {
        return;
    };
    let missing = match (start.date, start.time, start.offset) {
        (Some(_), Some(_), Some(_)) => return,
        (Some(_), Some(_), None) => "its offset from UTC",
        (Some(_), None, _) => "a time and its offset from UTC",
        (None, _, _) => "a date and its offset from UTC",
    };
    diagnostics.push(
        Report::error("campaign::start", format!("start lacks {missing}"))
            .at(this.at(start.span()), "not an instant")
            .help("write it like 2026-12-01T09:00:00+02:00"),
    );
}

fn times_are_not_nothing(this: &Declared<Campaign>, _: &Project, diagnostics: &mut Diagnostics) {
    let campaign = &this.value;
    let mut check = |code, key, interval: &Option<Spanned<Interval>>, help| {
        if let Some(interval) = interval
            && interval.0 == SignedDuration::ZERO
        {
            diagnostics.push(
                Report::error(code, format!("{key} is no time at all"))
                    .at(this.at(interval.span()), "")
                    .help(help),
            );
        }
    };
    check(
        "campaign::duration",
        "duration",
        &campaign.duration,
        "the campaign would end as it starts; leave it out to send until all are reached",
    );
    check(
        "campaign::response_timeout",
        "response_timeout",
        &campaign.response_timeout,
        "no answer could come in time; leave it out for 24h",
    );
    check(
        "campaign::uncertain_wait",
        "uncertain_wait",
        &campaign.uncertain_wait,
        "a status would have no time to come, and customers would get messages twice; leave it out for 15m",
    );
    check(
        "campaign::max_lateness",
        "max_lateness",
        &campaign.max_lateness,
        "every message would be late and held; leave it out for 1h",
    );
}

fn quiet_hours_leave_some(this: &Declared<Campaign>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(quiet) = &this.value.quiet_hours
        && quiet.from == quiet.to
    {
        diagnostics.push(
            Report::error("campaign::quiet_hours", "quiet_hours begin when they end")
                .at(this.at(quiet.span()), "all day, or never")
                .help("write { from = \"21:00\", to = \"08:00\" }, or leave them out"),
        );
    }
}

fn rate_is_possible(this: &Declared<Campaign>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(rate) = &this.value.rate
        && rate.per_second > MAX_PER_SECOND
    {
        diagnostics.push(
            Report::error(
                "campaign::rate",
                format!("no number sends more than {MAX_PER_SECOND} messages a second"),
            )
            .at(this.at(rate.span()), "too fast")
            .help("most numbers send 80/s; leave the rate out to follow the number's own"),
        );
    }
}

fn retry_is_possible(this: &Declared<Campaign>, _: &Project, diagnostics: &mut Diagnostics) {
    let Some(retry) = &this.value.retry else {
        return;
    };
    if let Some(attempts) = &retry.max_attempts
        && !(1..=MAX_ATTEMPTS).contains(attempts.get())
    {
        diagnostics.push(
            Report::error(
                "campaign::attempts",
                format!("max_attempts must be 1 to {MAX_ATTEMPTS}"),
            )
            .at(this.at(attempts.span()), "")
            .help("the first send is attempt one: 1 means no retry"),
        );
    }
    let Some(backoff) = &retry.backoff else {
        return;
    };
    let refuse = |message: &str, help: &str| {
        Report::error("campaign::backoff", message)
            .at(this.at(retry.span()), "")
            .help(help)
    };
    if backoff.is_empty() {
        diagnostics.push(refuse(
            "backoff is empty",
            "write the waits, like [\"15m\", \"1h\", \"6h\"], or leave it out",
        ));
    }
    if backoff.iter().any(|wait| wait.0 == SignedDuration::ZERO) {
        diagnostics.push(refuse(
            "backoff has a wait of no time at all",
            "a number that fails needs minutes to recover: start with \"15m\"",
        ));
    }
    let waits = retry
        .max_attempts
        .as_ref()
        .map(|attempts| *attempts.get() as usize)
        .filter(|attempts| *attempts > 0)
        .map(|attempts| attempts - 1);
    if let Some(waits) = waits
        && backoff.len() > waits
    {
        diagnostics.push(
            Report::warning(
                "campaign::backoff_unused",
                format!(
                    "backoff names {} waits, and {waits} can come to pass",
                    backoff.len()
                ),
            )
            .at(this.at(retry.span()), "")
            .help("raise max_attempts or leave out the last waits"),
        );
    }
}

fn uncertain_wait_is_used(this: &Declared<Campaign>, _: &Project, diagnostics: &mut Diagnostics) {
    if let Some(wait) = &this.value.uncertain_wait
        && this.value.on_uncertain() == OnUncertain::Hold
    {
        diagnostics.push(
            Report::warning(
                "campaign::uncertain_wait_unused",
                "nothing waits that long: uncertain messages are held",
            )
            .at(this.at(wait.span()), "")
            .help("leave it out, or write on_uncertain = \"resend\", which may message somebody twice"),
        );
    }
}

fn recontact_is_of_the_account(
    this: &Declared<Campaign>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let Some(name) = &this.value.recontact else {
        return;
    };
    let Some(template) = project.get::<Template>(name) else {
        return;
    };
    let own = project.account_of(this.value.account.as_ref());
    let theirs = project.account_of(template.value.account.as_ref());
    if let (Some(own), Some(theirs)) = (own, theirs)
        && own.name != theirs.name
    {
        diagnostics.push(
            Report::error(
                "campaign::recontact_account",
                format!(
                    "the recontact template belongs to account `{}`, the campaign to `{}`",
                    theirs.name, own.name
                ),
            )
            .at(
                this.at(name.span()),
                format!("of account `{}`", theirs.name),
            )
            .at(template.name_place.clone(), "declared here")
            .help("a template can only be sent from a number of its own account"),
        );
    }
}

/// It is filled with what the campaign's message was filled with: there is no mapping of its own.
fn recontact_can_be_filled(
    this: &Declared<Campaign>,
    project: &Project,
    diagnostics: &mut Diagnostics,
) {
    let Some(name) = &this.value.recontact else {
        return;
    };
    let (Some(recontact), Some(template)) = (
        project.get::<Template>(name),
        project.get::<Template>(&this.value.template),
    ) else {
        return;
    };
    let known = template.value.variables();
    let unknown: Vec<String> = recontact
        .value
        .variables()
        .into_iter()
        .filter(|variable| variable.required)
        .filter(|variable| {
            !known
                .iter()
                .any(|known| known.required && known.name == variable.name)
        })
        .map(|variable| format!("`{}`", variable.name))
        .collect();
    if !unknown.is_empty() {
        diagnostics.push(
            Report::error(
                "campaign::recontact_variables",
                format!(
                    "nothing fills {} of {}",
                    unknown.join(", "),
                    recontact.address()
                ),
            )
            .at(this.at(name.span()), "has a variable of another name")
            .at(template.name_place.clone(), "what is filled is named here")
            .help("it is filled with the values of the campaign's own message: use the names of that template's variables"),
        );
    }
}
